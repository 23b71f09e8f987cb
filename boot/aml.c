/* SPDX-License-Identifier: Apache-2.0 */
/* aml.c - see aml.h. */
#include "boot/aml.h"

#include <string.h>

/* ACPI 6.4, 20.3: the byte values of terms. */
enum {
    OP_ZERO = 0x00,
    OP_NAME = 0x08,
    OP_BYTE = 0x0a,
    OP_DWORD = 0x0c,
    OP_STRING = 0x0d,
    OP_SCOPE = 0x10,
    OP_BUFFER = 0x11,
    OP_PACKAGE = 0x12,
    OP_EXTENDED = 0x5b,
    OP_DEVICE = 0x82, /* after OP_EXTENDED */
};

/* PkgLength (20.2.4) always in its form of three bytes: the length isn't known before what it counts. */
#define LENGTH_BYTES 3u
#define LENGTH_MAX (1u << 20)

/* Resource descriptors: 6.4.2.5, 6.4.2.9, 6.4.3.4, 6.4.3.5 and 6.4.3.6. */
enum {
    RESOURCE_PORT = 0x47,
    RESOURCE_END = 0x79,
    RESOURCE_MEMORY = 0x86,
    RESOURCE_SPACE_DWORD = 0x87,
    RESOURCE_SPACE_WORD = 0x88,
    RESOURCE_INTERRUPT = 0x89,
};
enum { PORT_DECODES_16_BITS = 1, MEMORY_WRITABLE = 1 };
enum { INTERRUPT_CONSUMER = 1, INTERRUPT_EDGE = 2 }; /* active high, not shared */
enum { SPACE_MEMORY = 0, SPACE_PORTS = 1, SPACE_BUSES = 2 };
enum { SPACE_FIXED = 0x0c };                       /* lowest and highest address; of a bridge */
enum { PORTS_ALL = 0x03, PORTS_IN_MEMORY = 0x10 }; /* of a window's ports */
#define RESOURCE_BYTES 26u                         /* the longest, with its tag */
#define RESOURCES_MAX 8u

static void put(struct aml *aml, const void *bytes, size_t size)
{
    if (aml->overflow || size > aml->room - aml->size) {
        aml->overflow = true;
        return;
    }
    memcpy(aml->bytes + aml->size, bytes, size);
    aml->size += size;
}

static void put_integer(struct aml *aml, uint64_t value, unsigned size)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    put(aml, bytes, size);
}

static size_t begin_length(struct aml *aml)
{
    size_t begin = aml->size;

    put_integer(aml, 0, LENGTH_BYTES);
    return begin;
}

void aml_end(struct aml *aml, size_t begin)
{
    size_t length = aml->size - begin;

    if (length >= LENGTH_MAX)
        aml->overflow = true;
    if (aml->overflow)
        return;
    aml->bytes[begin] = (uint8_t)((LENGTH_BYTES - 1) << 6 | (length & 0xf));
    aml->bytes[begin + 1] = (uint8_t)(length >> 4);
    aml->bytes[begin + 2] = (uint8_t)(length >> 12);
}

size_t aml_begin_scope(struct aml *aml, const char *name)
{
    put_integer(aml, OP_SCOPE, 1);
    size_t begin = begin_length(aml);
    put(aml, name, strlen(name));
    return begin;
}

size_t aml_begin_device(struct aml *aml, const char *name)
{
    put_integer(aml, OP_EXTENDED, 1);
    put_integer(aml, OP_DEVICE, 1);
    size_t begin = begin_length(aml);
    put(aml, name, strlen(name));
    return begin;
}

static void put_name(struct aml *aml, const char *name)
{
    put_integer(aml, OP_NAME, 1);
    put(aml, name, strlen(name));
}

static void put_byte_term(struct aml *aml, uint8_t value)
{
    if (value > 1) /* 0 and 1 are terms themselves */
        put_integer(aml, OP_BYTE, 1);
    put_integer(aml, value, 1);
}

void aml_integer(struct aml *aml, uint32_t value)
{
    if (value <= UINT8_MAX) {
        put_byte_term(aml, (uint8_t)value);
    } else {
        put_integer(aml, OP_DWORD, 1);
        put_integer(aml, value, 4);
    }
}

void aml_name_integer(struct aml *aml, const char *name, uint32_t value)
{
    put_name(aml, name);
    aml_integer(aml, value);
}

void aml_name_string(struct aml *aml, const char *name, const char *value)
{
    put_name(aml, name);
    put_integer(aml, OP_STRING, 1);
    put(aml, value, strlen(value) + 1);
}

static uint32_t hex_digit(char digit)
{
    return (uint32_t)(digit <= '9' ? digit - '0' : digit - 'A' + 10);
}

