/* SPDX-License-Identifier: Apache-2.0 */
/* openat2.c - openat2(2): how far a path may lead (RESOLVE_*), and what it refuses that open(2) doesn't. */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "tree.h"

struct how {
    uint64_t flags, mode, resolve;
};
enum { NO_XDEV = 1, NO_MAGICLINKS = 2, NO_SYMLINKS = 4, BENEATH = 8, IN_ROOT = 16, CACHED = 32 };

static int base;

static long open_how(int at, const char *name, struct how how, size_t size)
{
    long fd = syscall(SYS_openat2, at, name, &how, size);

    if (fd >= 0)
        close((int)fd);
    return fd;
}

static char letter(const char *name, unsigned resolve, uint64_t flags)
{
    struct how how = {.flags = flags, .mode = flags & O_CREAT ? 0644 : 0, .resolve = resolve};

    return error_letter(open_how(base, name, how, sizeof(how)));
}

static void table(const char *title)
{
    static const char *const names[] = {"file",
                                        "./file",
                                        "..",
                                        "../file",
                                        "sub/..",
                                        "sub/../..",
                                        "sub/../file",
                                        "sub/../../outside/file",
                                        "/",
                                        "/file",
                                        "/dev/null",
                                        "/..",
                                        "link",
                                        "uplink",
                                        "rootlink",
                                        "abslink",
                                        "sub/uplink",
                                        "dirlink/f",
                                        "updir/file",
                                        "dotdots",
                                        "dangling",
                                        "absdangling",
                                        "loop",
                                        "none",
                                        "none/x",
                                        "sub/f",
                                        "sub/up/sub/f",
                                        "/sub/f",
                                        "../tree/file",
                                        "sub/./../sub/f",
                                        "link/",
                                        "dirlink/",
                                        "dirlink/..",
                                        "dirlink/../.."};
    static const unsigned resolves[] = {0,
                                        NO_XDEV,
                                        NO_MAGICLINKS,
                                        NO_SYMLINKS,
                                        BENEATH,
                                        IN_ROOT,
                                        BENEATH | NO_SYMLINKS,
                                        IN_ROOT | NO_XDEV,
                                        BENEATH | NO_XDEV | NO_MAGICLINKS};

    printf("%s\n", title);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        printf("%-22s", names[i]);
        for (size_t k = 0; k < sizeof(resolves) / sizeof(resolves[0]); k++) {
            printf(" %c", letter(names[i], resolves[k], O_RDONLY));
            printf("%c", letter(names[i], resolves[k], O_PATH | O_NOFOLLOW));
            bool is_ours = names[i][0] != '/' || (resolves[k] & (IN_ROOT | BENEATH)) != 0;
            printf("%c", is_ours ? letter(names[i], resolves[k], O_RDWR | O_CREAT) : '-');
            unlinkat(base, "none", 0);
        }
        printf("\n");
    }
}

static void others(void)
{
    struct how how = {.flags = O_RDONLY};
    char room[5000] = "";

    show_ok("plain", open_how(base, "file", how, sizeof(how)));
    show("too small", open_how(base, "file", how, 16));
    show("nothing", open_how(base, "file", how, 0));
    memcpy(room, &how, sizeof(how));
    show_ok("larger", syscall(SYS_openat2, base, "file", room, 40ul));
    room[39] = 1;
    show("larger, and not zero", syscall(SYS_openat2, base, "file", room, 40ul));
    show("far too large", syscall(SYS_openat2, base, "file", room, 5000ul));
    show("no memory", syscall(SYS_openat2, base, "file", (void *)8, sizeof(how)));
    show("a mode for nothing", open_how(base, "file", (struct how){.mode = 0600}, sizeof(how)));
    show("bad mode", open_how(base, "file", (struct how){.flags = O_CREAT, .mode = 0100600}, sizeof(how)));
    show("unknown flags", open_how(base, "file", (struct how){.flags = 1ull << 40}, sizeof(how)));
    show("unknown flag", open_how(base, "file", (struct how){.flags = 1u << 30}, sizeof(how)));
    show("unknown ways", open_how(base, "file", (struct how){.resolve = 64}, sizeof(how)));
    show("two roots", open_how(base, "file", (struct how){.resolve = BENEATH | IN_ROOT}, sizeof(how)));
    show("O_PATH to write", open_how(base, "file", (struct how){.flags = O_PATH | O_RDWR}, sizeof(how)));
    show("O_TMPFILE without a mode", open_how(base, "sub", (struct how){.flags = O_TMPFILE}, sizeof(how)));
    show_ok("O_TMPFILE", open_how(base, "sub", (struct how){O_TMPFILE | O_RDWR, 0600, BENEATH}, sizeof(how)));
    show("beyond", open_how(base, "../outside", (struct how){O_TMPFILE | O_RDWR, 0600, BENEATH}, sizeof(how)));
    show("an empty name", open_how(base, "", how, sizeof(how)));
    show("no directory", open_how(99, "file", how, sizeof(how)));
    show("absolute and no directory", open_how(99, "/", how, sizeof(how)) >= 0 ? 0 : -1);
    close(open("tree/file", O_RDONLY));
    show_ok("from memory", open_how(base, "file", (struct how){.resolve = CACHED}, sizeof(how)));
    show("made from memory", open_how(base, "fresh", (struct how){O_CREAT, 0600, CACHED}, sizeof(how)));
    show("cut from memory", open_how(base, "file", (struct how){O_TRUNC | O_RDWR, 0, CACHED}, sizeof(how)));
}

int main(void)
{
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    tree_enter("lvmm-openat2");
    mkdir("tree", 0755);
    mkdir("outside", 0755);
    tree_file("outside/file", "out", 0644);
    if (chdir("tree") != 0)
        return 2;
    mkdir("sub", 0755);
    tree_file("file", "in", 0644);
    tree_file("sub/f", "f", 0644);
    int error = symlink("file", "link") | symlink("../outside/file", "uplink") | symlink("/", "rootlink");
    error |= symlink("/dev/null", "abslink") | symlink("../file", "sub/uplink") | symlink("sub", "dirlink");
    error |= symlink("../outside", "updir") | symlink("..", "dotdots") | symlink("none", "dangling");
    error |= symlink("/none/none", "absdangling") | symlink("loop", "loop") | symlink("..", "sub/up");
    if (chdir("..") != 0 || error != 0)
        return 3;
    base = open("tree", O_RDONLY | O_DIRECTORY);
    table("in a directory");
    others();
    close(base);
    base = AT_FDCWD;
    if (chdir("tree") != 0)
        return 2;
    table("in the working directory");
    if (chdir("..") != 0)
        return 2;
    tree_leave("lvmm-openat2");
    return 0;
}
