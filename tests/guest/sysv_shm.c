/* SPDX-License-Identifier: Apache-2.0 */
/* sysv_shm.c - System V shared memory: who is attached across fork, exec, exit, munmap and mremap, and what is left. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "sysv.h"

static int id;
static size_t page;

static void show_count(const char *what)
{
    struct shmid_ds ds;

    if (shmctl(id, IPC_STAT, &ds) != 0)
        printf("%s: %s\n", what, error_name(errno));
    else
        printf("%s: attached %lu\n", what, (unsigned long)ds.shm_nattch);
}

static void *attach(const char *what, const void *at, int flags)
{
    void *got = shmat(id, at, flags);

    if (got == (void *)-1)
        printf("%s: %s\n", what, error_name(errno));
    else
        printf("%s: ok\n", what);
    return got;
}

/* ---- making them ---- */

static void sizes_and_keys(void)
{
    key_t key = own_key(0);
    struct shmid_ds ds;
    int other;

    show("nothing", shmget(IPC_PRIVATE, 0, 0600));
    show("more than there is", shmget(IPC_PRIVATE, SIZE_MAX / 2, 0600));
    show("no such key", shmget(key, 100, 0600));
    id = shmget(key, 100, IPC_CREAT | 0640);
    show_ok("a key", id);
    show("once more, alone", shmget(key, 100, IPC_CREAT | IPC_EXCL | 0640));
    show("larger", shmget(key, 101, 0600));
    show("any right", shmget(key, 0, 0777) == id);
    show("smaller", shmget(key, 10, IPC_CREAT | 0600) == id);
    other = shmget(IPC_PRIVATE, 3 * page, IPC_CREAT | IPC_EXCL | 0600);
    show_bool("private is another", other != id);
    show("and goes", shmctl(other, IPC_RMID, NULL));
    show("twice", shmctl(other, IPC_RMID, NULL));
    show("IPC_STAT", shmctl(id, IPC_STAT, &ds));
    printf("size %lu, mode %o, attached %lu, lpid %d, atime %ld, dtime %ld\n", (unsigned long)ds.shm_segsz,
           ds.shm_perm.mode, (unsigned long)ds.shm_nattch, ds.shm_lpid, (long)ds.shm_atime, (long)ds.shm_dtime);
    show_bool("it is mine", ds.shm_cpid == getpid() && ds.shm_perm.uid == geteuid() && ds.shm_perm.cgid == getegid());
    show_bool("its key", ds.shm_perm.__key == key);
    show_bool("its number", ds.shm_perm.__seq == id / 32768);
    show_bool("its time", ds.shm_ctime > 1000000000);
}

static void wrong_ones(void)
{
    struct shmid_ds ds;

    show("a command that isn't", shmctl(id, 99, &ds));
    show("a negative one", shmctl(id, -1, &ds));
    show("a number that isn't", shmctl(id + 32768 * 7, IPC_STAT, &ds));
    show("a negative number", shmctl(-1, IPC_STAT, &ds));
    show("nowhere", shmctl(id, IPC_STAT, (void *)8));
    show("from nowhere", shmctl(id, IPC_SET, (void *)8));
    show("IPC_INFO nowhere", shmctl(0, IPC_INFO, (void *)8));
    show_bool("SHM_STAT by its place", shmctl(id % 32768, SHM_STAT, &ds) == id);
    show_bool("SHM_STAT_ANY", shmctl(id % 32768, SHM_STAT_ANY, &ds) == id);
    show("attach what isn't", (long)shmat(-1, NULL, 0));
    show("attach another", (long)shmat(id + 32768 * 7, NULL, 0));
    show("detach nothing", shmdt((void *)(16 * page)));
    show("detach between", shmdt((void *)(16 * page + 1)));
}

/* ---- attaching ---- */

