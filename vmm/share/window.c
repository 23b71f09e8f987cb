/* SPDX-License-Identifier: Apache-2.0 */
/* window.c - see window.h. */
#include "vmm/share/window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "boot/abi_dax.h"
#include "vmm/ranges.h"
#include "vmm/share/window_link.h"

struct share_window {
    struct share_tree *tree;
    int socket;
    struct ranges ranges; /* of nodes, by their numbers; a range of one that is forgotten stays until it is unmapped */
};

/* ---- lvmm ---- */

/* fd -1: none. */
static ssize_t send_request(int socket, const struct window_request *request, int fd)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec iov = {(void *)(uintptr_t)request, sizeof(*request)};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

    memset(&control, 0, sizeof(control));
    if (fd >= 0) {
        control.head =
            (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(fd)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
        message.msg_control = &control;
        message.msg_controllen = sizeof(control.room);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

/* 0, lvmm's error, or -EIO. */
static int ask(const struct share_window *window, const struct window_request *request, int fd)
{
    struct window_answer answer;

    if (send_request(window->socket, request, fd) != (ssize_t)sizeof(*request) ||
        recv(window->socket, &answer, sizeof(answer), 0) != (ssize_t)sizeof(answer))
        return -EIO;
    return answer.error;
}

/* ---- mappings ---- */

static bool place_ok(uint64_t offset, uint64_t length)
{
    const uint64_t mask = (UINT64_C(1) << share_window_alignment()) - 1;

    return length != 0 && length <= INT64_MAX && offset <= INT64_MAX - length && ((offset | length) & mask) == 0;
}

/* `range` has its node. */
static int map(struct share_window *window, const struct range *range)
{
    const struct window_request request = {.kind = WINDOW_MAP,
                                           .writable = range->writable,
                                           .offset = range->offset,
                                           .length = range->length,
                                           .file_offset = range->file_offset};
    int error = ranges_reserve(&window->ranges, 2);
    int fd = error == 0 ? share_map_open(window->tree, range->file, range->writable) : error;

    if (fd < 0)
        return fd;
    error = ask(window, &request, fd);
    close(fd);
    ranges_cut(&window->ranges, range->offset, range->length, NULL, NULL);
    if (error == 0)
        ranges_add(&window->ranges, range);
    return error;
}

int share_window_map(struct share_window *window, uint64_t id, const struct fuse_setupmapping_in *in)
{
    const uint64_t known = FUSE_SETUPMAPPING_FLAG_READ | FUSE_SETUPMAPPING_FLAG_WRITE;
    const struct range range = {.offset = in->moffset,
                                .length = in->len,
                                .file = id,
                                .file_offset = in->foffset,
                                .writable = (in->flags & FUSE_SETUPMAPPING_FLAG_WRITE) != 0};

    if ((in->flags & ~known) != 0 || !place_ok(in->moffset, in->len) || !place_ok(in->foffset, in->len))
        return -EINVAL;
    return map(window, &range);
}

/* There is room for one more range, unless none is split by it. */
static int take_away(struct share_window *window, enum window_request_kind kind, uint64_t offset, uint64_t length)
{
    const struct window_request request = {.kind = (uint32_t)kind, .offset = offset, .length = length};
    int error = ask(window, &request, -1);

    if (error == 0 || error == -EIO)
        ranges_cut(&window->ranges, offset, length, NULL, NULL);
    return error;
}

int share_window_unmap(struct share_window *window, uint64_t offset, uint64_t length)
{
    if (!place_ok(offset, length))
        return -EINVAL;
    int error = ranges_reserve(&window->ranges, 1);
    return error != 0 ? error : take_away(window, WINDOW_UNMAP, offset, length);
}

void share_window_reset(struct share_window *window)
{
    const struct window_request request = {.kind = WINDOW_RESET};

    if (window->ranges.count == 0)
        return;
    (void)ask(window, &request, -1); /* else lvmm is gone */
    ranges_cut(&window->ranges, 0, INT64_MAX, NULL, NULL);
}

/* The copy takes the place of what it is a copy of. Where it can't, the guest is told that its page is gone, and asks
 * for it. */
static void on_raise(void *owner, uint64_t id)
{
    struct share_window *window = owner;

    for (unsigned i = 0; i < window->ranges.count;) {
        const struct range range = window->ranges.all[i];

        if (range.file != id || map(window, &range) == 0) {
            i++;
            continue;
        }
        (void)take_away(window, WINDOW_DROP, range.offset, range.length);
        ranges_cut(&window->ranges, range.offset, range.length, NULL, NULL);
    }
}

/* ---- its life ---- */

uint16_t share_window_alignment(void)
{
    return (uint16_t)__builtin_ctzl((unsigned long)sysconf(_SC_PAGESIZE));
}

int share_window_create(struct share_tree *tree, int socket, struct share_window **out)
{
    struct share_window *window = calloc(1, sizeof(*window));

    if (window == NULL)
        return -ENOMEM;
    window->tree = tree;
    window->socket = socket;
    window->ranges.most = LVMM_DAX_MAPPINGS;
    share_on_raise(tree, on_raise, window);
    *out = window;
    return 0;
}

void share_window_destroy(struct share_window *window)
{
    if (window == NULL)
        return;
    share_on_raise(window->tree, NULL, NULL);
    ranges_fini(&window->ranges);
    free(window);
}
