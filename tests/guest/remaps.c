/* SPDX-License-Identifier: Apache-2.0 */
/* remaps.c - mremap and remap_file_pages, on each kind of memory: where they grow, move, shrink, leave and refuse. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "show.h"

#define PAGE (size_t)page_size()
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define FIXED (MREMAP_MAYMOVE | MREMAP_FIXED)
#define KEEP (MREMAP_MAYMOVE | 4) /* MREMAP_DONTUNMAP */

static char *room; /* nothing is mapped in it at the beginning of each part */
#define ROOM 64

static char *put(size_t page, size_t pages, int prot, int flags, int fd, off_t offset)
{
    char *at = mmap(room + page * PAGE, pages * PAGE, prot, flags | MAP_FIXED, fd, offset);

    for (size_t i = 0; at != MAP_FAILED && i < pages && prot == RW; i++)
        at[i * PAGE] = (char)(page + i + 1);
    return at;
}

/* Where it went: a page of the room, elsewhere, or the error. */
static char *move(const char *what, char *at, size_t old_pages, size_t new_pages, int flags, char *to)
{
    char *result = (char *)syscall(SYS_mremap, at, old_pages * PAGE, new_pages * PAGE, flags, to);

    if (result == MAP_FAILED)
        printf("%s: %s\n", what, error_name(errno));
    else if (result >= room && result < room + ROOM / 2 * PAGE) /* above, a kernel may look for room of its own */
        printf("%s: at %ld\n", what, (long)(result - room) / page_size());
    else
        printf("%s: elsewhere\n", what);
    return result;
}

/* What is in the first pages of the room: a byte each, - for a hole, x where it can't be read. */
static void show_room(const char *what, size_t pages)
{
    int fds[2];

    pipe(fds);
    printf("%s:", what);
    for (size_t i = 0; i < pages; i++) {
        char byte, *at = room + i * PAGE;
        unsigned char vector;
        if (mincore(at, PAGE, &vector) != 0)
            printf(" -");
        else if (write(fds[1], at, 1) != 1)
            printf(" x");
        else
            printf(" %d", read(fds[0], &byte, 1) == 1 ? byte : -1);
    }
    printf("\n");
    close(fds[0]);
    close(fds[1]);
    munmap(room, ROOM * PAGE);
}

static void growing(void)
{
    put(0, 2, RW, ANON, -1, 0);
    move("in place", room, 2, 4, 0, NULL);
    move("its end", room + 3 * PAGE, 1, 2, 0, NULL);
    move("not its end", room + PAGE, 1, 2, 0, NULL);
    show_room("grown", 7);

    put(0, 2, RW, ANON, -1, 0);
    put(3, 1, RW, ANON, -1, 0);
    move("up to a neighbour", room, 2, 3, 0, NULL);
    move("into it", room, 3, 4, 0, NULL);
    char *to = move("it moves", room, 3, 5, MREMAP_MAYMOVE, NULL);
    if (to != MAP_FAILED)
        printf("with %d %d %d %d %d\n", to[0], to[PAGE], to[2 * PAGE], to[3 * PAGE], to[4 * PAGE]);
    munmap(to, 5 * PAGE);
    show_room("moved", 5);

    put(0, 2, RW, ANON, -1, 0);
    put(2, 2, PROT_READ, ANON, -1, 0);
    move("across two, to grow", room, 3, 6, MREMAP_MAYMOVE, NULL);
    move("across two, to shrink", room, 4, 1, 0, NULL);
    show_room("shrunk", 5);

    put(0, 4, RW, ANON, -1, 0);
    munmap(room + 2 * PAGE, PAGE);
    move("across a hole, to grow", room, 4, 6, MREMAP_MAYMOVE, NULL);
    move("across a hole, to shrink", room, 4, 1, 0, NULL);
    move("from a hole, to shrink", room + 2 * PAGE, 4, 1, 0, NULL);
    move("from a hole, the same", room + 2 * PAGE, 1, 1, 0, NULL);
    move("the same", room, 1, 1, 0, NULL);
    move("the same, too far", room, 6, 6, 0, NULL);
    show_room("left", 5);

    put(0, 1, RW, ANON, -1, 0);
    show_ok("sizes are of bytes", (long)mremap(room, PAGE, PAGE + 1, 0));
    show_ok("unaligned", (long)mremap(room + 1, PAGE, 2 * PAGE, 0));
    show_ok("to 0", (long)mremap(room, PAGE, 0, 0));
    show_ok("to too much", (long)mremap(room, PAGE, ~(size_t)0 - 2 * PAGE, MREMAP_MAYMOVE));
    show_ok("around the end", (long)mremap(room, PAGE, ~(size_t)0, MREMAP_MAYMOVE));
    show_room("bytes", 3);
}

