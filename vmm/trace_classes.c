/* SPDX-License-Identifier: Apache-2.0 */
/* trace_classes.c - see trace_classes.h. Calls with names of files and with descriptors are known by their kinds; the
 * others are lists of names, of which one that ends in '*' has all that begin so. */
#include "vmm/trace_classes.h"

#include <stddef.h>
#include <string.h>

#include "guest-kernel/abi/kinds.h"

struct trace_class {
    const char *name, *calls;
    uint32_t kind, other_kind; /* KIND_none: by its names alone */
    const char *but;           /* of those with the kind these aren't */
};

static const char network[] = " socket connect accept accept4 sendto recvfrom sendmsg recvmsg shutdown bind listen "
                              "getsockname getpeername socketpair setsockopt getsockopt sendmmsg recvmmsg socketcall "
                              "sendfile sendfile64 getpmsg putpmsg ";

static const struct trace_class classes[] = {
    {"clock",
     " clock_settime* clock_gettime* clock_getres* clock_adjtime* adjtimex gettimeofday settimeofday time stime ",
     KIND_none, KIND_none, NULL},
    {"creds",
     " getuid* getgid* geteuid* getegid* getresuid* getresgid* getgroups* setuid* setgid* setreuid* setregid* "
     "setresuid* "
     "setresgid* setfsuid* setfsgid* setgroups* capget capset prctl ",
     KIND_none, KIND_none, NULL},
    {"desc",
     " epoll_create epoll_create1 eventfd eventfd2 signalfd signalfd4 timerfd_create inotify_init inotify_init1 "
     "memfd_create memfd_secret userfaultfd fanotify_init pipe pipe2 poll ppoll* select _newselect pselect6* open "
     "creat "
     "mq_open bpf perf_event_open pidfd_open fsopen io_uring_setup landlock_create_ruleset sendfile sendfile64 ",
     KIND_fd, KIND_dirfd,
     " socket connect accept accept4 sendto recvfrom sendmsg recvmsg shutdown bind listen getsockname getpeername "
     "socketpair setsockopt getsockopt sendmmsg recvmmsg "},
    {"file", " getcwd ", KIND_path, KIND_none, NULL},
    {"fstat", " fstat fstat64 newfstatat fstatat64 ", KIND_none, KIND_none, NULL},
    {"fstatfs", " fstatfs fstatfs64 ", KIND_none, KIND_none, NULL},
    {"ipc", " semget semop semctl semtimedop* shmget shmat shmctl shmdt msgget msgsnd msgrcv msgctl ipc ", KIND_none,
     KIND_none, NULL},
    {"lstat", " lstat lstat64 ", KIND_none, KIND_none, NULL},
    {"memory",
     " mmap mmap2 mprotect munmap brk mremap msync mincore madvise mlock mlock2 munlock mlockall munlockall shmat "
     "shmdt "
     "remap_file_pages mbind set_mempolicy* get_mempolicy migrate_pages move_pages pkey_mprotect map_shadow_stack "
     "mseal "
     "process_madvise process_mrelease io_setup io_destroy cachestat ",
     KIND_none, KIND_none, NULL},
    {"network", network, KIND_none, KIND_none, NULL},
    {"process",
     " clone clone3 fork vfork execve execveat exit exit_group wait4 waitid waitpid kill tkill tgkill rt_sigqueueinfo "
     "rt_tgsigqueueinfo pidfd_open pidfd_send_signal unshare ",
     KIND_none, KIND_none, NULL},
    {"pure", " getpid getppid gettid getpgid getpgrp getsid getuid* getgid* geteuid* getegid* ", KIND_none, KIND_none,
     NULL},
    {"signal", " rt_sig* sig* kill tkill tgkill pause signalfd signalfd4 pidfd_send_signal rt_tgsigqueueinfo ",
     KIND_none, KIND_none, NULL},
    {"stat", " stat stat64 ", KIND_none, KIND_none, NULL},
    {"statfs", " statfs statfs64 ", KIND_none, KIND_none, NULL},
    {"%lstat", " lstat lstat64 newfstatat fstatat64 statx ", KIND_none, KIND_none, NULL},
    {"%stat", " stat stat64 lstat lstat64 fstat fstat64 newfstatat fstatat64 statx ", KIND_none, KIND_none, NULL},
    {"%statfs", " statfs statfs64 fstatfs fstatfs64 ustat ", KIND_none, KIND_none, NULL},
    {"net", network, KIND_none, KIND_none, NULL},
};

const struct trace_class *trace_class_find(const char *name)
{
    for (unsigned i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        if (strcmp(classes[i].name, name) == 0)
            return &classes[i];
    return NULL;
}

const char *trace_class_names(void)
{
    return "%clock, %creds, %desc, %file, %fstat, %fstatfs, %ipc, %lstat, %memory, %network, %process, %pure, %signal, "
           "%stat, %statfs, %%lstat, %%stat and %%statfs";
}

static bool is_listed(const char *list, const char *name)
{
    for (const char *at = list; at != NULL && *at != '\0';) {
        size_t length;

        at += strspn(at, " ");
        length = strcspn(at, " ");
        if (length != 0 && at[length - 1] == '*' ? strncmp(at, name, length - 1) == 0
                                                 : length == strlen(name) && memcmp(at, name, length) == 0)
            return true;
        at += length;
    }
    return false;
}

bool trace_class_has(const struct trace_class *class, const char *name, const uint32_t *kinds)
{
    if (is_listed(class->calls, name))
        return true;
    for (unsigned i = 0; i < KINDS_MAX && class->kind != KIND_none; i++)
        if (kind_what(kinds[i]) != KIND_none && (kinds[i] == class->kind || kinds[i] == class->other_kind))
            return !is_listed(class->but, name);
    return false;
}
