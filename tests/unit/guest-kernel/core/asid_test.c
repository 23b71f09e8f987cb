/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asid_test.c - which ASID stands for which space: beside a model of the TLB that keeps, under each ASID, of which
 * space and how old what it has is, as long as nobody says that it is to forget.
 */
// sources: guest-kernel/core/asid.c
#include "core/asid.h"

#include <check.h>
#include <string.h>

#include "suite_run.h"

#define CPUS 3u
#define SPACES 48u /* at a time: more than there are ASIDs */
#define STEPS 4000u

unsigned arch_asids;

static struct asids cpus[CPUS];
static struct arch_space spaces[SPACES], *active[CPUS];
static uint64_t last_id;

/* What a CPU's TLB has: at most what was true of that space at that generation, and later. */
static struct tlb {
    uint64_t space, generation;
} tlb[CPUS][ASIDS_MAX + 1];
static unsigned forgotten;

static void space_begin(struct arch_space *space)
{
    *space = (struct arch_space){.id = ++last_id};
}

static void setup(void)
{
    memset(cpus, 0, sizeof(cpus));
    memset(tlb, 0, sizeof(tlb));
    memset(active, 0, sizeof(active));
    forgotten = 0;
    last_id = 0;
    arch_asids = 0xff;
    for (unsigned i = 0; i < SPACES; i++)
        space_begin(&spaces[i]);
}

/* The CPU goes over to the space, and fills its TLB. */
static unsigned go(unsigned cpu, struct arch_space *space)
{
    bool forget;
    unsigned before = active[cpu] != NULL ? cpus[cpu].current : 0;
    unsigned asid = asid_use(&cpus[cpu], space, cpu, &forget);

    ck_assert_uint_ge(asid, 1);
    ck_assert_uint_le(asid, arch_asids < ASIDS_MAX ? arch_asids : ASIDS_MAX);
    ck_assert_uint_ne(asid, before);
    ck_assert_uint_eq(asid, cpus[cpu].current);
    ck_assert_uint_eq(*asids_generation(&cpus[cpu]), space->generation);
    forgotten += forget;
    if (forget)
        tlb[cpu][asid] = (struct tlb){space->id, space->generation};
    ck_assert_uint_eq(tlb[cpu][asid].space, space->id);
    ck_assert_uint_eq(tlb[cpu][asid].generation, space->generation);
    active[cpu] = space;
    return asid;
}

START_TEST(known_spaces_cost_nothing)
{
    unsigned first, second;

    first = go(0, &spaces[0]);
    second = go(0, &spaces[1]);
    ck_assert_uint_ne(first, second);
    ck_assert_uint_eq(forgotten, 2);
    for (unsigned i = 0; i < 10; i++) {
        ck_assert_uint_eq(go(0, &spaces[0]), first);
        ck_assert_uint_eq(go(0, &spaces[1]), second);
    }
    ck_assert_uint_eq(forgotten, 2);
}
END_TEST

START_TEST(as_many_as_there_are)
{
    for (unsigned i = 0; i < ASIDS_MAX; i++)
        go(0, &spaces[i]);
    for (unsigned i = 0; i < ASIDS_MAX; i++)
        go(0, &spaces[i]);
    ck_assert_uint_eq(forgotten, ASIDS_MAX);
    go(0, &spaces[ASIDS_MAX]); /* takes the first one's, and leaves the others theirs */
    for (unsigned i = 1; i < ASIDS_MAX; i++)
        go(0, &spaces[i]);
    ck_assert_uint_eq(forgotten, ASIDS_MAX + 1);
    go(0, &spaces[0]);
    ck_assert_uint_eq(forgotten, ASIDS_MAX + 2);
}
END_TEST

START_TEST(few)
{
    arch_asids = 2;
    for (unsigned i = 0; i < 9; i++)
        go(0, &spaces[i % 3]);
    ck_assert_uint_eq(forgotten, 9);
}
END_TEST

/* As others change the space meanwhile. */
START_TEST(changed_spaces_are_forgotten)
{
    go(0, &spaces[0]);
    go(0, &spaces[1]);
    spaces[0].generation++;
    go(0, &spaces[0]);
    ck_assert_uint_eq(forgotten, 3);
    go(0, &spaces[1]);
    go(0, &spaces[0]);
    ck_assert_uint_eq(forgotten, 3);
}
END_TEST

START_TEST(cpus_have_their_own)
{
    go(0, &spaces[0]);
    go(0, &spaces[1]);
    go(1, &spaces[1]);
    go(1, &spaces[0]);
    ck_assert_uint_eq(spaces[0].asid[0], spaces[1].asid[1]);
    ck_assert_uint_eq(forgotten, 4);
    spaces[0].generation++;
    go(0, &spaces[0]);
    go(1, &spaces[2]);
    go(1, &spaces[0]);
    ck_assert_uint_eq(forgotten, 7);
}
END_TEST

/* Another space at the same place, with the same generation. */
START_TEST(a_new_space_is_new)
{
    go(0, &spaces[0]);
    go(0, &spaces[1]);
    space_begin(&spaces[0]);
    spaces[0].asid[0] = 1; /* whatever was there */
    go(0, &spaces[0]);
    ck_assert_uint_eq(forgotten, 3);
}
END_TEST

/* mm/tlb.h: where there is one CPU, the active space's changes are forgotten at once and not counted. */
static void change(struct arch_space *space)
{
    space->generation++;
    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        if (active[cpu] == space) { /* as shootdown_catch_up */
            *asids_generation(&cpus[cpu]) = space->generation;
            tlb[cpu][cpus[cpu].current].generation = space->generation;
        }
}

static void end(struct arch_space *space)
{
    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        if (active[cpu] == space)
            active[cpu] = NULL;
    space_begin(space);
}

START_TEST(whatever_happens)
{
    uint32_t state = (uint32_t)_i + 1;

    arch_asids = 2 + (unsigned)_i * 7;
    for (unsigned step = 0; step < STEPS; step++) {
        state = state * 1664525u + 1013904223u;
        unsigned cpu = (state >> 8) % CPUS, some = (state >> 30) == 0 ? SPACES : 6;
        struct arch_space *space = &spaces[(state >> 12) % some];
        switch ((state >> 24) % 16) {
        case 0:
            end(space);
            break;
        case 1:
        case 2:
            change(space);
            break;
        case 3:
            active[cpu] = NULL; /* it idles */
            break;
        default:
            if (active[cpu] != space)
                go(cpu, space);
        }
    }
    ck_assert_uint_gt(forgotten, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("asid");
    TCase *tcase = tcase_create("table");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, known_spaces_cost_nothing);
    tcase_add_test(tcase, as_many_as_there_are);
    tcase_add_test(tcase, few);
    tcase_add_test(tcase, changed_spaces_are_forgotten);
    tcase_add_test(tcase, cpus_have_their_own);
    tcase_add_test(tcase, a_new_space_is_new);
    tcase_add_loop_test(tcase, whatever_happens, 0, 6);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
