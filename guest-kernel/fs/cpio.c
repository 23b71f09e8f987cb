/* SPDX-License-Identifier: Apache-2.0 */
/* cpio.c - see cpio.h. Where the format leaves a choice, it is taken as in Linux's init/initramfs.c. */
#include "fs/cpio.h"

#include <stdbool.h>
#include <stddef.h>

#include "abi/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/vfs.h"

#define TRAILER "TRAILER!!!"
#define HASH_BITS 12
#define HASH_SLOTS (1u << HASH_BITS)
#define MAJOR_MAX 0xfffu
#define MINOR_MAX 0xfffffu

/* The header: 6 characters that say which kind it is, then numbers of 8 hexadecimal digits each. */
enum field {
    INO,
    MODE,
    UID,
    GID,
    LINKS,
    MTIME,
    DATA_SIZE,
    DEV_MAJOR,
    DEV_MINOR,
    RDEV_MAJOR,
    RDEV_MINOR,
    NAME_SIZE,
    CHECKSUM,
    FIELDS
};
#define MAGIC_SIZE 6u
#define DIGITS 8u
#define HEADER_SIZE (MAGIC_SIZE + FIELDS * DIGITS)

struct hard_link { /* a file that has further names in the same archive */
    struct hard_link *next;
    uint32_t ino, dev_major, dev_minor, type;
    struct inode *inode;
};

struct unpacker {
    const uint8_t *bytes;
    uint64_t size, at;
    const struct cpio_ops *ops;
    void *arg;
    struct cpio_result *result;
    uint32_t field[FIELDS]; /* of the entry */
    bool has_checksum;
    struct hard_link *links[HASH_SLOTS];
    unsigned remembered; /* links in it */
    char target[PATH_MAX];
};

/* ---- what is wrong ---- */

/* Names are the archive's, and no commands to a terminal. */
static void name_copy(char *to, const char *name, size_t size)
{
    size_t length = 0;

    while (length < CPIO_NAME_MAX && length < size && name[length] != 0) {
        unsigned char c = (unsigned char)name[length];

        to[length++] = (char)(c < ' ' || c == 0x7f ? '?' : c);
    }
    to[length] = 0;
}

static int damaged(struct unpacker *u, const char *why)
{
    u->result->error = -EINVAL;
    u->result->why = why;
    return -EINVAL;
}

/* ---- the header ---- */

static bool number_read(const uint8_t *digits, uint32_t *out)
{
    uint32_t number = 0;

    for (unsigned i = 0; i < DIGITS; i++) {
        unsigned c = digits[i], lower = c | 0x20;

        if (c >= '0' && c <= '9')
            number = number << 4 | (c - '0');
        else if (lower >= 'a' && lower <= 'f')
            number = number << 4 | (lower - 'a' + 10);
        else
            return false;
    }
    *out = number;
    return true;
}

static int header_read(struct unpacker *u)
{
    const uint8_t *header = u->bytes + u->at;
    uint64_t left = u->size - u->at;

    if (left < MAGIC_SIZE || memcmp(header, "07070", 5) != 0 || (header[5] != '1' && header[5] != '2'))
        return damaged(u, left >= MAGIC_SIZE && memcmp(header, "070707", MAGIC_SIZE) == 0
                              ? "it is of cpio's older kind; make it with cpio -o -H newc"
                              : "there is no entry of a cpio archive (newc)");
    if (left < HEADER_SIZE)
        return damaged(u, "it ends within the header");
    u->has_checksum = header[5] == '2';
    for (unsigned i = 0; i < FIELDS; i++)
        if (!number_read(header + MAGIC_SIZE + (size_t)i * DIGITS, &u->field[i]))
            return damaged(u, "a number in the header isn't hexadecimal");
    return 0;
}

/* ---- name and data ---- */

static uint64_t align(uint64_t size)
{
    return (size + 3) & ~(uint64_t)3;
}

static int parts_check(struct unpacker *u, const char *name)
{
    while (*name != 0) {
        size_t length = 0;

        while (name[length] != 0 && name[length] != '/')
            length++;
        if (length > NAME_MAX)
            return damaged(u, "a part of its name is longer than 255 bytes");
        if (length == 2 && name[0] == '.' && name[1] == '.')
            return damaged(u, "its name has a \"..\" in it");
        name += length;
        while (*name == '/')
            name++;
    }
    return 0;
}

