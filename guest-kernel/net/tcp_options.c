/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_options.c - the options of TCP (tcp(7)). There are no packets, so most are kept, and told again. */
#include "abi/errno.h"
#include "boot/abi_net.h"
#include "core/thread.h"
#include "lib/string.h"
#include "net/settings.h"
#include "net/tcp.h"

#define SEGMENT_LEAST 88 /* of TCP_MAXSEG, and what a socket without a connection has */
#define SEGMENT_MOST 32767
#define SEGMENT_AT_FIRST 536
#define WINDOW_LEAST 1152 /* of TCP_WINDOW_CLAMP: half of the least SO_RCVBUF */
#define SEGMENT_LO 65483  /* of lo: its MTU without the headers of IP and TCP, which has its time stamps */
#define SEGMENT_LO6 65463

enum { KINDS_FLAG = -1 };

struct option {
    int name;
    uint16_t offset; /* in struct tcp_settings */
    int least, most; /* most KINDS_FLAG: any number, which is a flag */
};

#define AT(field) offsetof(struct tcp_settings, field)

static const struct option options[] = {
    {TCP_NODELAY, AT(no_delay), 0, KINDS_FLAG},
    {TCP_CORK, AT(cork), 0, KINDS_FLAG},
    {TCP_QUICKACK, AT(quick_ack), 0, KINDS_FLAG},
    {TCP_THIN_LINEAR_TIMEOUTS, AT(thin), 0, KINDS_FLAG},
    {TCP_THIN_DUPACK, AT(thin_acks), 0, KINDS_FLAG},
    {TCP_FASTOPEN_CONNECT, AT(fast_open_connect), 0, KINDS_FLAG},
    {TCP_FASTOPEN_NO_COOKIE, AT(fast_open_no_cookie), 0, KINDS_FLAG},
    {TCP_INQ, AT(tells_queue), 0, KINDS_FLAG},
    {TCP_MAXSEG, AT(max_segment), SEGMENT_LEAST, SEGMENT_MOST},
    {TCP_KEEPIDLE, AT(keep_idle), 1, 32767},
    {TCP_KEEPINTVL, AT(keep_interval), 1, 32767},
    {TCP_KEEPCNT, AT(keep_count), 1, 127},
    {TCP_SYNCNT, AT(syn_count), 1, 127},
    {TCP_LINGER2, AT(linger2), INT32_MIN, INT32_MAX},
    {TCP_DEFER_ACCEPT, AT(defer_accept), INT32_MIN, INT32_MAX},
    {TCP_WINDOW_CLAMP, AT(window_clamp), INT32_MIN, INT32_MAX},
    {TCP_USER_TIMEOUT, AT(user_timeout), 0, INT32_MAX},
    {TCP_FASTOPEN, AT(fast_open), 0, INT32_MAX},
    {TCP_TIMESTAMP, AT(timestamp), INT32_MIN, INT32_MAX},
    {TCP_NOTSENT_LOWAT, AT(not_sent_low), INT32_MIN, INT32_MAX},
};

void tcp_settings_init(struct tcp_settings *settings)
{
    settings->quick_ack = true;
    memcpy(settings->congestion, "cubic", sizeof("cubic"));
}

static const struct option *find(int name)
{
    for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (options[i].name == name)
            return &options[i];
    return NULL;
}

static int set_congestion(struct tcp_socket *tcp, const char *name, uint32_t size)
{
    size_t length = strnlen(name, size < 15 ? size : 15);

    if (size < 1)
        return -EINVAL;
    if (!string_is("cubic", name, length) && !string_is("reno", name, length))
        return -ENOENT;
    memset(tcp->settings.congestion, 0, sizeof(tcp->settings.congestion));
    memcpy(tcp->settings.congestion, name, length);
    return 0;
}

/* Seconds become the number of times that a SYN is answered again, and seconds again when asked for: Linux's rounding.
 */
static int round_defer(int seconds)
{
    int total = 1, timeout = 1;

    if (seconds <= 0)
        return 0;
    for (unsigned tries = 1; seconds > total && tries < 255; tries++) {
        timeout = timeout * 2 > 120 ? 120 : timeout * 2;
        total += timeout;
    }
    return total;
}

/* Flags that are 0 or 1, and nothing else. */
static bool takes_bits_alone(int name)
{
    return name == TCP_INQ || name == TCP_THIN_LINEAR_TIMEOUTS || name == TCP_THIN_DUPACK ||
           name == TCP_FASTOPEN_CONNECT || name == TCP_FASTOPEN_NO_COOKIE;
}

