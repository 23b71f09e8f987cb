/* SPDX-License-Identifier: Apache-2.0 */
/* jit.c - code that a program writes itself: made executable afterwards, writable and executable at once; and what
 * may not be executed. */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>

#include "isa.h"
#include "show.h"

#define PAGE (size_t)page_size()
#define RW (PROT_READ | PROT_WRITE)

static sigjmp_buf back;
static volatile int seen_signal, seen_code;
static void *volatile seen_address;

static void catcher(int signal, siginfo_t *info, void *context)
{
    (void)context;
    seen_signal = signal;
    seen_code = info->si_code;
    seen_address = info->si_addr;
    siglongjmp(back, 1);
}

static const uint32_t store[] = ISA_CODE_STORE, return_42[] = ISA_CODE_RETURN(42u), return_43[] = ISA_CODE_RETURN(43u);

static void *write_code(void *at, const uint32_t *code, size_t size)
{
    memcpy(at, code, size);
    isa_code_sync(at, size);
    return at;
}

static int call(void *code)
{
    int (*function)(void);

    memcpy(&function, &code, sizeof(function));
    return function();
}

static void call_store(void *code, int *at, int value)
{
    void (*function)(int *, int);

    memcpy(&function, &code, sizeof(function));
    function(at, value);
}

static void *map(int prot)
{
    return mmap(NULL, 2 * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Written, then made executable, again and again. */
static void one_after_the_other(void)
{
    void *code = map(RW);

    for (int i = 0; i < 3; i++) {
        const uint32_t *what = i % 2 != 0 ? return_43 : return_42;
        memcpy(code, what, sizeof(return_42));
        show("mprotect", mprotect(code, PAGE, PROT_READ | PROT_EXEC));
        isa_code_sync(code, sizeof(return_42));
        show("call", call(code));
        show("mprotect back", mprotect(code, PAGE, RW));
    }
    munmap(code, 2 * PAGE);
}

/* An instruction that stores into its own page needs both rights at once. */
static void both_at_once(void *code, const char *what)
{
    int *beside = (int *)(void *)((char *)code + PAGE / 2);

    printf("%s\n", what);
    call_store(write_code(code, store, sizeof(store)), beside, 5);
    show("stored beside", *beside);
    show("call", call(write_code((char *)code + 64, return_42, sizeof(return_42))));
    show("call of what was written over it", call(write_code((char *)code + 64, return_43, sizeof(return_43))));
    call_store(code, beside, 6);
    show("stored beside", *beside);
}

static void refused(const char *what, void *code, int writes)
{
    seen_signal = 0;
    if (sigsetjmp(back, 1) == 0) {
        if (writes != 0)
            *(volatile char *)code = 1;
        else
            call(code);
    }
    printf("%s: %s, %s, %s\n", what, seen_signal == SIGSEGV ? "SIGSEGV" : "another signal or none",
           seen_code == SEGV_ACCERR ? "SEGV_ACCERR" : "another code",
           seen_address == code ? "at that address" : "somewhere else");
}

static uint32_t data[16]; /* zero is no instruction that a program may execute, on any ISA */

int main(void)
{
    struct sigaction action = {.sa_sigaction = catcher, .sa_flags = SA_SIGINFO};

    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    one_after_the_other();
    void *code = map(RW | PROT_EXEC);
    both_at_once(code, "mapped with both rights");
    munmap(code, 2 * PAGE);
    code = map(RW);
    memset(code, 0, 2 * PAGE);
    show("mprotect", mprotect(code, 2 * PAGE, RW | PROT_EXEC));
    both_at_once(code, "given both rights later");
    munmap(code, 2 * PAGE);

    code = map(PROT_READ);
    refused("execute what was never touched", code, 0);
    show_bool("read it", *(volatile int *)code == 0);
    refused("execute what was read", code, 0);
    munmap(code, 2 * PAGE);
    code = map(RW);
    memset(code, 0, 2 * PAGE);
    refused("execute what was written", code, 0);
    mprotect(code, PAGE, PROT_READ | PROT_EXEC);
    refused("write what is executable", code, 1);
    write_code((char *)code + PAGE, return_42, sizeof(return_42));
    mprotect(code, 2 * PAGE, PROT_READ | PROT_EXEC);
    show("call", call((char *)code + PAGE));
    mprotect(code, 2 * PAGE, PROT_READ);
    refused("execute what was executable", (char *)code + PAGE, 0);
    data[1] = 1;
    refused("execute data", data, 0);
    return 0;
}
