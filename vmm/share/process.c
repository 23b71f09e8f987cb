/* SPDX-License-Identifier: Apache-2.0 */
/* process.c - see process.h. */
#include "vmm/share/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "vmm/log.h"

/* How long it has to end: it has nothing to do but to close files. */
#define END_MS 500
#define KILL_MS 100

void share_process_init(struct share_process *process)
{
    *process = (struct share_process){.socket = -1, .child = {.pid_fd = -1}};
}

int share_process_start(struct share_process *process, const struct share *shares, unsigned count)
{
    (void)process, (void)shares;
    if (count == 0)
        return 0;
    log_error("-v and --root: there is no server of shared folders yet");
    return -ENOSYS;
}

static bool ends_within(const struct share_process *process, int ms)
{
    struct pollfd fd = {.fd = process->child.pid_fd, .events = POLLIN};
    int ready;

    do {
        ready = poll(&fd, 1, ms);
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

void share_process_end(struct share_process *process)
{
    if (process->socket >= 0)
        close(process->socket);
    process->socket = -1;
    if (process->child.pid == 0)
        return;
    bool ended = ends_within(process, END_MS);
    if (!ended) {
        kill(process->child.pid, SIGKILL);
        ended = ends_within(process, KILL_MS);
    }
    if (ended) {
        child_finish(&process->child, false);
        return;
    }
    log_warning("the process that served the shared folders doesn't end: the host's file system hangs");
    close(process->child.pid_fd);
    process->child = (struct child){.pid_fd = -1};
}
