/* SPDX-License-Identifier: Apache-2.0 */
/* fat32_test.c - FAT32 against mkfs.fat, mtools and fsck.fat: what they make we read, what we make they find clean. */
// sources: guest-kernel/fs/registry.c guest-kernel/fs/devfs.c guest-kernel/fs/ramfs.c guest-kernel/fs/fat32.c
// sources: guest-kernel/fs/fat32_alloc.c guest-kernel/fs/fat32_bpb.c guest-kernel/fs/fat32_chain.c
// sources: guest-kernel/fs/fat32_dir.c guest-kernel/fs/fat32_inode.c guest-kernel/fs/fat32_io.c
// sources: guest-kernel/fs/fat32_name.c guest-kernel/fs/fat32_namei.c guest-kernel/fs/fat32_slots.c
// sources: guest-kernel/fs/fat32_table.c guest-kernel/fs/fat32_time.c guest-kernel/fs/fat32_order.c
// sources: guest-kernel/fs/fat32_check.c guest-kernel/fs/fat32_claim.c
// sources: guest-kernel/vfs/blk.c guest-kernel/vfs/file.c guest-kernel/vfs/inode.c guest-kernel/vfs/mount.c
// sources: guest-kernel/vfs/names.c guest-kernel/vfs/namei.c guest-kernel/vfs/pagecache.c guest-kernel/vfs/path.c
// sources: guest-kernel/vfs/readdir.c guest-kernel/vfs/direct.c guest-kernel/vfs/pageio.c guest-kernel/vfs/readahead.c
// sources: guest-kernel/vfs/pageindex.c guest-kernel/vfs/shrink.c
// guest-kernel/vfs/regular.c guest-kernel/vfs/writeback.c guest-kernel/mm/iter.c sources:
// tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/disk.c tests/unit/guest-kernel/image.c sources:
// tests/unit/guest-kernel/files.c
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../files.h"
#include "../stubs.h"
#include "abi/errno.h"
#include "vfs/pagecache.h"
#include "vfs/pageio.h"

static struct stub_disk disk;
static char text[65536];

static void mount(void)
{
    ck_assert_int_eq(vfs_mount_root(stub_disk_open(&disk, false)), 0);
}

/* Unmounts, which fails if a reference was lost; frees everything; leaves the image clean. */
static void unmount(void)
{
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
    ck_assert_int_eq(image_check(&disk), 0);
}

static void remount(void)
{
    unmount();
    mount();
}

static void setup(void)
{
    image_make(&disk, 4096, 1, "");
    mount();
}

static void teardown(void)
{
    unmount();
    free(disk.bytes);
}

static void fill(char *bytes, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(seed + i / 7 + i * 13);
}

/* mtools tells FAT32 by the number of clusters, as the specification says, so for it the volume must be large. */
static void make_large(void)
{
    unmount();
    free(disk.bytes);
    image_make(&disk, 36864, 1, "");
}

START_TEST(reads_what_mtools_wrote)
{
    char back[40000], want[40000];

    fill(want, sizeof(want), 3);
    make_large();
    ck_assert_int_eq(image_shell(&disk, "mmd -i $IMAGE ::sbin ::DEEP ::DEEP/er && "
                                        "head -c 40000 /dev/zero | tr '\\0' x >hello; "
                                        "mcopy -i $IMAGE hello ::sbin/hello && "
                                        "mcopy -i $IMAGE hello '::DEEP/er/A name with spaces, and so on.text' && "
                                        "printf abc >UPPER.TXT && mcopy -i $IMAGE UPPER.TXT ::"),
                     0);
    mount();
    memset(want, 'x', sizeof(want));
    ck_assert_int_eq(get_file("/sbin/hello", back, sizeof(back)), 40000);
    ck_assert_mem_eq(back, want, sizeof(want));
    ck_assert_int_eq(get_file("/DEEP/er/A name with spaces, and so on.text", back, sizeof(back)), 40000);
    ck_assert_int_eq(get_file("/deep/ER/a NAME with spaces, and so on.TEXT", back, sizeof(back)), 40000);
    ck_assert_int_eq(get_file("/DEEP/er/ANAMEW~1.TEX", back, sizeof(back)), 40000);
    ck_assert_int_eq(get_file("/upper.txt", back, sizeof(back)), 3);
    ck_assert_int_eq(list_path("/", text, sizeof(text)), 0);
    ck_assert_str_eq(text, "sbin DEEP UPPER.TXT dev ");
}
END_TEST

/* ---- past the page cache ---- */

/* Frames in a row stand for a program's memory. */
static struct page *program_memory;
#define PROGRAM_PAGES 8u

static char *program_start(char fill_byte)
{
    program_memory = page_alloc_order(3);
    ck_assert_ptr_nonnull(program_memory);
    memset(page_data(program_memory), fill_byte, PROGRAM_PAGES * PAGE_SIZE);
    return page_data(program_memory);
}

/* Nobody else holds them any more. */
static void program_end(void)
{
    for (unsigned i = 0; i < PROGRAM_PAGES; i++) {
        ck_assert_uint_eq(program_memory[i].refs, 1);
        page_put(program_memory + i);
    }
}