static void fixed(void)
{
    put(0, 4, RW, ANON, -1, 0);
    put(8, 8, RW, ANON, -1, 0);
    move("onto itself", room, 2, 2, FIXED, room);
    move("onto its end", room, 2, 2, FIXED, room + PAGE);
    move("onto its beginning", room + PAGE, 2, 2, FIXED, room);
    move("around it", room + PAGE, 1, 3, FIXED, room);
    move("into it", room, 4, 1, FIXED, room + PAGE);
    move("right behind", room, 2, 2, FIXED, room + 2 * PAGE);
    move("into another", room + 2 * PAGE, 2, 3, FIXED, room + 10 * PAGE);
    show_room("fixed", 16);

    put(0, 4, RW, ANON, -1, 0);
    move("smaller", room, 4, 2, FIXED, room + 8 * PAGE);
    show_room("smaller", 12);

    put(0, 2, RW, ANON, -1, 0);
    move("without MAYMOVE", room, 1, 1, MREMAP_FIXED, room + 4 * PAGE);
    move("unaligned", room, 1, 1, FIXED, room + 4 * PAGE + 1);
    move("to the end of all", room, 1, 1, FIXED, (char *)-PAGE);
    move("of nothing", room + 3 * PAGE, 1, 1, FIXED, room + 4 * PAGE);
    move("too far, larger", room, 3, 4, FIXED, room + 8 * PAGE);
    move("flag 8", room, 1, 1, 8, NULL);
    show_room("nothing has moved", 5);

    put(0, 2, PROT_NONE, ANON, -1, 0);
    move("no access", room, 2, 4, FIXED, room + 8 * PAGE);
    mprotect(room + 8 * PAGE, PAGE, PROT_READ);
    show_room("read", 13);
}

static void keeping(int shared)
{
    int flags = shared ? MAP_SHARED | MAP_ANONYMOUS : ANON;

    put(0, 3, RW, flags, -1, 0);
    move("larger", room, 2, 3, KEEP, NULL);
    move("smaller", room, 2, 1, KEEP, NULL);
    move("without MAYMOVE", room, 2, 2, 4, NULL);
    move("of none", room, 0, 0, KEEP, NULL);
    move("fixed", room, 2, 2, KEEP | MREMAP_FIXED, room + 4 * PAGE);
    char *to = move("where there is room", room + 4 * PAGE, 1, 1, KEEP, NULL);
    printf("there %d\n", to != MAP_FAILED ? to[0] : -1);
    munmap(to, PAGE);
    move("by a hint", room + 2 * PAGE, 1, 1, KEEP, room + 10 * PAGE);
    move("a hint that is taken", room + 2 * PAGE, 1, 1, KEEP, room);
    move("too far", room + 2 * PAGE, 2, 2, KEEP, NULL);
    room[PAGE] = 33;
    show_room(shared ? "shared" : "private", 12);
}

static int make(const char *name, size_t pages)
{
    int fd = open(name, O_CREAT | O_RDWR | O_TRUNC, 0600);

    for (size_t i = 0; i < pages; i++) {
        char byte = (char)(i + 100);
        pwrite(fd, &byte, 1, (off_t)(i * PAGE));
    }
    ftruncate(fd, (off_t)(pages * PAGE));
    return fd;
}

