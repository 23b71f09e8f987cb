/* SPDX-License-Identifier: Apache-2.0 */
/* inet_port.c - see inet_port.h. */
#include "net/inet_port.h"

#include "abi/errno.h"
#include "abi/socket.h"
#include "core/random.h"
#include "lib/large_table.h"
#include "mm/kmalloc.h"

#define PORTS_IN_WORD 64u /* of inet_table.used */

struct inet_table tcp_table LARGE_TABLE, udp_table LARGE_TABLE, udplite_table LARGE_TABLE;

/* ---- ports ---- */

struct inet_port *inet_port_find(const struct inet_table *table, uint16_t number)
{
    struct inet_port *port = table->ports[number % PORT_BUCKETS];

    while (port != NULL && port->number != number)
        port = port->next;
    return port;
}

static struct inet_port *port_get(struct inet_table *table, uint16_t number)
{
    struct inet_port *port = inet_port_find(table, number);

    if (port != NULL)
        return port;
    port = kmalloc(sizeof(*port));
    if (port == NULL)
        return NULL;
    port->number = number;
    port->table = table;
    list_init(&port->uses);
    port->next = table->ports[number % PORT_BUCKETS];
    table->ports[number % PORT_BUCKETS] = port;
    table->used[number / PORTS_IN_WORD] |= 1ull << number % PORTS_IN_WORD;
    return port;
}

static void port_put(struct inet_port *port)
{
    struct inet_port **link = &port->table->ports[port->number % PORT_BUCKETS];

    if (!list_is_empty(&port->uses))
        return;
    while (*link != port)
        link = &(*link)->next;
    *link = port->next;
    port->table->used[port->number / PORTS_IN_WORD] &= ~(1ull << port->number % PORTS_IN_WORD);
    kfree(port);
}

static void join(struct inet_port *port, struct inet_use *use)
{
    use->port = port;
    use->local.port = port->number;
    list_insert(&port->uses, &use->in_port);
}

void inet_port_leave(struct inet_use *use)
{
    struct inet_port *port = use->port;

    inet_tuple_remove(use);
    if (port == NULL)
        return;
    list_remove(&use->in_port);
    use->port = NULL;
    port_put(port);
}

void inet_port_share(struct inet_use *use, struct inet_use *with)
{
    join(with->port, use);
}

void inet_port_order(struct inet_use *use, bool first)
{
    struct list *uses = &use->port->uses;

    list_remove(&use->in_port);
    list_insert(first ? uses->next : uses, &use->in_port);
}

void inet_port_hand_over(struct inet_use *from, struct inet_use *to)
{
    struct inet_table *table = from->port->table;

    join(from->port, to);
    inet_port_leave(from);
    inet_tuple_add(table, to);
}

/* ---- who stands in whose way ---- */

/* Who has :: shares it with IPv4, unless it says otherwise. */
static bool use_is_v6_only(const struct inet_use *use)
{
    return use->socket != NULL ? use->socket->options.v6_only : use->v6_only;
}

static bool has_both(const struct inet_use *use)
{
    return !inet_is_v4(&use->local) && inet_is_any(&use->local) && !use_is_v6_only(use);
}

static bool overlaps(const struct inet_use *a, const struct inet_use *b)
{
    if (has_both(a) || has_both(b))
        return true;
    if (inet_is_v4(&a->local) != inet_is_v4(&b->local))
        return false;
    return inet_is_any(&a->local) || inet_is_any(&b->local) || inet_same(&a->local, &b->local);
}

static bool reuses_address(const struct inet_use *use)
{
    return use->socket != NULL ? use->socket->socket.reuse_address : use->reuse_address;
}

static bool reuses_port(const struct inet_use *use)
{
    return use->socket != NULL ? use->socket->socket.reuse_port : use->reuse_port;
}

