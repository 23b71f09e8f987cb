/* SPDX-License-Identifier: Apache-2.0 */
/*
 * noted.h - what processes that serve a guest have counted and noted for --report, in memory that they share with lvmm.
 *
 * It is these processes' word: should the guest take one over, it can be any; so it is read bounded, and each of them
 * writes its own part alone, by one thread. But each of them has all of it: what is read there to write one's own part
 * may be another one's word, and is read once, and bounded, too. Each function that notes takes NULL: then nothing is
 * noted.
 */
#ifndef LVMM_NOTED_H
#define LVMM_NOTED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOTED_DENIALS 16u      /* different ones; what is beyond is counted together */
#define NOTED_TEXT 80u         /* bytes of one, with its end */
#define NOTED_CHANGES 100u     /* names of files that were changed */
#define NOTED_NAMES_SIZE 4096u /* bytes of all of them */

/* Something that the guest wanted and was refused, and how often. */
struct noted_denials {
    atomic_uint listed;
    atomic_uint_fast64_t others;
    struct {
        atomic_uint_fast64_t times;
        char text[NOTED_TEXT];
    } denial[NOTED_DENIALS];
};

struct noted_change {
    uint16_t at;         /* of the name in `names`, where it ends with a 0 */
    uint8_t share, kind; /* in the order of the command line; enum share_change */
};

/* Files that differ, at the end, from what cow shares had. */
struct noted_changes {
    atomic_bool complete; /* they were counted, all of them */
    uint64_t count;
    atomic_uint listed, names_size;
    struct noted_change change[NOTED_CHANGES];
    char names[NOTED_NAMES_SIZE];
};

struct noted {
    struct {
        struct noted_denials denials;             /* "tcp 192.0.2.1:80" */
        atomic_uint_fast64_t bytes_in, bytes_out; /* that the guest received and sent, without headers */
    } net;
    struct {
        struct noted_denials denials; /* "EROFS" */
        struct noted_changes changes;
    } shares;
};

/* All zero, until the process ends. NULL: there is no memory. To be called before the processes are made. */
struct noted *noted_create(void);

/* Once more: texts are told apart as far as there is room for one. */
void noted_denial(struct noted_denials *denials, const char *text);
/* One more file; its name is noted as far as there is room. kind: below 256. */
void noted_change(struct noted_changes *changes, unsigned share, unsigned kind, const char *path);

#endif
