/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init.c - the first process of the benchmark's Linux guests. It loads the modules that it finds, mounts the disk if
 * there is one, runs the program that it is given, and ends the machine, as lvmm's kernel does.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_PORT 0x501 /* QEMU's isa-debug-exit, which ends it with status 1; a reset by triple fault may hang */

/* In the order of their dependencies; a folder without them is no mistake: hello needs none. */
static const char *const modules[] = {"virtio_ring",  "virtio",        "virtio_mmio", "virtio_blk",     "nls_cp437",
                                      "nls_ascii",    "nls_iso8859-1", "fat",         "vfat",           "jbd2",
                                      "mbcache",      "crc16",         "ext4",        "crc32c_generic", "failover",
                                      "net_failover", "virtio_net"};

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

/* As lvmm's guests have it: 10.0.2.15, the host at 10.0.2.2. Without an eth0 nothing is done. */
static void set_up_network(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = inet_addr("10.0.2.15")};
    struct sockaddr_in mask = {.sin_family = AF_INET, .sin_addr.s_addr = inet_addr("255.255.255.0")};
    struct ifreq request = {.ifr_name = "eth0"};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    memcpy(&request.ifr_addr, &address, sizeof(address));
    if (ioctl(fd, SIOCSIFADDR, &request) == 0) {
        memcpy(&request.ifr_netmask, &mask, sizeof(mask));
        ioctl(fd, SIOCSIFNETMASK, &request);
        request.ifr_flags = IFF_UP | IFF_RUNNING;
        ioctl(fd, SIOCSIFFLAGS, &request);
    }
    close(fd);
}

static int run(char **argv)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        execv(argv[0], argv);
        perror(argv[0]);
        _exit(127);
    }
    return pid < 0 || waitpid(pid, &status, 0) != pid ? -1 : status;
}

int main(int argc, char **argv)
{
    static char *hello[] = {"/sbin/hello", NULL};

    mkdir("/dev", 0755);
    mount("dev", "/dev", "devtmpfs", 0, NULL);
    mkdir("/dev/pts", 0755);
    mount("devpts", "/dev/pts", "devpts", 0, NULL);
    mkdir("/proc", 0755);
    mount("proc", "/proc", "proc", 0, NULL);
    if (access("/modules", F_OK) == 0) {
        load_modules();
        set_up_network();
        mkdir("/mnt", 0755);
        if (access("/dev/vda", F_OK) == 0 && mount("/dev/vda", "/mnt", "vfat", 0, NULL) != 0 &&
            mount("/dev/vda", "/mnt", "ext4", 0, NULL) != 0)
            perror("/dev/vda");
    }
    if (run(argc > 1 ? argv + 1 : hello) != 0)
        puts("init: the program failed");
    umount("/mnt");
    fflush(stdout);
    sync();
    if (ioperm(EXIT_PORT, 1, 1) == 0)
        outb(0, EXIT_PORT);
    reboot(RB_AUTOBOOT);
    return 1;
}
