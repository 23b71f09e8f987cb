/* SPDX-License-Identifier: Apache-2.0 */
/* ids.c - see ids.h. */
#include "ipc/ids.h"

#include "abi/errno.h"
#include "abi/time.h"
#include "core/clock.h"
#include "core/thread.h"
#include "lib/list.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "vfs/permission.h"

#define SLOTS_FIRST 16u
#define CYCLE_LEAST 64u /* places are gone through at least so far before one is given again, as on Linux */
#define SEQUENCES (INT32_MAX / IPC_PLACES + 1)
#define MEMORY_PART 8u /* of all memory, for ipc_alloc */

static size_t allocated;

/* ---- memory ---- */

void *ipc_alloc(size_t size)
{
    uint64_t most = page_total_count() * PAGE_SIZE / MEMORY_PART;
    void *object;

    if (size > most || allocated > most - size)
        return NULL;
    allocated += size; /* at once: others may ask while this one waits */
    object = kmalloc(size);
    if (object == NULL)
        allocated -= size;
    return object;
}

void ipc_free(void *object, size_t size)
{
    if (object == NULL)
        return;
    allocated -= size;
    kfree(object);
}

int64_t ipc_now(void)
{
    return (int64_t)(clock_realtime_ns() / NS_PER_SEC);
}

/* ---- places ---- */

/* How far places are gone through before it begins anew: some are free below. */
static unsigned cycle_of(const struct ipc_ids *ids)
{
    unsigned cycle = ids->in_use * 3 / 2;

    if (cycle < CYCLE_LEAST)
        cycle = CYCLE_LEAST;
    return cycle < IPC_PLACES ? cycle : IPC_PLACES;
}

/* How many slots there are to be: powers of two, so that few growths are enough. */
static unsigned slots_wanted(const struct ipc_ids *ids)
{
    unsigned slots = ids->slots != 0 ? ids->slots : SLOTS_FIRST, wanted = cycle_of(ids);

    while (slots < wanted || (ids->next_id >= 0 && slots <= (unsigned)ids->next_id % IPC_PLACES))
        slots *= 2;
    return slots;
}

int ipc_reserve(struct ipc_ids *ids)
{
    for (unsigned slots = slots_wanted(ids); slots > ids->slots; slots = slots_wanted(ids)) {
        struct ipc_perm **slot = kmalloc_array(slots, sizeof(struct ipc_perm *));

        if (slot == NULL)
            return -ENOMEM;
        if (slots <= ids->slots) { /* another was quicker, while this one waited */
            kfree((void *)slot);
            continue;
        }
        if (ids->slots != 0)
            memcpy((void *)slot, (void *)ids->slot, ids->slots * sizeof(struct ipc_perm *));
        kfree((void *)ids->slot);
        ids->slot = slot;
        ids->slots = slots;
    }
    return 0;
}

/* A free place in [from, end); end: there is none. */
static unsigned place_find(const struct ipc_ids *ids, unsigned from, unsigned end)
{
    while (from < end && ids->slot[from] != NULL)
        from++;
    return from;
}

static int number_choose(struct ipc_ids *ids)
{
    unsigned end = cycle_of(ids), place;

    if (end > ids->slots)
        end = ids->slots;
    if (ids->next_id >= 0) {
        unsigned wanted = (unsigned)ids->next_id % IPC_PLACES;

        place = place_find(ids, wanted < ids->slots ? wanted : 0, ids->slots);
        ids->sequence = (unsigned)ids->next_id / IPC_PLACES;
        ids->next_id = -1;
        return place < ids->slots ? (int)(ids->sequence * IPC_PLACES + place) : -ENOSPC;
    }
    place = place_find(ids, ids->cursor, end);
    if (place >= end)
        place = place_find(ids, 0, end);
    if (place >= end)
        return -ENOSPC;
    if ((int)place < ids->last)
        ids->sequence = (ids->sequence + 1) % SEQUENCES;
    ids->last = (int)place + 1;
    ids->cursor = place + 1;
    return (int)(ids->sequence * IPC_PLACES + place);
}

/* ---- keys ---- */

static struct ipc_perm *perm_of(struct tree_node *node)
{
    return container_of(node, struct ipc_perm, by_key);
}

