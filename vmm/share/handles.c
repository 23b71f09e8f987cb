/* SPDX-License-Identifier: Apache-2.0 */
/* handles.c - see handles.h. */
#include "vmm/share/handles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "vmm/share/beneath.h"
#include "vmm/share/listing.h"

#define HANDLES_FIRST 64u

static int slot_for(struct share_tree *tree, uint32_t *out)
{
    uint32_t slot = 0;

    while (slot < tree->handles_n && tree->handles[slot] != NULL)
        slot++;
    if (slot == tree->handles_n) { /* there are as many at most as there are descriptors */
        uint32_t bigger = tree->handles_n == 0 ? HANDLES_FIRST : 2 * tree->handles_n;
        struct share_handle **handles = realloc(tree->handles, bigger * sizeof(struct share_handle *));

        if (handles == NULL)
            return -ENOMEM;
        for (uint32_t i = tree->handles_n; i < bigger; i++)
            handles[i] = NULL;
        tree->handles = handles;
        tree->handles_n = bigger;
    }
    *out = slot;
    return 0;
}

bool handle_has_room(const struct share_tree *tree)
{
    return tree->others_n < tree->others_max;
}

int handle_create(struct share_tree *tree, struct share_node *node, int fd, int flags, struct share_handle **out)
{
    struct share_handle *handle = calloc(1, sizeof(*handle));
    uint32_t slot;
    int error = handle == NULL ? -ENOMEM : slot_for(tree, &slot);

    if (error == 0 && fd >= 0) {
        fd = node_other(tree, fd);
        error = fd < 0 ? fd : 0;
    }
    if (error < 0) {
        free(handle);
        if (fd >= 0)
            close(fd);
        return error;
    }
    *handle = (struct share_handle){.id = slot | ++tree->handle_sequence << 32,
                                    .node = node,
                                    .fd = fd,
                                    .layer = node_top(node),
                                    .flags = flags,
                                    .flock = -1,
                                    .position = UINT64_MAX};
    node_hold(node);
    tree->handles[slot] = handle;
    *out = handle;
    return 0;
}

void handle_destroy(struct share_tree *tree, struct share_handle *handle)
{
    tree->handles[(uint32_t)handle->id] = NULL;
    if (tree->unfinished == handle)
        tree->unfinished = NULL;
    node_close_other(tree, handle->fd);
    node_close_other(tree, handle->flock);
    listing_destroy(tree, handle->listing);
    node_let_go(tree, handle->node);
    free(handle);
}

int handle_find(struct share_tree *tree, uint64_t id, bool is_folder, struct share_handle **out)
{
    uint32_t slot = (uint32_t)id;
    struct share_handle *handle = slot < tree->handles_n ? tree->handles[slot] : NULL;

    if (handle == NULL || handle->id != id || handle->is_folder != is_folder)
        return -EBADF;
    node_take_rights(tree, handle->node->share);
    *out = handle;
    return 0;
}

bool handle_has_others(const struct share_tree *tree, const struct share_handle *handle)
{
    for (uint32_t i = 0; i < tree->handles_n; i++)
        if (tree->handles[i] != NULL && tree->handles[i] != handle && tree->handles[i]->node == handle->node)
            return true;
    return false;
}

/* Rare, so it may take some time: there are as many handles at most as there are descriptors. */
static int opened_anew(struct share_tree *tree, const struct share_node *node, int layer)
{
    for (uint32_t i = 0; i < tree->handles_n; i++) {
        const struct share_handle *handle = tree->handles[i];

        if (handle != NULL && handle->node == node && handle->layer == layer && !handle->is_folder)
            return beneath_reopen(tree->proc, handle->fd, O_PATH);
    }
    return -ESTALE;
}

void handles_init(struct share_tree *tree)
{
    tree->opened_anew = opened_anew;
}

void handles_fini(struct share_tree *tree)
{
    for (uint32_t i = 0; i < tree->handles_n; i++)
        if (tree->handles[i] != NULL)
            handle_destroy(tree, tree->handles[i]);
    free((void *)tree->handles);
    tree->handles = NULL;
    tree->handles_n = 0;
}
