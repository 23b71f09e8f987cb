/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_test.c - our programs mean what libseccomp's of the same rules mean: for each ISA, list and number, with
 * arguments that are just as the rules have them, and beside that. And what is forbidden is so on every ISA.
 */
// sources: vmm/sandbox/rules/call_ranges.c vmm/sandbox/rules/calls.c vmm/sandbox/rules/compile.c
// vmm/sandbox/rules/conditions.c vmm/sandbox/rules/kinds.c vmm/sandbox/rules/program.c vmm/sandbox/rules/set*.c
// vmm/sandbox/rules/word_values.c
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/vmm/sandbox/forbidden.h"
#include "tests/unit/vmm/sandbox/simulate.h"
#include "vmm/sandbox/rules/compile.h"

#define STEPS_MAX 4096u
#define OUR_STEPS_MAX 116u /* of a list: each step is 900 instructions of the kernel as it is loaded, on x86 */
#define X32_END (X32 + CALLS_END)
#define ACTION_KILL SECCOMP_RET_KILL_PROCESS

static const char *const isas[] = {"x86_64", "aarch64", "riscv64"};
#define ISAS (sizeof(isas) / sizeof(isas[0]))

struct code {
    struct sock_filter step[STEPS_MAX];
    unsigned count;
};

static struct code ours, theirs, first; /* that of lists[0], which some others are on top of */
static struct call_rules calls[CALLS_END];
static uint32_t arch;
static unsigned compared;

/* ---- the two programs ---- */

static void make(const struct list *list, struct code *code)
{
    struct program program;

    ck_assert_msg(compile(list, arch, &program), "list %s", list->name);
    code->count = program.count;
    for (unsigned i = 0; i < program.count; i++)
        code->step[i] = *program_step(&program, i);
}

static void make_ours(const struct list *list)
{
    make(list, &ours);
    first.count = 0;
    if (list->less != NULL)
        make(&lists[0], &first);
}

/* The kernel runs all programs of a thread, and does the strictest of what they say. */
static uint32_t our_action(const struct seccomp_data *data)
{
    uint32_t own = simulate(ours.step, ours.count, data);
    uint32_t under = first.count != 0 ? simulate(first.step, first.count, data) : SECCOMP_RET_ALLOW;

    return (int32_t)own < (int32_t)under ? own : under;
}

/* Rules are given by the numbers of this machine's ISA, whichever the filter is for: libseccomp puts the other's in
 * their place. */
static void add_rule(scmp_filter_ctx filter, const struct rule *rule)
{
    int number = seccomp_syscall_resolve_name(rule->call);
    uint32_t action = rule->error != 0 ? SCMP_ACT_ERRNO((uint32_t)rule->error) : SCMP_ACT_ALLOW;

    if (number == __NR_SCMP_ERROR || seccomp_syscall_resolve_name_arch(arch, rule->call) < 0)
        return;
    int error = seccomp_rule_add_array(filter, action, number, rule->count, rule->argument);
    ck_assert_msg(error == 0 || error == -EEXIST, "%s: %d", rule->call, error);
}

static void make_theirs(const struct list *list)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    FILE *file = tmpfile();

    ck_assert_ptr_nonnull(filter);
    ck_assert_ptr_nonnull(file);
    if (seccomp_arch_native() != arch) {
        ck_assert_int_eq(seccomp_arch_add(filter, arch), 0);
        ck_assert_int_eq(seccomp_arch_remove(filter, SCMP_ARCH_NATIVE), 0);
    }
    ck_assert_int_eq(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), 0);
    for (unsigned i = 0; list->sets[i] != NULL; i++)
        for (const struct rule *rule = list->sets[i]; rule->call != NULL; rule++)
            add_rule(filter, rule);
    ck_assert_int_eq(seccomp_export_bpf(filter, fileno(file)), 0);
    seccomp_release(filter);
    rewind(file);
    theirs.count = (unsigned)fread(theirs.step, sizeof(theirs.step[0]), STEPS_MAX, file);
    ck_assert(feof(file));
    fclose(file);
}

static void make_both(int isa, const struct list *list)
{
    arch = calls_arch(isas[isa]);
    ck_assert_uint_ne(arch, 0);
    ck_assert(calls_collect(list, arch, calls));
    make_ours(list);
    make_theirs(list);
}

/* ---- the comparison ---- */

static void compare(const struct list *list, const struct seccomp_data *data)
{
    uint32_t own = our_action(data), other = simulate(theirs.step, theirs.count, data);

    compared++;
    ck_assert_msg(own == other, "list %s, arch %#x, call %d (%#llx, %#llx, %#llx, %#llx, %#llx): %#x instead of %#x",
                  list->name, data->arch, data->nr, data->args[0], data->args[1], data->args[2], data->args[3],
                  data->args[4], own, other);
}

/* Values of an argument that a condition tells apart: what it wants, its neighbours, and each bit changed, also with
 * the bits set that it doesn't look at. */
#define VALUES (2 * 65 + 2)
static unsigned values_of(const struct scmp_arg_cmp *condition, uint64_t values[VALUES])
{
    uint64_t mask = condition->op == SCMP_CMP_MASKED_EQ ? condition->datum_a : UINT64_MAX;
    uint64_t value = condition->op == SCMP_CMP_MASKED_EQ ? condition->datum_b : condition->datum_a;
    unsigned count = 0;

    for (unsigned i = 0; i < 65; i++) {
        uint64_t bit = i < 64 ? UINT64_C(1) << i : 0;

        values[count++] = value ^ bit;
        values[count++] = (value | ~mask) ^ bit;
    }
    values[count++] = value - 1;
    values[count++] = value + 1;
    return count;
}

