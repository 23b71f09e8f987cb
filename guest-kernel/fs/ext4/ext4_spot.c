/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_spot.c - entries of a directory that are about to be changed, and the changes to one block of them. */
#include "abi/errno.h"
#include "fs/ext4/ext4_dir.h"
#include "lib/string.h"

/* ---- where they are ---- */

void ext4_spot_put(struct ext4_handle *handle, struct ext4_spot *spot)
{
    ext4_buffer_put(&handle->e4->buffers, spot->buffer);
    spot->buffer = NULL;
}

/* The remembered slot's entry: *buffer with a reference. 1: there is none. */
static int slot_get(struct ext4_inode *dir, struct ext4_buffer **buffer, const struct ext4_dirent **out)
{
    const struct ext4_fs *e4 = ext4_of(&dir->inode);

    if (!dir->slot.is_valid)
        return 1;
    int error = ext4_dir_block(dir, dir->slot.block, EXT4_BUFFER_DIRECTORY, buffer);
    if (error != 0)
        return error;
    if (*buffer == NULL) {
        ext4_inode_damaged(dir, 0, "a directory with names in a hole");
        return -EUCLEAN;
    }
    *out = ext4_dir_entry(dir, (*buffer)->data, e4->block_size, dir->slot.at, (*buffer)->block);
    if (*out != NULL)
        return 0;
    ext4_buffer_put(&ext4_of(&dir->inode)->buffers, *buffer);
    return -EUCLEAN;
}

/* The slot's buffer becomes the spot's. */
static int spot_take(struct ext4_handle *handle, struct ext4_inode *dir, struct ext4_buffer *buffer,
                     struct ext4_spot *out)
{
    int error = ext4_dir_declare(handle, dir, buffer);

    if (error != 0) {
        ext4_buffer_put(&handle->e4->buffers, buffer);
        return error;
    }
    *out = (struct ext4_spot){buffer, dir->slot.block, dir->slot.hash, dir->slot.at, dir->slot.before};
    return 0;
}

/* By the remembered slot, if that is the name's. 1: it isn't. */
static int spot_recall(struct ext4_handle *handle, struct ext4_inode *dir, const char *name, size_t length,
                       struct ext4_spot *out)
{
    const struct ext4_dirent *entry;
    struct ext4_buffer *buffer;

    int error = slot_get(dir, &buffer, &entry);
    if (error != 0)
        return error;
    if (entry->inode == 0 || entry->name_len != length || memcmp(entry->name, name, length) != 0) {
        ext4_buffer_put(&handle->e4->buffers, buffer);
        return 1;
    }
    return spot_take(handle, dir, buffer, out);
}

int ext4_dir_spot(struct ext4_handle *handle, struct ext4_inode *dir, const char *name, size_t length,
                  struct ext4_spot *out)
{
    uint32_t number;
    int error = ext4_inode_is_inline(dir) ? ext4_inline_leave(handle, dir) : 0;

    if (error != 0)
        return error;
    error = spot_recall(handle, dir, name, length, out);
    if (error != 1)
        return error;
    error = ext4_dir_find(dir, name, length, &number);
    if (error == 0)
        error = spot_recall(handle, dir, name, length, out);
    return error == 1 ? -EUCLEAN : error;
}

/* Where ".." is in the first block; 0: it isn't. */
static uint32_t dotdot_find(const struct ext4_inode *dir, const struct ext4_buffer *buffer)
{
    uint32_t size = ext4_of(&dir->inode)->block_size;
    const struct ext4_dirent *dot = ext4_dir_entry(dir, buffer->data, size, 0, buffer->block), *dotdot;

    if (dot == NULL || dot->name_len != 1 || !ext4_dirent_is_dots(dot) || dot->rec_len == size)
        return 0;
    dotdot = ext4_dir_entry(dir, buffer->data, size, dot->rec_len, buffer->block);
    if (dotdot == NULL || dotdot->name_len != 2 || !ext4_dirent_is_dots(dotdot))
        return 0;
    return dot->rec_len;
}

int ext4_dir_dotdot(struct ext4_handle *handle, struct ext4_inode *dir, struct ext4_spot *out)
{
    struct ext4_buffer *buffer;
    int error = ext4_inode_is_inline(dir) ? ext4_inline_leave(handle, dir) : 0;

    if (error == 0)
        error = ext4_dir_block(dir, 0, EXT4_BUFFER_UNCHECKED, &buffer);
    if (error != 0)
        return error;
    if (buffer == NULL)
        return ext4_inode_damaged(dir, 0, "a directory without its first block");
    *out = (struct ext4_spot){.buffer = buffer, .at = dotdot_find(dir, buffer)};
    if (out->at == 0)
        error = ext4_inode_damaged(dir, buffer->block, "a directory without \".\" and \"..\"");
    else if (ext4_dir_has_index(dir))
        error = ext4_dir_declare_index(handle, dir, buffer);
    else
        error = ext4_dir_declare(handle, dir, buffer);
    if (error != 0)
        ext4_spot_put(handle, out);
    return error;
}

