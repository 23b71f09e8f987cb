/* SPDX-License-Identifier: Apache-2.0 */
/* dax_test.c - files of the host that a server shows in its window: what of it shows what, and what becomes of pages.
 */
// sources: guest-kernel/fs/fuse/*.c guest-kernel/vfs/fuse_port.c guest-kernel/vfs/pagewait.c guest-kernel/core/news.c
// sources: guest-kernel/fs/tmpfs*.c guest-kernel/fs/devfs.c guest-kernel/fs/fat32*.c guest-kernel/vfs/blk.c
// sources: guest-kernel/vfs/dentry.c guest-kernel/vfs/device.c guest-kernel/vfs/direct.c guest-kernel/vfs/entry.c
// sources: guest-kernel/vfs/acl.c guest-kernel/vfs/atime.c guest-kernel/vfs/notify.c guest-kernel/vfs/watch.c
// sources: guest-kernel/vfs/file.c guest-kernel/vfs/fs_context.c guest-kernel/vfs/inode*.c guest-kernel/vfs/mount.c
// sources: guest-kernel/vfs/mount_ops.c guest-kernel/vfs/mount_group.c guest-kernel/vfs/mount_peers.c
// sources: guest-kernel/vfs/namei.c guest-kernel/vfs/pagecache.c guest-kernel/vfs/pageindex.c
// sources: guest-kernel/vfs/pageio.c guest-kernel/vfs/path.c guest-kernel/vfs/path_print.c
// sources: guest-kernel/vfs/permission.c guest-kernel/vfs/readahead.c guest-kernel/vfs/readdir.c
// sources: guest-kernel/vfs/regular.c guest-kernel/vfs/rename.c guest-kernel/vfs/shrink.c
// sources: guest-kernel/vfs/sparse.c guest-kernel/vfs/writeback.c guest-kernel/mm/iter.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/registry.c tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/files.c
// sources: guest-kernel/mm/area.c guest-kernel/mm/fault.c guest-kernel/mm/fork.c guest-kernel/mm/memlock.c
// sources: guest-kernel/mm/object.c guest-kernel/mm/pagetable.c guest-kernel/mm/space.c guest-kernel/mm/turns.c
// sources: guest-kernel/vfs/names_told.c tests/unit/guest-kernel/one_cpu.c
#include "dax_server.h"

/* It has its bytes, wherever they are. */
static void page_check(struct inode *inode, uint64_t index, bool is_shown)
{
    struct page *page;

    ck_assert_int_eq(pagecache_get(inode, index, 1, &page), 0);
    ck_assert_uint_eq(*(unsigned char *)page_data(page), byte_of(inode->key, index));
    ck_assert_int_eq((page->flags & PAGE_WINDOW) != 0, is_shown);
    page_put(page);
}

/* ---- */

START_TEST(a_file_is_shown_by_as_many_pieces_as_it_needs)
{
    struct inode *inode = node_get(0);

    inode->size = server.size[inode->key] = 3 * SMALL;
    for (uint64_t i = 0; i < PAGES(3 * SMALL); i++)
        page_check(inode, i, true);
    ck_assert_uint_eq(server.setups, 3);
    ck_assert_uint_eq(server.last.offset, 2 * SMALL);
    ck_assert_uint_eq(server.last.flags, FUSE_MAPPING_READ);
    ck_assert_uint_eq(server.reads, 0);
    ck_assert_uint_eq(pagecache_pages, 0); /* no memory */
    inode_put(inode);
}
END_TEST

START_TEST(a_large_one_by_large_pieces)
{
    struct inode *inode = node_get(0);

    inode->size = server.size[inode->key] = 2 * LARGE + 1;
    page_check(inode, 0, true);
    page_check(inode, PAGES(2 * LARGE), true);
    page_check(inode, PAGES(LARGE) - 1, true);
    ck_assert_uint_eq(server.setups, 2);
    inode_put(inode);
}
END_TEST