static int64_t direct_move(struct file *file, bool write, uint64_t pos, char *at, size_t size)
{
    struct iter_segment segment = {(uintptr_t)at, size};
    struct iter iter;

    iter_init(&iter, &segment, 1, true);
    return write ? file_pwrite(file, &iter, pos) : file_pread(file, &iter, pos);
}

/* What one way wrote, the other reads, whatever the cache holds; only whole sectors go. */
START_TEST(direct_transfers_agree_with_the_cache)
{
    struct file *file, *direct;
    char *memory = program_start('p'), back[3 * 4096];

    fill(text, 20000, 5);
    put_file("/file", text, 20000);
    ck_assert_int_eq(open_path("/file", O_RDWR, &file), 0);
    ck_assert_int_eq(open_path("/file", O_RDWR | O_DIRECT, &direct), 0);
    ck_assert_int_eq(direct_move(direct, false, 512, memory + 1024, 4096), 4096); /* dirty in the cache until now */
    ck_assert_mem_eq(memory + 1024, text + 512, 4096);
    ck_assert_int_eq(memory[1023], 'p');
    ck_assert_int_eq(memory[1024 + 4096], 'p');
    memset(memory, 'w', 8192);
    disk.writes = 0;
    ck_assert_int_eq(direct_move(direct, true, 1024, memory, 8192), 8192);
    ck_assert_uint_le(disk.writes, 2); /* and the mark of a volume in use */
    ck_assert_int_eq(get_bytes(file, 0, back, sizeof(back)), sizeof(back));
    ck_assert_mem_eq(back, text, 1024);
    for (unsigned i = 1024; i < 1024 + 8192; i++)
        ck_assert_int_eq(back[i], 'w');
    ck_assert_mem_eq(back + 9216, text + 9216, sizeof(back) - 9216);
    ck_assert_int_eq(put_bytes(file, 1030, "dirty", 5), 5); /* a page that is dirty when it is written over */
    ck_assert_int_eq(direct_move(direct, true, 1024, memory, 512), 512);
    file_put(file);
    file_put(direct);
    program_end();
    remount();
    ck_assert_int_eq(get_file("/file", back, sizeof(back)), 20000);
    ck_assert_int_eq(back[1030], 'w');
}
END_TEST

START_TEST(direct_transfers_at_the_end_of_a_file)
{
    struct file *direct;
    char *memory = program_start('p'), back[8];

    put_file("/file", text, 1000);
    ck_assert_int_eq(open_path("/file", O_RDWR | O_DIRECT, &direct), 0);
    ck_assert_int_eq(direct_move(direct, false, 512, memory, 4096), 488);
    ck_assert_mem_eq(memory, text + 512, 488);
    ck_assert_int_eq(direct_move(direct, false, 1024, memory, 512), 0);
    ck_assert_int_eq(direct_move(direct, true, 512, memory, 1024), 1024); /* it grows: by way of the cache */
    ck_assert_int_eq(size_of("/file"), 1536);
    ck_assert_int_eq(truncate_path("/file", 8192), 0); /* the rest isn't on the disk */
    ck_assert_int_eq(direct_move(direct, false, 1536, memory, 4096), 4096);
    for (unsigned i = 0; i < 4096; i++)
        ck_assert_int_eq(memory[i], 0);
    memset(memory, 'e', 512);
    ck_assert_int_eq(direct_move(direct, true, 4096, memory, 512), 512);
    file_put(direct);
    program_end();
    remount();
    ck_assert_int_eq(open_path("/file", O_RDONLY, &direct), 0);
    ck_assert_int_eq(get_bytes(direct, 4095, back, 2), 2);
    ck_assert_mem_eq(back, "\0e", 2);
    file_put(direct);
}
END_TEST

/* Nothing is held and nothing has moved after a mistake or an error. */
START_TEST(direct_transfers_that_fail)
{
    struct file *direct;
    char *memory = program_start('p');

    put_file("/file", text, 20000);
    ck_assert_int_eq(vfs_sync_all(), 0);
    ck_assert_int_eq(open_path("/file", O_RDWR | O_DIRECT, &direct), 0);
    ck_assert_int_eq(direct_move(direct, false, 1, memory, 512), -EINVAL);
    ck_assert_int_eq(direct_move(direct, false, 0, memory + 8, 512), -EINVAL);
    ck_assert_int_eq(direct_move(direct, true, 0, memory, 100), -EINVAL);
    ck_assert_int_eq(direct_move(direct, false, 0, memory, 0), 0);
    stub_user_fault = memory + 4096;
    ck_assert_int_eq(direct_move(direct, false, 0, memory, 8192), -EFAULT);
    ck_assert_int_eq(direct_move(direct, true, 0, memory, 8192), -EFAULT);
    stub_user_fault = NULL;
    disk.fail_after = 1;
    ck_assert_int_eq(direct_move(direct, false, 0, memory, 8192), -EIO);
    disk.fail_after = 0;
    ck_assert_int_eq(memory[0], 'p');
    ck_assert_int_eq(direct_move(direct, false, 0, memory, 8192), 8192);
    ck_assert_mem_eq(memory, text, 8192);
    ck_assert_int_eq(direct->inode->direct_count, 0);
    file_put(direct);
    ck_assert_int_eq(open_path("/dev/null", O_RDWR | O_DIRECT, &direct), -EINVAL);
    program_end();
}
END_TEST

