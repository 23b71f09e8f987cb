/* SPDX-License-Identifier: Apache-2.0 */
/* olds.c - calls of 32-bit programs in forms that others have no more, or never had: stat and statfs with numbers of 32
 * bits, times of files in seconds, limits, masks of 32 signals, uname's forebears, timers, asynchronous I/O. */
#include "bare.h"

ENTRY("main");

enum { /* of these calls alone */
       NR_creat = 8,
       NR_utime = 30,
       NR_pipe = 42,
       NR_oldolduname = 59,
       NR_sgetmask = 68,
       NR_ssetmask = 69,
       NR_sigpending = 73,
       NR_setrlimit = 75,
       NR_getrlimit = 76,
       NR_symlink = 83,
       NR_statfs = 99,
       NR_fstatfs = 100,
       NR_stat = 106,
       NR_lstat = 107,
       NR_fstat = 108,
       NR_olduname = 109,
       NR_rt_sigprocmask = 175,
       NR_rt_sigtimedwait = 177,
       NR_rt_sigqueueinfo = 178,
       NR_sendfile = 187,
       NR_sendfile64 = 239,
       NR_io_setup = 245,
       NR_io_destroy = 246,
       NR_io_getevents = 247,
       NR_io_submit = 248,
       NR_io_cancel = 249,
       NR_timer_create = 259,
       NR_timer_settime = 260,
       NR_timer_gettime = 261,
       NR_timer_getoverrun = 262,
       NR_timer_delete = 263,
       NR_utimes = 271,
       NR_futimesat = 299,
       NR_set_robust_list = 311,
       NR_get_robust_list = 312,
       NR_rt_tgsigqueueinfo = 335,
       NR_io_pgetevents = 385,
       NR_timer_gettime64 = 408,
       NR_timer_settime64 = 409,
       NR_io_pgetevents64 = 416,
       NR_pidfd_send_signal = 424,
       NR_pidfd_open = 434,
};

enum {
    CREATE = 02 | 0100 | 01000,
    AT_FDCWD = -100,
    SIGUSR1 = 10,
    SIG_SETMASK = 2,
    LARGEFILE = 0100000,
    SI_QUEUE = -1,
    ABSTIME = 1
};

struct stat {
    uint32_t dev, ino;
    uint16_t mode, links, uid, gid;
    uint32_t rdev, size, block_size, blocks, times[6], unused[2];
};

struct statfs {
    uint32_t type, block_size, blocks, free, available, files, files_free;
    int32_t id[2];
    uint32_t name_length, fragment_size, flags, spare[4];
};

struct info {
    int32_t signal, error, code, pid;
    uint32_t uid, value, rest[26];
};

struct iocb {
    uint64_t data;
    uint32_t key, rw_flags;
    uint16_t opcode;
    int16_t priority;
    uint32_t fd;
    uint64_t buffer, bytes;
    int64_t offset;
    uint64_t reserved;
    uint32_t flags, event_fd;
};

struct event {
    uint64_t data, iocb;
    int64_t result, result2;
};

static char buffer[4096];

static void show_stat(const char *what, long result, const struct stat *stat)
{
    show(what, result);
    show("  mode", stat->mode);
    show("  links", stat->links);
    show("  size", (long)stat->size);
    show("  atime", (long)stat->times[0]);
    show("  mtime", (long)stat->times[2]);
    show("  after it", (long)stat->unused[0]);
}