START_TEST(a_short_one_is_read)
{
    struct inode *inode = node_get(0);

    inode->size = server.size[inode->key] = 5000;
    page_check(inode, 1, false);
    ck_assert_uint_eq(server.setups, 0);
    ck_assert_uint_ne(server.reads, 0);
    inode_put(inode);
}
END_TEST

START_TEST(beyond_the_end_is_nothing)
{
    struct inode *inode = node_get(0);
    struct page *page;

    ck_assert_int_eq(pagecache_get(inode, PAGES(inode->size) + 1, 1, &page), -ENXIO);
    page_check(inode, PAGES(inode->size), true);
    ck_assert_int_eq(pagecache_object_page(&inode->object, PAGES(inode->size) + 1, 0, &page), -ENXIO);
    inode_put(inode);
}
END_TEST

/* More files than there are pieces: the piece that was used longest ago goes. */
START_TEST(a_piece_shows_one_file_after_the_other)
{
    struct inode *inode[SMALL_PIECES + 2];

    for (unsigned i = 0; i < SMALL_PIECES + 2; i++) {
        inode[i] = node_get(i);
        page_check(inode[i], 3, true);
        page_check(inode[0], 9, true); /* in the cache by now, or once more */
    }
    ck_assert_uint_ge(server.setups, SMALL_PIECES + 2);
    for (unsigned i = 0; i < SMALL_PIECES + 2; i++)
        page_check(inode[i], 3, true);
    for (unsigned i = 0; i < SMALL_PIECES + 2; i++)
        inode_put(inode[i]);
}
END_TEST

#define AT 0x400000ul

static struct space *map(struct inode *inode, unsigned flags, unsigned prot)
{
    struct space *space = space_create();
    uaddr_t at = AT;

    ck_assert_int_eq(space_map(space, &at, SMALL, prot, prot, flags | MAP_FIXED, &inode->object, 0), 0);
    return space;
}

static uint64_t entry(struct space *space, unsigned n)
{
    const uint64_t *pte = pagetable_find(&space->arch, AT + n * PAGE_SIZE);

    return pte != NULL ? *pte : 0;
}

static unsigned char *touch(struct space *space, unsigned n, unsigned access)
{
    ck_assert_int_eq(space_fault(space, AT + n * PAGE_SIZE, access), 0);
    return phys_to_virt(isa_pte_address(entry(space, n)));
}

static bool is_in_window(struct space *space, unsigned n)
{
    return isa_pte_is_present(entry(space, n)) && (page_of(isa_pte_address(entry(space, n)))->flags & PAGE_WINDOW);
}

START_TEST(what_is_mapped_leaves_tables_before_its_piece_is_used_again)
{
    struct inode *first = node_get(0), *other;
    struct space *space = map(first, MAP_PRIVATE, PROT_READ | PROT_WRITE);

    ck_assert_uint_eq(*touch(space, 3, ACCESS_READ), byte_of(first->key, 3));
    *touch(space, 4, ACCESS_WRITE) = 99;
    ck_assert(is_in_window(space, 3));
    ck_assert(!is_in_window(space, 4));
    for (unsigned i = 1; i <= SMALL_PIECES; i++) {
        other = node_get(i);
        page_check(other, 3, true);
        inode_put(other);
    }
    ck_assert(!isa_pte_is_present(entry(space, 3)));
    ck_assert_uint_eq(*touch(space, 4, ACCESS_READ), 99); /* its own copy stays */
    ck_assert_uint_eq(*touch(space, 3, ACCESS_READ), byte_of(first->key, 3));
    space_put(space);
    inode_put(first);
}
END_TEST

START_TEST(a_piece_of_which_a_page_is_held_stays)
{
    struct inode *first = node_get(0), *other;
    struct page *held;

    ck_assert_int_eq(pagecache_get(first, 3, 1, &held), 0);
    for (unsigned i = 1; i <= 2 * SMALL_PIECES; i++) {
        other = node_get(i % (FILES - 2));
        page_check(other, 3, true);
        ck_assert_uint_eq(*(unsigned char *)page_data(held), byte_of(first->key, 3));
        inode_put(other);
    }
    page_put(held);
    inode_put(first);
}
END_TEST

