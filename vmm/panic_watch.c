/* SPDX-License-Identifier: Apache-2.0 */
/* panic_watch.c - see panic_watch.h. */
#include "vmm/panic_watch.h"

#include <stdio.h>

#include "vmm/log.h"

/* Linux, kernel/panic.c. The first letter of each phrase is nowhere else in it, so what doesn't go on with a phrase can
 * only begin it anew. */
static const char panic_phrase[] = "Kernel panic - not syncing: ";
/* Linux, kernel/reboot.c: "Restarting system", "Power down" or "System halted" follows. */
static const char reboot_phrase[] = "reboot: ";

/* "---[ end Kernel panic - not syncing: ... ]---" repeats the text. */
#define BEFORE_END ((unsigned)'e' << 24 | 'n' << 16 | 'd' << 8 | ' ')

/* One byte further in a phrase: how many of its bytes have come now. */
static size_t advance(const char *phrase, size_t matched, char byte)
{
    if (byte == phrase[matched])
        return matched + 1;
    return byte == phrase[0] ? 1 : 0;
}

static void begin_text(struct panic_watch *watch)
{
    watch->panicked = watch->takes_text = true;
    watch->text_size = 0;
    watch->text[0] = '\0';
}

static void take_text(struct panic_watch *watch, char byte)
{
    if (byte == '\n' || byte == '\r') {
        watch->takes_text = false;
    } else if (byte != '\0' && watch->text_size < sizeof(watch->text) - 1) {
        watch->text[watch->text_size++] = byte;
        watch->text[watch->text_size] = '\0';
    }
}

static void look_for_panic(struct panic_watch *watch, char byte)
{
    size_t matched = watch->panic_matched;

    watch->panic_matched = advance(panic_phrase, matched, byte);
    if (watch->panic_matched <= matched && matched != 0)
        watch->before = 0; /* the phrase broke off, and what was of it is not kept */
    if (watch->panic_matched == 0)
        watch->before = watch->before << 8 | (unsigned char)byte;
    if (panic_phrase[watch->panic_matched] != '\0')
        return;
    watch->panic_matched = 0;
    if (watch->before != BEFORE_END)
        begin_text(watch);
    watch->before = 0;
}

static void look_for_order(struct panic_watch *watch, char byte)
{
    if (reboot_phrase[watch->reboot_matched] == '\0') { /* all of it has come */
        watch->reboot_matched = 0;
        if (byte == 'R' || byte == 'P' || byte == 'S')
            watch->panicked = false;
    }
    watch->reboot_matched = advance(reboot_phrase, watch->reboot_matched, byte);
}

void panic_watch_init(struct panic_watch *watch)
{
    *watch = (struct panic_watch){0};
}

void panic_watch_feed(struct panic_watch *watch, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (watch->takes_text) {
            take_text(watch, bytes[i]);
        } else {
            look_for_order(watch, bytes[i]);
            look_for_panic(watch, bytes[i]);
        }
    }
}

const char *panic_watch_text(const struct panic_watch *watch)
{
    return watch->panicked ? watch->text : NULL;
}

void panic_watch_conclude(const struct panic_watch *watch, bool *exited, char *failure, size_t failure_size)
{
    static const char message[] = "the guest's Linux panicked: ";
    const char *text = panic_watch_text(watch);

    if (text == NULL)
        return;
    if (*exited)
        snprintf(failure, failure_size, "%s%s", message, text);
    else
        log_warning("%s%s", message, text);
    *exited = false;
}
