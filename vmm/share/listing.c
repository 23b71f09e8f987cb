/* SPDX-License-Identifier: Apache-2.0 */
/* listing.c - see listing.h. */
#include "vmm/share/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/share/beneath.h"
#include "vmm/share/layers.h"
#include "vmm/share/numbers.h"
#include "vmm/share/upper.h"

#define NAMES_FIRST 64u
#define TEXT_FIRST 2048u
#define OFFSET_SHIFT 3 /* offsets have 61 bits: readers have a use of their own for others */

size_t listing_bytes(const struct share_listing *listing)
{
    return listing->names_room * sizeof(listing->names[0]) + listing->text_room;
}

void listing_destroy(struct share_tree *tree, struct share_listing *listing)
{
    if (listing == NULL)
        return;
    tree->listed_bytes -= listing_bytes(listing);
    free(listing->names);
    free(listing->text);
    free(listing);
}

static int make_room(struct share_tree *tree, struct share_listing *listing, size_t length)
{
    if (listing->names_n == listing->names_room) {
        size_t room = listing->names_room == 0 ? NAMES_FIRST : 2 * listing->names_room;
        struct share_name *names = realloc(listing->names, room * sizeof(names[0]));

        if (names == NULL)
            return -ENOMEM;
        tree->listed_bytes += (room - listing->names_room) * sizeof(names[0]);
        listing->names = names;
        listing->names_room = room;
    }
    if (listing->text_n + length > listing->text_room) {
        size_t room = listing->text_room == 0 ? TEXT_FIRST : 2 * listing->text_room;
        char *text = room > UINT32_MAX ? NULL : realloc(listing->text, room);

        if (text == NULL)
            return -ENOMEM;
        tree->listed_bytes += room - listing->text_room;
        listing->text = text;
        listing->text_room = room;
    }
    return 0;
}

static int add(struct share_tree *tree, struct share_listing *listing, const struct dirent *entry, uint64_t ino,
               int layer)
{
    size_t length = strlen(entry->d_name) + 1;
    int error = make_room(tree, listing, length);

    if (error < 0)
        return error;
    memcpy(listing->text + listing->text_n, entry->d_name, length);
    listing->names[listing->names_n++] = (struct share_name){
        .ino = ino, .at = (uint32_t)listing->text_n, .type = entry->d_type, .layer = (uint8_t)layer};
    listing->text_n += length;
    return 0;
}

/* What the upper layer says of a name: the type DT_WHT of a whiteout, the number of what was copied up. */
static void look_at_upper(struct share_tree *tree, const struct share_node *folder, int dir, struct dirent *entry,
                          uint64_t *number)
{
    struct statx st;
    uint64_t dev, ino;
    int fd;

    if (entry->d_type != DT_CHR && entry->d_type != DT_REG && entry->d_type != DT_UNKNOWN)
        return;
    fd = beneath_open(dir, entry->d_name);
    if (fd < 0)
        return;
    if (beneath_stat(fd, &st) == 0 && layer_is_whiteout(tree->proc, fd, &st))
        entry->d_type = DT_WHT;
    else if (layer_origin(tree->proc, fd, &dev, &ino) == 0)
        *number = number_of(&tree->numbers, folder->share->index, dev, ino);
    close(fd);
}

/* Names of the upper layer, sorted, with whiteouts: the lower layer's are looked up there. */
struct upper_names {
    const struct share_listing *listing;
    uint32_t *sorted; /* places in listing->names */
    size_t count;
};

static int compare(const void *a, const void *b, void *context)
{
    const struct share_listing *listing = context;

    return strcmp(listing->text + listing->names[*(const uint32_t *)a].at,
                  listing->text + listing->names[*(const uint32_t *)b].at);
}

static int sort(const struct share_listing *listing, struct upper_names *upper)
{
    upper->listing = listing;
    upper->count = listing->names_n;
    upper->sorted = malloc((upper->count + 1) * sizeof(upper->sorted[0]));
    if (upper->sorted == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < upper->count; i++)
        upper->sorted[i] = (uint32_t)i;
    qsort_r(upper->sorted, upper->count, sizeof(upper->sorted[0]), compare, (void *)(uintptr_t)listing);
    return 0;
}

