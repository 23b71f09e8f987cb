/* SPDX-License-Identifier: Apache-2.0 */
/* proc_text.c - see proc_text.h. */
#include "fs/proc_text.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mm/iter.h"
#include "mm/kmalloc.h"
#include "mm/page.h"

#define ROOM_AT_FIRST 8u

static uint64_t pages_used; /* of all texts */

/* What programs have printed and not read must not use up the machine: a part of memory, and then what is printed. */
static bool is_within(uint64_t part)
{
    return pages_used < page_total_count() / part;
}

/* There is a place for one more page: 0 or -ENOMEM. */
static int places_grow(struct proc_text *text)
{
    unsigned room = text->room != 0 ? 2 * text->room : ROOM_AT_FIRST;
    struct page **pages;

    if (text->count < text->room)
        return 0;
    pages = kmalloc_array(room, sizeof(struct page *));
    if (pages == NULL)
        return -ENOMEM;
    if (text->count != 0)
        memcpy(pages, text->pages, text->count * sizeof(struct page *));
    kfree(text->pages);
    text->pages = pages;
    text->room = room;
    return 0;
}

static int page_add(struct proc_text *text)
{
    bool is_possible = (uint64_t)text->count * PAGE_SIZE < PROC_TEXT_MAX && is_within(PROC_TEXT_PART);
    struct page *page = is_possible && places_grow(text) == 0 ? page_alloc_dirty() : NULL;

    if (page == NULL)
        return -ENOMEM;
    text->pages[text->count++] = page;
    pages_used++;
    return 0;
}

bool proc_text_reserve(struct proc_text *text, size_t size)
{
    while (text->error == 0 && (uint64_t)text->count * PAGE_SIZE - text->length < size)
        text->error = page_add(text);
    return text->error == 0;
}

void proc_put(struct proc_text *text, const void *bytes, size_t size)
{
    const char *from = bytes;

    if (!proc_text_reserve(text, size))
        return;
    while (size != 0) {
        size_t used = text->length & PAGE_MASK, step = PAGE_SIZE - used < size ? PAGE_SIZE - used : size;

        memcpy((char *)page_data(text->pages[text->length >> PAGE_SHIFT]) + used, from, step);
        text->length += step;
        from += step;
        size -= step;
    }
}

void proc_print(struct proc_text *text, const char *fmt, ...)
{
    char line[PROC_LINE_MAX];
    va_list ap;

    va_start(ap, fmt);
    int length = vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    proc_put(text, line, (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
}

void proc_put_lines(struct proc_text *text, const char *value)
{
    while (*value != 0) {
        size_t length = 0;

        while (value[length] != 0 && value[length] != '\n')
            length++;
        length += value[length] == '\n';
        proc_put(text, value, length);
        value += length;
    }
}

void proc_put_escaped(struct proc_text *text, const char *string, const char *escaped)
{
    for (size_t plain; *string != 0; string += plain) {
        for (plain = 0; string[plain] != 0 && strchr(escaped, string[plain]) == NULL; plain++)
            ;
        proc_put(text, string, plain);
        if (plain != 0)
            continue;
        unsigned char byte = (unsigned char)*string;
        char octal[4] = {'\\', (char)('0' + byte / 64), (char)('0' + byte / 8 % 8), (char)('0' + byte % 8)};
        proc_put(text, octal, sizeof(octal));
        plain = 1;
    }
}

void proc_put_octal(struct proc_text *text, uint64_t value)
{
    char digits[24];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + (value & 7));
        value >>= 3;
    } while (value != 0);
    proc_put(text, digits + at, sizeof(digits) - at);
}

void proc_pad(struct proc_text *text, size_t start, unsigned column)
{
    while (text->error == 0 && text->length - start < column)
        proc_put(text, " ", 1);
    proc_put(text, " ", 1);
}

void proc_text_end_at_nul(struct proc_text *text)
{
    for (unsigned i = 0; i < text->count && (uint64_t)i << PAGE_SHIFT < text->length; i++) {
        size_t start = (size_t)i << PAGE_SHIFT, left = text->length - start;
        const char *bytes = page_data(text->pages[i]);
        const char *nul = memchr(bytes, 0, left < PAGE_SIZE ? left : PAGE_SIZE);

        if (nul != NULL) {
            text->length = start + (size_t)(nul - bytes);
            return;
        }
    }
}

int64_t proc_text_read(const struct proc_text *text, struct iter *iter, uint64_t pos)
{
    int64_t done = 0;

    while (iter->left != 0 && pos < text->length) {
        size_t used = pos & PAGE_MASK, step = PAGE_SIZE - used;
        const char *from = page_data(text->pages[pos >> PAGE_SHIFT]);

        if (step > text->length - pos)
            step = text->length - pos;
        if (step > iter->left)
            step = iter->left;
        int64_t moved = iter_fill(iter, from + used, step);
        if (moved < 0)
            return done != 0 ? done : moved;
        done += moved;
        pos += (uint64_t)moved;
        if ((size_t)moved < step)
            break;
    }
    return done;
}

static void pages_drop(struct proc_text *text, size_t left)
{
    while (text->count > left) {
        page_put(text->pages[--text->count]);
        pages_used--;
    }
}

void proc_text_trim(struct proc_text *text)
{
    pages_drop(text, (text->length + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

void proc_text_free(struct proc_text *text)
{
    pages_drop(text, 0);
    kfree(text->pages);
    *text = (struct proc_text){0};
}

bool proc_text_may_be_kept(void)
{
    return is_within(PROC_TEXT_KEPT_PART);
}

/* ---- what is written ---- */

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : 16;
}

int proc_parse_number(char *text, size_t size, int64_t *out)
{
    const char *at = text, *end = text + strnlen(text, size);
    bool is_negative;
    int base = 10;
    uint64_t value = 0;

    while (at < end && is_space(end[-1]))
        end--;
    while (at < end && is_space(*at))
        at++;
    is_negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    if (end - at > 2 && at[0] == '0' && (at[1] | 0x20) == 'x') {
        base = 16;
        at += 2;
    } else if (end - at > 1 && at[0] == '0') {
        base = 8;
    }
    if (at == end)
        return -EINVAL;
    for (; at < end; at++) {
        if (digit_of(*at) >= base || value > INT64_MAX / 16)
            return -EINVAL;
        value = value * (unsigned)base + (unsigned)digit_of(*at);
    }
    *out = is_negative ? -(int64_t)value : (int64_t)value;
    return 0;
}
