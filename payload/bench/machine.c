/* SPDX-License-Identifier: Apache-2.0 */
/* machine.c - setting the machine up for the first process of the benchmark's Linux guests, and ending it. */
#include "machine.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_PORT 0x501

/* In the order of their dependencies; a folder without them is no mistake: hello needs none. */
static const char *const modules[] = {"virtio_ring",  "virtio",        "virtio_mmio", "virtio_blk",     "nls_cp437",
                                      "nls_ascii",    "nls_iso8859-1", "fat",         "vfat",           "jbd2",
                                      "mbcache",      "crc16",         "ext4",        "crc32c_generic", "failover",
                                      "net_failover", "virtio_net",    "fuse",        "virtiofs"};

static void load_modules(void)
{
    char path[64];

    for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
        snprintf(path, sizeof(path), "/modules/%s.ko", modules[i]);
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
            continue;
        if (syscall(SYS_finit_module, fd, "", 0) != 0)
            perror(path);
        close(fd);
    }
}

void machine_begin(void)
{
    mkdir("/dev", 0755);
    mount("dev", "/dev", "devtmpfs", 0, NULL);
    mkdir("/dev/pts", 0755);
    mount("devpts", "/dev/pts", "devpts", 0, NULL);
    mkdir("/proc", 0755);
    mount("proc", "/proc", "proc", 0, NULL);
    load_modules();
}

int machine_run(char **argv)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        execvp(argv[0], argv);
        perror(argv[0]);
        _exit(127);
    }
    return pid < 0 || waitpid(pid, &status, 0) != pid ? -1 : status;
}

void machine_end(void)
{
    if (ioperm(EXIT_PORT, 1, 1) == 0)
        outb(0, EXIT_PORT);
    reboot(RB_AUTOBOOT);
    _exit(1);
}
