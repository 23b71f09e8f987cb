/* SPDX-License-Identifier: Apache-2.0 */
/* pkeys_used.c - protection keys where the CPU has them: what a thread is denied, by itself and through the kernel's
 * copies, and what handlers, children and programs begin with. Where there are no keys there is nothing to be seen, and
 * each line says that nothing was wrong. */
#define _GNU_SOURCE
#include <elf.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "../show.h"

#ifndef PROT_SEM
#define PROT_SEM 8
#endif
#define DEFAULT 0x55555554u
#define SIZE 4096ul
#define PKUERR 4
enum { NO_ACCESS = 1, NO_WRITE = 2 };

static int key;
static volatile char *pages; /* two */
static int pipes[2];
static sigjmp_buf back;
static siginfo_t told;
static volatile unsigned in_handler;

static unsigned rights(void)
{
    unsigned low = DEFAULT, high;

    if (key > 0)
        __asm__ volatile("rdpkru" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static void rights_set(unsigned to)
{
    if (key > 0)
        __asm__ volatile("wrpkru" ::"a"(to), "c"(0), "d"(0) : "memory");
}

/* Only the key of this test is denied less than by default. */
static void allow(unsigned denied)
{
    rights_set((DEFAULT & ~(3u << 2 * key)) | denied << 2 * key);
}

static void is(const char *what, int right)
{
    show_bool(what, key <= 0 || right);
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)context;
    in_handler = rights();
    told = *info;
    if (signal == SIGSEGV)
        siglongjmp(back, 1);
}

/* 0: it could be; else si_code. */
static int touch(volatile char *at, int write)
{
    if (key <= 0)
        return 0;
    if (sigsetjmp(back, 1) != 0)
        return told.si_code;
    if (write)
        *at = 1;
    else
        (void)*at;
    return 0;
}

static int protect(volatile char *at, unsigned long size, int prot, int with)
{
    return (int)syscall(SYS_pkey_mprotect, at, size, prot, with);
}

static void access_denied(void)
{
    is("a new key's rights", rights() == (DEFAULT & ~(3u << 2 * key)));
    is("pages get it", protect(pages, 2 * SIZE, PROT_READ | PROT_WRITE, key) == 0);
    is("write", touch(pages, 1) == 0);
    allow(NO_WRITE);
    is("read what can't be written", touch(pages, 0) == 0);
    is("write it", touch(pages, 1) == PKUERR && told.si_pkey == (unsigned)key && told.si_addr == pages);
    is("a handler's rights", in_handler == DEFAULT);
    allow(NO_ACCESS);
    is("read", touch(pages, 0) == PKUERR && told.si_pkey == (unsigned)key);
    is("a page that was never touched", touch(pages + SIZE, 0) == PKUERR && told.si_addr == pages + SIZE);
    is("mprotect keeps it", mprotect((void *)pages, SIZE, PROT_READ) == 0 && touch(pages, 0) == PKUERR);
    allow(0);
    is("what may be read is as before", touch(pages, 0) == 0 && touch(pages, 1) == SEGV_ACCERR);
    allow(NO_ACCESS);
    is("the key goes first", touch(pages, 1) == PKUERR);
    is("PROT_NONE", mprotect((void *)pages, SIZE, PROT_NONE) == 0 && touch(pages, 0) == PKUERR);
    is("back", mprotect((void *)pages, SIZE, PROT_READ | PROT_WRITE) == 0);
}

static void copies_denied(void)
{
    struct iovec local = {&(char[1]){0}, 1}, remote = {(void *)pages, 1};

    allow(NO_ACCESS);
    is("write(2) from it", write(pipes[1], (void *)pages, 1) == -1 && errno == EFAULT);
    allow(NO_WRITE);
    is("that it can be read is enough", write(pipes[1], (void *)pages, 1) == 1);
    is("read(2) to it", read(pipes[0], (void *)pages, 1) == -1 && errno == EFAULT);
    allow(0);
    is("when it can be written", write(pipes[1], "x", 1) == 1 && read(pipes[0], (void *)pages, 1) == 1);
    allow(NO_ACCESS);
    is("process_vm_readv asks nobody", process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == 1);
    is("mlock", mlock((void *)pages, SIZE) == -1 && errno == ENOMEM);
    munlock((void *)pages, SIZE);
    is("MADV_POPULATE_READ", madvise((void *)pages, SIZE, 22) == -1 && errno == EINVAL);
    is("path", open((char *)pages, O_RDONLY) == -1 && errno == EFAULT);
    allow(0);
}

/* The frame's place for the rights is where CPUID says. */
static unsigned *frame_rights(ucontext_t *context)
{
    unsigned a = 0xd, b, c = 9, d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (unsigned *)((char *)context->uc_mcontext.fpregs + b);
}

static unsigned in_frame;

static void on_frame(int signal, siginfo_t *info, void *context)
{
    (void)info;
    in_handler = rights();
    if (key <= 0)
        return;
    in_frame = *frame_rights(context);
    if (signal == SIGUSR2)
        *frame_rights(context) = DEFAULT & ~3u << 2 * key;
}

static void frames(void)
{
    unsigned before;

    allow(NO_WRITE);
    before = rights();
    raise(SIGUSR1);
    is("the frame has the rights", in_frame == before);
    is("the handler others", in_handler == DEFAULT);
    is("and they come back", rights() == before);
    raise(SIGUSR2);
    is("or what the handler says", rights() == (DEFAULT & ~3u << 2 * key));
    allow(0);
}

/* A stack of signals whose pages the thread is denied. */
static void alternate_stack(void)
{
    char *stack = mmap(NULL, 16 * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t alternate = {.ss_sp = stack, .ss_size = 16 * SIZE}, none = {.ss_flags = SS_DISABLE};
    struct sigaction action = {.sa_sigaction = on_frame, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    pid_t child;
    int status = 0;

    child = fork();
    if (child == 0) {
        sigaltstack(&alternate, NULL);
        sigaction(SIGUSR1, &action, NULL);
        protect(stack, 16 * SIZE, PROT_READ | PROT_WRITE, key);
        allow(NO_ACCESS); /* the frame can be written all the same; the handler can't use it */
        raise(SIGUSR1);
        _exit(0);
    }
    waitpid(child, &status, 0);
    is("a handler whose stack is denied", WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    sigaltstack(&none, NULL);
    munmap(stack, 16 * SIZE);
}

static void *thread_stack[4096];

static int in_thread(void *arg)
{
    *(unsigned *)arg = rights();
    syscall(SYS_exit, 0);
    return 0;
}

/* With key 0, which stack and data have, not to be written any more. */
static void exec_without_writing(void)
{
    char *const argv[] = {(char *)"pkeys_used", (char *)"again", NULL};
    register char *const *environment __asm__("r8") = argv + 2;
    register long number __asm__("r9") = SYS_execve;

    __asm__ volatile("wrpkru\n\t"
                     "mov %%r8, %%rdx\n\t"
                     "mov %%r9, %%rax\n\t"
                     "syscall\n\t"
                     "ud2" ::"a"(NO_WRITE),
                     "c"(0), "d"(0), "D"("/proc/self/exe"), "S"(argv), "r"(environment), "r"(number)
                     : "memory");
}

/* A new program's stack is none of those pages. */
static void exec_denied(void)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        if (key > 0)
            exec_without_writing();
        _exit(1);
    }
    waitpid(child, &status, 0);
    is("a new program of who may not write", status == 0);
}

static void heirs(void)
{
    unsigned seen = 0;
    int status = 0;
    pid_t child;

    allow(NO_WRITE);
    child = fork();
    if (child == 0)
        _exit(rights() == (DEFAULT & ~(3u << 2 * key)) + (NO_WRITE << 2 * key) && touch(pages, 1) == PKUERR &&
                      protect(pages, SIZE, PROT_READ, key) == 0
                  ? 0
                  : 1);
    waitpid(child, &status, 0);
    is("a child has all of it", status == 0);
    clone(in_thread, thread_stack + 4096, CLONE_VM | SIGCHLD, &seen);
    while (waitpid(-1, &status, 0) == -1 && errno == EINTR)
        continue;
    is("a clone as well", seen == rights());
    child = fork();
    if (child == 0) {
        if (key > 0)
            execl("/proc/self/exe", "pkeys_used", "again", (char *)NULL);
        _exit(1);
    }
    waitpid(child, &status, 0);
    is("a new program nothing", status == 0);
    exec_denied();
    allow(0);
}

/* A copy of this program whose code is to be executed alone, to be read. */
static int code_only(void)
{
    int from = open("/proc/self/exe", O_RDONLY), to = (int)syscall(SYS_memfd_create, "code", 0), copy;
    char bytes[4096], name[64];
    Elf64_Ehdr head;
    Elf64_Phdr segment;
    ssize_t got = pread(from, &head, sizeof(head), 0);

    while ((got = read(from, bytes, sizeof(bytes))) > 0)
        got = write(to, bytes, (size_t)got);
    for (unsigned i = 0; i < head.e_phnum; i++) {
        off_t at = (off_t)(head.e_phoff + i * sizeof(segment));
        got = pread(to, &segment, sizeof(segment), at);
        if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X))
            segment.p_flags = PF_X;
        got = pwrite(to, &segment, sizeof(segment), at);
    }
    snprintf(name, sizeof(name), "/proc/self/fd/%d", to);
    copy = got > 0 ? open(name, O_RDONLY) : -1;
    close(from);
    close(to);
    return copy;
}

