/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/trace_args.c vmm/trace_layouts.c vmm/syscall_names.c vmm/syscall_sets.c
/* trace_args_test.c - arguments as people read them: numbers by their kinds, names, strings, structures, on all ISAs
 * and for 32-bit programs; and whatever a guest may send in their place. */
#include "vmm/trace_args.h"

#include <check.h>
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
    {"x86_64", {.number = 2, .arg = {0, 02000001, 0644}}, "(NULL, O_WRONLY|O_CLOEXEC, 0644)"},
    {"x86_64", {.number = 2, .arg = {0x1000, 0200000, 0}}, "(0x1000, O_RDONLY|O_DIRECTORY, 000)"},
    {"aarch64", {.number = 56, .arg = {0xffffff9c, 16, 040000}}, "(AT_FDCWD, 0x10, O_RDONLY|O_DIRECTORY, 000)"},
    {"riscv64", {.number = 56, .arg = {3, 16, 040000}}, "(3, 0x10, O_RDONLY|O_DIRECT, 000)"},
    {"x86_64", {.number = 2, .arg = {0, 04010002}}, "(NULL, O_RDWR|O_SYNC, 000)"},
    {"x86_64", {.number = 2, .arg = {0, 010002}}, "(NULL, O_RDWR|O_DSYNC, 000)"},
    {"x86_64", {.number = 2, .arg = {0, 020200002, 0600}}, "(NULL, O_RDWR|O_TMPFILE, 0600)"},
    {"x86_64", {.number = 2, .arg = {0, 0x80000003}}, "(NULL, 0x80000003, 000)"},
    {"x86_64",
     {.number = 9, .arg = {0, 4096, 3, 0x22, 0xffffffff, 0}},
     "(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)"},
    {"x86_64",
     {.number = 9, .arg = {0x1000, 1, 0, 0x800000000000001, 3, 0x100000000}},
     "(0x1000, 1, PROT_NONE, MAP_SHARED|0x800000000000000, 3, 4294967296)"},
    {"loongarch64", {.number = 129, .arg = {0xffffffff, 15}}, "(-1, SIGTERM)"},
    {"x86_64", {.number = 62, .arg = {1, 34}}, "(1, SIGRT_2)"},
    {"x86_64", {.number = 62, .arg = {1, 65}}, "(1, 65)"},
    {"x86_64", {.number = 62, .arg = {1, 0}}, "(1, 0)"},
    {"x86_64", {.number = 228, .arg = {1, 0}}, "(CLOCK_MONOTONIC, NULL)"},
    {"x86_64", {.number = 228, .arg = {10, 0}}, "(10, NULL)"},
    {"x86_64", {.number = 228, .arg = {0xfffffffa, 0}}, "(-6, NULL)"},
    {"x86_64", {.number = 92, .arg = {0, 0xffffffff, 0x80000000}}, "(NULL, -1, 2147483648)"},
    {"x86_64", {.number = 95, .arg = {022}}, "(022)"},
    {"x86_64", {.number = 202, .arg = {16, 128, 1}}, "(0x10, FUTEX_WAIT|FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0)"},
    {"x86_64",
     {.number = 202, .arg = {16, 0x189, 1}},
     "(0x10, FUTEX_WAIT_BITSET|FUTEX_PRIVATE_FLAG|FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0)"},
    {"x86_64", {.number = 56, .arg = {0x4111}}, "(CLONE_VM|CLONE_VFORK|SIGCHLD, NULL, NULL, NULL, NULL)"},
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

