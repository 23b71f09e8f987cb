/* SPDX-License-Identifier: Apache-2.0 */
/* seal.c - F_ADD_SEALS and F_GET_SEALS (Linux's mm/memfd.c). */
#include "vfs/seal.h"

#include "mm/space.h"

#define SEALS_ALL (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE | F_SEAL_EXEC)

/* A shared mapping that could be made writable counts, whether or not it is. */
static bool may_be_written(const struct vm_object *object)
{
    for (const struct area *area = object->areas; area != NULL; area = area->object_next)
        if (area->shared && (area->max_prot & PROT_WRITE))
            return true;
    return false;
}

/* Files that can have seals have one from the beginning: F_SEAL_SEAL, or F_SEAL_NONE. */
static bool can_have_seals(const struct file *file)
{
    return file->inode != NULL && file->inode->seals != 0;
}

int seal_add(struct file *file, unsigned seals)
{
    struct inode *inode = file->inode;

    if (!file_is_writable(file))
        return -EPERM;
    if ((seals & ~SEALS_ALL) || !can_have_seals(file))
        return -EINVAL;
    if (inode->seals & F_SEAL_SEAL)
        return -EPERM;
    /* What may be run for good isn't to be changed either. */
    if ((seals & F_SEAL_EXEC) && (inode->mode & 0111))
        seals |= F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
    if ((seals & F_SEAL_WRITE) && !(inode->seals & F_SEAL_WRITE) && may_be_written(&inode->object))
        return -EBUSY;
    inode->seals |= seals;
    return 0;
}

int seal_get(const struct file *file)
{
    return can_have_seals(file) ? (int)(file->inode->seals & SEALS_ALL) : -EINVAL;
}
