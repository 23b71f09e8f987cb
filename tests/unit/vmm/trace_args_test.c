/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/trace_args.c vmm/trace_view.c vmm/trace_pointed.c vmm/trace_result.c vmm/trace_line.c
// vmm/trace_layouts.c vmm/trace_fields.c vmm/trace_siginfo.c vmm/trace_sockaddr.c vmm/trace_text.c vmm/syscall_names.c
// vmm/syscall_sets.c vmm/syscall_struct_sets.c
/* trace_args_test.c - arguments as people read them: numbers by their kinds, names, strings, structures, on all ISAs
 * and for 32-bit programs; and whatever a guest may send in their place. */
#include "vmm/trace_args.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest-kernel/abi/kinds.h"
#include "vmm/syscall_names.h"

#define ROOM 2048

/* ---- calls without memory ---- */

static const struct {
    const char *isa;
    struct lvmm_syscall call;
    const char *text;
} cases[] = {
    {"x86_64", {.number = 39}, "()"},
    {"x86_64", {.number = 999, .arg = {1, 2, 3, 4, 5, 6}}, "(0x1, 0x2, 0x3, 0x4, 0x5, 0x6)"},
    {"x86_64", {.number = 3, .arg = {0xdeadbeefffffffff}}, "(-1)"},
    {"x86_64", {.number = 8, .arg = {3, UINT64_MAX, 2}}, "(3, -1, SEEK_END)"},
    {"x86_64", {.number = 8, .arg = {3, 5, 77}}, "(3, 5, 0x4d)"},
    {"x86_64", {.number = 2, .arg = {0, 02000101, 0644}}, "(NULL, O_WRONLY|O_CREAT|O_CLOEXEC, 0644)"},
    {"x86_64", {.number = 2, .arg = {0x1000, 0200000, 0}}, "(0x1000, O_RDONLY|O_DIRECTORY)"},
    {"aarch64", {.number = 56, .arg = {0xffffff9c, 16, 040000}}, "(AT_FDCWD, 0x10, O_RDONLY|O_DIRECTORY)"},
    {"riscv64", {.number = 56, .arg = {3, 16, 040000}}, "(3, 0x10, O_RDONLY|O_DIRECT)"},
    {"x86_64", {.number = 2, .arg = {0, 04010002}}, "(NULL, O_RDWR|O_SYNC)"},
    {"x86_64", {.number = 2, .arg = {0, 010002}}, "(NULL, O_RDWR|O_DSYNC)"},
    {"x86_64", {.number = 2, .arg = {0, 020200002, 0600}}, "(NULL, O_RDWR|O_TMPFILE, 0600)"},
    {"x86_64", {.number = 2, .arg = {0, 0x80000003}}, "(NULL, 0x80000003)"},
    {"x86_64",
     {.number = 9, .arg = {0, 4096, 3, 0x22, 0xffffffff, 0}},
     "(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)"},
    {"x86_64",
     {.number = 9, .arg = {0x1000, 1, 0, 0x800000000000001, 3, 0x100000000}},
     "(0x1000, 1, PROT_NONE, MAP_SHARED|0x800000000000000, 3, 0x100000000)"},
    {"loongarch64", {.number = 129, .arg = {0xffffffff, 15}}, "(-1, SIGTERM)"},
    {"x86_64", {.number = 62, .arg = {1, 34}}, "(1, SIGRT_2)"},
    {"x86_64", {.number = 62, .arg = {1, 65}}, "(1, 65)"},
    {"x86_64", {.number = 62, .arg = {1, 0}}, "(1, 0)"},
    {"x86_64", {.number = 228, .arg = {1, 0}}, "(CLOCK_MONOTONIC, NULL)"},
    {"x86_64", {.number = 228, .arg = {10, 0}}, "(10, NULL)"},
    {"x86_64", {.number = 228, .arg = {0xfffffffa, 0}}, "(-6, NULL)"},
    {"x86_64", {.number = 92, .arg = {0, 0xffffffff, 0x80000000}}, "(NULL, -1, 2147483648)"},
    {"x86_64", {.number = 95, .arg = {022}}, "(022)"},
    {"x86_64", {.number = 202, .arg = {16, 128, 1}}, "(0x10, FUTEX_WAIT_PRIVATE, 1, NULL)"},
    {"x86_64",
     {.number = 202, .arg = {16, 0x189, 1}},
     "(0x10, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 1, NULL, 0)"},
    {"x86_64", {.number = 56, .arg = {0x4111}}, "(child_stack=NULL, flags=CLONE_VM|CLONE_VFORK|SIGCHLD)"},
    {"x86_64", {.number = 21, .arg = {0, 0}}, "(NULL, F_OK)"},
    {"x86_64", {.number = 21, .arg = {0, 6}}, "(NULL, R_OK|W_OK)"},
    {"x86_64", {.number = 98, .arg = {0xffffffff}}, "(RUSAGE_CHILDREN, NULL)"},
    {"x86_64", {.number = 144, .arg = {0, 0x40000002}}, "(0, SCHED_RR|SCHED_RESET_ON_FORK, NULL)"},
    {"x86_64", {.number = 425, .arg = {0xffffffff}}, "(4294967295, NULL)"},
    /* numbers of 64 bits in two registers */
    {"x86_64", {.number = 295, .arg = {3, 0, 1, 1ull << 32, 7}}, "(3, NULL, 1, 4294967296)"},
    {"x86_64", {.number = 328, .arg = {3, 0, 1, UINT64_MAX, 0, 16}}, "(3, NULL, 1, -1, RWF_APPEND)"},
    {"x86_64",
     {.number = 378, .state = LVMM_SYSCALL_I386, .arg = {3, 0, 1, 5, 1, 16}},
     "(3, NULL, 1, 4294967301, RWF_APPEND)"},
    {"x86_64",
     {.number = 180, .state = LVMM_SYSCALL_I386, .arg = {3, 0, 1, 5, 0xffffffff, 16}},
     "(3, NULL, 1, -4294967291)"},
    {"x86_64",
     {.number = 272, .state = LVMM_SYSCALL_I386, .arg = {3, 1, 2, 3, 4, 5}},
     "(3, 8589934593, 17179869187, POSIX_FADV_NOREUSE)"},
    {"x86_64", {.number = 19, .state = LVMM_SYSCALL_I386, .arg = {3, 0xffffffff, 0}}, "(3, -1, SEEK_SET)"},
    {"x86_64", {.number = 16, .state = LVMM_SYSCALL_I386, .arg = {0, 0xffff, 5}}, "(NULL, -1, 5)"},
};