static void stats(long fd)
{
    struct stat stat = {0};
    struct statfs fs = {0};
    int32_t times[4] = {1000, 500000, 2000, 0}, two[2] = {30, 40};

    show("utime", CALL(NR_utime, P("file"), P(two)));
    show_stat("stat", CALL(NR_stat, P("file"), P(&stat)), &stat);
    show("utimes", CALL(NR_utimes, P("file"), P(times)));
    show_stat("lstat", CALL(NR_lstat, P("file"), P(&stat)), &stat);
    show("  nanoseconds", (long)stat.times[1]);
    times[2] = -5;
    show("futimesat", CALL(NR_futimesat, AT_FDCWD, P("file"), P(times)));
    show_stat("fstat", CALL(NR_fstat, fd, P(&stat)), &stat);
    times[1] = 1000000;
    show("utimes, too many microseconds", CALL(NR_utimes, P("file"), P(times)));
    show("utimes, nowhere", CALL(NR_utimes, P("file"), 16));
    show("utime, now", CALL(NR_utime, P("file"), 0));
    show("fstat", CALL(NR_fstat, fd, P(&stat)));
    show_bool("  now", stat.times[2] > 1000000000);
    show("symlink", CALL(NR_symlink, P("file"), P("link")));
    show("lstat of a link", CALL(NR_lstat, P("link"), P(&stat)));
    show("  mode", stat.mode);
    show("stat of what isn't there", CALL(NR_stat, P("none"), P(&stat)));
    show("stat, nowhere", CALL(NR_stat, P("file"), 16));
    show("ftruncate64 to 2 GiB less one", CALL(NR_ftruncate64, fd, 0x7fffffff, 0));
    show("fstat", CALL(NR_fstat, fd, P(&stat)));
    show("  size", (long)stat.size);
    show("ftruncate64 to 2 GiB", CALL(NR_ftruncate64, fd, 0x80000000, 0));
    long large = CALL(NR_open, P("file"), 02 | LARGEFILE);
    show("of what may be large", CALL(NR_ftruncate64, large, 0x80000000, 0));
    show("open of what is large", CALL(NR_open, P("file"), 0));
    show("  to empty it", CALL(NR_open, P("file"), CREATE, 0644));
    show("pwrite64 of what may be large", CALL(NR_pwrite64, large, P("12"), 2, 0x7fffffff, 0));
    show("F_GETFL", CALL(NR_fcntl64, fd, 3));
    show("F_GETFL of what may be large", CALL(NR_fcntl64, large, 3));
    CALL(NR_close, large);
    large = CALL(NR_creat, P("other"), 0644);
    show("F_GETFL after creat", CALL(NR_fcntl64, large, 3));
    CALL(NR_close, large);
    CALL(NR_unlink, P("other"));
    show("fstat of what is too large", CALL(NR_fstat, fd, P(&stat)));
    show("ftruncate", CALL(NR_ftruncate, fd, 10));
    show("statfs", CALL(NR_statfs, P("/proc"), P(&fs)));
    show("  type", (long)fs.type);
    show("  names", (long)fs.name_length);
    show("fstatfs", CALL(NR_fstatfs, fd, P(&fs)));
    show_bool("  a block has a size", fs.block_size >= 512);
    show("fstatfs, nowhere", CALL(NR_fstatfs, fd, 16));
}

static void sending(long fd)
{
    int32_t pos = 2;
    uint64_t wide = 4;
    long ends[2];

    CALL(NR_pwrite64, fd, P("0123456789"), 10, 0, 0);
    CALL(NR_pipe, P(ends));
    show("sendfile", CALL(NR_sendfile, ends[1], fd, P(&pos), 3));
    show("  position", pos);
    show("sendfile64", CALL(NR_sendfile64, ends[1], fd, P(&wide), 3));
    show("  position", (long)wide);
    CALL(NR_lseek, fd, 8, 0);
    show("sendfile from where it is", CALL(NR_sendfile, ends[1], fd, 0, 30));
    show("  position", CALL(NR_lseek, fd, 0, 1));
    show("what came", CALL(NR_read, ends[0], P(buffer), 100));
    buffer[8] = 0;
    show_bool("  all of it", same(buffer, "23445689"));
    pos = -1;
    show("sendfile before", CALL(NR_sendfile, ends[1], fd, P(&pos), 3));
    pos = 0x7fffffff;
    show("sendfile from the end", CALL(NR_sendfile, ends[1], fd, P(&pos), 3));
    show("  nothing", CALL(NR_sendfile, ends[1], fd, P(&pos), 0));
    show("  no such file", CALL(NR_sendfile, 99, fd, P(&pos), 3));
    pos = 0x7ffffffe;
    show("sendfile at the end", CALL(NR_sendfile, ends[1], fd, P(&pos), 3));
    show("sendfile, nowhere", CALL(NR_sendfile, ends[1], fd, 16, 3));
    CALL(NR_close, ends[0]);
    CALL(NR_close, ends[1]);
}

static void limits(void)
{
    enum { FSIZE = 1 };
    uint32_t limit[2];

    show("getrlimit", CALL(NR_getrlimit, FSIZE, P(limit)));
    show("  as it was", (long)limit[0]);
    show("ugetrlimit", CALL(NR_ugetrlimit, FSIZE, P(limit)));
    show("  none", (long)limit[0]);
    limit[0] = 100000000;
    show("setrlimit", CALL(NR_setrlimit, FSIZE, P(limit)));
    show("ugetrlimit", CALL(NR_ugetrlimit, FSIZE, P(limit)));
    show("  soft", (long)limit[0]);
    show("  hard", (long)limit[1]);
    limit[0] = 0xffffffff;
    show("setrlimit, none", CALL(NR_setrlimit, FSIZE, P(limit)));
    show("ugetrlimit", CALL(NR_ugetrlimit, FSIZE, P(limit)));
    show("  soft", (long)limit[0]);
    show("setrlimit, none such", CALL(NR_setrlimit, 16, P(limit)));
    show("setrlimit, nowhere", CALL(NR_setrlimit, FSIZE, 16));
    show("getrlimit, none such", CALL(NR_getrlimit, 16, P(limit)));
    limit[0] = 5;
    limit[1] = 4;
    show("setrlimit, more than the hard one", CALL(NR_setrlimit, FSIZE, P(limit)));
}

