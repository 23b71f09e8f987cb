/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/sandbox/mounts.c vmm/share/attributes.c vmm/share/beneath.c vmm/share/caller.c vmm/share/change.c
// vmm/share/changes.c vmm/share/copy.c vmm/share/folders.c vmm/share/git_guard.c vmm/share/git_names.c
// vmm/share/handles.c vmm/share/layers.c vmm/share/listing.c vmm/share/locks.c vmm/share/lookup.c vmm/share/making.c
// vmm/share/identity.c vmm/share/nodes.c vmm/share/rights.c vmm/share/numbers.c vmm/share/nameless.c
// vmm/share/open_file.c vmm/share/raise.c vmm/share/removing.c vmm/share/renaming.c vmm/share/tree_create.c
// vmm/share/upper.c vmm/share/xattrs.c vmm/share/watches.c vmm/share/echoes.c
/* model_test.c - random operations on a cow share, and the same on a copy of the host's folder: after each the results,
 * and after some all files, are the same; the host's folder stays as it was. */
#include "tests/unit/vmm/share/share.h"

#include <sys/xattr.h>

#define STEPS 1000u
#define NAMES 5u

static uint32_t state;
static char operation[600]; /* the last one, for a message */

static uint32_t pick(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % below;
}

/* ---- two views of a tree ---- */

/* A folder, in which a name is: by a node of the guest, and by a descriptor in the model. */
struct spot {
    uint64_t node;
    char folder[200], name[4];
};

static const char *model(const struct spot *spot)
{
    return at("model/%s%s", spot->folder, spot->name);
}

/* A random folder of those that there are, and a random name in it. */
static void pick_spot(struct spot *spot)
{
    struct fuse_entry_out entry;

    spot->folder[0] = 0;
    for (unsigned depth = pick(4); depth > 0; depth--) {
        char further[200];

        snprintf(further, sizeof(further), "%.190s%c/", spot->folder, (char)('a' + pick(NAMES)));
        if (look(further, &entry) < 0 || !S_ISDIR(entry.attr.mode))
            break;
        strcpy(spot->folder, further);
    }
    snprintf(spot->name, sizeof(spot->name), "%c", (char)('a' + pick(NAMES)));
    spot->node = node_of(spot->folder);
}

static void describe(char *text, size_t size, mode_t mode, uint64_t bytes, uint32_t nlink, int64_t mtime,
                     const char *content, const char *xattr)
{
    snprintf(text, size, "mode %o size %lu nlink %u mtime %ld \"%s\" xattr \"%s\"", mode,
             S_ISDIR(mode) ? 0 : (unsigned long)bytes, S_ISDIR(mode) ? 0 : nlink, (long)(S_ISDIR(mode) ? 0 : mtime),
             content, xattr);
}

static void describe_guest(const char *path, char *text, size_t size)
{
    struct fuse_entry_out entry;
    int64_t node = look(path, &entry);
    char content[256] = "", xattr[16] = "";

    ck_assert_msg(node > 0, "%s isn't there, after %s", path, operation);
    if (S_ISLNK(entry.attr.mode))
        ck_assert_int_gt(share_readlink(tree, (uint64_t)node, content, sizeof(content) - 1), 0);
    if (S_ISREG(entry.attr.mode))
        snprintf(content, sizeof(content), "%s", guest_reads(path));
    if (share_getxattr(tree, (uint64_t)node, "user.x", xattr, sizeof(xattr) - 1) < 0)
        xattr[0] = 0;
    describe(text, size, entry.attr.mode, entry.attr.size, entry.attr.nlink,
             entry.attr.mtime < 100000 ? (int64_t)entry.attr.mtime : -1, content, xattr);
    ck_assert_int_eq(look(path, &entry), node);
}

static void describe_model(const char *path, char *text, size_t size)
{
    char content[256] = "", xattr[16] = "";
    struct stat st;

    ck_assert_msg(lstat(path, &st) == 0, "%s isn't in the model, after %s", path, operation);
    if (S_ISLNK(st.st_mode))
        ck_assert_int_gt(readlink(path, content, sizeof(content) - 1), 0);
    if (S_ISREG(st.st_mode))
        snprintf(content, sizeof(content), "%s", read_file(path));
    if (lgetxattr(path, "user.x", xattr, sizeof(xattr) - 1) < 0)
        xattr[0] = 0;
    describe(text, size, st.st_mode, (uint64_t)st.st_size, (uint32_t)st.st_nlink,
             st.st_mtim.tv_sec < 100000 ? st.st_mtim.tv_sec : -1, content, xattr);
}

static const char *model_names(const char *path)
{
    static char all[256];
    struct dirent **list;
    int n = scandir(path, &list, NULL, alphasort);

    all[0] = 0;
    for (int i = 0; i < n; i++) {
        strcat(strcat(all, list[i]->d_name), " ");
        free(list[i]);
    }
    if (n >= 0)
        free((void *)list);
    return all;
}

