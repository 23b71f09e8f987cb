/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_names.c - names of files in memory: hard and symbolic links, nodes of all kinds, what renameat2(2) can do with
 * them, and files that have no name (O_TMPFILE) until they get one. */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "show.h"

#define NOREPLACE 1u
#define EXCHANGE 2u
#define WHITEOUT 4u

static void state(const char *path)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        printf("  %s: %s\n", path, error_name(errno));
    else
        printf("  %s: %o links %lu size %lld blocks %lld\n", path, st.st_mode, (unsigned long)st.st_nlink,
               (long long)st.st_size, (long long)st.st_blocks);
}

static void make(const char *path, const char *text)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);

    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        printf("make %s: %s\n", path, error_name(errno));
    close(fd);
}

static void text_of(const char *path)
{
    char text[100] = "";
    int fd = open(path, O_RDONLY);
    ssize_t got = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

    printf("  %s holds: %s\n", path, got < 0 ? error_name(errno) : text);
    close(fd);
}

static void links_of(const char *path)
{
    struct stat st;

    printf("  %s: %lu links\n", path, lstat(path, &st) == 0 ? (unsigned long)st.st_nlink : 0);
}

static void hard_links(void)
{
    struct stat a, b;

    make("a", "text");
    show("link", link("a", "b"));
    show("link again", link("a", "b"));
    show("link of a directory", link("d", "e"));
    show("link of nothing", link("nothing", "e"));
    stat("a", &a);
    stat("b", &b);
    printf("one file: %d, links %lu\n", a.st_ino == b.st_ino, (unsigned long)a.st_nlink);
    show("unlink", unlink("a"));
    links_of("b");
    text_of("b");
    show("into a directory", link("b", "d/b"));
    show("unlink", unlink("b"));
    text_of("d/b");
    show("rmdir", rmdir("d"));
    show("unlink", unlink("d/b"));
}

static void symbolic_links(void)
{
    static char target[4096], text[5000];
    static const int lengths[] = {1, 59, 127, 128, 4095};

    for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        memset(target, 'x', sizeof(target));
        target[lengths[i]] = 0;
        show("symlink", symlink(target, "l"));
        printf("  reads %zd\n", readlink("l", text, sizeof(text)));
        lstat("l", &(struct stat){0});
        unlink("l");
    }
    show("empty", symlink("", "l"));
    make("a", "through");
    show("symlink", symlink("a", "l"));
    show("again", symlink("b", "l"));
    text_of("l");
    state("l");
    show("hard link to a link", linkat(AT_FDCWD, "l", AT_FDCWD, "m", 0));
    links_of("l");
    show("through it", linkat(AT_FDCWD, "l", AT_FDCWD, "n", AT_SYMLINK_FOLLOW));
    links_of("a");
    show("a loop", symlink("loop", "loop"));
    show("open a loop", open("loop", O_RDONLY));
    show("up and down", symlink("../", "d/up"));
    text_of("d/up/d/up/a");
    unlink("d/up");
    unlink("loop");
    unlink("l");
    unlink("m");
    unlink("n");
    unlink("a");
}

static void nodes(void)
{
    struct stat st;

    show("null", mknod("null", S_IFCHR | 0666, makedev(1, 3)));
    show("fifo", mknod("fifo", S_IFIFO | 0600, 0));
    show("socket", mknod("socket", S_IFSOCK | 0600, 0));
    show("block", mknod("block", S_IFBLK | 0600, makedev(250, 77)));
    show("regular", mknod("regular", S_IFREG | 0600, 0));
    show("no type", mknod("regular2", 0600, 0));
    show("directory", mknod("directory", S_IFDIR | 0600, 0));
    show("link", mknod("link", S_IFLNK | 0600, 0));
    stat("block", &st);
    printf("  block: %o %u:%u\n", st.st_mode, major(st.st_rdev), minor(st.st_rdev));
    state("fifo");
    state("socket");
    state("regular2");
    show("open socket", open("socket", O_RDWR));
    unlink("null");
    unlink("fifo");
    unlink("socket");
    unlink("block");
    unlink("regular");
    unlink("regular2");
}

