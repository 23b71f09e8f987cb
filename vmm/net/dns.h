/* SPDX-License-Identifier: Apache-2.0 */
/* dns.h - messages of DNS (RFC 1035, section 4), which are hostile from either side. Pure. */
#ifndef LVMM_NET_DNS_H
#define LVMM_NET_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/net/address.h"

#define DNS_NAME 254u      /* characters of a name, with the NUL: without its last dot, "" is the root */
#define DNS_QUERY_MAX 300u /* bytes of a message with one question */
#define DNS_MESSAGE_MAX 65535u
#define DNS_ADDRESSES 64u /* that are looked at in an answer */

enum { DNS_TYPE_A = 1, DNS_TYPE_AAAA = 28 };
enum {
    DNS_OK = 0,
    DNS_FORMAT_ERROR = 1,
    DNS_SERVER_FAILURE = 2,
    DNS_NO_NAME = 3,
    DNS_NOT_IMPLEMENTED = 4,
    DNS_REFUSED = 5
};

struct dns_question {
    uint16_t id, type;
    bool recursion;
    char name[DNS_NAME];
};

/* A query with one question of the Internet's class, whose name has printable characters without '.' or '\' in its
 * labels. 0; -EINVAL: it isn't a query at all, so nobody answers it; -EBADMSG, -ENOTSUP: one that is to be answered by
 * a format error, or by "not implemented": `id` is there. */
int dns_parse_query(const uint8_t *message, size_t size, struct dns_question *out);
/* Writes that query, with another id, recursion desired. At most DNS_QUERY_MAX bytes. */
size_t dns_make_query(const struct dns_question *question, uint16_t id, uint8_t *out);

/* Is it a response with that id to that question? Case doesn't matter. */
bool dns_is_response(const uint8_t *message, size_t size, const struct dns_question *question, uint16_t id);
int dns_code(const uint8_t *message); /* of a response: DNS_OK ... */
/* The addresses among its answers, at most DNS_ADDRESSES. -EBADMSG: its records are damaged. */
int dns_addresses(const uint8_t *message, size_t size, struct net_address *out);

/* Writes a response: the code, and the addresses that are of the question's type. At most DNS_QUERY_MAX bytes and 28
 * per address. A question whose query was damaged isn't repeated (is_damaged). */
size_t dns_make_response(const struct dns_question *question, bool is_damaged, int code,
                         const struct net_address *addresses, unsigned count, uint8_t *out);
void dns_set_id(uint8_t *message, uint16_t id); /* of a message of at least 2 bytes */

#endif