static void compare(const char *folder)
{
    char names[256];

    snprintf(names, sizeof(names), "%.255s", names_in(folder, pick(2)));
    ck_assert_msg(strcmp(names, model_names(at("model/%s", folder))) == 0, "%s: %s, not %s, after %s", folder, names,
                  model_names(at("model/%s", folder)), operation);
    for (const char *name = names; *name != 0; name += 2) {
        char path[200], guest[600], other[600];

        if (*name == '.') {
            name += name[1] == '.';
            continue;
        }
        snprintf(path, sizeof(path), "%.190s%c", folder, *name);
        describe_guest(path, guest, sizeof(guest));
        describe_model(at("model/%s", path), other, sizeof(other));
        ck_assert_msg(strcmp(guest, other) == 0, "%s: %s, not %s, after %s", path, guest, other, operation);
        if (strncmp(guest, "mode 4", 6) == 0 && strlen(folder) < 20) {
            strcat(path, "/");
            compare(path);
        }
    }
}

/* ---- operations: each returns what the guest's had for a result, and does the same to the model ---- */

static void same_result(int guest, long other, int error)
{
    int wanted = other < 0 ? -error : 0;

    ck_assert_msg(guest == wanted, "%s: %s, not %s", operation, strerror(-guest), strerror(-wanted));
}

/* Both in this order, as each sets errno. */
#define same(guest, other)                      \
    do {                                        \
        int of_guest = (guest);                 \
        long of_model = (other);                \
        same_result(of_guest, of_model, errno); \
    } while (0)

static void do_create(struct spot *spot)
{
    struct fuse_create_in in = {.flags = O_RDWR | O_EXCL, .mode = S_IFREG | 0600 | pick(64)};
    struct fuse_entry_out entry;
    struct fuse_open_out open_out;
    int error = share_create(tree, &nobody_special, spot->node, spot->name, &in, &entry, &open_out);
    int fd;

    same(error, fd = open(model(spot), O_RDWR | O_CREAT | O_EXCL, in.mode & 07777));
    if (fd < 0)
        return;
    ck_assert_int_eq(write_at(open_out.fh, operation, 0), (ssize_t)strlen(operation));
    ck_assert_int_eq(write(fd, operation, strlen(operation)), (ssize_t)strlen(operation));
    close(fd);
    share_release(tree, open_out.fh);
}

static void do_write(struct spot *spot)
{
    char path[300];
    struct stat st;
    uint32_t offset = pick(100), extra = pick(3) == 0 ? O_TRUNC : 0;

    snprintf(path, sizeof(path), "%s%s", spot->folder, spot->name);
    if (lstat(model(spot), &st) < 0 || !S_ISREG(st.st_mode))
        return;
    int64_t handle = open_path(path, (int)(O_WRONLY | extra));
    int fd;
    same(handle < 0 ? (int)handle : 0, fd = open(model(spot), (int)(O_WRONLY | extra)));
    if (fd < 0)
        return;
    ck_assert_int_eq(write_at((uint64_t)handle, "<w>", offset), 3);
    ck_assert_int_eq(pwrite(fd, "<w>", 3, offset), 3);
    close(fd);
    share_release(tree, (uint64_t)handle);
}

static void do_mkdir(struct spot *spot)
{
    struct fuse_entry_out entry;

    same(share_mkdir(tree, &nobody_special, spot->node, spot->name, 0755, &entry), mkdir(model(spot), 0755));
}

static void do_unlink(struct spot *spot)
{
    same(share_unlink(tree, spot->node, spot->name), unlinkat(AT_FDCWD, model(spot), 0));
}

static void do_rmdir(struct spot *spot)
{
    same(share_rmdir(tree, spot->node, spot->name), rmdir(model(spot)));
}

static void do_symlink(struct spot *spot)
{
    struct fuse_entry_out entry;

    same(share_symlink(tree, &nobody_special, spot->node, spot->name, "no where", &entry),
         symlink("no where", model(spot)));
}

static void do_mkfifo(struct spot *spot)
{
    struct fuse_entry_out entry;

    same(share_mknod(tree, &nobody_special, spot->node, spot->name, S_IFIFO | 0600, 0, &entry),
         mkfifo(model(spot), 0600));
}

static void do_rename(struct spot *spot)
{
    static const uint32_t flags[] = {0, 0, 0, RENAME_NOREPLACE, RENAME_EXCHANGE};
    uint32_t flag = flags[pick(5)];
    struct spot to;

    pick_spot(&to);
    snprintf(operation + strlen(operation), 300, " to %s%s flags %u", to.folder, to.name, flag);
    int error = share_rename(tree, spot->node, spot->name, to.node, to.name, flag);
    if (error != -EXDEV) /* a folder of the host's */
        same(error, renameat2(AT_FDCWD, model(spot), AT_FDCWD, model(&to), flag));
}

static void do_link(struct spot *spot)
{
    struct fuse_entry_out entry;
    char path[300];
    struct spot to;

    pick_spot(&to);
    snprintf(path, sizeof(path), "%s%s", spot->folder, spot->name);
    int64_t node = look(path, NULL);
    if (node > 0)
        same(share_link(tree, (uint64_t)node, to.node, to.name, &entry), link(model(spot), model(&to)));
}