int ext4_dir_room_recall(struct ext4_handle *handle, struct ext4_inode *dir, size_t length, struct ext4_spot *out)
{
    const struct ext4_dirent *entry;
    struct ext4_buffer *buffer;

    int error = slot_get(dir, &buffer, &entry);
    if (error != 0)
        return error;
    if (ext4_dirent_room(entry) < ext4_dirent_size(length) ||
        dir->slot.at + entry->rec_len > ext4_dir_limit(handle->e4)) {
        ext4_buffer_put(&handle->e4->buffers, buffer);
        return 1;
    }
    return spot_take(handle, dir, buffer, out);
}

/* ---- changes that can't fail ---- */

static uint8_t type_of(const struct ext4_fs *e4, uint32_t mode)
{
    static const uint8_t types[] = {
        [S_IFREG >> 12] = 1, [S_IFDIR >> 12] = 2,  [S_IFCHR >> 12] = 3, [S_IFBLK >> 12] = 4,
        [S_IFIFO >> 12] = 5, [S_IFSOCK >> 12] = 6, [S_IFLNK >> 12] = 7,
    };
    uint32_t kind = (mode & S_IFMT) >> 12;

    return (e4->incompat & EXT4_INCOMPAT_FILETYPE) && kind < sizeof(types) ? types[kind] : 0;
}

/* Whether there still is an entry, behind the one before it, with so much room: a damaged disk may have the block as
 * something else, too, that was changed since the spot was found. */
static bool spot_is_sound(const struct ext4_inode *dir, const struct ext4_spot *spot, uint32_t room)
{
    struct ext4_fs *e4 = ext4_of(&dir->inode);
    const struct ext4_dirent *entry =
        ext4_dir_entry(dir, spot->buffer->data, e4->block_size, spot->at, spot->buffer->block);
    bool is_sound = entry != NULL && (room == 0 || ext4_dirent_room(entry) >= room);

    if (is_sound && spot->before != spot->at)
        is_sound = spot->before + ext4_dirent_at(spot->buffer->data, spot->before)->rec_len == spot->at;
    if (!is_sound)
        ext4_fail(e4, "changing a block of a directory that is something else, too", -EUCLEAN);
    return is_sound;
}

void ext4_spot_fill(struct ext4_inode *dir, struct ext4_spot *spot, const char *name, size_t length, uint32_t number,
                    uint32_t type)
{
    struct ext4_dirent *entry = ext4_spot_entry(spot);

    dir->slot.is_valid = false;
    if (!spot_is_sound(dir, spot, ext4_dirent_size(length)))
        return;
    if (entry->inode != 0) { /* behind it */
        uint32_t used = ext4_dirent_size(entry->name_len), rest = entry->rec_len - used;
        entry->rec_len = (uint16_t)used;
        spot->before = spot->at;
        spot->at += used;
        entry = ext4_spot_entry(spot);
        entry->rec_len = (uint16_t)rest;
    }
    entry->inode = number;
    entry->name_len = (uint8_t)length;
    entry->file_type = type_of(ext4_of(&dir->inode), type);
    memcpy(entry->name, name, length);
    dir->slot = (struct ext4_slot){spot->block, spot->hash, (uint16_t)spot->at, (uint16_t)spot->before, true};
}

/* Its room is that of the one before it; the first one of a block stays, without a name. */
void ext4_spot_clear(struct ext4_inode *dir, struct ext4_spot *spot)
{
    struct ext4_dirent *entry = ext4_spot_entry(spot);
    uint16_t rec_len = entry->rec_len;

    dir->slot.is_valid = false;
    if (!spot_is_sound(dir, spot, 0))
        return;
    memset(entry, 0, EXT4_DIRENT_SIZE + entry->name_len);
    entry->rec_len = rec_len;
    if (spot->before != spot->at)
        ext4_dirent_at(spot->buffer->data, spot->before)->rec_len += rec_len;
}

void ext4_spot_set(struct ext4_inode *dir, struct ext4_spot *spot, uint32_t number, uint32_t type)
{
    struct ext4_dirent *entry = ext4_spot_entry(spot);

    entry->inode = number;
    entry->file_type = type_of(ext4_of(&dir->inode), type);
}

void ext4_spot_refresh(struct ext4_spot *spot)
{
    uint32_t at = 0;

    spot->before = 0;
    while (at < spot->at) {
        uint32_t rec_len = ext4_dirent_at(spot->buffer->data, at)->rec_len;
        spot->before = at;
        at += rec_len >= EXT4_DIRENT_MIN ? rec_len : EXT4_DIRENT_MIN; /* ext4_spot_clear sees that it isn't one */
    }
}
