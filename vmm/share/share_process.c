/* SPDX-License-Identifier: Apache-2.0 */
/* share_process.c - see share_process.h. */
#include "vmm/share/share_process.h"

#include <asm/unistd.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/clock.h"
#include "vmm/log.h"
#include "vmm/share/share_server.h"

/* How long it has to end: it has nothing to do but to close files. Both fit into the time that a run which is to end
 * has (STOP_GRACE_NS). */
#define END_MS 500
#define KILL_MS 100
/* On a host that has more to do than CPUs it needs longer, and gets CPU time meanwhile. */
#define KILL_TURNS 50u

void share_process_init(struct share_process *process)
{
    *process = (struct share_process){.socket = -1, .window = -1, .child = {.pid_fd = -1}};
}

int share_process_start(struct share_process *process, const struct share *shares, unsigned count,
                        enum sandbox_level level, bool has_window, struct noted *noted)
{
    if (count == 0)
        return 0;
    int error = share_server_start(shares, count, level, noted, &process->socket, has_window ? &process->window : NULL,
                                   &process->child.pid);
    if (error == 0) {
        process->child.pid_fd = (int)syscall(__NR_pidfd_open, process->child.pid, 0);
        error = process->child.pid_fd < 0 ? -errno : 0;
    }
    if (error != 0) {
        log_error("the process that serves the shared folders can't be started: %s", strerror(-error));
        share_process_end(process);
    }
    return error;
}

/* One that was killed hangs if it doesn't use any CPU time for KILL_MS. A run that is to end at a certain time ends by
 * then in any case (vmm/stop.h). */
static bool ends_killed(const struct child *child)
{
    uint64_t used_ns = 0, before_ns;
    clockid_t clock;

    if (child->pid_fd < 0)
        return true;
    bool has_clock = clock_getcpuclockid(child->pid, &clock) == 0;
    for (unsigned i = 0; i < KILL_TURNS; i++) {
        before_ns = used_ns;
        if (child_ends_within(child, KILL_MS))
            return true;
        used_ns = has_clock ? clock_ns(clock) : 0;
        if (i > 0 && used_ns == before_ns)
            return false;
    }
    return false;
}

void share_process_end(struct share_process *process)
{
    if (process->socket >= 0)
        close(process->socket);
    process->socket = -1;
    if (process->window >= 0)
        close(process->window);
    process->window = -1;
    if (process->child.pid == 0)
        return;
    if (process->child.pid_fd >= 0 && child_ends_within(&process->child, END_MS)) {
        share_server_finish(process->child.pid);
    } else {
        kill(process->child.pid, SIGKILL);
        if (ends_killed(&process->child))
            waitpid(process->child.pid, NULL, 0);
        else
            log_warning("the process that served the shared folders doesn't end: a file system of the host's hangs");
    }
    if (process->child.pid_fd >= 0)
        close(process->child.pid_fd);
    process->child = (struct child){.pid_fd = -1};
}
