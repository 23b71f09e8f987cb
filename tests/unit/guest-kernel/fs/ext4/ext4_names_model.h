/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_names_model.h - random operations on names in a directory, from a seed, with a model of what must come of
 * them: which names there are below it, what they lead to, how many links it has; and which error is right.
 */
#ifndef TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_NAMES_MODEL_H
#define TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_NAMES_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_ROOT "/scene"
#define MODEL_NAMES 40u /* that a directory may have */
#define MODEL_NODES 800u
#define MODEL_DEPTH 6u

struct model_node {
    uint32_t mode; /* 0: there is no such node */
    unsigned links;
    uint64_t number, rdev;
    int parent;               /* of a directory */
    int entries[MODEL_NAMES]; /* of a directory: nodes, or -1 */
};

struct model {
    struct model_node nodes[MODEL_NODES]; /* the first is MODEL_ROOT */
    uint32_t seed;
    bool has_types; /* the file system keeps them with the names */
};

/* Makes MODEL_ROOT, the first node. */
void model_begin(struct model *model, uint32_t seed);
/* One operation, on both. Fails the test where they disagree. */
void model_step(struct model *model);
/* Fails the test unless names, numbers, types, links and texts are the same. */
void model_compare(const struct model *model);
/* Removes everything, MODEL_ROOT too. */
void model_clear(struct model *model);

/* The next of a row of numbers, below `limit`. */
unsigned model_random(struct model *model, unsigned limit);

#endif
