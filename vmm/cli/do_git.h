/* SPDX-License-Identifier: Apache-2.0 */
/* do_git.h - names by which a folder makes git run commands on the host: only the path is looked at. */
#ifndef LVMM_DO_GIT_H
#define LVMM_DO_GIT_H

#include <stdbool.h>

/* Is its last name that of a repository's folder, as any file system of the host may spell it? */
bool do_git_is_repository(const char *path);
/* Does it lie in such a folder? */
bool do_git_is_within(const char *path);
/* Does the path lead to what git runs or takes for settings, in a repository anywhere: hooks, settings, and what says
 * that these lie somewhere else? Those of submodules and worktrees are in the repository's folder as well. */
bool do_git_is_command(const char *path);

#endif