/* ---- reading ahead, storing many ---- */

#define LARGE (6u << 20)

/* A large file whose every page says which it is, not in the cache. */
static struct file *large_start(uint32_t flags)
{
    static char page[4096];
    struct file *file;

    make_large();
    mount();
    ck_assert_int_eq(open_path("/large", O_RDWR | O_CREAT, &file), 0);
    for (unsigned i = 0; i < LARGE / 4096; i++) {
        memset(page, (int)(i % 251), sizeof(page));
        ck_assert_int_eq(put_bytes(file, (uint64_t)i * 4096, page, sizeof(page)), sizeof(page));
    }
    file_put(file);
    remount();
    ck_assert_int_eq(open_path("/large", flags, &file), 0);
    return file;
}

/* Reads pages [from, to) in order; all but `changed` pages from `at` on are as they were. */
static void read_in_order(struct file *file, unsigned from, unsigned to, unsigned at, unsigned changed)
{
    static char bytes[4 * 4096], want[4096];

    for (unsigned i = from; i < to; i += 4) {
        ck_assert_int_eq(get_bytes(file, (uint64_t)i * 4096, bytes, sizeof(bytes)), sizeof(bytes));
        for (unsigned n = 0; n < 4; n++) {
            memset(want, i + n >= at && i + n < at + changed ? 'n' : (int)((i + n) % 251), sizeof(want));
            ck_assert(memcmp(bytes + n * 4096, want, sizeof(want)) == 0);
        }
    }
}

START_TEST(a_sequential_reader_is_read_for_ahead)
{
    struct file *file = large_start(O_RDONLY);

    disk.reads = 0;
    read_in_order(file, 0, LARGE / 4096, 0, 0);
    ck_assert_uint_le(disk.reads, 24); /* windows of 16 pages to 256, then half a megabyte each, and the FAT */
    ck_assert_ptr_null(file->inode->ahead);
    read_in_order(file, 0, LARGE / 4096, 0, 0);
    file_put(file);
}
END_TEST

/* What is written meanwhile where pages are being read ahead is what the reader finds. _i: how it is written. */
START_TEST(what_is_read_ahead_can_be_out_of_date)
{
    struct file *file = large_start(O_RDWR), *direct;
    char *memory = program_start('n');
    unsigned at;

    read_in_order(file, 0, 512, 0, 0);
    ck_assert_ptr_nonnull(file->inode->ahead);
    at = (unsigned)file->inode->ahead->index + 40;
    ck_assert_int_eq(open_path("/large", O_RDWR | O_DIRECT, &direct), 0);
    if (_i == 0) {
        ck_assert_int_eq(put_bytes(file, (uint64_t)at * 4096, memory, 8 * 4096), 8 * 4096);
    } else if (_i == 1) {
        ck_assert_int_eq(direct_move(direct, true, (uint64_t)at * 4096, memory, 8 * 4096), 8 * 4096);
    } else { /* stored, and gone from the cache before the reader comes */
        ck_assert_int_eq(put_bytes(file, (uint64_t)at * 4096, memory, 8 * 4096), 8 * 4096);
        ck_assert_int_eq(pagecache_write_back(file->inode), 0);
        vfs_shrink(10000, false);
        vfs_shrink(10000, false);
    }
    read_in_order(file, 512, LARGE / 4096, at, 8);
    file_put(direct);
    file_put(file);
    program_end();
}
END_TEST

START_TEST(reading_ahead_ends_with_the_file)
{
    struct file *file = large_start(O_RDWR);
    char byte;

    read_in_order(file, 0, 512, 0, 0);
    ck_assert_ptr_nonnull(file->inode->ahead);
    ck_assert_int_eq(truncate_path("/large", 1000), 0);
    ck_assert_ptr_null(file->inode->ahead);
    ck_assert_int_eq(truncate_path("/large", LARGE), 0);
    ck_assert_int_eq(get_bytes(file, 600 * 4096, &byte, 1), 1);
    ck_assert_int_eq(byte, 0);
    file_put(file);
    file = large_start(O_RDONLY);
    read_in_order(file, 0, 512, 0, 0);
    disk.fail_after = 1; /* what nobody has asked for may fail */
    while (file->inode->ahead != NULL)
        readahead_end(file->inode);
    readahead_start(file->inode, 1000);
    disk.fail_after = 0;
    read_in_order(file, 1000, 1400, 0, 0);
    read_in_order(file, 0, 512, 0, 0);
    file_put(file); /* in the middle: nothing is left behind */
}
END_TEST

