/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_index_test.c - directories of thousands of names: their index, what it costs, and listing while names change. */
// sources: guest-kernel/vfs/pagewait.c guest-kernel/lib/crc*.c
// sources: guest-kernel/fs/ext4/*.c guest-kernel/fs/tmpfs*.c guest-kernel/fs/devfs.c guest-kernel/vfs/blk.c
// sources: guest-kernel/vfs/dentry.c guest-kernel/vfs/device.c guest-kernel/vfs/direct.c guest-kernel/vfs/entry.c
// sources: guest-kernel/vfs/acl.c guest-kernel/vfs/atime.c guest-kernel/vfs/notify.c guest-kernel/vfs/watch.c
// sources: guest-kernel/vfs/file.c guest-kernel/vfs/fs_context.c guest-kernel/vfs/inode*.c guest-kernel/vfs/mount.c
// sources: guest-kernel/vfs/mount_ops.c guest-kernel/vfs/mount_group.c guest-kernel/vfs/mount_peers.c
// sources: guest-kernel/vfs/namei.c guest-kernel/vfs/pagecache.c guest-kernel/vfs/pageindex.c
// sources: guest-kernel/vfs/pageio.c guest-kernel/vfs/path.c guest-kernel/vfs/path_print.c
// sources: guest-kernel/vfs/permission.c guest-kernel/vfs/readahead.c guest-kernel/vfs/readdir.c
// sources: guest-kernel/vfs/regular.c guest-kernel/vfs/rename.c guest-kernel/vfs/shrink.c guest-kernel/vfs/sparse.c
// sources: guest-kernel/vfs/writeback.c guest-kernel/mm/iter.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/ext4_registry.c tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/files.c
// sources: tests/unit/guest-kernel/ext4_folder.c tests/unit/guest-kernel/ext4_compare.c
// sources: tests/unit/guest-kernel/disk.c
#include "ext4_names_setup.h"
#include "fs/ext4/ext4_dir.h"

#define DIR "/many"
#define MANY 3000u
#define PATH_SIZE 400

enum { LISTED = 1, THERE = 2, STAYS = 4 };

static uint8_t states[2 * MANY];

static void name_make(unsigned n, char *path)
{
    size_t length = (size_t)sprintf(path, DIR "/%u-", n), more = n % 50 == 0 ? 245 : n * 11 % 30;

    memset(path + length, 'x', more);
    path[length + more] = 0;
}

static void make(unsigned n)
{
    char path[PATH_SIZE];

    name_make(n, path);
    int error = vfs_mknod(vfs_root(), path, S_IFREG | 0644, 0);
    ck_assert_msg(error == 0, "%s: %d", path, error);
    states[n] |= THERE;
}

static void drop(unsigned n)
{
    char path[PATH_SIZE];

    name_make(n, path);
    int error = vfs_unlink(vfs_root(), path, false);
    ck_assert_msg(error == 0, "%s: %d", path, error);
    states[n] &= (uint8_t)~THERE;
}

static void make_many(void)
{
    memset(states, 0, sizeof(states));
    ck_assert_int_eq(vfs_mkdir(vfs_root(), DIR, 0755), 0);
    for (unsigned n = 0; n < MANY; n++)
        make(n);
}

static const struct ext4_inode *many(struct inode **inode)
{
    ck_assert_int_eq(vfs_lookup(vfs_root(), DIR, 0, inode), 0);
    return ext4_inode_of(*inode);
}

static void check_all_found(void)
{
    char path[PATH_SIZE];

    for (unsigned n = 0; n < 2 * MANY; n++) {
        name_make(n, path);
        ck_assert_int_eq(size_of(path), states[n] & THERE ? 0 : -ENOENT);
    }
}

