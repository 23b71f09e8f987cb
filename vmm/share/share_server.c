/* SPDX-License-Identifier: Apache-2.0 */
/* share_server.c - see share_server.h. */
#include "vmm/share/share_server.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/clock.h"
#include "vmm/log.h"
#include "vmm/share/fuse.h"
#include "vmm/share/window.h"
#include "vmm/vhost/server.h"

#define DESCRIPTORS_MAX (2 * SHARE_MAX + 2)
#define REQUESTS_A_TURN 64u
#define CHANGES_MAX 20000u /* are counted: that takes some 0.1 s, of the time that share_process_end gives */
#define RETRY_NS (SHARE_FUSE_RETRY_MS * UINT64_C(1000000))

/* What `own` needs: owners, modes and device nodes as the guest gives them. */
#define CAPABILITY(name) (UINT64_C(1) << (name))
#define OWN_CAPABILITIES                                                                               \
    (CAPABILITY(CAP_CHOWN) | CAPABILITY(CAP_FOWNER) | CAPABILITY(CAP_FSETID) | CAPABILITY(CAP_MKNOD) | \
     CAPABILITY(CAP_SETFCAP) | CAPABILITY(CAP_SETUID) | CAPABILITY(CAP_SETGID))

/* What Landlock alone leaves: it has no rights for these. */
#define OTHERS_CHANGE "; modes, owners and times of other files could be changed by name"

struct server {
    struct share_tree *tree;
    struct share_fuse *fuse;
    struct share_window *window; /* NULL: none */
    struct vhost_server *vhost;
};

/* ---- the process ---- */

static bool serve_queue(void *owner, unsigned queue)
{
    struct server *server = owner;
    struct queue_chain chain;

    for (unsigned i = 0; i < REQUESTS_A_TURN; i++) {
        uint32_t written;

        if (vhost_queue_pop(server->vhost, queue, &chain) <= 0)
            return false;
        if (share_fuse_request(server->fuse, queue, &chain, &written))
            vhost_queue_push(server->vhost, queue, chain.head, written);
    }
    return true;
}

static void queue_stopped(void *owner, unsigned queue)
{
    struct server *server = owner;

    share_fuse_stop(server->fuse, queue);
}

/* A lock has been had after all. */
static void answer_later(void *owner, unsigned queue, uint16_t head, uint32_t written)
{
    struct server *server = owner;

    vhost_queue_push(server->vhost, queue, head, written);
    vhost_queue_interrupt(server->vhost, queue);
}

/* The host has changed something. */
static void events_come(void *owner)
{
    struct server *server = owner;

    share_fuse_tell(server->fuse);
}

static int server_init(struct server *server, const struct share *shares, unsigned count, struct noted *noted,
                       int socket, int window)
{
    const struct vhost_device device = {
        .queues = SHARE_SERVER_QUEUES, .ready = serve_queue, .stopped = queue_stopped, .owner = server};
    int error = share_tree_create(shares, count, &server->tree);

    if (error == 0)
        error = share_fuse_create(server->tree, answer_later, server, &server->fuse);
    if (error == 0 && noted != NULL)
        share_fuse_note_denials(server->fuse, &noted->shares.denials);
    if (error == 0 && window >= 0)
        error = share_window_create(server->tree, window, &server->window);
    if (error == 0)
        share_fuse_use_window(server->fuse, server->window);
    if (error == 0)
        error = vhost_server_create(&device, socket, &server->vhost);
    if (error != 0 || share_events_fd(server->tree) < 0)
        return error;
    return vhost_server_watch(server->vhost, share_events_fd(server->tree), events_come);
}

/* Until the other end is closed: 0, or -errno. */
static int server_run(struct server *server)
{
    uint64_t tried_ns = 0;
    int error;

    do {
        bool waits = share_fuse_waits(server->fuse);

        error = vhost_server_run(server->vhost, waits ? SHARE_FUSE_RETRY_MS : -1);
        uint64_t now_ns = waits ? clock_ns(CLOCK_MONOTONIC) : 0;
        if (waits && now_ns - tried_ns >= RETRY_NS) {
            share_fuse_retry(server->fuse);
            tried_ns = now_ns;
        }
    } while (error == 0);
    return error == -EPIPE ? 0 : error;
}

struct changes {
    struct noted_changes *noted;
    unsigned share;
};

static int note_change(void *context, enum share_change change, const char *path)
{
    const struct changes *changes = context;

    noted_change(changes->noted, changes->share, change, path);
    return changes->noted->count == CHANGES_MAX ? -EOVERFLOW : 0;
}

static int note_all(struct share_tree *tree, unsigned count, struct noted_changes *noted)
{
    int error = 0;

    memset(noted, 0, sizeof(*noted));
    for (unsigned i = 0; error == 0 && i < count; i++)
        error = share_tree_changes(tree, i, note_change, &(struct changes){noted, i});
    return error;
}

/* The guest has ended; what it had a use for may be all descriptors that there are. */
static void note_changes(struct share_tree *tree, unsigned count, struct noted_changes *noted)
{
    int error = note_all(tree, count, noted);

    if (error == -EMFILE) {
        share_tree_reset(tree);
        error = note_all(tree, count, noted);
    }
    atomic_store(&noted->complete, error == 0);
}

