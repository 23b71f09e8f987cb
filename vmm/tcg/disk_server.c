/* SPDX-License-Identifier: Apache-2.0 */
/* disk_server.c - see disk_server.h. */
#include "vmm/tcg/disk_server.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/disk/cow.h"
#include "vmm/disk/nbd.h"
#include "vmm/log.h"
#include "vmm/sandbox/sandbox.h"

/* The socket is the standard error stream: what libc might say at the end of all things must be in no file. */
enum { SERVER_FILE, SERVER_CHANGES, SERVER_SOCKET, SERVER_DESCRIPTORS };

/* The other process: system calls alone. All signals are blocked: those that a terminal sends to all of its job are for
 * lvmm. Its status is the number of the error that its last sync gave. */
static _Noreturn void serve(const struct backend_file *disk, struct disk_meters *meters, const int ends[2],
                            enum sandbox_level level, pid_t parent)
{
    /* --max-disk: lvmm is signalled when it is reached (limits.h). */
    const struct sandbox sandbox = {.level = level,
                                    .list = &sandbox_list_disk,
                                    .signals_others = meters != NULL && meters->written.most != METER_NO_LIMIT};
    struct sandbox_held held;
    char why[256];
    struct disk_image image = {.fd = SERVER_FILE, .offset = disk->offset, .cow = disk->cow, .meters = meters};
    void *buffer =
        mmap(NULL, NBD_REQUEST_BYTES_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    prctl(PR_SET_NAME, "lvmm-disk");
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent || buffer == MAP_FAILED)
        _exit(ENOMEM);
    dup2(disk->fd, SERVER_FILE); /* none has such a number itself: the standard streams are open */
    dup2(ends[1], SERVER_SOCKET);
    if (disk->cow != NULL) {
        dup2(disk->cow->fd, SERVER_CHANGES);
        image.cow->fd = SERVER_CHANGES;
    } else {
        close(SERVER_CHANGES);
    }
    close(ends[0]); /* an older kernel has no close_range, and QEMU's end must be QEMU's alone */
    close_range(SERVER_DESCRIPTORS, ~0u, 0);
    if (sandbox_enter(&sandbox, &held, why, sizeof(why)) != 0)
        _exit(EPERM); /* lvmm itself can't be locked in then, and tells why */
    nbd_serve(SERVER_SOCKET, &image, disk->size_bytes, buffer);
    _exit(disk->read_only ? 0 : -disk_image_sync(&image));
}

static int start_one(const struct backend_file *disk, struct disk_meters *meters, enum sandbox_level level, int *remote,
                     pid_t *pid)
{
    pid_t parent = getpid();
    sigset_t all, old;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    *remote = ends[0];
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &old);
    *pid = fork();
    if (*pid == 0)
        serve(disk, meters, ends, level, parent);
    int error = *pid < 0 ? -errno : 0;
    sigprocmask(SIG_SETMASK, &old, NULL);
    close(ends[1]);
    if (error != 0)
        *pid = 0;
    return error;
}

int disk_servers_start(struct disk_servers *servers, const struct backend_job *job, int fds[CONFIG_DISKS])
{
    int error = 0;

    for (unsigned i = 0; i < job->disk_count && error == 0; i++)
        if (disk_servers_serve(job, i))
            error = start_one(&job->disk[i], job->disk_meters, job->config->sandbox, &fds[i], &servers->pid[i]);
    return error;
}

void disk_servers_finish(struct disk_servers *servers, const struct backend_job *job)
{
    for (unsigned i = 0; i < CONFIG_DISKS; i++) {
        pid_t pid = servers->pid[i];
        int status = 0;

        if (pid == 0)
            continue;
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        servers->pid[i] = 0;
        if (WIFSIGNALED(status))
            log_error("%s: the process that served it was ended by signal %d", job->disk[i].path, WTERMSIG(status));
        else if (WEXITSTATUS(status) != 0)
            log_error("%s: what was written may not be on the disk: %s", job->disk[i].path,
                      strerror(WEXITSTATUS(status)));
    }
}