static int set_number(struct tcp_socket *tcp, const struct option *option, int number)
{
    char *field = (char *)&tcp->settings + option->offset;

    if (option->most == KINDS_FLAG) {
        if (takes_bits_alone(option->name) && (number < 0 || number > 1))
            return -EINVAL;
        if (option->name == TCP_THIN_DUPACK) /* does nothing any more, and is told as off */
            return 0;
        *(bool *)field = number != 0;
        return 0;
    }
    if (option->name == TCP_TIMESTAMP) /* for sockets that are being repaired, which there aren't */
        return -EPERM;
    if (option->name == TCP_WINDOW_CLAMP && number == 0 && tcp->state != TCP_CLOSE)
        return -EINVAL;
    if (option->name == TCP_WINDOW_CLAMP && number != 0 && number < WINDOW_LEAST)
        number = WINDOW_LEAST;
    if (option->name == TCP_FASTOPEN && tcp->state != TCP_CLOSE && tcp->state != TCP_LISTEN)
        return -EINVAL;
    if (option->name == TCP_FASTOPEN && number > socket_backlog_most)
        number = socket_backlog_most;
    if (option->name == TCP_MAXSEG && number == 0)
        number = 0;
    else if (number < option->least || number > option->most)
        return -EINVAL;
    if (option->name == TCP_DEFER_ACCEPT)
        number = round_defer(number);
    if (option->name == TCP_LINGER2 && number > 120)
        number = 120;
    if (option->name == TCP_LINGER2 && number < 0)
        number = -1;
    *(int *)(void *)field = number;
    return 0;
}

int tcp_set_option(struct socket *socket, int level, int name, const void *value, uint32_t size)
{
    struct tcp_socket *tcp = tcp_of(socket);
    const struct option *option;
    int number;

    if (level != IPPROTO_TCP)
        return inet_set_option(socket, level, name, value, size);
    if (name == TCP_CONGESTION)
        return set_congestion(tcp, value, size);
    if (name == TCP_ULP) /* kTLS and its like, of which there is none */
        return size < 1 ? -EINVAL : -ENOENT;
    option = find(name);
    if (size < sizeof(number))
        return -EINVAL;
    memcpy(&number, value, sizeof(number));
    return option != NULL ? set_number(tcp, option, number) : -ENOPROTOOPT;
}

/* What holds where none was set. */
static int get_number(struct tcp_socket *tcp, const struct option *option)
{
    const struct lvmm_net_info *told;
    const char *field = (const char *)&tcp->settings + option->offset;
    int number = option->most == KINDS_FLAG ? *(const bool *)field : *(const int *)(const void *)field;

    switch (option->name) {
    case TCP_KEEPIDLE:
        return number != 0 ? number : inet_settings.keepalive_time;
    case TCP_KEEPINTVL:
        return number != 0 ? number : inet_settings.keepalive_interval;
    case TCP_KEEPCNT:
        return number != 0 ? number : inet_settings.keepalive_probes;
    case TCP_SYNCNT:
        return number != 0 ? number : inet_settings.syn_retries;
    case TCP_LINGER2:
        return number != 0 ? number : inet_settings.fin_timeout;
    case TCP_MAXSEG:
        if (tcp->state == TCP_CLOSE || tcp->state == TCP_LISTEN)
            return number != 0 ? number : SEGMENT_AT_FIRST;
        told = tcp_outside_ask(tcp);
        if (told != NULL)
            return (int)told->snd_mss;
        if (number != 0)
            return number - 12;
        return inet_is_v4(&tcp->inet.use.peer) ? SEGMENT_LO : SEGMENT_LO6;
    default:
        return number;
    }
}

int tcp_get_option(struct socket *socket, int level, int name, void *value, uint32_t *size)
{
    struct tcp_socket *tcp = tcp_of(socket);
    const struct option *option;

    if (level != IPPROTO_TCP)
        return inet_get_option(socket, level, name, value, size);
    if (name == TCP_INFO) {
        tcp_info(tcp, value, size);
        return 0;
    }
    if (name == TCP_CONGESTION) {
        if (*size > sizeof(tcp->settings.congestion))
            *size = sizeof(tcp->settings.congestion);
        memcpy(value, tcp->settings.congestion, *size);
        return 0;
    }
    if (name == TCP_ULP) {
        *size = 0;
        return 0;
    }
    option = find(name);
    return option != NULL ? inet_option_give(get_number(tcp, option), value, size) : -ENOPROTOOPT;
}
