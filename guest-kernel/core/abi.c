/* SPDX-License-Identifier: Apache-2.0 */
/* abi.c - see abi.h. */
#include "core/abi.h"

#ifndef ISA_PLATFORM /* AT_PLATFORM, where it is not the ISA's name; NULL: there is none */
#define ISA_PLATFORM ISA_NAME
#endif
#ifndef ISA_ABI_32BIT /* another row */
#define ISA_ABI_32BIT
#endif

const struct abi abis[] = {
    {ISA_NAME, ISA_PLATFORM, {ISA_ELF_MACHINE, false, ELF_USER_END_64}, ISA_USER_TOP, sizeof(uint64_t), true},
    ISA_ABI_32BIT};
const unsigned abi_count = sizeof(abis) / sizeof(abis[0]);
