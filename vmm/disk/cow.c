/* SPDX-License-Identifier: Apache-2.0 */
/* cow.c - see cow.h. */
#include "vmm/disk/cow.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "vmm/file_io.h"

#define WORD_BITS 64u
#define MARK_WORDS 512u /* that are set in one go: of 16 MiB */

uint64_t cow_run(const struct cow *cow, uint64_t first, uint64_t count, bool *changed)
{
    uint64_t alike = 0;

    *changed = (cow->map[first / WORD_BITS] >> first % WORD_BITS & 1) != 0;
    while (alike < count) {
        uint64_t at = first + alike, word = cow->map[at / WORD_BITS];
        uint64_t others = (*changed ? ~word : word) >> at % WORD_BITS; /* bits that differ from the first */

        if (others != 0) {
            alike += (unsigned)__builtin_ctzll(others);
            break;
        }
        alike += WORD_BITS - at % WORD_BITS;
    }
    return alike < count ? alike : count;
}

/* The bits of word `word` that are in the range. */
static uint64_t mask_of(uint64_t word, uint64_t first, uint64_t end)
{
    uint64_t mask = UINT64_MAX;

    if (word == first / WORD_BITS)
        mask &= UINT64_MAX << first % WORD_BITS;
    if (word == end / WORD_BITS)
        mask &= (UINT64_C(1) << end % WORD_BITS) - 1;
    return mask;
}

/* How many of the host's pages that the range touches have nothing yet: a page is taken as a whole by its first sector.
 * The map goes on behind the disk's end, to the end of a page. */
static uint64_t count_new_pages(const struct cow *cow, uint64_t first, uint64_t count)
{
    uint64_t sectors = cow->page_sectors, pages = 0;
    bool changed;

    for (uint64_t page = first / sectors; page * sectors < first + count; page++)
        pages += cow_run(cow, page * sectors, sectors, &changed) == sectors && !changed;
    return pages;
}

int cow_room(const struct cow *cow, uint64_t first, uint64_t count)
{
    return cow->left == UINT64_MAX || count_new_pages(cow, first, count) <= cow->left ? 0 : -ENOSPC;
}

/* Sets the range's bits in `count` words of the map: first in the file, so that none is set here which a later run
 * wouldn't find, and which would never be written again. */
static int mark_words(struct cow *cow, uint64_t word, size_t count, uint64_t first, uint64_t end)
{
    uint64_t words[MARK_WORDS];
    int error = 0;

    for (size_t i = 0; i < count; i++)
        words[i] = cow->map[word + i] | mask_of(word + i, first, end);
    if (cow->kept)
        error = file_io_write(cow->fd, words, count * sizeof(words[0]), cow->at.now + word * sizeof(words[0]));
    if (error == 0)
        memcpy(cow->map + word, words, count * sizeof(words[0]));
    return error;
}

int cow_mark(struct cow *cow, uint64_t first, uint64_t count)
{
    uint64_t end = first + count, last = (end + WORD_BITS - 1) / WORD_BITS;
    bool changed;
    int error = 0;

    if (cow_run(cow, first, count, &changed) == count && changed)
        return 0;
    if (cow->left != UINT64_MAX) {
        uint64_t pages = count_new_pages(cow, first, count);

        cow->left -= pages < cow->left ? pages : cow->left;
    }
    for (uint64_t page = first / COW_PAGE_SECTORS; page * COW_PAGE_SECTORS < end; page++)
        cow->dirty[page] = 1;
    for (uint64_t word = first / WORD_BITS; word < last && error == 0; word += MARK_WORDS)
        error = mark_words(cow, word, last - word < MARK_WORDS ? last - word : MARK_WORDS, first, end);
    return error;
}

int cow_commit(struct cow *cow)
{
    uint64_t pages = cow->at.map_bytes / COW_PAGE;
    const uint8_t *end = cow->dirty + pages, *next = cow->kept ? memchr(cow->dirty, 1, pages) : NULL;
    int wrote = 0, error = 0;

    while (next != NULL && error == 0) {
        uint64_t at = (uint64_t)(next - cow->dirty) * COW_PAGE;

        error = file_io_write(cow->fd, (const uint8_t *)cow->map + at, COW_PAGE, cow->at.stable + at);
        wrote = 1;
        next = memchr(next + 1, 1, (size_t)(end - next) - 1);
    }
    return error != 0 ? error : wrote;
}

void cow_committed(struct cow *cow)
{
    memset(cow->dirty, 0, cow->at.map_bytes / COW_PAGE);
}

int cow_sync(struct cow *cow)
{
    if (!cow->kept)
        return 0;
    if (fdatasync(cow->fd) < 0)
        return -errno;
    int wrote = cow_commit(cow);
    if (wrote <= 0)
        return wrote;
    if (fdatasync(cow->fd) < 0)
        return -errno;
    cow_committed(cow);
    return 0;
}
