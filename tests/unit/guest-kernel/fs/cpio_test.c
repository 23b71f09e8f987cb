/* SPDX-License-Identifier: Apache-2.0 */
/* cpio_test.c - cpio archives: what is told of their entries, and every damage. */
// sources: guest-kernel/fs/cpio.c tests/unit/guest-kernel/stubs.c
#include "fs/cpio.h"

#include <check.h>
#include <stdlib.h>

#include "../stubs.h"
#include "abi/errno.h"
#include "cpio_builder.h"
#include "lib/printf.h"
#include "vfs/vfs.h"

static struct cpio_builder b;
static struct cpio_result result;

/* ---- a stand-in that writes down what it is told; "no-room", "no-memory" and "no-dir/..." fail ---- */

static char told[1 << 16];
static size_t told_size;
static uint64_t done_size;
static int references;

__attribute__((format(printf, 1, 2))) static void tell(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    told_size += (size_t)vsnprintf(told + told_size, sizeof(told) - told_size, fmt, ap);
    va_end(ap);
}

static int add(void *arg, const struct cpio_entry *entry, struct inode *first, struct inode **out)
{
    ck_assert_ptr_eq(arg, told);
    if (strcmp(entry->name, "no-room") == 0)
        return -ENOSPC;
    if (strcmp(entry->name, "no-memory") == 0)
        return -ENOMEM;
    if (strncmp(entry->name, "no-dir/", 7) == 0)
        return -ENOENT;
    tell("%s %o", entry->name, entry->mode);
    if (entry->uid != 0 || entry->gid != 0)
        tell(" %d:%d", (int)entry->uid, (int)entry->gid);
    if (entry->rdev != 0)
        tell(" rdev %#lx", (unsigned long)entry->rdev);
    if (entry->mtime != 1000)
        tell(" at %ld", (long)entry->mtime);
    if (entry->size != 0)
        tell(" \"%.*s\"", (int)entry->size, (const char *)entry->data);
    if (S_ISLNK(entry->mode))
        ck_assert_uint_eq(strlen(entry->data), entry->size);
    if (first != NULL)
        tell(" = %s", (const char *)first);
    tell("\n");
    if (out != NULL) {
        *out = (struct inode *)strdup(entry->name);
        references++;
    }
    return 0;
}

static void put(void *arg, struct inode *inode)
{
    ck_assert_ptr_eq(arg, told);
    free(inode);
    references--;
}

static void done(void *arg, uint64_t size)
{
    ck_assert_ptr_eq(arg, told);
    ck_assert_uint_ge(size, done_size);
    done_size = size;
}

static int unpack(void)
{
    static const struct cpio_ops ops = {add, put, done};
    /* Of its own, so that a byte behind its end is noticed. */
    char *copy = malloc(b.size);

    memcpy(copy, b.bytes, b.size);
    told_size = 0;
    told[0] = 0;
    done_size = 0;
    int error = cpio_unpack(copy, b.size, &ops, told, &result);
    ck_assert_int_eq(result.error, error);
    ck_assert_int_eq(references, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
    free(copy);
    return error;
}

static void gives(const char *expected)
{
    ck_assert_int_eq(unpack(), 0);
    ck_assert_str_eq(told, expected);
    ck_assert_uint_eq(done_size, b.size);
}

static void refuses(const char *name, const char *why)
{
    ck_assert_int_eq(unpack(), -EINVAL);
    ck_assert_str_eq(result.name, name);
    ck_assert_msg(strstr(result.why, why) != NULL, "\"%s\" is not in \"%s\"", why, result.why);
    ck_assert_uint_eq(result.at, b.last);
}

static void setup(void)
{
    b.size = 0;
    cpio_builder_file(&b, "first", "1"); /* what is wrong comes later */
}

/* ---- */

START_TEST(all_kinds)
{
    b.size = 0;
    cpio_builder_dir(&b, ".");
    cpio_builder_dir(&b, "./etc");
    cpio_builder_file(&b, "etc/motd", "hello");
    cpio_builder_file(&b, "/absolute", "");
    cpio_builder_link(&b, "bin", "usr/bin");
    cpio_builder_add(&b,
                     &(struct cpio_fields){
                         .mode = 020620, .mtime = 1000, .uid = 1, .gid = 5, .rdev_major = 4095, .rdev_minor = 0xfffff},
                     "tty", "", 0);
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 060600, .mtime = 1000, .rdev_major = 8, .rdev_minor = 1}, "sda1",
                     "", 0);
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 010600, .mtime = 1000, .rdev_major = 8}, "fifo", "", 0);
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 0140600, .mtime = 0xffffffff}, "socket", "", 0);
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 0104755, .mtime = 1000, .uid = 0xffffffff, .gid = 7}, "su", "x",
                     1);
    cpio_builder_end(&b);
    gives(". 40755 at 2000\n./etc 40755 at 2000\netc/motd 100644 \"hello\"\n/absolute 100644\n"
          "bin 120777 at 3000 \"usr/bin\"\ntty 20620 1:5 rdev 0xffffffff\nsda1 60600 rdev 0x801\nfifo 10600\n"
          "socket 140600 at 4294967295\nsu 104755 -1:7 \"x\"\n");
    ck_assert_uint_eq(result.entries, 10);
    ck_assert_uint_eq(result.left_out, 0);
}
END_TEST

