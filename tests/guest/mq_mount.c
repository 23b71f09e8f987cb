/* SPDX-License-Identifier: Apache-2.0 */
/* mq_mount.c - message queues as files, where their file system is mounted: the same wherever and however often. */
#define _GNU_SOURCE
#include <dirent.h>
#include <mqueue.h>
#include <sys/statfs.h>

#include "mounting.h"

static char name[64], path[80], other[80];

static int listed(const char *directory)
{
    DIR *dir = opendir(directory);
    int count = 0;

    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        count += strcmp(entry->d_name, name + 1) == 0 && entry->d_type == DT_REG;
    if (dir != NULL)
        closedir(dir);
    return count;
}

static void show_stat(const char *what)
{
    struct stat stat;

    if (lstat(path, &stat) != 0)
        printf("%s: %s\n", what, error_name(errno));
    else
        printf("%s: mode %o, size %ld, blocks %ld, links %lu\n", what, stat.st_mode, (long)stat.st_size,
               (long)stat.st_blocks, (unsigned long)stat.st_nlink);
}

static void names_and_files(mqd_t queue)
{
    char text[128];
    int fd = open(path, O_RDONLY);
    ssize_t got;

    mq_send(queue, "hello", 5, 1);
    got = read(fd, text, sizeof(text) - 1);
    text[got > 0 ? got : 0] = 0;
    printf("%s", text);
    show("received by the file's descriptor", mq_receive(fd, text, sizeof(text), NULL));
    close(fd);
    show("chmod", chmod(path, 0640));
    show_stat("changed");
    show("rename", rename(path, other));
    show("link", link(path, other));
    show("symlink", symlink("x", other));
    show("mkdir", mkdir(other, 0755));
    show("a FIFO", mknod(other, S_IFIFO | 0600, 0));
    show("remove", unlink(path));
    show("gone", mq_unlink(name));
    show("listed", listed("mq"));
    show("still open", mq_send(queue, "x", 1, 0));
    fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    show_bool("made as a file", fd >= 0);
    close(fd);
    struct mq_attr attr;
    fd = mq_open(name, O_RDWR);
    show("is a queue", mq_getattr(fd, &attr));
    printf("  %ld messages of %ld bytes\n", attr.mq_maxmsg, attr.mq_msgsize);
    close(fd);
}

static void look(void)
{
    struct mq_attr attr = {.mq_maxmsg = 4, .mq_msgsize = 32};
    struct statfs fs;
    struct stat one, two;
    mqd_t queue;

    snprintf(name, sizeof(name), "/lvmm-mount-%d", (int)getpid());
    snprintf(path, sizeof(path), "mq%s", name);
    snprintf(other, sizeof(other), "mq%s-other", name);
    umask(022);
    mkdir("mq", 0755);
    mkdir("again", 0755);
    queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0666, &attr);
    show_ok("a queue", queue);
    show("mount", mount("none", "mq", "mqueue", 0, NULL));
    show("with an option", mount("none", "again", "mqueue", 0, "size=1"));
    show("its kind", statfs("mq", &fs) == 0 && fs.f_type == 0x19800202);
    show("stat", stat("mq", &one));
    printf("  %o\n", one.st_mode);
    show("listed", listed("mq"));
    show_stat("it");
    show("mount again", mount("none", "again", "mqueue", 0, NULL));
    stat("mq", &one);
    stat("again", &two);
    show_bool("it is the same", one.st_dev == two.st_dev && one.st_ino == two.st_ino);
    show("listed there", listed("again"));
    show("umount", umount("again"));
    names_and_files(queue);
    show("umount", umount("mq"));
    show("the name stays", mq_unlink(name));
    mq_close(queue);
    rmdir("again");
    rmdir("mq");
}

int main(void)
{
    mounting_alone("mq_mount", NULL, look);
    return 0;
}