/* Pages here and there, stored several at a time; after an error they are still to be stored. */
START_TEST(many_runs_are_stored)
{
    struct file *file = large_start(O_RDWR);
    char want[4096], back[4096];

    memset(want, 'n', sizeof(want));
    for (unsigned i = 1; i < LARGE / 4096; i += 9)
        ck_assert_int_eq(put_bytes(file, (uint64_t)i * 4096, want, sizeof(want)), sizeof(want));
    stub_quiet = true;
    disk.fail_after = 50;
    ck_assert_int_eq(pagecache_write_back(file->inode), -EIO);
    disk.fail_after = 0;
    stub_quiet = false;
    disk.writes = 0;
    ck_assert_int_eq(pagecache_write_back(file->inode), 0);
    ck_assert_uint_gt(disk.writes, LARGE / 4096 / 9 - 60);
    ck_assert(!file->inode->dirty);
    file_put(file);
    remount();
    ck_assert_int_eq(open_path("/large", O_RDONLY, &file), 0);
    for (unsigned i = 0; i < LARGE / 4096; i++) {
        ck_assert_int_eq(get_bytes(file, (uint64_t)i * 4096, back, sizeof(back)), sizeof(back));
        ck_assert_int_eq(back[i % 4096], i % 9 == 1 ? 'n' : (char)(i % 251));
    }
    file_put(file);
}
END_TEST

START_TEST(starting_a_program_takes_few_requests)
{
    char back[4096];
    struct inode *inode;
    struct page *page;

    put_file("/sbin", "", 0);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/sbin", false), 0);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/sbin", 0755), 0);
    ck_assert_int_eq(put_file("/sbin/hello", text, 40000), 40000);
    unmount();
    disk.reads = disk.writes = disk.flushes = 0;
    mount();
    ck_assert_int_eq(vfs_lookup(vfs_root(), "/sbin/hello", 0, &inode), 0);
    ck_assert_int_eq(inode_read(inode, 0, back, sizeof(back)), sizeof(back));
    for (uint64_t i = 0; i < 10; i++) {
        ck_assert_int_eq(inode->object.ops->page(&inode->object, i, 0, &page), 0);
        page_put(page);
    }
    ck_assert_int_eq(inode->object.ops->page(&inode->object, 10, 0, &page), -ENXIO);
    inode_put(inode);
    ck_assert_int_eq(vfs_sync_all(), 0);
    ck_assert_uint_le(disk.reads, 5); /* boot sector, FAT, two directories, the program */
    ck_assert_uint_eq(disk.writes + disk.flushes, 0);
}
END_TEST

START_TEST(mtools_reads_what_we_wrote)
{
    static char bytes[300000];

    fill(bytes, sizeof(bytes), 9);
    make_large();
    mount();
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/Some Directory", 0755), 0);
    ck_assert_int_eq(put_file("/Some Directory/file.bin", bytes, sizeof(bytes)), sizeof(bytes));
    ck_assert_int_eq(put_file("/Some Directory/\xc3\xa4\xe2\x82\xac", "hi", 2), 2);
    ck_assert_int_eq(put_file("/empty", "", 0), 0);
    unmount();
    const char *command = "export LC_ALL=C.UTF-8; mcopy -i $IMAGE '::Some Directory/file.bin' out && "
                          "mtype -i $IMAGE ::empty && mdir -i $IMAGE -b '::some directory' && "
                          "test \"$(mtype -i $IMAGE '::some directory/\xc3\xa4\xe2\x82\xac')\" = hi && "
                          "cp out $IMAGE";
    ck_assert_int_eq(image_shell(&disk, command), 0);
    ck_assert_uint_eq(disk.size, sizeof(bytes));
    ck_assert_mem_eq(disk.bytes, bytes, sizeof(bytes)); /* the shell put it in the image's place */
    free(disk.bytes);
    image_make(&disk, 4096, 1, "");
    mount();
}
END_TEST

START_TEST(names)
{
    char long_name[300] = "/";

    memset(long_name + 1, 'n', 255);
    ck_assert_int_eq(put_file(long_name, "1", 1), 1);
    memset(long_name + 1, 'n', 256);
    ck_assert_int_eq(put_file(long_name, "1", 1), -ENAMETOOLONG);
    ck_assert_int_eq(put_file("/trailing dots...", "12", 2), 2);
    ck_assert_int_eq(size_of("/trailing dots"), 2);
    ck_assert_int_eq(put_file("/a*b", "", 0), -EINVAL);
    ck_assert_int_eq(put_file("/a\x01", "", 0), -EINVAL);
    ck_assert_int_eq(put_file("/blank ", "", 0), -EINVAL);
    ck_assert_int_eq(put_file("/\xff\xfe", "", 0), -EINVAL);
    ck_assert_int_eq(size_of("/a*b"), -ENOENT);
    ck_assert_int_eq(put_file("/\xf0\x9f\x98\x80", "smile", 5), 5);
    ck_assert_int_eq(put_file("/.bashrc", "123", 3), 3);
    ck_assert_int_eq(put_file("/a.b.c", "1234", 4), 4);
    ck_assert_int_eq(put_file("/Makefile", "12345", 5), 5);
    ck_assert_int_eq(put_file("/README.TXT", "123456", 6), 6);
    for (int i = 0; i < 30; i++) {
        char name[40];
        snprintf(name, sizeof(name), "/the same start %d.text", i);
        ck_assert_int_eq(put_file(name, name, (size_t)i), i);
    }
    remount();
    ck_assert_int_eq(size_of("/.BASHRC"), 3);
    ck_assert_int_eq(size_of("/\xf0\x9f\x98\x80"), 5);
    ck_assert_int_eq(size_of("/A.B.C"), 4);
    ck_assert_int_eq(size_of("/makefile"), 5);
    ck_assert_int_eq(size_of("/readme.txt"), 6);
    ck_assert_int_eq(size_of("/the same start 29.text"), 29);
    ck_assert_int_eq(list_path("/", text, sizeof(text)), 0);
    ck_assert_ptr_nonnull(
        strstr(text, "trailing dots \xf0\x9f\x98\x80 .bashrc a.b.c Makefile README.TXT the same start 0.text "));
}
END_TEST