/* What stands between the brackets, of a call that has failed. */
START_TEST(numbers)
{
    const struct trace_memory memory = {NULL, 0};
    struct lvmm_syscall call = cases[_i].call;
    char text[ROOM], whole[ROOM];
    unsigned shown;

    size_t length = trace_args_begin(cases[_i].isa, &call, &memory, text, sizeof(text), &shown);
    ck_assert_uint_eq(length, strlen(text));
    call.result = -1;
    length += trace_args_end(cases[_i].isa, &call, &memory, &memory, shown, text + length, sizeof(text) - length);
    ck_assert_str_eq(strchr(text, '('), cases[_i].text);
    ck_assert_uint_eq(length, strlen(text));
    memcpy(whole, text, length + 1);
    for (size_t size = 1; size <= length; size++) { /* cut anywhere */
        size_t begun = trace_args_begin(cases[_i].isa, &call, &memory, text, size, &shown);
        ck_assert_uint_lt(begun, size);
        ck_assert_int_eq(strncmp(text, whole, begun), 0);
    }
}
END_TEST

/* ---- what they lead to ---- */

static uint8_t pieces[4096];
static struct trace_memory memory;

static void add(unsigned arg, unsigned item, const void *bytes, size_t length)
{
    const struct lvmm_piece piece = {(uint8_t)arg, (uint8_t)item, (uint16_t)length};

    memcpy(pieces + memory.size, &piece, sizeof(piece));
    memcpy(pieces + memory.size + sizeof(piece), bytes, length);
    memory.size += sizeof(piece) + length;
    memory.pieces = pieces;
}

