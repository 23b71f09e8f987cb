/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_dispatch.c - see fuse.h. A table has what each request looks like; here its form is checked, and its answer
 * sent. */
#include "vmm/share/fuse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "boot/abi_share.h"
#include "devices/virtio/iov.h"
#include "vmm/share/fuse_request.h"

/* Linux takes no other numbers as errors. */
#define ERROR_MAX 511

/* What is behind a request's structure. */
enum names {
    NOTHING,
    NAME,            /* of an entry in a directory */
    SOME_NAME,       /* that says nothing */
    NAMES,           /* two of them */
    NAME_AND_TARGET, /* of a symbolic link */
    XATTR,           /* the name of an extended attribute, and maybe its value */
};

struct row {
    uint16_t in_size;  /* of its structure */
    uint16_t out_size; /* the least room that the guest has for an answer, behind its header */
    uint8_t names;
    bool silent; /* there is no answer */
    fuse_handler *handle;
};

#ifndef FUSE_TMPFILE /* of FUSE 7.37: <linux/fuse.h> may be older */
#define FUSE_TMPFILE 51
#endif
#define ENTRY sizeof(struct fuse_entry_out)

static const struct row rows[] = {
    [FUSE_LOOKUP] = {0, ENTRY, NAME, false, fuse_lookup},
    [FUSE_FORGET] = {sizeof(struct fuse_forget_in), 0, NOTHING, true, fuse_forget},
    [FUSE_GETATTR] = {sizeof(struct fuse_getattr_in), sizeof(struct fuse_attr_out), NOTHING, false, fuse_getattr},
    [FUSE_SETATTR] = {sizeof(struct fuse_setattr_in), sizeof(struct fuse_attr_out), NOTHING, false, fuse_setattr},
    [FUSE_READLINK] = {0, 1, NOTHING, false, fuse_readlink},
    [FUSE_SYMLINK] = {0, ENTRY, NAME_AND_TARGET, false, fuse_symlink},
    [FUSE_MKNOD] = {sizeof(struct fuse_mknod_in), ENTRY, NAME, false, fuse_mknod},
    [FUSE_MKDIR] = {sizeof(struct fuse_mkdir_in), ENTRY, NAME, false, fuse_mkdir},
    [FUSE_UNLINK] = {0, 0, NAME, false, fuse_unlink},
    [FUSE_RMDIR] = {0, 0, NAME, false, fuse_rmdir},
    [FUSE_RENAME] = {sizeof(struct fuse_rename_in), 0, NAMES, false, fuse_rename},
    [FUSE_LINK] = {sizeof(struct fuse_link_in), ENTRY, NAME, false, fuse_link},
    [FUSE_OPEN] = {sizeof(struct fuse_open_in), sizeof(struct fuse_open_out), NOTHING, false, fuse_open},
    [FUSE_READ] = {sizeof(struct fuse_read_in), 0, NOTHING, false, fuse_read},
    [FUSE_WRITE] = {sizeof(struct fuse_write_in), sizeof(struct fuse_write_out), NOTHING, false, fuse_write},
    [FUSE_STATFS] = {0, sizeof(struct fuse_statfs_out), NOTHING, false, fuse_statfs},
    [FUSE_RELEASE] = {sizeof(struct fuse_release_in), 0, NOTHING, false, fuse_release},
    [FUSE_FSYNC] = {sizeof(struct fuse_fsync_in), 0, NOTHING, false, fuse_fsync},
    [FUSE_SETXATTR] = {FUSE_COMPAT_SETXATTR_IN_SIZE, 0, XATTR, false, fuse_setxattr},
    [FUSE_GETXATTR] = {sizeof(struct fuse_getxattr_in), 0, XATTR, false, fuse_getxattr},
    [FUSE_LISTXATTR] = {sizeof(struct fuse_getxattr_in), 0, NOTHING, false, fuse_listxattr},
    [FUSE_REMOVEXATTR] = {0, 0, XATTR, false, fuse_removexattr},
    [FUSE_FLUSH] = {sizeof(struct fuse_flush_in), 0, NOTHING, false, fuse_flush},
    [FUSE_INIT] = {offsetof(struct fuse_init_in, flags2), sizeof(struct fuse_init_out), NOTHING, false, fuse_init},
    [FUSE_OPENDIR] = {sizeof(struct fuse_open_in), sizeof(struct fuse_open_out), NOTHING, false, fuse_opendir},
    [FUSE_READDIR] = {sizeof(struct fuse_read_in), 0, NOTHING, false, fuse_readdir},
    [FUSE_RELEASEDIR] = {sizeof(struct fuse_release_in), 0, NOTHING, false, fuse_releasedir},
    [FUSE_FSYNCDIR] = {sizeof(struct fuse_fsync_in), 0, NOTHING, false, fuse_fsync},
    [FUSE_GETLK] = {sizeof(struct fuse_lk_in), sizeof(struct fuse_lk_out), NOTHING, false, fuse_getlk},
    [FUSE_SETLK] = {sizeof(struct fuse_lk_in), 0, NOTHING, false, fuse_setlk},
    [FUSE_SETLKW] = {sizeof(struct fuse_lk_in), 0, NOTHING, false, fuse_setlkw},
    [FUSE_CREATE] = {sizeof(struct fuse_create_in), ENTRY + sizeof(struct fuse_open_out), NAME, false, fuse_create},
    [FUSE_INTERRUPT] = {sizeof(struct fuse_interrupt_in), 0, NOTHING, false, fuse_interrupt},
    [FUSE_DESTROY] = {0, 0, NOTHING, false, fuse_destroy},
    [FUSE_BATCH_FORGET] = {sizeof(struct fuse_batch_forget_in), 0, NOTHING, true, fuse_batch_forget},
    [FUSE_FALLOCATE] = {sizeof(struct fuse_fallocate_in), 0, NOTHING, false, fuse_fallocate},
    [FUSE_READDIRPLUS] = {sizeof(struct fuse_read_in), 0, NOTHING, false, fuse_readdirplus},
    [FUSE_RENAME2] = {sizeof(struct fuse_rename2_in), 0, NAMES, false, fuse_rename2},
    [FUSE_LSEEK] = {sizeof(struct fuse_lseek_in), sizeof(struct fuse_lseek_out), NOTHING, false, fuse_lseek},
    [FUSE_SETUPMAPPING] = {sizeof(struct fuse_setupmapping_in), 0, NOTHING, false, fuse_setupmapping},
    [FUSE_REMOVEMAPPING] = {sizeof(struct fuse_removemapping_in), 0, NOTHING, false, fuse_removemapping},
    [FUSE_COPY_FILE_RANGE] = {sizeof(struct fuse_copy_file_range_in), sizeof(struct fuse_write_out), NOTHING, false,
                              fuse_copy_file_range},
    [FUSE_TMPFILE] = {sizeof(struct fuse_create_in), ENTRY + sizeof(struct fuse_open_out), SOME_NAME, false,
                      fuse_tmpfile},
};

