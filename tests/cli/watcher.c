/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watcher.c - tells what happens to files (inotify(7)): on the host and in guests alike.
 *
 *     watcher FILE...      says "watches"; then, once a line has come on stdin, a line for each event: the file's place
 *                          among the arguments, what happened, which move it belongs to, and the name. It ends when a
 *                          file "end" is made.
 */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EVENTS \
    (IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_MOVE | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF)

static const struct {
    uint32_t bit;
    const char *name;
} names[] = {
    {IN_MODIFY, "MODIFY"},         {IN_ATTRIB, "ATTRIB"},           {IN_CLOSE_WRITE, "CLOSE_WRITE"},
    {IN_MOVED_FROM, "MOVED_FROM"}, {IN_MOVED_TO, "MOVED_TO"},       {IN_CREATE, "CREATE"},
    {IN_DELETE, "DELETE"},         {IN_DELETE_SELF, "DELETE_SELF"}, {IN_MOVE_SELF, "MOVE_SELF"},
    {IN_IGNORED, "IGNORED"},       {IN_Q_OVERFLOW, "Q_OVERFLOW"},   {IN_UNMOUNT, "UNMOUNT"},
    {IN_ISDIR, "ISDIR"},
};

static void tell(const struct inotify_event *event)
{
    static uint32_t cookie, moves;

    printf("%d", event->wd);
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (event->mask & names[i].bit)
            printf(" %s", names[i].name);
    if (event->cookie != 0) {
        moves += event->cookie != cookie;
        cookie = event->cookie;
        printf(" move %u", moves);
    }
    printf(" %s\n", event->len != 0 ? event->name : "-");
}

int main(int argc, char **argv)
{
    _Alignas(struct inotify_event) static char bytes[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
    int fd = inotify_init1(IN_CLOEXEC);
    char line[64];

    if (fd < 0) {
        perror("inotify_init1");
        return 1;
    }
    for (int i = 1; i < argc; i++)
        if (inotify_add_watch(fd, argv[i], EVENTS) != i) {
            perror(argv[i]);
            return 1;
        }
    puts("watches");
    fflush(stdout);
    if (fgets(line, sizeof(line), stdin) == NULL)
        return 1;
    for (;;) {
        ssize_t n = read(fd, bytes, sizeof(bytes));

        if (n <= 0) {
            perror("read");
            return 1;
        }
        for (ssize_t at = 0; at < n;) {
            const struct inotify_event *event = (const void *)(bytes + at);

            if (event->len != 0 && (event->mask & IN_CREATE) && strcmp(event->name, "end") == 0)
                return 0;
            tell(event);
            fflush(stdout);
            at += (ssize_t)(sizeof(*event) + event->len);
        }
    }
}
