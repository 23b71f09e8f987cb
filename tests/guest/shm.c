/* SPDX-License-Identifier: Apache-2.0 */
/* shm.c - shared memory and semaphores by name: /dev/shm, files with several names there. */
#define _GNU_SOURCE
#include <dirent.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "show.h"

#define NAME "/lvmm-test-memory"
#define SEMAPHORE "/lvmm-test-semaphore"

static int is_listed(const char *name)
{
    DIR *dir = opendir("/dev/shm");
    const struct dirent *entry;
    int found = 0;

    while (dir != NULL && (entry = readdir(dir)) != NULL)
        found += strcmp(entry->d_name, name) == 0;
    closedir(dir);
    return found;
}

static void memory(void)
{
    struct stat st;
    int fd = shm_open(NAME, O_CREAT | O_EXCL | O_RDWR, 0600), again;

    show_ok("shm_open", fd);
    show("O_EXCL", shm_open(NAME, O_CREAT | O_EXCL | O_RDWR, 0600));
    show_bool("listed", is_listed(&NAME[1]));
    show("ftruncate", ftruncate(fd, 100000));
    char *a = mmap(NULL, 100000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    show_ok("open again", again = shm_open(NAME, O_RDWR, 0));
    char *b = mmap(NULL, 100000, PROT_READ | PROT_WRITE, MAP_SHARED, again, 0);
    show_bool("mapped", a != MAP_FAILED && b != MAP_FAILED && a != b);
    strcpy(a + 70000, "written here");
    printf("  %s\n", b + 70000);
    show("fstat", fstat(fd, &st));
    printf("  mode %o, %u links, %ld bytes\n", st.st_mode, (unsigned)st.st_nlink, (long)st.st_size);
    show("unlink", shm_unlink(NAME));
    show("again", shm_unlink(NAME));
    strcpy(b, "still there");
    printf("  %s\n", a);
    show("open what is gone", shm_open(NAME, O_RDWR, 0));
    close(fd);
    close(again);
}

static void semaphore(void)
{
    int value = -1;
    sem_t *a = sem_open(SEMAPHORE, O_CREAT | O_EXCL, 0600, 1), *b = sem_open(SEMAPHORE, 0);

    show_bool("sem_open", a != SEM_FAILED);
    show_bool("the same", a == b);
    show("wait", sem_wait(a));
    show("none is left", sem_trywait(b));
    show("post", sem_post(b));
    show("value", (sem_getvalue(a, &value), value));
    show("unlink", sem_unlink(SEMAPHORE));
    show("close", sem_close(a));
}

static unsigned links(int fd)
{
    struct stat st;

    fstat(fd, &st);
    return (unsigned)st.st_nlink;
}

static void names(void)
{
    int fd = open("/dev/shm/lvmm-a", O_CREAT | O_EXCL | O_RDWR, 0600), dir = open("/dev/shm", O_RDONLY);

    show("link", link("/dev/shm/lvmm-a", "/dev/shm/lvmm-b"));
    printf("  %u links\n", links(fd));
    show("link to what is there", link("/dev/shm/lvmm-a", "/dev/shm/lvmm-b"));
    show("link to itself", link("/dev/shm/lvmm-a", "/dev/shm/lvmm-a"));
    show("linkat", linkat(dir, "lvmm-a", dir, "lvmm-c", 0));
    show("linkat flags", linkat(dir, "lvmm-a", dir, "lvmm-c", 0x8000));
    show("link elsewhere", link("/dev/shm/lvmm-a", "lvmm-a"));
    show("link a directory", link("/dev/shm", "/dev/shm/lvmm-d"));
    show("link what isn't there", link("/dev/shm/lvmm-e", "/dev/shm/lvmm-d"));
    printf("  %u links\n", links(fd));
    show("rename onto its other name", rename("/dev/shm/lvmm-a", "/dev/shm/lvmm-b"));
    printf("  %u links\n", links(fd));
    write(fd, "text", 4);
    show("unlink", unlink("/dev/shm/lvmm-a"));
    printf("  %u links\n", links(fd));
    show("rename away", rename("/dev/shm/lvmm-b", "/dev/shm/lvmm-d"));
    show("unlink", unlink("/dev/shm/lvmm-c"));
    show("size of the last", (long)lseek(open("/dev/shm/lvmm-d", O_RDONLY), 0, SEEK_END));
    show("unlink", unlink("/dev/shm/lvmm-d"));
    printf("  %u links\n", links(fd));
}

int main(int argc, char **argv)
{
    struct stat st;

    enter(argc, argv);
    show("stat", stat("/dev/shm", &st));
    printf("  mode %o\n", st.st_mode);
    memory();
    semaphore();
    names();
    return 0;
}