START_TEST(several_archives)
{
    cpio_builder_end(&b);
    cpio_builder_zeros(&b, 512 - b.size % 512 + 4);
    cpio_builder_file(&b, "second", "2"); /* one without an end */
    cpio_builder_file(&b, "third", "3");
    cpio_builder_end(&b);
    cpio_builder_file(&b, "fourth", "4"); /* and one without zeros in front */
    gives("first 100644 \"1\"\nsecond 100644 \"2\"\nthird 100644 \"3\"\nfourth 100644 \"4\"\n");
    cpio_builder_zeros(&b, 3);
    ck_assert_int_eq(unpack(), 0);
    b.size = 0;
    cpio_builder_zeros(&b, 1024);
    ck_assert_int_eq(unpack(), 0);
    ck_assert_str_eq(told, "");
}
END_TEST

START_TEST(the_last_bytes_need_no_padding)
{
    cpio_builder_file(&b, "last", "five5");
    b.size -= 3;
    gives("first 100644 \"1\"\nlast 100644 \"five5\"\n");
    b.size--;
    refuses("last", "it ends within the data");
}
END_TEST

START_TEST(further_names)
{
    struct cpio_fields f = {.mode = 0100644, .links = 3, .ino = 7, .dev_minor = 3, .mtime = 1000};

    b.size = 0;
    cpio_builder_add(&b, &f, "one", "", 0);
    cpio_builder_add(&b, &f, "two", "", 0);
    f.ino = 7 + 64; /* in the same chain of the table */
    cpio_builder_add(&b, &f, "other", "", 0);
    f.ino = 7;
    f.dev_major = 1;
    cpio_builder_add(&b, &f, "elsewhere", "", 0);
    f.dev_major = 0;
    cpio_builder_add(&b, &f, "three", "data", 4);
    f.mode = 010644; /* another type */
    cpio_builder_add(&b, &f, "fifo", "", 0);
    f.mode = 040755; /* a directory's are not names */
    cpio_builder_add(&b, &f, "dir", "", 0);
    cpio_builder_add(&b, &f, "dir2", "", 0);
    cpio_builder_end(&b);
    f.mode = 0100644; /* in another archive the number means another file */
    cpio_builder_add(&b, &f, "new", "", 0);
    gives("one 100644\ntwo 100644 = one\nother 100644\nelsewhere 100644\nthree 100644 \"data\" = one\nfifo 10644\n"
          "dir 40755\ndir2 40755\nnew 100644\n");
}
END_TEST

START_TEST(checksums)
{
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 0100644, .mtime = 1000, .magic = '2', .checksum = 0xff + 'a'},
                     "sum", "a\xff", 2);
    gives("first 100644 \"1\"\nsum 100644 \"a\xff\"\n");
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 0100644, .magic = '2', .checksum = 'b'}, "bad", "a", 1);
    refuses("bad", "its checksum is wrong");
}
END_TEST