/* By SO_REUSEADDR, or by SO_REUSEPORT of one user. */
static bool may_share(const struct inet_use *use, const struct inet_use *other, bool listeners_matter)
{
    bool listens = listeners_matter && other->socket != NULL && other->socket->socket.listens;

    if (reuses_address(use) && reuses_address(other) && !listens)
        return true;
    return reuses_port(use) && reuses_port(other) && (other->socket == NULL || use->user == other->user);
}

static bool conflicts(struct inet_port *port, const struct inet_use *use)
{
    for_each_use(other, port)
    {
        if (other != use && overlaps(use, other) && !may_share(use, other, port->table == &tcp_table))
            return true;
    }
    return false;
}

bool inet_port_conflicts(const struct inet_use *use)
{
    return conflicts(use->port, use);
}

/* ---- free ones ---- */

struct range {
    unsigned least, count;
};

static struct range range_of(const struct inet_use *use)
{
    unsigned least = (unsigned)inet_settings.port_least, most = (unsigned)inet_settings.port_most;
    uint32_t own = use->socket->options.port_range;

    if (own != 0) {
        unsigned own_least = own & 0xffff, own_most = own >> 16;

        /* What lies outside of the system's doesn't count. */
        if (own_least >= least && own_least <= most)
            least = own_least;
        if (own_most != 0 && own_most >= least && own_most <= most)
            most = own_most;
    }
    return (struct range){.least = least, .count = most - least + 1};
}

/* Where the search begins: at a place that nobody knows, at first. */
static unsigned first_of(struct inet_table *table, struct range range)
{
    if (table->next == 0)
        random_bytes(&table->next, sizeof(table->next));
    return table->next++ % range.count;
}

/* The first that nobody has, from that place of the range on. 0: none. */
static uint16_t find_unused(struct inet_table *table, struct range range, unsigned first)
{
    unsigned i = 0;

    while (i < range.count) {
        unsigned number = range.least + (first + i) % range.count;
        uint64_t used = table->used[number / PORTS_IN_WORD];

        if (number % PORTS_IN_WORD == 0 && used == UINT64_MAX && number + PORTS_IN_WORD <= range.least + range.count) {
            i += PORTS_IN_WORD;
        } else if (used & 1ull << number % PORTS_IN_WORD) {
            i++;
        } else {
            table->next = (uint16_t)(first + i + 1);
            return (uint16_t)number;
        }
    }
    return 0;
}

/* The first that nobody has; if there is none, one that others share with this use. 0: none. */
static uint16_t find_free(struct inet_table *table, const struct inet_use *use)
{
    struct range range = range_of(use);
    unsigned first = first_of(table, range), most = reuses_address(use) ? range.count : 0;
    uint16_t number = find_unused(table, range, first);

    if (most > PORTS_LOOKED_AT)
        most = PORTS_LOOKED_AT;
    for (unsigned i = 0; number == 0 && i < most; i++) {
        uint16_t used = (uint16_t)(range.least + (first + i) % range.count);

        table->next = (uint16_t)(first + i + 1);
        if (!conflicts(inet_port_find(table, used), use))
            number = used;
    }
    return number;
}

int inet_port_take(struct inet_table *table, struct inet_use *use, uint16_t number)
{
    struct inet_port *port;

    if (number == 0)
        number = find_free(table, use);
    if (number == 0)
        return -EADDRINUSE;
    port = port_get(table, number);
    if (port == NULL)
        return -ENOMEM;
    if (conflicts(port, use))
        return -EADDRINUSE;
    join(port, use);
    return 0;
}

/* ---- connections ---- */

static unsigned tuple_hash(const struct inet_address *local, const struct inet_address *peer)
{
    uint64_t mixed = (local->halves[1] ^ (peer->halves[1] * 3)) + ((uint64_t)local->port << 16 | peer->port);

    mixed *= 0x9e3779b97f4a7c15ull;
    return (unsigned)(mixed >> 52) % TUPLE_BUCKETS;
}

