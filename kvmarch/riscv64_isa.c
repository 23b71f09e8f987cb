/* SPDX-License-Identifier: Apache-2.0 */
/* riscv64_isa.c - see riscv64_isa.h. */
#include "kvmarch/riscv64_isa.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vmm/kvm/vcpu.h"

/*
 * By the numbers of enum KVM_RISCV_ISA_EXT_ID, which Linux 6.12 has so far: older headers lack some. Left out are
 * single letters, which are bits of a register; what the tree would have to say more of (block sizes: zicbom, zicboz;
 * counters: sscofpmf); what KVM would have us emulate (zkr); and what the kernel has no use for (h, smstateen).
 */
static const char *const extensions[] = {
    [7] = "svpbmt",     [8] = "sstc",    [9] = "svinval",  [10] = "zihintpause", [13] = "zbb",    [14] = "ssaia",
    [16] = "svnapot",   [17] = "zba",    [18] = "zbs",     [19] = "zicntr",      [20] = "zicsr",  [21] = "zifencei",
    [22] = "zihpm",     [24] = "zicond", [25] = "zbc",     [26] = "zbkb",        [27] = "zbkc",   [28] = "zbkx",
    [29] = "zknd",      [30] = "zkne",   [31] = "zknh",    [33] = "zksed",       [34] = "zksh",   [35] = "zkt",
    [36] = "zvbb",      [37] = "zvbc",   [38] = "zvkb",    [39] = "zvkg",        [40] = "zvkned", [41] = "zvknha",
    [42] = "zvknhb",    [43] = "zvksed", [44] = "zvksh",   [45] = "zvkt",        [46] = "zfh",    [47] = "zfhmin",
    [48] = "zihintntl", [49] = "zvfh",   [50] = "zvfhmin", [51] = "zfa",         [52] = "ztso",   [53] = "zacas",
    [55] = "zimop",     [56] = "zca",    [57] = "zcb",     [58] = "zcd",         [60] = "zcmop",  [61] = "zawrs"};

#define LETTERS "imafdcv"

static int config_isa(const struct vcpu *vcpu, uint64_t *letters)
{
    struct kvm_one_reg reg = {
        .id = KVM_REG_RISCV | KVM_REG_SIZE_U64 | KVM_REG_RISCV_CONFIG | KVM_REG_RISCV_CONFIG_REG(isa),
        .addr = (uintptr_t)letters,
    };

    return ioctl(vcpu->fd, KVM_GET_ONE_REG, &reg) < 0 ? -errno : 0;
}

/* One that this KVM doesn't know isn't there. */
static bool has_extension(const struct vcpu *vcpu, uint64_t number)
{
    uint64_t on = 0;
    struct kvm_one_reg reg = {
        .id = KVM_REG_RISCV | KVM_REG_SIZE_U64 | KVM_REG_RISCV_ISA_EXT | number,
        .addr = (uintptr_t)&on,
    };

    return ioctl(vcpu->fd, KVM_GET_ONE_REG, &reg) == 0 && on != 0;
}

int riscv64_isa_describe(const struct vcpu *vcpu, char *text, size_t size)
{
    uint64_t letters;
    int error = config_isa(vcpu, &letters), length = snprintf(text, size, "rv64");

    for (const char *letter = LETTERS; error == 0 && *letter != '\0'; letter++)
        if (letters & 1ull << (*letter - 'a'))
            length += snprintf(text + length, size - (size_t)length, "%c", *letter);
    for (unsigned i = 0; error == 0 && i < sizeof(extensions) / sizeof(extensions[0]); i++) {
        if (extensions[i] == NULL || !has_extension(vcpu, i))
            continue;
        length += snprintf(text + length, size - (size_t)length, "_%s", extensions[i]);
        if ((size_t)length >= size)
            error = -E2BIG;
    }
    return error;
}
