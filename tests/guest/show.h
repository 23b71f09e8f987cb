/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show.h - for the guest tests: prints what a call gave in a form that is the same wherever it is right. The same
 * program runs on the host's Linux, whose output is the expected one: nothing is compared here.
 */
#ifndef TESTS_GUEST_SHOW_H
#define TESTS_GUEST_SHOW_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The name of an error, or its number, which is the same on all ISAs here. The text is good until the next call. */
static inline const char *error_name(int error)
{
#define NAME(error) {error, #error}
    static const struct {
        int error;
        const char *name;
    } names[] = {
        NAME(EPERM),        NAME(ENOENT),       NAME(ESRCH),         NAME(EINTR),           NAME(EIO),
        NAME(ENXIO),        NAME(E2BIG),        NAME(ENOEXEC),       NAME(EBADF),           NAME(ECHILD),
        NAME(EAGAIN),       NAME(ENOMEM),       NAME(EACCES),        NAME(EFAULT),          NAME(ENOTBLK),
        NAME(EBUSY),        NAME(EEXIST),       NAME(EXDEV),         NAME(ENODEV),          NAME(ENOTDIR),
        NAME(EISDIR),       NAME(EINVAL),       NAME(ENFILE),        NAME(EMFILE),          NAME(ENOTTY),
        NAME(ETXTBSY),      NAME(EFBIG),        NAME(ENOSPC),        NAME(ESPIPE),          NAME(EROFS),
        NAME(EMLINK),       NAME(EPIPE),        NAME(EDOM),          NAME(ERANGE),          NAME(EDEADLK),
        NAME(ENAMETOOLONG), NAME(ENOLCK),       NAME(ENOSYS),        NAME(ENOTEMPTY),       NAME(ELOOP),
        NAME(ENODATA),      NAME(EOVERFLOW),    NAME(EILSEQ),        NAME(ENOTSOCK),        NAME(EDESTADDRREQ),
        NAME(EMSGSIZE),     NAME(EPROTOTYPE),   NAME(ENOPROTOOPT),   NAME(EPROTONOSUPPORT), NAME(EOPNOTSUPP),
        NAME(EAFNOSUPPORT), NAME(EADDRINUSE),   NAME(EADDRNOTAVAIL), NAME(ENETUNREACH),     NAME(ECONNABORTED),
        NAME(ECONNRESET),   NAME(ENOBUFS),      NAME(EISCONN),       NAME(ENOTCONN),        NAME(ETIMEDOUT),
        NAME(ECONNREFUSED), NAME(EHOSTUNREACH), NAME(EALREADY),      NAME(EINPROGRESS),     NAME(ECANCELED),
        NAME(EOWNERDEAD),
    };
#undef NAME
    static char number[32];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].error == error)
            return names[i].name;
    snprintf(number, sizeof(number), "errno %d", error);
    return number;
}

/* A result that must be the same number everywhere, or the error. */
static inline long show(const char *what, long result)
{
    if (result == -1)
        printf("%s: %s\n", what, error_name(errno));
    else
        printf("%s: %ld\n", what, result);
    return result;
}

/* A result of which only success is the same everywhere: an address, a size. */
static inline long show_ok(const char *what, long result)
{
    if (result == -1)
        printf("%s: %s\n", what, error_name(errno));
    else
        printf("%s: ok\n", what);
    return result;
}

static inline void show_bool(const char *what, int is_true)
{
    printf("%s: %s\n", what, is_true != 0 ? "yes" : "no");
}

/* An ISA's pages may be larger than the oracle's: no test shows their size. */
static inline long page_size(void)
{
    return sysconf(_SC_PAGESIZE);
}

/* Tests get a directory of their own as argv[1] and work there. */
static inline void enter(int argc, char **argv)
{
    if (argc < 2 || chdir(argv[1]) != 0) {
        printf("no directory to work in\n");
        exit(1);
    }
}

#endif