/* The text that is known when the call begins, without the name; with a bracket if that is all. */
static void begins(const char *isa, struct lvmm_syscall call, const char *expected)
{
    char text[ROOM];
    unsigned shown;

    size_t length = trace_args_begin(isa, &call, &memory, text, sizeof(text), &shown);
    ck_assert_uint_eq(length, strlen(text));
    if (text[length - 1] != ' ')
        strcpy(text + length, ")");
    ck_assert_str_eq(strchr(text, '('), expected);
    memory.size = 0;
}

/* The text that is added when it has ended, with what it returns. `memory` is what it has written. */
static void ends(const char *isa, struct lvmm_syscall call, const char *expected)
{
    const struct trace_memory nothing = {NULL, 0};
    char text[ROOM];
    unsigned shown;

    trace_args_begin(isa, &call, &nothing, text, sizeof(text), &shown);
    size_t length = trace_args_end(isa, &call, &nothing, &memory, shown, text, sizeof(text));
    length += (size_t)snprintf(text + length, sizeof(text) - length, " = ");
    length += trace_args_result(isa, &call, &memory, text + length, sizeof(text) - length);
    ck_assert_uint_eq(length, strlen(text));
    ck_assert_str_eq(text, expected);
    memory.size = 0;
}

START_TEST(strings)
{
    const struct lvmm_syscall write = {.number = 1, .arg = {1, 16, 40}}, open = {.number = 2, .arg = {16}};
    char long_text[LVMM_PIECE_BYTES];

    memset(long_text, 'x', sizeof(long_text));
    add(0, 0, "/a\"b\\\n\t\177\377", 10);
    begins("x86_64", open, "(\"/a\\\"b\\\\\\n\\t\\177\\377\", O_RDONLY)");
    add(0, 0, "/cut", 4);
    begins("x86_64", open, "(\"/cut\"..., O_RDONLY)");
    add(0, 0, "", 1);
    begins("x86_64", open, "(\"\", O_RDONLY)");
    add(1, 0,
        "a\0"
        "1b\0c",
        6);
    begins("x86_64", (struct lvmm_syscall){.number = 1, .arg = {1, 16, 6}}, "(1, \"a\\0001b\\0c\", 6)");
    add(1, 0, long_text, sizeof(long_text));
    begins("x86_64", write, "(1, \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"..., 40)");
    add(1, 0, long_text, 32);
    begins("x86_64", (struct lvmm_syscall){.number = 1, .arg = {1, 16, 32}},
           "(1, \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\", 32)");
    add(1, 0, "more than it", 12); /* than the call has */
    begins("x86_64", (struct lvmm_syscall){.number = 1, .arg = {1, 16, 4}}, "(1, \"more\", 4)");
}
END_TEST

