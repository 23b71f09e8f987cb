/* SPDX-License-Identifier: Apache-2.0 */
/* kmsg.c - see kmsg.h; what is written becomes a message (Linux's Documentation/ABI/testing/dev-kmsg). */
#include "drv/kmsg.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "core/log.h"
#include "core/log_ring.h"
#include "core/mutex.h"
#include "core/wait.h"
#include "mm/kmalloc.h"
#include "vfs/device.h"

#define KMSG_RDEV DEVICE_RDEV(1, 11)
#define FACILITY_USER 1u
#define WIDEST 4u        /* characters that one of a message may become */
#define PREFIX_BYTES 64u /* numbers before the text */
#define LINE_BYTES (PREFIX_BYTES + WIDEST * LOG_TEXT_MAX)

struct kmsg { /* an open file that can be read */
    struct log_cursor cursor;
    struct mutex reading;
    struct log_record record;
    char text[LOG_TEXT_MAX], line[LINE_BYTES];
};

static struct wait_queue changed;

struct wait_queue *kmsg_queue(void)
{
    return &changed;
}

static void told(void)
{
    wait_wake_all(&changed, POLLIN | POLLRDNORM);
}

/* ---- reading ---- */

static bool is_plain(char c)
{
    return c >= ' ' && c < 0x7f && c != '\\';
}

/* "6,339,5140900,-;the text\n", what isn't plain as \xNN. */
static size_t line_make(struct kmsg *kmsg)
{
    static const char digits[] = "0123456789abcdef";
    const struct log_record *record = &kmsg->record;
    size_t at = (size_t)snprintf(kmsg->line, PREFIX_BYTES, "%u,%lu,%lu,-;", record->priority,
                                 (unsigned long)record->number, (unsigned long)record->time_us);

    for (uint32_t i = 0; i < record->size; i++) {
        char c = kmsg->text[i];

        if (is_plain(c)) {
            kmsg->line[at++] = c;
            continue;
        }
        kmsg->line[at++] = '\\';
        kmsg->line[at++] = 'x';
        kmsg->line[at++] = digits[(uint8_t)c >> 4];
        kmsg->line[at++] = digits[(uint8_t)c & 15];
    }
    kmsg->line[at++] = '\n';
    return at;
}

static int64_t next_read(struct kmsg *kmsg, const struct file *file, struct iter *iter)
{
    int error = 0;
    size_t size;

    while (error == 0 && !log_ring_has_next(&kmsg->cursor))
        error = file->flags & O_NONBLOCK ? -EAGAIN : wait_on(&changed, WAIT_FOREVER, WAIT_INTERRUPTIBLE);
    if (error == 0)
        error = log_ring_read(&kmsg->cursor, &kmsg->record, kmsg->text);
    if (error != 0)
        return error;
    size = line_make(kmsg);
    return size > iter->left ? -EINVAL : iter_fill(iter, kmsg->line, size);
}

static int64_t kmsg_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    struct kmsg *kmsg = file->owner;
    int64_t result;
    int error;

    (void)pos;
    if (kmsg == NULL)
        return -EBADF;
    error = mutex_lock_for(&kmsg->reading, false);
    if (error != 0)
        return error;
    result = next_read(kmsg, file, iter);
    mutex_unlock(&kmsg->reading);
    return result;
}

static int64_t kmsg_seek(struct file *file, int64_t offset, int whence)
{
    struct kmsg *kmsg = file->owner;

    if (kmsg == NULL)
        return -EBADF;
    if (offset != 0)
        return -ESPIPE;
    switch (whence) {
    case SEEK_SET:
    case SEEK_DATA: /* since it was cleared: it never is here, but by syslog(2) for its own readers */
        kmsg->cursor = log_ring_first();
        return 0;
    case SEEK_END:
        kmsg->cursor = log_ring_end();
        return 0;
    default:
        return -EINVAL;
    }
}

static uint32_t kmsg_poll(struct file *file, struct poll_table *table)
{
    const struct kmsg *kmsg = file->owner;
    struct log_cursor first = log_ring_first();

    if (kmsg == NULL)
        return POLLIN | POLLRDNORM | POLLERR | POLLPRI;
    poll_hook(table, &changed);
    if (!log_ring_has_next(&kmsg->cursor))
        return 0;
    return POLLIN | POLLRDNORM | (kmsg->cursor.number < first.number ? POLLERR | POLLPRI : 0);
}

/* ---- writing ---- */

/* "<N>" in front says how urgent it is, and whose; else it is a warning of a program. The characters it takes. */
static size_t priority_read(const char *text, size_t size, unsigned *priority)
{
    unsigned number = 0;
    size_t at = 1;

    *priority = FACILITY_USER << 3 | LOG_WARNING;
    if (size == 0 || text[0] != '<')
        return 0;
    while (at < size && text[at] >= '0' && text[at] <= '9' && number < 1u << 16)
        number = number * 10 + (unsigned)(text[at++] - '0');
    if (at == 1 || at >= size || text[at] != '>')
        return 0;
    *priority = number >> 3 != 0 ? number : FACILITY_USER << 3 | number;
    return at + 1;
}

static int64_t kmsg_write(struct file *file, struct iter *iter, uint64_t *pos)
{
    char text[LOG_TEXT_MAX];
    unsigned priority;
    int64_t size;
    size_t end, start;

    (void)file, (void)pos;
    if (iter->left > sizeof(text))
        return -EINVAL;
    size = iter_drain(iter, text, iter->left);
    if (size < 0)
        return size;
    end = (size_t)size;
    start = priority_read(text, end, &priority);
    if (end > start && text[end - 1] == '\n')
        end--;
    log_said(priority, text + start, end - start);
    return size;
}

/* ---- the device ---- */

static void kmsg_release(struct file *file)
{
    kfree(file->owner);
}

static const struct file_ops kmsg_ops = {
    .read = kmsg_read, .write = kmsg_write, .seek = kmsg_seek, .poll = kmsg_poll, .release = kmsg_release};

static int kmsg_open(struct inode *inode, struct file *file)
{
    struct kmsg *kmsg = file_is_readable(file) ? kmalloc(sizeof(*kmsg)) : NULL;

    (void)inode;
    if (kmsg == NULL && file_is_readable(file))
        return -ENOMEM;
    if (kmsg != NULL) {
        kmsg->cursor = log_ring_first();
        mutex_set_rank(&kmsg->reading, RANK_TEXT);
    }
    file->ops = &kmsg_ops;
    file->owner = kmsg;
    return 0;
}

static struct device kmsg_device = {.name = "kmsg", .mode = S_IFCHR | 0644, .rdev = KMSG_RDEV, .open = kmsg_open};

void kmsg_register(void)
{
    log_ring_told = told;
    device_register(&kmsg_device);
}
