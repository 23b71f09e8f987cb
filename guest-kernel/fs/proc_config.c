/* SPDX-License-Identifier: Apache-2.0 */
/* proc_config.c - /proc/config.gz: which of Linux's configuration options hold here, as a gzip file (RFC 1952) that is
 * stored rather than compressed. */
#include "arch/arch.h"
#include "fs/proc_system.h"
#include "lib/string.h"

#define TEXT_OF(number) #number
#define NUMBER_TEXT(number) TEXT_OF(number)
#define NR_CPUS NUMBER_TEXT(ARCH_CPUS_MAX)

static const char config[] = "#\n# lvmm: the options of Linux whose parts are there for programs\n#\n"
                             "CONFIG_64BIT=y\n"
                             "CONFIG_MMU=y\n"
                             "CONFIG_SMP=y\n"
                             "CONFIG_NR_CPUS=" NR_CPUS "\n"
                             "CONFIG_HZ_100=y\n"
                             "CONFIG_HZ=100\n"
                             "CONFIG_PREEMPT_NONE=y\n"
                             "# CONFIG_SWAP is not set\n"
                             "# CONFIG_MODULES is not set\n"
                             "# CONFIG_NAMESPACES is not set\n"
                             "# CONFIG_CGROUPS is not set\n"
                             "CONFIG_SECCOMP=y\n"
                             "CONFIG_SECCOMP_FILTER=y\n"
                             "# CONFIG_NUMA is not set\n"
                             "# CONFIG_KEYS is not set\n"
                             "# CONFIG_BPF_SYSCALL is not set\n"
                             "# CONFIG_PERF_EVENTS is not set\n"
                             "CONFIG_SYSVIPC=y\n"
                             "CONFIG_SYSVIPC_SYSCTL=y\n"
                             "CONFIG_POSIX_MQUEUE=y\n"
                             "CONFIG_POSIX_MQUEUE_SYSCTL=y\n"
                             "# CONFIG_TRANSPARENT_HUGEPAGE is not set\n"
                             "CONFIG_MULTIUSER=y\n"
                             "CONFIG_IKCONFIG=y\n"
                             "CONFIG_IKCONFIG_PROC=y\n"
                             "CONFIG_BINFMT_ELF=y\n"
                             "CONFIG_BINFMT_SCRIPT=y\n"
                             "CONFIG_POSIX_TIMERS=y\n"
                             "CONFIG_HIGH_RES_TIMERS=y\n"
                             "CONFIG_FUTEX=y\n"
                             "CONFIG_FUTEX_PI=y\n"
                             "CONFIG_EPOLL=y\n"
                             "CONFIG_SIGNALFD=y\n"
                             "CONFIG_TIMERFD=y\n"
                             "CONFIG_EVENTFD=y\n"
                             "CONFIG_MEMFD_CREATE=y\n"
                             "CONFIG_AIO=y\n"
                             "# CONFIG_IO_URING is not set\n"
                             "CONFIG_INOTIFY_USER=y\n"
                             "# CONFIG_FANOTIFY is not set\n"
                             "CONFIG_DNOTIFY=y\n"
                             "# CONFIG_USERFAULTFD is not set\n"
                             "CONFIG_KCMP=y\n"
                             "CONFIG_CROSS_MEMORY_ATTACH=y\n"
                             "CONFIG_ADVISE_SYSCALLS=y\n"
                             "CONFIG_MEMBARRIER=y\n"
                             "CONFIG_RSEQ=y\n"
                             "CONFIG_FILE_LOCKING=y\n"
                             "CONFIG_BLOCK=y\n"
                             "CONFIG_BLK_DEV_INITRD=y\n"
                             "CONFIG_EXT4_FS=y\n"
                             "CONFIG_EXT4_USE_FOR_EXT2=y\n"
                             "CONFIG_EXT4_FS_POSIX_ACL=y\n"
                             "CONFIG_VFAT_FS=y\n"
                             "CONFIG_TMPFS=y\n"
                             "CONFIG_TMPFS_POSIX_ACL=y\n"
                             "CONFIG_TMPFS_XATTR=y\n"
                             "CONFIG_DEVTMPFS=y\n"
                             "CONFIG_DEVTMPFS_MOUNT=y\n"
                             "CONFIG_SYSFS=y\n"
                             "CONFIG_PROC_FS=y\n"
                             "CONFIG_PROC_SYSCTL=y\n"
                             "CONFIG_SYSCTL=y\n"
                             "CONFIG_NET=y\n"
                             "CONFIG_UNIX=y\n"
                             "CONFIG_INET=y\n"
                             "CONFIG_IPV6=y\n"
                             "CONFIG_TTY=y\n"
                             "CONFIG_UNIX98_PTYS=y\n"
                             "CONFIG_VIRTIO=y\n"
                             "CONFIG_VIRTIO_MMIO=y\n"
                             "CONFIG_VIRTIO_BLK=y\n"
                             "CONFIG_VIRTIO_CONSOLE=y\n";
#define CONFIG_SIZE ((uint32_t)sizeof(config) - 1)
_Static_assert(sizeof(config) < 65536, "one block of deflate");

/* Of gzip (RFC 1952, 8). */
static uint32_t crc32(const char *bytes, size_t size)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < size; i++) {
        crc ^= (unsigned char)bytes[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void put_little(struct proc_text *text, uint32_t value, unsigned bytes)
{
    for (; bytes > 0; bytes--, value >>= 8)
        proc_put(text, (const char[]){(char)value}, 1);
}

int proc_config_show(struct proc_text *text, const struct proc_inode *at)
{
    static const char header[10] = {0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 0, 3}; /* deflate; no time; Unix */

    (void)at;
    proc_put(text, header, sizeof(header));
    put_little(text, 1, 1); /* the last block, stored (RFC 1951, 3.2.4) */
    put_little(text, CONFIG_SIZE, 2);
    put_little(text, ~CONFIG_SIZE, 2);
    proc_put(text, config, CONFIG_SIZE);
    put_little(text, crc32(config, CONFIG_SIZE), 4);
    put_little(text, CONFIG_SIZE, 4);
    return 0;
}