START_TEST(results)
{
    const struct lvmm_syscall read = {.number = 0, .arg = {0, 16, 40}, .result = 3};

    add(1, 0, "abcdef", 6);
    ends("x86_64", read, "\"abc\", 40) = 3");
    add(1, 0, "abcdef", 6);
    ends("x86_64", (struct lvmm_syscall){.number = 0, .arg = {0, 16, 40}, .result = -14},
         "0x10, 40) = -1 EFAULT (Bad address)");
    begins("x86_64", read, "(0, ");        /* before it nothing was read */
    ends("x86_64", read, "0x10, 40) = 3"); /* it couldn't be looked at */
    ends("x86_64", (struct lvmm_syscall){.number = 0, .arg = {0, 16, 40}}, "\"\", 40) = 0");
    ends("x86_64", (struct lvmm_syscall){.number = 0, .arg = {0, 16, 40}, .result = -512},
         "0x10, 40) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)");
    ends("x86_64", (struct lvmm_syscall){.number = 0, .arg = {0, 16, 40}, .state = LVMM_SYSCALL_GONE}, "0x10, 40) = ?");
    ends("x86_64", (struct lvmm_syscall){.number = 0, .arg = {0, 16, 40}, .result = -4095},
         "0x10, 40) = -1 (errno 4095)");
    add(0, 0, &(int[2]){5, 6}, 8);
    ends("x86_64", (struct lvmm_syscall){.number = 293, .arg = {16}}, "[5, 6], 0) = 0");
    add(0, 0, &(int[1]){5}, 4);
    ends("x86_64", (struct lvmm_syscall){.number = 293, .arg = {16}}, "0x10, 0) = 0"); /* not whole */
    add(0, 0, &(int[4]){1, 0x20001, 7, 0}, 16);
    ends("x86_64", (struct lvmm_syscall){.number = 7, .arg = {16, 2}, .result = 1},
         ") = 1 ([{fd=1, revents=POLLPRI}])");
    ends("x86_64", (struct lvmm_syscall){.number = 7, .arg = {16, 2}}, ") = 0 (Timeout)");
    add(1, 0, &(int[6]){1, 2, 0, 4, 5, 6}, 24);
    ends("x86_64", (struct lvmm_syscall){.number = 232, .arg = {3, 16, 10}, .result = 1},
         "[{events=EPOLLIN, data={u32=2, u64=2}}], 10, 0) = 1");
    add(1, 0, &(int[8]){1, 2, 3, 0, 5, 6, 7, 8}, 32);
    ends("aarch64", (struct lvmm_syscall){.number = 22, .arg = {3, 16, 10}, .result = 2},
         "[{events=EPOLLIN, data={u32=3, u64=3}}, {events=EPOLLIN|EPOLLOUT, data={u32=7, u64=34359738375}}], 10, 0, "
         "NULL, "
         "0) = 2");
    add(1, 0, &(int[1]){0x300}, 4);
    ends("x86_64", (struct lvmm_syscall){.number = 61, .arg = {UINT32_MAX, 16}, .result = 7},
         "[{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = 7");
    add(1, 0, &(int[1]){139}, 4);
    ends("x86_64", (struct lvmm_syscall){.number = 61, .arg = {UINT32_MAX, 16}, .result = 7},
         "[{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)}], 0, NULL) = 7");
    ends("x86_64", (struct lvmm_syscall){.number = 12, .result = 0x1000}, ") = 0x1000");
    ends("x86_64", (struct lvmm_syscall){.number = 95, .result = 022}, ") = 022");
    ends("x86_64", (struct lvmm_syscall){.number = 72, .arg = {0, 3}, .result = 0x802},
         ") = 0x802 (flags O_RDWR|O_NONBLOCK)");
    ends("x86_64", (struct lvmm_syscall){.number = 72, .arg = {0, 1}, .result = 1}, ") = 0x1 (flags FD_CLOEXEC)");
    ends("x86_64", (struct lvmm_syscall){.number = 72, .arg = {0, 1}}, ") = 0");
    add(1, 0, &(uint32_t[1]){3}, 4);
    ends("x86_64", (struct lvmm_syscall){.number = 217, .arg = {3, 16, 99}, .result = 72},
         "0x10 /* 3 entries */, 99) = 72");
}
END_TEST

/* What a call reads and writes: as it was and as it is. */
START_TEST(changed)
{
    static const uint8_t pieces_before[] = {2, 0, 4, 0, 110, 0, 0, 0};
    const struct trace_memory before = {pieces_before, sizeof(pieces_before)};
    const struct lvmm_syscall getsockname = {.number = 51, .arg = {3, 16, 32}};
    char text[ROOM];

    add(1, 0, "\1\0/run/x\0garbage", 16);
    add(2, 0, &(int[1]){9}, 4);
    trace_args_end("x86_64", &getsockname, &before, &memory, 1, text, sizeof(text));
    ck_assert_str_eq(text, "{sa_family=AF_UNIX, sun_path=\"/run/x\"}, [110 => 9])");
    memory.size = 0;
    add(1, 0, "\2\0\0\120\177\0\0\1\0\0\0\0\0\0\0\0", 16);
    add(2, 0, &(int[1]){110}, 4);
    trace_args_end("x86_64", &getsockname, &before, &memory, 1, text, sizeof(text));
    ck_assert_str_eq(text, "{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}, [110])");
    memory.size = 0;
}
END_TEST

