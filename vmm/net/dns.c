/* SPDX-License-Identifier: Apache-2.0 */
/* dns.c - see dns.h. */
#include "vmm/net/dns.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define HEADER 12u
#define LABEL_MAX 63u
#define CLASS_INTERNET 1u
#define TTL_SECONDS 60u

#define FLAG_RESPONSE 0x8000u
#define FLAG_RECURSION 0x0100u
#define FLAG_RECURSION_AVAILABLE 0x0080u
#define OPCODE(flags) ((flags) >> 11 & 15u)

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint8_t *put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

/* ---- names ---- */

static bool is_plain(const uint8_t *label, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (label[i] <= ' ' || label[i] > '~' || label[i] == '.' || label[i] == '\\')
            return false;
    return true;
}

/* A name without compression, as in questions. Returns where it ends, 0: it is damaged. */
static size_t read_name(const uint8_t *message, size_t size, size_t at, char *out)
{
    size_t length = 0;

    while (at < size && message[at] != 0) {
        size_t label = message[at++];

        if (label > LABEL_MAX || label > size - at || length + label + 1 >= DNS_NAME || !is_plain(message + at, label))
            return 0;
        if (length > 0)
            out[length++] = '.';
        memcpy(out + length, message + at, label);
        length += label;
        at += label;
    }
    out[length] = '\0';
    return at < size ? at + 1 : 0;
}

/* Goes past a name of any kind: what it is pointed to isn't of interest. 0: it is damaged. */
static size_t skip_name(const uint8_t *message, size_t size, size_t at)
{
    while (at < size && message[at] != 0) {
        size_t label = message[at];

        if (label >= 0xc0)
            return at + 2 <= size ? at + 2 : 0;
        if (label > LABEL_MAX)
            return 0;
        at += label + 1;
    }
    return at < size ? at + 1 : 0;
}

static uint8_t *write_name(uint8_t *at, const char *name)
{
    while (*name != '\0') {
        size_t label = strcspn(name, ".");

        *at++ = (uint8_t)label;
        memcpy(at, name, label);
        at += label;
        name += label;
        name += *name == '.';
    }
    *at++ = 0;
    return at;
}

/* ---- queries ---- */

int dns_parse_query(const uint8_t *message, size_t size, struct dns_question *out)
{
    memset(out, 0, sizeof(*out));
    if (size < HEADER || (get16(message + 2) & FLAG_RESPONSE) != 0)
        return -EINVAL;
    out->id = get16(message);
    out->recursion = get16(message + 2) & FLAG_RECURSION;
    if (OPCODE(get16(message + 2)) != 0)
        return -ENOTSUP;
    if (get16(message + 4) != 1)
        return -EBADMSG;
    size_t at = read_name(message, size, HEADER, out->name);
    if (at == 0 || size - at < 4)
        return -EBADMSG;
    out->type = get16(message + at);
    return get16(message + at + 2) == CLASS_INTERNET ? 0 : -ENOTSUP;
}

static uint8_t *write_question(uint8_t *at, const struct dns_question *question)
{
    at = write_name(at, question->name);
    at = put16(at, question->type);
    return put16(at, CLASS_INTERNET);
}

static uint8_t *write_header(uint8_t *at, uint16_t id, unsigned flags, unsigned questions, unsigned answers)
{
    at = put16(at, id);
    at = put16(at, flags);
    at = put16(at, questions);
    at = put16(at, answers);
    memset(at, 0, 4);
    return at + 4;
}

size_t dns_make_query(const struct dns_question *question, uint16_t id, uint8_t *out)
{
    return (size_t)(write_question(write_header(out, id, FLAG_RECURSION, 1, 0), question) - out);
}

/* ---- responses ---- */

bool dns_is_response(const uint8_t *message, size_t size, const struct dns_question *question, uint16_t id)
{
    char name[DNS_NAME];

    if (size < HEADER || get16(message) != id || (get16(message + 2) & FLAG_RESPONSE) == 0 ||
        OPCODE(get16(message + 2)) != 0 || get16(message + 4) != 1)
        return false;
    size_t at = read_name(message, size, HEADER, name);
    return at != 0 && size - at >= 4 && strcasecmp(name, question->name) == 0 &&
           get16(message + at) == question->type && get16(message + at + 2) == CLASS_INTERNET;
}

int dns_code(const uint8_t *message)
{
    return message[3] & 15;
}

/* A record's address. False: it has none. */
static bool take_address(const uint8_t *record, uint16_t type, size_t length, struct net_address *out)
{
    if (type == DNS_TYPE_A && length == 4)
        *out = net_address_v4((uint32_t)record[0] << 24 | (uint32_t)record[1] << 16 | (uint32_t)record[2] << 8 |
                              record[3]);
    else if (type == DNS_TYPE_AAAA && length == 16)
        memcpy(out->bytes, record, 16);
    else
        return false;
    return true;
}

int dns_addresses(const uint8_t *message, size_t size, struct net_address *out)
{
    unsigned answers = get16(message + 6), count = 0;
    size_t at = skip_name(message, size, HEADER);

    if (at == 0 || size - at < 4)
        return -EBADMSG;
    at += 4;
    for (unsigned i = 0; i < answers && count < DNS_ADDRESSES; i++) {
        at = skip_name(message, size, at);
        if (at == 0 || size - at < 10)
            return -EBADMSG;
        uint16_t type = get16(message + at), class = get16(message + at + 2), length = get16(message + at + 8);
        at += 10;
        if (length > size - at)
            return -EBADMSG;
        count += class == CLASS_INTERNET && take_address(message + at, type, length, &out[count]);
        at += length;
    }
    return (int)count;
}

static uint8_t *write_address(uint8_t *at, const struct net_address *address)
{
    bool is_v4 = net_address_is_v4(address);
    size_t size = is_v4 ? 4 : 16;

    at = put16(at, 0xc000 | HEADER); /* the question's name */
    at = put16(at, is_v4 ? DNS_TYPE_A : DNS_TYPE_AAAA);
    at = put16(at, CLASS_INTERNET);
    at = put16(at, 0);
    at = put16(at, TTL_SECONDS);
    at = put16(at, (unsigned)size);
    memcpy(at, address->bytes + 16 - size, size);
    return at + size;
}

size_t dns_make_response(const struct dns_question *question, bool is_damaged, int code,
                         const struct net_address *addresses, unsigned count, uint8_t *out)
{
    unsigned flags =
        FLAG_RESPONSE | FLAG_RECURSION_AVAILABLE | (question->recursion ? FLAG_RECURSION : 0) | (unsigned)code;
    uint8_t *at = write_header(out, question->id, flags, is_damaged ? 0 : 1, 0);
    unsigned written = 0;

    if (!is_damaged)
        at = write_question(at, question);
    for (unsigned i = 0; i < count; i++) {
        if (question->type != (net_address_is_v4(&addresses[i]) ? DNS_TYPE_A : DNS_TYPE_AAAA))
            continue;
        at = write_address(at, &addresses[i]);
        written++;
    }
    put16(out + 6, written);
    return (size_t)(at - out);
}

void dns_set_id(uint8_t *message, uint16_t id)
{
    put16(message, id);
}
