/* SPDX-License-Identifier: Apache-2.0 */
/* set_shares.c - what the process that serves shared folders does with them. Landlock says in which ones. */
#include <fcntl.h>
#include <linux/fs.h>

#include "vmm/sandbox/rules/rules.h"

const struct rule set_shares[] = {
    CALL("openat"),
    CALL("openat2"),
    CALL("newfstatat"),
    CALL("statx"),
    CALL("getdents64"),
    CALL("readlinkat"),
    CALL("mkdirat"),
    CALL("mknodat"),
    CALL("symlinkat"),
    CALL("linkat"),
    CALL("renameat"),
    CALL("renameat2"),
    CALL("fchmod"),
    CALL("fchmodat"),
    CALL("fchmodat2"), /* newer C libraries' fchmodat with flags */
    CALL("fchownat"),
    CALL("utimensat"),
    CALL("copy_file_range"),
    IOCTL(FICLONE),
    CALL("memfd_create"), /* locks of what isn't to be changed */
    CALL_IF("fcntl", INT(1, F_OFD_SETLK)),
    CALL_IF("fcntl", INT(1, F_OFD_GETLK)),
    CALL("fchdir"), /* extended attributes are reached by names below it */
    CALL("getxattr"),
    CALL("setxattr"),
    CALL("listxattr"),
    CALL("removexattr"),
    CALL("setfsuid"), /* whose files new ones are: of use with capabilities alone */
    CALL("setfsgid"),
    CALL("setgroups"),         /* a group that a user of the guest is in as well */
    CALL("inotify_add_watch"), /* an inotify instance is there */
    CALL("inotify_rm_watch"),
    CALL("capget"),
    CALL("capset"),
    END,
};