/* One argument is changed, the others are as the rule has them. */
static void compare_rule(const struct list *list, unsigned number, const struct rule *rule)
{
    struct seccomp_data data = {.nr = (int)number, .arch = arch};
    uint64_t values[VALUES];

    for (unsigned i = 0; i < rule->count; i++)
        data.args[rule->argument[i].arg] =
            rule->argument[i].op == SCMP_CMP_MASKED_EQ ? rule->argument[i].datum_b : rule->argument[i].datum_a;
    for (unsigned i = 0; i < rule->count; i++) {
        unsigned count = values_of(&rule->argument[i], values);
        __u64 *changed = &data.args[rule->argument[i].arg], before = *changed;

        for (unsigned j = 0; j < count; j++) {
            *changed = values[j];
            compare(list, &data);
        }
        *changed = before;
    }
}

/* The same numbers in each run. */
static uint64_t some(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 20;
}

static void compare_number(const struct list *list, uint32_t number)
{
    static const uint64_t plain[] = {0, 1, UINT64_MAX, 0x7fffffff, 0xffffffff, UINT64_C(1) << 32, 4};
    struct seccomp_data data = {.nr = (int)number, .arch = arch};
    uint64_t state = number;

    for (unsigned i = 0; i < sizeof(plain) / sizeof(plain[0]) + 8; i++) {
        for (unsigned j = 0; j < 6; j++)
            data.args[j] = i < sizeof(plain) / sizeof(plain[0]) ? plain[i] : some(&state) & ~(state >> 40);
        compare(list, &data);
    }
    for (unsigned i = 0; number < CALLS_END && i < calls[number].count; i++)
        compare_rule(list, number, calls[number].rule[i]);
}

START_TEST(our_programs_are_as_libseccomps)
{
    for (const struct list *list = lists; list->name != NULL; list++) {
        make_both(_i, list);
        for (uint32_t number = 0; number < 2 * CALLS_END; number++)
            compare_number(list, number);
        for (uint32_t number = X32; number < X32_END; number++)
            compare_number(list, number);
        for (unsigned bit = 10; bit < 32; bit++)
            for (uint32_t number = 0; number < 64; number++)
                compare_number(list, number | 1u << bit);
        compare_number(list, UINT32_MAX);
    }
    ck_assert_uint_gt(compared, 100000);
}
END_TEST

/* Another ISA's call, as i386's int 0x80 is on x86_64. */
START_TEST(other_isas_calls_kill)
{
    for (const struct list *list = lists; list->name != NULL; list++) {
        make_both(_i, list);
        for (int number = 0; number < (int)CALLS_END; number++) {
            struct seccomp_data data = {.nr = number, .arch = SCMP_ARCH_X86};

            ck_assert_uint_eq(our_action(&data), ACTION_KILL);
            for (unsigned bit = 0; bit < 32; bit++) {
                data.arch = arch ^ 1u << bit;
                ck_assert_uint_eq(our_action(&data), ACTION_KILL);
            }
        }
    }
}
END_TEST

/* The number that the call has there, or -1. */
static int number_there(const struct call *call)
{
    return call->number >= X32 ? (arch == SCMP_ARCH_X86_64 ? (int)call->number : -1)
                               : seccomp_syscall_resolve_name_arch(arch, call->name);
}

static void expect_kill(const struct list *list, const struct call *call)
{
    struct seccomp_data data = {.nr = number_there(call), .arch = arch};

    if (data.nr < 0)
        return;
    for (unsigned i = 0; i < 6; i++)
        data.args[i] = call->argument[i];
    ck_assert_msg(our_action(&data) == ACTION_KILL, "arch %#x: list %s: %s passes", arch, list->name, call->name);
    compared++;
}

/* The network's list has some of these, and a suite of its own (net_list_test.c). */
START_TEST(what_is_forbidden_is_so_on_every_isa)
{
    for (const struct list *list = lists; list->name != NULL; list++) {
        make_both(_i, list);
        for (unsigned i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]) && strcmp(list->name, "net") != 0; i++)
            if (strcmp(list->name, "share") != 0 || !is_of_shares(forbidden[i].number))
                expect_kill(list, &forbidden[i]);
    }
    ck_assert_uint_gt(compared, 7 * 100);
}
END_TEST

START_TEST(programs_are_short)
{
    for (const struct list *list = lists; list->name != NULL; list++) {
        make_both(_i, list);
        ck_assert_msg(ours.count <= OUR_STEPS_MAX, "list %s: %u steps", list->name, ours.count);
        ck_assert_uint_lt(ours.count, theirs.count);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sandbox rules");
    TCase *tests = tcase_create("rules");

    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, our_programs_are_as_libseccomps, 0, ISAS);
    tcase_add_loop_test(tests, other_isas_calls_kill, 0, ISAS);
    tcase_add_loop_test(tests, what_is_forbidden_is_so_on_every_isa, 0, ISAS);
    tcase_add_loop_test(tests, programs_are_short, 0, ISAS);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
