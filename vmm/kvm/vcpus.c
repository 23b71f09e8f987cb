/* SPDX-License-Identifier: Apache-2.0 */
/* vcpus.c - see vcpus.h. */
#include "vmm/kvm/vcpus.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "vmm/kvm/vm.h"
#include "vmm/log.h"
#include "vmm/process.h"

#define EXIT_TEXT 40 /* a kind's name and its count */

static int create_one(const struct vcpus_input *input, unsigned index, struct vcpu *vcpu)
{
    int error = vcpu_create(input->kvm_fd, input->vm_fd, index, input->vm, vcpu);

    if (error != 0)
        return error;
    vcpu->explain = input->like->explain;
    vcpu->on_failure = input->like->on_failure;
    vcpu->pc = input->like->pc;
    vcpu->power_off_call = input->like->power_off_call;
    vcpu->owner = input->like->owner;
    error = input->on_create(input->kvm_fd, vcpu, index, input->count);
    if (error != 0)
        vcpu_destroy(vcpu);
    return error;
}

int vcpus_create(const struct vcpus_input *input, struct vcpus *out)
{
    int error = 0;

    *out = (struct vcpus){.cpu = calloc(input->count, sizeof(*out->cpu))};
    if (input->count > 1)
        out->thread = calloc(input->count - 1, sizeof(*out->thread));
    if (out->cpu == NULL || (input->count > 1 && out->thread == NULL))
        error = -ENOMEM;
    while (error == 0 && out->count < input->count) {
        error = create_one(input, out->count, &out->cpu[out->count]);
        out->count += error == 0;
    }
    if (error != 0)
        vcpus_destroy(out);
    return error;
}

void vcpus_destroy(struct vcpus *vcpus)
{
    while (vcpus->count != 0)
        vcpu_destroy(&vcpus->cpu[--vcpus->count]);
    free(vcpus->cpu);
    free(vcpus->thread);
    *vcpus = (struct vcpus){0};
}

static void *thread_main(void *arg)
{
    vcpu_run(arg);
    return NULL;
}

static void join_all(struct vcpus *vcpus)
{
    for (unsigned i = 0; i < vcpus->started; i++)
        pthread_join(vcpus->thread[i], NULL);
    vcpus->started = 0;
}

int vcpus_run(struct vcpus *vcpus)
{
    for (unsigned i = 1; i < vcpus->count; i++) {
        int error = process_thread(&vcpus->thread[vcpus->started], vcpus->list, thread_main, &vcpus->cpu[i]);
        if (error != 0) {
            vm_stop(vcpus->cpu[0].vm);
            vcpus_kick(vcpus);
            join_all(vcpus);
            return error;
        }
        vcpus->started++;
    }
    vcpu_run(&vcpus->cpu[0]);
    join_all(vcpus);
    return 0;
}

void vcpus_kick(struct vcpus *vcpus)
{
    for (unsigned i = 0; i < vcpus->count; i++)
        vcpu_kick(&vcpus->cpu[i]);
}

uint64_t vcpus_exits(const struct vcpus *vcpus, enum exit_kind kind)
{
    uint64_t total = 0;

    for (unsigned i = 0; i < vcpus->count; i++)
        total += vcpus->cpu[i].exits[kind];
    return total;
}

void vcpus_print_exits(const struct vcpus *vcpus)
{
    uint64_t total = 0;
    char line[EXIT_KINDS * EXIT_TEXT] = ""; /* holds all kinds, whatever their counts */
    size_t length = 0;

    for (unsigned i = 0; i < EXIT_KINDS; i++) {
        uint64_t count = vcpus_exits(vcpus, i);
        char text[EXIT_TEXT];

        total += count;
        if (count == 0)
            continue;
        snprintf(text, sizeof(text), ", %s %" PRIu64, exit_names[i], count);
        length += (size_t)snprintf(line + length, sizeof(line) - length, "%s", text);
    }
    log_detail("exits: %" PRIu64 "%s", total, line);
}