static void code_only_run(void)
{
    char *const argv[] = {(char *)"pkeys_used", (char *)"code", NULL};
    int status = 0, code = code_only();
    pid_t child = fork();

    if (child == 0) {
        if (key > 0)
            syscall(SYS_execveat, code, "", argv, argv + 2, AT_EMPTY_PATH);
        _exit(1);
    }
    waitpid(child, &status, 0);
    is("a program's code that is only executed", status == 0);
    close(code);
}

static int code_is_only_executed(void)
{
    struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    volatile char *code;
    int (*function)(void) = code_is_only_executed;

    memcpy(&code, &function, sizeof(code));
    sigaction(SIGSEGV, &fault, NULL);
    key = 1;
    return rights() == DEFAULT && touch(code, 0) == PKUERR && told.si_pkey == 1 &&
           syscall(SYS_pkey_alloc, 0, NO_ACCESS) == 2;
}

/* Execute alone: the kernel takes a key for that, and it is its own. */
static void execute_only(void)
{
    char *code = mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *other;
    int (*function)(void);
    int kernels;

    munmap((void *)(code + SIZE), SIZE);
    is("where nothing is", mprotect(code + SIZE, SIZE, PROT_EXEC) == -1 && syscall(SYS_pkey_alloc, 0, 0) == key + 1 &&
                               syscall(SYS_pkey_free, key + 1) == 0);
    memcpy(code, "\xb8\x07\0\0\0\xc3", 6); /* mov $7, %eax; ret */
    memcpy(&function, &code, sizeof(function));
    is("mprotect", mprotect(code, SIZE, PROT_EXEC) == 0 && function() == 7);
    is("what is executed isn't read", touch(code, 0) == PKUERR);
    kernels = (int)told.si_pkey;
    is("its key isn't the program's", syscall(SYS_pkey_free, kernels) == -1 && protect(code, SIZE, 1, kernels) == -1);
    other = mmap(NULL, SIZE, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    is("mmap, the same key", touch(other, 0) == PKUERR && (int)told.si_pkey == kernels);
    is("no longer", mprotect(code, SIZE, PROT_READ) == 0 && touch(code, 0) == 0);
    is("again", mprotect(code, SIZE, PROT_EXEC) == 0 && touch(code, 0) == PKUERR);
    is("not alone", mprotect(code, SIZE, PROT_EXEC | PROT_SEM) == 0 && touch(code, 0) == 0 && function() == 7);
    munmap(other, SIZE);
    other = mmap(NULL, SIZE, PROT_EXEC | PROT_SEM, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    is("mmap, not alone", touch(other, 0) == 0);
    munmap(other, SIZE);
    other = (void *)syscall(SYS_mmap, NULL, SIZE, 1ul << 33 | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    is("mmap, with what is far beyond", touch(other, 0) == 0);
    munmap(other, SIZE);
    other = mmap(NULL, SIZE, PROT_EXEC | 0x40, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    is("mmap, with what is none", touch(other, 0) == 0);
    munmap(other, SIZE);
    munmap(code, SIZE);
}

/* The key that /proc/self/smaps says of the area at `at`; -1: none. */
static int listed(volatile char *at)
{
    FILE *file = fopen("/proc/self/smaps", "r");
    char line[512];
    int here = 0, found = -1;

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        unsigned long start, end;
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
            here = start <= (unsigned long)at && (unsigned long)at < end;
        else if (here)
            sscanf(line, "ProtectionKey: %d", &found);
    }
    if (file != NULL)
        fclose(file);
    return found;
}

static void keys(void)
{
    volatile char *moved;
    int others = 0;

    is("one page with it", protect(pages + SIZE, SIZE, PROT_READ | PROT_WRITE, 0) == 0);
    is("smaps", listed(pages) == key && listed(pages + SIZE) == 0);
    moved = mremap((void *)pages, SIZE, 4 * SIZE, MREMAP_MAYMOVE);
    allow(NO_ACCESS);
    is("it moves along", touch(moved + 3 * SIZE, 0) == PKUERR && touch(moved, 0) == PKUERR);
    allow(0);
    while (key > 0 && syscall(SYS_pkey_alloc, 0, NO_ACCESS) > 0)
        others++;
    is("no more", errno == ENOSPC && others == 13); /* key 0, this, and what is only executed */
    is("free", syscall(SYS_pkey_free, key) == 0);
    is("once", syscall(SYS_pkey_free, key) == -1 && protect(moved, SIZE, PROT_READ, key) == -1 && errno == EINVAL);
    is("its pages keep it", listed(moved) == key);
    is("the lowest that is free", syscall(SYS_pkey_alloc, 0, NO_WRITE) == key && touch(moved, 1) == PKUERR);
    is("key 0 can be given back", syscall(SYS_pkey_free, 0) == 0 && protect(moved, SIZE, PROT_READ, 0) == -1);
    is("and taken", syscall(SYS_pkey_alloc, 0, 0) == 0);
}

int main(int argc, char **argv)
{
    struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    struct sigaction frame = {.sa_sigaction = on_frame, .sa_flags = SA_SIGINFO};

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1 && strcmp(argv[1], "again") == 0) {
        key = 1;
        return rights() == DEFAULT && syscall(SYS_pkey_alloc, 0, NO_ACCESS) == 1 ? 0 : 1;
    }
    if (argc > 1 && strcmp(argv[1], "code") == 0)
        return code_is_only_executed() ? 0 : 1;
    key = (int)syscall(SYS_pkey_alloc, 0, 0);
    pages = mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || pipe(pipes) != 0)
        return 1;
    sigaction(SIGSEGV, &fault, NULL);
    sigaction(SIGUSR1, &frame, NULL);
    sigaction(SIGUSR2, &frame, NULL);
    access_denied();
    copies_denied();
    frames();
    alternate_stack();
    heirs();
    execute_only();
    code_only_run();
    keys();
    return 0;
}
