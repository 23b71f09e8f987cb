/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox.c - see sandbox.h. */
#include "vmm/sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <asm/unistd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/sandbox/mounts.h"
#include "vmm/sandbox/privileges.h"

#ifdef __has_feature
#define FEATURE(name) __has_feature(name)
#else
#define FEATURE(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || FEATURE(address_sanitizer) || \
    FEATURE(thread_sanitizer)
#define HAS_SANITIZERS true
#else
#define HAS_SANITIZERS false
#endif

#define NO_FILES "this host has no Landlock, and a mount namespace can't be made either"
#define WITHOUT_FILES "; --sandbox=partial goes without both, with seccomp alone"
#define WITHOUT_ANY "; --sandbox=none goes without"

/* ---- descriptors ---- */

static int compare(const void *a, const void *b)
{
    int left = *(const int *)a, right = *(const int *)b;

    return (left > right) - (left < right);
}

void sandbox_close_others(int *kept, unsigned count)
{
    unsigned from = STDERR_FILENO + 1;

    qsort(kept, count, sizeof(kept[0]), compare);
    for (unsigned i = 0; i < count; i++) {
        if (kept[i] < (int)from)
            continue;
        if (kept[i] > (int)from)
            close_range(from, (unsigned)kept[i] - 1, 0);
        from = (unsigned)kept[i] + 1;
    }
    close_range(from, ~0u, 0);
}

/* ---- the order ---- */

static int fail(int error, const char *what, const char *without, char *why, size_t why_size)
{
    snprintf(why, why_size, "%s: %s%s", what, strerror(-error), without);
    return error;
}

/* Files by name: 0, or -errno with the line in `why`. Landlock's turn comes after the capabilities'. */
static int hide_files(bool empties_root, struct sandbox_held *held, char *why, size_t why_size)
{
    held->landlock = landlock_version();
    held->mounts = empties_root && mounts_enter_empty() == 0;
    if (held->landlock != 0 || held->mounts)
        return 0;
    int error = mounts_leave();
    held->mounts = error == 0;
    return error == 0 ? 0 : fail(error, NO_FILES, WITHOUT_FILES, why, why_size);
}

static int give_up(const struct sandbox *sandbox, struct sandbox_held *held, char *why, size_t why_size)
{
    const struct landlock_rules rules = {sandbox->folders, sandbox->folder_count, sandbox->calls_out,
                                         sandbox->signals_others};
    int error = privileges_drop(sandbox->capabilities);

    if (error != 0)
        return fail(error, "capabilities can't be given up", WITHOUT_ANY, why, why_size);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return fail(-errno, "new privileges can't be ruled out", WITHOUT_ANY, why, why_size);
    held->no_new_privs = true;
    error = held->landlock != 0 ? landlock_enter(held->landlock, &rules) : 0;
    if (error != 0) {
        held->landlock = 0;
        return fail(error, "Landlock is there, but doesn't take the rules", WITHOUT_FILES, why, why_size);
    }
    error = sandbox_list_install(sandbox->list, sandbox->names_call);
    held->seccomp = error == 0;
    return error == 0
               ? 0
               : fail(error, "this host doesn't take a list of system calls (seccomp)", WITHOUT_ANY, why, why_size);
}

int sandbox_enter(const struct sandbox *sandbox, struct sandbox_held *held, char *why, size_t why_size)
{
    *held = (struct sandbox_held){0};
    if (sandbox->level == SANDBOX_NONE || HAS_SANITIZERS)
        return 0;
    /* For more arenas than one malloc opens files: to count the CPUs, and to learn whether memory is overcommitted. */
    mallopt(M_ARENA_MAX, 1);
    int error = privileges_hide();
    if (error != 0)
        return fail(error, "the process can't be hidden from others", WITHOUT_ANY, why, why_size);
    if (sandbox->level == SANDBOX_FULL)
        error = hide_files(sandbox->empties_root, held, why, why_size);
    return error != 0 ? error : give_up(sandbox, held, why, why_size);
}

const char *sandbox_describe(const struct sandbox *sandbox, const struct sandbox_held *held, char *text, size_t size)
{
    char files[64] = "";

    if (sandbox->level != SANDBOX_NONE && HAS_SANITIZERS) {
        snprintf(text, size, "not: a build with sanitizers");
    } else if (!held->seccomp) {
        snprintf(text, size, "not, as --sandbox=none says");
    } else {
        if (held->landlock != 0)
            snprintf(files, sizeof(files), ", Landlock %u%s", held->landlock, held->mounts ? ", an empty root" : "");
        else
            snprintf(files, sizeof(files), held->mounts ? ", an empty root" : ", files as --sandbox=partial says");
        snprintf(text, size, "no new privileges, %s capabilities, seccomp (%s)%s",
                 sandbox->capabilities != 0 ? "few" : "no", sandbox->list->name, files);
    }
    return text;
}

/* ---- what there is ---- */

/* Tried in a process of its own, which has no more to do. */
static bool can_mount(void)
{
    int status = 1;
    pid_t pid = fork();

    if (pid == 0)
        _exit(mounts_leave() == 0 ? 0 : 1);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool can_part(void)
{
    int status = 1;
    pid_t pid = fork();

    if (pid == 0) {
        int root = open("/", O_PATH | O_CLOEXEC);

        _exit(root >= 0 && mounts_part(&root) == 0 && mounts_enter_empty() == 0 ? 0 : 1);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

int sandbox_check(enum sandbox_level level, char *why, size_t why_size)
{
    if (level != SANDBOX_FULL || HAS_SANITIZERS || landlock_version() != 0 || can_mount())
        return 0;
    return fail(-EPERM, NO_FILES, WITHOUT_FILES, why, why_size);
}

void sandbox_look(struct sandbox_host *host)
{
    const uint32_t action = SECCOMP_RET_KILL_PROCESS;

    *host = (struct sandbox_host){
        .seccomp = syscall(__NR_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0,
        .landlock = landlock_version(),
        .mounts = can_mount(),
        .apart = can_part(),
    };
}