void inet_tuple_add(struct inet_table *table, struct inet_use *use)
{
    struct list *bucket = &table->tuples[tuple_hash(&use->local, &use->peer)];

    if (bucket->next == NULL)
        list_init(bucket);
    list_insert(bucket, &use->in_tuples);
}

void inet_tuple_remove(struct inet_use *use)
{
    if (use->in_tuples.next == NULL)
        return;
    list_remove(&use->in_tuples);
    use->in_tuples = (struct list){0};
}

struct inet_use *inet_tuple_find(const struct inet_table *table, const struct inet_address *local,
                                 const struct inet_address *peer)
{
    const struct list *bucket = &table->tuples[tuple_hash(local, peer)];

    if (bucket->next == NULL)
        return NULL;
    for (struct list *at = bucket->next; at != bucket; at = at->next) {
        struct inet_use *use = container_of(at, struct inet_use, in_tuples);

        if (use->local.port == local->port && use->peer.port == peer->port && inet_same(&use->local, local) &&
            inet_same(&use->peer, peer))
            return use;
    }
    return NULL;
}

/* Whether others are connected by that port, which is in use, to somewhere else than the use is to be. */
static bool leads_elsewhere(const struct inet_table *table, const struct inet_port *port, const struct inet_use *use)
{
    const struct inet_use *other = container_of(port->uses.next, struct inet_use, in_port);
    struct inet_address local = use->local;

    local.port = port->number;
    return other->in_tuples.next != NULL && (other->socket == NULL || !other->socket->port_is_bound) &&
           inet_tuple_find(table, &local, &use->peer) == NULL;
}

/* A port that nobody has, or that others are connected by, to somewhere else. */
static int connect_free(struct inet_table *table, struct inet_use *use)
{
    struct range range = range_of(use);
    unsigned first = first_of(table, range);
    uint16_t number = find_unused(table, range, first);
    struct inet_port *port = number != 0 ? port_get(table, number) : NULL;

    if (number != 0 && port == NULL)
        return -ENOMEM;
    for (unsigned i = 0; port == NULL && i < range.count && i < PORTS_LOOKED_AT; i++) {
        table->next = (uint16_t)(first + i + 1);
        port = inet_port_find(table, (uint16_t)(range.least + (first + i) % range.count));
        if (!leads_elsewhere(table, port, use))
            port = NULL;
    }
    if (port == NULL)
        return -EADDRNOTAVAIL;
    join(port, use);
    return 0;
}

int inet_port_connect(struct inet_table *table, struct inet_use *use)
{
    int error = 0;

    if (use->port == NULL)
        error = connect_free(table, use);
    else if (inet_tuple_find(table, &use->local, &use->peer) != NULL)
        error = -EADDRNOTAVAIL;
    if (error == 0)
        inet_tuple_add(table, use);
    return error;
}

unsigned inet_port_fits(const struct inet_use *use, const struct inet_address *to)
{
    if (use->socket != NULL && use->socket->options.device == ETH_INDEX && inet_is_loopback(to))
        return 0; /* it takes what comes by eth0 */
    if (has_both(use))
        return 1;
    if (inet_is_v4(&use->local) != inet_is_v4(to))
        return 0;
    if (inet_is_any(&use->local))
        return 2;
    return inet_same(&use->local, to) ? 3 : 0;
}

bool inet_table_walk(const struct inet_table *table, uint32_t *bucket, uint32_t *skip,
                     bool (*each)(void *arg, struct inet_use *use), void *arg)
{
    for (; *bucket < PORT_BUCKETS; ++*bucket, *skip = 0) {
        uint32_t place = 0;

        for (struct inet_port *port = table->ports[*bucket]; port != NULL; port = port->next) {
            for_each_use(use, port)
            {
                if (place++ < *skip)
                    continue;
                if (!each(arg, use))
                    return false;
                ++*skip;
            }
        }
    }
    return true;
}