START_TEST(structures)
{
    const uint64_t times[4] = {1, 999999999, UINT64_MAX, 0}, action[4] = {1, 0x14000004, 16, 0x4002},
                   limits[2] = {1024, UINT64_MAX}, most = ~(1ull << 8);
    const uint32_t half[4] = {5, 6, UINT32_MAX, 8};
    uint8_t stat[56] = {0};
    struct lvmm_syscall sleep = {.number = 230, .arg = {0, 1, 16, 0}};

    add(2, 0, times, 16);
    begins("x86_64", sleep, "(CLOCK_REALTIME, TIMER_ABSTIME, {tv_sec=1, tv_nsec=999999999}, NULL)");
    sleep.number = 267;
    sleep.state = LVMM_SYSCALL_I386;
    add(2, 0, half, 16);
    begins("x86_64", sleep, "(CLOCK_REALTIME, TIMER_ABSTIME, {tv_sec=5, tv_nsec=6}, NULL)");
    sleep.number = 407;
    add(2, 0, times, 16);
    begins("x86_64", sleep, "(CLOCK_REALTIME, TIMER_ABSTIME, {tv_sec=1, tv_nsec=999999999}, NULL)");
    add(2, 0, times, 32);
    begins("riscv64", (struct lvmm_syscall){.number = 88, .arg = {3, 0, 16, 0x100}},
           "(3, NULL, [{tv_sec=1, tv_nsec=999999999}, {tv_sec=-1, tv_nsec=0}], AT_SYMLINK_NOFOLLOW)");
    add(1, 0, times, 32);
    begins("x86_64", (struct lvmm_syscall){.number = 38, .arg = {1, 16, 0}},
           "(ITIMER_VIRTUAL, {it_interval={tv_sec=1, tv_usec=999999999}, it_value={tv_sec=-1, tv_usec=0}}, NULL)");
    add(1, 0, action, 32);
    begins("x86_64", (struct lvmm_syscall){.number = 13, .arg = {2, 16, 0, 8}},
           "(SIGINT, {sa_handler=SIG_IGN, sa_mask=[INT TERM], sa_flags=SA_RESTORER|SA_RESTART|SA_SIGINFO, "
           "sa_restorer=0x10}, NULL, 8)");
    add(1, 0, action, 32);
    begins("riscv64", (struct lvmm_syscall){.number = 134, .arg = {2, 16, 0, 8}},
           "(SIGINT, {sa_handler=SIG_IGN, sa_mask=[TRAP], sa_flags=SA_RESTORER|SA_RESTART|SA_SIGINFO}, NULL, 8)");
    add(1, 0, &most, 8);
    begins("x86_64", (struct lvmm_syscall){.number = 14, .arg = {2, 16, 0, 8}}, "(SIG_SETMASK, ~[KILL], NULL, 8)");
    add(3, 0, limits, 16);
    ends("x86_64", (struct lvmm_syscall){.number = 302, .arg = {0, 7, 0, 16}},
         "{rlim_cur=1024, rlim_max=RLIM64_INFINITY}) = 0");
    memcpy(stat + 24, &(uint32_t){0100644}, 4);
    memcpy(stat + 48, &(uint64_t){1234}, 8);
    add(1, 0, stat, sizeof(stat));
    ends("x86_64", (struct lvmm_syscall){.number = 5, .arg = {3, 16}},
         "{st_mode=S_IFREG|0644, st_size=1234, ...}) = 0");
    memcpy(stat + 16, &(uint32_t){041777}, 4);
    add(1, 0, stat, sizeof(stat));
    ends("aarch64", (struct lvmm_syscall){.number = 80, .arg = {3, 16}},
         "{st_mode=S_IFDIR|01777, st_size=1234, ...}) = 0");
    memcpy(stat + 44, &(uint64_t){77}, 8);
    add(1, 0, stat, sizeof(stat));
    ends("x86_64", (struct lvmm_syscall){.number = 197, .state = LVMM_SYSCALL_I386, .arg = {3, 16}},
         "{st_mode=S_IFDIR|01777, st_size=77, ...}) = 0");
}
END_TEST

