/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dnotified.c - waits until a folder changes, in one way after the other (fcntl(2), F_NOTIFY): on the host and in
 * guests alike.
 *
 *     dnotified FOLDER     for each kind of change a line when it waits for that, and one when it has been told of it
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

static const struct {
    const char *name;
    unsigned long what;
} kinds[] = {{"create", DN_CREATE}, {"modify", DN_MODIFY}, {"attrib", DN_ATTRIB},
             {"delete", DN_DELETE}, {"rename", DN_RENAME}, {"create by a move", DN_CREATE}};

int main(int argc, char **argv)
{
    int fd = argc == 2 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    sigset_t set;
    siginfo_t info;

    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    if (fd < 0 || sigprocmask(SIG_BLOCK, &set, NULL) != 0 || fcntl(fd, F_SETSIG, SIGRTMIN) != 0) {
        perror("a folder to watch");
        return 2;
    }
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (fcntl(fd, F_NOTIFY, kinds[i].what) != 0) {
            perror("F_NOTIFY");
            return 1;
        }
        printf("%s?\n", kinds[i].name);
        fflush(stdout);
        if (sigwaitinfo(&set, &info) < 0)
            return 1;
        printf("%s, %s\n", kinds[i].name, info.si_fd == fd ? "by its descriptor" : "by another");
        fflush(stdout);
    }
    return 0;
}