static void masks(void)
{
    uint64_t wide = 1ull << 40;
    uint32_t pending = 99;

    CALL(NR_rt_sigprocmask, SIG_SETMASK, P(&wide), 0, 8);
    show("ssetmask", CALL(NR_ssetmask, 1u << (SIGUSR1 - 1)));
    show("sgetmask", CALL(NR_sgetmask));
    CALL(NR_rt_sigprocmask, SIG_SETMASK, 0, P(&wide), 8);
    show("the others", (long)(wide >> 32));
    CALL(37, CALL(NR_getpid), SIGUSR1);
    show("sigpending", CALL(NR_sigpending, P(&pending)));
    show("  them", (long)pending);
    show("sigpending, nowhere", CALL(NR_sigpending, 16));
}

/* Of those that masks() has blocked. */
static void take(const char *what)
{
    uint64_t set = 1ull << (SIGUSR1 - 1);
    struct info info = {0};
    int32_t none[2] = {0, 0};

    show(what, CALL(NR_rt_sigtimedwait, P(&set), P(&info), P(none), 8));
    show("  code", info.code);
    show("  value", (long)info.value);
    show_bool("  from us", (uint32_t)info.pid == (uint32_t)CALL(NR_getpid) || info.code == -2);
}

static void queued(void)
{
    long self = CALL(NR_getpid), pidfd = CALL(NR_pidfd_open, self, 0);
    struct info info = {.signal = SIGUSR1, .code = SI_QUEUE, .pid = (int32_t)self, .value = 0x12345678};

    take("what kill sent");
    show("rt_sigqueueinfo", CALL(NR_rt_sigqueueinfo, self, SIGUSR1, P(&info)));
    take("taken");
    info.value = 7;
    show("rt_tgsigqueueinfo", CALL(NR_rt_tgsigqueueinfo, self, self, SIGUSR1, P(&info)));
    take("taken");
    info.value = 0x80000000;
    show("pidfd_send_signal", CALL(NR_pidfd_send_signal, pidfd, SIGUSR1, P(&info), 0));
    take("taken");
    info.signal = SIGUSR1 + 1;
    show("pidfd_send_signal, of another", CALL(NR_pidfd_send_signal, pidfd, SIGUSR1, P(&info), 0));
    info.signal = 1000;
    info.code = 1; /* of a file, for most signals */
    show("pidfd_send_signal, of none", CALL(NR_pidfd_send_signal, pidfd, 1000, P(&info), 0));
    show("rt_sigqueueinfo, of none", CALL(NR_rt_sigqueueinfo, self, 1000, P(&info)));
    show("rt_sigqueueinfo, nowhere", CALL(NR_rt_sigqueueinfo, self, SIGUSR1, 16));
    CALL(NR_close, pidfd);
}

static void names(void)
{
    static char name[512];

    for (unsigned i = 0; i < sizeof(name); i++)
        name[i] = '~';
    show("olduname", CALL(NR_olduname, P(name)));
    show_bool("  Linux", same(name, "Linux"));
    show("  the machine", name[4 * 65]);
    show("  after it", name[5 * 65]);
    for (unsigned i = 0; i < sizeof(name); i++)
        name[i] = '~';
    show("oldolduname", CALL(NR_oldolduname, P(name)));
    show_bool("  Linux", same(name, "Linux"));
    show("  the machine", name[4 * 9]);
    show("  its end", name[4 * 9 + 8]);
    show("  after it", name[5 * 9]);
    show("oldolduname, nowhere", CALL(NR_oldolduname, 16));
}

