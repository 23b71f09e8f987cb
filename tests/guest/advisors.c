/* SPDX-License-Identifier: Apache-2.0 */
/* advisors.c - process_madvise: of what is one's own and of another's, in pieces, and what it refuses. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "show.h"

#define PAGE (size_t)page_size()
#define SYS_PIDFD_OPEN 434
#define SYS_PROCESS_MADVISE 440
#define WILLNEED 3
#define DONTNEED 4
#define COLD 20
#define PAGEOUT 21

static int right_to = 1; /* not every Linux that is asked lets the test advise others */

static void advise(const char *what, int pidfd, const struct iovec *vector, size_t count, int advice, unsigned flags)
{
    long result = syscall(SYS_PROCESS_MADVISE, pidfd, vector, count, advice, flags);

    if (result < 0)
        printf("%s: %s\n", what, error_name(errno));
    else
        printf("%s: %ld pages and %ld bytes\n", what, result / page_size(), result % page_size());
}

static void refused(int pidfd, char *at)
{
    struct iovec one = {at, PAGE}, two[2] = {{at, PAGE}, {at + 1, PAGE}},
                 gap[3] = {{at, PAGE}, {at + 4 * PAGE, PAGE}, {at, PAGE}};
    struct iovec first[2] = {{at + 1, PAGE}, {at, PAGE}}, across = {at + 3 * PAGE, 2 * PAGE};

    advise("flags", pidfd, &one, 1, COLD, 1);
    advise("nothing there", pidfd, NULL, 1, COLD, 0);
    advise("no pieces", pidfd, NULL, 0, COLD, 0);
    advise("too many", pidfd, &one, 1025, COLD, 0);
    advise("no descriptor", -1, &one, 1, COLD, 0);
    advise("another descriptor", 0, &one, 1, COLD, 0);
    advise("unknown", pidfd, &one, 1, 77, 0);
    advise("the second unaligned", pidfd, two, 2, COLD, 0);
    advise("the first unaligned", pidfd, first, 2, COLD, 0);
    advise("a gap between", pidfd, gap, 3, COLD, 0);
    advise("into a gap", pidfd, &across, 1, COLD, 0);
}

static void own(char *at)
{
    int pidfd = (int)syscall(SYS_PIDFD_OPEN, getpid(), 0);
    struct iovec vector[3] = {{at, PAGE}, {at + PAGE, 0}, {at + 2 * PAGE, 10}};

    advise("cold", pidfd, vector, 3, COLD, 0);
    advise("out", pidfd, vector, 3, PAGEOUT, 0);
    advise("needed", pidfd, vector, 1, WILLNEED, 0);
    mlock(at + 2 * PAGE, PAGE);
    advise("locked, cold", pidfd, vector, 3, COLD, 0);
    advise("locked, needed", pidfd, vector + 2, 1, WILLNEED, 0);
    munlock(at + 2 * PAGE, PAGE);
    refused(pidfd, at);
    close(pidfd);
}

static void of_child(char *at)
{
    int hold[2];
    struct iovec one = {at, 2 * PAGE};

    pipe(hold);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        close(hold[1]);
        read(hold[0], &byte, 1);
        _exit(0);
    }
    int pidfd = (int)syscall(SYS_PIDFD_OPEN, child, 0);
    munmap(at, PAGE); /* the child has it still */
    right_to = syscall(SYS_PROCESS_MADVISE, pidfd, &one, 1, COLD, 0) >= 0 || errno != EPERM;
    show_bool("cold", syscall(SYS_PROCESS_MADVISE, pidfd, &one, 1, COLD, 0) == 2 * page_size() || !right_to);
    show_bool("out", syscall(SYS_PROCESS_MADVISE, pidfd, &one, 1, PAGEOUT, 0) == 2 * page_size() || !right_to);
    show_bool("needed", syscall(SYS_PROCESS_MADVISE, pidfd, &one, 1, WILLNEED, 0) == 2 * page_size() || !right_to);
    advise("no more", pidfd, &one, 1, DONTNEED, 0);
    advise("flags", pidfd, &one, 1, COLD, 1);
    close(hold[1]);
    siginfo_t info;
    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    advise("it has ended", pidfd, &one, 1, COLD, 0);
    waitpid(child, NULL, 0);
    advise("it is gone", pidfd, &one, 1, COLD, 0);
    close(pidfd);
    close(hold[0]);
}

int main(void)
{
    char *at = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    munmap(at + 4 * PAGE, 3 * PAGE);
    memset(at, 1, 4 * PAGE);
    munmap(at + 3 * PAGE, PAGE);
    mmap(at + 3 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    own(at);
    of_child(at);
    show_bool("as it was", at[PAGE] == 1 && at[2 * PAGE] == 1);
    return 0;
}