static int name_check(struct unpacker *u, const char **out)
{
    const char *name = (const char *)u->bytes + u->at + HEADER_SIZE;
    uint64_t left = u->size - u->at - HEADER_SIZE;
    uint32_t size = u->field[NAME_SIZE];

    name_copy(u->result->name, name, size < left ? size : left);
    if (size == 0 || (size <= left && name[0] == 0))
        return damaged(u, "its name is empty");
    if (size > PATH_MAX)
        return damaged(u, "its name is longer than 4095 bytes");
    if (size > left)
        return damaged(u, "it ends within the name");
    if (name[size - 1] != 0)
        return damaged(u, "its name has no end");
    *out = name;
    return parts_check(u, name);
}

static uint32_t sum_of(const uint8_t *data, uint64_t size)
{
    uint32_t sum = 0;

    while (size-- != 0)
        sum += *data++;
    return sum;
}

/* What the kind of file allows of data. */
static int data_check(struct unpacker *u, const struct cpio_entry *entry)
{
    if (S_ISREG(entry->mode))
        return u->has_checksum && entry->size != 0 && sum_of(entry->data, entry->size) != u->field[CHECKSUM]
                   ? damaged(u, "its checksum is wrong")
                   : 0;
    if (!S_ISLNK(entry->mode))
        return entry->size != 0 ? damaged(u, "it has data, and isn't a file") : 0;
    if (entry->size == 0 || *(const char *)entry->data == 0)
        return damaged(u, "it is a symbolic link that leads nowhere");
    return entry->size >= PATH_MAX ? damaged(u, "what the symbolic link leads to is longer than 4095 bytes") : 0;
}

static int mode_check(struct unpacker *u, uint32_t mode)
{
    bool known = S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode) || S_ISCHR(mode) || S_ISBLK(mode) || S_ISFIFO(mode) ||
                 (mode & S_IFMT) == S_IFSOCK;

    if ((mode & ~(uint32_t)(S_IFMT | 07777)) || !known)
        return damaged(u, "its mode is of no kind of file");
    if ((S_ISCHR(mode) || S_ISBLK(mode)) && (u->field[RDEV_MAJOR] > MAJOR_MAX || u->field[RDEV_MINOR] > MINOR_MAX))
        return damaged(u, "there are no devices of its numbers");
    return 0;
}

static uint64_t rdev_of(const struct unpacker *u)
{
    uint64_t major = u->field[RDEV_MAJOR], minor = u->field[RDEV_MINOR];

    return (minor & 0xff) | major << 8 | (minor & ~(uint64_t)0xff) << 12;
}

/* The entry at u->at, whose header and name are read. */
static int entry_read(struct unpacker *u, struct cpio_entry *entry)
{
    uint64_t start = u->at + align(HEADER_SIZE + (uint64_t)u->field[NAME_SIZE]);
    uint32_t mode = u->field[MODE];
    int error = mode_check(u, mode);

    if (error != 0)
        return error;
    entry->mode = mode;
    entry->uid = u->field[UID];
    entry->gid = u->field[GID];
    entry->mtime = u->field[MTIME];
    entry->rdev = S_ISCHR(mode) || S_ISBLK(mode) ? rdev_of(u) : 0;
    entry->data = u->bytes + start;
    entry->size = u->field[DATA_SIZE];
    if (entry->size != 0 && (start > u->size || entry->size > u->size - start))
        return damaged(u, "it ends within the data");
    error = data_check(u, entry);
    if (error != 0 || !S_ISLNK(mode))
        return error;
    memcpy(u->target, entry->data, entry->size);
    u->target[entry->size] = 0;
    entry->data = u->target;
    entry->size = strlen(u->target);
    return 0;
}

/* ---- further names of a file: those of one archive that have its numbers ---- */

static struct hard_link **link_slot(struct unpacker *u)
{
    return &u->links[(u->field[INO] + u->field[DEV_MINOR]) * 2654435761u >> (32 - HASH_BITS)];
}

