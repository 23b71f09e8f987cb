/* SPDX-License-Identifier: Apache-2.0 */
/* share_process.c - see share_process.h. */
#include "vmm/share/share_process.h"

#include <asm/unistd.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/log.h"
#include "vmm/share/share_server.h"

/* How long it has to end: it has nothing to do but to close files. Both fit into the time that a run which is to end
 * has (STOP_GRACE_NS). */
#define END_MS 500
#define KILL_MS 100

void share_process_init(struct share_process *process)
{
    *process = (struct share_process){.socket = -1, .child = {.pid_fd = -1}};
}

int share_process_start(struct share_process *process, const struct share *shares, unsigned count,
                        enum sandbox_level level, struct noted *noted)
{
    if (count == 0)
        return 0;
    int error = share_server_start(shares, count, level, noted, &process->socket, &process->child.pid);
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

void share_process_end(struct share_process *process)
{
    if (process->socket >= 0)
        close(process->socket);
    process->socket = -1;
    if (process->child.pid == 0)
        return;
    if (process->child.pid_fd >= 0 && child_ends_within(&process->child, END_MS)) {
        share_server_finish(process->child.pid);
    } else {
        kill(process->child.pid, SIGKILL);
        if (process->child.pid_fd < 0 || child_ends_within(&process->child, KILL_MS))
            waitpid(process->child.pid, NULL, 0);
        else
            log_warning("the process that served the shared folders doesn't end: a file system of the host's hangs");
    }
    if (process->child.pid_fd >= 0)
        close(process->child.pid_fd);
    process->child = (struct child){.pid_fd = -1};
}
