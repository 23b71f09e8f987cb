/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_work.h - random work on what is mounted, from a seed, with a model of it: names below /scene, what they lead to,
 * bytes and an attribute of files. Who wants to know what a crash may leave is told when bytes change, when names have
 * changed, and what is safe.
 */
#ifndef TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_WORK_H
#define TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORK_NAMES 40
#define WORK_FILES 800 /* that are made in all */
#define WORK_SIZE_MOST 24000u
#define WORK_ALL (-1)

enum work_type { WORK_FREE, WORK_FILE, WORK_DIR, WORK_LINK };

struct work_name {
    enum work_type type;
    int parent; /* another name's number; -1: /scene */
    unsigned variant;
    int file;
    uint64_t ino;
};

struct work_state { /* all names at a time */
    struct work_name names[WORK_NAMES];
    unsigned many_first, many_end; /* numbers of the empty files in /scene/many */
};

struct work_file {
    unsigned links, size;
    unsigned value; /* of its attribute, 0: it has none */
    uint8_t bytes[WORK_SIZE_MOST];
};

struct work {
    struct work_state now;
    struct work_file *files; /* those of now.names[].file */
    int file_count;
    struct file *nameless; /* open, and removed */
    uint32_t seed;
    bool no_ranges;    /* fallocate(2) is not for this file system */
    bool no_attribute; /* nor are extended attributes */
    void *arg;
    void (*changing)(void *arg, int file); /* the file's bytes or attribute are going to change */
    void (*changed)(void *arg);            /* an operation on names is done */
    void (*synced)(void *arg, int file);   /* what the file holds is on stable storage; WORK_ALL: of all files */
};

/* Makes /scene, from seed. The hooks may be NULL. */
void work_start(struct work *work, uint32_t seed);
void work_step(struct work *work);
/* Removes all of it, /scene included. */
void work_clear(struct work *work);
/* Closes what is open and frees; what is mounted stays as it is. */
void work_close(struct work *work);
void work_free(struct work *work);

void work_path(const struct work_state *state, int name, char *path, size_t size);
/* A number for all names and what they lead to: as it should be, and as it is. 0: something can't be read. */
uint64_t work_sum(const struct work_state *state);
uint64_t work_found(void);
/* What differs between the file at `path` and that content; NULL: nothing. !exact: it may be anything that this file
 * ever held. */
const char *work_differs(const char *path, int number, const struct work_file *file, bool exact);
/* What differs between the model and what is mounted; NULL: nothing. */
const char *work_check(const struct work *work);

#endif
