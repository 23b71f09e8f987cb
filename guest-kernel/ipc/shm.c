/* SPDX-License-Identifier: Apache-2.0 */
/* shm.c - see shm.h. */
#include "ipc/shm.h"

#include "abi/errno.h"
#include "abi/ipc.h"
#include "core/rlimit.h"
#include "core/thread.h"
#include "core/wait.h"
#include "lib/list.h"
#include "lib/printf.h"
#include "mm/commit.h"
#include "mm/page.h"
#include "vfs/memory_file.h"

#define SHM_ALL (UINT64_MAX - (1ull << 24)) /* Linux's, of shmmax as of shmall: none that could be reached */
#define LOOKED_AT_ONCE 1024u                /* places: then others have a turn */

uint64_t shm_max = SHM_ALL, shm_all = SHM_ALL;
int shm_mni = 4096, shm_rmid_forced;
struct ipc_ids shm_ids = {.next_id = -1};
uint64_t shm_total;

static struct vm_object_ops segment_ops; /* a file's, but that attachments are counted */

static struct shm *shm_of(struct ipc_perm *perm)
{
    return perm != NULL ? container_of(perm, struct shm, perm) : NULL;
}

static uint64_t pages_of(const struct shm *shm)
{
    return page_up(shm->size) >> PAGE_SHIFT;
}

struct shm *shm_find(int id)
{
    return shm_of(ipc_find(&shm_ids, id));
}

struct vm_object *shm_object(const struct shm *shm)
{
    return &shm->file->inode->object;
}

struct shm *shm_of_object(struct vm_object *object)
{
    struct inode *inode = object != NULL && object->ops == &segment_ops ? inode_of_object(object) : NULL;
    struct shm *shm = inode != NULL ? shm_find((int)inode->number) : NULL;

    return shm != NULL && shm->file->inode == inode ? shm : NULL;
}

uint64_t shm_resident(const struct shm *shm)
{
    const struct inode *inode = shm->file->inode;

    return inode->ops->blocks(inode) / (PAGE_SIZE / 512);
}

/* ---- the end ---- */

static void shm_destroy(struct shm *shm)
{
    struct file *file = shm->file;

    shm_total -= pages_of(shm);
    ipc_remove(&shm_ids, &shm->perm);
    ipc_free(shm, sizeof(*shm));
    file_put(file);
}

static bool is_unwanted(const struct shm *shm)
{
    return shm->attached == 0 && (shm_rmid_forced != 0 || (shm->perm.mode & SHM_DEST));
}

void shm_hold(struct shm *shm)
{
    shm->attached++;
}

void shm_release(struct shm *shm)
{
    shm->attached--;
    if (is_unwanted(shm))
        shm_destroy(shm);
}

void shm_remove(struct shm *shm)
{
    if (shm->attached == 0) {
        shm_destroy(shm);
        return;
    }
    shm->perm.mode |= SHM_DEST;
    ipc_drop_key(&shm_ids, &shm->perm);
}

void shm_thread_ends(const struct thread *thread)
{
    for (unsigned place = 0; shm_ids.in_use != 0 && place < shm_ids.slots; place++) {
        struct shm *shm = shm_of(ipc_at(&shm_ids, place));
        bool is_mine = shm != NULL && shm->creator == thread;

        if (is_mine)
            shm->creator = NULL;
        if (is_mine && shm_rmid_forced != 0 && shm->attached == 0)
            shm_destroy(shm);
        if (is_mine || place % LOOKED_AT_ONCE == LOOKED_AT_ONCE - 1) /* places stay what they are */
            (void)wait_loop_ends(true);
    }
}

void shm_remove_orphans(void)
{
    for (unsigned place = 0; shm_ids.in_use != 0 && place < shm_ids.slots; place++) {
        struct shm *shm = shm_of(ipc_at(&shm_ids, place));

        if (shm == NULL || shm->creator != NULL || !is_unwanted(shm))
            continue;
        shm_destroy(shm);
        (void)wait_loop_ends(true);
    }
}

/* ---- attachments ---- */

static void count_area(struct vm_object *object, bool comes)
{
    struct shm *shm = shm_of_object(object);

    if (shm == NULL)
        return;
    shm->lpid = current_process()->pid;
    if (comes) {
        shm->atime = ipc_now();
        shm->attached++;
        return;
    }
    shm->dtime = ipc_now();
    shm_release(shm);
}

/* ---- the beginning ---- */

static int size_check(uint64_t size)
{
    uint64_t pages = page_up(size) >> PAGE_SHIFT;

    if (size == 0 || size > shm_max)
        return -EINVAL;
    return page_up(size) < size || shm_total + pages < shm_total || shm_total + pages > shm_all ? -ENOSPC : 0;
}