/* NULL: the opcode is not one of ours. */
static const struct row *row_of(uint32_t opcode)
{
    static const struct row events = {0, LVMM_FUSE_EVENTS_LEAST, NOTHING, false, fuse_events};
    static const struct row watch = {0, 0, NOTHING, false, fuse_watch};

    if (opcode == LVMM_FUSE_EVENTS)
        return &events;
    if (opcode == LVMM_FUSE_WATCH)
        return &watch;
    if (opcode >= sizeof(rows) / sizeof(rows[0]) || rows[opcode].handle == NULL)
        return NULL;
    return &rows[opcode];
}

/* Copies the request: nothing of it is read from the chain again but the data of a write. */
static int copy_in(struct fuse_request *request)
{
    const struct queue_chain *chain = request->chain;
    const size_t head = sizeof(request->header);

    if (iov_read(chain->iov, chain->readable, 0, &request->header, head) != head)
        return -EINVAL;
    if (request->header.len < head || request->header.len > chain->readable_bytes)
        return -EINVAL;
    request->in_size = request->header.len - (uint32_t)head;
    if (request->header.opcode == FUSE_WRITE && request->in_size > sizeof(struct fuse_write_in))
        request->in_size = sizeof(struct fuse_write_in);
    if (request->in_size > FUSE_IN_MAX)
        return -EINVAL;
    iov_read(chain->iov, chain->readable, head, request->fuse->in, request->in_size);
    return 0;
}

static void take_groups(struct fuse_request *request, const struct fuse_group_extension *extension)
{
    if (extension->type != FUSE_EXTENSION_GROUPS || extension->count == 0)
        return;
    request->caller.has_group = true;
    request->caller.group = extension->group;
}

/* Takes extensions off the end: of others than groups nothing is known. -EINVAL: one is larger than what is there, or
 * than it says. */
static int take_extensions(struct fuse_request *request)
{
    const size_t after_pid = offsetof(struct fuse_in_header, pid) + sizeof(request->header.pid);
    struct fuse_group_extension extension;
    uint16_t units;

    memcpy(&units, (const char *)&request->header + after_pid, sizeof(units));
    uint32_t left = (uint32_t)units * 8;
    if (left == 0 || request->header.opcode == FUSE_WRITE) /* whose data isn't here */
        return 0;
    if (left > request->in_size)
        return -EINVAL;
    request->in_size -= left;
    const char *at = (const char *)request->in + request->in_size;
    while (left >= sizeof(extension)) {
        memcpy(&extension, at, sizeof(extension));
        if (extension.size < sizeof(extension) || extension.size > left)
            return -EINVAL;
        take_groups(request, &extension);
        at += extension.size;
        left -= extension.size;
    }
    return 0;
}

/* Takes a string off what is behind the structure. -EINVAL: it has no end, or is empty. */
static int take_string(struct fuse_request *request, const char **out)
{
    const char *at = request->value, *end = memchr(at, 0, request->value_size);

    if (end == NULL || end == at)
        return -EINVAL;
    *out = at;
    request->value = end + 1;
    request->value_size -= (uint32_t)(end + 1 - at);
    return 0;
}

