/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_damage.c - says on the log what is wrong with a file system: so often that one knows, not so often that a disk
 * which is nothing but damage fills the log. */
#include "abi/errno.h"
#include "core/log.h"
#include "fs/ext4/ext4.h"
#include "lib/crc.h"
#include "lib/printf.h"
#include "lib/string.h"

#define LINES_MAX 16u

/* Who comes to the same damage again and again, as a read with its read-ahead does, is told once. */
static void tell(struct ext4_fs *e4, const char *text)
{
    uint32_t sum = crc32c(~0u, text, strlen(text));

    if (e4->damage_told != 0 && sum == e4->damage_last)
        return;
    e4->damage_last = sum;
    if (e4->damage_told < LINES_MAX + 1)
        e4->damage_told++;
    if (e4->damage_told == LINES_MAX)
        log_error("%s: ext4: there is more damage, of which nothing is said; e2fsck may repair it", e4->dev->name);
    else if (e4->damage_told < LINES_MAX)
        log_error("%s: ext4: damaged: %s", e4->dev->name, text);
}

void ext4_panic_if_asked(const struct ext4_fs *e4)
{
    if (e4->panics)
        panic("%s: ext4: errors were found, and errors=panic asks for this", e4->dev->name);
}

static void happened(struct ext4_fs *e4)
{
    if (e4->on_damage != NULL)
        e4->on_damage(e4);
    ext4_panic_if_asked(e4);
}

int ext4_damaged(struct ext4_fs *e4, const char *fmt, ...)
{
    char text[160];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    tell(e4, text);
    happened(e4);
    return -EUCLEAN;
}

int ext4_inode_damaged(const struct ext4_inode *ei, uint64_t block, const char *what)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);

    if (block == 0)
        return ext4_damaged(e4, "inode %u: %s", ext4_number(ei), what);
    return ext4_damaged(e4, "inode %u, block %llu: %s", ext4_number(ei), (unsigned long long)block, what);
}

int ext4_sum_wrong(struct ext4_fs *e4, const char *what, uint64_t number)
{
    char text[160];

    snprintf(text, sizeof(text), "the checksum of %s %llu is wrong", what, (unsigned long long)number);
    tell(e4, text);
    happened(e4);
    return -EBADMSG;
}
