/* SPDX-License-Identifier: Apache-2.0 */
/* proc_sys.c - /proc/sys: the kernel's settings (proc_sys(5)). Those that are variables here can be set, the others say
 * what holds. */
#include "abi/errno.h"
#include "core/cred.h"
#include "core/pid.h"
#include "core/random.h"
#include "core/system.h"
#include "core/thread.h"
#include "core/threads.h"
#include "fs/devpts.h"
#include "fs/proc.h"
#include "fs/proc_net.h"
#include "fs/proc_setting.h"
#include "fs/proc_sys_ipc.h"
#include "lib/string.h"
#include "mm/commit.h"
#include "mm/space.h"
#include "vfs/dnotify.h"
#include "vfs/fdtable.h"
#include "vfs/pipe.h"
#include "vfs/watch.h"

#define UUID_SIZE 16u

/* A name of uname(2): up to the end of the line. */
static int name_store(const struct proc_inode *at, char *text, size_t size)
{
    char *name = (char *)(uintptr_t)at->entry->arg; /* NOLINT(performance-no-int-to-ptr) */
    const char *line_end = memchr(text, '\n', size);
    size_t length = line_end != NULL ? (size_t)(line_end - text) : strnlen(text, size);
    int error = proc_setting_check();

    if (error != 0)
        return error;
    if (length > sizeof(system_name.nodename) - 1)
        length = sizeof(system_name.nodename) - 1;
    memset(name, 0, sizeof(system_name.nodename));
    memcpy(name, text, length);
    return 0;
}

/* ---- random/ ---- */

/* Of version 4 (RFC 9562): random but for six bits. */
static void uuid_print(struct proc_text *text, uint8_t uuid[UUID_SIZE])
{
    uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40);
    uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
    for (unsigned i = 0; i < UUID_SIZE; i++)
        proc_print(text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", uuid[i]);
    proc_print(text, "\n");
}

static int uuid_show(struct proc_text *text, const struct proc_inode *at)
{
    uint8_t uuid[UUID_SIZE];

    (void)at;
    random_bytes(uuid, sizeof(uuid));
    uuid_print(text, uuid);
    return 0;
}

static int boot_id_show(struct proc_text *text, const struct proc_inode *at)
{
    static uint8_t uuid[UUID_SIZE]; /* chosen when it is first asked for */
    static bool is_chosen;

    (void)at;
    if (!is_chosen)
        random_bytes(uuid, sizeof(uuid));
    is_chosen = true;
    uuid_print(text, uuid);
    return 0;
}

/* ---- what is counted ---- */

static int threads_max_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_print(text, "%u\n", threads_max());
    return 0;
}

static int ns_last_pid_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_print(text, "%d\n", pid_last());
    return 0;
}

static int file_nr_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_print(text, "%lu\t0\t%lu\n", (unsigned long)file_count, (unsigned long)INT64_MAX);
    return 0;
}

static int pty_nr_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_print(text, "%u\n", devpts_count());
    return 0;
}

/* ---- the tables ---- */

#define TEXT_ENTRY SETTING_TEXT
#define NUMBER_ENTRY SETTING_NUMBER
#define DIR_ENTRY SETTING_DIR
#define SHOW_ENTRY(entry_name, function) {.name = (entry_name), .mode = S_IFREG | 0444, .show = (function)}
#define NAME_ENTRY(entry_name, value) \
    {.name = (entry_name), .mode = S_IFREG | 0644, .show = proc_setting_text_show, .store = name_store, .arg = (value)}

static const struct proc_entry random_entries[] = {
    SHOW_ENTRY("boot_id", boot_id_show),
    TEXT_ENTRY("entropy_avail", "256"),
    TEXT_ENTRY("poolsize", "256"),
    TEXT_ENTRY("urandom_min_reseed_secs", "60"),
    SHOW_ENTRY("uuid", uuid_show),
    TEXT_ENTRY("write_wakeup_threshold", "256"),
    {0},
};

static const struct proc_entry pty_entries[] = {
    NUMBER_ENTRY("max", devpts_max, 0, INT32_MAX),
    SHOW_ENTRY("nr", pty_nr_show),
    TEXT_ENTRY("reserve", "1024"), /* for the first mount, which is the only one that counts here */
    {0},
};