START_TEST(where_all_are_held_files_are_read)
{
    struct inode *inode[SMALL_PIECES + 1];
    struct page *held[SMALL_PIECES];

    for (unsigned i = 0; i < SMALL_PIECES; i++) {
        inode[i] = node_get(i);
        ck_assert_int_eq(pagecache_get(inode[i], 3, 1, &held[i]), 0);
    }
    inode[SMALL_PIECES] = node_get(SMALL_PIECES);
    page_check(inode[SMALL_PIECES], 3, false);
    for (unsigned i = 0; i < SMALL_PIECES; i++)
        page_put(held[i]);
    for (unsigned i = 0; i < SMALL_PIECES + 1; i++)
        inode_put(inode[i]);
}
END_TEST

START_TEST(a_shared_mapping_writes_to_the_part_for_that)
{
    struct inode *inode = node_get(0);
    struct space *space = map(inode, MAP_SHARED, PROT_READ | PROT_WRITE);

    ck_assert_uint_eq(*touch(space, 3, ACCESS_READ), byte_of(inode->key, 3));
    ck_assert_uint_ge(isa_pte_address(entry(space, 3)), window->base + READ_FROM);
    ck_assert(!isa_pte_allows(entry(space, 3), ACCESS_WRITE));
    *touch(space, 3, ACCESS_WRITE) = 77;
    ck_assert_uint_lt(isa_pte_address(entry(space, 3)), window->base + READ_FROM);
    ck_assert(isa_pte_allows(entry(space, 3), ACCESS_WRITE));
    ck_assert_uint_eq(server.last.flags, FUSE_MAPPING_READ | FUSE_MAPPING_WRITE);
    ck_assert_uint_eq(server.setups, 2);
    *touch(space, 9, ACCESS_WRITE) = 78;
    ck_assert_uint_eq(server.setups, 2);
    ck_assert(!inode->dirty); /* there is nothing to store */
    ck_assert_uint_eq(*touch(space, 3, ACCESS_READ), 77);
    space_put(space);
    inode_put(inode);
}
END_TEST

START_TEST(what_cannot_be_shown_is_read)
{
    struct inode *inode = node_get(0);

    server.error = -ENODEV;
    page_check(inode, 3, false);
    page_check(inode, 20, false);
    ck_assert_uint_eq(server.setups, 1); /* and isn't asked for again */
    inode_put(inode);
}
END_TEST

START_TEST(what_cannot_be_shown_to_be_written_is_stored)
{
    struct inode *inode = node_get(0);
    struct space *space = map(inode, MAP_SHARED, PROT_READ | PROT_WRITE);

    (void)touch(space, 3, ACCESS_READ);
    server.error = -ENODEV;
    *touch(space, 3, ACCESS_WRITE) = 77;
    ck_assert(!is_in_window(space, 3));
    ck_assert(inode->dirty);
    pagecache_drop(inode);
    space_put(space);
    inode_put(inode);
}
END_TEST

START_TEST(a_file_that_became_shorter_ends_sooner)
{
    struct inode *inode = node_get(0);
    struct space *space = map(inode, MAP_PRIVATE, PROT_READ);
    unsigned last = (unsigned)PAGES(server.size[inode->key]);

    (void)touch(space, 3, ACCESS_READ);
    (void)touch(space, last, ACCESS_READ);
    server.size[inode->key] = 4 * PAGE_SIZE + 1;
    port.shown.gone(&port, server.last.start + 5 * PAGE_SIZE, SMALL - 5 * PAGE_SIZE);
    ck_assert(!isa_pte_is_present(entry(space, last)));
    ck_assert(!isa_pte_is_present(entry(space, 3)));
    ck_assert_int_eq(space_fault(space, AT + last * PAGE_SIZE, ACCESS_READ), -ENXIO);
    ck_assert_uint_eq(inode->size, 4 * PAGE_SIZE + 1);
    ck_assert_uint_eq(*touch(space, 3, ACCESS_READ), byte_of(inode->key, 3));
    space_put(space);
    inode_put(inode);
}
END_TEST

