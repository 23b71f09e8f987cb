/* SPDX-License-Identifier: Apache-2.0 */
/* dev_nodes.c - /dev: the devices and links that programs expect there; nodes elsewhere that stand for the same
 * devices; what may be changed. */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "show.h"

static const char dir[] = "/dev/test-nodes";

static void node(const char *name)
{
    char path[64];
    struct stat st;

    snprintf(path, sizeof(path), "/dev/%s", name);
    if (lstat(path, &st) != 0)
        printf("%s: %s\n", name, error_name(errno));
    else
        printf("%s: %s %u:%u\n", name, S_ISCHR(st.st_mode) ? "character device" : "?", major(st.st_rdev),
               minor(st.st_rdev));
}

static void made(const char *what, mode_t mode, unsigned major_number, unsigned minor_number, int flags)
{
    char path[100], bytes[8] = "";
    int fd;

    snprintf(path, sizeof(path), "%s/%s", dir, what);
    printf("-- %s\n", what);
    show("mknod", mknod(path, mode, makedev(major_number, minor_number)));
    fd = open(path, flags | O_NOCTTY);
    show_ok("open", fd);
    if (fd >= 0) {
        show("read", read(fd, bytes, sizeof(bytes)));
        show("write", write(fd, bytes, 3));
        close(fd);
    }
    show("unlink", unlink(path));
}

static void changes(void)
{
    struct stat st;
    int fd;

    printf("-- changes\n");
    show("mkdir", mkdir("/dev/test-dir", 0755));
    show("mknod", mknod("/dev/test-dir/zero", S_IFCHR | 0640, makedev(1, 5)));
    show("chmod", chmod("/dev/test-dir/zero", 0604));
    show("stat", stat("/dev/test-dir/zero", &st));
    printf("mode %o\n", st.st_mode);
    show("symlink", symlink("test-dir/zero", "/dev/test-link"));
    fd = open("/dev/test-link", O_RDONLY);
    show("read", read(fd, &(char[4]){0}, 4));
    close(fd);
    fd = open("/dev/test-file", O_CREAT | O_EXCL | O_RDWR, 0600);
    show("a file", write(fd, "abc", 3));
    close(fd);
    show("unlink", unlink("/dev/test-file"));
    show("unlink", unlink("/dev/test-link"));
    show("rmdir", rmdir("/dev/test-dir"));
    show("unlink", unlink("/dev/test-dir/zero"));
    show("rmdir", rmdir("/dev/test-dir"));
}

int main(void)
{
    static const char *const names[] = {"null", "zero", "full", "random", "urandom", "tty", "console", "ptmx", "kmsg"};

    show("mkdir", mkdir(dir, 0700));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        node(names[i]);
    show("pts", access("/dev/pts/ptmx", F_OK));
    show("shm", access("/dev/shm", W_OK));
    show("core", access("/dev/no-such-device", F_OK));
    made("null", S_IFCHR | 0600, 1, 3, O_RDWR);
    made("zero", S_IFCHR | 0600, 1, 5, O_RDWR);
    made("full", S_IFCHR | 0600, 1, 7, O_RDWR);
    made("nothing", S_IFCHR | 0600, 0, 0, O_RDWR);
    made("no driver", S_IFCHR | 0600, 240, 7, O_RDWR);
    made("no disk", S_IFBLK | 0600, 240, 7, O_RDONLY);
    made("a slave's number", S_IFCHR | 0600, 136, 9, O_RDWR);
    made("tty", S_IFCHR | 0600, 5, 0, O_RDWR);
    show("rmdir", rmdir(dir));
    changes();
    return 0;
}
