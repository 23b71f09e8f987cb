/* SPDX-License-Identifier: Apache-2.0 */
/* entry.c - how a 32-bit program is started: selectors, registers, the stack and the auxiliary vector. */
#include "bare.h"

__asm__(".globl main\n"
        "main:\n\t"
        "mov %esp, %eax\n\t"
        "or %ebx, %ecx\n\tor %edx, %ecx\n\tor %esi, %ecx\n\tor %edi, %ecx\n\tor %ebp, %ecx\n\t"
        "mov %ecx, others\n\t"
        "sub $12, %esp\n\tpush %eax\n\tcall program\n\tud2\n");

long others;
extern char main[];

enum { AT_PAGESZ = 6, AT_ENTRY = 9, AT_PLATFORM = 15, AT_CLKTCK = 17, AT_SECURE = 23, AT_RANDOM = 25, AT_EXECFN = 31 };

static long auxv(const long *entry, long type)
{
    for (; entry[0] != 0; entry += 2)
        if (entry[0] == type)
            return entry[1];
    return -1;
}

#define SELECTOR(name)                                   \
    do {                                                 \
        unsigned selector;                               \
        __asm__("mov %%" #name ", %0" : "=r"(selector)); \
        show(#name, (long)(selector & 0xffff));          \
    } while (0)

void program(long *stack)
{
    long argc = stack[0];
    const long *argv = stack + 1, *envp = argv + argc + 1, *aux = envp;

    while (*aux++ != 0)
        ;
    SELECTOR(cs);
    SELECTOR(ss);
    SELECTOR(ds);
    SELECTOR(es);
    SELECTOR(fs);
    SELECTOR(gs);
    show_bool("the other registers are zero", others == 0);
    show_bool("the stack is aligned", (long)stack % 16 == 0);
    show_bool("it lies at the top", (unsigned long)stack > 0xfe000000ul);
    show("argc", argc);
    show_bool("argv ends", argv[argc] == 0);
    show("page size", auxv(aux, AT_PAGESZ));
    show_bool("entry", auxv(aux, AT_ENTRY) == P(main));
    show("ticks", auxv(aux, AT_CLKTCK));
    show("secure", auxv(aux, AT_SECURE));
    print((const char *)auxv(aux, AT_PLATFORM));
    print("\n");
    show_bool("random bytes", *(const long *)auxv(aux, AT_RANDOM) != 0);
    show_bool("the file's name is argv[0]", same((const char *)auxv(aux, AT_EXECFN), (const char *)argv[0]));
    leave(3);
}