START_TEST(what_goes_again_and_again_is_read)
{
    struct inode *inode = node_get(0);

    for (unsigned i = 0; i < 100; i++) {
        page_check(inode, 3, i < 65); /* the first time nothing has gone */
        port.shown.gone(&port, 0, WINDOW);
    }
    inode_put(inode);
}
END_TEST

/* The file was made shorter behind the mapping's back: nobody gets the zeros. */
START_TEST(what_goes_before_the_answer_is_asked_for_again)
{
    struct inode *inode = node_get(0);
    struct inode *other = node_get(1);
    struct space *space = map(inode, MAP_SHARED, PROT_READ | PROT_WRITE);
    unsigned getattrs = server.getattrs;

    server.goes = 1;
    page_check(inode, 3, true);
    ck_assert_uint_eq(server.setups, 2);
    ck_assert_uint_eq(server.getattrs, getattrs + 1);
    server.goes = 1;
    (void)touch(space, 3, ACCESS_WRITE);
    ck_assert(is_in_window(space, 3));
    ck_assert_uint_eq(server.getattrs, getattrs + 2);
    server.goes = UINT32_MAX;
    page_check(other, 3, false);
    space_put(space);
    inode_put(inode);
    inode_put(other);
}
END_TEST

START_TEST(a_size_that_was_told_takes_pages_too)
{
    struct inode *inode = node_get(0);
    struct space *space = map(inode, MAP_PRIVATE, PROT_READ);

    (void)touch(space, 3, ACCESS_READ);
    (void)touch(space, 20, ACCESS_READ);
    server.size[inode->key] = 10 * PAGE_SIZE;
    ck_assert_int_eq(fuse_fetch_now(inode), 0);
    ck_assert(!isa_pte_is_present(entry(space, 20)));
    ck_assert(isa_pte_is_present(entry(space, 3))); /* that is the host's own as before */
    space_put(space);
    inode_put(inode);
}
END_TEST

START_TEST(who_is_forgotten_is_not_shown)
{
    struct inode *inode = node_get(0);

    inode->size = server.size[inode->key] = 3 * SMALL;
    for (uint64_t i = 0; i < PAGES(3 * SMALL); i++)
        page_check(inode, i, true);
    inode_put(inode);
    icache_drop_idle(fs);
    fuse_forget(container_of(fs, struct fuse_fs, fs), true);
    ck_assert_uint_eq(server.removes, 1);
    ck_assert_uint_eq(server.removed, 3);
}
END_TEST

/* A large file's end gives way: before that, nothing of it is left for the part that doesn't. */
START_TEST(what_is_shown_goes_in_turns)
{
    struct inode *inode = node_get(0);
    struct space *space = map(inode, MAP_PRIVATE, PROT_READ);
    uint64_t index = 0;

    page_check(inode, 20, true);
    (void)touch(space, 3, ACCESS_READ);
    pagecache_drop_in_turns(inode);
    ck_assert_ptr_nonnull(pagecache_next(inode, &index, UINT64_MAX)); /* it is mapped */
    space_put(space);
    pagecache_drop_in_turns(inode);
    index = 0;
    ck_assert_ptr_null(pagecache_next(inode, &index, UINT64_MAX));
    inode_put(inode);
}
END_TEST

START_TEST(who_is_killed_leaves_its_piece_to_the_server)
{
    struct inode *inode = node_get(0);
    struct page *page;
    uint64_t start;

    server.is_away = true;
    ck_assert_int_eq(pagecache_get(inode, 3, 1, &page), -EINTR);
    server.is_away = false;
    for (unsigned i = 0; i < 2 * SMALL_PIECES; i++) { /* that one isn't used */
        struct inode *other = node_get(i + 1);
        page_check(other, 3, true);
        inode_put(other);
    }
    page_check(inode, 3, true);
    ck_assert_uint_eq(server.setups, 2 * SMALL_PIECES + 1);
    request_do(server.pending); /* late */
    start = server.last.start;
    for (unsigned i = 0; i < SMALL_PIECES && (i == 0 || server.last.start != start); i++) { /* now it is */
        struct inode *other = node_get(i + 1);
        page_check(other, 3, true);
        inode_put(other);
    }
    ck_assert_uint_eq(server.last.start, start);
    inode_put(inode);
}
END_TEST

