/* SPDX-License-Identifier: Apache-2.0 */
/* signal.h - Linux's signal numbers, codes and structures (asm-generic/signal.h, asm-generic/siginfo.h). */
#ifndef GK_ABI_SIGNAL_H
#define GK_ABI_SIGNAL_H

#include <stddef.h>
#include <stdint.h>

#define SIGHUP 1
#define SIGINT 2
#define SIGQUIT 3
#define SIGILL 4
#define SIGTRAP 5
#define SIGABRT 6
#define SIGBUS 7
#define SIGFPE 8
#define SIGKILL 9
#define SIGUSR1 10
#define SIGSEGV 11
#define SIGUSR2 12
#define SIGPIPE 13
#define SIGALRM 14
#define SIGTERM 15
#define SIGSTKFLT 16
#define SIGCHLD 17
#define SIGCONT 18
#define SIGSTOP 19
#define SIGTSTP 20
#define SIGTTIN 21
#define SIGTTOU 22
#define SIGURG 23
#define SIGXCPU 24
#define SIGXFSZ 25
#define SIGVTALRM 26
#define SIGPROF 27
#define SIGWINCH 28
#define SIGIO 29
#define SIGPWR 30
#define SIGSYS 31
#define SIGRTMIN 32 /* from here on signals queue */
#define SIGNALS 64

#define SIGNAL_BIT(signal) (1ull << ((signal) - 1))
#define SIGNALS_UNBLOCKABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))

#define SIG_DFL 0
#define SIG_IGN 1

#define SIG_BLOCK 0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2

#define SA_NOCLDSTOP 0x00000001u
#define SA_NOCLDWAIT 0x00000002u
#define SA_SIGINFO 0x00000004u
#define SA_RESTORER 0x04000000u
#define SA_ONSTACK 0x08000000u
#define SA_RESTART 0x10000000u
#define SA_NODEFER 0x40000000u
#define SA_RESETHAND 0x80000000u
/* Others are cleared, so that programs can find out what is there (sigaction(2)). 0x800 is SA_EXPOSE_TAGBITS. */
#define SA_KNOWN                                                                                              \
    (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | 0x800u | SA_RESTORER | SA_ONSTACK | SA_RESTART | SA_NODEFER | \
     SA_RESETHAND)

/* struct sigaction as the system call takes it, on ISAs with SA_RESTORER (x86_64, aarch64). */
struct sigaction_restorer {
    uint64_t handler, flags, restorer, mask;
};
_Static_assert(sizeof(struct sigaction_restorer) == 32, "struct sigaction");

/* The same on ISAs whose return trampoline is the kernel's (riscv64, loongarch64; ISA_SIGACTION_IS_PLAIN). */
struct sigaction_plain {
    uint64_t handler, flags, mask;
};
_Static_assert(sizeof(struct sigaction_plain) == 24, "struct sigaction");

struct sigaltstack_user { /* stack_t */
    uint64_t sp;
    uint32_t flags, pad;
    uint64_t size;
};
_Static_assert(sizeof(struct sigaltstack_user) == 24, "stack_t");

#define SS_ONSTACK 1u
#define SS_DISABLE 2u
#define SS_AUTODISARM 0x80000000u

/* si_code */
#define SI_USER 0
#define SI_KERNEL 0x80
#define SI_QUEUE (-1)
#define SI_TIMER (-2)
#define SI_MESGQ (-3)
#define SI_SIGIO (-5)
#define SI_TKILL (-6)
#define ILL_ILLOPC 1
#define ILL_ILLOPN 2
#define FPE_INTDIV 1
#define FPE_INTOVF 2
#define FPE_FLTDIV 3
#define FPE_FLTOVF 4
#define FPE_FLTUND 5
#define FPE_FLTRES 6
#define FPE_FLTINV 7
#define FPE_FLTUNK 14
#define SEGV_MAPERR 1
#define SEGV_ACCERR 2
#define SEGV_BNDERR 3
#define SEGV_PKUERR 4
#define BUS_ADRALN 1
#define BUS_ADRERR 2
#define BUS_OBJERR 3
#define TRAP_BRKPT 1
#define TRAP_TRACE 2
#define TRAP_HWBKPT 4

/* The part of siginfo_t that Linux keeps (struct kernel_siginfo): what is queued and what a handler is told. */
struct signal_info {
    int32_t signal, error, code, pad;
    union {
        struct { /* kill, tkill, sigqueue */
            int32_t pid;
            uint32_t uid;
            uint64_t value;
        } sender;
        struct { /* SIGCHLD */
            int32_t pid;
            uint32_t uid;
            int32_t status, pad;  /* exit code, or signal */
            int64_t utime, stime; /* in 1 / USER_HZ s */
        } child;
        struct { /* SI_TIMER */
            int32_t id, overrun;
            uint64_t value;
        } timer;
        struct { /* faults */
            uint64_t address, pad;
            uint32_t key; /* SEGV_PKUERR: of the page */
        } fault;
        struct { /* SIGSYS */
            uint64_t address;
            int32_t number;
            uint32_t arch; /* AUDIT_ARCH_* */
        } call;
        struct {          /* SI_SIGIO, POLL_IN ... */
            int64_t band; /* events, as poll(2) has them */
            int32_t fd;
        } poll;
        uint8_t bytes[32];
    };
};
_Static_assert(sizeof(struct signal_info) == 48, "siginfo_t without its expansion");
_Static_assert(offsetof(struct signal_info, fault) == 16, "siginfo_t");

enum { /* siginfo_t.si_code of SIGCHLD */
       CLD_EXITED = 1,
       CLD_KILLED,
       CLD_DUMPED,
       CLD_TRAPPED,
       CLD_STOPPED,
       CLD_CONTINUED,
};

enum { /* of SIGIO, and of the signal that F_SETSIG says: what has happened to the file */
       POLL_IN = 1,
       POLL_OUT,
       POLL_MSG,
       POLL_ERR,
       POLL_PRI,
       POLL_HUP,
};

struct siginfo_user {
    struct signal_info info;
    uint8_t expansion[80]; /* zero */
};
_Static_assert(sizeof(struct siginfo_user) == 128, "siginfo_t");

struct sigevent_user {
    uint64_t value;
    int32_t signal, notify, tid;
    uint8_t rest[44];
};
_Static_assert(sizeof(struct sigevent_user) == 64, "struct sigevent");

enum { SIGEV_SIGNAL = 0, SIGEV_NONE = 1, SIGEV_THREAD = 2, SIGEV_THREAD_ID = 4 };

struct signalfd_siginfo {
    uint32_t signal;
    int32_t error, code;
    uint32_t pid, uid;
    int32_t fd;
    uint32_t tid, band, overrun, trap;
    int32_t status, value_int;
    uint64_t value, utime, stime, address;
    uint16_t address_lsb, pad;
    int32_t syscall;
    uint64_t call_address;
    uint32_t arch;
    uint8_t rest[28];
};
_Static_assert(sizeof(struct signalfd_siginfo) == 128, "struct signalfd_siginfo");

#endif
