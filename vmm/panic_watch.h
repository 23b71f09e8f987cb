/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panic_watch.h - reads along on the console of a guest's Linux, for how it ends: a panic followed by a reset looks to
 * a VMM as any other reset, and this line is the only word of it that each ISA's kernel gives.
 *
 *     [    1.234567] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)
 *
 * The guest is hostile: it can write that line as well as leave it out. All that comes of it is lvmm's last message and
 * status. A kernel that resets or powers off in order says so after it, with another line; then it was no panic.
 */
#ifndef LVMM_PANIC_WATCH_H
#define LVMM_PANIC_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#define PANIC_TEXT_BYTES 256u

struct panic_watch {
    size_t panic_matched, reboot_matched; /* so many bytes of either phrase have just come */
    unsigned before;                      /* the last four bytes before panic_matched */
    bool takes_text;                      /* the line of the panic goes on */
    bool panicked;
    size_t text_size;
    char text[PANIC_TEXT_BYTES]; /* NUL-terminated */
};

/* Nothing has come yet. */
void panic_watch_init(struct panic_watch *watch);

/* What the guest writes next, in pieces of any size. The caller's lock guards the watch. */
void panic_watch_feed(struct panic_watch *watch, const char *bytes, size_t size);

/* What the panic was about, as the guest put it (it may have control characters), cut to PANIC_TEXT_BYTES - 1 bytes;
 * NULL: none was seen, or the guest went on to end in order. Valid until more is fed. */
const char *panic_watch_text(const struct panic_watch *watch);

/* The end of a run, with that in it: a success becomes a failure with this as its message. To another end, which came
 * while the kernel hung by its panic=0, a message is added. */
void panic_watch_conclude(const struct panic_watch *watch, bool *exited, char *failure, size_t failure_size);

#endif