START_TEST(memory_may_be_missing_anywhere)
{
    for (unsigned fails = 1; fails < 30; fails++) {
        struct inode *inode = node_get(fails);
        struct page *page;
        stub_fail_at = fails;
        int error = pagecache_get(inode, 3, 1, &page);
        stub_fail_at = 0;
        ck_assert(error == 0 || error == -ENOMEM);
        if (error == 0)
            page_put(page);
        page_check(inode, 3, error != 0 || (page->flags & PAGE_WINDOW));
        inode_put(inode);
    }
}
END_TEST

/* What a program reads to `to`, by so many bytes at a time, is the file from its beginning to its end. */
static void read_whole(struct inode *inode, char *to, size_t step)
{
    struct file file = {.ops = &file_ops_regular, .inode = inode, .refs = 1};
    uint64_t pos = 0;

    for (int64_t got = 1; got != 0;) {
        struct iter_segment segment = {(uintptr_t)to, step};
        struct iter iter;

        memset(to, 0, step);
        iter_init(&iter, &segment, 1, true);
        got = file_pread(&file, &iter, pos);
        ck_assert_int_ge(got, 0);
        for (int64_t i = 0; i < got; i++)
            ck_assert_uint_eq((unsigned char)to[i], byte_of(inode->key, (pos + (uint64_t)i) >> PAGE_SHIFT));
        pos += (uint64_t)got;
    }
    ck_assert_uint_eq(pos, server.size[inode->key]);
}

#define BUFFER 5u /* 128 KiB */

START_TEST(what_is_read_in_order_is_shown_the_second_time)
{
    struct inode *inode = node_get(0);
    struct page *pages = page_alloc_order(BUFFER);

    inode->size = server.size[inode->key] = 3 * SMALL + 5000;
    read_whole(inode, page_data(pages), PAGE_SIZE << BUFFER);
    ck_assert_uint_eq(server.setups, 0);
    ck_assert_uint_eq(server.reads, 7);
    read_whole(inode, page_data(pages), PAGE_SIZE << BUFFER);
    ck_assert_uint_eq(server.setups, 4);
    ck_assert_uint_eq(server.reads, 7);
    for (unsigned i = 0; i < 1u << BUFFER; i++) /* it was given back */
        ck_assert_uint_eq(pages[i].refs, 1);
    page_put_order(pages, BUFFER);
    inode_put(inode);
}
END_TEST

static bool is_cached(struct inode *inode, uint64_t index)
{
    struct page *page = pagecache_find_any(inode, index);

    if (page != NULL)
        page_put(page);
    return page != NULL;
}

START_TEST(a_short_one_that_is_read_at_once_is_kept_the_second_time)
{
    struct inode *inode = node_get(0);
    struct page *pages = page_alloc_order(1);

    inode->size = server.size[inode->key] = 5000;
    read_whole(inode, (char *)page_data(pages) + 32, 5001); /* as python3 does */
    ck_assert_uint_eq(server.reads, 1);
    ck_assert(!is_cached(inode, 0) && !is_cached(inode, 1));
    read_whole(inode, (char *)page_data(pages) + 32, 5001);
    ck_assert(is_cached(inode, 0) && is_cached(inode, 1));
    unsigned reads = server.reads;
    read_whole(inode, (char *)page_data(pages) + 32, 5001);
    ck_assert_uint_eq(server.reads, reads);
    ck_assert_uint_eq(server.setups, 0);
    page_put_order(pages, 1);
    inode_put(inode);
}
END_TEST

