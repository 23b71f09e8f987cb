/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_fuzz.c - hostile messages of DNS, as queries and as responses: nothing outside of them is read, and a query that
 * is understood is the same once it was made anew.
 */
// sources: vmm/net/dns.c vmm/net/address.c
#include "vmm/net/dns.h"

#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct net_address addresses[DNS_ADDRESSES];
    uint8_t made[DNS_QUERY_MAX + 28 * DNS_ADDRESSES];
    struct dns_question question, again;
    uint8_t *message;

    if (size > DNS_MESSAGE_MAX)
        return 0;
    message = malloc(size + (size == 0)); /* of its very size */
    if (size > 0)
        memcpy(message, data, size);
    if (dns_parse_query(message, size, &question) == 0) {
        size_t length = dns_make_query(&question, question.id, made);
        must(length <= DNS_QUERY_MAX && dns_parse_query(made, length, &again) == 0);
        must(strcmp(again.name, question.name) == 0 && again.type == question.type);
        length = dns_make_response(&question, false, DNS_OK, NULL, 0, made);
        must(dns_is_response(made, length, &question, question.id));
    }
    if (size >= 12) {
        int count = dns_addresses(message, size, addresses);
        must(count <= (int)DNS_ADDRESSES);
        if (count > 0)
            must(dns_make_response(&question, false, DNS_OK, addresses, (unsigned)count, made) <= sizeof(made));
    }
    free(message);
    return 0;
}