static const struct proc_entry kernel_entries[] = {
    TEXT_ENTRY("arch", system_name.machine),
    TEXT_ENTRY("cad_pid", "1"),
    TEXT_ENTRY("cap_last_cap", "40"),
    TEXT_ENTRY("core_pattern", "core"),
    TEXT_ENTRY("core_pipe_limit", "0"),
    TEXT_ENTRY("core_uses_pid", "0"),
    TEXT_ENTRY("dmesg_restrict", "0"),
    NAME_ENTRY("domainname", system_name.domainname),
    NAME_ENTRY("hostname", system_name.nodename),
    IPC_KERNEL_ENTRIES,
    TEXT_ENTRY("ngroups_max", "65536"),
    SHOW_ENTRY("ns_last_pid", ns_last_pid_show),
    TEXT_ENTRY("osrelease", system_name.release),
    TEXT_ENTRY("ostype", "Linux"),
    TEXT_ENTRY("overflowgid", "65534"),
    TEXT_ENTRY("overflowuid", "65534"),
    TEXT_ENTRY("panic", "0"),
    NUMBER_ENTRY("pid_max", pid_max, PID_MAX_LEAST, PID_MAX),
    TEXT_ENTRY("printk", "4\t4\t1\t7"),
    DIR_ENTRY("pty", pty_entries),
    DIR_ENTRY("random", random_entries),
    TEXT_ENTRY("randomize_va_space", "2"),
    TEXT_ENTRY("sched_rr_timeslice_ms", "100"),
    TEXT_ENTRY("tainted", "0"),
    SHOW_ENTRY("threads-max", threads_max_show),
    TEXT_ENTRY("version", system_name.version),
    {0},
};

static const struct proc_entry tty_entries[] = {
    TEXT_ENTRY("ldisc_autoload", "1"),
    TEXT_ENTRY("legacy_tiocsti", "1"),
    {0},
};

static const struct proc_entry dev_entries[] = {
    DIR_ENTRY("tty", tty_entries),
    {0},
};

static const struct proc_entry inotify_entries[] = {
    NUMBER_ENTRY("max_queued_events", watch_events_max, 0, INT32_MAX),
    NUMBER_ENTRY("max_user_instances", watch_groups_max, 0, INT32_MAX),
    NUMBER_ENTRY("max_user_watches", watch_watches_max, 0, INT32_MAX),
    {0},
};

static const struct proc_entry fs_entries[] = {
    NUMBER_ENTRY("dir-notify-enable", dnotify_enabled, INT32_MIN, INT32_MAX),
    TEXT_ENTRY("aio-max-nr", "65536"),
    TEXT_ENTRY("file-max", "9223372036854775807"),
    SHOW_ENTRY("file-nr", file_nr_show),
    DIR_ENTRY("inotify", inotify_entries),
    TEXT_ENTRY("lease-break-time", "45"),
    TEXT_ENTRY("leases-enable", "1"),
    TEXT_ENTRY("mount-max", "100000"),
    DIR_ENTRY("mqueue", proc_sys_mqueue_entries),
    TEXT_ENTRY("nr_open", "1048576"),
    TEXT_ENTRY("overflowgid", "65534"),
    TEXT_ENTRY("overflowuid", "65534"),
    NUMBER_ENTRY("pipe-max-size", pipe_size_max, (int)PAGE_SIZE, INT32_MAX),
    TEXT_ENTRY("protected_fifos", "0"),
    TEXT_ENTRY("protected_hardlinks", "0"),
    TEXT_ENTRY("protected_regular", "0"),
    TEXT_ENTRY("protected_symlinks", "0"),
    TEXT_ENTRY("suid_dumpable", "0"),
    {0},
};

static const struct proc_entry vm_entries[] = {
    TEXT_ENTRY("dirty_expire_centisecs", "3000"),
    TEXT_ENTRY("dirty_writeback_centisecs", "500"),
    TEXT_ENTRY("legacy_va_layout", "0"),
    NUMBER_ENTRY("max_map_count", space_areas_max, 0, INT32_MAX),
    TEXT_ENTRY("mmap_min_addr", "65536"),
    TEXT_ENTRY("nr_hugepages", "0"),
    TEXT_ENTRY("nr_overcommit_hugepages", "0"),
    TEXT_ENTRY("oom_kill_allocating_task", "0"),
    NUMBER_ENTRY("overcommit_memory", commit_policy, OVERCOMMIT_GUESS, OVERCOMMIT_NEVER),
    NUMBER_ENTRY("overcommit_ratio", commit_ratio, 0, INT32_MAX),
    TEXT_ENTRY("page-cluster", "3"),
    TEXT_ENTRY("panic_on_oom", "0"),
    TEXT_ENTRY("swappiness", "60"),
    TEXT_ENTRY("vfs_cache_pressure", "100"),
    {0},
};

const struct proc_entry proc_sys_entries[] = {
    DIR_ENTRY("dev", dev_entries),          DIR_ENTRY("fs", fs_entries), DIR_ENTRY("kernel", kernel_entries),
    DIR_ENTRY("net", proc_sys_net_entries), DIR_ENTRY("vm", vm_entries), {0},
};
