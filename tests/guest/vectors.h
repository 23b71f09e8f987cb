/* SPDX-License-Identifier: Apache-2.0 */
/* vectors.h - for the guest tests' isa.h: room for an ISA's vector registers, and a word for each of them. */
#ifndef TESTS_GUEST_VECTORS_H
#define TESTS_GUEST_VECTORS_H

#include <stdint.h>

#define ISA_REGISTERS 32
#define ISA_WIDTH 64

struct isa_registers {
    uint8_t bytes[ISA_REGISTERS][ISA_WIDTH];
};

/* X(n) for the numbers below 16, and below 32. */
#define EACH16(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define EACH32(X) \
    EACH16(X) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)

#endif
