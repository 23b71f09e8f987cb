/* SPDX-License-Identifier: Apache-2.0 */
/* proc_others.c - what /proc tells of other processes and threads: children, zombies, those that have gone, those of
 * other users; and their memory. */
#define _GNU_SOURCE
#include <dirent.h>
#include <grp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "family.h"

static char text[1 << 14];

static long slurp_at(int pid, const char *name)
{
    char path[100];
    int fd;
    long length;

    snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
    fd = open(path, O_RDONLY);
    text[0] = 0;
    if (fd < 0)
        return -1;
    length = read(fd, text, sizeof(text) - 1);
    text[length > 0 ? length : 0] = 0;
    close(fd);
    return length;
}

/* What follows "name:\t" in status, up to the line's end. */
static const char *line(const char *name)
{
    static char values[2][200];
    static int turn;
    char *value = values[turn++ % 2]; /* two at a time */
    const char *at = text;
    size_t length = strlen(name);

    while (at != NULL && (strncmp(at, name, length) != 0 || at[length] != ':'))
        at = (at = strchr(at, '\n')) != NULL ? at + 1 : NULL;
    if (at == NULL)
        return "none";
    snprintf(value, sizeof(values[0]), "%.*s", (int)strcspn(at + length + 2, "\n"), at + length + 2);
    return value;
}

/* Until its state begins with this letter. */
static void await_state(int pid, char state)
{
    do {
        if (slurp_at(pid, "status") < 0)
            return;
        sched_yield();
    } while (line("State")[0] != state);
}

static void zombie(void)
{
    int pid = fork(), fd, dir, status;
    char path[100];

    if (pid == 0) {
        prctl(PR_SET_NAME, "a child");
        raise(SIGSTOP);
        pause();
    }
    waitpid(pid, &status, WUNTRACED);
    slurp_at(pid, "status");
    printf("stopped: %s, %s\n", line("Name"), line("State"));
    show_bool("its parent", atoi(line("PPid")) == getpid());
    kill(pid, SIGCONT);
    await_state(pid, 'S');
    printf("waiting: %s\n", line("State"));
    show_bool("it has memory", strcmp(line("VmRSS"), "none") != 0);
    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    fd = open(path, O_RDONLY);
    snprintf(path, sizeof(path), "/proc/%d", pid);
    dir = open(path, O_RDONLY | O_DIRECTORY);
    kill(pid, SIGKILL);
    await_state(pid, 'Z');
    printf("ended: %s, %s, memory %s\n", line("Name"), line("State"), line("VmRSS"));
    show("its cmdline", slurp_at(pid, "cmdline"));
    show("its maps", slurp_at(pid, "maps"));
    slurp_at(pid, "comm");
    printf("comm %s", text);
    slurp_at(pid, "statm");
    printf("statm %s", text);
    slurp_at(pid, "stat");
    const char *end = strrchr(text, ')');
    printf("stat%.3s, exit code%s", end != NULL ? end : "", strrchr(text, ' '));
    snprintf(path, sizeof(path), "/proc/%d/exe", pid);
    show("exe", readlink(path, text, sizeof(text)));
    snprintf(path, sizeof(path), "/proc/%d/cwd", pid);
    show("cwd", readlink(path, text, sizeof(text)));
    snprintf(path, sizeof(path), "/proc/%d/fd/0", pid);
    show("fd/0", readlink(path, text, sizeof(text)));
    waitpid(pid, &status, 0);
    show("gone: status", slurp_at(pid, "status"));
    show("gone: what was open", read(fd, text, sizeof(text)));
    show_bool("gone: in its directory", openat(dir, "stat", O_RDONLY) < 0);
    show("gone: listed", syscall(SYS_getdents64, dir, text, sizeof(text)) > 48);
    close(fd);
    close(dir);
}

static void *thread_run(void *arg)
{
    struct shared *shared = arg;

    prctl(PR_SET_NAME, "a thread");
    shared->value[0] = (int)syscall(SYS_gettid);
    while (shared->turn == 0)
        sched_yield();
    return NULL;
}

static void threads(struct shared *shared)
{
    char name[100];
    pthread_t thread;
    int tid, count = 0, fd;
    struct stat st;

    pthread_create(&thread, NULL, thread_run, shared);
    while ((tid = shared->value[0]) == 0)
        sched_yield();
    snprintf(name, sizeof(name), "task/%d/comm", tid);
    slurp_at(getpid(), name);
    printf("its name: %s", text);
    snprintf(name, sizeof(name), "task/%d/status", tid);
    slurp_at(getpid(), name);
    show_bool("its numbers", atoi(line("Pid")) == tid && atoi(line("Tgid")) == getpid());
    printf("threads: %s\n", line("Threads"));
    show_bool("by its number alone", slurp_at(tid, "status") > 0 && atoi(line("Tgid")) == getpid());
    DIR *dir = opendir("/proc/self/task");
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    show("entries in task", count);
    stat("/proc/self/task", &st);
    show("its links", (long)st.st_nlink);
    snprintf(name, sizeof(name), "/proc/self/task/%d/comm", tid);
    fd = open(name, O_RDWR);
    show("renamed", write(fd, "renamed", 7));
    lseek(fd, 0, SEEK_SET);
    show("it is", read(fd, text, sizeof(text)));
    shared->turn = 1;
    pthread_join(thread, NULL);
    while (access(name, F_OK) == 0)
        sched_yield();
    lseek(fd, 0, SEEK_SET);
    show("it has ended", read(fd, text, sizeof(text)));
    close(fd);
    show("written to", access(name, F_OK));
    count = 0;
    dir = opendir("/proc");
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += atoi(entry->d_name) == getpid();
    closedir(dir);
    show("listed once", count);
}

