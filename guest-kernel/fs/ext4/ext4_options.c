/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_options.c - the options of a mount (ext4(5)). */
#include "fs/ext4/ext4_options.h"

#include "abi/errno.h"
#include "core/log.h"
#include "fs/ext4/ext4_disk.h"
#include "lib/printf.h"
#include "lib/string.h"

#define COMMIT_MOST (INT32_MAX / 1000) /* seconds */
#define READAHEAD_MOST (UINT32_C(1) << 30)

/* ---- which there are ---- */

static const struct flag {
    const char *name;
    enum ext4_option option;
    bool on;
} flags[] = {
    {"ro", EXT4_READ_ONLY, true},
    {"rw", EXT4_READ_ONLY, false},
    {"noload", EXT4_NO_RECOVERY, true},
    {"norecovery", EXT4_NO_RECOVERY, true},
    {"acl", EXT4_NO_ACL, false},
    {"noacl", EXT4_NO_ACL, true},
    {"barrier", EXT4_NO_BARRIER, false},
    {"barrier=1", EXT4_NO_BARRIER, false},
    {"nobarrier", EXT4_NO_BARRIER, true},
    {"barrier=0", EXT4_NO_BARRIER, true},
    {"discard", EXT4_DISCARD, true},
    {"nodiscard", EXT4_DISCARD, false},
    {"data=ordered", EXT4_DATA_ORDERED, true}, /* which is so anyway; the rest changes nothing but speed */
    {"delalloc", EXT4_NO_DELALLOC, false},
    {"nodelalloc", EXT4_NO_DELALLOC, true},
    {"auto_da_alloc", EXT4_NO_AUTO_DA_ALLOC, false},
    {"noauto_da_alloc", EXT4_NO_AUTO_DA_ALLOC, true},
    {"init_itable", EXT4_NO_INIT_ITABLE, false},
    {"noinit_itable", EXT4_NO_INIT_ITABLE, true},
    {"dioread_nolock", EXT4_DIOREAD_LOCK, false},
    {"dioread_lock", EXT4_DIOREAD_LOCK, true},
    {"nodioread_nolock", EXT4_DIOREAD_LOCK, true},
    {"nojournal_checksum", EXT4_NO_JOURNAL_CHECKSUM, true},
    {"no_mbcache", EXT4_NO_MBCACHE, true},
    {"nombcache", EXT4_NO_MBCACHE, true},
    {"no_prefetch_block_bitmaps", EXT4_NO_PREFETCH, true},
};
static const char *const told[EXT4_OPTIONS_TOLD] = {
    [EXT4_NO_RECOVERY] = "norecovery",
    [EXT4_DIOREAD_LOCK] = "nodioread_nolock",
    [EXT4_DISCARD] = "discard",
    [EXT4_NO_DELALLOC] = "nodelalloc",
    [EXT4_NO_JOURNAL_CHECKSUM] = "nojournal_checksum",
    [EXT4_NO_BARRIER] = "nobarrier",
    [EXT4_NO_AUTO_DA_ALLOC] = "noauto_da_alloc",
    [EXT4_NO_INIT_ITABLE] = "noinit_itable",
    [EXT4_NO_ACL] = "noacl",
    [EXT4_NO_MBCACHE] = "nombcache",
    [EXT4_NO_PREFETCH] = "no_prefetch_block_bitmaps",
};

static const struct on_errors {
    const char *name;
    unsigned value;
} on_errors[] = {
    {"errors=continue", EXT4_ERRORS_CONTINUE},
    {"errors=remount-ro", EXT4_ERRORS_READ_ONLY},
    {"errors=panic", EXT4_ERRORS_PANIC},
};

/* Commits come every 5 s at the latest, as commit=5 has it. */
static const struct number {
    const char *name;
    uint32_t by_default;
} numbers[EXT4_NUMBERS] = {
    [EXT4_COMMIT] = {"commit=", 5},
    [EXT4_MIN_BATCH] = {"min_batch_time=", 0},
    [EXT4_MAX_BATCH] = {"max_batch_time=", 15000},
    [EXT4_STRIPE] = {"stripe=", 0},
    [EXT4_READAHEAD] = {"inode_readahead_blks=", 32},
    [EXT4_INIT_ITABLE] = {"init_itable=", 10},
};

/* Those that say what is so anyway. */
static const char *const voids[] = {
    "defaults",        "user_xattr", "nogrpid",        "sysvgroups", "nomblk_io_submit", "mblk_io_submit", "bsddf",
    "data_err=ignore", "noquota",    "block_validity", "orlov",
};
/* Known to Linux, and not kept here. */
static const char *const refused[] = {"journal_path=",
                                      "journal_dev=",
                                      "journal_ioprio=",
                                      "data=journal",
                                      "data=writeback",
                                      "journal_checksum",
                                      "journal_async_commit",
                                      "data_err=",
                                      "dax",
                                      "quota",
                                      "usrquota",
                                      "grpquota",
                                      "prjquota",
                                      "usrjquota=",
                                      "grpjquota=",
                                      "jqfmt=",
                                      "minixdf",
                                      "grpid",
                                      "bsdgroups",
                                      "debug_want_extra_isize="};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- one option ---- */

