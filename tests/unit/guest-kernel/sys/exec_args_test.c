/* SPDX-License-Identifier: Apache-2.0 */
/* exec_args_test.c - the initial stack of a program, read back as a C library does. */
// sources: guest-kernel/sys/exec_args.c
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "mm/page.h"
#include "mm/usercopy.h"
#include "sys/exec_args.h"

#define STACK_TOP 0x7fff00000000ull
#define STACK_BYTES (3u << 20)

static uint8_t stack[STACK_BYTES];
static char user_memory[256 << 10]; /* from USER_BASE on */
#define USER_BASE 0x10000ull
static unsigned pages_in_use;

/* ---- the kernel's services ---- */

struct test_page {
    struct page page;
    char data[PAGE_SIZE];
};

struct page *page_alloc_dirty(void)
{
    struct test_page *page = malloc(sizeof(*page));

    memset(page, 0xa5, sizeof(*page));
    pages_in_use++;
    return &page->page;
}

void page_put(struct page *page)
{
    pages_in_use--;
    free(page);
}

void *page_data(const struct page *page)
{
    return ((struct test_page *)(uintptr_t)page)->data;
}

int copy_to_user(uaddr_t dst, const void *src, size_t size)
{
    if (dst < STACK_TOP - STACK_BYTES || dst > STACK_TOP || size > STACK_TOP - dst)
        return -EFAULT;
    memcpy(stack + (dst - (STACK_TOP - STACK_BYTES)), src, size);
    return 0;
}

int64_t string_from_user(char *dst, uaddr_t src, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (src + i < USER_BASE || src + i >= USER_BASE + sizeof(user_memory))
            return -EFAULT;
        dst[i] = user_memory[src + i - USER_BASE];
        if (dst[i] == 0)
            return (int64_t)i;
    }
    return -ENAMETOOLONG;
}

/* ---- reading back ---- */

static uint64_t word_at(uaddr_t address)
{
    uint64_t word;

    ck_assert(address >= STACK_TOP - STACK_BYTES && address <= STACK_TOP - sizeof(word));
    memcpy(&word, stack + (address - (STACK_TOP - STACK_BYTES)), sizeof(word));
    return word;
}

static const char *string_at(uaddr_t address)
{
    ck_assert(address >= STACK_TOP - STACK_BYTES && address < STACK_TOP);
    return (const char *)stack + (address - (STACK_TOP - STACK_BYTES));
}

static const uint8_t some_random[ARG_RANDOM_SIZE] = "0123456789abcde";
static const struct auxv_entry some_auxv[] = {{AT_PAGESZ, 4096}, {AT_NULL, 0}};

static struct exec_args args;

static void setup(void)
{
    memset(stack, 0, sizeof(stack));
    ck_assert_int_eq(exec_args_init(&args, some_random, "x86_64", 8), 0);
}

static void teardown(void)
{
    exec_args_fini(&args);
    ck_assert_uint_eq(pages_in_use, 0);
}

static uaddr_t finish(void)
{
    uaddr_t sp, place;

    ck_assert_int_eq(exec_args_set_file(&args, "/sbin/hello"), 0);
    place = exec_args_place(&args, STACK_TOP);
    ck_assert_int_eq(exec_args_write(&args, place, some_auxv, 2, &sp), 0);
    ck_assert_uint_eq(sp % 16, 0);
    ck_assert_uint_eq(word_at(STACK_TOP - 8), 0);
    ck_assert_str_eq(string_at(place + args.file_name), "/sbin/hello");
    ck_assert_mem_eq(string_at(place), some_random, ARG_RANDOM_SIZE);
    ck_assert_str_eq(string_at(exec_args_platform(&args, place)), "x86_64");
    return sp;
}

START_TEST(strings_and_vectors)
{
    static const char *const argv[] = {"hello", "", "two words\n"}, *const envp[] = {"HOME=/", "X="};
    uaddr_t sp;

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(exec_args_add(&args, argv[i]), 0);
    ck_assert_int_eq(exec_args_end_argv(&args), 0);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(exec_args_add(&args, envp[i]), 0);
    ck_assert_int_eq(exec_args_end_envp(&args), 0);
    sp = finish();
    ck_assert_uint_eq(word_at(sp), 3);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_str_eq(string_at(word_at(sp + 8 + i * 8)), argv[i]);
    ck_assert_uint_eq(word_at(sp + 32), 0);
    for (unsigned i = 0; i < 2; i++)
        ck_assert_str_eq(string_at(word_at(sp + 40 + i * 8)), envp[i]);
    ck_assert_uint_eq(word_at(sp + 56), 0);
    ck_assert_uint_eq(word_at(sp + 64), AT_PAGESZ);
    ck_assert_uint_eq(word_at(sp + 72), 4096);
    ck_assert_uint_eq(word_at(sp + 80), AT_NULL);
}
END_TEST

START_TEST(nothing_at_all)
{
    ck_assert_int_eq(exec_args_end_argv(&args), 0);
    ck_assert_int_eq(exec_args_end_envp(&args), 0);
    uaddr_t sp = finish();
    ck_assert_uint_eq(word_at(sp), 0);
    ck_assert_uint_eq(word_at(sp + 8), 0);
    ck_assert_uint_eq(word_at(sp + 16), 0);
    ck_assert_uint_eq(word_at(sp + 24), AT_PAGESZ);
}
END_TEST