START_TEST(numbers_are_stable)
{
    struct file *file, *other;

    ck_assert_int_eq(put_file("/one", "1", 1), 1);
    ck_assert_int_eq(open_path("/one", O_RDWR, &file), 0);
    uint64_t number = file->inode->number;
    ck_assert_int_eq(vfs_rename(vfs_root(), "/one", vfs_root(), "/two", false), 0);
    ck_assert_uint_eq(file->inode->number, number);
    ck_assert_int_eq(put_file("/one", "1", 1), 1); /* takes the old place */
    ck_assert_int_eq(open_path("/one", O_RDWR, &other), 0);
    ck_assert_uint_ne(other->inode->number, number);
    file_put(other);
    ck_assert_int_eq(open_path("/TWO", O_RDWR, &other), 0);
    ck_assert_ptr_eq(file->inode, other->inode);
    file_put(other);
    file_put(file);
}
END_TEST

START_TEST(unlinked_file_lives_until_closed)
{
    struct file *file;
    char back[100];
    struct vfs_statfs before, after;

    vfs_root()->fs->ops->statfs(vfs_root()->fs, &before);
    ck_assert_int_eq(put_file("/gone", text, 20000), 20000);
    ck_assert_int_eq(open_path("/gone", O_RDWR, &file), 0);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/gone", false), 0);
    ck_assert_int_eq(size_of("/gone"), -ENOENT);
    ck_assert_int_eq(put_file("/gone", "new", 3), 3);
    ck_assert_int_eq(put_bytes(file, 19990, "0123456789abcdef", 16), 16);
    ck_assert_int_eq(vfs_sync_all(), 0);
    ck_assert_int_eq(get_bytes(file, 19990, back, sizeof(back)), 16);
    ck_assert_mem_eq(back, "0123456789abcdef", 16);
    file_put(file);
    ck_assert_int_eq(get_file("/gone", back, sizeof(back)), 3);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/gone", false), 0);
    vfs_root()->fs->ops->statfs(vfs_root()->fs, &after);
    ck_assert_uint_eq(before.blocks_free, after.blocks_free);
}
END_TEST

START_TEST(gaps_read_as_zeros)
{
    static char big[100000], zeros[100000];
    struct file *file;

    memset(big, 0x77, sizeof(big));
    ck_assert_int_eq(put_file("/junk", big, sizeof(big)), sizeof(big)); /* so that free clusters aren't zero */
    ck_assert_int_eq(vfs_sync_all(), 0);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/junk", false), 0);
    ck_assert_int_eq(put_file("/gap", "abc", 3), 3);
    ck_assert_int_eq(open_path("/gap", O_RDWR, &file), 0);
    ck_assert_int_eq(put_bytes(file, 90000, "end", 3), 3);
    ck_assert_int_eq(truncate_path("/gap", 95000), 0);
    file_put(file);
    remount();
    ck_assert_int_eq(get_file("/gap", big, sizeof(big)), 95000);
    ck_assert_mem_eq(big, "abc", 3);
    ck_assert_mem_eq(big + 3, zeros, 90000 - 3);
    ck_assert_mem_eq(big + 90000, "end", 3);
    ck_assert_mem_eq(big + 90003, zeros, 95000 - 90003);
}
END_TEST

START_TEST(shrunk_and_grown_tail_is_zero)
{
    char bytes[6000], back[6000], zeros[6000] = {0};

    memset(bytes, 'q', sizeof(bytes));
    ck_assert_int_eq(put_file("/tail", bytes, sizeof(bytes)), sizeof(bytes));
    remount();
    ck_assert_int_eq(truncate_path("/tail", 1000), 0);
    ck_assert_int_eq(truncate_path("/tail", 6000), 0);
    remount();
    ck_assert_int_eq(get_file("/tail", back, sizeof(back)), 6000);
    ck_assert_mem_eq(back, bytes, 1000);
    ck_assert_mem_eq(back + 1000, zeros, 5000);
}
END_TEST

START_TEST(full_disk)
{
    static char bytes[1 << 20];
    struct file *file;
    struct vfs_statfs st;
    uint64_t pos = 0;
    int64_t done;

    fill(bytes, sizeof(bytes), 1);
    ck_assert_int_eq(open_path("/full", O_RDWR | O_CREAT, &file), 0);
    while ((done = put_bytes(file, pos, bytes, sizeof(bytes))) > 0)
        pos += (uint64_t)done;
    ck_assert_int_eq(done, -ENOSPC);
    ck_assert_uint_eq(file->inode->size, pos);
    vfs_root()->fs->ops->statfs(vfs_root()->fs, &st);
    ck_assert_uint_lt(st.blocks_free, 8);
    ck_assert_int_eq(truncate_path("/full", 1ull << 30), -ENOSPC);
    ck_assert_int_eq(truncate_path("/full", 1ull << 32), -EFBIG);
    ck_assert_uint_eq(file->inode->size, pos);
    file_put(file);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/full", false), 0);
    ck_assert_int_eq(put_file("/full", bytes, sizeof(bytes)), sizeof(bytes));
}
END_TEST

