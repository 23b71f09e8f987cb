/* SPDX-License-Identifier: Apache-2.0 */
// sources: kvmarch/riscv64_sbi.c vmm/kvm/mem.c
/* riscv64_sbi_test.c - the SBI's consoles: what is written and read, and buffers that aren't memory. */
#include "kvmarch/riscv64_sbi.h"

#include <check.h>
#include <string.h>

#define DBCN 0x4442434eu
#define RAM 0x80200000u
#define RAM_BYTES 0x2000u
#define NOT_SUPPORTED ((uint64_t)-2)
#define INVALID_PARAM ((uint64_t)-3)

static const struct mem_range ram = {RAM, RAM_BYTES};
static struct mem mem;
static char written[8192];
static size_t written_size;
static const char *input;

static void write_console(void *owner, const char *bytes, size_t size)
{
    ck_assert_ptr_eq(owner, &mem);
    memcpy(written + written_size, bytes, size);
    written_size += size;
}

static size_t read_console(void *owner, char *bytes, size_t size)
{
    size_t length = strnlen(input, size);

    ck_assert_ptr_eq(owner, &mem);
    memcpy(bytes, input, length);
    input += length;
    return length;
}

static const struct vm_console console = {.write = write_console, .read = read_console, .owner = &mem};

static void setup(void)
{
    ck_assert_int_eq(mem_init(&mem, &ram, 1), 0);
    written_size = 0;
    input = "";
}

static void teardown(void)
{
    mem_fini(&mem);
}

static struct sbi_call call(uint64_t extension, uint64_t function, uint64_t a0, uint64_t a1, uint64_t a2)
{
    struct sbi_call made = {.extension = extension, .function = function, .args = {a0, a1, a2}, .ret = {7, 7}};

    riscv64_sbi_serve(&made, &mem, &console);
    return made;
}

static void gives(struct sbi_call made, uint64_t error, uint64_t value)
{
    ck_assert_uint_eq(made.ret[0], error);
    ck_assert_uint_eq(made.ret[1], value);
}

/* It changes a0 alone. */
START_TEST(legacy)
{
    input = "\xff";
    gives(call(1, 0, '[', 0x1234, 0), 0, 0x1234);
    ck_assert_uint_eq(written_size, 1);
    ck_assert_int_eq(written[0], '[');
    gives(call(2, 0, 0, 0x1234, 0), 0xff, 0x1234);
    gives(call(2, 0, 0, 0x1234, 0), UINT64_MAX, 0x1234);
}
END_TEST

START_TEST(a_string)
{
    mem_write(&mem, RAM + RAM_BYTES - 5, "hello", 5);
    gives(call(DBCN, 0, 5, RAM + RAM_BYTES - 5, 0), 0, 5);
    ck_assert_uint_eq(written_size, 5);
    ck_assert_mem_eq(written, "hello", 5);
    gives(call(DBCN, 0, 0, RAM, 0), 0, 0);
    ck_assert_uint_eq(written_size, 5);
}
END_TEST

/* The caller goes on where it ended. */
START_TEST(a_long_string)
{
    gives(call(DBCN, 0, RAM_BYTES, RAM, 0), 0, 1024);
    ck_assert_uint_eq(written_size, 1024);
}
END_TEST

START_TEST(no_memory)
{
    static const uint64_t bad[][3] = {
        {5, RAM + RAM_BYTES - 4, 0}, {5, RAM, 1}, {1, RAM - 1, 0},     {UINT64_MAX, RAM, 0}, {2, UINT64_MAX, 0},
        {RAM_BYTES + 1, RAM, 0},     {1, 0, 0},   {1, RAM + RAM_BYTES}};

    input = "abc";
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        gives(call(DBCN, 0, bad[i][0], bad[i][1], bad[i][2]), INVALID_PARAM, 0);
        gives(call(DBCN, 1, bad[i][0], bad[i][1], bad[i][2]), INVALID_PARAM, 0);
    }
    ck_assert_uint_eq(written_size, 0);
    ck_assert_str_eq(input, "abc"); /* nothing was taken that had nowhere to go */
}
END_TEST

START_TEST(reading)
{
    char got[4] = {0};

    input = "abc";
    gives(call(DBCN, 1, 2, RAM + 1, 0), 0, 2);
    gives(call(DBCN, 1, RAM_BYTES, RAM, 0), 0, 1);
    gives(call(DBCN, 1, 1, RAM, 0), 0, 0);
    mem_read(&mem, RAM, got, 3);
    ck_assert_mem_eq(got, "cab", 2);
    ck_assert_int_eq(got[2], 'b');
}
END_TEST

START_TEST(a_byte)
{
    gives(call(DBCN, 2, 0x141, RAM, 0), 0, 0);
    ck_assert_uint_eq(written_size, 1);
    ck_assert_int_eq(written[0], 'A');
}
END_TEST

START_TEST(what_is_not_there)
{
    struct sbi_call none = {.extension = 1, .args = {'x'}};

    gives(call(DBCN, 3, 1, RAM, 0), NOT_SUPPORTED, 0);
    gives(call(0x08000000, 0, 1, RAM, 0), NOT_SUPPORTED, 0);
    gives(call(0x09000000, 0, 1, RAM, 0), NOT_SUPPORTED, 0);
    gives(call(0x100000001, 0, 'x', RAM, 0), NOT_SUPPORTED, 0);
    riscv64_sbi_serve(&none, &mem, &(struct vm_console){0}); /* our own kernel's console is elsewhere */
    gives(none, NOT_SUPPORTED, 0);
    ck_assert_uint_eq(written_size, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kvmarch/riscv64_sbi");
    TCase *tc = tcase_create("riscv64_sbi");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, legacy);
    tcase_add_test(tc, a_string);
    tcase_add_test(tc, a_long_string);
    tcase_add_test(tc, no_memory);
    tcase_add_test(tc, reading);
    tcase_add_test(tc, a_byte);
    tcase_add_test(tc, what_is_not_there);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
