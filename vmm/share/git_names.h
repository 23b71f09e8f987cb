/* SPDX-License-Identifier: Apache-2.0 */
/*
 * git_names.h - names by which git finds what it runs and what it takes for settings (gitrepository-layout(5)): the one
 * list of them, for the server of shared folders and for what takes changes over. Names end at a NUL or a '/'; upper
 * case counts as lower case, as some file systems have it so.
 */
#ifndef LVMM_SHARE_GIT_NAMES_H
#define LVMM_SHARE_GIT_NAMES_H

#include <stdbool.h>

/* .git, also as FAT's short name: a repository's folder, or the file that says where that is. */
bool git_name_is_repository(const char *name);
/* In a repository's folder, at any depth, as submodules' and worktrees' repositories lie in it: hooks and settings,
 * what becomes settings, and what says that these lie elsewhere. */
bool git_name_is_command(const char *name);
/* Right in that folder: in these lie branches' names and objects, so that no name below says anything. */
bool git_name_is_plain(const char *name);

#endif
