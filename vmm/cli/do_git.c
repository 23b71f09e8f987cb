/* SPDX-License-Identifier: Apache-2.0 */
/* do_git.c - see do_git.h. gitrepository-layout(5). */
#include "vmm/cli/do_git.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Is the name, up to the next '/', one of these? Upper case counts as well: some file systems have it so. */
static bool is_one_of(const char *name, const char *const *list)
{
    size_t length = strcspn(name, "/");

    for (; *list != NULL; list++)
        if (strlen(*list) == length && strncasecmp(name, *list, length) == 0)
            return true;
    return false;
}

/* The second one is FAT's short name of the first. */
static const char *const repository[] = {".git", "git~1", NULL};
static const char *const command[] = {"hooks",     "config", "config.lock", "config.worktree", "config.worktree.lock",
                                      "commondir", NULL};
/* What lies in these is called as branches are. */
static const char *const plain[] = {"refs", "logs", "objects", NULL};

static const char *next_name(const char *name)
{
    const char *slash = strchr(name, '/');

    return slash != NULL ? slash + 1 : NULL;
}

bool do_git_is_repository(const char *path)
{
    const char *slash = strrchr(path, '/');

    return is_one_of(slash != NULL ? slash + 1 : path, repository);
}

static bool is_command_within(const char *name)
{
    if (name == NULL || is_one_of(name, plain))
        return false;
    for (; name != NULL; name = next_name(name))
        if (is_one_of(name, command))
            return true;
    return false;
}

bool do_git_is_within(const char *path)
{
    for (const char *name = path; name != NULL; name = next_name(name))
        if (is_one_of(name, repository) && next_name(name) != NULL)
            return true;
    return false;
}

bool do_git_is_command(const char *path)
{
    for (const char *name = path; name != NULL; name = next_name(name))
        if (is_one_of(name, repository) && is_command_within(next_name(name)))
            return true;
    return false;
}