START_TEST(directories)
{
    struct inode *dir;
    char path[64];

    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/a", 0755), 0);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/a", 0755), -EEXIST);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/a/b/", 0755), 0);
    ck_assert_int_eq(put_file("/a/b/file", "x", 1), 1);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/a/b", true), -ENOTEMPTY);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/a/b", false), -EISDIR);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/a/b/file", true), -ENOTDIR);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/a", vfs_root(), "/a/b/c", false), -EINVAL);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/c", 0755), 0);
    ck_assert_int_eq(vfs_lookup(vfs_root(), "/a/b", LOOKUP_DIRECTORY, &dir), 0);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/a/b", vfs_root(), "/c/moved here", false), 0);
    ck_assert_int_eq(vfs_path_of(dir, path, sizeof(path)), 13);
    ck_assert_str_eq(path, "/c/moved here");
    ck_assert_int_eq(size_of("/c/moved here/../moved here/file"), 1);
    inode_put(dir);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/a", vfs_root(), "/c/moved here", false), -ENOTEMPTY);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/c/moved here", vfs_root(), "/a", false), 0);
    ck_assert_int_eq(size_of("/a/file"), 1);
    ck_assert_int_eq(vfs_lookup(vfs_root(), "/c", LOOKUP_DIRECTORY, &dir), 0);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/c", true), 0);
    ck_assert_int_eq(vfs_mkdir(dir, "late", 0755), -ENOENT);
    ck_assert_int_eq(vfs_path_of(dir, path, sizeof(path)), -ENOENT);
    inode_put(dir);
}
END_TEST

START_TEST(renames_of_files)
{
    char back[8];

    put_file("/from", "from", 4);
    put_file("/to", "to", 2);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/from", vfs_root(), "/to", true), -EEXIST);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/from", vfs_root(), "/to", false), 0);
    ck_assert_int_eq(size_of("/from"), -ENOENT);
    ck_assert_int_eq(get_file("/to", back, sizeof(back)), 4);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/to", vfs_root(), "/TO", false), 0); /* its case only */
    ck_assert_int_eq(vfs_rename(vfs_root(), "/TO", vfs_root(), "/TO", false), 0);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/TO", vfs_root(), "/dev/null", false), -EXDEV);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/dev", vfs_root(), "/x", false), -EBUSY);
    remount();
    ck_assert_int_eq(list_path("/", text, sizeof(text)), 0);
    ck_assert_str_eq(text, "TO dev ");
}
END_TEST

/* What the name cache knows of one spelling must follow what is done with another. */
START_TEST(names_that_are_remembered)
{
    ck_assert_int_eq(size_of("/a file with a long name"), -ENOENT);
    ck_assert_int_eq(size_of("/AFILEW~1"), -ENOENT);
    ck_assert_int_eq(put_file("/A File With A Long Name", "abc", 3), 3);
    ck_assert_int_eq(size_of("/a file with a long name"), 3);
    ck_assert_int_eq(size_of("/AFILEW~1"), 3);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/AFILEW~1", vfs_root(), "/other", false), 0);
    ck_assert_int_eq(size_of("/a file with a long name"), -ENOENT);
    ck_assert_int_eq(size_of("/AFILEW~1"), -ENOENT);
    ck_assert_int_eq(size_of("/OTHER"), 3);
    ck_assert_int_eq(size_of("/other"), 3);
    ck_assert_int_eq(put_file("/third", "defg", 4), 4);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/third", vfs_root(), "/Other", false), 0);
    ck_assert_int_eq(size_of("/OTHER"), 4);
    ck_assert_int_eq(size_of("/third"), -ENOENT);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/oTHER", false), 0);
    ck_assert_int_eq(size_of("/OTHER"), -ENOENT);
    ck_assert_int_eq(size_of("/other"), -ENOENT);

    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/dir", 0755), 0);
    ck_assert_int_eq(size_of("/dir/x"), -ENOENT);
    ck_assert_int_eq(put_file("/dir/y", "abc", 3), 3);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/dir", vfs_root(), "/moved", false), 0);
    ck_assert_int_eq(size_of("/dir/y"), -ENOENT);
    ck_assert_int_eq(size_of("/moved/y"), 3);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/moved/y", false), 0);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/moved", true), 0);
    ck_assert_int_eq(size_of("/moved/x"), -ENOENT);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/MOVED", 0755), 0);
    ck_assert_int_eq(put_file("/moved/X", "abc", 3), 3);
    ck_assert_int_eq(size_of("/moved/x"), 3);
}
END_TEST

