/* SPDX-License-Identifier: Apache-2.0 */
/* personality.c - personality(2): ADDR_NO_RANDOMIZE, as debuggers set it for the programs that they run. */
#define _GNU_SOURCE
#include <sys/personality.h>
#include <sys/wait.h>

#include "show.h"

/* Where the stack of this very program is, when it runs anew. */
static unsigned long place(void)
{
    unsigned long at = 0;
    int ends[2];
    pid_t pid;

    if (pipe(ends) != 0)
        return 0;
    pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        execl("/proc/self/exe", "personality", "-", "place", (char *)NULL);
        _exit(1);
    }
    if (read(ends[0], &at, sizeof(at)) != sizeof(at))
        at = 0;
    waitpid(pid, NULL, 0);
    close(ends[0]);
    close(ends[1]);
    return at;
}

static void show_file(void)
{
    char text[16] = "";
    int fd = open("/proc/self/personality", O_RDONLY);

    if (read(fd, text, sizeof(text) - 1) < 0)
        printf("file: %s\n", error_name(errno));
    printf("file %s", text);
    close(fd);
}

int main(int argc, char **argv)
{
    unsigned long first, at = (unsigned long)&first;

    if (argc > 2 && strcmp(argv[2], "place") == 0)
        return write(1, &at, sizeof(at)) != sizeof(at);
    setvbuf(stdout, NULL, _IONBF, 0);
    show("at first", personality(0xffffffff));
    show("set", personality(ADDR_NO_RANDOMIZE));
    show("now", personality(0xffffffff));
    show_file();
    first = place();
    show_bool("found", first != 0);
    show_bool("the same place", place() == first);
    if (fork() == 0)
        _exit(personality(0xffffffff) == ADDR_NO_RANDOMIZE ? 1 : 2);
    wait(&argc);
    show("of a child", WEXITSTATUS(argc));
    show("back", personality(0));
    show("now", personality(0xffffffff));
    return 0;
}
