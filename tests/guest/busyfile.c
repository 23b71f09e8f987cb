/* SPDX-License-Identifier: Apache-2.0 */
/* busyfile.c - a file that runs can't be written to, and one that is open for writing can't be run: ETXTBSY. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "show.h"

static char self[4096];

static void copy_self(const char *to)
{
    static char bytes[65536];
    int in = open(self, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    ssize_t got;

    while ((got = read(in, bytes, sizeof(bytes))) > 0)
        if (write(out, bytes, (size_t)got) != got)
            perror("write");
    close(in);
    close(out);
}

static void attempt(const char *what, const char *path, int flags)
{
    int fd = open(path, flags, 0755);

    printf("open for %s: %s\n", what, fd < 0 ? error_name(errno) : "a descriptor");
    if (fd >= 0)
        close(fd);
}

static off_t size_of(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 ? info.st_size : -1;
}

/* As the program that was executed from a copy. */
static int second(const char *path)
{
    attempt("reading", path, O_RDONLY);
    attempt("writing", path, O_WRONLY);
    attempt("both", path, O_RDWR);
    attempt("appending", path, O_WRONLY | O_APPEND);
    attempt("truncating", path, O_RDONLY | O_TRUNC);
    attempt("creating", path, O_WRONLY | O_CREAT);
    printf("truncate: %s\n", truncate(path, 10) != 0 ? error_name(errno) : "done");
    printf("truncate to its size: %s\n", truncate(path, size_of(path)) != 0 ? error_name(errno) : "done");
    printf("chmod: %s\n", chmod(path, 0700) != 0 ? error_name(errno) : "done");
    printf("rename: %s\n", rename(path, "busyfile.moved") != 0 ? error_name(errno) : "done");
    path = "busyfile.moved";
    attempt("writing by another name", path, O_WRONLY);
    fflush(stdout);
    if (fork() == 0) { /* its program is the same */
        attempt("writing, by a child", path, O_WRONLY);
        _exit(0);
    }
    wait(NULL);
    printf("unlink: %s\n", unlink(path) != 0 ? error_name(errno) : "done");
    attempt("writing after unlink", path, O_WRONLY);
    return 0;
}

int main(int argc, char **argv)
{
    static char copy[] = "busyfile.copy";
    static char mark[] = "second";
    char *args[] = {copy, mark, NULL};
    int fd;

    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc == 2 && strcmp(argv[1], mark) == 0)
        return second(argv[0]);
    if (argc != 2 || chdir(argv[1]) != 0)
        return 2;
    snprintf(self, sizeof(self), "%s", argv[0]);
    copy_self(copy);
    fd = open(copy, O_WRONLY);
    execv(copy, args);
    printf("execve of a file that is open for writing: %s\n", error_name(errno));
    close(fd);
    fd = open(copy, O_RDWR);
    void *at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    execv(copy, args);
    printf("execve of a file that a mapping may write to: %s\n", error_name(errno));
    munmap(at, 4096);
    fd = memfd_create("busyfile", 0);
    write(fd, "#!/none\n", 8);
    fexecve(fd, args, args + 2);
    printf("fexecve of memory that is open for writing: %s\n", error_name(errno));
    close(fd);
    execv(copy, args);
    printf("execve: %s\n", error_name(errno));
    return 1;
}
