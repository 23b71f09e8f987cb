/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_options.c - what mount(2) says of a file system in memory (tmpfs(5), Linux's shmem_parse_one). */
#include "abi/errno.h"
#include "fs/tmpfs.h"
#include "lib/string.h"
#include "mm/page.h"

#define ID_NONE UINT32_MAX /* no user's and no group's */

/* The digit's value in bases up to 16, or 16. */
static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

/* Reads digits of `base`; 0: as C has it (0x, 0). False: none, or more than 64 bits. */
static bool number_read(const char **text, const char *end, unsigned base, uint64_t *out)
{
    const char *at = *text;
    bool is_hex = end - at > 2 && at[0] == '0' && (at[1] | 0x20) == 'x' && digit_of(at[2]) < 16;
    unsigned digit;

    if (base == 0)
        base = is_hex ? 16 : at != end && *at == '0' ? 8 : 10;
    if (base == 16)
        at += 2;
    const char *first = at;
    *out = 0;
    for (; at != end && (digit = digit_of(*at)) < base; at++)
        if (__builtin_mul_overflow(*out, base, out) || __builtin_add_overflow(*out, digit, out))
            return false;
    *text = at;
    return at != first;
}

/* A whole number that may have a unit: k m g t p e, and % with `percent`, of the memory. In bytes. */
static int size_parse(const char *text, const char *end, bool percent, uint64_t *out)
{
    static const char units[] = "kmgtpe";

    if (!number_read(&text, end, 0, out))
        return -EINVAL;
    const char *unit = text != end ? strchr(units, *text | 0x20) : NULL;
    if (unit != NULL && *unit != 0) {
        unsigned shift = 10 * (unsigned)(unit - units + 1);
        if (*out != 0 && *out > UINT64_MAX >> shift)
            return -EINVAL;
        *out <<= shift;
        text++;
    }
    if (percent && text != end && *text == '%') {
        if (__builtin_mul_overflow(*out, page_total_count() << PAGE_SHIFT, out))
            return -EINVAL;
        *out /= 100;
        text++;
    }
    return text == end ? 0 : -EINVAL;
}

static int number_parse(const char *text, const char *end, unsigned base, uint32_t *out)
{
    uint64_t value;

    if (!number_read(&text, end, base, &value) || text != end || value > UINT32_MAX)
        return -EINVAL;
    *out = (uint32_t)value;
    return 0;
}

static int id_parse(const char *text, const char *end, uint32_t *out)
{
    int error = number_parse(text, end, 0, out);

    return error == 0 && *out == ID_NONE ? -EINVAL : error;
}

/* ---- the options ---- */

static int size_set(struct tmpfs_options *out, const char *text, const char *end)
{
    uint64_t size;
    int error = size_parse(text, end, true, &size);

    out->has_pages = true;
    if (error == 0)
        out->pages = (size >> PAGE_SHIFT) + ((size & PAGE_MASK) != 0);
    return error;
}

static int blocks_set(struct tmpfs_options *out, const char *text, const char *end)
{
    int error = size_parse(text, end, false, &out->pages);

    out->has_pages = true;
    return error == 0 && out->pages > INT64_MAX ? -EINVAL : error;
}

static int inodes_set(struct tmpfs_options *out, const char *text, const char *end)
{
    int error = size_parse(text, end, false, &out->inodes);

    out->has_inodes = true;
    return error == 0 && out->inodes > UINT64_MAX / TMPFS_INODE_SIZE ? -EINVAL : error;
}

static int mode_set(struct tmpfs_options *out, const char *text, const char *end)
{
    int error = number_parse(text, end, 8, &out->mode);

    out->mode &= 07777;
    return error;
}

static int uid_set(struct tmpfs_options *out, const char *text, const char *end)
{
    return id_parse(text, end, &out->uid);
}

static int gid_set(struct tmpfs_options *out, const char *text, const char *end)
{
    return id_parse(text, end, &out->gid);
}

/* Numbers of inodes have 64 bits in any case. */
static int inode64_set(struct tmpfs_options *out, const char *text, const char *end)
{
    (void)out, (void)text, (void)end;
    return 0;
}

static int noswap_set(struct tmpfs_options *out, const char *text, const char *end)
{
    (void)text, (void)end;
    out->noswap = true;
    return 0;
}

static const struct option {
    const char *name;
    int (*set)(struct tmpfs_options *out, const char *text, const char *end);
    bool is_flag; /* it has no value */
} options[] = {
    {"size", size_set, false},      {"nr_blocks", blocks_set, false}, {"nr_inodes", inodes_set, false},
    {"mode", mode_set, false},      {"uid", uid_set, false},          {"gid", gid_set, false},
    {"inode64", inode64_set, true}, {"noswap", noswap_set, true},
};

static int option_read(struct tmpfs_options *out, const char *text, const char *end)
{
    const char *value = memchr(text, '=', (size_t)(end - text));
    size_t length = (size_t)((value != NULL ? value : end) - text);

    for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
        const struct option *option = &options[i];
        if (strlen(option->name) != length || memcmp(option->name, text, length) != 0)
            continue;
        if (option->is_flag != (value == NULL))
            return -EINVAL;
        return option->set(out, value != NULL ? value + 1 : end, end);
    }
    return -EINVAL;
}

int tmpfs_options(const char *text, struct tmpfs_options *out)
{
    int error = 0;

    while (text != NULL && *text != 0 && error == 0) {
        const char *end = strchr(text, ',');

        if (end == NULL)
            end = text + strlen(text);
        if (end != text) /* Linux doesn't mind commas that separate nothing */
            error = option_read(out, text, end);
        text = *end != 0 ? end + 1 : end;
    }
    return error;
}
