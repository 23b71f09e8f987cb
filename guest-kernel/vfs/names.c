/* SPDX-License-Identifier: Apache-2.0 */
/* names.c - the name cache: a table in which a new entry takes the place of the one that was there. */
#include "vfs/names.h"

#include "abi/errno.h"
#include "lib/string.h"

#define SLOTS 512u
#define NAME_BYTES 47u /* longer names are looked up each time */

struct name {
    struct list of_dir;   /* in dir->names_in, or dir->names_absent */
    struct list of_child; /* in child->names_of */
    struct inode *dir;    /* NULL: the slot is free */
    struct inode *child;  /* NULL: there is no such entry */
    uint8_t length;
    char bytes[NAME_BYTES];
};

static struct name table[SLOTS];

static struct name *slot_of(const struct inode *dir, const char *name, size_t length)
{
    uint32_t hash = (uint32_t)((uintptr_t)dir >> 6);

    for (size_t i = 0; i < length; i++)
        hash = hash * 31 + (unsigned char)name[i];
    return &table[(hash ^ hash >> 15) % SLOTS];
}

static void forget(struct name *entry)
{
    list_remove(&entry->of_dir);
    if (entry->child != NULL)
        list_remove(&entry->of_child);
    entry->dir = NULL;
}

int names_find(const struct inode *dir, const char *name, size_t length, struct inode **out)
{
    if (length > NAME_BYTES)
        return 1;
    const struct name *entry = slot_of(dir, name, length);
    if (entry->dir != dir || entry->length != length || memcmp(entry->bytes, name, length) != 0)
        return 1;
    if (entry->child == NULL)
        return -ENOENT;
    *out = entry->child;
    return 0;
}

void names_add(struct inode *dir, const char *name, size_t length, struct inode *child)
{
    if (length > NAME_BYTES)
        return;
    struct name *entry = slot_of(dir, name, length);
    if (entry->dir != NULL)
        forget(entry);
    entry->dir = dir;
    entry->child = child;
    entry->length = (uint8_t)length;
    memcpy(entry->bytes, name, length);
    list_insert(child != NULL ? &dir->names_in : &dir->names_absent, &entry->of_dir);
    if (child != NULL)
        list_insert(&child->names_of, &entry->of_child);
}

void names_forget(struct inode *inode)
{
    while (!list_is_empty(&inode->names_of))
        forget(container_of(inode->names_of.next, struct name, of_child));
}

bool names_place(const struct inode *inode, struct inode **dir, const char **name, size_t *length)
{
    const struct name *entry;

    if (list_is_empty(&inode->names_of))
        return false;
    entry = container_of(inode->names_of.prev, struct name, of_child);
    *dir = entry->dir;
    *name = entry->bytes;
    *length = entry->length;
    return true;
}

static void forget_of_dir(struct list *list)
{
    while (!list_is_empty(list))
        forget(container_of(list->next, struct name, of_dir));
}

void names_forget_absent(struct inode *dir)
{
    forget_of_dir(&dir->names_absent);
}

void names_drop(struct inode *inode)
{
    names_forget(inode);
    forget_of_dir(&inode->names_in);
    forget_of_dir(&inode->names_absent);
}
