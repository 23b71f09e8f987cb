/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reexec.c - execve: arguments, environment, what survives (position, ignored signals, the mask) and what doesn't
 * (descriptors to be closed, handlers); then a script whose interpreter is this program.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/stat.h>

#include "show.h"

/* With its NUL: Linux's MAX_ARG_STRLEN. */
#define ARG_MOST (32 * (size_t)page_size())

static void handler(int signal)
{
    (void)signal;
}

static void show_state(void)
{
    struct sigaction usr1, usr2;
    sigset_t mask;

    sigaction(SIGUSR1, NULL, &usr1);
    sigaction(SIGUSR2, NULL, &usr2);
    sigprocmask(SIG_BLOCK, NULL, &mask);
    show_bool("the handler is gone", usr1.sa_handler == SIG_DFL);
    show_bool("ignored stays", usr2.sa_handler == SIG_IGN);
    show("the mask stays", sigismember(&mask, SIGHUP));
    show("kept open", lseek(50, 0, SEEK_CUR));
    show("closed", lseek(51, 0, SEEK_CUR));
}

static void show_args(int argc, char **argv, char **envp)
{
    for (int i = 2; i < argc; i++)
        printf("  %.60s (%s%zu)\n", argv[i], strlen(argv[i]) > 32 ? "less: " : "",
               strlen(argv[i]) > 32 ? ARG_MOST - strlen(argv[i]) : strlen(argv[i]));
    for (; *envp != NULL; envp++)
        printf("  %.60s (%zu)\n", *envp, strlen(*envp));
}

static void first(char **argv)
{
    char *longest = calloc(1, ARG_MOST), *longer = calloc(1, ARG_MOST + 1);
    char *args[] = {argv[0], "second", "", "two words", "\xff\x01\n", longest, NULL};
    char *env[] = {"HOME=/nowhere", "EMPTY=", "no equals sign", NULL};
    char *too_long[] = {argv[0], longer, NULL};
    sigset_t mask;
    int fd = open("file", O_CREAT | O_WRONLY, 0755);

    memset(longest, 'L', ARG_MOST - 1);
    memset(longer, 'M', ARG_MOST);
    write(fd, "12345", 5);
    close(fd);
    fd = open("file", O_RDONLY);
    lseek(fd, 5, SEEK_SET);
    dup2(fd, 50);
    dup3(fd, 51, O_CLOEXEC);
    signal(SIGUSR1, handler);
    signal(SIGUSR2, SIG_IGN);
    sigemptyset(&mask);
    sigaddset(&mask, SIGHUP);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    show("a string too long", execve(argv[0], too_long, env));
    show("not a program", execve("file", args, env));
    printf("now in earnest\n");
    fflush(stdout);
    execve(argv[0], args, env);
    show("execve", -1);
}

static void second(int argc, char **argv, char **envp)
{
    printf("second, argc %d\n", argc);
    show_args(argc, argv, envp);
    show_state();
    int fd = open("script", O_CREAT | O_WRONLY | O_TRUNC, 0755);
    dprintf(fd, "#! %s third  argument \nthis line is not read\n", argv[0]);
    close(fd);
    fflush(stdout);
    execve("./script", (char *[]){"dropped", "last", NULL}, (char *[]){NULL});
    show("execve of a script", -1);
}

static void third(int argc, char **argv, char **envp)
{
    printf("third, argc %d\n", argc);
    show_args(argc, argv, envp);
    unlink("script");
    unlink("file");
    fflush(stdout);
    execve(argv[0], (char *[]){NULL}, (char *[]){NULL}); /* not even a name */
    show("execve without arguments", -1);
}

int main(int argc, char **argv, char **envp)
{
    if (argc < 2) {
        printf("no arguments: argc %d, argv[0] \"%s\"\n", argc, argv[0]);
        return 17;
    }
    if (strcmp(argv[1], "second") == 0) {
        second(argc, argv, envp);
    } else if (strncmp(argv[1], "third", 5) == 0) {
        third(argc, argv, envp);
    } else {
        enter(argc, argv);
        first(argv);
    }
    return 0;
}
