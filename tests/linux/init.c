/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init.c - busybox_init.sh for an ISA whose busybox doesn't run: the same words of the command line, the same lines on
 * the console and the same bytes on the disk (pattern.sh), but no shell.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

#define MIB (1 << 20)

static char block[MIB];

static void say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    printf("LINUX-PROOF: ");
    vprintf(format, arguments);
    printf("\n");
    fflush(stdout);
    tcdrain(STDOUT_FILENO); /* the end of the machine doesn't wait for the console */
    va_end(arguments);
}

static _Noreturn void end(int how)
{
    sync();
    reboot(how);
    for (;;)
        pause();
}

static _Noreturn void fail(const char *what)
{
    say("failed: %s: %s", what, strerror(errno));
    end(RB_POWER_OFF);
}

/* The file's first bytes, a string; empty if it isn't there. */
static const char *read_file(const char *path)
{
    static char text[4096];
    int fd = open(path, O_RDONLY);
    ssize_t size = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;

    text[size > 0 ? size : 0] = '\0';
    if (fd >= 0)
        close(fd);
    return text;
}

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);

    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        fail(path);
    close(fd);
}

/* Of the kernel's command line. */
static const char *word(const char *name)
{
    const char *value = getenv(name);

    return value != NULL ? value : "";
}

static void mount_all(void)
{
    if (mount("proc", "/proc", "proc", 0, NULL) != 0 || mount("sysfs", "/sys", "sysfs", 0, NULL) != 0 ||
        mount("dev", "/dev", "devtmpfs", 0, NULL) != 0)
        fail("mount");
}

static void insert_modules(void)
{
    char name[64], path[96];
    FILE *order = fopen("/modules/order", "r");

    while (order != NULL && fscanf(order, "%63s", name) == 1) {
        snprintf(path, sizeof(path), "/modules/%s.ko", name);
        int fd = open(path, O_RDONLY);
        if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) != 0)
            fail(path);
        close(fd);
    }
}

static int cpus_in_cpuinfo(void)
{
    char line[1024];
    int count = 0;
    FILE *file = fopen("/proc/cpuinfo", "r");

    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        count += strncmp(line, "processor", 9) == 0;
    if (file != NULL)
        fclose(file);
    return count;
}

static unsigned long memory_kib(void)
{
    const char *total = strstr(read_file("/proc/meminfo"), "MemTotal:");

    return total != NULL ? strtoul(total + strlen("MemTotal:"), NULL, 10) : 0;
}

/* A field of /sys/block/vda/stat: 3 sectors read, 7 sectors written. */
static unsigned long sectors(int field)
{
    const char *at = read_file("/sys/block/vda/stat");
    unsigned long value = 0;

    while (field-- > 0) {
        char *end_of_number;
        value = strtoul(at, &end_of_number, 10);
        at = end_of_number;
    }
    return value;
}

/* As pattern.sh has it. */
static void pattern(int mib, char *out)
{
    static const char characters[] =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#%&()*+,./:;<=>?@_{|}~";

    for (int line = 0; line < MIB / 8; line++, out += 8) {
        int number = 1000000 + line;
        out[7] = '\n';
        for (int i = 6; i >= 0; i--, number /= 10)
            out[i] = characters[mib + number % 10];
    }
}

static void write_pattern(const char *path, int mib)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);

    for (int i = 0; i < mib; i++) {
        pattern(i, block);
        if (write(fd, block, MIB) != MIB)
            fail(path);
    }
    if (fsync(fd) != 0 || close(fd) != 0)
        fail("fsync");
}

static void check_pattern(const char *path, int mib)
{
    static char got[MIB];
    FILE *file = fopen(path, "r");

    for (int i = 0; i < mib; i++) {
        pattern(i, block);
        if (file == NULL || fread(got, 1, MIB, file) != MIB || memcmp(got, block, MIB) != 0)
            fail("what is read is not what was written");
    }
    fclose(file);
}

static void prove_disk(int mib)
{
    struct stat status;

    mkdir("/mnt", 0755);
    for (int tries = 100; stat("/dev/vda", &status) != 0; tries--) {
        if (tries == 0)
            fail("/dev/vda");
        usleep(100000);
    }
    if (mount("/dev/vda", "/mnt", "ext4", 0, NULL) != 0)
        fail("mount of /dev/vda");
    say("the host's file says: %s", strtok((char *)read_file("/mnt/from-host"), "\n"));
    write_pattern("/mnt/proof", mib);
    sync();
    if (sectors(7) < (unsigned long)mib * (MIB / 512))
        fail("too few sectors were written");
    write_file("/proc/sys/vm/drop_caches", "3");
    unsigned long before = sectors(3);
    check_pattern("/mnt/proof", mib);
    if (sectors(3) - before < (unsigned long)mib * (MIB / 512))
        fail("too few sectors were read");
    if (umount("/mnt") != 0)
        fail("umount");
    say("%d MiB written, and read back from the disk", mib);
}

int main(void)
{
    struct utsname name;

    mount_all();
    uname(&name);
    say("Linux %s, %s", name.release, name.machine);
    say("%d CPUs, online %s", cpus_in_cpuinfo(), strtok((char *)read_file("/sys/devices/system/cpu/online"), "\n"));
    say("%lu KiB of memory", memory_kib());
    if (strcmp(word("proof"), "disk") == 0) {
        insert_modules();
        prove_disk(atoi(word("mib")));
    } else if (strcmp(word("proof"), "none") != 0) {
        errno = EINVAL;
        fail("proof=");
    }
    say("done");
    if (strcmp(word("end"), "panic") == 0)
        write_file("/proc/sysrq-trigger", "c");
    end(strcmp(word("end"), "reboot") == 0 ? RB_AUTOBOOT : RB_POWER_OFF);
}
