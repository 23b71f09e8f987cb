/* SPDX-License-Identifier: Apache-2.0 */
/* vcpu.c - KVM_RUN and the translation of its exits (KVM API, section 5). */
#include "vmm/kvm/vcpu.h"

#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/kvm/vm.h"
#include "vmm/stop.h"
#include "vmm/timeline.h"

int vcpu_create(int kvm_fd, int vm_fd, unsigned index, struct vm *vm, struct vcpu *vcpu)
{
    int size = ioctl(kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);

    if (size < (int)sizeof(struct kvm_run))
        return size < 0 ? -errno : -EINVAL;
    *vcpu = (struct vcpu){.vm_fd = vm_fd, .vm = vm, .run_size = (size_t)size};
    pthread_mutex_init(&vcpu->kick_lock, NULL); /* of the default type: it has no resource to lack */
    vcpu->fd = ioctl(vm_fd, KVM_CREATE_VCPU, (unsigned long)index);
    if (vcpu->fd < 0)
        return -errno;
    vcpu->run = mmap(NULL, vcpu->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
    if (vcpu->run == MAP_FAILED) {
        int error = -errno;
        close(vcpu->fd);
        return error;
    }
    return 0;
}

void vcpu_destroy(struct vcpu *vcpu)
{
    munmap(vcpu->run, vcpu->run_size);
    close(vcpu->fd);
    pthread_mutex_destroy(&vcpu->kick_lock);
}

static void translate_io(struct kvm_run *run, struct vm_exit *exit)
{
    exit->kind = run->io.direction == KVM_EXIT_IO_OUT ? EXIT_PIO_WRITE : EXIT_PIO_READ;
    exit->address = run->io.port;
    exit->data = (char *)run + run->io.data_offset;
    exit->size = run->io.size;
    exit->count = run->io.count;
}

static void translate_mmio(struct kvm_run *run, struct vm_exit *exit)
{
    exit->kind = run->mmio.is_write != 0 ? EXIT_MMIO_WRITE : EXIT_MMIO_READ;
    exit->address = run->mmio.phys_addr;
    exit->data = run->mmio.data;
    exit->size = run->mmio.len;
    exit->count = 1;
}

static void translate_event(const struct kvm_run *run, struct vm_exit *exit)
{
    exit->reason = run->system_event.ndata > 0 ? run->system_event.data[0] : 0;
    if (run->system_event.type == KVM_SYSTEM_EVENT_SHUTDOWN) {
        exit->kind = EXIT_POWER_OFF;
    } else if (run->system_event.type == KVM_SYSTEM_EVENT_RESET) {
        exit->kind = EXIT_RESET;
    } else {
        exit->kind = EXIT_SHUTDOWN;
        exit->text = "the guest crashed, as it says itself";
    }
}

static void translate(const struct vcpu *vcpu, struct vm_exit *exit)
{
    struct kvm_run *run = vcpu->run;

    *exit = (struct vm_exit){.kind = EXIT_UNKNOWN, .reason = run->exit_reason, .pc = vcpu->pc, .vcpu = vcpu};
    switch (run->exit_reason) {
    case KVM_EXIT_IO:
        translate_io(run, exit);
        break;
    case KVM_EXIT_MMIO:
        translate_mmio(run, exit);
        break;
    case KVM_EXIT_INTR:
        exit->kind = EXIT_INTERRUPTED;
        break;
    case KVM_EXIT_HLT:
        exit->kind = EXIT_HALT;
        break;
    case KVM_EXIT_SHUTDOWN:
        exit->kind = EXIT_SHUTDOWN;
        break;
    case KVM_EXIT_SYSTEM_EVENT:
        translate_event(run, exit);
        break;
    case KVM_EXIT_ARM_NISV: /* only there: an access that the CPU did not describe */
        exit->kind = EXIT_INTERNAL_ERROR;
        break;
    case KVM_EXIT_INTERNAL_ERROR:
        exit->kind = EXIT_INTERNAL_ERROR;
        exit->reason = run->internal.suberror;
        break;
    case KVM_EXIT_FAIL_ENTRY:
        exit->kind = EXIT_ENTRY_FAILED;
        exit->reason = run->fail_entry.hardware_entry_failure_reason;
        break;
    default:
        break;
    }
}

int vcpu_run_once(struct vcpu *vcpu, struct vm_exit *exit)
{
    if (ioctl(vcpu->fd, KVM_RUN, 0) < 0) {
        if (errno != EINTR && errno != EAGAIN)
            return -errno;
        /* Who has kicked us has stored the reason before, and our caller looks for it after this. */
        __atomic_store_n(&vcpu->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
        *exit = (struct vm_exit){.kind = EXIT_INTERRUPTED};
        return 0;
    }
    translate(vcpu, exit);
    return 0;
}

int vcpu_complete(struct vcpu *vcpu)
{
    struct vm_exit exit = {.kind = EXIT_UNKNOWN};

    vcpu->run->immediate_exit = 1;
    int error = vcpu_run_once(vcpu, &exit);
    vcpu->run->immediate_exit = 0;
    if (error == 0 && exit.kind != EXIT_INTERRUPTED)
        error = -EIO;
    return error;
}

static bool serve(struct vcpu *vcpu, const struct vm_exit *exit)
{
    if (vcpu->timeline == NULL)
        return exit_dispatch(vcpu->vm, exit);
    uint64_t begin = timeline_now();
    bool goes_on = exit_dispatch(vcpu->vm, exit);
    timeline_add(vcpu->timeline, TIMELINE_EXITS, exit_names[exit->kind], exit->address, begin, timeline_now());
    return goes_on;
}

/* KVM_EXIT_MEMORY_FAULT, which newer kernels give beside EFAULT, and older headers don't know. */
static bool faulted_at(const struct kvm_run *run, uint64_t *gpa)
{
    enum { MEMORY_FAULT = 39 };
    struct {
        uint64_t flags, gpa, size;
    } fault;

    if (run->exit_reason != MEMORY_FAULT)
        return false;
    memcpy(&fault, (const char *)run + offsetof(struct kvm_run, mmio), sizeof(fault));
    *gpa = fault.gpa;
    return true;
}

/* A page that the guest touched isn't to be had: its file may have got shorter. */
static bool may_try_again(struct vcpu *vcpu)
{
    const struct vm *vm = vcpu->vm;
    uint64_t gpa;

    if (vm->on_fault == NULL)
        return false;
    bool told = faulted_at(vcpu->run, &gpa);
    return vm->on_fault(vm->on_fault_owner, told ? &gpa : NULL, &vcpu->fault_mark);
}

static void vcpu_loop(struct vcpu *vcpu)
{
    char text[200];
    struct vm_exit exit = {.kind = EXIT_INTERRUPTED};

    bool goes_on = exit_dispatch(vcpu->vm, &exit); /* it may have ended already */
    while (goes_on) {
        int error = vcpu_run_once(vcpu, &exit);
        if (error == -EFAULT && may_try_again(vcpu))
            continue;
        vcpu->fault_mark = 0;
        if (error != 0) {
            vm_fail(vcpu->vm, "KVM_RUN: %s%s", strerror(-error),
                    error == -EFAULT && vcpu->vm->on_fault != NULL
                        ? "; has it written to a file's page that it may only read?"
                        : "");
            return;
        }
        if (exit.kind == EXIT_UNKNOWN && vcpu->serve_own != NULL && vcpu->serve_own(vcpu)) {
            vcpu->exits[EXIT_OWN]++;
            continue;
        }
        vcpu->exits[exit.kind]++;
        if (exit.kind == EXIT_INTERNAL_ERROR) {
            vcpu->explain(vcpu, text, sizeof(text));
            exit.text = text;
        }
        if (exit.kind == EXIT_POWER_OFF)
            exit.text = vcpu->power_off_call;
        goes_on = serve(vcpu, &exit);
    }
}

static void set_running(struct vcpu *vcpu, bool running)
{
    pthread_mutex_lock(&vcpu->kick_lock);
    vcpu->thread = pthread_self();
    atomic_store(&vcpu->running, running);
    pthread_mutex_unlock(&vcpu->kick_lock);
}

void vcpu_run(struct vcpu *vcpu)
{
    set_running(vcpu, true);
    vcpu_loop(vcpu);
    set_running(vcpu, false);
    if (vm_has_failed(vcpu->vm))
        vcpu->on_failure(vcpu);
}

/* immediate_exit closes the gap between that thread's last look and KVM_RUN (KVM API, 5). */
static void interrupt(struct vcpu *vcpu)
{
    __atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
    if (pthread_equal(vcpu->thread, pthread_self()) == 0)
        pthread_kill(vcpu->thread, STOP_KICK_SIGNAL);
}

void vcpu_kick(struct vcpu *vcpu)
{
    pthread_mutex_lock(&vcpu->kick_lock);
    if (atomic_load(&vcpu->running))
        interrupt(vcpu);
    pthread_mutex_unlock(&vcpu->kick_lock);
}

void vcpu_kick_first(struct vcpu *vcpu)
{
    if (atomic_load(&vcpu->running))
        interrupt(vcpu);
}