static void key_insert(struct ipc_ids *ids, struct ipc_perm *perm)
{
    struct tree_node *parent = NULL, *at = ids->by_key.root;
    unsigned side = 0;

    while (at != NULL) {
        parent = at;
        side = perm_of(at)->key < perm->key;
        at = at->child[side];
    }
    tree_insert(&ids->by_key, parent, side, &perm->by_key, tree_no_bound);
}

struct ipc_perm *ipc_find_key(const struct ipc_ids *ids, int key)
{
    struct tree_node *at = ids->by_key.root;

    while (at != NULL && perm_of(at)->key != key)
        at = at->child[perm_of(at)->key < key];
    return at != NULL ? perm_of(at) : NULL;
}

void ipc_drop_key(struct ipc_ids *ids, struct ipc_perm *perm)
{
    if (perm->key != IPC_PRIVATE)
        tree_remove(&ids->by_key, &perm->by_key, tree_no_bound);
    perm->key = IPC_PRIVATE;
}

/* ---- the whole ---- */

int ipc_add(struct ipc_ids *ids, struct ipc_perm *perm, int key, uint32_t mode, int most)
{
    const struct cred *cred = &current_thread()->cred;
    int id = most > 0 && ids->in_use < (unsigned)most ? number_choose(ids) : -ENOSPC;

    if (id < 0)
        return id;
    perm->id = id;
    perm->key = key;
    perm->mode = mode & IPC_RIGHTS;
    perm->uid = perm->cuid = cred->user.effective;
    perm->gid = perm->cgid = cred->group.effective;
    ids->slot[(unsigned)id % IPC_PLACES] = perm;
    ids->in_use++;
    if (key != IPC_PRIVATE)
        key_insert(ids, perm);
    return 0;
}

void ipc_remove(struct ipc_ids *ids, struct ipc_perm *perm)
{
    ipc_drop_key(ids, perm);
    ids->slot[(unsigned)perm->id % IPC_PLACES] = NULL;
    if (--ids->in_use != 0)
        return;
    kfree((void *)ids->slot); /* of many that there were nothing is left */
    ids->slot = NULL;
    ids->slots = 0;
}

struct ipc_perm *ipc_at(const struct ipc_ids *ids, unsigned place)
{
    return place < ids->slots ? ids->slot[place] : NULL;
}

struct ipc_perm *ipc_find(const struct ipc_ids *ids, int id)
{
    struct ipc_perm *perm = id >= 0 ? ipc_at(ids, (unsigned)id % IPC_PLACES) : NULL;

    return perm != NULL && perm->id == id ? perm : NULL;
}

int ipc_highest(const struct ipc_ids *ids)
{
    unsigned place = ids->slots;

    while (place > 0 && ids->slot[place - 1] == NULL)
        place--;
    return place > 0 ? (int)place - 1 : 0;
}

int ipc_look(const struct ipc_ids *ids, int id, bool by_place, struct ipc_perm **out)
{
    *out = by_place ? ipc_at(ids, (unsigned)id % IPC_PLACES) : ipc_find(ids, id);
    return *out != NULL ? 0 : -EINVAL;
}

/* ---- rights ---- */

int ipc_may(const struct ipc_perm *perm, uint32_t wanted)
{
    const struct cred *cred = &current_thread()->cred;
    uint32_t euid = cred->user.effective, granted = perm->mode;

    wanted = wanted >> 6 | wanted >> 3 | wanted;
    if (euid == perm->cuid || euid == perm->uid)
        granted >>= 6;
    else if (permission_in_group(perm->cgid) || permission_in_group(perm->gid))
        granted >>= 3;
    return (wanted & ~granted & 7) == 0 || cred_has(cred, CAP_IPC_OWNER) ? 0 : -EACCES;
}

int ipc_may_change(const struct ipc_perm *perm)
{
    const struct cred *cred = &current_thread()->cred;
    uint32_t euid = cred->user.effective;

    return euid == perm->cuid || euid == perm->uid || cred_has(cred, CAP_SYS_ADMIN) ? 0 : -EPERM;
}

int ipc_change(struct ipc_perm *perm, const struct ipc_change *change)
{
    if (change->uid == UINT32_MAX || change->gid == UINT32_MAX)
        return -EINVAL;
    perm->uid = change->uid;
    perm->gid = change->gid;
    perm->mode = (perm->mode & ~(uint32_t)IPC_RIGHTS) | (change->mode & IPC_RIGHTS);
    return 0;
}