static const char *const layouts[] = {
    "-t ext4 -b 1024 -O ^has_journal -N 8000",
    "-t ext4 -b 4096 -O ^has_journal -N 8000",
    "-t ext4 -b 1024 -O ^has_journal,^dir_index -N 8000",
    "-t ext4 -b 1024 -O ^has_journal,large_dir,^metadata_csum -N 8000",
    "-t ext2 -b 2048 -N 8000",
};
#define LAYOUTS (int)(sizeof(layouts) / sizeof(layouts[0]))

/* Thousands of names come, all are found, also after a new mount, and all go again. */
START_TEST(come_and_go)
{
    struct inode *inode;

    image_make_seeded("32M", layouts[_i], "");
    mount_to_write();
    make_many();
    check_all_found();
    ck_assert_int_eq(ext4_dir_has_index(many(&inode)), strstr(layouts[_i], "^dir_index") == NULL);
    inode_put(inode);
    unmount_written();
    check_image(layouts[_i]);
    mount_to_write();
    check_all_found();
    for (unsigned n = 0; n < MANY; n++)
        drop(n * 7 % MANY);
    ck_assert_int_eq(vfs_unlink(vfs_root(), DIR, true), 0);
    unmount_written();
    check_image(layouts[_i]);
}
END_TEST

/* ---- listing while names come and go ---- */

static unsigned left; /* names until the listing is full */

static bool listed(void *arg, const char *name, size_t length, uint64_t number, unsigned type, uint64_t next)
{
    (void)arg, (void)number, (void)type, (void)next, (void)length;
    if (left == 0)
        return false;
    left--;
    if (*name == '.')
        return true;
    unsigned n = (unsigned)atoi(name);
    ck_assert_msg(!(states[n] & LISTED), "%u is listed twice", n);
    states[n] |= LISTED;
    return true;
}

/* Of those that are there throughout each is listed once; the others at most once. */
START_TEST(list_while_changing)
{
    struct file *file;
    unsigned come = MANY, go = 0;

    image_make_seeded("32M", layouts[_i], "");
    mount_to_write();
    make_many();
    for (unsigned n = 0; n < MANY; n++)
        states[n] |= n % 3 != 0 ? STAYS : 0;
    ck_assert_int_eq(open_path(DIR, O_RDONLY | O_DIRECTORY, &file), 0);
    do {
        left = 40;
        ck_assert_int_eq(file_read_dir(file, listed, NULL), 0);
        for (unsigned i = 0; i < 20 && come < 2 * MANY; i++)
            make(come++);
        for (unsigned i = 0; i < 10 && go < MANY; i++, go += 3)
            drop(go);
    } while (left == 0);
    file_put(file);
    for (unsigned n = 0; n < MANY; n++)
        ck_assert_msg(!(states[n] & STAYS) || (states[n] & LISTED), "%u isn't listed", n);
    check_all_found();
    unmount_written();
    check_image(layouts[_i]);
}
END_TEST

/* rm -r: what is listed goes before the next piece is. From the first block, without an index, to thousands. */
START_TEST(remove_while_listing)
{
    struct file *file;
    unsigned count = 0;

    image_make_seeded("32M", layouts[_i], "");
    mount_to_write();
    make_many();
    ck_assert_int_eq(open_path(DIR, O_RDONLY | O_DIRECTORY, &file), 0);
    do {
        left = 7;
        ck_assert_int_eq(file_read_dir(file, listed, NULL), 0);
        for (unsigned n = 0; n < MANY; n++) {
            if ((states[n] & (LISTED | THERE)) == (LISTED | THERE)) {
                drop(n);
                count++;
            }
        }
    } while (left == 0);
    ck_assert_uint_eq(count, MANY);
    file_put(file);
    ck_assert_int_eq(vfs_unlink(vfs_root(), DIR, true), 0);
    unmount_written();
    check_image(layouts[_i]);
}
END_TEST