START_TEST(vectors_and_strings)
{
    const uint64_t vectors[4] = {0x100, 3, 0x200, 5}, names[3] = {0x100, 0x200, 0};
    const uint32_t half[4] = {0x100, 3, 0, 0};
    uint64_t many[LVMM_PIECE_ITEMS + 1];

    add(1, 0, vectors, 32);
    add(1, 1, "one", 3);
    begins("x86_64", (struct lvmm_syscall){.number = 20, .arg = {1, 16, 2}},
           "(1, [{iov_base=\"one\", iov_len=3}, {iov_base=0x200, iov_len=5}], 2)");
    add(1, 0, vectors, 32);
    add(1, 1, "one", 3);
    add(1, 2, "two..", 5);
    ends("x86_64", (struct lvmm_syscall){.number = 19, .arg = {1, 16, 2}, .result = 4},
         "[{iov_base=\"one\", iov_len=3}, {iov_base=\"t\", iov_len=5}], 2) = 4");
    add(1, 0, half, 16);
    add(1, 1, "one", 3);
    begins("x86_64", (struct lvmm_syscall){.number = 146, .state = LVMM_SYSCALL_I386, .arg = {1, 16, 2}},
           "(1, [{iov_base=\"one\", iov_len=3}, {iov_base=NULL, iov_len=0}], 2)");
    add(0, 0, "/bin/ls", 8);
    add(1, 0, names, 24);
    add(1, 1, "ls", 3);
    begins("x86_64", (struct lvmm_syscall){.number = 59, .arg = {16, 16, 0}}, "(\"/bin/ls\", [\"ls\", 0x200], NULL)");
    for (unsigned i = 0; i < LVMM_PIECE_ITEMS + 1; i++)
        many[i] = 0x10;
    add(1, 0, many, sizeof(many));
    for (unsigned i = 0; i < LVMM_PIECE_ITEMS; i++)
        add(1, i + 1, "x", 2);
    char expected[ROOM] = "(NULL, [";
    for (unsigned i = 0; i < LVMM_PIECE_ITEMS; i++)
        strcat(expected, "\"x\", ");
    begins("x86_64", (struct lvmm_syscall){.number = 59, .arg = {0, 16, 0}}, strcat(expected, "...], NULL)"));
    add(2, 0, &(uint32_t){37}, 4);
    begins("x86_64", (struct lvmm_syscall){.number = 59, .arg = {0, 0, 16}}, "(NULL, NULL, 0x10 /* 37 vars */)");
}
END_TEST

/* Pieces that say more than there is, and that end in the middle of a head. */
START_TEST(wrong_pieces)
{
    const struct lvmm_syscall open = {.number = 2, .arg = {16}};

    add(1, 0, "", 0);
    add(0, 0, "name", 5);
    memory.size--;
    begins("x86_64", open, "(0x10, O_RDONLY)");
    add(0, 0, "name", 5);
    memory.size = 3;
    begins("x86_64", open, "(0x10, O_RDONLY)");
    add(0, 0, "", 0);
    begins("x86_64", open, "(\"\"..., O_RDONLY)");
}
END_TEST

/* Where an array has its length there is a number; no set and no layout that isn't one. */
START_TEST(rows)
{
    for (uint32_t number = 0; number < 512; number++)
        for (unsigned way = 0; way < 3; way++) {
            const uint32_t *kinds = syscall_kinds(way == 1 ? "aarch64" : "x86_64", way == 2, number);
            for (unsigned i = 0; kinds != NULL && i < KINDS_MAX; i++) {
                uint32_t kind = kinds[i];
                if (kind_what(kind) == KIND_POINTER) {
                    ck_assert_uint_lt(kind_more(kind), KIND_LAYOUT_COUNT);
                    ck_assert(kind & (KIND_IN | KIND_OUT));
                }
                if (kind_what(kind) == KIND_FLAGS || kind_what(kind) == KIND_ONE)
                    ck_assert_uint_lt(kind_more(kind), KIND_SET_COUNT);
                if (kind & KIND_ARRAY)
                    ck_assert_uint_ne(kind_what(kinds[kind_count(kind)]), KIND_none);
            }
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/trace_args");
    TCase *tc = tcase_create("trace_args");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(tc, numbers, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tc, strings);
    tcase_add_test(tc, results);
    tcase_add_test(tc, changed);
    tcase_add_test(tc, structures);
    tcase_add_test(tc, vectors_and_strings);
    tcase_add_test(tc, wrong_pieces);
    tcase_add_test(tc, rows);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
