/* SPDX-License-Identifier: Apache-2.0 */
/* process.c - see process.h. */
#include "vmm/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "vmm/log.h"

#define THREAD_STACK_BYTES (256u << 10)
#define STACK_BYTES (128u << 10)
/* The descriptors that a run needs: disks, streams, those of KVM, of the loop, of each CPU, and the pipes to QEMU. */
#define DESCRIPTORS 32u
/* As many as the most CPUs and disks take: of these we have what we may. */
#define DESCRIPTORS_MOST 1024u

/* "/fd/N", at the end of a word or of a name in it: N, or -1. An option's value may go on behind a comma. */
static int named_descriptor(const char *at)
{
    char *end;
    long number = strtol(at + 4, &end, 10);

    return end > at + 4 && (*end == '\0' || *end == ',') && number > STDERR_FILENO && number < 1 << 20 ? (int)number
                                                                                                       : -1;
}

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void find_named(int argc, char *const *argv, struct process_named *named)
{
    named->count = 0;
    for (int i = 1; i < argc; i++) {
        for (const char *at = strstr(argv[i], "/fd/"); at != NULL && named->count < PROCESS_NAMED_MAX;
             at = strstr(at + 1, "/fd/")) {
            int fd = named_descriptor(at);

            if (fd >= 0 && fcntl(fd, F_GETFD) >= 0)
                named->fd[named->count++] = fd;
        }
    }
    qsort(named->fd, named->count, sizeof(named->fd[0]), compare);
}

/* An older kernel has no close_range: then they stay, as they would in any other program. */
static void close_others(const struct process_named *named)
{
    unsigned from = STDERR_FILENO + 1;

    for (unsigned i = 0; i < named->count; i++) {
        if ((unsigned)named->fd[i] > from)
            close_range(from, (unsigned)named->fd[i] - 1, 0);
        from = (unsigned)named->fd[i] + 1;
    }
    close_range(from, ~0u, 0);
}

void process_close_named(struct process_named *named)
{
    for (unsigned i = 0; i < named->count; i++)
        if (i == 0 || named->fd[i] != named->fd[i - 1])
            close(named->fd[i]);
    named->count = 0;
}

/* At least `wanted`: only root may go beyond the hard limit. `option` is ulimit's, `unit` what it counts in. */
static int raise_limit(int resource, rlim_t wanted, const char *what, const char *option, rlim_t unit)
{
    struct rlimit limit, more;

    if (getrlimit(resource, &limit) != 0 || limit.rlim_cur >= wanted)
        return 0;
    more = (struct rlimit){wanted, limit.rlim_max > wanted ? limit.rlim_max : wanted};
    if (setrlimit(resource, &more) == 0)
        return 0;
    log_error("a limit of %llu %s is too low; lvmm needs %llu (ulimit %s %llu)", (unsigned long long)limit.rlim_cur,
              what, (unsigned long long)wanted, option, (unsigned long long)(wanted / unit));
    return -EPERM;
}

/* As far as the hard limit lets us. */
static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS_MOST || limit.rlim_cur >= limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS_MOST ? limit.rlim_max : DESCRIPTORS_MOST;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int process_prepare(int argc, char *const *argv, struct process_named *named)
{
    find_named(argc, argv, named);
    close_others(named);
    raise_descriptors();
    if (raise_limit(RLIMIT_STACK, STACK_BYTES, "bytes of stack", "-s", 1024) != 0 ||
        raise_limit(RLIMIT_NOFILE, DESCRIPTORS, "descriptors", "-n", 1) != 0)
        return -EPERM;
    return 0;
}

/* What a thread needs to begin; it frees that. */
struct beginning {
    const struct sandbox_list *list;
    void *(*run)(void *owner);
    void *owner;
};

/* Where the list isn't taken its maker's still holds. */
static void *begin(void *arg)
{
    const struct beginning beginning = *(struct beginning *)arg;

    free(arg);
    if (beginning.list != NULL)
        sandbox_list_install(beginning.list, log_is_verbose());
    return beginning.run(beginning.owner);
}

int process_thread(pthread_t *thread, const struct sandbox_list *list, void *(*run)(void *owner), void *owner)
{
    struct beginning *beginning = malloc(sizeof(*beginning));
    pthread_attr_t attributes;
    int error = beginning != NULL ? pthread_attr_init(&attributes) : ENOMEM;

    if (error == 0) {
        *beginning = (struct beginning){list, run, owner};
        pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
        error = pthread_create(thread, &attributes, begin, beginning);
        pthread_attr_destroy(&attributes);
    }
    if (error != 0)
        free(beginning);
    return -error;
}

bool process_finish_stdout(void)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return true;
    log_error("standard output can't be written: %s", strerror(errno));
    return false;
}