START_TEST(many_files_in_a_directory)
{
    char name[256] = "";

    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/many", 0755), 0);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "/many/file number %d", i);
        ck_assert_int_eq(put_file(name, name, (size_t)i), i);
    }
    for (int i = 0; i < 200; i += 2) {
        snprintf(name, sizeof(name), "/many/file number %d", i);
        ck_assert_int_eq(vfs_unlink(vfs_root(), name, false), 0);
    }
    remount();
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "/many/FILE number %d", i);
        ck_assert_int_eq(size_of(name), i % 2 ? i : -ENOENT);
    }
}
END_TEST

START_TEST(times)
{
    struct inode *inode;

    stub_clock_ns = 1709210097ull * 1000000000; /* 2024-02-29 12:34:57 */
    put_file("/now", "", 0);
    remount();
    ck_assert_int_eq(vfs_lookup(vfs_root(), "/now", 0, &inode), 0);
    ck_assert_int_eq(inode->mtime / 1000000000, 1709210096); /* in steps of two seconds */
    ck_assert_int_eq(inode->atime / 1000000000, 1709164800);
    inode->mtime = -5; /* before 1980: the nearest that there is */
    inode_mark_dirty(inode);
    inode_put(inode);
    remount();
    ck_assert_int_eq(vfs_lookup(vfs_root(), "/now", 0, &inode), 0);
    ck_assert_int_eq(inode->mtime / 1000000000, 315532800);
    inode_put(inode);
}
END_TEST

START_TEST(shared_mapping_reaches_the_disk)
{
    struct file *file;
    struct page *page;
    char back[10];

    ck_assert_int_eq(put_file("/map", text, 10000), 10000);
    ck_assert_int_eq(open_path("/map", O_RDWR, &file), 0);
    ck_assert_int_eq(file->inode->object.ops->page(&file->inode->object, 2, 1, &page), 0);
    ck_assert_int_eq(file_sync(file), 0);
    memcpy(page_data(page), "seen late", 10); /* after the page was clean */
    memset((char *)page_data(page) + 10000 - 8192, 'x', 100);
    ck_assert_int_eq(file_sync(file), 0);
    page_put(page);
    file_put(file);
    remount();
    ck_assert_int_eq(open_path("/map", O_RDWR, &file), 0);
    ck_assert_int_eq(get_bytes(file, 8192, back, 10), 10);
    ck_assert_mem_eq(back, "seen late", 10);
    ck_assert_int_eq(truncate_path("/map", 10010), 0);
    ck_assert_int_eq(get_bytes(file, 10000, back, 10), 10);
    ck_assert_mem_eq(back, "\0\0\0\0\0\0\0\0\0\0", 10);
    file_put(file);
}
END_TEST

START_TEST(little_memory)
{
    static char bytes[1000000], back[1000000];

    fill(bytes, sizeof(bytes), 5);
    stub_page_total = 64;
    for (int i = 0; i < 3; i++) {
        char name[] = "/file 0";
        name[6] += (char)i;
        ck_assert_int_eq(put_file(name, bytes, sizeof(bytes)), sizeof(bytes));
        ck_assert_int_eq(get_file(name, back, sizeof(back)), sizeof(bytes));
        ck_assert_mem_eq(back, bytes, sizeof(bytes));
    }
}
END_TEST

START_TEST(faults_in_user_memory)
{
    char bytes[12288];
    struct file *file;

    fill(bytes, sizeof(bytes), 2);
    ck_assert_int_eq(open_path("/fault", O_RDWR | O_CREAT, &file), 0);
    stub_user_fault = (char *)(((uintptr_t)bytes + 5000) & ~4095ul); /* a page boundary */
    int64_t good = stub_user_fault - bytes;
    ck_assert_int_eq(put_bytes(file, 0, bytes, sizeof(bytes)), good);
    ck_assert_int_eq(put_bytes(file, (uint64_t)good, stub_user_fault, 100), -EFAULT);
    ck_assert_uint_eq(file->inode->size, (uint64_t)good);
    ck_assert_int_eq(get_bytes(file, 0, (char *)(uintptr_t)stub_user_fault, 100), -EFAULT);
    file_put(file);
    stub_user_fault = NULL;
}
END_TEST

START_TEST(disk_errors_are_told)
{
    struct file *file;

    ck_assert_int_eq(put_file("/file", text, 30000), 30000);
    remount();
    ck_assert_int_eq(open_path("/file", O_RDWR, &file), 0);
    disk.fail_after = 1;
    ck_assert_int_eq(get_bytes(file, 0, text, 30000), -EIO);
    disk.fail_after = 0;
    ck_assert_int_eq(get_bytes(file, 0, text, 30000), 30000);
    ck_assert_int_eq(put_bytes(file, 0, text, 30000), 30000);
    disk.fail_after = 1;
    ck_assert_int_eq(file_sync(file), -EIO);
    ck_assert_int_eq(vfs_sync_all(), -EIO);
    disk.fail_after = 0;
    ck_assert_int_eq(file_sync(file), 0);
    file_put(file);
}
END_TEST

