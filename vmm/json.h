/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - writes one JSON text (RFC 8259) into a buffer of the caller's. Pure, and good for signal handlers: no
 * memory is taken, and nothing of the C library's is called but for moving bytes.
 *
 * What has no room any more is left out, and json_end says so; nothing is ever written beyond the buffer.
 */
#ifndef LVMM_JSON_H
#define LVMM_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json {
    char *bytes;
    size_t size, room;
    bool overflow;
    bool separate; /* a value was written at this level: the next one needs a comma */
};

/* An object begins, which json_end ends. */
void json_begin(struct json *json, char *bytes, size_t room);
/* With a newline. How many bytes it is; 0: there was no room for it. */
size_t json_end(struct json *json);

/* Each member of an object has a name, of printable ASCII without quotes; those of a list have NULL for it. */
void json_open(struct json *json, const char *name, char bracket); /* '{' or '[' */
void json_close(struct json *json, char bracket);                  /* '}' or ']' */
/* Any bytes: what isn't UTF-8 is replaced (U+FFFD), and control characters are escaped. */
void json_string(struct json *json, const char *name, const char *text, size_t size);
void json_number(struct json *json, const char *name, uint64_t value);
/* Nanoseconds as seconds, with six digits of a fraction. */
void json_seconds(struct json *json, const char *name, uint64_t ns);
void json_bool(struct json *json, const char *name, bool value);
void json_null(struct json *json, const char *name);

#endif
