/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_xattrs.c - extended attributes of files in memory, or in the folder that a second argument names: setxattr(2)
 * and its kin. */
#define _GNU_SOURCE
#include <grp.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "show.h"

#define ROOM 65536
#define TMPFS 0x01021994

static char value[ROOM + 1];

static void set(const char *what, const char *path, const char *name, const char *text, int flags)
{
    show(what, setxattr(path, name, text, strlen(text), flags));
}

static void get(const char *what, const char *path, const char *name, size_t size)
{
    ssize_t got;

    memset(value, '?', sizeof(value));
    got = getxattr(path, name, value, size);
    if (got < 0)
        printf("%s: %s\n", what, error_name(errno));
    else
        printf("%s: %zd %.*s%c\n", what, got, size != 0 && got < 40 ? (int)got : 0, value, value[got]);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names: in the order of the alphabet in memory, where it depends on Linux's age; on a disk as they are kept. */
static void list(const char *what, const char *path)
{
    static char names[ROOM];
    char *sorted[100];
    struct statfs fs;
    ssize_t got = listxattr(path, names, sizeof(names)), size = listxattr(path, NULL, 0);
    int count = 0;

    if (got < 0) {
        printf("%s: %s\n", what, error_name(errno));
        return;
    }
    for (char *name = names; name < names + got && count < 100; name += strlen(name) + 1)
        sorted[count++] = name;
    if (statfs(path, &fs) != 0 || fs.f_type == TMPFS)
        qsort(sorted, (size_t)count, sizeof(*sorted), compare);
    printf("%s: %zd %s:", what, got, got == size ? "as told" : "not as told");
    for (int i = 0; i < count; i++)
        printf(" %s", sorted[i]);
    printf("\n");
}

/* Few that fit into an inode, then more; some are replaced where they are, some move. */
static void order(void)
{
    static char text[200];

    set("c", "order", "user.c", "1", 0);
    set("a", "order", "user.a", "2", 0);
    set("trusted", "order", "trusted.t", "3", 0);
    set("b", "order", "user.b", "4", 0);
    list("in an inode", "order");
    set("a", "order", "user.a", "5", 0);
    list("a value of that length", "order");
    set("c", "order", "user.c", "longer than it was", 0);
    list("a longer one", "order");
    memset(text, 'x', 150); /* five of them are less than a block of 1024 bytes */
    set("long", "order", "user.long", text, 0);
    set("z", "order", "user.longer_z", text, 0);
    set("a", "order", "user.longer_a", text, 0);
    set("a trusted one", "order", "trusted.long", text, 0);
    list("elsewhere", "order");
    set("a", "order", "user.a", text, 0);
    list("moved there", "order");
    show("remove", removexattr("order", "user.c"));
    set("long", "order", "user.long", "short", 0);
    list("moved back", "order");
}

static void values(void)
{
    get("none", "file", "user.a", 10);
    set("replace none", "file", "user.a", "one", XATTR_REPLACE);
    set("create", "file", "user.a", "one", XATTR_CREATE);
    set("create again", "file", "user.a", "two", XATTR_CREATE);
    set("both", "file", "user.a", "two", XATTR_CREATE | XATTR_REPLACE);
    set("both for none", "file", "user.new", "two", XATTR_CREATE | XATTR_REPLACE);
    set("unknown flag", "file", "user.a", "two", 4);
    get("get", "file", "user.a", 10);
    set("replace", "file", "user.a", "longer", XATTR_REPLACE);
    get("size", "file", "user.a", 0);
    get("short", "file", "user.a", 5);
    get("exact", "file", "user.a", 6);
    set("empty", "file", "user.empty", "", 0);
    get("get empty", "file", "user.empty", 10);
    list("list", "file");
    show("list short", listxattr("file", value, 3));
    show("remove", removexattr("file", "user.a"));
    show("remove again", removexattr("file", "user.a"));
    list("list", "file");
}

static void names(void)
{
    static char name[300];

    set("no name", "file", "", "x", 0);
    set("kind alone", "file", "user.", "x", 0);
    set("no kind", "file", "x", "x", 0);
    set("unknown kind", "file", "system.x", "x", 0);
    get("get kind alone", "file", "user.", 5);
    get("get no kind", "file", "x", 5);
    show("remove no kind", removexattr("file", "x"));
    memset(name, 'n', sizeof(name) - 1);
    memcpy(name, "user.", 5);
    set("299 bytes", "file", name, "x", 0);
    name[256] = 0;
    set("256 bytes", "file", name, "x", 0);
    name[255] = 0;
    set("255 bytes", "file", name, "x", 0);
    get("255 bytes", "file", name, 5);
    show("remove", removexattr("file", name));
    show("bad name", setxattr("file", (char *)8, "x", 1, 0));
    show("bad value", setxattr("file", "user.x", (char *)8, 1, 0));
    show("bad file", setxattr((char *)8, "user.x", "x", 1, 0));
    show("no file", setxattr("nothing", "user.x", "x", 1, 0));
    show("closed", fsetxattr(77, "user.x", "x", 1, 0));
}

static void sizes(void)
{
    static char large[ROOM + 1];

    memset(large, 'l', sizeof(large));
    show("65536", setxattr("file", "user.l", large, ROOM, 0));
    get("65536", "file", "user.l", ROOM);
    get("as much as wanted", "file", "user.l", 1 << 20);
    get("65535", "file", "user.l", ROOM - 1);
    show("65537", setxattr("file", "user.m", large, ROOM + 1, 0));
    show("remove", removexattr("file", "user.l"));
    show("into nothing", getxattr("file", "user.empty", (char *)8, 10)); /* nothing is copied */
    set("one", "file", "user.one", "x", 0);
    show("into bad memory", getxattr("file", "user.one", (char *)8, 10));
    show("list into bad memory", listxattr("file", (char *)8, 100));
}

/* By descriptor and by link. */
static void ways(void)
{
    int fd = open("file", O_RDONLY), there = open("file", O_PATH);

    show("by descriptor", fsetxattr(fd, "user.fd", "x", 1, 0));
    show("get by descriptor", fgetxattr(fd, "user.fd", value, 10));
    show("list by descriptor", flistxattr(fd, value, 1000) > 0);
    show("remove by descriptor", fremovexattr(fd, "user.fd"));
    show("by O_PATH", fgetxattr(there, "user.fd", value, 10));
    show("through a link", setxattr("link", "user.link", "x", 1, 0));
    show("it is the file's", getxattr("file", "user.link", value, 10));
    show("a link itself", lsetxattr("link", "user.own", "x", 1, 0));
    show("get a link's", lgetxattr("link", "user.own", value, 10));
    show("trusted of a link", lsetxattr("link", "trusted.own", "x", 1, 0));
    show("list a link's", llistxattr("link", value, 100));
    show("remove a link's", lremovexattr("link", "trusted.own"));
    show("of a FIFO", setxattr("fifo", "user.own", "x", 1, 0));
    show("get a FIFO's", getxattr("fifo", "user.own", value, 10));
    show("of a directory", setxattr("dir", "user.own", "dir", 3, 0));
    get("of a directory", "dir", "user.own", 10);
    close(fd);
    close(there);
}

/* As somebody who owns nothing here, and has no capabilities. */
static void stranger(void)
{
    fflush(stdout);
    if (fork() != 0) {
        wait(NULL);
        return;
    }
    if (setgroups(0, NULL) != 0 || setresgid(1000, 1000, 1000) != 0 || setresuid(1000, 1000, 1000) != 0)
        exit(1);
    list("stranger's list", "file");
    get("stranger's trusted", "file", "trusted.t", 10);
    set("stranger sets trusted", "file", "trusted.t", "x", 0);
    get("stranger's security", "file", "security.s", 10);
    set("stranger sets security", "file", "security.s", "x", 0);
    show("stranger removes security", removexattr("file", "security.s"));
    get("stranger reads", "file", "user.one", 10);
    set("stranger writes", "file", "user.one", "y", 0);
    get("stranger reads what is private", "private", "user.p", 10);
    list("stranger lists what is private", "private");
    set("stranger in what all may write", "open", "user.o", "y", 0);
    set("stranger, sticky directory", "sticky", "user.s", "y", 0);
    get("stranger, sticky directory", "sticky", "user.s", 10);
    fflush(stdout);
    _exit(0);
}

static void kinds(void)
{
    close(open("private", O_CREAT | O_WRONLY, 0600));
    close(open("open", O_CREAT | O_WRONLY, 0600));
    mkdir("sticky", 0700);
    if (chmod("open", 0666) != 0 || chmod("sticky", 01777) != 0)
        exit(1);
    set("trusted", "file", "trusted.t", "secret", 0);
    get("trusted", "file", "trusted.t", 10);
    set("security", "file", "security.s", "label", 0);
    set("private", "private", "user.p", "p", 0);
    set("sticky", "sticky", "user.s", "s", 0);
    set("capability that is none", "file", "security.capability", "x", 0);
    list("all", "file");
    stranger();
}

int main(int argc, char **argv)
{
    char folder[300];

    snprintf(folder, sizeof(folder), "%s/tmpfs_xattrs.XXXXXX", argc > 2 ? argv[2] : "/dev/shm");
    umask(022);
    if (mkdtemp(folder) == NULL || chmod(folder, 0755) != 0 || chdir(folder) != 0)
        return 2;
    close(open("file", O_CREAT | O_WRONLY, 0644));
    close(open("order", O_CREAT | O_WRONLY, 0644));
    mkdir("dir", 0755);
    mkfifo("fifo", 0644);
    show("link", symlink("file", "link"));
    values();
    order();
    names();
    sizes();
    ways();
    kinds();
    unlink("file");
    unlink("order");
    unlink("link");
    unlink("fifo");
    unlink("private");
    unlink("open");
    rmdir("dir");
    rmdir("sticky");
    return chdir("/") != 0 || rmdir(folder) != 0;
}
