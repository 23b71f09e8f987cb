/* SPDX-License-Identifier: Apache-2.0 */
/* mount_config.c - see mount_config.h. As Linux's fs/fs_context.c and fs/fsopen.c. */
#include "vfs/mount_config.h"

#include "abi/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/anon.h"
#include "vfs/mount_detached.h"
#include "vfs/mount_tree.h"

#define OPTIONS_MAX 4096u /* all together, as mount(2) takes them */
#define SOURCE_SIZE 256u
#define MESSAGES 8u /* that are kept for who reads: then the oldest goes */
#define MESSAGE_SIZE 320u

struct config {
    const struct fs_type *type;
    struct filesystem *fs; /* with one in its count of mounts; NULL: it isn't made yet */
    enum {
        SETS_NEW,   /* it is told how the file system is to be, */
        WORKS,      /* makes, mounts or changes it, */
        MADE,       /* has it, to be mounted, */
        MOUNTED,    /* has mounted or changed it, and may be told of changes, */
        SETS_KNOWN, /* which it is, */
        FAILED
    } phase;
    bool read_only, minds_read_only; /* the second: "ro" or "rw" was said */
    bool has_source;
    size_t length; /* of options */
    char source[SOURCE_SIZE], options[OPTIONS_MAX];
    char *message[MESSAGES]; /* from the oldest on; NULL: there are no more */
};

/* ---- messages: what was wrong, in Linux's words ---- */

static void message_drop(struct config *config)
{
    kfree(config->message[0]);
    memmove(&config->message[0], &config->message[1], (MESSAGES - 1) * sizeof(config->message[0]));
    config->message[MESSAGES - 1] = NULL;
}

/* "e WHO: what 'KEY'", the first and the last if they aren't NULL. Without memory there is none. */
static void complain(struct config *config, const char *who, const char *what, const char *key)
{
    char text[MESSAGE_SIZE], *message;
    unsigned n = 0;

    snprintf(text, sizeof(text), "e %s%s%s%s%s%s\n", who != NULL ? who : "", who != NULL ? ": " : "", what,
             key != NULL ? " '" : "", key != NULL ? key : "", key != NULL ? "'" : "");
    message = kmalloc(strlen(text) + 1);
    if (message == NULL)
        return;
    memcpy(message, text, strlen(text) + 1);
    if (config->message[MESSAGES - 1] != NULL)
        message_drop(config);
    while (config->message[n] != NULL)
        n++;
    config->message[n] = message;
}

/* A message at a time, whole. */
static int64_t config_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    struct config *config = file->owner;
    char *message = config->message[0];
    size_t length = message != NULL ? strlen(message) : 0;

    (void)pos;
    if (message == NULL)
        return -ENODATA;
    if (length > iter->left)
        return -EMSGSIZE;
    config->message[0] = NULL; /* to copy may be to wait, and another may read the next */
    message_drop(config);
    if (iter_fill(iter, message, length) != (int64_t)length)
        length = 0;
    kfree(message);
    return length != 0 ? (int64_t)length : -EFAULT;
}

static void config_release(struct file *file)
{
    struct config *config = file->owner;

    if (config->fs != NULL)
        filesystem_put(config->fs);
    while (config->message[0] != NULL)
        message_drop(config);
    kfree(config);
}

static const struct file_ops config_ops = {
    .name = "anon_inode:[fscontext]",
    .read = config_read,
    .release = config_release,
};

bool mount_config_is(const struct file *file)
{
    return file->ops == &config_ops;
}

static int config_open(const struct fs_type *type, struct filesystem *fs, struct file **out)
{
    struct config *config = kmalloc(sizeof(*config));

    if (config == NULL)
        return -ENOMEM;
    config->type = type;
    config->phase = fs != NULL ? SETS_KNOWN : SETS_NEW;
    int error = anon_file_new(&config_ops, O_RDWR, config, out);
    if (error != 0) {
        kfree(config);
        return error;
    }
    config->fs = fs;
    if (fs != NULL)
        fs->mounts++;
    return 0;
}

int mount_config_new(const struct fs_type *type, struct file **out)
{
    return config_open(type, NULL, out);
}

int mount_config_of(const struct path *at, struct file **out)
{
    return config_open(at->mount->fs->type, at->mount->fs, out);
}

/* ---- parameters ---- */

/* What isn't the file system's own: of those only "ro" means something here. */
static bool general_set(struct config *config, const char *key)
{
    static const char *const known[] = {"ro",   "rw",     "sync",     "async",     "dirsync",
                                        "mand", "nomand", "lazytime", "nolazytime"};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(key, known[i]) != 0)
            continue;
        if (i < 2) {
            config->read_only = i == 0;
            config->minds_read_only = true;
        }
        return true;
    }
    return false;
}