START_TEST(what_cannot_be_made_is_left_out)
{
    cpio_builder_file(&b, "no-dir/a\x1b[2J", "");
    cpio_builder_file(&b, "no-dir/b", "");
    cpio_builder_file(&b, "last", "");
    gives("first 100644 \"1\"\nlast 100644\n");
    ck_assert_uint_eq(result.entries, 4);
    ck_assert_uint_eq(result.left_out, 2);
    ck_assert_int_eq(result.left_out_error, -ENOENT);
    ck_assert_str_eq(result.left_out_name, "no-dir/a?[2J");
}
END_TEST

START_TEST(no_room_is_the_end)
{
    cpio_builder_file(&b, _i ? "no-room" : "no-memory", "");
    cpio_builder_file(&b, "last", "");
    ck_assert_int_eq(unpack(), _i ? -ENOSPC : -ENOMEM);
    ck_assert_str_eq(result.name, _i ? "no-room" : "no-memory");
    ck_assert_str_eq(told, "first 100644 \"1\"\n");
}
END_TEST

/* Also where a further name is to be remembered. */
START_TEST(without_memory)
{
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 0100644, .links = 2}, "linked", "", 0);
    for (unsigned n = 1; n <= 2; n++) {
        stub_fail_at = n;
        ck_assert_int_eq(unpack(), -ENOMEM);
    }
    stub_fail_at = 0;
    ck_assert_int_eq(unpack(), 0);
}
END_TEST

/* ---- damage ---- */

START_TEST(not_an_archive)
{
    b.last = b.size;
    memcpy(b.bytes + b.size, "070707000", 9);
    b.size += 9;
    refuses("", "older kind");
    b.size -= 3;
    refuses("", "older kind");
    b.size--;
    refuses("", "no entry");
    b.bytes[b.last] = '1';
    b.size = b.last + 200;
    refuses("", "no entry");
    memcpy(b.bytes + b.last, "070703", 6);
    refuses("", "no entry");
}
END_TEST

START_TEST(cut_anywhere)
{
    size_t start = b.size, whole;

    cpio_builder_file(&b, "name", "data of 16 bytes");
    whole = b.size;
    for (b.size = start + 1; b.size < whole; b.size++) {
        ck_assert_int_eq(unpack(), -EINVAL);
        ck_assert_uint_eq(result.at, start);
    }
    b.size = start + 50;
    refuses("", "within the header");
    b.size = start + 113;
    refuses("nam", "within the name");
    b.size = start + 120;
    refuses("name", "within the data");
}
END_TEST

START_TEST(numbers)
{
    static const char *const wrong[] = {"0000000g", "-0000001", "0x000001", "+1234567", "        ", "\0\0\0\0\0\0\0\0"};

    for (unsigned field = 0; field < CPIO_FIELDS; field++) {
        for (unsigned i = 0; i < 6; i++) {
            setup();
            cpio_builder_file(&b, "name", "data");
            cpio_builder_set(&b, field, wrong[i]);
            refuses("", "isn't hexadecimal");
        }
    }
    setup();
    cpio_builder_file(&b, "name", "data");
    cpio_builder_set(&b, CPIO_INO, "abcdefAB");
    ck_assert_int_eq(unpack(), 0);
}
END_TEST

START_TEST(names)
{
    char name[5000];

    cpio_builder_file(&b, "name", "data");
    cpio_builder_set(&b, CPIO_NAME_SIZE, "00000000");
    refuses("", "its name is empty");
    cpio_builder_set(&b, CPIO_NAME_SIZE, "00000004");
    refuses("name", "its name has no end");
    cpio_builder_set(&b, CPIO_NAME_SIZE, "00001001");
    refuses("name", "longer than 4095");
    cpio_builder_set(&b, CPIO_NAME_SIZE, "ffffffff");
    refuses("name", "longer than 4095");
    cpio_builder_set(&b, CPIO_NAME_SIZE, "00000fff");
    refuses("name", "within the name");
    cpio_builder_set(&b, CPIO_NAME_SIZE, "00000005");
    ck_assert_int_eq(unpack(), 0);
    b.bytes[b.last + 110] = 0;
    refuses("", "its name is empty");
    static const char *const dots[] = {"..", "../a", "a/..", "a/../b", "/..", "//../"};
    for (unsigned i = 0; i < 6; i++) {
        setup();
        cpio_builder_file(&b, dots[i], "");
        refuses(dots[i], "\"..\"");
    }
    setup();
    memset(name, 'x', sizeof(name));
    name[255] = 0;
    cpio_builder_file(&b, name, "");
    ck_assert_int_eq(unpack(), 0);
    name[255] = 'x', name[256] = 0;
    cpio_builder_file(&b, name, "");
    name[CPIO_NAME_MAX] = 0;
    refuses(name, "longer than 255");
    setup();
    for (unsigned i = 0; i < 4095; i++)
        name[i] = i % 16 == 15 ? '/' : 'x';
    name[4095] = 0;
    cpio_builder_file(&b, name, "");
    cpio_builder_file(&b, "...", "");
    cpio_builder_file(&b, "a..", "");
    ck_assert_int_eq(unpack(), 0);
}
END_TEST