void aml_name_eisa(struct aml *aml, const char *name, const char *id)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < 3; i++)
        value = value << 5 | (uint32_t)(id[i] - '@');
    for (unsigned i = 3; i < 7; i++)
        value = value << 4 | hex_digit(id[i]);
    put_name(aml, name);
    put_integer(aml, OP_DWORD, 1);
    put_integer(aml, __builtin_bswap32(value), 4);
}

void aml_name_package(struct aml *aml, const char *name, const uint8_t *values, unsigned count)
{
    put_name(aml, name);
    put_integer(aml, OP_PACKAGE, 1);
    size_t begin = begin_length(aml);
    put_integer(aml, count, 1);
    for (unsigned i = 0; i < count; i++)
        put_byte_term(aml, values[i]);
    aml_end(aml, begin);
}

size_t aml_begin_package(struct aml *aml, uint8_t count)
{
    put_integer(aml, OP_PACKAGE, 1);
    size_t begin = begin_length(aml);
    put_integer(aml, count, 1);
    return begin;
}

size_t aml_begin_name_package(struct aml *aml, const char *name, uint8_t count)
{
    put_name(aml, name);
    return aml_begin_package(aml, count);
}

static void put_ports(struct aml *aml, const struct aml_resource *resource)
{
    put_integer(aml, RESOURCE_PORT, 1);
    put_integer(aml, PORT_DECODES_16_BITS, 1);
    put_integer(aml, resource->base, 2); /* lowest and highest base */
    put_integer(aml, resource->base, 2);
    put_integer(aml, 1, 1); /* alignment */
    put_integer(aml, resource->size, 1);
}

static void put_memory(struct aml *aml, const struct aml_resource *resource)
{
    put_integer(aml, RESOURCE_MEMORY, 1);
    put_integer(aml, 9, 2);
    put_integer(aml, MEMORY_WRITABLE, 1);
    put_integer(aml, resource->base, 4);
    put_integer(aml, resource->size, 4);
}

static void put_interrupt(struct aml *aml, const struct aml_resource *resource)
{
    put_integer(aml, RESOURCE_INTERRUPT, 1);
    put_integer(aml, 6, 2);
    put_integer(aml, INTERRUPT_CONSUMER | (resource->kind == AML_INTERRUPT_EDGE ? INTERRUPT_EDGE : 0), 1);
    put_integer(aml, 1, 1);
    put_integer(aml, resource->base, 4);
}

/* An address space descriptor, whose numbers have `width` bytes. */
static void put_space(struct aml *aml, const struct aml_resource *resource, uint8_t type, uint8_t flags, unsigned width)
{
    put_integer(aml, width == 2 ? RESOURCE_SPACE_WORD : RESOURCE_SPACE_DWORD, 1);
    put_integer(aml, 3 + 5 * width, 2);
    put_integer(aml, type, 1);
    put_integer(aml, SPACE_FIXED, 1);
    put_integer(aml, flags, 1);
    put_integer(aml, 0, width); /* granularity */
    put_integer(aml, resource->base, width);
    put_integer(aml, resource->base + (resource->size - 1), width);
    put_integer(aml, resource->offset, width);
    put_integer(aml, resource->size, width);
}

static void put_resource(struct aml *aml, const struct aml_resource *resource)
{
    switch (resource->kind) {
    case AML_PORTS:
        put_ports(aml, resource);
        break;
    case AML_MEMORY:
        put_memory(aml, resource);
        break;
    case AML_INTERRUPT_EDGE:
    case AML_INTERRUPT_LEVEL:
        put_interrupt(aml, resource);
        break;
    case AML_BUSES:
        put_space(aml, resource, SPACE_BUSES, 0, 2);
        break;
    case AML_MEMORY_WINDOW:
        put_space(aml, resource, SPACE_MEMORY, MEMORY_WRITABLE, 4);
        break;
    case AML_PORT_WINDOW:
        put_space(aml, resource, SPACE_PORTS, PORTS_ALL | PORTS_IN_MEMORY, 4);
        break;
    }
}

void aml_name_resources(struct aml *aml, const struct aml_resource *resource, unsigned count)
{
    uint8_t bytes[RESOURCES_MAX * RESOURCE_BYTES + 2];
    struct aml list = {.bytes = bytes, .room = sizeof(bytes)};

    for (unsigned i = 0; i < count; i++)
        put_resource(&list, &resource[i]);
    put_integer(&list, RESOURCE_END, 1);
    put_integer(&list, 0, 1); /* a checksum that isn't looked at */
    aml->overflow = aml->overflow || list.overflow;

    put_name(aml, "_CRS");
    put_integer(aml, OP_BUFFER, 1);
    size_t begin = begin_length(aml);
    put_byte_term(aml, (uint8_t)list.size);
    put(aml, bytes, list.size);
    aml_end(aml, begin);
}
