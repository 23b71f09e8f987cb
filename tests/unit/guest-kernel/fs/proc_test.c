/* SPDX-License-Identifier: Apache-2.0 */
/* proc_test.c - procfs without processes: its texts, its tables, and files that are printed when they are read. */
// sources: guest-kernel/fs/proc.c guest-kernel/fs/proc_file.c guest-kernel/fs/proc_text.c guest-kernel/mm/iter.c
// sources: tests/unit/guest-kernel/stubs.c
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../stubs.h"
#include "abi/errno.h"
#include "core/cred.h"
#include "core/pid.h"
#include "fs/proc.h"
#include "mm/iter.h"
#include "mm/page.h"
#include "vfs/fstype.h"

#define NUMBER 7

/* ---- what is the rest of the kernel's ---- */

static struct pid the_pid = {.number = NUMBER, .refs = 1};
static struct process the_process = {.pid = NUMBER, .dumpable = 1};
static struct cred the_cred;
static bool is_gone, is_forbidden;

void inode_init(struct inode *inode, struct filesystem *fs, const struct inode_ops *ops, uint64_t number, uint32_t mode)
{
    inode->fs = fs;
    inode->ops = ops;
    inode->number = number;
    inode->mode = mode;
    inode->refs = 1;
}

void inode_put(struct inode *inode)
{
    if (--inode->refs == 0)
        inode->ops->release(inode);
}

void pid_hold(struct pid *pid)
{
    pid->refs++;
}

void pid_drop(struct pid *pid)
{
    if (pid != NULL)
        pid->refs--;
}

int mutex_lock_interruptible(struct mutex *mutex)
{
    ck_assert_ptr_null(mutex->owner);
    mutex->owner = (struct thread *)&the_process;
    return 0;
}

void mutex_unlock(struct mutex *mutex)
{
    ck_assert_ptr_nonnull(mutex->owner);
    mutex->owner = NULL;
}

struct process *proc_process(const struct proc_inode *at)
{
    (void)at;
    return is_gone ? NULL : &the_process;
}

const struct cred *proc_cred(const struct proc_inode *at)
{
    (void)at;
    return is_gone ? NULL : &the_cred;
}

int proc_may_look(const struct proc_inode *at)
{
    (void)at;
    return is_gone ? -ESRCH : is_forbidden ? -EACCES : 0;
}

uint32_t proc_execs(const struct proc_inode *at)
{
    (void)at;
    return 1;
}

static int64_t self_link(const struct proc_inode *at, char *buf)
{
    (void)at;
    return snprintf(buf, PATH_MAX, "%d", NUMBER);
}

/* ---- the tree ---- */

static unsigned printed;      /* how often */
static size_t print_size = 5; /* bytes of the large file */
static char stored[PAGE_SIZE];
static size_t stored_size;

static int count_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_print(text, "%u, the number of times\n", ++printed);
    return 0;
}

static int large_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    for (size_t i = 0; i < print_size; i++)
        proc_put(text, &"0123456789"[i % 10], 1);
    return 0;
}

static int gone_show(struct proc_text *text, const struct proc_inode *at)
{
    proc_print(text, "some\n");
    return proc_process(at) == NULL ? -ESRCH : 0;
}

static int keep(const struct proc_inode *at, char *text, size_t size)
{
    (void)at;
    ck_assert_int_eq(text[size], 0);
    memcpy(stored, text, size);
    stored_size = size;
    return text[0] == 'x' ? -EINVAL : 0;
}

static int fd_refresh(struct proc_inode *at)
{
    at->inode.size = 3;
    return 0;
}

static const struct proc_entry process_table[] = {
    {.name = "stat", .mode = S_IFREG | 0444, .show = gone_show},
    {.name = "secret", .mode = S_IFREG | 0400, .is_guarded = true, .show = gone_show},
    {.name = "fd", .mode = S_IFDIR | 0500, .refresh = fd_refresh},
    {0},
};
static const struct proc_entry process_dir = {.name = "PID", .mode = S_IFDIR | 0555, .entries = process_table};