static int rename2(const char *from, const char *to, unsigned flags)
{
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

static void renames(void)
{
    make("a", "a");
    make("b", "b");
    mkdir("e", 0755);
    make("d/in", "in");
    show("over a file", rename("a", "b"));
    text_of("b");
    show("not over a file", rename2("b", "d/in", NOREPLACE));
    show("to what isn't", rename2("b", "a", NOREPLACE));
    show("exchange files", rename2("a", "d/in", EXCHANGE));
    text_of("a");
    text_of("d/in");
    show("exchange a file and a directory", rename2("a", "d", EXCHANGE));
    text_of("d");
    text_of("a/in");
    show("back", rename2("a", "d", EXCHANGE));
    show("exchange with nothing", rename2("a", "nothing", EXCHANGE));
    show("exchange directories", rename2("d", "e", EXCHANGE));
    text_of("e/in");
    show("back", rename2("d", "e", EXCHANGE));
    show("exchange with one's own", rename2("d", "d/in", EXCHANGE));
    show("exchange and not replace", rename2("a", "d", EXCHANGE | NOREPLACE));
    show("unknown flag", rename2("a", "c", 8));
    show("whiteout", rename2("a", "c", WHITEOUT));
    text_of("c");
    state("a");
    show("whiteout over", rename2("c", "d/in", WHITEOUT));
    text_of("d/in");
    state("c");
    unlink("a");
    unlink("c");
    show("over a directory with files", rename("e", "d"));
    links_of(".");
    show("into another", rename("e", "d/e"));
    links_of(".");
    links_of("d");
    show("into itself", rename("d", "d/e/d"));
    mkdir("f", 0755);
    show("over an empty one", rename("f", "d/e"));
    links_of(".");
    links_of("d");
    rmdir("d/e");
    unlink("d/in");
    links_of("d");
}

/* Directories count twenty bytes for each name, as Linux's do. */
static void sizes(void)
{
    state("d");
    make("d/1", "");
    make("d/2", "");
    state("d");
    rename("d/1", "d/3");
    state("d");
    rename("d/3", "d/2");
    state("d");
    unlink("d/2");
    state("d");
}

static void nameless(void)
{
    struct stat st;
    int fd = open(".", O_TMPFILE | O_RDWR, 0640), other, kept;

    show("write", write(fd, "nameless", 8));
    fstat(fd, &st);
    printf("%o links %lu size %lld\n", st.st_mode, (unsigned long)st.st_nlink, (long long)st.st_size);
    show("linkat", linkat(fd, "", AT_FDCWD, "named", AT_EMPTY_PATH));
    fstat(fd, &st);
    printf("links %lu\n", (unsigned long)st.st_nlink);
    text_of("named");
    show("again", linkat(fd, "", AT_FDCWD, "named2", AT_EMPTY_PATH));
    unlink("named");
    unlink("named2");
    show("after the last one went", linkat(fd, "", AT_FDCWD, "named", AT_EMPTY_PATH));
    kept = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600);
    show("exclusive", linkat(kept, "", AT_FDCWD, "named", AT_EMPTY_PATH));
    show("read-only", open(".", O_TMPFILE | O_RDONLY, 0600));
    show("with O_CREAT", open(".", O_TMPFILE | O_RDWR | O_CREAT, 0600));
    show("of a file", open("d/none", O_TMPFILE | O_RDWR, 0600));
    make("d/file", "");
    show("in a file", open("d/file", O_TMPFILE | O_RDWR, 0600));
    unlink("d/file");
    other = open("d", O_TMPFILE | O_WRONLY, 0200);
    show("rmdir", rmdir("d"));
    show("in a directory that went", linkat(other, "", AT_FDCWD, "d/x", AT_EMPTY_PATH));
    show("elsewhere", linkat(other, "", AT_FDCWD, "x", AT_EMPTY_PATH));
    state("x");
    unlink("x");
    close(fd);
    close(other);
    close(kept);
}

int main(void)
{
    char folder[] = "/dev/shm/tmpfs_names.XXXXXX";

    umask(0);
    if (mkdtemp(folder) == NULL || chmod(folder, 0755) != 0 || chdir(folder) != 0)
        return 2;
    mkdir("d", 0755);
    hard_links();
    symbolic_links();
    nodes();
    mkdir("d", 0755);
    renames();
    sizes();
    nameless();
    return chdir("/") != 0 || rmdir(folder) != 0;
}
