/* SPDX-License-Identifier: Apache-2.0 */
/* resolver_query.c - see resolver_query.h. */
#include "vmm/net/resolver_query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

uint16_t net_query_id(void)
{
    uint16_t id = 0;

    while (getrandom(&id, sizeof(id), 0) != sizeof(id))
        ;
    return id;
}

int net_query_socket(const struct net_endpoint *server, int type)
{
    int family = net_address_is_v4(&server->address) ? AF_INET : AF_INET6;
    struct sockaddr_storage name;
    socklen_t size = net_endpoint_sockaddr(server, family, &name);
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error;

    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&name, size) == 0 || errno == EINPROGRESS)
        return fd;
    error = errno;
    close(fd);
    return -error;
}

/* ---- an answer ---- */

static void stop(struct net_query *query)
{
    net_watches_close(&query->watch);
    net_timer_clear(query->resolver->watches, &query->timer);
}

void net_query_answer(struct net_query *query, const uint8_t *answer, size_t size)
{
    uint8_t *copy = size == 0 ? NULL : malloc(size);

    stop(query);
    free(query->answer);
    query->answer = copy;
    query->answer_size = copy == NULL ? 0 : size;
    if (copy != NULL) {
        memcpy(copy, answer, size);
        dns_set_id(copy, query->question.id);
    }
    query->done = true;
    query->answered(query);
}

static void answer_code(struct net_query *query, bool is_damaged, int code)
{
    uint8_t message[DNS_QUERY_MAX];

    net_query_answer(query, message, dns_make_response(&query->question, is_damaged, code, NULL, 0, message));
}

/* Its addresses are the name's from now on. */
static void take_answer(struct net_query *query, const uint8_t *message, size_t size)
{
    struct net_address addresses[DNS_ADDRESSES];
    int count = dns_addresses(message, size, addresses);

    for (int i = 0; i < count; i++)
        (void)net_policy_grant(query->resolver->policy, query->question.name, &addresses[i], NET_WORD_DNS);
    net_query_answer(query, message, size);
}

/* ---- on its way ---- */

static void send_question(struct net_query *query)
{
    uint8_t message[2 + DNS_QUERY_MAX];
    size_t size = dns_make_query(&query->question, query->id, message + 2);
    bool is_tcp = query->stream != NULL;

    message[0] = (uint8_t)(size >> 8);
    message[1] = (uint8_t)size;
    /* So few bytes have room in a socket that is new. */
    ssize_t n = send(query->watch.fd, is_tcp ? message : message + 2, is_tcp ? size + 2 : size, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN)
        net_query_start(query);
    else
        query->sent = n >= 0;
}

static void read_datagrams(struct net_query *query)
{
    uint8_t message[4096];
    ssize_t n;

    while ((n = recv(query->watch.fd, message, sizeof(message), MSG_DONTWAIT)) >= 0) {
        if (dns_is_response(message, (size_t)n, &query->question, query->id)) {
            take_answer(query, message, (size_t)n);
            return;
        }
    }
    if (errno != EAGAIN && errno != EINTR)
        net_query_start(query); /* refused, as nobody is there */
}

