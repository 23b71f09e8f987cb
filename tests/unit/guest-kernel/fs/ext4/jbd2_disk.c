/* SPDX-License-Identifier: Apache-2.0 */
/* jbd2_disk.c - see jbd2_disk.h. */
#include "jbd2_disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/errno.h"

#define SECTOR 512u

/* ---- making it ---- */

static void die(const char *what)
{
    fprintf(stderr, "%s\n", what);
    abort();
}

static uint32_t le32_at(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

/* Runs it with the image as $IMAGE; the lines that it writes to $OUT. */
static FILE *shell_lines(struct jdisk *disk, const char *command)
{
    char path[] = "/tmp/lvmm-jdisk-XXXXXX";
    int fd = mkstemp(path);
    FILE *lines;

    if (fd < 0 || setenv("OUT", path, 1) != 0 || image_shell(&disk->image, command) != 0)
        die(command);
    lines = fdopen(fd, "r");
    if (lines == NULL)
        die(path);
    rewind(lines);
    unlink(path);
    return lines;
}

static void log_map_read(struct jdisk *disk)
{
    FILE *lines = shell_lines(disk, "debugfs -R 'blocks <8>' $IMAGE 2>/dev/null >$OUT");
    unsigned long block;

    disk->log_map = calloc(disk->blocks, sizeof(*disk->log_map));
    while (disk->log_blocks < disk->blocks && fscanf(lines, "%lu", &block) == 1)
        disk->log_map[disk->log_blocks++] = block;
    fclose(lines);
    if (disk->log_blocks < 1024)
        die("the journal's blocks aren't known: is e2fsprogs installed?");
}

static void free_blocks_read(struct jdisk *disk)
{
    FILE *lines = shell_lines(disk, "debugfs -R 'ffb 256' $IMAGE 2>/dev/null | sed 's/[^0-9]/ /g' >$OUT");
    unsigned long block;

    while (disk->free_count < JDISK_FREE_MAX && fscanf(lines, "%lu", &block) == 1)
        disk->free_at[disk->free_count++] = block;
    fclose(lines);
}

static int transfer(void *ctx, enum jbd2_space space, enum jbd2_transfer how, const struct jbd2_io *io, unsigned count);
static int flush(void *ctx);

static void now(void *ctx, uint64_t *seconds, uint32_t *nanoseconds)
{
    static uint64_t time = 1700000000;

    (void)ctx;
    *seconds = time++;
    *nanoseconds = 5;
}

static void nobody_wakes(void *ctx)
{
    (void)ctx;
    die("somebody waits, and nobody is there who would wake");
}

static void ops_set(struct jdisk *disk)
{
    disk->ops = (struct jbd2_ops){.transfer = transfer, .flush = flush, .now = now, .wait = nobody_wakes};
}

void jdisk_make(struct jdisk *disk, unsigned size_kib, const char *options, const char *more)
{
    char command[1024];

    *disk = (struct jdisk){0};
    snprintf(command, sizeof(command),
             "truncate -s %uK $IMAGE && { mke2fs -q -F -t ext4 %s $IMAGE && %s; } >log 2>&1 || { cat log; false; }",
             size_kib, options, more);
    if (image_shell(&disk->image, command) != 0)
        die("mke2fs failed: is e2fsprogs installed?");
    const uint8_t *super = disk->image.bytes + 1024;
    disk->block_size = 1024u << le32_at(super + 24);
    disk->blocks = le32_at(super + 4);
    log_map_read(disk);
    free_blocks_read(disk);
    ops_set(disk);
}

void jdisk_copy(struct jdisk *to, const struct jdisk *from)
{
    *to = *from;
    to->image.bytes = malloc(from->image.size);
    memcpy(to->image.bytes, from->image.bytes, from->image.size);
    to->log_map = calloc(from->log_blocks, sizeof(*to->log_map));
    memcpy(to->log_map, from->log_map, from->log_blocks * sizeof(*to->log_map));
    to->events = NULL;
    to->event_count = to->event_room = 0;
    to->is_recording = false;
    to->reads = to->writes = to->flushes = to->fuas = to->fail_after = 0;
    to->on_write = NULL;
    ops_set(to);
}

void jdisk_free(struct jdisk *disk)
{
    jdisk_record_clear(disk);
    free(disk->events);
    free(disk->log_map);
    free(disk->image.bytes);
    *disk = (struct jdisk){0};
}

struct jbd2_setup jdisk_setup(struct jdisk *disk)
{
    return (struct jbd2_setup){.ops = &disk->ops,
                               .name = "disk",
                               .ctx = disk,
                               .block_size = disk->block_size,
                               .log_blocks = disk->log_blocks,
                               .home_blocks = disk->blocks};
}

/* ---- looking at it ---- */

uint8_t *jdisk_at(const struct jdisk *disk, uint64_t block)
{
    return disk->image.bytes + block * disk->block_size;
}

bool jdisk_is_log(const struct jdisk *disk, uint64_t block)
{
    for (uint32_t i = 0; i < disk->log_blocks; i++)
        if (disk->log_map[i] == block)
            return true;
    return false;
}

/* ext4's superblock is block 0 or 1; what it counts and says of itself is the checker's. */
uint64_t jdisk_difference(const struct jdisk *a, const struct jdisk *b)
{
    for (uint64_t block = 0; block < a->blocks; block++) {
        if (memcmp(jdisk_at(a, block), jdisk_at(b, block), a->block_size) == 0 || jdisk_is_log(a, block))
            continue;
        if (block != 1024 / a->block_size)
            return block;
        if (a->block_size > 1024 && memcmp(jdisk_at(a, 0) + 2048, jdisk_at(b, 0) + 2048, a->block_size - 2048) != 0)
            return block;
    }
    return a->blocks;
}

struct jbd2_super *jdisk_super(const struct jdisk *disk)
{
    return (struct jbd2_super *)(void *)jdisk_at(disk, disk->log_map[0]);
}

int jdisk_replay(struct jdisk *disk, struct jbd2_recovery *result)
{
    struct jbd2_setup setup = jdisk_setup(disk);
    uint64_t kmallocs = stub_kmallocs;
    struct jbd2 journal;
    int error;

    if (result != NULL)
        *result = (struct jbd2_recovery){0};
    error = jbd2_load(&journal, &setup);
    if (error == 0) {
        error = jbd2_recover(&journal, result);
        jbd2_unload(&journal);
    }
    if (stub_kmallocs != kmallocs)
        die("a replay has left memory behind");
    return error;
}

int jdisk_e2fsck(struct jdisk *disk)
{
    return image_shell(&disk->image, "e2fsck -y -E journal_only $IMAGE >log 2>&1");
}

/* ---- the record ---- */

static void event_add(struct jdisk *disk, const struct jdisk_event *event)
{
    if (disk->event_count == disk->event_room) {
        disk->event_room = disk->event_room * 2 + 64;
        disk->events = realloc(disk->events, disk->event_room * sizeof(*disk->events));
    }
    disk->events[disk->event_count++] = *event;
}

void jdisk_mark(struct jdisk *disk, uint32_t mark)
{
    event_add(disk, &(struct jdisk_event){.kind = JDISK_MARK, .mark = mark});
}

void jdisk_record_clear(struct jdisk *disk)
{
    for (size_t i = 0; i < disk->event_count; i++)
        free(disk->events[i].data);
    disk->event_count = 0;
}

/* ---- requests ---- */

static bool is_to_fail(struct jdisk *disk)
{
    if (disk->fail_after == 1)
        return true;
    disk->fail_after -= disk->fail_after != 0;
    return false;
}

static uint64_t place_of(const struct jdisk *disk, enum jbd2_space space, uint64_t block)
{
    if (block >= (space == JBD2_LOG ? disk->log_blocks : disk->blocks))
        die("a block beyond the end is asked for");
    return space == JBD2_LOG ? disk->log_map[block] : block;
}

static void request_note(struct jdisk *disk, enum jbd2_transfer how, uint64_t block, unsigned count)
{
    struct jdisk_event event = {.kind = JDISK_WRITE, .fua = how == JBD2_WRITE_FUA, .block = block, .count = count};

    disk->reads += how == JBD2_READ;
    disk->writes += how != JBD2_READ;
    disk->fuas += how == JBD2_WRITE_FUA;
    if (how == JBD2_READ || !disk->is_recording)
        return;
    event.data = malloc((size_t)count * disk->block_size);
    memcpy(event.data, jdisk_at(disk, block), (size_t)count * disk->block_size);
    event_add(disk, &event);
}

static int transfer(void *ctx, enum jbd2_space space, enum jbd2_transfer how, const struct jbd2_io *io, unsigned count)
{
    struct jdisk *disk = ctx;
    uint64_t start = 0, next = 0;
    unsigned run = 0;

    if (count == 0)
        die("a transfer of nothing");
    if (how == JBD2_WRITE_FUA && !disk->ops.has_fua)
        die("FUA isn't there");
    if (how != JBD2_READ && disk->on_write != NULL)
        disk->on_write(space);
    if (is_to_fail(disk))
        return -EIO;
    for (unsigned i = 0; i < count; i++) {
        uint64_t block = place_of(disk, space, io[i].block);

        if (run != 0 && block != next) {
            request_note(disk, how, start, run);
            run = 0;
        }
        if (run++ == 0)
            start = block;
        next = block + 1;
        if (how == JBD2_READ)
            memcpy(io[i].data, jdisk_at(disk, block), disk->block_size);
        else
            memcpy(jdisk_at(disk, block), io[i].data, disk->block_size);
    }
    request_note(disk, how, start, run);
    return 0;
}

static int flush(void *ctx)
{
    struct jdisk *disk = ctx;

    if (disk->on_write != NULL)
        disk->on_write(JBD2_LOG);
    if (is_to_fail(disk))
        return -EIO;
    disk->flushes++;
    if (disk->is_recording)
        event_add(disk, &(struct jdisk_event){.kind = JDISK_FLUSH});
    return 0;
}

/* ---- power cuts ---- */

uint32_t jdisk_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (uint32_t)(*seed >> 16);
}

