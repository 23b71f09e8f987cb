/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_fc_name.c - replays that names come and go. A name that is there already, or isn't any more, is as it has to be.
 */
#include "abi/errno.h"
#include "fs/ext4/ext4_dir.h"
#include "fs/ext4/ext4_fc.h"
#include "lib/string.h"

#define CREDITS_NAME (EXT4_CREDITS_DIR + 2 * EXT4_CREDITS_INODE + EXT4_CREDITS_ORPHAN + EXT4_CREDITS_MAP)

struct naming { /* a record */
    struct ext4_fc *fc;
    struct ext4_fc_name who;
    const char *name;
    size_t length;
    struct inode *dir, *inode; /* with references */
    uint32_t found;            /* the number that the name has now; 0: it isn't there */
};

static bool name_is_valid(const char *name, size_t length)
{
    if (name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.')))
        return false;
    return memchr(name, '/', length) == NULL && memchr(name, '\0', length) == NULL;
}

static int look(struct naming *naming)
{
    int error = ext4_dir_find(ext4_inode_of(naming->dir), naming->name, naming->length, &naming->found);

    if (error == -ENOENT)
        naming->found = 0;
    return error == -ENOENT ? 0 : error;
}

static int dir_get(struct naming *naming)
{
    struct ext4_fs *e4 = naming->fc->e4;
    int error = ext4_fc_inode_get(naming->fc, naming->who.parent, &naming->dir);

    if (error != 0)
        return error;
    if (!S_ISDIR(naming->dir->mode))
        return ext4_damaged(e4, "a fast commit has names in inode %u, which is no directory", naming->who.parent);
    return look(naming);
}

/* Ends with naming_end, whatever it returns. -ENOENT: one of the inodes isn't there. */
static int naming_begin(struct naming *naming, struct ext4_fc *fc, const struct ext4_fc_record *record)
{
    *naming = (struct naming){.fc = fc,
                              .name = (const char *)record->value + sizeof(naming->who),
                              .length = record->length - sizeof(naming->who)};
    memcpy(&naming->who, record->value, sizeof(naming->who));
    int error = 0;
    if (!name_is_valid(naming->name, naming->length))
        error = ext4_damaged(fc->e4, "a fast commit has a name that can't be one");
    else if (naming->who.number == EXT4_ROOT_INODE || naming->who.number == naming->who.parent)
        error = ext4_damaged(fc->e4, "a fast commit has a name of directory %u that can't be", naming->who.number);
    else
        error = ext4_fc_inode_get(fc, naming->who.number, &naming->inode);
    return error == 0 && naming->inode == NULL ? -EUCLEAN : error;
}

static void naming_end(struct naming *naming)
{
    inode_put(naming->dir);
    inode_put(naming->inode);
}

static int note_both(const struct naming *naming, struct ext4_fc_note **note)
{
    int error = ext4_fc_note_get(naming->fc, naming->who.parent, note);

    return error == 0 ? ext4_fc_note_get(naming->fc, naming->who.number, note) : error;
}

/* Both inodes are stored. */
static int name_add(struct naming *naming, uint32_t links)
{
    struct ext4_inode *dir = ext4_inode_of(naming->dir);
    struct ext4_fs *e4 = naming->fc->e4;
    struct ext4_handle handle;
    int error = ext4_begin(e4, &handle, CREDITS_NAME);

    if (error != 0)
        return error;
    error = ext4_dir_add(&handle, dir, naming->name, naming->length, naming->who.number, naming->inode->mode);
    if (error == 0) {
        naming->inode->links = links;
        if (S_ISDIR(naming->inode->mode))
            ext4_links_add(naming->dir);
        error = ext4_inode_store(&handle, ext4_inode_of(naming->inode));
        if (error == 0)
            error = ext4_inode_store(&handle, dir);
        if (error != 0)
            error = ext4_fail(e4, "replaying a name", error);
    }
    ext4_end(&handle);
    return error;
}

/* ---- a new inode's first name ---- */

/* A directory has nothing yet, but where its names are within the inode. */
static int dir_begin(const struct naming *naming)
{
    struct ext4_inode *ei = ext4_inode_of(naming->inode);
    struct ext4_handle handle;

    if (!S_ISDIR(naming->inode->mode) || ext4_inode_is_inline(ei) || naming->inode->size != 0)
        return 0;
    int error = ext4_begin(naming->fc->e4, &handle, EXT4_CREDITS_MAP + EXT4_CREDITS_INODE);
    if (error != 0)
        return error;
    error = ext4_dir_init(&handle, ei, naming->who.parent);
    ext4_end(&handle);
    return error;
}

static int create(struct naming *naming)
{
    struct ext4_fc_note *note;
    int error = dir_get(naming);

    if (error == 0)
        error = note_both(naming, &note);
    if (error != 0)
        return error;
    if (naming->found == 0) {
        error = dir_begin(naming);
        if (error == 0)
            error = name_add(naming, S_ISDIR(naming->inode->mode) ? 2 : 1);
        if (error == 0)
            note->has_name = true;
    } else if (naming->found == naming->who.number) {
        note->has_name = true;
    }
    return error;
}

/* The inode came before: without it the record is wrong, as Linux has it, too. */
int ext4_fc_replay_create(struct ext4_fc *fc, const struct ext4_fc_record *record)
{
    struct naming naming;
    int error = naming_begin(&naming, fc, record);

    if (error == -ENOENT)
        error = -EINVAL;
    else if (error == 0)
        error = create(&naming);
    naming_end(&naming);
    return error;
}

/* ---- further names ---- */

static int link_add(struct naming *naming)
{
    struct ext4_fc_note *note;
    int error = dir_get(naming);

    if (error != 0 || naming->found != 0)
        return error;
    if (S_ISDIR(naming->inode->mode) || naming->inode->links >= EXT4_LINKS_MAX)
        return ext4_damaged(naming->fc->e4, "a fast commit has one more name of inode %u", naming->who.number);
    error = note_both(naming, &note);
    if (error == 0)
        error = name_add(naming, note->is_new && !note->has_name ? naming->inode->links : naming->inode->links + 1);
    if (error == 0)
        note->has_name = true;
    return error;
}

int ext4_fc_replay_link(struct ext4_fc *fc, const struct ext4_fc_record *record)
{
    struct naming naming;
    int error = naming_begin(&naming, fc, record);

    if (error == 0)
        error = link_add(&naming);
    naming_end(&naming);
    return error;
}

/* ---- names that go ---- */

/* The name goes, and of the inode a link, but its last: then it goes itself. */
static int name_remove(const struct naming *naming, bool is_last)
{
    struct ext4_inode *dir = ext4_inode_of(naming->dir);
    struct ext4_fs *e4 = naming->fc->e4;
    struct ext4_handle handle;
    int error = ext4_begin(e4, &handle, 1 + EXT4_CREDITS_MAP + 2 * EXT4_CREDITS_INODE);

    if (error != 0)
        return error;
    error = ext4_dir_remove(&handle, dir, naming->name, naming->length);
    if (error == 0) {
        if (S_ISDIR(naming->inode->mode))
            ext4_links_drop(naming->dir);
        if (!is_last)
            naming->inode->links--;
        error = ext4_inode_store(&handle, dir);
        if (error == 0)
            error = ext4_inode_store(&handle, ext4_inode_of(naming->inode));
        if (error != 0)
            error = ext4_fail(e4, "replaying that a name goes", error);
    }
    ext4_end(&handle);
    return error;
}

static int unlink(struct naming *naming)
{
    bool is_dir = S_ISDIR(naming->inode->mode), is_last = is_dir || naming->inode->links == 1;
    struct ext4_fc_note *note;
    int error = dir_get(naming);

    if (error != 0 || naming->found != naming->who.number) /* the name is another's by now */
        return error;
    if (is_dir)
        error = ext4_dir_is_empty(ext4_inode_of(naming->inode));
    if (error == 0)
        error = note_both(naming, &note);
    if (error == 0)
        error = name_remove(naming, is_last);
    if (error != 0 || !is_last)
        return error;
    error = ext4_fc_inode_remove(naming->fc, naming->inode);
    naming->inode = NULL;
    return error;
}

/* Of what was made and removed by one fast commit this record alone is there. */
int ext4_fc_replay_unlink(struct ext4_fc *fc, const struct ext4_fc_record *record)
{
    struct naming naming;
    int error = naming_begin(&naming, fc, record);

    if (error == 0)
        error = unlink(&naming);
    naming_end(&naming);
    return error == -ENOENT ? 0 : error;
}