static void timers(void)
{
    struct {
        uint32_t value;
        int32_t signal, notify, rest[13];
    } event = {0x1234, SIGUSR1, 0, {0}};
    int32_t id = -1, setting[4] = {0, 0, 1000, 0}, old[4] = {1, 1, 1, 1}, past[4] = {0, 0, 0, 1},
            *nowhere = (int32_t *)16;
    int64_t wide[4] = {2000, 0, 3000, 0};

    show("timer_create", CALL(NR_timer_create, 1, P(&event), P(&id)));
    show("  id", id);
    show("timer_settime", CALL(NR_timer_settime, id, 0, P(setting), P(old)));
    show("  old", old[0] + old[1] + old[2] + old[3]);
    show("timer_gettime", CALL(NR_timer_gettime, id, P(old)));
    show_bool("  what is left", old[2] == 999 && old[3] > 0);
    show("timer_settime64", CALL(NR_timer_settime64, id, 0, P(wide), P(wide)));
    show_bool("  what was left", wide[2] == 999 && wide[3] > 0);
    show("timer_gettime64", CALL(NR_timer_gettime64, id, P(wide)));
    show_bool("  what is left", wide[0] == 2000 && wide[2] == 2999);
    show("timer_settime, at once", CALL(NR_timer_settime, id, ABSTIME, P(past), 0));
    take("what it sent");
    show("timer_getoverrun", CALL(NR_timer_getoverrun, id));
    setting[3] = -1;
    show("timer_settime, no time", CALL(NR_timer_settime, id, 0, P(setting), 0));
    show("timer_settime, nowhere", CALL(NR_timer_settime, id, 0, P(nowhere), 0));
    show("timer_gettime, nowhere", CALL(NR_timer_gettime, id, P(nowhere)));
    show("timer_delete", CALL(NR_timer_delete, id));
    show("timer_create, nowhere", CALL(NR_timer_create, 1, P(nowhere), P(&id)));
    event.notify = 77;
    show("timer_create, no such way", CALL(NR_timer_create, 1, P(&event), P(&id)));
}

static void robust(void)
{
    static uint32_t head[3];
    uint32_t list[2] = {0, 7}, size[2] = {0, 7};

    head[0] = (uint32_t)P(head);
    show("set_robust_list", CALL(NR_set_robust_list, P(head), 12));
    show("  of another size", CALL(NR_set_robust_list, P(head), 24));
    show("get_robust_list", CALL(NR_get_robust_list, 0, P(list), P(size)));
    show_bool("  that one", list[0] == (uint32_t)P(head));
    show("  size", (long)size[0]);
    show("  after them", (long)(list[1] + size[1]));
    show("get_robust_list, nowhere", CALL(NR_get_robust_list, 0, 16, P(size)));
}

static void asynchronous(long fd)
{
    uint32_t context[2] = {0, 7}, list[2];
    struct iocb one = {.data = 77, .opcode = 0, .fd = (uint32_t)fd, .buffer = (uint32_t)P(buffer), .bytes = 10};
    uint32_t vector[2] = {(uint32_t)P(buffer + 100), 4};
    struct iocb two = {
        .data = 78, .opcode = 7, .fd = (uint32_t)fd, .buffer = (uint32_t)P(vector), .bytes = 1, .offset = 6};
    struct event events[2];
    int32_t none[2] = {0, 0};
    int64_t none64[2] = {0, 0};

    list[0] = (uint32_t)P(&one);
    list[1] = (uint32_t)P(&two);
    show("io_setup", CALL(NR_io_setup, 4, P(context)));
    show_bool("  a number", context[0] != 0);
    show("  after it", (long)context[1]);
    show("io_submit", CALL(NR_io_submit, context[0], 2, P(list)));
    show("io_getevents", CALL(NR_io_getevents, context[0], 1, 1, P(events), P(none)));
    show("  data", (long)events[0].data);
    show("  result", (long)events[0].result);
    show("io_pgetevents", CALL(NR_io_pgetevents, context[0], 1, 2, P(events), P(none), 0));
    show("  data", (long)events[0].data);
    show("  result", (long)events[0].result);
    buffer[104] = 0;
    show_bool("  what was read", same(buffer + 100, "6789"));
    show("io_pgetevents_time64", CALL(NR_io_pgetevents64, context[0], 1, 2, P(events), P(none64), 0));
    show("io_cancel", CALL(NR_io_cancel, context[0], P(&one), P(events)));
    show("io_submit, nowhere", CALL(NR_io_submit, context[0], 1, 16));
    list[0] = 16;
    show("io_submit of nothing", CALL(NR_io_submit, context[0], 1, P(list)));
    show("io_getevents, nowhere", CALL(NR_io_getevents, context[0], 1, 1, P(events), 16));
    show("io_destroy", CALL(NR_io_destroy, context[0]));
    show("io_setup again", CALL(NR_io_setup, 4, P(context)));
    show("io_setup, nowhere", CALL(NR_io_setup, 4, 16));
}

void program(long *stack)
{
    long fd;

    (void)stack;
    CALL(NR_chdir, P("/dev/shm"));
    fd = CALL(NR_open, P("file"), CREATE, 0644);
    stats(fd);
    sending(fd);
    limits();
    masks();
    queued();
    names();
    timers();
    robust();
    asynchronous(fd);
    CALL(NR_close, fd);
    show("unlink", CALL(NR_unlink, P("file")));
    show("unlink", CALL(NR_unlink, P("link")));
    leave(0);
}
