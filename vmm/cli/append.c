/* SPDX-License-Identifier: Apache-2.0 */
/* append.c - see append.h. */
#include "vmm/cli/append.h"

#include <stdbool.h>
#include <string.h>

#include "vmm/log.h"

/* The guest kernel's (guest-kernel/arch/x86_64/start.c) and lvmm's own (vmm/tracer.c). */
static const char *const words[] = {"gate=off", "lvmm.trace"};
/* And one of kernels for tests, with a number (guest-kernel/mm/check.h). */
static const char fail[] = "fail";
#define WORDS "gate=off (x86_64) and lvmm.trace"

static bool is_known(const char *word, size_t length)
{
    const char *value = memchr(word, '=', length);

    if (value != NULL && (size_t)(value - word) == strlen(fail) && memcmp(word, fail, strlen(fail)) == 0)
        return true;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strlen(words[i]) == length && memcmp(words[i], word, length) == 0)
            return true;
    return false;
}

void append_warn(const char *text)
{
    if (text == NULL)
        return;
    for (const char *at = text + strspn(text, " "); *at != '\0'; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");

        if (!is_known(at, length))
            log_warning("--append: the bundled guest kernel doesn't know '%.*s'; it knows " WORDS, (int)length, at);
        at += length;
    }
}
