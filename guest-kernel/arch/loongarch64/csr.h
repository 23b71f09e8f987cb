/* SPDX-License-Identifier: Apache-2.0 */
/* csr.h - instructions that read and write control registers (LoongArch Reference Manual vol.
 * 1, 2.2.10.5, 4.2.1, 4.2.2). */
#ifndef GK_ARCH_LOONGARCH64_CSR_H
#define GK_ARCH_LOONGARCH64_CSR_H

#include <stdint.h>

#define csr_read(csr)                                                  \
    ({                                                                 \
        uint64_t csr_value;                                            \
        __asm__ volatile("csrrd %0, %1" : "=r"(csr_value) : "i"(csr)); \
        csr_value;                                                     \
    })
#define csr_write(csr, value)                                                         \
    do {                                                                              \
        uint64_t csr_new_value = (value);                                             \
        __asm__ volatile("csrwr %0, %1" : "+r"(csr_new_value) : "i"(csr) : "memory"); \
    } while (0)

static inline uint32_t iocsr_read(uint32_t reg)
{
    uint32_t value;

    __asm__ volatile("iocsrrd.w %0, %1" : "=r"(value) : "r"(reg));
    return value;
}

static inline void iocsr_write(uint32_t reg, uint32_t value)
{
    __asm__ volatile("iocsrwr.w %0, %1" ::"r"(value), "r"(reg) : "memory");
}

static inline void iocsr_write64(uint32_t reg, uint64_t value)
{
    __asm__ volatile("iocsrwr.d %0, %1" ::"r"(value), "r"(reg) : "memory");
}

static inline uint32_t cpucfg(uint32_t word)
{
    uint32_t value;

    __asm__("cpucfg %0, %1" : "=r"(value) : "r"(word));
    return value;
}

#endif
