/* SPDX-License-Identifier: Apache-2.0 */
/* process_vm.c - process_vm_readv and process_vm_writev: pieces that differ on both sides, what can't be had, who may.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"

#define PAGE 65536l /* of every machine */

static char *shared_address; /* of three pages: writable, only readable, not there */
static int pipes[2];

/* A child with "the child's" where this process has something else. */
static pid_t child(void)
{
    char byte;
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    close(pipes[1]);
    strcpy(shared_address + 1, "he child's own bytes");
    if (mprotect(shared_address + PAGE, PAGE, PROT_READ) != 0)
        _exit(2);
    __atomic_store_n(shared_address, 't', __ATOMIC_RELEASE); /* last: so the other knows that all is there */
    if (read(pipes[0], &byte, 1) != 0)
        _exit(2);
    printf("the child has: %s\n", shared_address);
    fflush(stdout);
    _exit(0);
}

/* Until the child has written. */
static void wait_for(pid_t pid)
{
    char byte = 0;
    struct iovec own = {&byte, 1}, other = {shared_address, 1};

    while (process_vm_readv(pid, &own, 1, &other, 1, 0) != 1 || byte != 't')
        sched_yield();
}

static void pieces(pid_t pid)
{
    char first[5] = "", second[40] = "";
    struct iovec own[3] = {{first, 4}, {NULL, 0}, {second, 30}};
    struct iovec other[3] = {{shared_address + 4, 7}, {shared_address, 0}, {shared_address + 12, 3}};

    show("read", (int)process_vm_readv(pid, own, 3, other, 3, 0));
    printf("'%s' '%s'\n", first, second);
    memcpy(first, "THAT", 4);
    memcpy(second, "OTHER", 5);
    own[2].iov_len = 5;
    show("write", (int)process_vm_writev(pid, own, 3, other, 3, 0));
}

static void at_edges(pid_t pid)
{
    static char buffer[2 * PAGE];
    struct iovec own = {buffer, sizeof(buffer)}, other = {shared_address + PAGE, 2 * PAGE}, both[2];

    show_bool("a page, and one that isn't there", process_vm_readv(pid, &own, 1, &other, 1, 0) == PAGE);
    show("a page that is only read", (int)process_vm_writev(pid, &own, 1, &other, 1, 0));
    other.iov_base = shared_address + 2 * PAGE;
    show("none", (int)process_vm_readv(pid, &own, 1, &other, 1, 0));
    both[0] = (struct iovec){shared_address, 5};
    both[1] = other;
    show("some, then none", (int)process_vm_readv(pid, &own, 1, both, 2, 0));
    own.iov_base = shared_address + 2 * PAGE;
    both[0].iov_len = 9;
    show("nowhere to put it", (int)process_vm_readv(pid, &own, 1, both, 1, 0));
    show("nothing to take", (int)process_vm_writev(pid, &own, 1, both, 1, 0));
}

static void refused(pid_t pid)
{
    char byte;
    struct iovec own = {&byte, 1}, other = {shared_address, 1}, none = {&byte, 0}, negative = {&byte, (size_t)-1};

    show("flags", (int)process_vm_readv(pid, &own, 1, &other, 1, 1));
    show("nobody", (int)process_vm_readv(0x3fffffff, &own, 1, &other, 1, 0));
    show("nobody, and nothing to do", (int)process_vm_readv(0x3fffffff, &none, 1, &other, 1, 0));
    show("nobody, and nothing there", (int)process_vm_readv(0x3fffffff, &own, 1, &none, 1, 0));
    show("too many", (int)process_vm_readv(pid, &own, 1025, &other, 1, 0));
    show("too many there", (int)process_vm_readv(pid, &own, 1, &other, 1025, 0));
    show("less than none", (int)process_vm_readv(pid, &negative, 1, &other, 1, 0));
    show("less than none there", (int)process_vm_readv(pid, &own, 1, &negative, 1, 0));
    show("no list", (int)process_vm_readv(pid, NULL, 1, &other, 1, 0));
    show("no list there", (int)process_vm_readv(pid, &own, 1, NULL, 1, 0));
    show("its own", (int)process_vm_readv(getpid(), &own, 1, &other, 1, 0));
}

static void without_right(pid_t pid)
{
    char byte;
    struct iovec own = {&byte, 1}, other = {shared_address, 1};
    int status;

    fflush(stdout);
    pid_t asks = fork();
    if (asks == 0) {
        if (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0)
            _exit(2);
        show("another's", (int)process_vm_readv(pid, &own, 1, &other, 1, 0));
        show("its own", (int)process_vm_readv(getpid(), &own, 1, &other, 1, 0));
        fflush(stdout);
        _exit(0);
    }
    waitpid(asks, &status, 0);
}

int main(void)
{
    int status;
    pid_t pid;

    shared_address = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (shared_address == MAP_FAILED || munmap(shared_address + 2 * PAGE, PAGE) != 0 || pipe(pipes) != 0)
        return 2;
    strcpy(shared_address, "mine");
    pid = child();
    wait_for(pid);
    pieces(pid);
    at_edges(pid);
    refused(pid);
    without_right(pid);
    printf("this one has: %s\n", shared_address);
    fflush(stdout);
    close(pipes[1]);
    waitpid(pid, &status, 0);
    show("the child", status);
    pid = fork();
    if (pid == 0)
        _exit(0);
    siginfo_t info;
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    struct iovec own = {&status, 1}, other = {shared_address, 1};
    show("one that has ended", (int)process_vm_readv(pid, &own, 1, &other, 1, 0));
    waitpid(pid, NULL, 0);
    return 0;
}