/* The place of a name among those of the upper layer, or -1. */
static int64_t find(const struct upper_names *upper, const char *name)
{
    size_t low = 0, high = upper->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, upper->listing->text + upper->listing->names[upper->sorted[middle]].at);

        if (order == 0)
            return upper->sorted[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

/* A folder that is merged has the lower one's number. */
static void merge(struct share_listing *listing, size_t at, const struct dirent *entry, uint64_t ino)
{
    struct share_name *name = &listing->names[at];

    if (name->type == DT_DIR && entry->d_type == DT_DIR)
        name->ino = ino;
}

static bool is_hidden(const struct share_node *folder, const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || upper_is_hidden(folder, name);
}

int listing_open(struct share_tree *tree, struct share_node *folder, int layer)
{
    int path = node_fd(tree, folder, layer);

    if (path < 0)
        return path;
    return node_is_guests(folder, layer) ? rights_list(&tree->rights, tree->proc, path)
                                         : beneath_reopen(tree->proc, path, O_RDONLY | O_DIRECTORY);
}

static int read_layer(struct share_tree *tree, struct share_node *folder, int layer, const struct upper_names *upper,
                      struct share_listing *listing)
{
    int fd = listing_open(tree, folder, layer), error = 0;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return fd < 0 ? fd : -ENOMEM;
    }
    errno = 0;
    for (struct dirent *entry; error == 0 && (entry = readdir(dir)) != NULL; errno = 0) {
        uint64_t ino = number_of(&tree->numbers, folder->share->index, folder->is[layer].dev, entry->d_ino);
        int64_t above = upper == NULL ? -1 : find(upper, entry->d_name);

        if (is_hidden(folder, entry->d_name))
            continue;
        if (layer == UPPER)
            look_at_upper(tree, folder, fd, entry, &ino);
        if (above >= 0)
            merge(listing, (size_t)above, entry, ino);
        else
            error = add(tree, listing, entry, ino, layer);
    }
    if (error == 0)
        error = -errno;
    closedir(dir);
    return error;
}

static uint64_t name_hash(const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *name != 0; name++)
        hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    hash ^= hash >> 32;
    return LISTING_FIRST + (hash * UINT64_C(0x9e3779b97f4a7c15) >> OFFSET_SHIFT);
}

static int by_offset(const void *a, const void *b)
{
    const struct share_name *one = a, *two = b;

    return one->offset < two->offset ? -1 : one->offset > two->offset;
}

static void give_offsets(struct share_listing *listing)
{
    for (size_t i = 0; i < listing->names_n; i++)
        listing->names[i].offset = name_hash(listing->text + listing->names[i].at);
    qsort(listing->names, listing->names_n, sizeof(listing->names[0]), by_offset);
    for (size_t i = 1; i < listing->names_n; i++)
        if (listing->names[i].offset <= listing->names[i - 1].offset)
            listing->names[i].offset = listing->names[i - 1].offset + 1;
}

size_t listing_after(const struct share_listing *listing, uint64_t offset)
{
    size_t low = 0, high = listing->names_n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (listing->names[middle].offset > offset)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void drop_whiteouts(struct share_listing *listing)
{
    size_t kept = 0;

    for (size_t i = 0; i < listing->names_n; i++)
        if (listing->names[i].type != DT_WHT)
            listing->names[kept++] = listing->names[i];
    listing->names_n = kept;
}

int listing_create(struct share_tree *tree, struct share_node *folder, struct share_listing **out)
{
    struct share_listing *listing = calloc(1, sizeof(*listing));
    struct upper_names upper = {0};
    int error = listing == NULL ? -ENOMEM : 0;

    if (error == 0 && folder->has[UPPER])
        error = read_layer(tree, folder, UPPER, NULL, listing);
    if (error == 0)
        error = sort(listing, &upper);
    if (error == 0 && folder->has[LOWER])
        error = read_layer(tree, folder, LOWER, &upper, listing);
    free(upper.sorted);
    if (error < 0) {
        listing_destroy(tree, listing);
        return error;
    }
    drop_whiteouts(listing);
    if (listing->names_n > 0)
        give_offsets(listing);
    *out = listing;
    return 0;
}