static const struct proc_entry root_entries[] = {
    {.name = "self", .mode = S_IFLNK | 0777, .link = self_link},
    {.name = "count", .mode = S_IFREG | 0444, .show = count_show},
    {.name = "large", .mode = S_IFREG | 0444, .show = large_show},
    {.name = "set", .mode = S_IFREG | 0644, .show = count_show, .store = keep},
    {.name = "write-only", .mode = S_IFREG | 0200, .store = keep},
    {0},
};

static int root_lookup(struct proc_inode *dir, const char *name, size_t length, struct inode **out)
{
    if (proc_name_number(name, length) != NUMBER || is_gone)
        return -ENOENT;
    return proc_inode_create(dir->inode.fs, &process_dir, &the_pid, false, -1, out);
}

static int root_read_dir(const struct proc_inode *dir, uint64_t pos, dir_emit *emit, void *arg, uint64_t pos_base)
{
    (void)dir;
    if (pos <= NUMBER)
        emit(arg, "7", 1, proc_number(&process_dir, &the_pid, false, -1), DT_DIR, pos_base + NUMBER + 1);
    return 0;
}

const struct proc_entry proc_root_entry = {
    .name = "", .mode = S_IFDIR | 0555, .entries = root_entries, .lookup = root_lookup, .read_dir = root_read_dir};

static struct filesystem *fs;

static void setup(void)
{
    printed = 0;
    is_gone = is_forbidden = false;
    stub_fail_at = 0;
    the_cred.user.effective = 12;
    the_process.dumpable = 1;
    ck_assert_int_eq(proc_type.mount(NULL, NULL, &fs), 0);
    fs->type = &proc_type;
}

static void teardown(void)
{
    inode_put(fs->root);
    fs->ops->unmount(fs);
    ck_assert_uint_eq(stub_kmallocs, 0);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(the_pid.refs, 1);
}

static struct inode *find(struct inode *dir, const char *name)
{
    struct inode *inode;

    ck_assert_int_eq(dir->ops->lookup(dir, name, strlen(name), &inode), 0);
    return inode;
}

/* Opens the file; the inode's reference is the file's. */
static void file_begin(struct file *file, struct inode *inode)
{
    *file = (struct file){.inode = inode};
    ck_assert_int_eq(inode->ops->open(inode, file), 0);
}

static void file_end(struct file *file)
{
    file->ops->release(file);
    inode_put(file->inode);
}

static int64_t get(struct file *file, void *bytes, size_t size, uint64_t *pos)
{
    struct iter_segment segment = {(uintptr_t)bytes, size};
    struct iter iter;

    iter_init(&iter, &segment, 1, false);
    return file->ops->read(file, &iter, pos);
}

static int64_t put(struct file *file, const void *bytes, size_t size)
{
    struct iter_segment segment = {(uintptr_t)bytes, size};
    struct iter iter;
    uint64_t pos = 0;

    iter_init(&iter, &segment, 1, false);
    return file->ops->write(file, &iter, &pos);
}

START_TEST(names_of_processes)
{
    ck_assert_int_eq(proc_name_number("7", 1), 7);
    ck_assert_int_eq(proc_name_number("0", 1), 0);
    ck_assert_int_eq(proc_name_number("70", 1), 7);
    ck_assert_int_eq(proc_name_number("2147483647", 10), INT32_MAX);
    ck_assert_int_eq(proc_name_number("2147483648", 10), -1);
    ck_assert_int_eq(proc_name_number("9999999999", 10), -1);
    ck_assert_int_eq(proc_name_number("99999999999", 11), -1);
    ck_assert_int_eq(proc_name_number("07", 2), -1);
    ck_assert_int_eq(proc_name_number("-7", 2), -1);
    ck_assert_int_eq(proc_name_number("7a", 2), -1);
    ck_assert_int_eq(proc_name_number("", 0), -1);
}
END_TEST

