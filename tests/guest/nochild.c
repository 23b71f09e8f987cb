/* SPDX-License-Identifier: Apache-2.0 */
/* nochild.c - waiting for children that the program doesn't have: which mistakes are told, and that there is none. */
#define _GNU_SOURCE
#include <limits.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "show.h"

static void wait_four(const char *what, int pid, int options)
{
    int status = 0x5555;

    show(what, syscall(SYS_wait4, pid, &status, options, NULL));
    if (status != 0x5555)
        printf("%s: wrote a status\n", what);
}

static void wait_id(const char *what, int which, int id, int options)
{
    siginfo_t info = {.si_signo = 5, .si_code = 6};

    info.si_pid = 7;
    show(what, syscall(SYS_waitid, which, id, &info, options, NULL));
    printf("  signo %d, code %d, pid %d\n", info.si_signo, info.si_code, (int)info.si_pid);
}

int main(void)
{
    wait_four("any", -1, 0);
    wait_four("any, at once", -1, WNOHANG);
    wait_four("one", 77777, __WALL | WUNTRACED | WCONTINUED);
    wait_four("own group", 0, 0);
    wait_four("a group", -7, 0);
    wait_four("the least number", INT_MIN, 0);
    wait_four("WEXITED", -1, WEXITED);
    wait_four("WNOWAIT", -1, WNOWAIT);
    wait_four("unknown", -1, 0x1000);
    show("a bad address that nothing is written to", syscall(SYS_wait4, -1, 16, 0, NULL));

    wait_id("id: all", P_ALL, 0, WEXITED);
    wait_id("id: all, at once", P_ALL, 0, WEXITED | WNOHANG | WNOWAIT);
    wait_id("id: of no kind", P_ALL, 0, 0);
    wait_id("id: unknown option", P_ALL, 0, WEXITED | 0x1000);
    wait_id("id: process 0", P_PID, 0, WEXITED);
    wait_id("id: process 77777", P_PID, 77777, WSTOPPED);
    wait_id("id: group -3", P_PGID, -3, WEXITED);
    wait_id("id: own group", P_PGID, 0, WEXITED);
    wait_id("id: no descriptor", 3, 99, WEXITED);
    wait_id("id: descriptor -1", 3, -1, WEXITED);
    wait_id("id: unknown", 4, 0, WEXITED);
    show("id: nowhere to write", syscall(SYS_waitid, P_ALL, 0, NULL, WEXITED, NULL));
    show("id: a bad address", syscall(SYS_waitid, P_ALL, 0, 16, WEXITED, NULL));
    return 0;
}
