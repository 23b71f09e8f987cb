/* SPDX-License-Identifier: Apache-2.0 */
/* map_file.c - files whose pages are mapped elsewhere: tree.h's share_map_open and share_on_raise. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/share/open_file.h"
#include "vmm/share/raise.h"

#define SET_ID_BITS (S_ISUID | S_ISGID)

/* A write to a page is seen by nobody here: setuid and setgid bits go beforehand. */
static int drop_bits(int fd)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    return (st.st_mode & SET_ID_BITS) && fchmod(fd, st.st_mode & 07777 & ~SET_ID_BITS) < 0 ? -errno : 0;
}

int share_map_open(struct share_tree *tree, uint64_t id, bool writable)
{
    struct share_node *node;
    int error = node_find(tree, id, &node);

    if (error == 0 && (node->share == NULL || node->is[node_top(node)].type == S_IFDIR))
        error = -EISDIR;
    if (error == 0 && node->is[node_top(node)].type != S_IFREG)
        error = -ENXIO;
    if (error == 0 && writable)
        error = raise_node(tree, node, UINT64_MAX);
    if (error < 0)
        return error;
    int fd = file_open_node(tree, node, writable ? O_RDWR : O_RDONLY);
    if (fd < 0 || !writable || node->share->is.own)
        return fd;
    error = drop_bits(fd);
    if (error < 0)
        close(fd);
    return error < 0 ? error : fd;
}

void share_on_raise(struct share_tree *tree, void (*raised)(void *owner, uint64_t id), void *owner)
{
    tree->raised = raised;
    tree->raised_owner = owner;
}
