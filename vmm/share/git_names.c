/* SPDX-License-Identifier: Apache-2.0 */
/* git_names.c - see git_names.h. */
#include "vmm/share/git_names.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static bool is_one_of(const char *name, const char *const *list)
{
    size_t length = strcspn(name, "/");

    for (; *list != NULL; list++)
        if (strlen(*list) == length && strncasecmp(name, *list, length) == 0)
            return true;
    return false;
}

bool git_name_is_repository(const char *name)
{
    static const char *const names[] = {".git", "git~1", NULL};

    return is_one_of(name, names);
}

/* A .lock becomes the file itself, by git on the host: who has it open, or has given it another name, would have the
 * file then. commondir says where the settings are instead, and worktrees have more of these. */
bool git_name_is_command(const char *name)
{
    static const char *const names[] = {
        "hooks", "config", "config.lock", "config.worktree", "config.worktree.lock", "commondir", "worktrees", NULL};

    return is_one_of(name, names);
}

bool git_name_is_plain(const char *name)
{
    static const char *const names[] = {"refs", "logs", "objects", NULL};

    return is_one_of(name, names);
}