static void event_apply(struct jdisk *to, const struct jdisk_event *event)
{
    memcpy(jdisk_at(to, event->block), event->data, (size_t)event->count * to->block_size);
}

/* Whole, not at all, up to a sector, or any sectors of it. */
static void event_apply_some(struct jdisk *to, const struct jdisk_event *event, uint64_t *seed)
{
    unsigned sectors = event->count * to->block_size / SECTOR, kind = jdisk_random(seed) % 4;
    unsigned limit = jdisk_random(seed) % (sectors + 1);
    uint8_t *at = jdisk_at(to, event->block);

    for (unsigned i = 0; i < sectors; i++)
        if (kind == 0 || (kind == 1 && i < limit) || (kind == 2 && jdisk_random(seed) % 2 == 0))
            memcpy(at + (size_t)i * SECTOR, event->data + (size_t)i * SECTOR, SECTOR);
}

/* A disk's cache may store what it has in any order. Of that no more is to be seen than which sectors have arrived, as
 * two writes to the same one stay in order. */
void jdisk_cut(struct jdisk *to, struct jdisk *durable, size_t *done, const struct jdisk *from, size_t count,
               enum jdisk_cut how, uint64_t *seed)
{
    size_t flushed = *done;

    for (size_t i = *done; i < count; i++)
        if (from->events[i].kind == JDISK_FLUSH)
            flushed = i;
    for (; *done < flushed; (*done)++)
        if (from->events[*done].kind == JDISK_WRITE)
            event_apply(durable, &from->events[*done]);
    memcpy(to->image.bytes, durable->image.bytes, durable->image.size);
    for (size_t i = flushed; i < count; i++) {
        const struct jdisk_event *event = &from->events[i];

        if (event->kind == JDISK_WRITE && (event->fua || how == JDISK_ALL))
            event_apply(to, event);
        else if (event->kind == JDISK_WRITE && how == JDISK_SOME)
            event_apply_some(to, event, seed);
    }
}
