/* SPDX-License-Identifier: Apache-2.0 */
/* lat.h - the parts of lat: each file has a list of operations, and lat.c measures them. */
#ifndef PAYLOAD_BENCH_LAT_H
#define PAYLOAD_BENCH_LAT_H

#define LAT_EXIT_ARG "-exit-at-once" /* with it, lat ends at once: what fork_exec starts */

struct bench {
    const char *name;   /* NULL ends a list */
    int (*run)(long n); /* n operations; 0 or an errno */
    int (*setup)(void); /* 0 or an errno; may be NULL */
    void (*end)(void);  /* undoes setup, even a failed one; may be NULL */
    long step;          /* n is a multiple of this */
};

extern const struct bench lat_calls[], lat_maps[], lat_tasks[], lat_sockets[];
extern const char *lat_file; /* -f, or this program */

/* errno, or EIO where a call failed without setting it (a short read, say) */
int lat_error(void);

#endif