/* ---- files ---- */

START_TEST(printed_when_read_from_the_beginning)
{
    struct file file;
    char bytes[100];
    uint64_t pos = 0;

    file_begin(&file, find(fs->root, "count"));
    ck_assert_uint_eq(printed, 0);
    ck_assert_int_eq(get(&file, bytes, 1, &pos), 1);
    ck_assert_int_eq(bytes[0], '1');
    ck_assert_int_eq(get(&file, bytes, sizeof(bytes), &pos), 22);
    ck_assert_mem_eq(bytes, ", the number of times\n", 22);
    ck_assert_uint_eq(printed, 1);
    ck_assert_int_eq(get(&file, bytes, 1, &pos), 0);
    ck_assert_uint_eq(stub_pages_used, 0); /* its reader has seen the end */
    pos = 0;
    ck_assert_int_eq(get(&file, bytes, 1, &pos), 1);
    ck_assert_int_eq(bytes[0], '2');
    pos = 0;
    ck_assert_int_eq(get(&file, bytes, 1, &pos), 1);
    ck_assert_int_eq(bytes[0], '3');
    pos = 5;
    ck_assert_int_eq(get(&file, bytes, 1, &pos), 1);
    ck_assert_uint_eq(printed, 3);
    pos = 1ull << 62;
    ck_assert_int_eq(get(&file, bytes, 1, &pos), 0);
    ck_assert_int_eq(put(&file, "x", 1), -EIO);
    file_end(&file);
}
END_TEST

START_TEST(a_large_file_in_pieces)
{
    static char bytes[8000];
    struct file file;
    uint64_t pos = 0, sum = 0;
    int64_t got;

    print_size = 100000;
    file_begin(&file, find(fs->root, "large"));
    while ((got = get(&file, bytes, 1 + sum % 7777, &pos)) > 0) {
        for (int64_t i = 0; i < got; i++)
            ck_assert_int_eq(bytes[i], '0' + (char)((sum + (uint64_t)i) % 10));
        sum += (uint64_t)got;
    }
    ck_assert_uint_eq(sum, print_size);
    print_size = PROC_TEXT_MAX + 1;
    pos = 0;
    ck_assert_int_eq(get(&file, bytes, 1, &pos), -ENOMEM);
    ck_assert_uint_eq(stub_pages_used, 0);
    print_size = 5;
    file_end(&file);
}
END_TEST

/* Programs that open much and read little of it: nothing more is kept, and what is read is still right. */
START_TEST(what_is_kept_is_bounded)
{
    enum { FILES = 40 };
    static struct file file[FILES];
    uint64_t total = stub_page_total, most = 0;
    char byte;

    print_size = 3 * PAGE_SIZE;
    stub_page_total = 32 * PROC_TEXT_KEPT_PART;
    for (unsigned i = 0; i < FILES; i++) {
        uint64_t pos = 0;
        file_begin(&file[i], find(fs->root, "large"));
        ck_assert_int_eq(get(&file[i], &byte, 1, &pos), 1);
        most = stub_pages_used > most ? stub_pages_used : most;
    }
    ck_assert_uint_ge(most, 30);
    ck_assert_uint_le(most, 32 + 3);
    for (unsigned i = 0; i < FILES; i++) {
        uint64_t pos = 2 * PAGE_SIZE + i;
        ck_assert_int_eq(get(&file[i], &byte, 1, &pos), 1);
        ck_assert_int_eq(byte, '0' + (char)((2 * PAGE_SIZE + i) % 10));
    }
    print_size = 65 * PAGE_SIZE; /* more than all together may have */
    ck_assert_int_eq(get(&file[0], &byte, 1, &(uint64_t){0}), -ENOMEM);
    print_size = 5;
    for (unsigned i = 0; i < FILES; i++)
        file_end(&file[i]);
    stub_page_total = total;
}
END_TEST

