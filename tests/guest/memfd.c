/* SPDX-License-Identifier: Apache-2.0 */
/* memfd.c - files in memory without a name, their seals, and holes in them. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "show.h"

#define PAGE (size_t)page_size()
#define RW (PROT_READ | PROT_WRITE)
#define NOEXEC_SEAL 8u
#define EXEC_FLAG 0x10u
#define SEAL_FUTURE 0x10
#define SEAL_EXEC 0x20
#define PUNCH 3

static int create(const char *name, unsigned flags)
{
    return (int)syscall(SYS_memfd_create, name, flags);
}

static void creation(void)
{
    char name[300];
    struct stat st;
    int fd = create("a name", MFD_CLOEXEC);

    show_ok("memfd_create", fd);
    show("its flag", fcntl(fd, F_GETFD));
    show("how it is open", fcntl(fd, F_GETFL) & O_ACCMODE);
    fstat(fd, &st);
    printf("mode %o, %u links, %ld bytes\n", st.st_mode, (unsigned)st.st_nlink, (long)st.st_size);
    show("write", write(fd, "hello", 5));
    show("pread", pread(fd, name, 10, 1));
    show("its seals", fcntl(fd, F_GET_SEALS));
    show("no more", fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
    close(fd);
    fd = create("", NOEXEC_SEAL);
    fstat(fd, &st);
    printf("mode %o, seals %#x\n", st.st_mode, (unsigned)fcntl(fd, F_GET_SEALS));
    show("to be run", fchmod(fd, 0777));
    show("the same", fchmod(fd, 0600));
    close(fd);
    close(create("", EXEC_FLAG));
    memset(name, 'x', sizeof(name));
    name[249] = 0;
    show_ok("the longest name", fd = create(name, 0));
    close(fd);
    name[249] = 'x';
    name[250] = 0;
    show_ok("a longer one", create(name, 0));
    show_ok("no name", create((void *)8, 0));
    show_ok("unknown flag", create("x", 0x20));
    show_ok("both", create("x", EXEC_FLAG | NOEXEC_SEAL));
}

static void seals_of_size(void)
{
    int fd = create("x", MFD_ALLOW_SEALING);
    char *bytes = calloc(4, PAGE);

    show("none", fcntl(fd, F_GET_SEALS));
    show("ftruncate", ftruncate(fd, (off_t)(2 * PAGE + 10)));
    show("unknown", fcntl(fd, F_ADD_SEALS, 0x40));
    show("grow", fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
    show("larger", ftruncate(fd, (off_t)(3 * PAGE)));
    show("allocated", fallocate(fd, 0, 0, (off_t)(3 * PAGE)));
    show("allocated within", fallocate(fd, 0, 0, (off_t)(2 * PAGE)));
    show("write across the end", pwrite(fd, bytes, PAGE, (off_t)(2 * PAGE)));
    show_bool("write to the last whole page", pwrite(fd, bytes, 4 * PAGE, 0) == (ssize_t)(2 * PAGE));
    show("write within", pwrite(fd, bytes, 10, (off_t)(2 * PAGE)));
    show("write behind", pwrite(fd, bytes, 1, (off_t)(2 * PAGE + 10)));
    show("no bytes behind", pwrite(fd, bytes, 0, (off_t)(2 * PAGE + 10)));
    show("smaller", ftruncate(fd, 100));
    show("shrink", fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
    show("smaller", ftruncate(fd, 99));
    show("the same", ftruncate(fd, 100));
    show("all", fcntl(fd, F_GET_SEALS));
    show("seal", fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
    show("no more", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    show("all", fcntl(fd, F_GET_SEALS));
    free(bytes);
    close(fd);
}

static void *map(int fd, int prot, int flags)
{
    return mmap(NULL, PAGE, prot, flags, fd, 0);
}

static void seals_of_writing(int seal)
{
    int fd = create("x", MFD_ALLOW_SEALING);
    char *shared, *private, *later;

    ftruncate(fd, (off_t)PAGE);
    shared = map(fd, RW, MAP_SHARED);
    strcpy(shared, "text");
    show("with a mapping", fcntl(fd, F_ADD_SEALS, seal));
    munmap(shared, PAGE);
    shared = map(fd, PROT_READ, MAP_SHARED);
    show("with one that could become writable", fcntl(fd, F_ADD_SEALS, seal));
    munmap(shared, PAGE);
    private = map(fd, RW, MAP_PRIVATE);
    show("with a private one", fcntl(fd, F_ADD_SEALS, seal));
    private[0] = 'n';
    show("write", write(fd, "x", 1));
    show("hole", fallocate(fd, PUNCH, 0, (off_t)PAGE));
    show("larger", ftruncate(fd, (off_t)(2 * PAGE)));
    show("allocated", fallocate(fd, 0, 0, (off_t)(3 * PAGE)));
    show_ok("shared, to write", (long)map(fd, RW, MAP_SHARED));
    later = map(fd, PROT_READ, MAP_SHARED);
    show_ok("shared, to read", (long)later);
    show("to be written after all", mprotect(later, PAGE, RW));
    show_ok("private, to write", (long)map(fd, RW, MAP_PRIVATE));
    printf("%s %s\n", private, later);
    show("once more", fcntl(fd, F_ADD_SEALS, seal));
    show("all", fcntl(fd, F_GET_SEALS));
    munmap(later, PAGE);
    munmap(private, PAGE);
    close(fd);
}

static void not_sealable(void)
{
    int file = open("plain", O_CREAT | O_RDWR, 0600), shm = open("/dev/shm/lvmm-seal", O_CREAT | O_RDWR, 0600);
    int null = open("/dev/null", O_RDWR), reader = open("/dev/shm/lvmm-seal", O_RDONLY);

    show("in /dev/shm", fcntl(shm, F_GET_SEALS));
    show("add", fcntl(shm, F_ADD_SEALS, F_SEAL_GROW));
    show("read-only", fcntl(reader, F_ADD_SEALS, F_SEAL_GROW));
    show("a device", fcntl(null, F_GET_SEALS));
    show("add", fcntl(null, F_ADD_SEALS, F_SEAL_GROW));
    unlink("plain");
    unlink("/dev/shm/lvmm-seal");
    close(file);
    close(shm);
    close(null);
    close(reader);
}

static void holes(int fd)
{
    char *bytes = malloc(4 * PAGE), *shared, *private, *own;
    struct stat st;

    memset(bytes, 7, 4 * PAGE);
    show_bool("written", write(fd, bytes, 4 * PAGE) == (ssize_t)(4 * PAGE));
    shared = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
    private = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);
    own = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);
    own[PAGE] = 9;
    printf("%d %d %d\n", shared[PAGE], private[PAGE], own[PAGE + 1]);
    show("hole", fallocate(fd, PUNCH, (off_t)PAGE - 10, (off_t)PAGE + 20));
    printf("%d %d %d %d\n", shared[PAGE - 11], shared[PAGE - 10], shared[2 * PAGE + 9], shared[2 * PAGE + 10]);
    printf("%d %d, and its own %d %d\n", shared[PAGE], private[PAGE], own[PAGE], own[PAGE + 1]);
    show("within a page", fallocate(fd, PUNCH, 100, 5));
    printf("%d %d %d %d\n", shared[99], shared[100], shared[104], shared[105]);
    show("beyond the end", fallocate(fd, PUNCH, (off_t)(3 * PAGE), (off_t)(9 * PAGE)));
    fstat(fd, &st);
    show_bool("as long as it was", st.st_size == (off_t)(4 * PAGE));
    printf("%d\n", shared[3 * PAGE]);
    show("without keeping the size", fallocate(fd, 2, 0, 10));
    shared[2 * PAGE + 20] = 5;
    show("MADV_REMOVE", madvise(shared + 2 * PAGE, PAGE, MADV_REMOVE));
    printf("%d\n", shared[2 * PAGE + 20]);
    show("of a private mapping", madvise(private, PAGE, MADV_REMOVE));
    munmap(shared, 4 * PAGE);
    munmap(private, 4 * PAGE);
    munmap(own, 4 * PAGE);
    shared = mmap(NULL, 4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    memset(shared, 3, 4 * PAGE);
    show("MADV_REMOVE, anonymous", madvise(shared + PAGE, PAGE, MADV_REMOVE));
    printf("%d %d %d\n", shared[PAGE - 1], shared[PAGE], shared[2 * PAGE]);
    munmap(shared, 4 * PAGE);
    free(bytes);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    creation();
    seals_of_size();
    seals_of_writing(F_SEAL_WRITE);
    seals_of_writing(SEAL_FUTURE);
    seals_of_writing(SEAL_EXEC);
    not_sealable();
    holes(create("x", 0));
    return 0;
}
