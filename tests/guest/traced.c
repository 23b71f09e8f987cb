/* SPDX-License-Identifier: Apache-2.0 */
/* traced.c - system calls for those who watch: tests/places/basic.sh and tests/cli/trace.sh know which. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int write_and_fail(void)
{
    int result;

    syscall(SYS_write, 1, "traced\n", 7);
    result = syscall(SYS_openat, AT_FDCWD, "/no/such", O_RDONLY) == -1 && errno == ENOENT ? 0 : 1;
    syscall(SYS_write, 2, "to stderr\n", 10);
    return result;
}

/* What no guest kernel of ours has, and what Linux hasn't either; before that, what it isn't worth a line that it
 * lacks. */
static int call_what_is_missing(void)
{
    if (syscall(SYS_get_mempolicy, NULL, NULL, 0, NULL, 0) != -1 || errno != ENOSYS)
        return 1;
    for (int i = 0; i < 3; i++) {
        syscall(SYS_bpf, 0, NULL, 0);
        syscall(999, 1, 2, 3, 4, 5, 6);
    }
    return 3;
}

static int wait_long(void)
{
    struct timespec time = {1000, 0};

    syscall(SYS_write, 1, "ready\n", 6);
    return (int)syscall(SYS_nanosleep, &time, NULL);
}

/* Computes, and now and then makes a call that costs nothing. */
static _Noreturn void compute(unsigned long turns)
{
    volatile unsigned long count;

    syscall(SYS_write, 1, "ready\n", 6);
    for (;;) {
        for (count = 0; count < turns; count++)
            continue;
        syscall(SYS_getppid);
    }
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (strcmp(what, "missing") == 0)
        return call_what_is_missing();
    if (strcmp(what, "wait") == 0)
        return wait_long();
    if (strcmp(what, "compute") == 0)
        compute(1000000);
    if (strcmp(what, "flood") == 0)
        compute(0);
    return write_and_fail();
}
