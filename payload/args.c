/* SPDX-License-Identifier: Apache-2.0 */
/*
 * args.c - prints what a program is started with: arguments, environment, auxiliary vector. Values that chance or the
 * machine decides are left out, so that the output can be compared. Returns 42.
 */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>

enum show { NAME, NUMBER, STRING, ADDRESS };

static const struct {
    uint64_t type;
    const char *name;
    enum show show;
} entries[] = {
    {AT_PHDR, "AT_PHDR", ADDRESS},    {AT_PHENT, "AT_PHENT", NUMBER},    {AT_PHNUM, "AT_PHNUM", NUMBER},
    {AT_PAGESZ, "AT_PAGESZ", NUMBER}, {AT_BASE, "AT_BASE", NUMBER},      {AT_FLAGS, "AT_FLAGS", NUMBER},
    {AT_ENTRY, "AT_ENTRY", ADDRESS},  {AT_UID, "AT_UID", NUMBER},        {AT_EUID, "AT_EUID", NUMBER},
    {AT_GID, "AT_GID", NUMBER},       {AT_EGID, "AT_EGID", NUMBER},      {AT_PLATFORM, "AT_PLATFORM", STRING},
    {AT_HWCAP, "AT_HWCAP", NAME},     {AT_HWCAP2, "AT_HWCAP2", NAME},    {AT_CLKTCK, "AT_CLKTCK", NUMBER},
    {AT_SECURE, "AT_SECURE", NUMBER}, {AT_RANDOM, "AT_RANDOM", ADDRESS}, {AT_EXECFN, "AT_EXECFN", STRING},
};

static void print_entry(unsigned i, uint64_t value)
{
    switch (entries[i].show) {
    case NAME:
        printf("auxv %s\n", entries[i].name);
        break;
    case NUMBER:
        printf("auxv %s %llu\n", entries[i].name, (unsigned long long)value);
        break;
    case STRING:
        printf("auxv %s %s\n", entries[i].name, (const char *)(uintptr_t)value);
        break;
    case ADDRESS:
        printf("auxv %s %s\n", entries[i].name, value != 0 ? "set" : "0");
        break;
    }
}

/* In our own order, not the kernel's: an entry that it doesn't give is named as absent. */
static void print_auxv(const Elf64_auxv_t *auxv)
{
    for (unsigned i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        const Elf64_auxv_t *entry = auxv;
        while (entry->a_type != AT_NULL && entry->a_type != entries[i].type)
            entry++;
        if (entry->a_type == AT_NULL)
            printf("auxv %s absent\n", entries[i].name);
        else
            print_entry(i, entry->a_un.a_val);
    }
}

int main(int argc, char **argv, char **envp)
{
    printf("argc %d\n", argc);
    for (int i = 0; i < argc; i++)
        printf("argv[%d] %s\n", i, argv[i]);
    printf("argv[argc] %s\n", argv[argc] != NULL ? "set" : "NULL");
    for (int i = 0; envp[i] != NULL; i++)
        printf("envp[%d] %s\n", i, envp[i]);
    while (*envp != NULL)
        envp++;
    print_auxv((const Elf64_auxv_t *)(envp + 1));
    printf("stack aligned %s\n", (uintptr_t)argv % 16 == 8 ? "yes" : "no");
    return 42;
}
