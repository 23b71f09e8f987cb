/* SPDX-License-Identifier: Apache-2.0 */
/* shrink_test.c - what the page cache gives up when there is no memory left: clean pages, mapped or not, and no others.
 */
// sources: guest-kernel/vfs/pagewait.c
// sources: guest-kernel/fs/fat32*.c guest-kernel/fs/tmpfs*.c guest-kernel/fs/devfs.c guest-kernel/vfs/blk.c
// sources: guest-kernel/vfs/dentry.c guest-kernel/vfs/device.c guest-kernel/vfs/direct.c guest-kernel/vfs/entry.c
// sources: guest-kernel/vfs/acl.c guest-kernel/vfs/atime.c guest-kernel/vfs/notify.c guest-kernel/vfs/watch.c
// sources: guest-kernel/vfs/file.c guest-kernel/vfs/fs_context.c guest-kernel/vfs/inode*.c guest-kernel/vfs/mount.c
// sources: guest-kernel/vfs/mount_ops.c guest-kernel/vfs/mount_group.c guest-kernel/vfs/mount_peers.c
// sources: guest-kernel/vfs/namei.c
// guest-kernel/vfs/pagecache.c sources: guest-kernel/vfs/pageindex.c guest-kernel/vfs/pageio.c guest-kernel/vfs/path.c
// guest-kernel/vfs/path_print.c sources: guest-kernel/vfs/permission.c guest-kernel/vfs/readahead.c
// guest-kernel/vfs/readdir.c sources: guest-kernel/vfs/regular.c guest-kernel/vfs/rename.c guest-kernel/vfs/shrink.c
// guest-kernel/vfs/sparse.c sources: guest-kernel/vfs/writeback.c guest-kernel/mm/iter.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/registry.c tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/files.c
// sources: guest-kernel/mm/area.c guest-kernel/mm/fault.c guest-kernel/mm/fork.c guest-kernel/mm/memlock.c
// sources: guest-kernel/mm/object.c guest-kernel/mm/pagetable.c guest-kernel/mm/space.c tests/unit/guest-kernel/disk.c
// sources: guest-kernel/mm/turns.c
// sources: tests/unit/guest-kernel/image.c
// sources: tests/unit/guest-kernel/one_cpu.c
#include <check.h>

#include "../fs/fat32_setup.h"
#include "mm/pagetable.h"
#include "mm/space.h"

#define PAGES 12u
#define AT 0x400000ul
#define RW (PROT_READ | PROT_WRITE)

int arch_space_init(struct arch_space *arch)
{
    struct page *page = page_alloc();

    arch->root = page != NULL ? page_phys(page) : 0;
    return page != NULL ? 0 : -ENOMEM;
}

void arch_tlb_flush_page(uaddr_t va)
{
    (void)va;
}

void arch_tlb_flush_all(void)
{
}

static struct space *space, *child;
static struct file *file;

/* A file of which each page is filled with its number and that is clean, mapped by a space. */
static void map_file(unsigned flags)
{
    const size_t size = PAGES * PAGE_SIZE;
    uaddr_t at = AT;

    for (unsigned i = 0; i < size; i++)
        text[i] = (char)(i / PAGE_SIZE + 1);
    ck_assert_int_eq(put_file("/file", text, size), size);
    ck_assert_int_eq(vfs_sync_all(), 0);
    ck_assert_int_eq(open_path("/file", O_RDWR, &file), 0);
    space = space_create();
    ck_assert_int_eq(space_map(space, &at, PAGES * PAGE_SIZE, RW, RW, flags | MAP_FIXED, &file->inode->object, 0), 0);
}

static void end(void)
{
    space_put(space);
    file_put(file);
}

static bool is_mapped(struct space *in, unsigned n)
{
    uint64_t *pte = pagetable_find(&in->arch, AT + n * PAGE_SIZE);

    return pte != NULL && isa_pte_is_present(*pte);
}

static unsigned mapped(struct space *in)
{
    unsigned count = 0;

    for (unsigned n = 0; n < PAGES; n++)
        count += is_mapped(in, n);
    ck_assert_uint_eq(count, in->resident_pages);
    return count;
}

static unsigned cached(void)
{
    unsigned count = 0;

    for (uint64_t index = 0; pagecache_next(file->inode, &index, UINT64_MAX) != NULL; index++)
        count++;
    return count;
}

static unsigned char *byte_at(struct space *in, unsigned n, unsigned access)
{
    uaddr_t va = AT + n * PAGE_SIZE;

    ck_assert_int_eq(space_fault(in, va, access), 0);
    return phys_to_virt(isa_pte_address(*pagetable_find(&in->arch, va)));
}

static void read_all(struct space *in)
{
    for (unsigned n = 0; n < PAGES; n++)
        ck_assert_uint_eq(*byte_at(in, n, ACCESS_READ), n + 1);
}