static void do_setattr(struct spot *spot)
{
    struct fuse_setattr_in in = {.valid = FATTR_MTIME | FATTR_ATIME, .mtime = pick(99999)};
    struct timespec times[2] = {{0, 0}, {(time_t)in.mtime, 0}};
    struct fuse_attr_out attr;
    struct stat st;
    char path[300];

    snprintf(path, sizeof(path), "%s%s", spot->folder, spot->name);
    int64_t node = look(path, NULL);
    if (node < 0) {
        ck_assert_int_eq(lstat(model(spot), &st), -1);
        return;
    }
    ck_assert_int_eq(lstat(model(spot), &st), 0);
    if (S_ISREG(st.st_mode) && pick(2)) {
        in.valid |= FATTR_SIZE | FATTR_MODE;
        in.size = pick(120);
        in.mode = 0600 | pick(64);
        ck_assert_int_eq(truncate(model(spot), (off_t)in.size), 0);
        ck_assert_int_eq(chmod(model(spot), in.mode), 0);
    }
    same(share_setattr(tree, (uint64_t)node, &in, &attr), utimensat(AT_FDCWD, model(spot), times, AT_SYMLINK_NOFOLLOW));
}

static void do_xattr(struct spot *spot)
{
    char path[300], value[3] = {(char)('A' + pick(26)), 0, 0};

    snprintf(path, sizeof(path), "%s%s", spot->folder, spot->name);
    int64_t node = look(path, NULL);
    if (node < 0)
        return;
    if (pick(3) == 0)
        same(share_removexattr(tree, (uint64_t)node, "user.x"), lremovexattr(model(spot), "user.x"));
    else
        same(share_setxattr(tree, (uint64_t)node, "user.x", value, 1, 0),
             lsetxattr(model(spot), "user.x", value, 1, 0));
}

static const struct {
    const char *name;
    void (*run)(struct spot *spot);
} operations[] = {{"create", do_create},   {"create", do_create}, {"write", do_write},   {"mkdir", do_mkdir},
                  {"unlink", do_unlink},   {"rmdir", do_rmdir},   {"rename", do_rename}, {"rename", do_rename},
                  {"symlink", do_symlink}, {"mkfifo", do_mkfifo}, {"link", do_link},     {"setattr", do_setattr},
                  {"xattr", do_xattr},     {"mkdir", do_mkdir}};

/* ---- the test ---- */

static void populate(const char *top, const char *folder, unsigned depth)
{
    struct timespec times[2] = {{1, 0}, {1, 0}};
    char path[200];

    for (char name = 'a'; name < (char)('a' + NAMES); name++) {
        snprintf(path, sizeof(path), "%.190s%c", folder, name);
        if (name == 'e') {
            ck_assert_int_eq(symlink("no where", at("%s/%s", top, path)), 0);
        } else if (name >= 'c' || depth == 0) {
            write_file(at("%s/%s", top, path), path);
            ck_assert_int_eq(utimensat(AT_FDCWD, at("%s/%s", top, path), times, 0), 0);
        } else {
            ck_assert_int_eq(mkdir(at("%s/%s", top, path), 0755), 0);
            strcat(path, "/");
            populate(top, path, depth - 1);
        }
    }
}

/* In a cow share and in a rw one, whose host's folder is then what is compared. */
static void run(uint32_t seed, enum share_mode mode)
{
    char before[2000], after[2000];

    state = seed;
    make_place();
    ck_assert_int_eq(mkdir(at("model"), 0755), 0);
    populate("host", "", 2);
    populate("model", "", 2);
    snprintf(before, sizeof(before), "%s|%s", model_names(at("host")), read_file(at("host/a/a/a")));
    show(mode);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned what = pick(sizeof(operations) / sizeof(operations[0]));
        struct spot spot;

        pick_spot(&spot);
        snprintf(operation, sizeof(operation), "seed %u step %u: %s %s%s", seed, step, operations[what].name,
                 spot.folder, spot.name);
        operations[what].run(&spot);
        if (step % 50 == 49)
            compare("");
        if (step % 200 == 199) /* another run, which finds all again */
            show(mode);
    }
    compare("");
    if (mode == SHARE_RW) {
        remove_place();
        return;
    }
    snprintf(after, sizeof(after), "%s|%s", model_names(at("host")), read_file(at("host/a/a/a")));
    ck_assert_str_eq(before, after);
    remove_all(at("model"));
    ck_assert_int_eq(mkdir(at("model"), 0755), 0);
    populate("model", "", 2);
    share_tree_destroy(tree);
    tree = NULL;
    remove_all(at("upper"));
    ck_assert_int_eq(mkdir(at("upper"), 0755), 0);
    show(SHARE_COW); /* without changes the host's folder is what it was in the beginning */
    compare("");
    remove_place();
}

START_TEST(as_a_copy)
{
    run((uint32_t)_i + 1, SHARE_COW);
}
END_TEST

START_TEST(written_to_as_a_copy)
{
    run((uint32_t)_i + 1, SHARE_RW);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("share_model");
    TCase *tc = tcase_create("share_model");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, as_a_copy, 0, 4);
    tcase_add_loop_test(tc, written_to_as_a_copy, 0, 2);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