START_TEST(read_only_disk)
{
    struct file *file;

    put_file("/file", "abc", 3);
    unmount();
    ck_assert_int_eq(vfs_mount_root(stub_disk_open(&disk, true)), 0);
    ck_assert_int_eq(open_path("/file", O_RDWR, &file), -EROFS);
    ck_assert_int_eq(open_path("/file", O_RDONLY | O_TRUNC, &file), -EROFS);
    ck_assert_int_eq(open_path("/new", O_WRONLY | O_CREAT, &file), -EROFS);
    ck_assert_int_eq(truncate_path("/file", 0), -EROFS);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/dir", 0755), -EROFS);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/file", false), -EROFS);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/file", vfs_root(), "/new", false), -EROFS);
    ck_assert_int_eq(open_path("/dev/null", O_RDWR, &file), 0);
    file_put(file);
    ck_assert_int_eq(get_file("/file", text, sizeof(text)), 3);
}
END_TEST

START_TEST(other_geometries)
{
    static const struct {
        unsigned kib, cluster;
        const char *more;
    } kinds[] = {
        {40960, 8, ""}, {65536, 64, ""}, {16384, 2, "-S 2048"}, {8192, 1, "-f 1"}, {20480, 4, "-S 4096 -R 64"}};
    static char bytes[200000], back[200000];

    fill(bytes, sizeof(bytes), 8);
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        unmount();
        free(disk.bytes);
        image_make(&disk, kinds[i].kib, kinds[i].cluster, kinds[i].more);
        mount();
        ck_assert_int_eq(vfs_mkdir(vfs_root(), "/dir", 0755), 0);
        ck_assert_int_eq(put_file("/dir/file", bytes, sizeof(bytes)), sizeof(bytes));
        remount();
        ck_assert_int_eq(get_file("/dir/file", back, sizeof(back)), sizeof(bytes));
        ck_assert_mem_eq(back, bytes, sizeof(bytes));
    }
}
END_TEST

START_TEST(fragmented_beyond_the_run_array)
{
    enum { BLOCK = 512, BLOCKS = 900 };
    static char bytes[BLOCK * BLOCKS], back[BLOCK * BLOCKS];
    struct file *a, *b;

    fill(bytes, sizeof(bytes), 6);
    ck_assert_int_eq(open_path("/a", O_RDWR | O_CREAT, &a), 0);
    ck_assert_int_eq(open_path("/b", O_RDWR | O_CREAT, &b), 0);
    for (uint64_t i = 0; i < BLOCKS; i++) {
        ck_assert_int_eq(put_bytes(a, i * BLOCK, bytes + i * BLOCK, BLOCK), BLOCK);
        ck_assert_int_eq(put_bytes(b, i * BLOCK, bytes + i * BLOCK, BLOCK), BLOCK);
    }
    file_put(a);
    file_put(b);
    remount();
    ck_assert_int_eq(get_file("/a", back, sizeof(back)), sizeof(bytes));
    ck_assert_mem_eq(back, bytes, sizeof(bytes));
    ck_assert_int_eq(open_path("/b", O_RDWR, &b), 0);
    for (int i = BLOCKS - 1; i >= 0; i -= 37) {
        ck_assert_int_eq(get_bytes(b, (uint64_t)i * BLOCK, back, BLOCK), BLOCK);
        ck_assert_mem_eq(back, bytes + (size_t)i * BLOCK, BLOCK);
    }
    ck_assert_int_eq(truncate_path("/b", 600 * BLOCK), 0);
    ck_assert_int_eq(put_bytes(b, 600 * BLOCK, bytes, 5000), 5000);
    ck_assert_int_eq(truncate_path("/b", 100 * BLOCK), 0);
    file_put(b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fat32");
    TCase *tc = tcase_create("fat32");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, reads_what_mtools_wrote);
    tcase_add_test(tc, starting_a_program_takes_few_requests);
    tcase_add_test(tc, mtools_reads_what_we_wrote);
    tcase_add_test(tc, names);
    tcase_add_test(tc, numbers_are_stable);
    tcase_add_test(tc, unlinked_file_lives_until_closed);
    tcase_add_test(tc, gaps_read_as_zeros);
    tcase_add_test(tc, shrunk_and_grown_tail_is_zero);
    tcase_add_test(tc, full_disk);
    tcase_add_test(tc, directories);
    tcase_add_test(tc, renames_of_files);
    tcase_add_test(tc, names_that_are_remembered);
    tcase_add_test(tc, many_files_in_a_directory);
    tcase_add_test(tc, times);
    tcase_add_test(tc, shared_mapping_reaches_the_disk);
    tcase_add_test(tc, little_memory);
    tcase_add_test(tc, faults_in_user_memory);
    tcase_add_test(tc, disk_errors_are_told);
    tcase_add_test(tc, direct_transfers_agree_with_the_cache);
    tcase_add_test(tc, direct_transfers_at_the_end_of_a_file);
    tcase_add_test(tc, direct_transfers_that_fail);
    tcase_add_test(tc, a_sequential_reader_is_read_for_ahead);
    tcase_add_loop_test(tc, what_is_read_ahead_can_be_out_of_date, 0, 3);
    tcase_add_test(tc, reading_ahead_ends_with_the_file);
    tcase_add_test(tc, many_runs_are_stored);
    tcase_add_test(tc, read_only_disk);
    tcase_add_test(tc, other_geometries);
    tcase_add_test(tc, fragmented_beyond_the_run_array);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