START_TEST(mapped_pages_go_when_nothing_else_is_left)
{
    map_file(MAP_PRIVATE);
    read_all(space);
    ck_assert_int_eq(space_fork(space, &child), 0);
    *byte_at(child, 3, ACCESS_WRITE) = 77;
    ck_assert_uint_eq(mapped(space), PAGES);
    ck_assert_uint_eq(mapped(child), PAGES);
    vfs_shrink(100, false); /* for the cache's own sake nobody loses a page */
    vfs_shrink(100, true);
    ck_assert_uint_eq(cached(), PAGES);
    uint64_t used = stub_pages_used;
    ck_assert_uint_ge(pagecache_reclaim(100), PAGES);
    ck_assert_uint_le(stub_pages_used, used - PAGES);
    ck_assert_uint_eq(cached(), 0);
    ck_assert_uint_eq(mapped(space), 0);
    ck_assert_uint_eq(mapped(child), 1); /* its own copy */
    ck_assert_uint_eq(*byte_at(child, 3, ACCESS_READ), 77);
    ck_assert_uint_eq(*byte_at(child, 4, ACCESS_READ), 5);
    read_all(space);
    space_put(child);
    end();
}
END_TEST

static bool is_writable(struct space *in, unsigned n)
{
    return isa_pte_allows(*pagetable_find(&in->arch, AT + n * PAGE_SIZE), ACCESS_WRITE);
}

/* Once a page is written a store through a mapping is a fault again, in all spaces, which makes it dirty again. */
START_TEST(a_page_is_protected_before_it_is_written)
{
    map_file(MAP_SHARED);
    read_all(space);
    *byte_at(space, 3, ACCESS_WRITE) = 77;
    ck_assert_int_eq(space_fork(space, &child), 0);
    *byte_at(child, 3, ACCESS_WRITE) = 78;
    ck_assert(is_writable(space, 3));
    ck_assert(is_writable(child, 3));
    ck_assert_uint_eq(pageindex_dirty_count, 1);
    ck_assert_int_eq(vfs_sync_all(), 0);
    ck_assert_uint_eq(pageindex_dirty_count, 0);
    ck_assert(!is_writable(space, 3));
    ck_assert(!is_writable(child, 3));
    ck_assert_uint_eq(mapped(space), PAGES);
    *byte_at(child, 3, ACCESS_WRITE) = 79;
    ck_assert_uint_eq(pageindex_dirty_count, 1);
    ck_assert(!is_writable(space, 3));
    space_put(child);
    end();
    ck_assert_int_eq(vfs_sync_all(), 0);
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_int_eq(vfs_mount_root(stub_disk_open(&disk, false)), 0);
    ck_assert_int_eq(get_file("/file", text, sizeof(text)), PAGES * PAGE_SIZE);
    ck_assert_int_eq(text[3 * PAGE_SIZE], 79);
}
END_TEST

START_TEST(what_is_locked_stays)
{
    map_file(MAP_PRIVATE);
    read_all(space);
    ck_assert_int_eq(space_lock(space, AT + PAGE_SIZE, AT + 3 * PAGE_SIZE, AREA_LOCKED), 0);
    *byte_at(space, 2, ACCESS_WRITE) = 77; /* a copy: the file's own page isn't there any more for it */
    ck_assert_int_eq(space_fork(space, &child), 0);
    pagecache_reclaim(100);
    pagecache_reclaim(100);
    ck_assert_uint_eq(cached(), 1);
    ck_assert_uint_eq(mapped(space), 2);
    ck_assert(is_mapped(space, 1));
    ck_assert(is_mapped(child, 1));
    ck_assert_int_eq(space_lock(space, AT, AT + PAGES * PAGE_SIZE, 0), 0);
    ck_assert_uint_eq(pagecache_reclaim(1), 1);
    ck_assert(!is_mapped(space, 1));
    space_put(child);
    end();
}
END_TEST

START_TEST(what_is_held_or_dirty_stays)
{
    map_file(MAP_SHARED);
    read_all(space);
    struct page *held = pagecache_find(file->inode, 2);
    *byte_at(space, 5, ACCESS_WRITE) = 99;
    pagecache_reclaim(100);
    pagecache_reclaim(100);
    ck_assert_uint_eq(mapped(space), 2);
    ck_assert_uint_eq(cached(), 2);
    ck_assert(is_mapped(space, 2));
    ck_assert(is_mapped(space, 5));
    page_put(held);
    ck_assert_uint_eq(pagecache_reclaim(1), 1);
    ck_assert_uint_eq(mapped(space), 1);
    ck_assert_int_eq(space_unmap(space, AT, PAGES * PAGE_SIZE), 0);
    ck_assert_int_eq(vfs_sync_all(), 0);
    pagecache_reclaim(100);
    ck_assert_uint_eq(cached(), 0);
    end();
    char byte;
    ck_assert_int_eq(open_path("/file", O_RDWR, &file), 0);
    ck_assert_int_eq(get_bytes(file, 5 * PAGE_SIZE, &byte, 1), 1);
    ck_assert_int_eq(byte, 99);
    file_put(file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shrink");
    TCase *tcase = tcase_create("shrink");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, mapped_pages_go_when_nothing_else_is_left);
    tcase_add_test(tcase, a_page_is_protected_before_it_is_written);
    tcase_add_test(tcase, what_is_locked_stays);
    tcase_add_test(tcase, what_is_held_or_dirty_stays);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