/* A position that somebody had before the directory got an index is good afterwards. */
START_TEST(position_outlives_first_block)
{
    struct file *file;

    image_make_seeded("32M", layouts[_i], "");
    mount_to_write();
    memset(states, 0, sizeof(states));
    ck_assert_int_eq(vfs_mkdir(vfs_root(), DIR, 0755), 0);
    for (unsigned n = 1; n < 10; n++)
        make(n);
    ck_assert_int_eq(open_path(DIR, O_RDONLY | O_DIRECTORY, &file), 0);
    left = 6;
    ck_assert_int_eq(file_read_dir(file, listed, NULL), 0);
    for (unsigned n = MANY; n < MANY + 500; n++)
        make(n);
    left = 2 * MANY;
    ck_assert_int_eq(file_read_dir(file, listed, NULL), 0);
    file_put(file);
    for (unsigned n = 1; n < 10; n++)
        ck_assert_msg(states[n] & LISTED, "%u isn't listed", n);
    unmount_written();
    check_image(layouts[_i]);
}
END_TEST

/* ---- what it costs ---- */

static unsigned blocks_for(unsigned from, unsigned to)
{
    unsigned before = mounted()->dir_blocks;
    char path[PATH_SIZE];
    uint32_t number;
    struct inode *inode;
    struct ext4_inode *dir = (struct ext4_inode *)(uintptr_t)many(&inode);

    for (unsigned n = from; n < to; n++) {
        name_make(n, path);
        ck_assert_int_eq(ext4_dir_find(dir, path + sizeof(DIR), strlen(path) - sizeof(DIR), &number), 0);
    }
    inode_put(inode);
    return mounted()->dir_blocks - before;
}

/* With as many names as make two levels a look-up reads one block for each and one of entries; and who makes what he
 * has just looked for, or removes what he has just made, looks at no block but that one again. */
START_TEST(few_blocks)
{
    image_make_seeded("32M", layouts[0], "");
    mount_to_write();
    make_many();
    ck_assert_uint_le(blocks_for(0, 100), 3 * 100 + 5);
    unsigned before = mounted()->dir_blocks;
    for (unsigned n = MANY; n < MANY + 100; n++) {
        make(n);
        drop(n);
    }
    ck_assert_uint_le(mounted()->dir_blocks - before, 100 * (3 + 2 + 1 + 2));
    unmount_written();
}
END_TEST

/* ---- names with the same hash ---- */

#define TRIED (1u << 20)
#define ALIKE_MOST 900u

struct tried {
    uint32_t hash, n;
};

static int by_hash(const void *a, const void *b)
{
    const struct tried *x = a, *y = b;

    return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1) : 0;
}

static size_t alike_name(unsigned n, char *name)
{
    static const char long_one[] =
        "-with-a-long-end-so-that-few-are-in-a-block-of-which-many-are-needed-by-so-many-names";

    return (size_t)sprintf(name, "%x%s", n, long_one);
}

/* Numbers of names of which each has the hash of another one. */
static unsigned find_alike(unsigned *out)
{
    struct tried *tried = malloc(TRIED * sizeof(*tried));
    const struct ext4_fs *e4 = mounted();
    unsigned version = ext4_index_version(e4, e4->super.def_hash_version), count = 0;
    char name[256];

    for (unsigned n = 0; n < TRIED; n++)
        tried[n] = (struct tried){ext4_hash(e4, version, name, alike_name(n, name)), n};
    qsort(tried, TRIED, sizeof(*tried), by_hash);
    for (unsigned i = 1; i < TRIED && count + 2 < ALIKE_MOST; i++) {
        if (tried[i].hash != tried[i - 1].hash)
            continue;
        if (count == 0 || out[count - 1] != tried[i - 1].n)
            out[count++] = tried[i - 1].n;
        out[count++] = tried[i].n;
    }
    free(tried);
    return count;
}

static unsigned alike[ALIKE_MOST];

static void alike_path(unsigned i, char *path)
{
    strcpy(path, DIR "/");
    alike_name(alike[i], path + sizeof(DIR));
}