/* A number, to its end; UINT64_MAX: it is none. */
static uint64_t number_of(const char *text, size_t length)
{
    uint64_t value = 0;

    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || value > UINT32_MAX)
            return UINT64_MAX;
        value = 10 * value + (uint64_t)(text[i] - '0');
    }
    return length != 0 ? value : UINT64_MAX;
}

static bool begins(const char *option, size_t length, const char *with)
{
    return length >= strlen(with) && memcmp(option, with, strlen(with)) == 0;
}

static bool is_void(const char *option, size_t length)
{
    for (size_t i = 0; i < COUNT_OF(voids); i++)
        if (string_is(voids[i], option, length))
            return true;
    return false;
}

static bool flag_take(struct ext4_options *options, const char *option, size_t length)
{
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        uint32_t bit = UINT32_C(1) << flags[i].option;

        if (!string_is(flags[i].name, option, length))
            continue;
        options->set = flags[i].on ? options->set | bit : options->set & ~bit;
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(on_errors); i++) {
        if (!string_is(on_errors[i].name, option, length))
            continue;
        options->on_errors = on_errors[i].value;
        return true;
    }
    return false;
}

/* With commit=0 it is as by default, and stripe=1 is none. */
static int number_set(struct ext4_options *options, enum ext4_number which, uint64_t value)
{
    if (value > (which == EXT4_COMMIT ? COMMIT_MOST : INT32_MAX))
        return -EINVAL;
    if (which == EXT4_READAHEAD && (value > READAHEAD_MOST || (value & (value - 1)) != 0))
        return -EINVAL;
    if (which == EXT4_COMMIT && value == 0)
        value = numbers[which].by_default;
    if (which == EXT4_STRIPE && value == 1)
        value = 0;
    if (which == EXT4_INIT_ITABLE)
        options->set &= ~(UINT32_C(1) << EXT4_NO_INIT_ITABLE);
    options->number[which] = (uint32_t)value;
    return 0;
}

static int option_take(struct ext4_options *options, const char *option, size_t length, const char *dev)
{
    if (length == 0 || flag_take(options, option, length) || is_void(option, length))
        return 0;
    if (begins(option, length, "sb=")) {
        options->super_kib = number_of(option + 3, length - 3);
        return options->super_kib == 0 || options->super_kib > UINT32_MAX ? -EINVAL : 0;
    }
    for (unsigned i = 0; i < EXT4_NUMBERS; i++) {
        size_t used = strlen(numbers[i].name);
        if (begins(option, length, numbers[i].name))
            return number_set(options, i, number_of(option + used, length - used));
    }
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        if (begins(option, length, refused[i]))
            log_error("%s: ext4: the option %s isn't kept here", dev, refused[i]);
    return -EINVAL;
}

/* ---- all of them ---- */

void ext4_options_init(struct ext4_options *options)
{
    *options = (struct ext4_options){.super_kib = 1};
    for (unsigned i = 0; i < EXT4_NUMBERS; i++)
        options->number[i] = numbers[i].by_default;
}

int ext4_options_take(struct ext4_options *options, const char *text, const char *dev)
{
    int error = 0;

    while (error == 0 && text != NULL && *text != 0) {
        const char *comma = strchr(text, ',');
        size_t length = comma != NULL ? (size_t)(comma - text) : strlen(text);
        error = option_take(options, text, length, dev);
        text = comma != NULL ? comma + 1 : NULL;
    }
    return error;
}

/* Behind the text that is there. */
PRINTF_LIKE(3, 4) static void append(char *buf, size_t size, const char *fmt, ...)
{
    size_t length = strlen(buf);
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(buf + length, size - length, fmt, ap);
    va_end(ap);
}

void ext4_options_show(const struct ext4_options *options, unsigned by_default, char *buf, size_t size)
{
    buf[0] = 0;
    if (options->super_kib != 1)
        append(buf, size, ",sb=%lu", (unsigned long)options->super_kib);
    for (unsigned i = 0; i < EXT4_OPTIONS_TOLD; i++)
        if (ext4_option_is_set(options, i))
            append(buf, size, ",%s", told[i]);
    for (size_t i = 0; i < COUNT_OF(on_errors); i++)
        if (options->on_errors == on_errors[i].value && by_default != on_errors[i].value)
            append(buf, size, ",%s", on_errors[i].name);
    for (unsigned i = 0; i < EXT4_NUMBERS; i++) {
        if (i == EXT4_READAHEAD && ext4_option_is_set(options, EXT4_DATA_ORDERED))
            append(buf, size, ",data=ordered");
        if (options->number[i] != numbers[i].by_default &&
            !(i == EXT4_INIT_ITABLE && ext4_option_is_set(options, EXT4_NO_INIT_ITABLE)))
            append(buf, size, ",%s%u", numbers[i].name, options->number[i]);
    }
}