static struct inode *link_find(struct unpacker *u)
{
    for (const struct hard_link *link = *link_slot(u); link != NULL; link = link->next)
        if (link->ino == u->field[INO] && link->dev_major == u->field[DEV_MAJOR] &&
            link->dev_minor == u->field[DEV_MINOR] && link->type == (u->field[MODE] & S_IFMT))
            return link->inode;
    return NULL;
}

/* Takes over the reference. */
static int link_remember(struct unpacker *u, struct inode *inode)
{
    struct hard_link *link = kmalloc(sizeof(*link)), **slot = link_slot(u);

    if (link == NULL) {
        u->ops->put(u->arg, inode);
        return -ENOMEM;
    }
    *link = (struct hard_link){*slot, u->field[INO], u->field[DEV_MAJOR], u->field[DEV_MINOR], u->field[MODE] & S_IFMT,
                               inode};
    *slot = link;
    u->remembered++;
    return 0;
}

static void links_forget(struct unpacker *u)
{
    for (unsigned i = 0; u->remembered != 0; i++) {
        while (u->links[i] != NULL) {
            struct hard_link *link = u->links[i];

            u->links[i] = link->next;
            u->remembered--;
            u->ops->put(u->arg, link->inode);
            kfree(link);
        }
    }
}

/* ---- all of it ---- */

static int entry_add(struct unpacker *u, const struct cpio_entry *entry)
{
    bool may_have_more = u->field[LINKS] > 1 && !S_ISDIR(entry->mode) && !S_ISLNK(entry->mode);
    struct inode *first = may_have_more ? link_find(u) : NULL, *made = NULL;
    int error = u->ops->add(u->arg, entry, first, may_have_more && first == NULL ? &made : NULL);

    return error == 0 && made != NULL ? link_remember(u, made) : error;
}

/* 0, or what ends it. */
static int add(struct unpacker *u, const struct cpio_entry *entry)
{
    struct cpio_result *result = u->result;
    int error = entry_add(u, entry);

    if (error == -ENOMEM || error == -ENOSPC) {
        result->error = error;
        return error;
    }
    if (error != 0 && result->left_out++ == 0) {
        result->left_out_error = error;
        memcpy(result->left_out_name, result->name, sizeof(result->name));
    }
    result->entries++;
    return 0;
}

/* One entry, and what is padded after it. */
static int take(struct unpacker *u)
{
    struct cpio_entry entry;
    int error = header_read(u);

    error = error != 0 ? error : name_check(u, &entry.name);
    if (error != 0)
        return error;
    uint64_t end = u->at + align(HEADER_SIZE + (uint64_t)u->field[NAME_SIZE]) + align(u->field[DATA_SIZE]);
    if (strcmp(entry.name, TRAILER) == 0) {
        links_forget(u);
    } else {
        error = entry_read(u, &entry);
        error = error != 0 ? error : add(u, &entry);
    }
    u->at = end < u->size ? end : u->size;
    return error;
}

/* What pads an archive to its block, or the last one's page, of which it may be most. */
static void zeros_skip(struct unpacker *u)
{
    uint64_t word[4];

    for (; u->size - u->at >= sizeof(word); u->at += sizeof(word)) {
        __builtin_memcpy(word, u->bytes + u->at, sizeof(word));
        if ((word[0] | word[1] | word[2] | word[3]) != 0)
            break;
    }
    while (u->at < u->size && u->bytes[u->at] == 0)
        u->at++;
}

static int take_all(struct unpacker *u)
{
    int error = 0;

    while (error == 0) {
        zeros_skip(u);
        if (u->at == u->size)
            return 0;
        u->result->at = u->at;
        u->result->name[0] = 0;
        error = u->at % 4 != 0 ? damaged(u, "what follows zeros isn't at a multiple of 4 bytes") : take(u);
        u->ops->done(u->arg, u->at);
    }
    return error;
}

int cpio_unpack(const void *bytes, uint64_t size, const struct cpio_ops *ops, void *arg, struct cpio_result *result)
{
    struct unpacker *u = kmalloc(sizeof(*u));

    *result = (struct cpio_result){0};
    if (u == NULL)
        return result->error = -ENOMEM;
    u->bytes = bytes;
    u->size = size;
    u->ops = ops;
    u->arg = arg;
    u->result = result;
    int error = take_all(u);
    links_forget(u);
    kfree(u);
    return error;
}
