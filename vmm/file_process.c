/* SPDX-License-Identifier: Apache-2.0 */
/* file_process.c - see file_process.h. */
#include "vmm/file_process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/disk/clear.h"
#include "vmm/disk/cow.h"
#include "vmm/sandbox/sandbox.h"

/* Of file systems that linux/magic.h doesn't have. */
#define BCACHEFS_MAGIC 0xca451a4eu
#define ZFS_MAGIC 0x2fc12fc1u
#define JFS_MAGIC 0x3153464au

/* How long the process has to end, if its file's server lets it. */
#define END_TRIES 50
#define END_PAUSE_MS 1

/* Shared with the process. */
struct file_box {
    enum file_process_op op;
    int flags;
    uint64_t offset;
    size_t size;
    ssize_t result; /* bytes or -errno */
    uint8_t data[FILE_PROCESS_BYTES];
};

struct file_process {
    struct file_box *box;
    pid_t pid;
    struct disk_image image; /* the descriptors are the caller's */
    int socket;              /* a byte each way: begin, and done */
    bool alone;              /* they are no longer the image's */
    bool is_gone;            /* nobody is at the other end of the socket */
    bool lost;               /* an I/O was begun that nobody does */
};

bool file_process_is_wanted(int fd)
{
    static const uint32_t own[] = {EXT4_SUPER_MAGIC,
                                   XFS_SUPER_MAGIC,
                                   BTRFS_SUPER_MAGIC,
                                   TMPFS_MAGIC,
                                   RAMFS_MAGIC,
                                   OVERLAYFS_SUPER_MAGIC,
                                   F2FS_SUPER_MAGIC,
                                   SQUASHFS_MAGIC,
                                   EROFS_SUPER_MAGIC_V1,
                                   ISOFS_SUPER_MAGIC,
                                   MSDOS_SUPER_MAGIC,
                                   EXFAT_SUPER_MAGIC,
                                   REISERFS_SUPER_MAGIC,
                                   NILFS_SUPER_MAGIC,
                                   HUGETLBFS_MAGIC,
                                   UDF_SUPER_MAGIC,
                                   BCACHEFS_MAGIC,
                                   ZFS_MAGIC,
                                   JFS_MAGIC};
    struct statfs about;

    if (fstatfs(fd, &about) < 0)
        return true; /* it is the server that said so */
    for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if ((uint32_t)about.f_type == own[i])
            return false;
    return true;
}

/* ---- the other process: system calls alone, as other threads may have held any lock ---- */

/* The socket is the standard error stream: what libc might say at the end of all things must be in no file. */
enum { CHILD_FILE, CHILD_CHANGES, CHILD_SOCKET, CHILD_DESCRIPTORS };

static ssize_t perform(struct file_box *box, struct disk_image *image)
{
    switch (box->op) {
    case FILE_PROCESS_READ:
        return disk_image_read(image, box->data, box->size, box->offset);
    case FILE_PROCESS_WRITE:
        return disk_image_write(image, box->data, box->size, box->offset, box->flags);
    case FILE_PROCESS_DISCARD:
        return disk_image_clear(image, DISK_DISCARD, box->offset, box->size, box->flags);
    case FILE_PROCESS_ZERO:
        return disk_image_clear(image, DISK_ZERO, box->offset, box->size, box->flags);
    case FILE_PROCESS_UNMAP:
        return disk_image_clear(image, DISK_UNMAP, box->offset, box->size, box->flags);
    default:
        return disk_image_sync(image);
    }
}

/* A message of one byte, with a descriptor beside it. */
struct passing {
    char byte;
    struct iovec iov;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    struct msghdr message;
};

static void passing_init(struct passing *passing)
{
    memset(passing, 0, sizeof(*passing));
    passing->iov = (struct iovec){&passing->byte, 1};
    passing->message = (struct msghdr){.msg_iov = &passing->iov,
                                       .msg_iovlen = 1,
                                       .msg_control = passing->control,
                                       .msg_controllen = sizeof(passing->control)};
}

static bool pass_file(void)
{
    struct passing passing;

    passing_init(&passing);
    struct cmsghdr *head = CMSG_FIRSTHDR(&passing.message);
    const int fd = CHILD_FILE;
    *head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(fd)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(head), &fd, sizeof(fd));
    return sendmsg(CHILD_SOCKET, &passing.message, MSG_NOSIGNAL) == 1;
}

static bool answer(struct file_box *box, struct disk_image *image, char byte)
{
    if (box->op == FILE_PROCESS_GIVE_BACK)
        return pass_file();
    box->result = perform(box, image);
    return write(CHILD_SOCKET, &byte, 1) == 1;
}