/* More pointers and more bytes than a page holds, so that both chains are crossed. */
START_TEST(many)
{
    char text[64];

    for (unsigned i = 0; i < 3000; i++) {
        snprintf(text, sizeof(text), "argument number %u", i);
        ck_assert_int_eq(exec_args_add(&args, text), 0);
    }
    ck_assert_int_eq(exec_args_end_argv(&args), 0);
    ck_assert_int_eq(exec_args_end_envp(&args), 0);
    uaddr_t sp = finish();
    ck_assert_uint_eq(word_at(sp), 3000);
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(text, sizeof(text), "argument number %u", i);
        ck_assert_str_eq(string_at(word_at(sp + 8 + i * 8)), text);
    }
    ck_assert_uint_eq(word_at(sp + 8 + 3000 * 8), 0);
}
END_TEST

START_TEST(user_strings)
{
    memset(user_memory, 'a', sizeof(user_memory));
    user_memory[100] = 0;
    user_memory[200 + ARG_STRING_MAX - 1] = 0;
    ck_assert_int_eq(exec_args_add_user(&args, USER_BASE), 0);
    ck_assert_int_eq(exec_args_add_user(&args, USER_BASE + 200), 0); /* just as long as may be */
    ck_assert_int_eq(exec_args_end_argv(&args), 0);
    ck_assert_int_eq(exec_args_end_envp(&args), 0);
    uaddr_t sp = finish();
    ck_assert_uint_eq(word_at(sp), 2);
    ck_assert_uint_eq(strlen(string_at(word_at(sp + 8))), 100);
    ck_assert_uint_eq(strlen(string_at(word_at(sp + 16))), ARG_STRING_MAX - 1);
}
END_TEST

START_TEST(user_strings_refused)
{
    memset(user_memory, 'a', sizeof(user_memory));
    user_memory[ARG_STRING_MAX] = 0;
    ck_assert_int_eq(exec_args_add_user(&args, USER_BASE), -E2BIG);
    ck_assert_int_eq(exec_args_add_user(&args, USER_BASE + sizeof(user_memory) - 10), -EFAULT);
    ck_assert_int_eq(exec_args_add_user(&args, 0), -EFAULT);
}
END_TEST

START_TEST(too_much_in_all)
{
    static char text[ARG_STRING_MAX];
    int error = 0;

    memset(text, 'x', sizeof(text) - 1);
    for (int i = 0; i < 15; i++)
        ck_assert_int_eq(exec_args_add(&args, text), 0);
    error = exec_args_add(&args, text);
    ck_assert_int_eq(error, -E2BIG);
}
END_TEST

START_TEST(too_many_pointers)
{
    int error = 0;
    unsigned i;

    for (i = 0; i < 400000 && error == 0; i++)
        error = exec_args_add(&args, "");
    ck_assert_int_eq(error, -E2BIG);
    ck_assert_uint_gt(i, ARG_TOTAL_MAX / 9 - 100);
}
END_TEST

/* A 32-bit program's: the same in words of 4 bytes. */
static uint32_t half_at(uaddr_t address)
{
    uint32_t half;

    ck_assert(address >= STACK_TOP - STACK_BYTES && address <= STACK_TOP - sizeof(half));
    memcpy(&half, stack + (address - (STACK_TOP - STACK_BYTES)), sizeof(half));
    return half;
}

/* The stack of this test lies above 4 GiB: the pointers' lower halves are what there is to see. */
static const char *half_string_at(uaddr_t address)
{
    return string_at((STACK_TOP - 1) >> 32 << 32 | half_at(address));
}

START_TEST(words_of_32_bits)
{
    uaddr_t place, sp;
    char text[64];

    exec_args_fini(&args);
    ck_assert_int_eq(exec_args_init(&args, some_random, "i686", 4), 0);
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(text, sizeof(text), "argument number %u", i);
        ck_assert_int_eq(exec_args_add(&args, text), 0);
    }
    ck_assert_int_eq(exec_args_end_argv(&args), 0);
    ck_assert_int_eq(exec_args_add(&args, "HOME=/"), 0);
    ck_assert_int_eq(exec_args_end_envp(&args), 0);
    ck_assert_int_eq(exec_args_set_file(&args, "/bin/x"), 0);
    place = exec_args_place(&args, STACK_TOP);
    ck_assert_int_eq(exec_args_write(&args, place, some_auxv, 2, &sp), 0);
    ck_assert_uint_eq(sp % 16, 0);
    ck_assert_uint_eq(half_at(STACK_TOP - 4), 0);
    ck_assert_uint_eq(half_at(sp), 3000);
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(text, sizeof(text), "argument number %u", i);
        ck_assert_str_eq(half_string_at(sp + 4 + i * 4), text);
    }
    sp += 4 + 3000 * 4;
    ck_assert_uint_eq(half_at(sp), 0);
    ck_assert_str_eq(half_string_at(sp + 4), "HOME=/");
    ck_assert_uint_eq(half_at(sp + 8), 0);
    ck_assert_uint_eq(half_at(sp + 12), AT_PAGESZ);
    ck_assert_uint_eq(half_at(sp + 16), 4096);
    ck_assert_uint_eq(half_at(sp + 20), AT_NULL);
    ck_assert_str_eq(string_at(exec_args_platform(&args, place)), "i686");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exec_args");
    TCase *tests = tcase_create("all");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, strings_and_vectors);
    tcase_add_test(tests, nothing_at_all);
    tcase_add_test(tests, many);
    tcase_add_test(tests, user_strings);
    tcase_add_test(tests, user_strings_refused);
    tcase_add_test(tests, too_much_in_all);
    tcase_add_test(tests, too_many_pointers);
    tcase_add_test(tests, words_of_32_bits);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
