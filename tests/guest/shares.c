/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shares.c - mappings that processes share: both see what one writes, truncation takes pages from all, and beyond the
 * end of a file there is SIGBUS; places that are taken, and areas that can be written and executed.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "show.h"

#define PAGE (size_t)page_size()
#define RW (PROT_READ | PROT_WRITE)
#define SHARED_OWN (MAP_SHARED | MAP_ANONYMOUS)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static sigjmp_buf back;
static siginfo_t seen;

static void caught(int signal, siginfo_t *info, void *context)
{
    (void)context;
    seen = *info;
    siglongjmp(back, signal);
}

/* What a byte is, or after `value` was written to it. */
static void touch(const char *what, volatile char *at, int value)
{
    int signal = sigsetjmp(back, 1);

    if (signal == 0) {
        if (value != 0)
            *at = (char)value;
        printf("%s: %d\n", what, *at);
        return;
    }
    printf("%s: %s, code %d, at the %s\n", what,
           signal == SIGBUS    ? "SIGBUS"
           : signal == SIGSEGV ? "SIGSEGV"
                               : "another",
           seen.si_code, seen.si_addr == (void *)(uintptr_t)at ? "byte" : "wrong place");
}

/* ---- two that take turns ---- */

static int to_child[2], to_parent[2];

static void turn(int in_child)
{
    char byte = 0;

    fflush(stdout);
    write(in_child ? to_parent[1] : to_child[1], &byte, 1);
    read(in_child ? to_child[0] : to_parent[0], &byte, 1);
}

static int child_begin(void)
{
    pipe(to_child);
    pipe(to_parent);
    fflush(stdout);
    pid_t child = fork();
    char byte;

    if (child == 0)
        read(to_child[0], &byte, 1);
    return child == 0;
}

static void child_end(int in_child)
{
    char byte = 0;
    int status = -1;

    fflush(stdout);
    if (in_child) {
        write(to_parent[1], &byte, 1);
        _exit(0);
    }
    write(to_child[1], &byte, 1);
    wait(&status);
    show("the child ended", status);
    for (int i = 0; i < 2; i++) {
        close(to_child[i]);
        close(to_parent[i]);
    }
}

static int make(size_t pages)
{
    int fd = open("shared", O_CREAT | O_RDWR | O_TRUNC, 0600);

    for (size_t i = 0; i < pages; i++) {
        char byte = (char)(i + 100);
        pwrite(fd, &byte, 1, (off_t)(i * PAGE));
    }
    return fd;
}

static void own(void)
{
    char *at = mmap(NULL, 3 * PAGE, RW, SHARED_OWN, -1, 0);

    at[0] = 1;
    int in_child = child_begin();
    if (in_child) {
        touch("child: from before", at, 0);
        touch("child: writes", at + PAGE, 2); /* neither has had that page */
        touch("child: unmaps the last", at + 2 * PAGE, 3);
        munmap(at + 2 * PAGE, PAGE);
        turn(1);
        touch("child: the parent's", at, 0);
        char *moved = mremap(at, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at + 2 * PAGE);
        touch("child: elsewhere", moved, 6);
        madvise(at + PAGE, PAGE, MADV_DONTNEED);
        touch("child: still", at + PAGE, 0);
    } else {
        turn(0);
        touch("parent: the child's", at + PAGE, 0);
        touch("parent: what the child has unmapped", at + 2 * PAGE, 0);
        touch("parent: writes", at, 5);
        mprotect(at, PAGE, PROT_READ);
        touch("parent: may not", at, 7);
    }
    child_end(in_child);
    touch("parent: at last", at, 0);
    munmap(at, 3 * PAGE);
}

static void cut(void)
{
    int fd = make(4);
    char *shared = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
    char *private = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);

    for (size_t i = 0; i < 4; i++)
        printf("%d %d%s", shared[i * PAGE], private[i * PAGE], i < 3 ? ", " : "\n");
    private[2 * PAGE] = 50;
    int in_child = child_begin();
    if (in_child) {
        touch("child: copies", private + 3 * PAGE, 60);
        turn(1);
        touch("child: shared, gone", shared + 3 * PAGE, 0);
        touch("child: shared, written", shared + 2 * PAGE, 1);
        touch("child: private, gone", private + 2 * PAGE, 0);
        touch("child: its copy, too", private + 3 * PAGE, 0);
        touch("child: what is left", shared + PAGE, 0);
        touch("child: grows", shared, 70);
        ftruncate(fd, (off_t)(4 * PAGE));
        touch("child: zeros", shared + 3 * PAGE, 0);
        touch("child: and of its own", private + 2 * PAGE, 0);
    } else {
        turn(0);
        show("parent: cut", ftruncate(fd, (off_t)(PAGE + 1)));
        touch("parent: gone", shared + 2 * PAGE, 0);
        touch("parent: its copy, too", private + 2 * PAGE, 0);
        turn(0);
    }
    child_end(in_child);
    touch("parent: what the child wrote", shared, 0);
    touch("parent: zeros", shared + 3 * PAGE, 0);
    munmap(shared, 4 * PAGE);
    munmap(private, 4 * PAGE);
    close(fd);
    unlink("shared");
}

