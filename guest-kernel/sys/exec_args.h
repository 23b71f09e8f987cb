/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec_args.h - a new program's arguments and environment, from the old program's memory or the kernel's to the new
 * stack.
 *
 * They are gathered in kernel pages, since the old address space goes before the new one can be filled:
 *   strings: 16 random bytes, the platform's name, argv's strings, envp's, the file's name
 *   vector:  argc, argv's pointers, NULL, envp's pointers, NULL, the auxiliary vector
 * and then each is copied to the stack in one go. Until then the pointers are offsets into the strings.
 */
#ifndef GK_SYS_EXEC_ARGS_H
#define GK_SYS_EXEC_ARGS_H

#include <stddef.h>
#include <stdint.h>

#include "abi/auxv.h"
#include "lib/types.h"

struct page;

/* Linux's limits (execve(2)): a string with its NUL, and all strings and pointers together (a quarter of the stack). */
#define ARG_STRING_MAX (32 * PAGE_SIZE)
#define ARG_TOTAL_MAX (2ul << 20)

#define ARG_RANDOM_SIZE 16u

struct page_pool { /* bytes in a chain of pages */
    struct page *first, *last;
    size_t size;
};

struct exec_args {
    struct page_pool strings, vector;
    unsigned argc, envc;
    unsigned word_size; /* bytes of the vector's words: 8 or 4 */
    size_t file_name;   /* offsets in strings: this, where argv's begin, where envp's do, and where those end */
    size_t argv, envp, envp_end;
};

/* All return 0, -E2BIG, -ENOMEM or -EFAULT. After a success or failure of exec_args_init: exec_args_fini. */
int exec_args_init(struct exec_args *args, const uint8_t random[ARG_RANDOM_SIZE], const char *platform,
                   unsigned word_size);
void exec_args_fini(struct exec_args *args);

/* First argv's strings, then the end of them, then envp's strings, the end of them, then the file's name. */
int exec_args_add(struct exec_args *args, const char *string);
int exec_args_add_user(struct exec_args *args, uaddr_t string);
int exec_args_end_argv(struct exec_args *args);
int exec_args_end_envp(struct exec_args *args);
int exec_args_set_file(struct exec_args *args, const char *path);

/* Where the strings will lie on a stack that ends at `top`: the address of the random bytes. */
uaddr_t exec_args_place(const struct exec_args *args, uaddr_t top);
uaddr_t exec_args_platform(const struct exec_args *args, uaddr_t place);

/* Adds the auxiliary vector and copies everything to the stack of the current address space; *sp is the stack pointer.
 */
int exec_args_write(struct exec_args *args, uaddr_t place, const struct auxv_entry *auxv, unsigned auxv_count,
                    uaddr_t *sp);

#endif
