/* SPDX-License-Identifier: Apache-2.0 */
/* landlock.c - see landlock.h. By raw system calls: C libraries don't have them, and older headers not all of the
 * numbers. */
#include "vmm/sandbox/landlock.h"

#include <errno.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <asm/unistd.h>
#include <unistd.h>

/* The rights over files by version: each has those of the ones before it. */
#define FS_RIGHTS_1 ((1ull << 13) - 1)
#define FS_RIGHT_REFER (1ull << 13)       /* 2: to another folder by link or rename */
#define FS_RIGHT_TRUNCATE (1ull << 14)    /* 3 */
#define FS_RIGHT_IOCTL_DEV (1ull << 15)   /* 5 */
#define NET_RIGHTS 3ull                   /* 4: to bind and to connect TCP sockets */
#define SCOPE_ABSTRACT_SOCKET (1ull << 0) /* 6 */
#define SCOPE_SIGNAL (1ull << 1)

#define FS_RIGHTS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

/* struct landlock_ruleset_attr, in full. */
struct ruleset {
    uint64_t files, net, scoped;
};

unsigned landlock_version(void)
{
    long version = syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    return version > 0 ? (unsigned)version : 0;
}

static uint64_t file_rights(unsigned version)
{
    return FS_RIGHTS_1 | (version >= 2 ? FS_RIGHT_REFER : 0) | (version >= 3 ? FS_RIGHT_TRUNCATE : 0) |
           (version >= 5 ? FS_RIGHT_IOCTL_DEV : 0);
}

/* Nothing is run there, and no device file is used, nor made unless SANDBOX_OWNS says so. */
static uint64_t folder_rights(unsigned version, const struct sandbox_folder *folder)
{
    const uint64_t never =
        LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK | FS_RIGHT_IOCTL_DEV;

    switch (folder->may) {
    case SANDBOX_OWNS:
        return file_rights(version) & ~(LANDLOCK_ACCESS_FS_EXECUTE | FS_RIGHT_IOCTL_DEV);
    case SANDBOX_WRITES:
        return file_rights(version) & ~never;
    case SANDBOX_REMOVES:
        return LANDLOCK_ACCESS_FS_REMOVE_FILE;
    default:
        return FS_RIGHTS_READ;
    }
}

static int add_folders(int ruleset, unsigned version, const struct landlock_rules *rules)
{
    for (unsigned i = 0; i < rules->folder_count; i++) {
        const struct sandbox_folder *folder = &rules->folders[i];
        struct landlock_path_beneath_attr rule = {.allowed_access = folder_rights(version, folder),
                                                  .parent_fd = folder->fd};

        if (syscall(__NR_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0)
            continue;
        /* A file takes rights over files only. */
        rule.allowed_access &= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_RIGHT_TRUNCATE;
        if (errno != EINVAL || syscall(__NR_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
            return -errno;
    }
    return 0;
}

int landlock_enter(unsigned version, const struct landlock_rules *rules)
{
    const struct ruleset attr = {
        .files = file_rights(version),
        .net = version >= 4 && !rules->calls_out ? NET_RIGHTS : 0,
        .scoped = version >= 6 ? SCOPE_ABSTRACT_SOCKET | (rules->signals_others ? 0 : SCOPE_SIGNAL) : 0,
    };
    /* An older kernel refuses what is longer than it knows, unless it is all zero. */
    int ruleset = (int)syscall(__NR_landlock_create_ruleset, &attr, sizeof(attr), 0);

    if (ruleset < 0)
        return -errno;
    int error = add_folders(ruleset, version, rules);
    if (error == 0 && syscall(__NR_landlock_restrict_self, ruleset, 0) != 0)
        error = -errno;
    close(ruleset);
    return error;
}