static void twins(void)
{
    int fd = make("twin", 8);

    put(0, 2, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    move("shared", room, 0, 2, FIXED, room + 4 * PAGE);
    room[0] = 44;
    move("from its middle", room + PAGE, 0, 1, FIXED, room + 8 * PAGE);
    move("not moved", room, 0, 2, 0, NULL);
    show_room("twins", 10);

    put(0, 2, PROT_READ, MAP_SHARED, fd, (off_t)PAGE);
    move("a file", room, 0, 4, FIXED, room + 4 * PAGE);
    move("and on", room + PAGE, 1, 3, MREMAP_MAYMOVE | MREMAP_FIXED, room + 12 * PAGE);
    show_room("of a file", 16);
    put(0, 2, RW, MAP_PRIVATE, fd, 0);
    move("a private file", room, 0, 2, MREMAP_MAYMOVE, NULL);
    move("with larger offset", room, 2, 4, MREMAP_MAYMOVE | MREMAP_FIXED, room + 8 * PAGE);
    show_room("private", 13);
    close(fd);
    unlink("twin");
}

/* Two mappings of a file that fit are one again when one is moved beside the other. */
static void joined(void)
{
    put(0, 4, RW, ANON, -1, 0);
    move("apart", room + 2 * PAGE, 2, 2, FIXED, room + 8 * PAGE);
    move("and back", room + 8 * PAGE, 2, 2, FIXED, room + 2 * PAGE);
    move("as one", room, 4, 6, 0, NULL);
    show_room("joined", 7);
}

static void in_child(void)
{
    int status = -1;

    put(0, 2, RW, ANON, -1, 0);
    fflush(stdout);
    if (fork() == 0) {
        move("in a child", room, 2, 3, FIXED, room + 4 * PAGE);
        room[4 * PAGE] = 55;
        show_room("child", 8);
        fflush(stdout);
        _exit(0);
    }
    wait(&status);
    show_room("parent", 8);
}

static void show_file_pages(const char *what, char *at, size_t pages, int prot, size_t offset, int flags)
{
    show(what, syscall(SYS_remap_file_pages, at, pages * PAGE, prot, offset, flags));
}

static void file_pages(void)
{
    int fd = make("pages", 8);

    put(0, 4, PROT_READ, MAP_SHARED, fd, 0);
    show_file_pages("one", room, 1, 0, 3, 0);
    show_file_pages("two", room + 2 * PAGE, 2, 0, 0, MAP_NONBLOCK);
    show_file_pages("with rights", room, 1, PROT_READ, 1, 0);
    show_file_pages("across both", room + PAGE, 2, 0, 5, 0);
    show_file_pages("of none", room, 0, 0, 5, 0);
    show_file_pages("of a hole", room + 5 * PAGE, 1, 0, 5, 0);
    show_file_pages("into a hole", room + 3 * PAGE, 2, 0, 5, 0);
    show_file_pages("offset around", room, 2, 0, ~(size_t)0 / PAGE, 0);
    show_file_pages("offset around", room, 2, 0, ~(size_t)0, 0);
    show_file_pages("beyond the end of the file", room + PAGE, 1, 0, 9, 0);
    show_room("pages", 6);
    put(0, 2, RW, MAP_PRIVATE, fd, 0);
    show_file_pages("private", room, 1, 0, 1, 0);
    put(2, 2, RW, ANON, -1, 0);
    show_file_pages("anonymous", room + 2 * PAGE, 1, 0, 1, 0);
    put(4, 4, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    show_file_pages("shared", room + 4 * PAGE, 1, 0, 1, 0);
    show_room("others", 9);
    close(fd);
    unlink("pages");
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    room = mmap(NULL, ROOM * PAGE, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
    munmap(room, ROOM * PAGE);
    growing();
    fixed();
    keeping(0);
    keeping(1);
    twins();
    joined();
    in_child();
    file_pages();
    return 0;
}
