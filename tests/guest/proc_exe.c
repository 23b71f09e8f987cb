/* SPDX-License-Identifier: Apache-2.0 */
/* proc_exe.c - where /proc/PID/exe leads when the program's file is renamed, removed or replaced, or never had a name.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "show.h"

#define LONG_NAME "files/a name that is longer than most others are, so that it needs memory of its own"

static char here[PATH_MAX];
static pid_t child;
static int in, out;

static void copy_to(const char *to, const char *self)
{
    static char bytes[65536];
    int from = open(self, O_RDONLY), fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    ssize_t got;

    while ((got = read(from, bytes, sizeof(bytes))) > 0)
        if (write(fd, bytes, (size_t)got) != got)
            perror("write");
    close(from);
    close(fd);
}

/* A child that runs the file, by its name or (NULL) descriptor, and waits. */
static void start(const char *name, int fd)
{
    char waiter[] = "waiter", waits[] = "waits", *args[] = {waiter, waits, NULL}, *none[] = {NULL}, byte;
    int ready[2], go[2];

    fflush(stdout);
    if (pipe(ready) != 0 || pipe(go) != 0)
        exit(1);
    child = fork();
    if (child == 0) {
        dup2(go[0], 0);
        dup2(ready[1], 1);
        close(ready[0]);
        close(go[1]);
        if (name != NULL)
            execv(name, args);
        else
            syscall(SYS_execveat, fd, "", args, none, AT_EMPTY_PATH);
        _exit(9);
    }
    close(ready[1]);
    close(go[0]);
    in = ready[0];
    out = go[1];
    if (read(in, &byte, 1) != 1)
        printf("it did not start\n");
}

static void finish(void)
{
    close(out);
    close(in);
    waitpid(child, NULL, 0);
}

static void leads(const char *what)
{
    char path[64], text[2 * PATH_MAX];
    struct stat st;
    ssize_t length;

    snprintf(path, sizeof(path), "/proc/%d/exe", child);
    length = readlink(path, text, sizeof(text) - 1);
    text[length > 0 ? length : 0] = 0;
    printf("%s: %s", what, strncmp(text, here, strlen(here)) == 0 ? text + strlen(here) : text);
    printf(", %s\n",
           stat(path, &st) == 0 ? (st.st_nlink != 0 ? "a file" : "a file without a name") : error_name(errno));
}

int main(int argc, char **argv)
{
    char self[PATH_MAX], magic[64], byte = 0;
    char head[5] = {0};
    ssize_t length;

    alarm(10); /* where memory is short, a child that can't say so may be waited for */
    if (argc == 2 && strcmp(argv[1], "waits") == 0) {
        if (write(1, "x", 1) != 1)
            return 1;
        (void)!read(0, &byte, 1);
        return 0;
    }
    enter(argc, argv);
    length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[length > 0 ? length : 0] = 0;
    if (getcwd(here, sizeof(here)) == NULL)
        return 1;
    copy_to("program", self);
    start("./program", -1);
    leads("as it is");
    rename("program", "other");
    leads("renamed");
    mkdir("folder", 0755);
    rename("other", "folder/other");
    leads("moved");
    rename("folder", "files");
    leads("its directory moved");
    copy_to("files/next", self);
    rename("files/next", "files/other");
    leads("replaced");
    snprintf(magic, sizeof(magic), "/proc/%d/exe", child);
    int fd = open(magic, O_RDONLY);
    show("its bytes", read(fd, head, 4));
    printf("  %s\n", head + 1);
    close(fd);
    finish();

    start("files/other", -1);
    copy_to(LONG_NAME, self);
    rename("files/other", LONG_NAME);
    leads("with a long name");
    copy_to("files/other", self);
    rename("files/other", LONG_NAME);
    leads("that another has now");
    rename(LONG_NAME, "files/other");
    leads("and not any more");
    finish();

    start("files/other", -1);
    unlink("files/other");
    leads("removed");
    copy_to("files/other", self);
    leads("and another is there");
    unlink("files/other");
    rmdir("files");
    leads("and its directory is gone");
    pid_t first = child;
    int first_in = in, first_out = out;
    snprintf(magic, sizeof(magic), "/proc/%d/exe", child);
    start(magic, -1);
    leads("one more of it");
    finish();
    child = first;
    in = first_in;
    out = first_out;
    finish();

    fd = memfd_create("in memory", MFD_CLOEXEC);
    snprintf(magic, sizeof(magic), "/proc/self/fd/%d", fd);
    copy_to(magic, self);
    int readable = open(magic, O_RDONLY | O_CLOEXEC);
    close(fd);
    start(NULL, readable);
    leads("of a memfd");
    close(readable);
    finish();
    return 0;
}
