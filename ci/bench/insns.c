/* SPDX-License-Identifier: Apache-2.0 */
/*
 * insns.c - a plugin of QEMU (docs/devel/tcg-plugins) that counts the instructions that all virtual CPUs execute, and
 * prints their sum at the end: "insns N".
 *
 * Debian's packages don't have the header, so what is used of the interface (version 1) is declared here.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
                                           void (*callback)(qemu_plugin_id_t id, struct qemu_plugin_tb *block));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, void (*callback)(unsigned vcpu, void *arg),
                                          enum qemu_plugin_cb_flags flags, void *arg);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*callback)(qemu_plugin_id_t id, void *arg), void *arg);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);

extern int qemu_plugin_version;
int qemu_plugin_version = 1;
int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);

#define VCPUS_MAX 64u

static struct {
    uint64_t count;
    char apart[56]; /* each in a cache line of its own */
} executed[VCPUS_MAX];

static void block_executed(unsigned vcpu, void *insns)
{
    executed[vcpu % VCPUS_MAX].count += (uintptr_t)insns;
}

static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_cb(block, block_executed, QEMU_PLUGIN_CB_NO_REGS,
                                         (void *)qemu_plugin_tb_n_insns(block));
}

static void ended(qemu_plugin_id_t id, void *arg)
{
    FILE *file = arg;
    uint64_t sum = 0;

    (void)id;
    for (unsigned i = 0; i < VCPUS_MAX; i++)
        sum += executed[i].count;
    fprintf(file, "insns %" PRIu64 "\n", sum);
    fclose(file);
}

/* The argument: out=FILE. */
int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
    FILE *file = argc == 1 ? fopen(argv[0] + sizeof("out=") - 1, "we") : NULL;

    (void)info;
    if (file == NULL)
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    qemu_plugin_register_atexit_cb(id, ended, file);
    return 0;
}