/* What may be opened by name: each share, and as it is shared. What is removed from a cow share leaves a device file of
 * overlayfs' in `upper` (layers.h), which nobody needs a capability to make. */
static unsigned list_folders(const struct share *shares, unsigned count, struct sandbox_folder *folders)
{
    unsigned n = 0;

    for (unsigned i = 0; i < count; i++) {
        const struct share *share = &shares[i];
        struct sandbox_folder all = {.fd = share->mode == SHARE_COW ? share->upper : share->fd,
                                     .may = share->own || share->mode == SHARE_COW ? SANDBOX_OWNS : SANDBOX_WRITES};

        if (share->mode != SHARE_RW)
            folders[n++] = (struct sandbox_folder){.fd = share->fd, .may = SANDBOX_READS};
        if (share->mode != SHARE_RO)
            folders[n++] = all;
    }
    return n;
}

/* What is only read has no owners to give; root's rights over files of others are there if they are asked for. */
static uint64_t capabilities_of(const struct share *share)
{
    if (!share->own)
        return 0;
    return (share->mode != SHARE_RO ? OWN_CAPABILITIES : 0) | (share->all_rights ? CAPABILITY(CAP_DAC_OVERRIDE) : 0);
}

/* What this host lacks ends the process, which says what that is. */
static void lock_in(const struct share_tree *tree, const struct share *shares, unsigned count, enum sandbox_level level)
{
    struct sandbox_folder folders[2 * SHARE_MAX];
    struct sandbox sandbox = {.level = level, .list = &sandbox_list_share, .folders = folders};
    struct sandbox_held held;
    char why[256];

    sandbox.folder_count = list_folders(shares, count, folders);
    sandbox.empties_root = share_tree_is_apart(tree);
    for (unsigned i = 0; i < count; i++)
        sandbox.capabilities |= capabilities_of(&shares[i]);
    if (sandbox_enter(&sandbox, &held, why, sizeof(why)) == 0) {
        if (log_is_verbose())
            log_detail("shared folders: locked in: %s%s", sandbox_describe(&sandbox, &held, why, sizeof(why)),
                       held.seccomp && !held.mounts ? OTHERS_CHANGE : "");
        return;
    }
    log_error("shared folders: %s", why);
    _exit(1);
}

/* stdin and stdout lead nowhere, stderr takes what has to be said, and the rest is the shares and the socket. */
static int keep_descriptors(const struct share *shares, unsigned count, int socket, int window)
{
    int kept[DESCRIPTORS_MAX], nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    unsigned n = 0;

    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0)
        return -errno;
    kept[n++] = socket;
    kept[n++] = window;
    for (unsigned i = 0; i < count; i++) {
        kept[n++] = shares[i].fd;
        kept[n++] = shares[i].upper;
    }
    sandbox_close_others(kept, n);
    return 0;
}

/* All signals are blocked: those that a terminal sends to all of its job are for lvmm. */
static _Noreturn void serve(const struct share *shares, unsigned count, enum sandbox_level level, struct noted *noted,
                            int socket, int window, pid_t parent)
{
    struct server server = {0};

    prctl(PR_SET_NAME, "lvmm-share");
    /* Where new files' owners are the guest's (setfsuid), the kernel forgets this: there the socket is what ends it. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        _exit(1);
    int error = keep_descriptors(shares, count, socket, window);
    if (error == 0)
        error = server_init(&server, shares, count, noted, socket, window);
    if (error != 0) {
        log_error("shared folders: %s", strerror(-error));
        _exit(1);
    }
    lock_in(server.tree, shares, count, level);
    error = server_run(&server);
    if (noted != NULL)
        note_changes(server.tree, count, &noted->shares.changes);
    if (error != 0)
        log_error("shared folders: the device isn't used as the process that serves it expects: %s", strerror(-error));
    _exit(error != 0);
}

/* ---- ours ---- */

static void close_both(const int fd[2])
{
    for (unsigned i = 0; i < 2; i++)
        if (fd[i] >= 0)
            close(fd[i]);
}

int share_server_start(const struct share *shares, unsigned count, enum sandbox_level level, struct noted *noted,
                       int *socket, int *window, pid_t *pid)
{
    pid_t parent = getpid();
    sigset_t all, old;
    int ends[2], window_ends[2] = {-1, -1};

    if (count > SHARE_MAX)
        return -EINVAL;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    if (window != NULL && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, window_ends) < 0) {
        int error = -errno;

        close_both(ends);
        return error;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    *pid = fork();
    if (*pid == 0)
        serve(shares, count, level, noted, ends[1], window_ends[1], parent);
    int error = *pid < 0 ? -errno : 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (error != 0) {
        *pid = 0;
        close_both(ends);
        close_both(window_ends);
        return error;
    }
    close(ends[1]);
    *socket = ends[0];
    if (window != NULL) {
        close(window_ends[1]);
        *window = window_ends[0];
    }
    return 0;
}

void share_server_finish(pid_t pid)
{
    int status = 0;

    if (pid == 0)
        return;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status))
        log_detail("shared folders: the process that served them was ended by signal %d", WTERMSIG(status));
}
