/* SPDX-License-Identifier: Apache-2.0 */
/* net_log.c - see net_log.h. */
#include "vmm/net/net_log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 400

static uint64_t now_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void net_log_init(struct net_log *log, int fd)
{
    const time_t zero = 0;
    struct tm parts;

    gmtime_r(&zero, &parts); /* the C library reads the time zone's file once, though UTC has none */
    *log = (struct net_log){.fd = fd, .room = NET_LOG_BURST, .at_ms = now_ms(CLOCK_MONOTONIC)};
    tzset(); /* reads a file, even for the time of no zone, which the process that writes lines is kept from */
}

void net_log_note_denials(struct net_log *log, struct noted_denials *denials)
{
    log->denials = denials;
}

/* The room grows with time. */
static bool has_room(struct net_log *log)
{
    uint64_t now = now_ms(CLOCK_MONOTONIC), more = (now - log->at_ms) * NET_LOG_SECOND / 1000;

    if (more > 0) {
        log->room = log->room + more < NET_LOG_BURST ? log->room + more : NET_LOG_BURST;
        log->at_ms = now;
    }
    if (log->room == 0)
        log->left_out++;
    else
        log->room--;
    return log->left_out == 0 || log->room > 0;
}

__attribute__((format(printf, 2, 3))) static void put(struct net_log *log, const char *format, ...)
{
    uint64_t now = now_ms(CLOCK_REALTIME);
    time_t seconds = (time_t)(now / 1000);
    char line[LINE_MAX_BYTES];
    struct tm parts;
    va_list list;

    gmtime_r(&seconds, &parts);
    size_t size = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%S", &parts);
    size += (size_t)snprintf(line + size, sizeof(line) - size, ".%03uZ ", (unsigned)(now % 1000));
    va_start(list, format);
    int n = vsnprintf(line + size, sizeof(line) - size - 1, format, list);
    va_end(list);
    size += n < 0 ? 0 : (size_t)n < sizeof(line) - size - 1 ? (size_t)n : sizeof(line) - size - 2;
    line[size++] = '\n';
    if (write(log->fd, line, size) < 0)
        log->left_out++; /* a full disk is no reason to end a guest */
}

static bool begin(struct net_log *log)
{
    if (log == NULL || log->fd < 0 || !has_room(log))
        return false;
    if (log->left_out > 0) {
        unsigned long count = log->left_out;

        log->left_out = 0;
        put(log, "%lu lines left out", count);
    }
    return true;
}

static const char *word(enum net_log_what what)
{
    return what == NET_LOG_ALLOWED ? "allowed" : what == NET_LOG_DENIED ? "denied" : "accepted";
}

static const char *protocol_name(int protocol)
{
    return protocol == IPPROTO_TCP ? "tcp" : protocol == IPPROTO_UDP ? "udp" : "icmp";
}

__attribute__((format(printf, 2, 3))) static void note_denial(struct net_log *log, const char *format, ...)
{
    char text[NOTED_TEXT];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    noted_denial(log->denials, text);
}

void net_log_peer(struct net_log *log, enum net_log_what what, int protocol, const struct net_endpoint *peer)
{
    char text[NET_TEXT];

    if (log != NULL && what == NET_LOG_DENIED)
        note_denial(log, "%s %s", protocol_name(protocol), net_endpoint_text(peer, text));
    if (begin(log))
        put(log, "%s %s %s", protocol_name(protocol), net_endpoint_text(peer, text), word(what));
}

void net_log_name(struct net_log *log, enum net_log_what what, const char *name)
{
    if (log != NULL && what == NET_LOG_DENIED)
        note_denial(log, "dns %s", name);
    if (begin(log))
        put(log, "dns %s %s", name, word(what));
}
