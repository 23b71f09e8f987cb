/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kmsg.c - the kernel's messages: what is written to /dev/kmsg can be read there, one with each read, and by syslog(2).
 * Others may speak at the same time, so that only messages with our mark are shown, without number and time.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/klog.h>

#include "show.h"

static char mark[32], text[1 << 20];

static void say(int fd, const char *priority, const char *what)
{
    int size = snprintf(text, sizeof(text), "%s%s %s\n", priority, mark, what);

    show("write", write(fd, text, (size_t)size) == size);
}

/* Without number, time and mark. */
static void show_record(char *record)
{
    char *body = strchr(record, ';');
    unsigned priority = 0;
    unsigned long number, time;

    if (body == NULL || strstr(body, mark) == NULL)
        return;
    if (sscanf(record, "%u,%lu,%lu,-;", &priority, &number, &time) == 3)
        printf("%u: %s", priority, strstr(body, mark) + strlen(mark) + 1);
}

static void show_ours(int fd)
{
    static char record[1 << 14];
    long n;

    while ((n = read(fd, record, sizeof(record) - 1)) > 0 || errno == EPIPE) {
        record[n > 0 ? n : 0] = 0;
        show_record(record);
    }
    show("then", n);
}

/* The lines with our mark, behind it; and the number in front of each. */
static void show_lines(char *lines, long size)
{
    if (size < 0)
        size = 0;
    lines[size] = 0;
    for (char *line = strtok(lines, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        const char *body = strstr(line, mark);
        int priority = 0;

        if (body == NULL)
            continue;
        sscanf(line, "<%d>[", &priority);
        printf("%d: %s\n", priority, body + strlen(mark) + 1);
    }
}

int main(void)
{
    int writer = open("/dev/kmsg", O_WRONLY), reader = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
    struct pollfd ready = {.fd = reader, .events = POLLIN | POLLOUT};
    char small[8];

    snprintf(mark, sizeof(mark), "mark-%d-", getpid());
    show_ok("writer", writer);
    show_ok("reader", reader);
    show("to the end", (long)lseek(reader, 0, SEEK_END));
    say(writer, "", "plain");
    say(writer, "<3>", "an error");
    say(writer, "<30>", "of a daemon");
    say(writer, "<x>", "no number");
    say(writer, "<6>", "\001 \\ \303\244 characters");
    show("of nothing", write(writer, "", 0));
    show("poll", poll(&ready, 1, -1));
    printf("in: %d\n", ready.revents & POLLIN);
    show_ours(reader);
    show("from the start", (long)lseek(reader, 0, SEEK_SET));
    show_ours(reader);
    show("elsewhere", (long)lseek(reader, 7, SEEK_SET));
    show("from here", (long)lseek(reader, 0, SEEK_CUR));
    memset(text, 'x', 2000);
    show("too long", write(writer, text, 1025));
    show("read by the writer", read(writer, small, sizeof(small)));
    show("write by the reader", write(reader, "x", 1));
    lseek(reader, 0, SEEK_SET);
    show("no room for one", read(reader, small, sizeof(small)));
    show("the size of the buffer is one", klogctl(10, NULL, 0) >= 1 << 14);
    long size = klogctl(3, text, sizeof(text) - 1);
    show("it has something", size > 0);
    show_lines(text, size);
    show("without a buffer", klogctl(3, NULL, 100));
    show("a negative size", klogctl(3, text, -1));
    show("no room", klogctl(3, text, 0));
    show("too little room", klogctl(3, text, 5));
    show("no such action", klogctl(11, text, 5));
    show("open", klogctl(1, NULL, 0));
    show("close", klogctl(0, NULL, 0));
    show("a console level", klogctl(8, NULL, 9));
    close(writer);
    close(reader);
    return 0;
}
