/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_options.c - the options of a mount (ext4(5)). */
#include "fs/ext4/ext4_options.h"

#include "abi/errno.h"
#include "core/log.h"
#include "fs/ext4/ext4_disk.h"
#include "lib/string.h"

/* ---- those that change something ---- */

static void no_load(struct ext4_options *options, bool on)
{
    options->no_load = on;
}

static void read_only(struct ext4_options *options, bool on)
{
    options->read_only = on;
}

static void acls(struct ext4_options *options, bool on)
{
    options->no_acl = !on;
}

static void barriers(struct ext4_options *options, bool on)
{
    options->no_barriers = !on;
}

/* `on`: writing goes on. */
static void on_errors(struct ext4_options *options, bool on)
{
    options->on_errors = on ? EXT4_ERRORS_CONTINUE : EXT4_ERRORS_READ_ONLY;
}

static void on_errors_panic(struct ext4_options *options, bool on)
{
    (void)on;
    options->on_errors = EXT4_ERRORS_PANIC;
}

static void discards(struct ext4_options *options, bool on)
{
    options->discards = on;
}

static const struct flag {
    const char *name;
    void (*set)(struct ext4_options *options, bool on);
    bool on;
} flags[] = {
    {"ro", read_only, true},
    {"rw", read_only, false},
    {"noload", no_load, true},
    {"norecovery", no_load, true},
    {"acl", acls, true},
    {"noacl", acls, false},
    {"barrier", barriers, true},
    {"barrier=1", barriers, true},
    {"nobarrier", barriers, false},
    {"barrier=0", barriers, false},
    {"discard", discards, true},
    {"nodiscard", discards, false},
    {"errors=continue", on_errors, true},
    {"errors=remount-ro", on_errors, false},
    {"errors=panic", on_errors_panic, true},
};

/* Those that say what is so anyway, or change nothing but speed. */
static const char *const voids[] = {
    "defaults",       "user_xattr",       "data=ordered",    "delalloc",
    "nodelalloc",     "auto_da_alloc",    "noauto_da_alloc", "nogrpid",
    "sysvgroups",     "init_itable",      "noinit_itable",   "dioread_lock",
    "dioread_nolock", "nomblk_io_submit", "mblk_io_submit",  "nojournal_checksum",
    "bsddf",          "data_err=ignore",  "noquota",         "block_validity",
    "orlov",          "no_mbcache",       "nombcache",       "no_prefetch_block_bitmaps",
};
/* The same with a number. Commits come every 5 s at the latest, as commit=5 has it. */
static const char *const void_numbers[] = {
    "commit=", "init_itable=", "stripe=", "max_batch_time=", "min_batch_time=", "inode_readahead_blks="};
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
    for (size_t i = 0; i < COUNT_OF(void_numbers); i++) {
        size_t used = strlen(void_numbers[i]);
        if (begins(option, length, void_numbers[i]))
            return number_of(option + used, length - used) <= UINT32_MAX;
    }
    return false;
}

static bool flag_take(struct ext4_options *options, const char *option, size_t length)
{
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        if (!string_is(flags[i].name, option, length))
            continue;
        flags[i].set(options, flags[i].on);
        return true;
    }
    return false;
}

static int option_take(struct ext4_options *options, const char *option, size_t length, const char *dev)
{
    if (length == 0 || flag_take(options, option, length) || is_void(option, length))
        return 0;
    if (begins(option, length, "sb=")) {
        options->super_kib = number_of(option + 3, length - 3);
        return options->super_kib == 0 || options->super_kib > UINT32_MAX ? -EINVAL : 0;
    }
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        if (begins(option, length, refused[i]))
            log_error("%s: ext4: the option %s isn't kept here", dev, refused[i]);
    return -EINVAL;
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