static void attach_and_exit(int how)
{
    char *at = shmat(id, NULL, 0);

    strcpy(at + 8, "by a child");
    show_count("in the child");
    fflush(stdout);
    if (how == 1)
        kill(getpid(), SIGKILL);
    if (how == 2)
        execl("/proc/self/exe", "sysv_shm", "count", NULL);
}

static void counts(void)
{
    char *one = attach("attach", NULL, 0), *two = attach("again", NULL, 0);
    struct shmid_ds ds;

    show_bool("not in one place", one != two);
    strcpy(one, "shared");
    printf("%s\n", two);
    show_count("both");
    show_end("a child that ends", in_child(attach_and_exit, 0, 0));
    show_count("after it");
    printf("%s\n", one + 8);
    show_end("one that is killed", in_child(attach_and_exit, 1, 0));
    show_count("after it");
    show_end("one that runs a program", in_child(attach_and_exit, 2, 0));
    show_count("after it");
    show("detach", shmdt(one));
    show("twice", shmdt(one));
    show_count("one is left");
    shmctl(id, IPC_STAT, &ds);
    show_bool("who was the last", ds.shm_lpid == getpid() && ds.shm_atime != 0 && ds.shm_dtime != 0);
    show("detach", shmdt(two));
    show_count("none is");
}