/* All signals are blocked here: those that a terminal sends to all of its job are for lvmm. */
static _Noreturn void serve(struct file_box *box, struct disk_image *image, int socket, enum sandbox_level level,
                            pid_t parent)
{
    const struct sandbox sandbox = {.level = level, .list = &sandbox_list_file};
    struct sandbox_held held;
    char why[256];
    char byte;

    prctl(PR_SET_NAME, "lvmm-file");
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        _exit(1);
    dup2(image->fd, CHILD_FILE); /* none has such a number itself: the standard streams are open */
    image->fd = CHILD_FILE;
    dup2(socket, CHILD_SOCKET);
    if (image->cow != NULL) {
        dup2(image->cow->fd, CHILD_CHANGES);
        image->cow->fd = CHILD_CHANGES;
    } else {
        close(CHILD_CHANGES);
    }
    close_range(CHILD_DESCRIPTORS, ~0u, 0);
    if (sandbox_enter(&sandbox, &held, why, sizeof(why)) != 0)
        _exit(1); /* lvmm itself can't be locked in then, and tells why */
    while (read(CHILD_SOCKET, &byte, 1) == 1)
        if (!answer(box, image, byte))
            break;
    _exit(0);
}

/* ---- ours ---- */

static int start_process(struct file_process *process, enum sandbox_level level, int others)
{
    pid_t parent = getpid();
    sigset_t all, old;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    process->pid = fork();
    if (process->pid == 0)
        serve(process->box, &process->image, others, level, parent);
    int error = process->pid < 0 ? -errno : 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return error;
}

static int file_process_init(struct file_process *process, enum sandbox_level level, const struct disk_image *image)
{
    int ends[2], error;

    *process = (struct file_process){.image = *image, .socket = -1, .pid = -1};
    process->box =
        mmap(NULL, sizeof(*process->box), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (process->box == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    process->socket = ends[0];
    error = start_process(process, level, ends[1]);
    close(ends[1]);
    return error;
}

int file_process_create(const struct disk_image *image, enum sandbox_level level, struct file_process **out)
{
    struct file_process *process = malloc(sizeof(*process));
    int error;

    if (process == NULL)
        return -ENOMEM;
    error = file_process_init(process, level, image);
    if (error < 0)
        file_process_destroy(process);
    else
        *out = process;
    return error;
}

int file_process_fd(const struct file_process *process)
{
    return process->socket;
}

void *file_process_data(struct file_process *process)
{
    return process->box->data;
}

/* A descriptor on which nothing ever happens takes the number's place: who watches it is left in peace. */
static void put_nothing(int fd)
{
    int nothing = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (nothing < 0)
        return;
    dup3(nothing, fd, O_CLOEXEC);
    close(nothing);
}

static void gone(struct file_process *process)
{
    if (!process->is_gone)
        put_nothing(process->socket);
    process->is_gone = true;
}

void file_process_give_up_fd(struct file_process *process)
{
    if (!process->alone)
        put_nothing(process->image.fd);
    if (!process->alone && process->image.cow != NULL)
        put_nothing(process->image.cow->fd);
    process->alone = true;
}

int file_process_give_back(struct file_process *process)
{
    struct passing passing;
    int fd;

    file_process_start(process, FILE_PROCESS_GIVE_BACK, 0, 0, 0);
    file_process_wait(process);
    passing_init(&passing);
    ssize_t n = process->lost ? -1 : recvmsg(process->socket, &passing.message, MSG_CMSG_CLOEXEC);
    const struct cmsghdr *head = n == 1 ? CMSG_FIRSTHDR(&passing.message) : NULL;
    if (head == NULL || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof(fd)))
        return -EIO;
    memcpy(&fd, CMSG_DATA(head), sizeof(fd));
    int error = dup3(fd, process->image.fd, O_CLOEXEC) < 0 ? -errno : 0;
    close(fd);
    process->alone = error != 0;
    return error;
}

void file_process_start(struct file_process *process, enum file_process_op op, uint64_t offset, size_t size, int flags)
{
    struct file_box *box = process->box;
    const char byte = 0;

    box->op = op;
    box->offset = offset;
    box->size = size;
    box->flags = flags;
    if (process->is_gone || send(process->socket, &byte, 1, MSG_NOSIGNAL) != 1)
        process->lost = true;
}

bool file_process_take(struct file_process *process, ssize_t *result)
{
    char byte;
    ssize_t n = process->lost ? 0 : recv(process->socket, &byte, 1, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    *result = n == 1 ? process->box->result : -EIO;
    if (n != 1)
        gone(process);
    process->lost = false;
    return true;
}

void file_process_wait(const struct file_process *process)
{
    struct pollfd done = {.fd = process->socket, .events = POLLIN};

    while (!process->lost && poll(&done, 1, -1) < 0 && errno == EINTR)
        ;
}

/* One that is still there after that is left behind, and when we have ended it is init's to reap. */
static void end_process(pid_t pid)
{
    kill(pid, SIGKILL);
    for (unsigned i = 0; i < END_TRIES && waitpid(pid, NULL, WNOHANG) == 0; i++)
        poll(NULL, 0, END_PAUSE_MS);
}

void file_process_destroy(struct file_process *process)
{
    if (process == NULL)
        return;
    if (process->socket >= 0)
        close(process->socket); /* its end, unless it waits for the server */
    if (process->pid > 0)
        end_process(process->pid);
    if (process->box != MAP_FAILED)
        munmap(process->box, sizeof(*process->box));
    free(process);
}