/* Who is given the end as well holds no memory, and is told so once without it being printed anew. */
START_TEST(nothing_is_kept_behind_the_end)
{
    struct file file;
    char bytes[100];
    uint64_t pos = 0;

    file_begin(&file, find(fs->root, "count"));
    ck_assert_int_eq(get(&file, bytes, sizeof(bytes), &pos), 23);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_int_eq(get(&file, bytes, sizeof(bytes), &pos), 0);
    ck_assert_uint_eq(printed, 1);
    file_end(&file);
}
END_TEST

START_TEST(a_process_that_goes)
{
    struct inode *dir = find(fs->root, "7"), *inode;
    struct file file;
    char bytes[100];
    uint64_t pos = 0;

    file_begin(&file, find(dir, "stat"));
    ck_assert_int_eq(get(&file, bytes, sizeof(bytes), &pos), 5);
    is_gone = true;
    pos = 0;
    ck_assert_int_eq(get(&file, bytes, sizeof(bytes), &pos), -ESRCH);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_int_eq(dir->ops->lookup(dir, "stat", 4, &inode), -ESRCH);
    ck_assert_int_eq(dir->ops->refresh(dir), -ENOENT);
    ck_assert_int_eq(dir->ops->read_dir(dir, 0, NULL, NULL), -ENOENT);
    ck_assert_int_eq(fs->root->ops->lookup(fs->root, "7", 1, &inode), -ENOENT);
    file_end(&file);
    inode_put(dir);
}
END_TEST

START_TEST(what_is_written)
{
    static char bytes[3 * PAGE_SIZE];
    struct file file, other;
    uint64_t pos = 0;

    file_begin(&file, find(fs->root, "set"));
    ck_assert_int_eq(put(&file, "hello\n", 6), 6);
    ck_assert_uint_eq(stored_size, 6);
    ck_assert_mem_eq(stored, "hello\n", 6);
    ck_assert_int_eq(put(&file, "x", 1), -EINVAL);
    ck_assert_int_eq(put(&file, "", 0), 0);
    ck_assert_uint_eq(stored_size, 0);
    ck_assert_int_eq(put(&file, bytes, sizeof(bytes)), sizeof(bytes)); /* the rest isn't looked at */
    ck_assert_uint_eq(stored_size, PAGE_SIZE - 1);
    stub_fail_at = 1;
    ck_assert_int_eq(put(&file, "y", 1), -ENOMEM);
    file_begin(&other, find(fs->root, "write-only"));
    ck_assert_int_eq(get(&other, bytes, 1, &pos), -EIO);
    file_end(&other);
    file_end(&file);
}
END_TEST

START_TEST(who_may_look)
{
    struct inode *dir = find(fs->root, "7"), *inode = find(dir, "secret");
    struct file file = {.inode = inode};

    is_forbidden = true;
    ck_assert_int_eq(inode->ops->open(inode, &file), -EACCES);
    is_gone = true;
    ck_assert_int_eq(inode->ops->open(inode, &file), -ESRCH);
    is_gone = is_forbidden = false;
    stub_fail_at = 1;
    ck_assert_int_eq(inode->ops->open(inode, &file), -ENOMEM);
    inode_put(inode);
    inode_put(dir);
}
END_TEST

/* ---- directories ---- */

static char listed[200];
static uint64_t last_pos;

static bool list(void *arg, const char *name, size_t length, uint64_t ino, unsigned dt_type, uint64_t next_pos)
{
    unsigned *most = arg;

    ck_assert_uint_ne(ino, 0);
    ck_assert_uint_ne(dt_type, 0);
    ck_assert_uint_gt(next_pos, last_pos);
    if ((*most)-- == 0)
        return false;
    last_pos = next_pos;
    snprintf(listed + strlen(listed), sizeof(listed) - strlen(listed), "%.*s ", (int)length, name);
    return true;
}

