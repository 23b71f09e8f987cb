/* SPDX-License-Identifier: Apache-2.0 */
/* inotify.h - Linux's values that concern inotify(7). */
#ifndef GK_ABI_INOTIFY_H
#define GK_ABI_INOTIFY_H

#include <stdint.h>

/* What happens to a file, which is asked for and told. */
#define IN_ACCESS 0x1u
#define IN_MODIFY 0x2u
#define IN_ATTRIB 0x4u
#define IN_CLOSE_WRITE 0x8u
#define IN_CLOSE_NOWRITE 0x10u
#define IN_OPEN 0x20u
#define IN_MOVED_FROM 0x40u
#define IN_MOVED_TO 0x80u
#define IN_CREATE 0x100u
#define IN_DELETE 0x200u
#define IN_DELETE_SELF 0x400u
#define IN_MOVE_SELF 0x800u
#define IN_MOVE (IN_MOVED_FROM | IN_MOVED_TO)
#define IN_ALL_EVENTS 0xfffu

/* What is told unasked, or beside an event. */
#define IN_UNMOUNT 0x2000u
#define IN_Q_OVERFLOW 0x4000u
#define IN_IGNORED 0x8000u
#define IN_ISDIR 0x40000000u

/* How something is watched. */
#define IN_ONLYDIR 0x1000000u
#define IN_DONT_FOLLOW 0x2000000u
#define IN_EXCL_UNLINK 0x4000000u
#define IN_MASK_CREATE 0x10000000u
#define IN_MASK_ADD 0x20000000u
#define IN_ONESHOT 0x80000000u

struct inotify_event_user { /* struct inotify_event, without the name that follows */
    int32_t wd;
    uint32_t mask, cookie;
    uint32_t size; /* of the name, its NULs up to a multiple of this structure's size included; 0: there is none */
};

#endif
