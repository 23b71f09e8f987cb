/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/sandbox/mounts.c vmm/share/attributes.c vmm/share/beneath.c vmm/share/caller.c vmm/share/change.c
// vmm/share/changes.c vmm/share/copy.c vmm/share/folders.c vmm/share/git_guard.c vmm/share/git_names.c
// vmm/share/handles.c vmm/share/layers.c vmm/share/listing.c vmm/share/locks.c vmm/share/lookup.c vmm/share/making.c
// vmm/share/identity.c vmm/share/nodes.c vmm/share/rights.c vmm/share/numbers.c vmm/share/nameless.c
// vmm/share/open_file.c vmm/share/raise.c vmm/share/removing.c vmm/share/renaming.c vmm/share/tree_create.c
// vmm/share/upper.c vmm/share/xattrs.c vmm/share/watches.c vmm/share/echoes.c
/* told_test.c - what a guest is told of the host's changes in rw shares, and what of that are its own (watches.h). */
#include "tests/unit/vmm/share/share.h"

#include "boot/abi_share.h"

#include <sys/inotify.h>

static struct fuse_entry_out entry;
static struct fuse_attr_out attr;

static void setup(void)
{
    make_place();
    ck_assert_int_eq(mkdir(at("host/dir"), 0755), 0);
    show(SHARE_RW);
}

static mode_t mode_of(const char *name)
{
    struct stat st;

    ck_assert_msg(lstat(at("host/%s", name), &st) == 0, "%s", name);
    return st.st_mode;
}

static int create(const char *name, uint32_t flags, uint32_t mode, struct fuse_open_out *open)
{
    struct fuse_create_in in = {.flags = flags, .mode = S_IFREG | mode};

    return share_create(tree, &nobody_special, node_of("dir"), name, &in, &entry, open);
}

/* What the guest has made isn't told it, where it takes back by itself what it knew; what others do with that is. */
START_TEST(what_others_do_with_the_guests_files_is_told)
{
    _Alignas(struct lvmm_fuse_event) char events[LVMM_FUSE_EVENTS_LEAST];
    const struct lvmm_fuse_event *event = (const void *)events;
    struct fuse_open_out open;

    ck_assert_int_eq(share_events(tree, events, sizeof(events)), 0);
    if (share_events_fd(tree) < 0)
        return;
    uint64_t dir = node_of("dir");
    ck_assert_int_eq(share_lookup(tree, dir, "new", &entry), 0); /* from now on it is watched */
    ck_assert_uint_eq(entry.nodeid, 0);
    ck_assert_int_eq(create("new", O_RDWR | O_EXCL, 0640, &open), 0);
    share_own_change(tree, dir, "new", IN_CREATE, true);
    ck_assert_int_eq(share_events(tree, events, sizeof(events)), 0);
    ck_assert_int_eq(create("other", O_RDWR | O_EXCL, 0640, &open), 0);
    share_own_change(tree, dir, "other", IN_CREATE, true);
    ck_assert_int_eq(unlink(at("host/dir/other")), 0);
    ck_assert_int_gt(share_events(tree, events, sizeof(events)), 0);
    ck_assert_uint_eq(event->mask, IN_DELETE);
    ck_assert_uint_eq(event->flags, 0);
}
END_TEST

/* The guest writes to a file whose name another one has got since: what others do with that one is told. */
START_TEST(a_name_that_others_have_given_away_is_told_of)
{
    _Alignas(struct lvmm_fuse_event) char events[LVMM_FUSE_EVENTS_LEAST];
    const struct lvmm_fuse_event *event = (const void *)events;
    struct fuse_open_out open;

    ck_assert_int_eq(share_events(tree, events, sizeof(events)), 0);
    if (share_events_fd(tree) < 0)
        return;
    ck_assert_int_eq(create("new", O_RDWR | O_EXCL, 0640, &open), 0);
    uint64_t own = entry.nodeid;
    share_own_change(tree, node_of("dir"), "new", IN_CREATE, true);
    ck_assert_int_eq(chmod(at("host/dir/new"), 0600), 0); /* by whomever: it is the guest's file */
    share_own_change(tree, own, NULL, IN_ATTRIB, true);
    ck_assert_int_eq(share_events(tree, events, sizeof(events)), 0);
    write_file(at("host/dir/another"), "");
    ck_assert_int_eq(rename(at("host/dir/another"), at("host/dir/new")), 0);
    ck_assert_int_gt(share_events(tree, events, sizeof(events)), 0);
    ck_assert_int_eq(share_lookup(tree, node_of("dir"), "new", &entry), 0);
    ck_assert_uint_ne(entry.nodeid, own);
    ck_assert_int_eq(chmod(at("host/dir/new"), 0640), 0);
    share_own_change(tree, own, NULL, IN_ATTRIB, true);
    ck_assert_int_gt(share_events(tree, events, sizeof(events)), 0);
    ck_assert_uint_eq(event->mask, IN_ATTRIB);
    ck_assert_uint_eq(event->flags, LVMM_FUSE_EVENT_ECHO);
}
END_TEST

/* Nobody has looked for anything there before. */
START_TEST(a_folder_is_watched_from_its_first_new_file_on)
{
    _Alignas(struct lvmm_fuse_event) char events[LVMM_FUSE_EVENTS_LEAST];
    struct fuse_setattr_in in = {.valid = FATTR_MODE, .mode = S_IFREG | 0600};
    const struct lvmm_fuse_event *event = (const void *)events;
    struct fuse_open_out open;

    ck_assert_int_eq(share_events(tree, events, sizeof(events)), 0);
    if (share_events_fd(tree) < 0)
        return;
    ck_assert_int_eq(create("new", O_RDWR | O_EXCL, 0640, &open), 0);
    ck_assert(entry.entry_valid == LVMM_FUSE_TOLD);
    share_own_change(tree, node_of("dir"), "new", IN_CREATE, true);
    ck_assert_int_eq(share_setattr(tree, entry.nodeid, &in, &attr), 0);
    share_own_change(tree, entry.nodeid, NULL, IN_ATTRIB, true);
    ck_assert_uint_eq(attr.attr.mode, 0); /* the guest doesn't look at them */
    ck_assert_uint_eq(mode_of("dir/new"), S_IFREG | 0600);
    ck_assert_int_eq(share_events(tree, events, sizeof(events)), 0);
    write_file(at("host/dir/another"), "");
    ck_assert_int_gt(share_events(tree, events, sizeof(events)), 0);
    ck_assert_uint_eq(event->mask, IN_CREATE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("share_told");
    TCase *tc = tcase_create("share_told");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, remove_place);
    tcase_add_test(tc, what_others_do_with_the_guests_files_is_told);
    tcase_add_test(tc, a_name_that_others_have_given_away_is_told_of);
    tcase_add_test(tc, a_folder_is_watched_from_its_first_new_file_on);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
