/* SPDX-License-Identifier: Apache-2.0 */
/* resolver.c - see resolver.h: who asks, and what is asked before the guest begins. */
#include "vmm/net/resolver.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "vmm/net/resolver_query.h"
#include "vmm/net/resolver_stream.h"

int net_resolver_create(const struct net_resolver_config *config, struct net_policy *policy, struct net_log *log,
                        struct net_watches *watches, void (*answered)(void *asker), struct net_resolver **out)
{
    struct net_resolver *resolver = calloc(1, sizeof(*resolver));

    if (resolver == NULL)
        return -ENOMEM;
    *resolver =
        (struct net_resolver){.config = config, .policy = policy, .log = log, .watches = watches, .answered = answered};
    *out = resolver;
    return 0;
}

void net_resolver_destroy(struct net_resolver *resolver)
{
    if (resolver == NULL)
        return;
    net_dns_streams_close(resolver);
    while (resolver->queries != NULL)
        net_query_free(resolver->queries);
    free(resolver);
}

static void tell_asker(struct net_query *query)
{
    query->resolver->answered(query->asker);
}

void net_resolver_ask(struct net_resolver *resolver, void *asker, const void *message, size_t size)
{
    net_query_make(resolver, asker, NULL, tell_asker, message, size);
}

static struct net_query *find(const struct net_resolver *resolver, const void *asker, bool only_done)
{
    struct net_query *query = resolver->queries;

    while (query != NULL && (query->stream != NULL || query->asker != asker || (only_done && !query->done)))
        query = query->next;
    return query;
}

const uint8_t *net_resolver_answer(const struct net_resolver *resolver, const void *asker, size_t *size)
{
    const struct net_query *query = find(resolver, asker, true);

    *size = query == NULL ? 0 : query->answer_size;
    return query == NULL ? NULL : query->answer;
}

void net_resolver_drop(struct net_resolver *resolver, const void *asker)
{
    struct net_query *query = find(resolver, asker, true);

    if (query != NULL)
        net_query_free(query);
}

void net_resolver_forget(struct net_resolver *resolver, const void *asker)
{
    struct net_query *query;

    while ((query = find(resolver, asker, false)) != NULL)
        net_query_free(query);
}

/* ---- before the guest begins ---- */

struct look_up {
    const struct net_resolver_config *config;
    struct net_policy *policy;
    void (*closed)(const char *name, const struct net_address *address);
};

static void grant(const struct look_up *look, const char *name, const struct net_address *address, enum net_word word)
{
    if (!net_policy_grant(look->policy, name, address, word) && look->closed != NULL)
        look->closed(name, address);
}

static unsigned grant_hosts(const struct look_up *look, const char *name)
{
    const struct net_resolver_config *config = look->config;
    unsigned count = 0;

    for (unsigned i = 0; i < config->host_count; i++) {
        if (strcasecmp(config->host[i].name, name) != 0)
            continue;
        grant(look, name, &config->host[i].address, NET_WORD_HOSTS);
        count++;
    }
    return count;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for the answer, no longer than that whatever else comes. How many bytes, or -errno. */
static ssize_t exchange(int fd, const struct dns_question *question, uint8_t *message, size_t room)
{
    struct pollfd waits = {.fd = fd, .events = POLLIN};
    uint16_t id = net_query_id();
    uint8_t query[DNS_QUERY_MAX];
    int64_t end = now_ms() + NET_ANSWER_MS, left;

    if (send(fd, query, dns_make_query(question, id, query), MSG_NOSIGNAL) < 0)
        return -errno;
    while ((left = end - now_ms()) > 0 && poll(&waits, 1, (int)left) > 0) {
        ssize_t n = recv(fd, message, room, MSG_DONTWAIT);

        if (n < 0)
            return -errno;
        if (dns_is_response(message, (size_t)n, question, id))
            return n;
    }
    return -ETIMEDOUT;
}

/* How many addresses of that type it has, or -errno. */
static int look_up_at(const struct look_up *look, const struct net_endpoint *server,
                      const struct dns_question *question)
{
    struct net_address addresses[DNS_ADDRESSES];
    uint8_t message[4096];
    int fd = net_query_socket(server, SOCK_DGRAM), count;

    if (fd < 0)
        return fd;
    ssize_t size = exchange(fd, question, message, sizeof(message));
    close(fd);
    if (size < 0)
        return (int)size;
    if (dns_code(message) == DNS_NO_NAME)
        return 0;
    if (dns_code(message) != DNS_OK)
        return -ETIMEDOUT; /* it hasn't got an answer either */
    count = dns_addresses(message, (size_t)size, addresses);
    for (int i = 0; i < count; i++)
        grant(look, question->name, &addresses[i], NET_WORD_DNS);
    return count;
}

static int look_up(const struct look_up *look, const char *name, uint16_t type)
{
    const struct net_resolver_config *config = look->config;
    struct dns_question question = {.type = type};
    int count = -ETIMEDOUT;

    memcpy(question.name, name, strlen(name) + 1);
    if (question.name[strlen(name) - 1] == '.')
        question.name[strlen(name) - 1] = '\0';
    for (unsigned i = 0; i < NET_ATTEMPTS && count < 0; i++)
        count = look_up_at(look, &config->server[i % config->server_count], &question);
    return count;
}

static int look_up_name(const struct look_up *look, const char *name)
{
    if (grant_hosts(look, name) > 0)
        return 0;
    int v4 = look_up(look, name, DNS_TYPE_A), v6 = look_up(look, name, DNS_TYPE_AAAA);
    if (v4 > 0 || v6 > 0)
        return 0;
    return v4 < 0 ? v4 : v6 < 0 ? v6 : -ENOENT;
}

int net_resolver_look_up(const struct net_resolver_config *config, struct net_policy *policy,
                         void (*closed)(const char *name, const struct net_address *address), const char **which)
{
    const struct look_up look = {config, policy, closed};

    for (unsigned i = 0; i < policy->rule_count; i++) {
        const char *name = policy->rule[i].name;
        int error = name == NULL ? 0 : look_up_name(&look, name);

        *which = name;
        if (error < 0)
            return error;
    }
    return 0;
}
