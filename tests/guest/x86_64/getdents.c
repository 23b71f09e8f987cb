/* SPDX-License-Identifier: Apache-2.0 */
/* getdents.c - getdents, the older of two, which younger machines don't have. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../show.h"

static void entries(void)
{
    char bytes[4096] __attribute__((aligned(8)));
    int fd = open("/proc/self/fd/..", O_RDONLY | O_DIRECTORY), links = 0, dirs = 0, files = 0;
    long size;

    while ((size = syscall(SYS_getdents, fd, bytes, sizeof(bytes))) > 0)
        for (long at = 0; at < size;) {
            unsigned short length = *(unsigned short *)(void *)(bytes + at + 16);
            const char *name = bytes + at + 18;
            int type = bytes[at + length - 1];

            links += strcmp(name, "exe") == 0 && type == DT_LNK;
            dirs += strcmp(name, "task") == 0 && type == DT_DIR;
            files += strcmp(name, "stat") == 0 && type == DT_REG;
            at += length;
        }
    printf("exe %d, task %d, stat %d\n", links, dirs, files);
    lseek(fd, 0, SEEK_SET);
    show("no room", (int)syscall(SYS_getdents, fd, bytes, 10));
    show("no directory", (int)syscall(SYS_getdents, open("/proc/self/stat", O_RDONLY), bytes, sizeof(bytes)));
    show("no file", (int)syscall(SYS_getdents, -1, bytes, sizeof(bytes)));
}

int main(void)
{
    entries();
    return 0;
}
