/* SPDX-License-Identifier: Apache-2.0 */
/* do_git.c - see do_git.h. gitrepository-layout(5). */
#include "vmm/cli/do_git.h"

#include <stddef.h>
#include <string.h>

#include "vmm/share/git_names.h"

static const char *next_name(const char *name)
{
    const char *slash = strchr(name, '/');

    return slash != NULL ? slash + 1 : NULL;
}

bool do_git_is_repository(const char *path)
{
    const char *slash = strrchr(path, '/');

    return git_name_is_repository(slash != NULL ? slash + 1 : path);
}

static bool is_command_within(const char *name)
{
    if (name == NULL || git_name_is_plain(name))
        return false;
    for (; name != NULL; name = next_name(name))
        if (git_name_is_command(name))
            return true;
    return false;
}

bool do_git_is_within(const char *path)
{
    for (const char *name = path; name != NULL; name = next_name(name))
        if (git_name_is_repository(name) && next_name(name) != NULL)
            return true;
    return false;
}

bool do_git_is_command(const char *path)
{
    for (const char *name = path; name != NULL; name = next_name(name))
        if (git_name_is_repository(name) && is_command_within(next_name(name)))
            return true;
    return false;
}