/* The size, then as many bytes. False: nothing is there now. */
static bool read_part(struct net_query *query)
{
    size_t size = (size_t)query->head[0] << 8 | query->head[1];
    bool in_head = query->got < sizeof(query->head);
    uint8_t *to = in_head ? query->head + query->got : query->answer + (query->got - sizeof(query->head));
    size_t most = in_head ? sizeof(query->head) - query->got : size + sizeof(query->head) - query->got;
    ssize_t n = recv(query->watch.fd, to, most, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    query->got += n > 0 ? (size_t)n : 0;
    size = (size_t)query->head[0] << 8 | query->head[1];
    if (n > 0 && query->got == sizeof(query->head) && query->answer == NULL)
        query->answer = malloc(size + 1);
    if (n <= 0 || (query->got >= sizeof(query->head) && query->answer == NULL)) {
        net_query_start(query);
        return false;
    }
    if (query->got < sizeof(query->head) || query->got < size + sizeof(query->head))
        return true;
    uint8_t *message = query->answer;
    query->answer = NULL;
    if (dns_is_response(message, size, &query->question, query->id))
        take_answer(query, message, size);
    else
        net_query_start(query);
    free(message);
    return false;
}

static void ready(void *owner, uint32_t events)
{
    struct net_query *query = owner;

    if (query->stream == NULL) {
        read_datagrams(query);
        return;
    }
    if (!query->sent && (events & (EPOLLERR | EPOLLHUP)) != 0) {
        net_query_start(query); /* once: it is at the next server afterwards */
        return;
    }
    if (!query->sent && (events & EPOLLOUT) != 0)
        send_question(query);
    while (query->sent && !query->done && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && read_part(query))
        ;
}

static void too_late(void *owner)
{
    net_query_start(owner);
}

/* False: that server can't be asked. */
static bool ask(struct net_query *query, const struct net_endpoint *server)
{
    struct net_watches *watches = query->resolver->watches;
    bool is_tcp = query->stream != NULL;
    int fd = net_query_socket(server, is_tcp ? SOCK_STREAM : SOCK_DGRAM);

    if (fd < 0)
        return false;
    query->watch = (struct net_watch){fd, ready, query};
    query->id = net_query_id();
    query->sent = false;
    query->got = 0;
    if (net_watches_add(watches, &query->watch) < 0) {
        net_watches_close(&query->watch);
        return false;
    }
    query->timer.expired = too_late;
    query->timer.owner = query;
    net_timer_set(watches, &query->timer, NET_ANSWER_MS);
    return true;
}

void net_query_start(struct net_query *query)
{
    const struct net_resolver_config *config = query->resolver->config;

    if (query->done)
        return;
    stop(query);
    free(query->answer);
    query->answer = NULL;
    while (query->attempts < NET_ATTEMPTS && query->watch.fd < 0) {
        const struct net_endpoint *server = &config->server[query->attempts++ % config->server_count];

        if (ask(query, server) && query->stream == NULL)
            send_question(query);
        if (query->done || query->watch.fd >= 0)
            return;
    }
    answer_code(query, false, DNS_SERVER_FAILURE);
}

/* ---- questions ---- */

/* What /etc/hosts has. False: nothing of that name. */
static bool answer_from_hosts(struct net_query *query)
{
    const struct net_resolver *resolver = query->resolver;
    struct net_address addresses[DNS_ADDRESSES];
    uint8_t message[DNS_QUERY_MAX + 28 * DNS_ADDRESSES];
    unsigned count = 0;

    if (query->question.type != DNS_TYPE_A && query->question.type != DNS_TYPE_AAAA)
        return false;
    for (unsigned i = 0; i < resolver->config->host_count && count < DNS_ADDRESSES; i++) {
        const struct net_host_entry *entry = &resolver->config->host[i];

        if (strcasecmp(entry->name, query->question.name) != 0)
            continue;
        addresses[count++] = entry->address;
        (void)net_policy_grant(resolver->policy, query->question.name, &entry->address, NET_WORD_HOSTS);
    }
    if (count > 0)
        net_query_answer(query, message, dns_make_response(&query->question, false, DNS_OK, addresses, count, message));
    return count > 0;
}

static void begin(struct net_query *query)
{
    struct net_resolver *resolver = query->resolver;
    bool may = net_policy_asks(resolver->policy, query->question.name);

    net_log_name(resolver->log, may ? NET_LOG_ALLOWED : NET_LOG_DENIED, query->question.name);
    if (!may)
        answer_code(query, false, DNS_REFUSED);
    else if (!answer_from_hosts(query))
        net_query_start(query);
}

struct net_query *net_query_make(struct net_resolver *resolver, void *asker, struct net_dns_stream *stream,
                                 void (*answered)(struct net_query *query), const void *message, size_t size)
{
    struct dns_question question;
    struct net_query *query, **at = &resolver->queries;
    int error = dns_parse_query(message, size, &question);

    if (error == -EINVAL || resolver->query_count == NET_QUERIES || (query = calloc(1, sizeof(*query))) == NULL)
        return NULL;
    query->resolver = resolver;
    query->asker = asker;
    query->stream = stream;
    query->answered = answered;
    query->question = question;
    query->watch.fd = -1;
    while (*at != NULL)
        at = &(*at)->next;
    *at = query;
    resolver->query_count++;
    if (error == 0)
        begin(query);
    else
        answer_code(query, true, error == -ENOTSUP ? DNS_NOT_IMPLEMENTED : DNS_FORMAT_ERROR);
    return query;
}

void net_query_free(struct net_query *query)
{
    struct net_resolver *resolver = query->resolver;
    struct net_query **at = &resolver->queries;

    stop(query);
    query->done = true;
    while (*at != query)
        at = &(*at)->next;
    *at = query->next;
    resolver->query_count--;
    free(query->answer);
    query->answer = NULL;
    net_watches_bury(resolver->watches, &query->grave);
}
