/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init.c - the first process of the benchmark's Linux guests. It loads the modules that it finds, mounts the disk if
 * there is one, runs the program that it is given, and ends the machine, as lvmm's kernel does.
 */
#include "machine.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

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

static void mount_disk(void)
{
    mkdir("/mnt", 0755);
    if (access("/dev/vda", F_OK) == 0 && mount("/dev/vda", "/mnt", "vfat", 0, NULL) != 0 &&
        mount("/dev/vda", "/mnt", "ext4", 0, NULL) != 0)
        perror("/dev/vda");
}

int main(int argc, char **argv)
{
    static char *hello[] = {"/sbin/hello", NULL};

    machine_begin();
    if (access("/modules", F_OK) == 0) {
        set_up_network();
        mount_disk();
    }
    if (machine_run(argc > 1 ? argv + 1 : hello) != 0)
        puts("init: the program failed");
    umount("/mnt");
    fflush(stdout);
    sync();
    machine_end();
}