START_TEST(listed_in_pieces)
{
    listed[0] = 0;
    last_pos = 0;
    for (unsigned i = 0; i < 10; i++) {
        unsigned one = 1;
        ck_assert_int_eq(fs->root->ops->read_dir(fs->root, last_pos, list, &one), 0);
    }
    ck_assert_str_eq(listed, "self count large set write-only 7 ");
}
END_TEST

START_TEST(owners_and_numbers)
{
    struct inode *dir = find(fs->root, "7"), *again = find(fs->root, "7"), *file = find(dir, "stat");
    struct inode *fd = find(dir, "fd"), *count = find(fs->root, "count");
    struct attr_change change = {.which = ATTR_MODE};

    ck_assert_uint_eq(fs->root->number, 1);
    ck_assert_uint_eq(dir->number, again->number);
    ck_assert_uint_ne(dir->number, file->number);
    ck_assert_uint_ne(fd->number, file->number);
    ck_assert_uint_ne(count->number, file->number);
    ck_assert_uint_eq(dir->links, 3); /* it has one directory */
    ck_assert_uint_eq(fd->size, 3);
    ck_assert_uint_eq(file->uid, 12);
    the_process.dumpable = 0; /* then it is root's, all but what everybody may look into */
    ck_assert_int_eq(file->ops->refresh(file), 0);
    ck_assert_int_eq(dir->ops->refresh(dir), 0);
    ck_assert_uint_eq(file->uid, 0);
    ck_assert_uint_eq(dir->uid, 12);
    ck_assert_int_eq(file->ops->set_attr(file, &change), -EPERM);
    change.which = ATTR_UID;
    ck_assert_int_eq(file->ops->set_attr(file, &change), 0);
    ck_assert_uint_eq(change.which, 0); /* it isn't kept */
    inode_put(count);
    inode_put(fd);
    inode_put(file);
    inode_put(again);
    inode_put(dir);
}
END_TEST

START_TEST(names_that_are_not_there)
{
    struct inode *inode;

    ck_assert_int_eq(fs->root->ops->lookup(fs->root, "coun", 4, &inode), -ENOENT);
    ck_assert_int_eq(fs->root->ops->lookup(fs->root, "counts", 6, &inode), -ENOENT);
    ck_assert_int_eq(fs->root->ops->lookup(fs->root, "8", 1, &inode), -ENOENT);
    ck_assert_int_eq(fs->root->ops->create(fs->root, "new", 3, S_IFREG | 0644, 0, &inode), -ENOENT);
    for (uint64_t at = 1; at < 3; at++) {
        struct filesystem *other;
        stub_fail_at = at;
        ck_assert_int_eq(proc_type.mount(NULL, NULL, &other), -ENOMEM);
    }
}
END_TEST

START_TEST(links)
{
    char path[PATH_MAX];
    struct inode *self = find(fs->root, "self");

    ck_assert(S_ISLNK(self->mode));
    ck_assert_int_eq(self->ops->read_link(self, path), 1);
    ck_assert_str_eq(path, "7");
    ck_assert_ptr_null(self->ops->follow);
    inode_put(self);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("proc");
    TCase *tc = tcase_create("proc");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, names_of_processes);
    tcase_add_test(tc, printed_when_read_from_the_beginning);
    tcase_add_test(tc, a_large_file_in_pieces);
    tcase_add_test(tc, what_is_kept_is_bounded);
    tcase_add_test(tc, nothing_is_kept_behind_the_end);
    tcase_add_test(tc, a_process_that_goes);
    tcase_add_test(tc, what_is_written);
    tcase_add_test(tc, who_may_look);
    tcase_add_test(tc, listed_in_pieces);
    tcase_add_test(tc, owners_and_numbers);
    tcase_add_test(tc, names_that_are_not_there);
    tcase_add_test(tc, links);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
