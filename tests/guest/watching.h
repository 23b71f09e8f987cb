/* SPDX-License-Identifier: Apache-2.0 */
/* watching.h - for the guest tests of inotify(7): what is watched by which name, and the events that came, as text. */
#ifndef TESTS_GUEST_WATCHING_H
#define TESTS_GUEST_WATCHING_H

#include <sys/inotify.h>
#include <sys/stat.h>

#include "show.h"

#define WATCHES_MAX 64
#define COOKIES_MAX 64

static int watching; /* the descriptor, which doesn't wait */
static const char *watched[WATCHES_MAX];
static uint32_t cookies[COOKIES_MAX];
static unsigned cookie_count;

static inline void watching_begin(void)
{
    watching = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    memset(watched, 0, sizeof(watched));
    cookie_count = 0;
}

static inline void watching_end(void)
{
    close(watching);
}

/* Adds a watch, or changes it, and names it by what is in it. */
static inline int watch(const char *path, uint32_t mask)
{
    int wd = inotify_add_watch(watching, path, mask);

    if (wd < 0)
        printf("watch %s: %s\n", path, error_name(errno));
    else if (wd < WATCHES_MAX)
        watched[wd] = path;
    return wd;
}

/* Cookies by the order in which they came. */
static inline unsigned cookie_number(uint32_t cookie)
{
    for (unsigned i = 0; i < cookie_count; i++)
        if (cookies[i] == cookie)
            return i + 1;
    if (cookie_count < COOKIES_MAX)
        cookies[cookie_count++] = cookie;
    return cookie_count;
}

static inline void mask_show(uint32_t mask)
{
    static const char *const names[] = {"ACCESS", "MODIFY", "ATTRIB", "CLOSE_WRITE", "CLOSE_NOWRITE", "OPEN",
                                        "FROM",   "TO",     "CREATE", "DELETE",      "DELETE_SELF",   "MOVE_SELF"};

    for (unsigned bit = 0; bit < sizeof(names) / sizeof(names[0]); bit++)
        if (mask & 1u << bit)
            printf(" %s", names[bit]);
    if (mask & IN_UNMOUNT)
        printf(" UNMOUNT");
    if (mask & IN_Q_OVERFLOW)
        printf(" OVERFLOW");
    if (mask & IN_IGNORED)
        printf(" IGNORED");
    if (mask & IN_ISDIR)
        printf(" ISDIR");
    if (mask & ~(IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ISDIR))
        printf(" and %x", (unsigned)mask);
}

static inline void event_show(const struct inotify_event *event)
{
    if (event->wd >= 0 && event->wd < WATCHES_MAX && watched[event->wd] != NULL)
        printf("  %s:", watched[event->wd]);
    else
        printf("  %d:", event->wd);
    mask_show(event->mask);
    if (event->cookie != 0)
        printf(" #%u", cookie_number(event->cookie));
    if (event->len != 0)
        printf(" '%s' in %u", event->name[0] == '#' ? "#" : event->name, event->len);
    printf("\n");
}

/* All events that are there. */
static inline void told(const char *what)
{
    static char room[1 << 16] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t got;

    printf("%s:\n", what);
    while ((got = read(watching, room, sizeof(room))) > 0)
        for (const char *at = room; at < room + got; at += sizeof(struct inotify_event)) {
            const struct inotify_event *event = (const void *)at;

            event_show(event);
            at += event->len;
        }
    if (got == 0 || errno != EAGAIN)
        printf("  read: %s\n", got == 0 ? "0" : error_name(errno));
}

#endif
