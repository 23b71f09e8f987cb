/* SPDX-License-Identifier: Apache-2.0 */
/* control.c - ancillary data from a program and to it. */
#include "net/control.h"

#include "abi/errno.h"
#include "abi/socket.h"
#include "core/pid.h"
#include "core/process.h"
#include "core/wait.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/usercopy.h"
#include "net/control_list.h"
#include "vfs/fdtable.h"
#include "vfs/pidfile.h"

int control_most = 131072;

/* ---- files on their way ---- */

static struct control_files *files_create(unsigned room)
{
    struct control_files *files = kmalloc(sizeof(*files) + room * sizeof(files->file[0]));

    if (files != NULL) {
        files->room = room;
        files->user = current_thread()->cred.user.real;
    }
    return files;
}

void control_files_put(struct control_files *files)
{
    struct thread *thread = current_thread();
    struct control_files *left = files;
    unsigned done = 0;

    if (files == NULL)
        return;
    if (thread->files_left != NULL) { /* called by a file's end from below */
        files->next = *thread->files_left;
        *thread->files_left = files;
        return;
    }
    files->next = NULL;
    thread->files_left = &left;
    while (left != NULL) {
        files = left;
        left = files->next;
        for (unsigned i = 0; i < files->count; i++)
            file_put(files->file[i]);
        done += files->count;
        kfree(files);
        if (done >= FDS_AT_ONCE) {
            done = 0;
            (void)wait_loop_ends(true);
        }
    }
    thread->files_left = NULL;
}

struct control_files *control_files_copy(const struct control_files *files)
{
    struct control_files *copy = files_create(files->count);

    if (copy == NULL)
        return NULL;
    for (unsigned i = 0; i < files->count; i++) {
        copy->file[i] = files->file[i];
        file_get(copy->file[i]);
    }
    copy->count = files->count;
    return copy;
}

/* The files of one SCM_RIGHTS. Several are one list, as on Linux. */
static int files_get(struct control *control, const struct control_message *from)
{
    unsigned count = from->size / sizeof(int32_t);

    if (count == 0)
        return 0;
    if (count > SCM_MAX_FD || (control->files != NULL && control->files->count + count > SCM_MAX_FD))
        return -EINVAL;
    if (control->files == NULL || control->files->count + count > control->files->room) {
        unsigned before = control->files != NULL ? control->files->count : 0;
        struct control_files *files = files_create(before + count);

        if (files == NULL)
            return -ENOMEM;
        for (unsigned i = 0; i < before; i++)
            files->file[i] = control->files->file[i];
        files->count = before;
        kfree(control->files);
        control->files = files;
    }
    for (unsigned i = 0; i < count; i++) {
        int32_t fd;
        struct file *file;

        memcpy(&fd, (const char *)from->data + i * sizeof(fd), sizeof(fd));
        file = fd_get(current_thread()->files, fd);
        if (file == NULL)
            return -EBADF;
        file_get(file);
        control->files->file[control->files->count++] = file;
    }
    return 0;
}

/* ---- who sends ---- */

static bool is_one_of(uint32_t id, const struct cred_ids *ids)
{
    return id == ids->real || id == ids->effective || id == ids->saved;
}

static int identity_get(struct control *control, const struct control_message *from)
{
    const struct thread *thread = current_thread();
    const struct cred *cred = &thread->cred;
    struct socket_identity identity;

    if (from->size != sizeof(identity))
        return -EINVAL;
    memcpy(&identity, from->data, sizeof(identity));
    if (identity.uid == UINT32_MAX || identity.gid == UINT32_MAX)
        return -EINVAL;
    if ((identity.pid != (uint32_t)thread->process->pid && !cred_has(cred, CAP_SYS_ADMIN)) ||
        (!is_one_of(identity.uid, &cred->user) && !cred_has(cred, CAP_SETUID)) ||
        (!is_one_of(identity.gid, &cred->group) && !cred_has(cred, CAP_SETGID)))
        return -EPERM;
    if (pid_find((int)identity.pid) == NULL)
        return -ESRCH;
    control->identity = identity;
    control->has_identity = true;
    return 0;
}

/* ---- what a program sends ---- */

static bool is_taken(const struct control_message *message)
{
    return message->level == SOL_SOCKET && (message->type == SCM_RIGHTS || message->type == SCM_CREDENTIALS);
}

static int messages_get(struct control *control, bool takes_files)
{
    struct control_message message;
    uint32_t at = 0;
    int found, error = 0;

    while (error == 0 && (found = control_parse(control->bytes, control->size, &at, &message)) != 0) {
        if (found < 0)
            error = found;
        else if (message.level != SOL_SOCKET || !takes_files)
            continue;
        else if (message.type == SCM_RIGHTS)
            error = files_get(control, &message);
        else
            error = message.type == SCM_CREDENTIALS ? identity_get(control, &message) : -EINVAL;
    }
    return error;
}

