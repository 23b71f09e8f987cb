/* SPDX-License-Identifier: Apache-2.0 */
/* linkat.c - linkat(2) by a descriptor (AT_EMPTY_PATH): for who has opened it, and who may go any way; and the number
 * that a mount's root has for "..". */
#define _GNU_SOURCE
#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tree.h"

static void link_by(const char *what, int fd, const char *name, int flags)
{
    int result = linkat(fd, name, AT_FDCWD, "new", flags);

    printf("%s: %s\n", what, result == 0 ? "done" : error_name(errno));
    if (result == 0)
        unlink("new");
}

/* The calls as they are: a library would change all threads' credentials. */
static void user_is(uid_t id)
{
    syscall(SYS_setresgid, id, id, id);
    syscall(SYS_setresuid, id, id, id);
}

static void *thread(void *fd)
{
    link_by("another thread", *(int *)fd, "", AT_EMPTY_PATH);
    return NULL;
}

static void others(void)
{
    int roots = open("file", O_RDWR), status;
    pthread_t id;

    link_by("root", roots, "", AT_EMPTY_PATH);
    link_by("root, without the flag", roots, "", 0);
    user_is(1000);
    link_by("another one's", roots, "", AT_EMPTY_PATH);
    int own = open("own", O_CREAT | O_RDWR, 0600), dir = open(".", O_PATH), place = open("own", O_PATH);
    link_by("one's own", own, "", AT_EMPTY_PATH);
    link_by("O_PATH", place, "", AT_EMPTY_PATH);
    link_by("by a directory", dir, "own", AT_EMPTY_PATH);
    link_by("the directory", dir, "", AT_EMPTY_PATH);
    link_by("here", AT_FDCWD, "own", AT_EMPTY_PATH);
    link_by("this one", AT_FDCWD, "", AT_EMPTY_PATH);
    link_by("no descriptor", 999, "", AT_EMPTY_PATH);
    link_by("no descriptor, nor the flag", 999, "", 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        link_by("a child", own, "", AT_EMPTY_PATH);
        link_by("by a directory", dir, "own", AT_EMPTY_PATH);
        link_by("here", AT_FDCWD, "own", AT_EMPTY_PATH);
        link_by("without the flag", dir, "own", 0);
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, &status, 0);
    pthread_create(&id, NULL, thread, &own);
    pthread_join(id, NULL);
    link_by("still one's own", own, "", AT_EMPTY_PATH);
    syscall(SYS_setresuid, 1000, 1000, 1000);
    link_by("the same IDs", own, "", AT_EMPTY_PATH);
    syscall(SYS_setfsuid, 1000);
    link_by("and once more", own, "", AT_EMPTY_PATH);
    syscall(SYS_setuid, 1000);
    link_by("set anew", own, "", AT_EMPTY_PATH);
    place = open("own", O_RDONLY);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    link_by("no new privileges", place, "", AT_EMPTY_PATH);
    prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    link_by("securebits", place, "", AT_EMPTY_PATH);
}

/* Whether ".." in the listing is the directory itself. */
static void dots(const char *path)
{
    DIR *dir = opendir(path);
    ino_t own = 0, up = 0;

    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0)
            own = entry->d_ino;
        if (strcmp(entry->d_name, "..") == 0)
            up = entry->d_ino;
    }
    if (dir != NULL)
        closedir(dir);
    show_bool(path, own == up);
}

int main(void)
{
    tree_enter("linkat");
    chmod(".", 0777);
    tree_file("file", "text", 0666);
    dots("/");
    dots("/dev");
    dots("/dev/shm");
    dots("/proc");
    dots("/dev/shm/linkat");
    fflush(stdout);
    if (fork() == 0) {
        others();
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    tree_leave("linkat");
    return 0;
}