START_TEST(numbers)
{
    const struct trace_memory memory = {NULL, 0};
    char text[ROOM];
    size_t length = trace_args_begin(cases[_i].isa, &cases[_i].call, &memory, text, sizeof(text));

    ck_assert_str_eq(text, cases[_i].text);
    ck_assert_uint_eq(length, strlen(text));
    for (size_t size = 1; size <= length; size++) { /* cut anywhere */
        ck_assert_uint_eq(trace_args_begin(cases[_i].isa, &cases[_i].call, &memory, text, size), size - 1);
        ck_assert_int_eq(strncmp(text, cases[_i].text, size - 1), 0);
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

static void begins(const char *isa, struct lvmm_syscall call, const char *expected)
{
    char text[ROOM];

    ck_assert_uint_eq(trace_args_begin(isa, &call, &memory, text, sizeof(text)), strlen(expected));
    ck_assert_str_eq(text, expected);
    memory.size = 0;
}

static void ends(const char *isa, struct lvmm_syscall call, const char *expected)
{
    char text[ROOM];

    ck_assert_uint_eq(trace_args_end(isa, &call, &memory, text, sizeof(text)), strlen(expected));
    ck_assert_str_eq(text, expected);
    memory.size = 0;
}

START_TEST(strings)
{
    const struct lvmm_syscall write = {.number = 1, .arg = {1, 16, 40}}, open = {.number = 2, .arg = {16}};
    char long_text[LVMM_PIECE_BYTES];

    memset(long_text, 'x', sizeof(long_text));
    add(0, 0, "/a\"b\\\n\t\177\377", 10);
    begins("x86_64", open, "(\"/a\\\"b\\\\\\n\\t\\177\\377\", O_RDONLY, 000)");
    add(0, 0, "/cut", 4);
    begins("x86_64", open, "(\"/cut\"..., O_RDONLY, 000)");
    add(0, 0, "", 1);
    begins("x86_64", open, "(\"\", O_RDONLY, 000)");
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
    ends("x86_64", read, " arg1=\"abc\"");
    add(1, 0, "abcdef", 6);
    ends("x86_64", (struct lvmm_syscall){.number = 0, .arg = {0, 16, 40}, .result = -14}, "");
    add(1, 0, "a", 1);
    begins("x86_64", read, "(0, 0x10, 40)"); /* before it nothing was read */
    ends("x86_64", read, "");                /* it couldn't be looked at */
    add(0, 0, &(int[2]){5, 6}, 8);
    ends("x86_64", (struct lvmm_syscall){.number = 293, .arg = {16}}, " arg0=[5, 6]");
    add(0, 0, &(int[1]){5}, 4);
    ends("x86_64", (struct lvmm_syscall){.number = 293, .arg = {16}}, ""); /* not whole */
    add(0, 0, &(int[4]){1, 0x20001, 7, 0}, 16);
    ends("x86_64", (struct lvmm_syscall){.number = 7, .arg = {16, 2}, .result = 1},
         " arg0=[{fd=1, events=POLLIN, revents=POLLPRI}, {fd=7, events=0}]");
    add(1, 0, &(int[6]){1, 2, 0, 4, 5, 6}, 24);
    ends("x86_64", (struct lvmm_syscall){.number = 232, .arg = {3, 16, 10}, .result = 1},
         " arg1=[{events=EPOLLIN, data=0x2}]");
    add(1, 0, &(int[8]){1, 2, 3, 0, 5, 6, 7, 8}, 32);
    ends("aarch64", (struct lvmm_syscall){.number = 22, .arg = {3, 16, 10}, .result = 2},
         " arg1=[{events=EPOLLIN, data=0x3}, {events=EPOLLIN|EPOLLOUT, data=0x800000007}]");
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
           "(SIGINT, {sa_handler=SIG_IGN, sa_mask=[INT TERM], sa_flags=SA_SIGINFO|SA_RESTORER|SA_RESTART}, NULL, 8)");
    add(1, 0, action, 32);
    begins("riscv64", (struct lvmm_syscall){.number = 134, .arg = {2, 16, 0, 8}},
           "(SIGINT, {sa_handler=SIG_IGN, sa_mask=[TRAP], sa_flags=SA_SIGINFO|SA_RESTORER|SA_RESTART}, NULL, 8)");
    add(1, 0, &most, 8);
    begins("x86_64", (struct lvmm_syscall){.number = 14, .arg = {2, 16, 0, 8}}, "(SIG_SETMASK, ~[KILL], NULL, 8)");
    add(3, 0, limits, 16);
    ends("x86_64", (struct lvmm_syscall){.number = 302, .arg = {0, 7, 0, 16}},
         " arg3={rlim_cur=1024, rlim_max=RLIM_INFINITY}");
    memcpy(stat + 24, &(uint32_t){0100644}, 4);
    memcpy(stat + 48, &(uint64_t){1234}, 8);
    add(1, 0, stat, sizeof(stat));
    ends("x86_64", (struct lvmm_syscall){.number = 5, .arg = {3, 16}},
         " arg1={st_mode=S_IFREG|0644, st_size=1234, ...}");
    memcpy(stat + 16, &(uint32_t){041777}, 4);
    add(1, 0, stat, sizeof(stat));
    ends("aarch64", (struct lvmm_syscall){.number = 80, .arg = {3, 16}},
         " arg1={st_mode=S_IFDIR|01777, st_size=1234, ...}");
    memcpy(stat + 44, &(uint64_t){77}, 8);
    add(1, 0, stat, sizeof(stat));
    ends("x86_64", (struct lvmm_syscall){.number = 197, .state = LVMM_SYSCALL_I386, .arg = {3, 16}},
         " arg1={st_mode=S_IFDIR|01777, st_size=77, ...}");
}
END_TEST

START_TEST(vectors_and_strings)
{
    const uint64_t vectors[4] = {0x100, 3, 0x200, 5}, names[3] = {0x100, 0x200, 0};
    const uint32_t half[4] = {0x100, 3, 0, 0};
    uint64_t many[LVMM_PIECE_ITEMS];

    add(1, 0, vectors, 32);
    add(1, 1, "one", 3);
    begins("x86_64", (struct lvmm_syscall){.number = 20, .arg = {1, 16, 2}},
           "(1, [{iov_base=\"one\", iov_len=3}, {iov_base=0x200, iov_len=5}], 2)");
    add(1, 0, vectors, 32);
    add(1, 1, "one", 3);
    add(1, 2, "two..", 5);
    ends("x86_64", (struct lvmm_syscall){.number = 19, .arg = {1, 16, 2}, .result = 4},
         " arg1=[{iov_base=\"one\", iov_len=3}, {iov_base=\"t\", iov_len=5}]");
    add(1, 0, half, 16);
    add(1, 1, "one", 3);
    begins("x86_64", (struct lvmm_syscall){.number = 146, .state = LVMM_SYSCALL_I386, .arg = {1, 16, 2}},
           "(1, [{iov_base=\"one\", iov_len=3}, {iov_base=\"\", iov_len=0}], 2)");
    add(0, 0, "/bin/ls", 8);
    add(1, 0, names, 24);
    add(1, 1, "ls", 3);
    begins("x86_64", (struct lvmm_syscall){.number = 59, .arg = {16, 16, 0}}, "(\"/bin/ls\", [\"ls\", 0x200], NULL)");
    for (unsigned i = 0; i < LVMM_PIECE_ITEMS; i++)
        many[i] = 0x10;
    add(1, 0, many, sizeof(many));
    begins("x86_64", (struct lvmm_syscall){.number = 59, .arg = {0, 16, 0}},
           "(NULL, [0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, ...], NULL)");
}
END_TEST

/* Pieces that say more than there is, and that end in the middle of a head. */
START_TEST(wrong_pieces)
{
    const struct lvmm_syscall open = {.number = 2, .arg = {16}};

    add(1, 0, "", 0);
    add(0, 0, "name", 5);
    memory.size--;
    begins("x86_64", open, "(0x10, O_RDONLY, 000)");
    add(0, 0, "name", 5);
    memory.size = 3;
    begins("x86_64", open, "(0x10, O_RDONLY, 000)");
    add(0, 0, "", 0);
    begins("x86_64", open, "(\"\"..., O_RDONLY, 000)");
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