START_TEST(a_short_one_that_is_read_in_pieces_is_kept_at_once)
{
    struct inode *inode = node_get(0);
    struct page *page = page_alloc();

    inode->size = server.size[inode->key] = 5000;
    read_whole(inode, page_data(page), PAGE_SIZE);
    ck_assert(is_cached(inode, 0) && is_cached(inode, 1));
    unsigned reads = server.reads;
    read_whole(inode, page_data(page), PAGE_SIZE);
    ck_assert_uint_eq(server.reads, reads);
    page_put(page);
    inode_put(inode);
}
END_TEST

START_TEST(a_buffer_that_is_not_pages_gets_a_copy)
{
    struct inode *inode = node_get(0);
    struct page *pages = page_alloc_order(BUFFER);

    inode->size = server.size[inode->key] = 3 * SMALL + 5000;
    read_whole(inode, (char *)page_data(pages) + 16, (PAGE_SIZE << BUFFER) - 100);
    ck_assert_uint_eq(server.setups, 0);
    page_put_order(pages, BUFFER);
    inode_put(inode);
}
END_TEST

START_TEST(small_reads_are_shown_at_once)
{
    struct inode *inode = node_get(0);
    struct page *page = page_alloc();

    inode->size = server.size[inode->key] = SMALL;
    read_whole(inode, page_data(page), PAGE_SIZE);
    ck_assert_uint_eq(server.setups, 1);
    ck_assert_uint_eq(server.reads, 0);
    page_put(page);
    inode_put(inode);
}
END_TEST

START_TEST(a_session_after_the_other)
{
    struct inode *inode = node_get(0);
    struct page *held;

    ck_assert_int_eq(pagecache_get(inode, 3, 1, &held), 0);
    inode_put(inode);
    teardown_session();
    mount_it();
    for (unsigned i = 0; i < 2 * SMALL_PIECES; i++) { /* what is held stays as it is */
        inode = node_get(i);
        page_check(inode, 4, true);
        inode_put(inode);
        ck_assert_uint_eq(*(unsigned char *)page_data(held), byte_of(2, 3));
    }
    page_put(held);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dax");
    TCase *tests = tcase_create("dax");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_file_is_shown_by_as_many_pieces_as_it_needs);
    tcase_add_test(tests, a_large_one_by_large_pieces);
    tcase_add_test(tests, a_short_one_is_read);
    tcase_add_test(tests, beyond_the_end_is_nothing);
    tcase_add_test(tests, a_piece_shows_one_file_after_the_other);
    tcase_add_test(tests, what_is_mapped_leaves_tables_before_its_piece_is_used_again);
    tcase_add_test(tests, a_piece_of_which_a_page_is_held_stays);
    tcase_add_test(tests, where_all_are_held_files_are_read);
    tcase_add_test(tests, a_shared_mapping_writes_to_the_part_for_that);
    tcase_add_test(tests, what_cannot_be_shown_is_read);
    tcase_add_test(tests, what_cannot_be_shown_to_be_written_is_stored);
    tcase_add_test(tests, a_file_that_became_shorter_ends_sooner);
    tcase_add_test(tests, what_goes_again_and_again_is_read);
    tcase_add_test(tests, what_goes_before_the_answer_is_asked_for_again);
    tcase_add_test(tests, a_size_that_was_told_takes_pages_too);
    tcase_add_test(tests, who_is_forgotten_is_not_shown);
    tcase_add_test(tests, what_is_shown_goes_in_turns);
    tcase_add_test(tests, who_is_killed_leaves_its_piece_to_the_server);
    tcase_add_test(tests, memory_may_be_missing_anywhere);
    tcase_add_test(tests, what_is_read_in_order_is_shown_the_second_time);
    tcase_add_test(tests, a_short_one_that_is_read_at_once_is_kept_the_second_time);
    tcase_add_test(tests, a_short_one_that_is_read_in_pieces_is_kept_at_once);
    tcase_add_test(tests, a_buffer_that_is_not_pages_gets_a_copy);
    tcase_add_test(tests, small_reads_are_shown_at_once);
    tcase_add_test(tests, a_session_after_the_other);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