static void foreign_comm(void)
{
    int pid = fork(), fd;
    char path[100];

    if (pid == 0)
        for (;;)
            pause();
    snprintf(path, sizeof(path), "/proc/%d/comm", pid);
    fd = open(path, O_WRONLY);
    show("another's name", write(fd, "x", 1));
    close(fd);
    snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", pid);
    fd = open(path, O_WRONLY);
    show("another's score", write(fd, "7", 1));
    close(fd);
    slurp_at(pid, "oom_score_adj");
    printf("it is %s", text);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void memory_of(int pid, const char *what, long *value, int flags)
{
    char path[100];
    long there = 0;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/mem", pid);
    fd = open(path, flags);
    if (fd < 0) {
        show(what, -1);
        return;
    }
    show(what, pread(fd, &there, sizeof(there), (off_t)(uintptr_t)value));
    printf("  %ld\n", there);
    there = 99;
    show("  write", pwrite(fd, &there, sizeof(there), (off_t)(uintptr_t)value));
    show("  nothing there", pread(fd, &there, 8, 4096));
    show("  at the beginning", lseek(fd, 0, SEEK_SET));
    show("  read there", read(fd, &there, 8));
    show("  from its end", lseek(fd, 0, SEEK_END));
    close(fd);
}

static void memory(struct shared *shared)
{
    static long value = 42;
    int pid = fork(), status;

    if (pid == 0) {
        value = 43;
        shared->value[1] = 1;
        while (shared->value[1] == 1)
            sched_yield();
        _exit((int)value);
    }
    while (shared->value[1] == 0)
        sched_yield();
    memory_of(pid, "a child's memory", &value, O_RDWR);
    memory_of(pid, "only to be read", &value, O_RDONLY);
    shared->value[1] = 2;
    waitpid(pid, &status, 0);
    show("what it had then", WEXITSTATUS(status));
    show("what we have", value);
    memory_of(getpid(), "our own", &value, O_RDWR);
    show("then", value);
    int fd = open("/proc/self/pagemap", O_RDONLY);
    uint64_t entry = 0;
    show("pagemap", pread(fd, &entry, 8, (off_t)((uintptr_t)&value / (uintptr_t)page_size() * 8)));
    show_bool("a page is there", entry >> 63 != 0);
    show("half an entry", pread(fd, &entry, 4, 0));
    show("not aligned", pread(fd, &entry, 8, 4));
    close(fd);
}

/* As another user: what of root's can be seen. */
static void other_user(void)
{
    static const char *const names[] = {"status", "stat",   "cmdline", "comm", "maps", "mem",  "environ",
                                        "auxv",   "limits", "statm",   "io",   "fd",   "task", "oom_score_adj"};
    static const char *const links[] = {"exe", "cwd", "root", "fd/0"};
    int root = getpid(), pid = fork(), status;
    struct stat st;
    char path[100];

    if (pid == 0) {
        setgroups(0, NULL);
        if (setresgid(1234, 1234, 1234) != 0 || setresuid(1234, 1234, 1234) != 0)
            _exit(1);
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            snprintf(path, sizeof(path), "/proc/%d/%s", root, names[i]);
            int fd = open(path, O_RDONLY);
            show_ok(names[i], fd);
            if (fd >= 0)
                show_ok("  read", read(fd, text, sizeof(text)));
            close(fd);
        }
        for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
            snprintf(path, sizeof(path), "/proc/%d/%s", root, links[i]);
            show(links[i], readlink(path, text, sizeof(text)));
        }
        snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", root);
        show("to be written", open(path, O_WRONLY));
        slurp_at(root, "stat");
        const char *at = strrchr(text, ')');
        for (int i = 2; i < 26 && at != NULL; i++)
            at = strchr(at + 1, ' ');
        show("where its code is", at != NULL ? atol(at) : -1);
        stat("/proc/self/stat", &st);
        show("our own file's owner", st.st_uid);
        stat("/proc/self", &st);
        show("our own directory's", st.st_uid);
        prctl(PR_SET_DUMPABLE, 1);
        stat("/proc/self/stat", &st);
        show("once it may be looked at", st.st_uid);
        stat("/proc/self/fd", &st);
        show("and its fd", st.st_uid);
        show_ok("our own memory", open("/proc/self/mem", O_RDWR));
        fflush(stdout);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    show("as another user", status);
}

/* While processes come and go, each listing has us and init once, and nobody twice. */
static void coming_and_going(void)
{
    int twice = 0, missing = 0;

    for (int round = 0; round < 40; round++) {
        int children[5], last = 0, own = 0;
        DIR *dir;

        for (int i = 0; i < 5; i++)
            if ((children[i] = fork()) == 0)
                _exit(0);
        dir = opendir("/proc");
        for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
            int pid = atoi(entry->d_name);
            if (pid == 0)
                continue;
            twice += pid <= last;
            last = pid;
            own += pid == getpid();
            if (own == 1 && children[0] != 0) {
                waitpid(children[0], NULL, 0);
                children[0] = 0;
            }
        }
        missing += own != 1;
        closedir(dir);
        while (wait(NULL) > 0)
            ;
    }
    show("twice, or out of order", twice);
    show("missing", missing);
}

int main(int argc, char **argv)
{
    struct shared *shared = shared_make();

    enter(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    zombie();
    threads(shared);
    foreign_comm();
    memory(shared);
    other_user();
    coming_and_going();
    return 0;
}