static unsigned count_goes_on(struct ext4_inode *dir)
{
    struct ext4_way way = {.dir = dir};
    unsigned count = 0;
    uint32_t hash;

    ck_assert_int_eq(ext4_way_begin(&way), 0);
    ck_assert_int_eq(ext4_way_down(&way, 0), 0);
    while (ext4_way_peek(&way, &hash)) {
        count += hash & 1;
        ck_assert_int_eq(ext4_way_next(&way), 0);
    }
    ext4_way_end(&way);
    return count;
}

/* Blocks are split between two of them: both are found, and each is listed once. */
START_TEST(same_hash)
{
    char path[PATH_SIZE];
    struct inode *inode;

    image_make_seeded("32M", layouts[0], _i == 0 ? "tune2fs -E hash_alg=tea $IMAGE" : "true");
    mount_to_write();
    unsigned count = find_alike(alike);
    ck_assert_uint_gt(count, 200);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), DIR, 0755), 0);
    for (unsigned i = 0; i < count; i++) {
        alike_path(i * 101 % count, path);
        int error = vfs_mknod(vfs_root(), path, S_IFREG | 0644, 0);
        ck_assert_msg(error == 0 || (error == -EEXIST && count % 101 == 0), "%s: %d", path, error);
    }
    ck_assert_uint_gt(count_goes_on((struct ext4_inode *)(uintptr_t)many(&inode)), 0);
    inode_put(inode);
    for (unsigned i = 0; i < count; i++) {
        alike_path(i, path);
        ck_assert_int_eq(size_of(path), 0);
    }
    unmount_written();
    check_image("names with the same hash");
    mount_to_write();
    for (unsigned i = 0; i < count; i++) {
        alike_path(i, path);
        ck_assert_int_eq(vfs_unlink(vfs_root(), path, false), 0);
    }
    ck_assert_int_eq(vfs_unlink(vfs_root(), DIR, true), 0);
    unmount_written();
    check_image("names with the same hash, removed");
}
END_TEST

static bool take_one(void *arg, const char *name, size_t length, uint64_t ino, unsigned type, uint64_t next_pos)
{
    unsigned *taken = arg;

    (void)name, (void)length, (void)ino, (void)type, (void)next_pos;
    return (*taken)++ == 0;
}

/* A damaged directory has a name twice: who takes names one at a time comes to the end. */
START_TEST(same_name)
{
    struct file *file;
    unsigned names = 0, taken = 1;

    image_make_seeded("8M", "-t ext4 -b 4096 -O ^has_journal,^metadata_csum",
                      "for n in one two; do echo write /dev/null $n; done >script && debugfs -w -f script $IMAGE");
    char *other = memmem(disk.bytes, disk.size, "\3\1two", 5);
    ck_assert_ptr_nonnull(other);
    memcpy(other + 2, "one", 3);
    mount_to_write();
    ck_assert_int_eq(open_path("/", O_RDONLY, &file), 0);
    for (; taken != 0 && names < 1000; names++) {
        taken = 0;
        ck_assert_int_eq(file_read_dir(file, take_one, &taken), 0);
    }
    ck_assert_uint_gt(names, 4); /* ".", "..", "lost+found" and "one" */
    ck_assert_uint_lt(names, 1000);
    file_put(file);
    unmount_written();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ext4_index");
    TCase *tcase = tcase_create("index");

    tcase_add_unchecked_fixture(tcase, ext4_folder_make, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, come_and_go, 0, LAYOUTS);
    tcase_add_loop_test(tcase, list_while_changing, 0, LAYOUTS);
    tcase_add_loop_test(tcase, remove_while_listing, 0, LAYOUTS);
    tcase_add_loop_test(tcase, position_outlives_first_block, 0, 2);
    tcase_add_test(tcase, few_blocks);
    tcase_add_loop_test(tcase, same_hash, 0, 2);
    tcase_add_test(tcase, same_name);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