static int take_name(struct fuse_request *request, const char **out)
{
    int error = take_string(request, out);

    if (error != 0)
        return error;
    if (strlen(*out) > NAME_MAX)
        return -ENAMETOOLONG;
    if (strchr(*out, '/') != NULL || strcmp(*out, ".") == 0 || strcmp(*out, "..") == 0)
        return -EINVAL;
    return 0;
}

static int take_target(struct fuse_request *request)
{
    int error = take_string(request, &request->name2);

    return error == 0 && strlen(request->name2) >= PATH_MAX ? -ENAMETOOLONG : error;
}

static int take_xattr(struct fuse_request *request)
{
    int error = take_string(request, &request->name);

    return error == 0 && strlen(request->name) > XATTR_NAME_MAX ? -ERANGE : error;
}

static int take_names(struct fuse_request *request, const struct row *row)
{
    int error = 0;

    request->value = (const char *)request->in + row->in_size;
    request->value_size = request->in_size - row->in_size;
    if (row->names == XATTR)
        return take_xattr(request);
    if (row->names == SOME_NAME)
        return take_string(request, &request->name);
    if (row->names != NOTHING)
        error = take_name(request, &request->name);
    if (error == 0 && row->names == NAMES)
        error = take_name(request, &request->name2);
    if (error == 0 && row->names == NAME_AND_TARGET)
        error = take_target(request);
    return error;
}

static ssize_t handle(struct fuse_request *request, const struct row *row)
{
    int error;

    if (row == NULL)
        return -ENOSYS;
    if (!request->fuse->started && row->handle != fuse_init)
        return -EIO;
    if (request->in_size < row->in_size || request->room < row->out_size)
        return -EINVAL;
    error = take_names(request, row);
    if (error != 0)
        return error;
    ssize_t result = row->handle(request);
    if (result >= 0)
        fuse_events_own(request);
    return result;
}

static void note(const struct share_fuse *fuse, ssize_t result)
{
    const char *name = result == -EROFS ? "EROFS" : result == -EACCES ? "EACCES" : result == -EPERM ? "EPERM" : NULL;

    if (name != NULL)
        noted_denial(fuse->denials, name);
}

/* Returns how many bytes of the chain are filled. */
static uint32_t send_answer(const struct fuse_request *request, ssize_t result)
{
    const struct queue_chain *chain = request->chain;
    const struct iovec *to = chain->iov + chain->readable;
    struct fuse_out_header header = {.unique = request->header.unique};
    uint32_t size = result > 0 ? (uint32_t)result : 0;

    if (chain->writable_bytes < sizeof(header))
        return 0;
    if (result < -ERROR_MAX || result > (ssize_t)request->room) {
        result = -EIO; /* none that Linux knows, or the tree gave more than it was asked for */
        size = 0;
    }
    note(request->fuse, result);
    header.error = result < 0 ? (int32_t)result : 0;
    header.len = (uint32_t)sizeof(header) + size;
    iov_write(to, chain->writable, 0, &header, sizeof(header));
    if (!request->direct)
        iov_write(to, chain->writable, sizeof(header), request->out, size);
    return header.len;
}

bool share_fuse_request(struct share_fuse *fuse, unsigned queue, const struct queue_chain *chain, uint32_t *written)
{
    struct fuse_request request = {
        .fuse = fuse, .tree = fuse->tree, .in = fuse->in, .out = fuse->out, .queue = queue, .chain = chain};
    const uint32_t head = sizeof(struct fuse_out_header);

    request.room = chain->writable_bytes > head ? chain->writable_bytes - head : 0;
    ssize_t result = copy_in(&request);
    const struct row *row = row_of(request.header.opcode);
    request.caller =
        (struct share_caller){.uid = request.header.uid, .gid = request.header.gid, .pid = request.header.pid};
    if (result == 0)
        result = take_extensions(&request);
    share_asks(fuse->tree, &request.caller);
    if (result == 0)
        result = handle(&request, row);
    share_fuse_tell(fuse); /* before the answer */
    *written = row != NULL && row->silent ? 0 : request.waits ? 0 : send_answer(&request, result);
    if (fuse->locks_change && fuse->wait_count != 0)
        share_fuse_retry(fuse);
    fuse->locks_change = false;
    return !request.waits;
}

int share_fuse_create(struct share_tree *tree, share_fuse_done *done, void *owner, struct share_fuse **out)
{
    struct share_fuse *fuse = calloc(1, sizeof(*fuse));

    if (fuse == NULL)
        return -ENOMEM;
    fuse->tree = tree;
    fuse->done = done;
    fuse->owner = owner;
    *out = fuse;
    return 0;
}

void share_fuse_note_denials(struct share_fuse *fuse, struct noted_denials *denials)
{
    fuse->denials = denials;
}

void share_fuse_destroy(struct share_fuse *fuse)
{
    free(fuse);
}