START_TEST(data_sizes)
{
    static const char *const sizes[] = {"ffffffff", "fffffffc", "7fffffff", "00000009"};

    for (unsigned i = 0; i < 4; i++) {
        setup();
        cpio_builder_file(&b, "name", "data");
        cpio_builder_set(&b, CPIO_DATA_SIZE, sizes[i]);
        refuses("name", "within the data");
    }
}
END_TEST

START_TEST(modes)
{
    static const uint32_t wrong[] = {0, 0644, 0170644, 0150644, 030644, 070000, 01100644, 0xffffffff};

    for (unsigned i = 0; i < 8; i++) {
        setup();
        cpio_builder_add(&b, &(struct cpio_fields){.mode = wrong[i]}, "name", "", 0);
        refuses("name", "its mode");
    }
    setup();
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 020644, .rdev_major = 4096}, "name", "", 0);
    refuses("name", "no devices");
    setup();
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 060644, .rdev_minor = 1 << 20}, "name", "", 0);
    refuses("name", "no devices");
    static const uint32_t without_data[] = {040755, 010644, 0140644, 020644, 060644};
    for (unsigned i = 0; i < 5; i++) {
        setup();
        cpio_builder_add(&b, &(struct cpio_fields){.mode = without_data[i]}, "name", "data", 4);
        refuses("name", "isn't a file");
    }
}
END_TEST

START_TEST(symbolic_links)
{
    char target[4097];

    cpio_builder_link(&b, "link", "");
    refuses("link", "leads nowhere");
    setup();
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 0120777, .mtime = 1000}, "link", "to\0more", 7);
    gives("first 100644 \"1\"\nlink 120777 \"to\"\n");
    setup();
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 0120777}, "link", "\0to", 3);
    refuses("link", "leads nowhere");
    memset(target, 'x', sizeof(target));
    target[4095] = 0;
    setup();
    cpio_builder_link(&b, "link", target);
    ck_assert_int_eq(unpack(), 0);
    target[4095] = 'x', target[4096] = 0;
    cpio_builder_link(&b, "link", target);
    refuses("link", "longer than 4095");
}
END_TEST

START_TEST(zeros_that_are_no_multiple)
{
    cpio_builder_end(&b);
    cpio_builder_zeros(&b, 2);
    cpio_builder_file(&b, "name", "");
    refuses("", "multiple of 4");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpio");
    TCase *tcase = tcase_create("cpio");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, all_kinds);
    tcase_add_test(tcase, several_archives);
    tcase_add_test(tcase, the_last_bytes_need_no_padding);
    tcase_add_test(tcase, further_names);
    tcase_add_test(tcase, checksums);
    tcase_add_test(tcase, what_cannot_be_made_is_left_out);
    tcase_add_loop_test(tcase, no_room_is_the_end, 0, 2);
    tcase_add_test(tcase, without_memory);
    tcase_add_test(tcase, not_an_archive);
    tcase_add_test(tcase, cut_anywhere);
    tcase_add_test(tcase, numbers);
    tcase_add_test(tcase, names);
    tcase_add_test(tcase, data_sizes);
    tcase_add_test(tcase, modes);
    tcase_add_test(tcase, symbolic_links);
    tcase_add_test(tcase, zeros_that_are_no_multiple);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