static void beyond(void)
{
    int fd = make(2), fds[2];

    ftruncate(fd, (off_t)(PAGE + 10));
    pipe(fds);
    for (int kind = MAP_SHARED; kind <= MAP_PRIVATE; kind++) {
        char *at = mmap(NULL, 4 * PAGE, RW, kind, fd, 0);
        printf("%s\n", kind == MAP_SHARED ? "- shared" : "- private");
        touch("the last byte", at + PAGE + 9, 0);
        touch("behind it", at + PAGE + 10, 0);
        touch("written there", at + PAGE + 11, 7);
        touch("the end of the page", at + 2 * PAGE - 1, 0);
        touch("beyond", at + 2 * PAGE, 0);
        touch("beyond, written", at + 3 * PAGE + 5, 1);
        show("by the kernel", write(fds[1], at + 2 * PAGE, 1));
        show("into it", pread(fd, at + 2 * PAGE, 1, 0));
        show("across", write(fds[1], at + 2 * PAGE - 1, 2));
        show("mprotect", mprotect(at + 2 * PAGE, PAGE, PROT_NONE));
        touch("no access comes first", at + 2 * PAGE, 0);
        show("populate", madvise(at + 3 * PAGE, PAGE, 22));
        munmap(at, 4 * PAGE);
    }
    char byte = 9;
    show("in the file", pread(fd, &byte, 1, (off_t)(PAGE + 11)));
    close(fds[0]);
    close(fds[1]);
    close(fd);
    unlink("shared");
}

static void show_place(const char *what, char *wanted, size_t pages, int flags)
{
    char *at = (char *)syscall(SYS_mmap, wanted, pages * PAGE, RW, ANON | flags, -1, 0L);

    printf("%s: %s\n", what, at == MAP_FAILED ? error_name(errno) : at == wanted ? "there" : "elsewhere");
    if (at != MAP_FAILED && at != wanted)
        munmap(at, pages * PAGE);
}

static void places(void)
{
    char *room = mmap(NULL, 8 * PAGE, PROT_NONE, ANON, -1, 0);
    const int once = MAP_FIXED_NOREPLACE;

    munmap(room, 8 * PAGE);
    show_place("free", room + 2 * PAGE, 2, once);
    show_place("the same", room + 2 * PAGE, 2, once);
    show_place("from below into it", room + PAGE, 2, once);
    show_place("from inside out", room + 3 * PAGE, 2, once);
    show_place("around it", room, 8, once);
    show_place("right below", room + PAGE, 1, once);
    show_place("right above", room + 4 * PAGE, 1, once);
    show_place("unaligned", room + 6 * PAGE + 1, 1, once);
    show_place("with FIXED, taken", room + 2 * PAGE, 1, once | MAP_FIXED);
    show_place("with FIXED, free", room + 6 * PAGE, 1, once | MAP_FIXED);
    show_place("beyond all", (char *)-(8 * PAGE), 1, once);
    show_place("a hint that is taken", room + 2 * PAGE, 1, 0);
    munmap(room, 8 * PAGE);
}

static void executed(void)
{
    char *at = mmap(NULL, 2 * PAGE, RW | PROT_EXEC, ANON, -1, 0);
    int fd = make(1);

    show_bool("memory to write and execute", at != MAP_FAILED);
    touch("written", at, 1);
    show("no more to be written", mprotect(at, PAGE, PROT_READ | PROT_EXEC));
    touch("not written", at, 2);
    show("both again", mprotect(at, 2 * PAGE, RW | PROT_EXEC));
    touch("written", at, 3);
    touch("written", at + PAGE, 4);
    munmap(at, 2 * PAGE);
    at = mmap(NULL, PAGE, RW | PROT_EXEC, MAP_SHARED, fd, 0);
    show_bool("a file", at != MAP_FAILED);
    touch("written", at, 5);
    munmap(at, PAGE);
    close(fd);
    unlink("shared");
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};

    enter(argc, argv);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    own();
    cut();
    beyond();
    places();
    executed();
    return 0;
}
