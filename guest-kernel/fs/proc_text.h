/* SPDX-License-Identifier: Apache-2.0 */
/* proc_text.h - the one way in which files under /proc are printed: a buffer that grows by pages, up to a bound. */
#ifndef GK_FS_PROC_TEXT_H
#define GK_FS_PROC_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/printf.h"

struct iter;
struct page;

#define PROC_TEXT_MAX (16ul << 20) /* bytes; what would be longer is -ENOMEM, as where memory is used up */
#define PROC_TEXT_PART 8u          /* all of them together: so much of memory is -ENOMEM as well */
#define PROC_TEXT_KEPT_PART 16u    /* and with so much, none is kept for later reads */
#define PROC_LINE_MAX 256u         /* bytes that one proc_print puts at most, its NUL among them; the rest is cut */

struct proc_text { /* all zero: empty */
    struct page **pages;
    unsigned count, room; /* pages; places in `pages` */
    size_t length;        /* bytes that were put */
    int error;            /* the first one: then nothing more is put */
};

/* Appends. What fails is kept in text->error, so that who prints looks once, at the end. Only where there is no room
 * (proc_text_reserve) is memory asked for, for which others may run. */
void proc_print(struct proc_text *text, const char *fmt, ...) PRINTF_LIKE(2, 3);
void proc_put(struct proc_text *text, const void *bytes, size_t size);
void proc_put_lines(struct proc_text *text, const char *value); /* a line at a time, so that any length will do */
/* A name or path, with each byte of `escaped` as \ooo (Linux's mangle_path). */
void proc_put_escaped(struct proc_text *text, const char *string, const char *escaped);
void proc_put_octal(struct proc_text *text, uint64_t value);
/* Spaces up to `column` of the line that began at `start`, and one more (Linux's seq_pad). */
void proc_pad(struct proc_text *text, size_t start, unsigned column);

/* What was written to such a file, as Linux's kstrtoll reads it: decimal, 0x or 0, with spaces around. 0 or -EINVAL. */
int proc_parse_number(char *text, size_t size, int64_t *out);

/* Makes room for so many bytes: what is put into it needs no memory, and so never waits. Who walks a list does this
 * before it looks at each element. False: it can't be had (text->error). */
bool proc_text_reserve(struct proc_text *text, size_t size);

void proc_text_end_at_nul(struct proc_text *text); /* what comes behind the first NUL, and that, is dropped */

/* Moves what is at `pos` into the buffers: bytes, 0 at the end, or -EFAULT. */
int64_t proc_text_read(const struct proc_text *text, struct iter *iter, uint64_t pos);
void proc_text_trim(struct proc_text *text); /* gives back the pages that nothing was put into */
void proc_text_free(struct proc_text *text); /* it is empty again */
/* Whether all texts together are small enough for one to be kept until the next read. */
bool proc_text_may_be_kept(void);

#endif
