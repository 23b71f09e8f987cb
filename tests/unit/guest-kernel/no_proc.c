/* SPDX-License-Identifier: Apache-2.0 */
/* no_proc.c - for tests without processes: the registry's procfs, which is not to be found. */
#include "fs/proc.h"
#include "vfs/fstype.h"

const struct fs_type proc_type = {.name = "no proc"};