static void places(void)
{
    char *room = mmap(NULL, 8 * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *at;

    show("a place that is taken", (long)shmat(id, room, 0));
    show("SHM_REMAP anywhere", (long)shmat(id, NULL, SHM_REMAP));
    at = attach("SHM_REMAP", room + page, SHM_REMAP);
    show_bool("there", at == room + page);
    munmap(room + 3 * page, 5 * page);
    show("between pages", (long)shmat(id, room + 4 * page + 5, 0));
    at = attach("SHM_RND", room + 4 * page + 5, SHM_RND);
    show_bool("there", at == room + 4 * page);
    show_count("two");
    show("detach between pages", shmdt(at + 1));
    show("detach", shmdt(at));
    munmap(room, 3 * page);
    show_count("munmap does, too");
}

static void write_there(int read_only)
{
    char *at = shmat(id, NULL, read_only != 0 ? SHM_RDONLY : 0);

    printf("mprotect: %s\n", mprotect(at, page, PROT_READ | PROT_WRITE) == 0 ? "ok" : error_name(errno));
    printf("exec: %s\n", mprotect(at, page, PROT_READ | PROT_EXEC) == 0 ? "ok" : error_name(errno));
    mprotect(at, page, PROT_READ | (read_only != 0 ? 0 : PROT_WRITE));
    fflush(stdout);
    *at = 1;
}

static void show_line(const char *what, const char *at)
{
    char line[512], name[64];
    FILE *file = fopen("/proc/self/maps", "r");
    unsigned long start, end, offset, inode;
    char rights[8];

    while (fgets(line, sizeof(line), file) != NULL) {
        name[0] = 0;
        if (sscanf(line, "%lx-%lx %4s %lx %*s %lu %63[^\n]", &start, &end, rights, &offset, &inode, name) < 5 ||
            start != (unsigned long)at)
            continue;
        printf("%s: %s, %lu pages from %lu, %s, number %s\n", what, rights, (end - start) / page, offset / page,
               strstr(name, " (deleted)") != NULL && strncmp(name, "/SYSV", 5) == 0 ? name + 13 : name,
               inode == (unsigned long)id ? "right" : "wrong");
    }
    fclose(file);
}

/* ---- parts of an attachment ---- */

static void parts(void)
{
    char *at, *to;

    id = shmget(IPC_PRIVATE, 8 * page, 0600);
    at = attach("eight pages", NULL, 0);
    for (int i = 0; i < 8; i++)
        at[(size_t)i * page] = (char)('a' + i);
    show_line("whole", at);
    munmap(at + 2 * page, page);
    show_count("a hole");
    mprotect(at + 5 * page, page, PROT_READ);
    show_count("a part to be read");
    mprotect(at + 5 * page, page, PROT_READ | PROT_WRITE);
    show_count("and written again");
    show_line("a part", at + 3 * page);
    show("detach from the hole on", shmdt(at + 2 * page));
    show("detach a part", shmdt(at + 3 * page));
    show("detach", shmdt(at));
    show_count("all of it");
    at = attach("again", NULL, 0);
    to = mremap(at, 8 * page, 4 * page, 0);
    show_count("half of it");
    to = mmap(NULL, 4 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    show_bool("moved", mremap(at, 4 * page, 4 * page, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
    show_count("moved");
    printf("%c%c\n", to[0], to[3 * page]);
    show("detach where it was", shmdt(at));
    munmap(to, page);
    show_count("without its beginning");
    show("detach", shmdt(to));
    show_count("gone");
    show("remove", shmctl(id, IPC_RMID, NULL));
}

/* ---- rights ---- */

static void as_nobody(int key)
{
    struct shmid_ds ds = {.shm_perm = {.uid = 0}};

    show_ok("get", shmget(key, 1, 0));
    show("get to read", shmget(key, 1, 0400) == id);
    show("get to write", shmget(key, 1, 0600));
    show("attach", (long)shmat(id, NULL, 0));
    show("attach to read", (long)shmat(id, NULL, SHM_RDONLY) > 0);
    show("attach to run", (long)shmat(id, NULL, SHM_RDONLY | SHM_EXEC));
    show("IPC_STAT", shmctl(id, IPC_STAT, &ds));
    show("IPC_SET", shmctl(id, IPC_SET, &ds));
    show("IPC_RMID", shmctl(id, IPC_RMID, NULL));
    show("SHM_LOCK", shmctl(id, SHM_LOCK, NULL));
}

static void rights(void)
{
    struct shmid_ds ds;

    id = shmget(own_key(0), 0, 0);
    shmctl(id, IPC_STAT, &ds);
    ds.shm_perm.mode = 01604;
    show("IPC_SET", shmctl(id, IPC_SET, &ds));
    shmctl(id, IPC_STAT, &ds);
    printf("mode %o\n", ds.shm_perm.mode);
    show_end("nobody", in_child(as_nobody, own_key(0), 1));
    ds.shm_perm.uid = (uid_t)-1;
    show("no user", shmctl(id, IPC_SET, &ds));
    ds.shm_perm.uid = 65534;
    ds.shm_perm.mode = 0600;
    show("nobody's", shmctl(id, IPC_SET, &ds));
    show("lock", shmctl(id, SHM_LOCK, NULL));
    shmctl(id, IPC_STAT, &ds);
    printf("mode %o, user %u\n", ds.shm_perm.mode, ds.shm_perm.uid);
    show("unlock", shmctl(id, SHM_UNLOCK, NULL));
    shmctl(id, IPC_STAT, &ds);
    printf("mode %o\n", ds.shm_perm.mode);
    show_end("write", in_child(write_there, 0, 1));
    show_end("write to what is read", in_child(write_there, 1, 1));
}

/* ---- the end ---- */

static void removed(void)
{
    struct shmid_ds ds;
    key_t key = own_key(0);
    char *at = attach("attach", NULL, 0), *more;

    strcpy(at, "still there");
    show("remove", shmctl(id, IPC_RMID, NULL));
    shmctl(id, IPC_STAT, &ds);
    printf("mode %o, key %d, attached %lu\n", ds.shm_perm.mode, ds.shm_perm.__key, (unsigned long)ds.shm_nattch);
    show("by its key", shmget(key, 0, 0));
    more = attach("by its number", NULL, 0);
    printf("%s\n", more);
    show("remove twice", shmctl(id, IPC_RMID, NULL));
    shmdt(more);
    show_count("one is left");
    shmdt(at);
    show_count("none is");
    show("attach", (long)shmat(id, NULL, 0));
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "count") == 0)
        return 7;
    own_ipc();
    page = (size_t)page_size();
    sizes_and_keys();
    wrong_ones();
    counts();
    places();
    rights();
    removed();
    parts();
    return 0;
}