/* Copies it, in the form of 64-bit programs. */
static int bytes_get(struct control *control, uint64_t address, uint32_t size)
{
    bool is_32bit = call_is_32bit();
    uint8_t *bytes = kmalloc(size);
    int64_t wide;

    control->bytes = bytes;
    control->size = size;
    if (bytes == NULL)
        return -ENOMEM;
    if (copy_from_user(bytes, address, size) != 0)
        return -EFAULT;
    if (!is_32bit)
        return 0;
    control->bytes = kmalloc(control_wide_size(size));
    wide = control->bytes != NULL ? control_widen(bytes, size, control->bytes) : -ENOMEM;
    kfree(bytes);
    control->size = wide > 0 ? (uint32_t)wide : 0;
    return wide < 0 ? (int)wide : 0;
}

int control_get(struct control *control, uint64_t address, uint64_t size, bool takes_files)
{
    int error;

    *control = (struct control){0};
    if (size == 0)
        return 0;
    if (size >= (uint64_t)control_most)
        return -ENOBUFS;
    error = bytes_get(control, address, (uint32_t)size);
    if (error == 0)
        error = messages_get(control, takes_files);
    if (error != 0)
        control_put(control);
    return error;
}

void control_put(struct control *control)
{
    kfree(control->bytes);
    control_files_put(control->files);
    control->bytes = NULL;
    control->files = NULL;
}

bool control_next(const struct control *control, uint32_t *at, struct control_message *out)
{
    while (control_parse(control->bytes, control->size, at, out) == 1)
        if (!is_taken(out))
            return true;
    return false;
}

/* ---- what a program receives ---- */

void control_receive(struct control *control, uint64_t address, uint64_t size)
{
    *control = (struct control){.address = address, .room = address != 0 ? size : 0, .is_32bit = call_is_32bit()};
}

static uint32_t header_size(const struct control *control)
{
    return control->is_32bit ? sizeof(struct cmsghdr_i386) : sizeof(struct cmsghdr_user);
}

static uint64_t aligned(const struct control *control, uint64_t size)
{
    uint64_t mask = control->is_32bit ? sizeof(uint32_t) - 1 : sizeof(uint64_t) - 1;

    return (size + mask) & ~mask;
}

static int header_put(const struct control *control, int level, int type, uint64_t size)
{
    const struct cmsghdr_i386 half = {(uint32_t)size, level, type};
    const struct cmsghdr_user whole = {size, level, type};

    return control->is_32bit ? copy_to_user(control->address, &half, sizeof(half))
                             : copy_to_user(control->address, &whole, sizeof(whole));
}

static void step(struct control *control, uint64_t size)
{
    uint64_t space = aligned(control, size);

    if (space > control->room)
        space = control->room;
    control->address += space;
    control->room -= space;
}

void control_add(struct control *control, unsigned *out_flags, int level, int type, const void *data, uint32_t size)
{
    uint64_t whole;

    if (control == NULL || control->room < header_size(control)) {
        *out_flags |= MSG_CTRUNC;
        return;
    }
    whole = header_size(control) + size;
    if (whole > control->room) {
        *out_flags |= MSG_CTRUNC;
        whole = control->room;
    }
    if (header_put(control, level, type, whole) != 0 ||
        copy_to_user(control->address + header_size(control), data, whole - header_size(control)) != 0)
        return;
    step(control, header_size(control) + size);
}

/* A descriptor for the program, which finds its number at `address`. */
static int file_give(struct file *file, uint64_t address, bool cloexec)
{
    struct fdtable *table = current_thread()->files;
    int fd;

    file_get(file);
    fd = fd_install(table, file, 0, cloexec);
    if (fd < 0)
        return fd;
    if (copy_to_user(address, &fd, sizeof(fd)) == 0)
        return 0;
    (void)fd_close(table, fd);
    return -EFAULT;
}

void control_add_files(struct control *control, unsigned *out_flags, const struct control_files *files, bool cloexec)
{
    uint32_t header, room = 0, given = 0;

    if (control != NULL && control->room > header_size(control)) {
        header = header_size(control);
        room = (uint32_t)((control->room - header) / sizeof(int32_t) < files->count
                              ? (control->room - header) / sizeof(int32_t)
                              : files->count);
        while (given < room &&
               file_give(files->file[given], control->address + header + given * sizeof(int32_t), cloexec) == 0)
            given++;
        if (given != 0) {
            (void)header_put(control, SOL_SOCKET, SCM_RIGHTS, header + given * sizeof(int32_t));
            step(control, header + given * sizeof(int32_t));
        }
    }
    if (given < files->count)
        *out_flags |= MSG_CTRUNC;
}

void control_add_pidfd(struct control *control, unsigned *out_flags, struct pid *pid)
{
    struct fdtable *table = current_thread()->files;
    struct file *file;
    int fd;

    if (control == NULL || control->room < header_size(control) + sizeof(fd)) {
        *out_flags |= MSG_CTRUNC;
        return;
    }
    if (pid == NULL)
        return;
    fd = pidfd_file(pid, 0, &file);
    if (fd == 0)
        fd = fd_install(table, file, 0, true);
    if (copy_to_user(control->address + header_size(control), &fd, sizeof(fd)) != 0 ||
        header_put(control, SOL_SOCKET, SCM_PIDFD, header_size(control) + sizeof(fd)) != 0) {
        if (fd >= 0)
            (void)fd_close(table, fd);
        return;
    }
    step(control, header_size(control) + sizeof(fd));
}