static int source_set(struct config *config, const char *value)
{
    if (value == NULL || config->has_source) {
        complain(config, NULL, value == NULL ? "Non-string source" : "Multiple sources", NULL);
        return -EINVAL;
    }
    if (strlen(value) >= SOURCE_SIZE)
        return -EINVAL;
    memcpy(config->source, value, strlen(value) + 1);
    config->has_source = true;
    return 0;
}

/* Whether the type has such an option, which takes no value, or one that a number may be. */
static bool is_option(const struct config *config, const char *key)
{
    char option[SOURCE_SIZE + 2];

    if (*key == 0 || strchr(key, ',') != NULL || config->type->check_options == NULL)
        return false;
    snprintf(option, sizeof(option), "%s=1", key);
    return config->type->check_options(key) == 0 || config->type->check_options(option) == 0;
}

static int option_refuse(struct config *config, const char *key)
{
    complain(config, config->type->name, is_option(config, key) ? "Bad value for" : "Unknown parameter", key);
    return -EINVAL;
}

/* One more among the options, if the type takes it. */
static int option_add(struct config *config, const char *key, const char *value)
{
    size_t room = OPTIONS_MAX - config->length;
    char *end = config->options + config->length;
    size_t comma = config->length != 0;

    if (*key == 0 || strchr(key, ',') != NULL || (value != NULL && strchr(value, ',') != NULL))
        return option_refuse(config, key);
    int length = snprintf(end, room, "%s%s%s%s", comma != 0 ? "," : "", key, value != NULL ? "=" : "",
                          value != NULL ? value : "");
    int error = (size_t)length >= room                ? -EINVAL
                : config->type->check_options != NULL ? config->type->check_options(end + comma)
                                                      : 0;
    if (error == 0) {
        config->length += (size_t)length;
        return 0;
    }
    *end = 0;
    return option_refuse(config, key);
}

/* It may be told something. */
static int setting_begin(struct config *config)
{
    if (config->phase == MOUNTED)
        config->phase = SETS_KNOWN;
    return config->phase == SETS_NEW || config->phase == SETS_KNOWN ? 0 : -EBUSY;
}

int mount_config_set(struct file *file, const char *key, const char *value)
{
    struct config *config = file->owner;
    int error = setting_begin(config);

    if (error != 0 || general_set(config, key))
        return error;
    return strcmp(key, "source") == 0 ? source_set(config, value) : option_add(config, key, value);
}

int mount_config_set_other(struct file *file, const char *key)
{
    struct config *config = file->owner;
    int error = setting_begin(config);

    if (error != 0 || general_set(config, key))
        return error;
    return strcmp(key, "source") == 0 ? source_set(config, NULL) : option_refuse(config, key);
}

/* ---- what it is for ---- */

/* What was said is done: from now on changes may be told. */
static void config_clean(struct config *config)
{
    config->read_only = config->has_source = false;
    config->length = 0;
    config->options[0] = config->source[0] = 0;
    config->phase = MOUNTED;
}

static const char *options_of(const struct config *config)
{
    return config->length != 0 ? config->options : NULL;
}

int mount_config_create(struct file *file, bool exclusive)
{
    struct config *config = file->owner;
    struct filesystem *fs;

    if (config->phase == MOUNTED)
        config->phase = SETS_KNOWN;
    if (config->phase != SETS_NEW)
        return -EBUSY;
    config->phase = WORKS; /* nobody else has a say meanwhile */
    int error = filesystem_get(config->type, config->has_source ? config->source : NULL, options_of(config),
                               config->read_only, &fs);
    if (error == 0 && exclusive && fs->mounts > 1) {
        filesystem_put(fs);
        error = -EBUSY;
    }
    config->phase = error == 0 ? MADE : FAILED;
    if (error == 0)
        config->fs = fs;
    return error;
}

int mount_config_apply(struct file *file)
{
    struct config *config = file->owner;

    if (config->phase == MOUNTED)
        config->phase = SETS_KNOWN;
    if (config->phase != SETS_KNOWN)
        return -EBUSY;
    config->phase = WORKS;
    int error = filesystem_reconfigure(
        config->fs, config->minds_read_only ? config->read_only : filesystem_told_read_only(config->fs),
        options_of(config));
    if (error == 0)
        config_clean(config);
    else
        config->phase = FAILED;
    return error;
}

int mount_config_mount(struct file *file, uint32_t flags, struct file **out)
{
    struct config *config = file->owner;

    if (config->fs == NULL)
        return -EINVAL;
    if (config->phase != MADE)
        return -EBUSY;
    config->phase = WORKS; /* it may wait for memory: it is mounted once, and told nothing meanwhile */
    int error = mount_detached_new(config->fs, config->has_source ? config->source : "none", flags, out);
    if (error == 0)
        config_clean(config);
    else
        config->phase = MADE;
    return error;
}