static int file_make(int key, uint64_t size, uint32_t flags, struct file **out)
{
    char name[16];
    int length = snprintf(name, sizeof(name), "SYSV%08x", (unsigned)key), error;

    if (size > INT64_MAX)
        return -EINVAL;
    if (commit_policy == OVERCOMMIT_NEVER ? commit_exceeds(size) : !(flags & SHM_NORESERVE) && commit_exceeds(size))
        return -ENOMEM;
    error = memory_file_open(flags & IPC_RIGHTS, name, (size_t)length, out);
    if (error != 0)
        return error;
    error = vfs_truncate((*out)->inode, size);
    if (error != 0)
        file_put(*out);
    return error;
}

/* One that is there already: its number or -errno. */
static int segment_reuse(const struct ipc_perm *perm, uint64_t size, uint32_t flags)
{
    int error;

    if (ipc_wants_new(flags))
        return -EEXIST;
    if (size > container_of(perm, const struct shm, perm)->size)
        return -EINVAL;
    error = ipc_may(perm, flags & IPC_RIGHTS);
    return error != 0 ? error : perm->id;
}

/* The new segment takes over the file. */
static int segment_add(struct shm *shm, int key, uint32_t flags)
{
    struct inode *inode = shm->file->inode;
    int error = size_check(shm->size);

    if (error == 0)
        error = ipc_add(&shm_ids, &shm->perm, key, flags, shm_mni);
    if (error != 0)
        return error;
    segment_ops = *inode->object.ops;
    segment_ops.count_area = count_area;
    inode->object.ops = &segment_ops;
    inode->number = (uint64_t)shm->perm.id;
    shm->creator = current_thread();
    shm->cpid = current_process()->pid;
    shm->ctime = ipc_now();
    shm_total += pages_of(shm);
    return shm->perm.id;
}

/* Memory and file for one that isn't there; what is found when they have been got may be another. */
static int segment_make(int key, uint64_t size, uint32_t flags)
{
    struct shm *shm = ipc_alloc(sizeof(*shm));
    const struct ipc_perm *there;
    int result;

    if (shm == NULL)
        return -ENOMEM;
    result = file_make(key, size, flags, &shm->file);
    if (result != 0) {
        ipc_free(shm, sizeof(*shm));
        return result;
    }
    shm->size = size;
    result = ipc_reserve(&shm_ids);
    there = result == 0 && key != IPC_PRIVATE ? ipc_find_key(&shm_ids, key) : NULL;
    if (result == 0 && there != NULL)
        result = segment_reuse(there, size, flags);
    else if (result == 0)
        result = segment_add(shm, key, flags);
    if (result < 0 || there != NULL) {
        file_put(shm->file);
        ipc_free(shm, sizeof(*shm));
    }
    return result;
}

int shm_get(int key, uint64_t size, uint32_t flags)
{
    const struct ipc_perm *there = key != IPC_PRIVATE ? ipc_find_key(&shm_ids, key) : NULL;
    int error;

    if (there != NULL)
        return segment_reuse(there, size, flags);
    if (key != IPC_PRIVATE && !(flags & IPC_CREAT))
        return -ENOENT;
    error = size_check(size);
    if (error == 0 && (flags & SHM_HUGETLB)) /* as a Linux without huge pages */
        error = -EINVAL;
    if (error == 0 && (shm_mni <= 0 || shm_ids.in_use >= (unsigned)shm_mni))
        error = -ENOSPC;
    return error != 0 ? error : segment_make(key, size, flags);
}

/* ---- locking ---- */

/* Pages that count for the user. */
static uint64_t locked_pages(uint32_t user)
{
    uint64_t pages = 0;

    for (unsigned place = 0; place < shm_ids.slots; place++) {
        const struct shm *shm = shm_of(ipc_at(&shm_ids, place));

        if (shm != NULL && (shm->perm.mode & SHM_LOCKED) && shm->locker == user)
            pages += pages_of(shm);
    }
    return pages;
}

int shm_lock(struct shm *shm, bool lock)
{
    const struct cred *cred = &current_thread()->cred;
    uint64_t limit = rlimit_get(current_process(), RLIMIT_MEMLOCK).soft;
    bool may_all = cred_has(cred, CAP_IPC_LOCK);

    if (!may_all && cred->user.effective != shm->perm.uid && cred->user.effective != shm->perm.cuid)
        return -EPERM;
    if (!lock) {
        shm->perm.mode &= ~(uint32_t)SHM_LOCKED;
        return 0;
    }
    if (!may_all && limit == 0)
        return -EPERM;
    if (shm->perm.mode & SHM_LOCKED)
        return 0;
    if (!may_all && limit != RLIM_INFINITY && locked_pages(cred->user.real) + pages_of(shm) > limit >> PAGE_SHIFT)
        return -ENOMEM;
    shm->perm.mode |= SHM_LOCKED;
    shm->locker = cred->user.real;
    return 0;
}
