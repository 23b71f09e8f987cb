/* SPDX-License-Identifier: Apache-2.0 */
/* json.c - see json.h. */
#include "vmm/json.h"

#include <string.h>

#define NS_PER_S 1000000000u
#define NS_PER_US 1000u
#define REPLACEMENT "\\ufffd"

static void put(struct json *json, const char *bytes, size_t size)
{
    if (json->overflow || size > json->room - json->size) {
        json->overflow = true;
        return;
    }
    memcpy(json->bytes + json->size, bytes, size);
    json->size += size;
}

static void put_text(struct json *json, const char *text)
{
    put(json, text, strlen(text));
}

/* With zeros in front, if it has fewer digits than that. */
static void put_number(struct json *json, uint64_t value, unsigned digits)
{
    char text[20];
    size_t at = sizeof(text);

    do {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    while (sizeof(text) - at < digits)
        text[--at] = '0';
    put(json, text + at, sizeof(text) - at);
}

/* ---- strings ---- */

static bool is_between(uint8_t byte, unsigned least, unsigned most)
{
    return byte >= least && byte <= most;
}

/* How many bytes the character has that begins there, as RFC 3629's table has it; 0: it is none. */
static size_t character(const uint8_t *bytes, size_t size)
{
    uint8_t first = bytes[0];
    unsigned least = 0x80, most = 0xbf; /* of the second byte */
    size_t length = first < 0x80 ? 1 : is_between(first, 0xc2, 0xdf) ? 2 : is_between(first, 0xe0, 0xef) ? 3 : 4;

    if (length == 1)
        return 1;
    if (first < 0xc2 || first > 0xf4 || length > size)
        return 0;
    if (first == 0xe0)
        least = 0xa0; /* else it would be too long */
    else if (first == 0xed)
        most = 0x9f; /* half of a surrogate pair */
    else if (first == 0xf0)
        least = 0x90;
    else if (first == 0xf4)
        most = 0x8f; /* beyond U+10FFFF */
    if (!is_between(bytes[1], least, most))
        return 0;
    for (size_t i = 2; i < length; i++)
        if (!is_between(bytes[i], 0x80, 0xbf))
            return 0;
    return length;
}

static void put_control(struct json *json, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";
    const char text[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};

    put(json, text, sizeof(text));
}

/* Returns how many bytes that were. */
static size_t put_character(struct json *json, const uint8_t *bytes, size_t size)
{
    size_t length = character(bytes, size);

    if (length == 0) {
        put_text(json, REPLACEMENT);
        return 1;
    }
    if (bytes[0] < ' ' || bytes[0] == 0x7f) {
        put_control(json, bytes[0]);
        return 1;
    }
    if (bytes[0] == '"' || bytes[0] == '\\')
        put(json, "\\", 1);
    put(json, (const char *)bytes, length);
    return length;
}

static void put_string(struct json *json, const char *text, size_t size)
{
    put(json, "\"", 1);
    for (size_t at = 0; at < size && !json->overflow;)
        at += put_character(json, (const uint8_t *)text + at, size - at);
    put(json, "\"", 1);
}

/* ---- values ---- */

static void begin_value(struct json *json, const char *name)
{
    if (json->separate)
        put_text(json, ", ");
    json->separate = true;
    if (name != NULL) {
        put_string(json, name, strlen(name));
        put_text(json, ": ");
    }
}

void json_begin(struct json *json, char *bytes, size_t room)
{
    *json = (struct json){.bytes = bytes, .room = room};
    put(json, "{", 1);
}

size_t json_end(struct json *json)
{
    put(json, "}\n", 2);
    return json->overflow ? 0 : json->size;
}

void json_open(struct json *json, const char *name, char bracket)
{
    begin_value(json, name);
    put(json, &bracket, 1);
    json->separate = false;
}

void json_close(struct json *json, char bracket)
{
    put(json, &bracket, 1);
    json->separate = true;
}

void json_string(struct json *json, const char *name, const char *text, size_t size)
{
    begin_value(json, name);
    put_string(json, text, size);
}

void json_number(struct json *json, const char *name, uint64_t value)
{
    begin_value(json, name);
    put_number(json, value, 1);
}

void json_seconds(struct json *json, const char *name, uint64_t ns)
{
    begin_value(json, name);
    put_number(json, ns / NS_PER_S, 1);
    put(json, ".", 1);
    put_number(json, ns % NS_PER_S / NS_PER_US, 6);
}

void json_bool(struct json *json, const char *name, bool value)
{
    begin_value(json, name);
    put_text(json, value ? "true" : "false");
}

void json_null(struct json *json, const char *name)
{
    begin_value(json, name);
    put_text(json, "null");
}
