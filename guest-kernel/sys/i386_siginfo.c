/* SPDX-License-Identifier: Apache-2.0 */
/* i386_siginfo.c - see i386_siginfo.h. */
#include "sys/i386_siginfo.h"

#include "abi/signal.h"
#include "core/signal.h"

void i386_siginfo_fill(const struct signal_info *info, struct i386_siginfo *out)
{
    bool is_fault = info->code > 0 && info->code != SI_KERNEL;

    *out = (struct i386_siginfo){.signal = info->signal, .error = info->error, .code = info->code};
    if (is_fault && info->signal == SIGCHLD) {
        out->child.pid = info->child.pid;
        out->child.uid = info->child.uid;
        out->child.status = info->child.status;
        out->child.utime = (int32_t)info->child.utime;
        out->child.stime = (int32_t)info->child.stime;
    } else if (signal_tells_of_file(info)) {
        out->poll.band = (int32_t)info->poll.band;
        out->poll.fd = info->poll.fd;
    } else if (is_fault && info->signal == SIGSYS) {
        out->call.address = (uint32_t)info->call.address;
        out->call.number = info->call.number;
        out->call.arch = info->call.arch;
    } else if (is_fault) {
        out->fault.address = (uint32_t)info->fault.address;
        out->fault.key = info->fault.key;
    } else if (info->code == SI_TIMER) {
        out->timer.id = info->timer.id;
        out->timer.overrun = info->timer.overrun;
        out->timer.value = (uint32_t)info->timer.value;
    } else {
        out->sender.pid = info->sender.pid;
        out->sender.uid = info->sender.uid;
        out->sender.value = (uint32_t)info->sender.value;
    }
}

void i386_siginfo_read(const struct i386_siginfo *given, struct signal_info *out)
{
    bool is_fault = given->code > 0 && given->code != SI_KERNEL;

    *out = (struct signal_info){.signal = given->signal, .error = given->error, .code = given->code};
    if (is_fault && given->signal == SIGCHLD) {
        out->child.pid = given->child.pid;
        out->child.uid = given->child.uid;
        out->child.status = given->child.status;
        out->child.utime = given->child.utime;
        out->child.stime = given->child.stime;
    } else if (signal_tells_of_file(out)) {
        out->poll.band = given->poll.band;
        out->poll.fd = given->poll.fd;
    } else if (is_fault && given->signal == SIGSYS) {
        out->call.address = given->call.address;
        out->call.number = given->call.number;
        out->call.arch = given->call.arch;
    } else if (is_fault) {
        out->fault.address = given->fault.address;
        out->fault.key = given->fault.key;
    } else if (given->code == SI_TIMER) {
        out->timer.id = given->timer.id;
        out->timer.overrun = given->timer.overrun;
        out->timer.value = given->timer.value;
    } else {
        out->sender.pid = given->sender.pid;
        out->sender.uid = given->sender.uid;
        out->sender.value = given->sender.value;
    }
}
