/* SPDX-License-Identifier: Apache-2.0 */
/* syslog.c - syslog(2): the kernel's messages, as dmesg(1) asks for them. */
#include "abi/errno.h"
#include "core/cred.h"
#include "core/log_ring.h"
#include "core/thread.h"
#include "core/wait.h"
#include "drv/kmsg.h"
#include "lib/printf.h"
#include "mm/kmalloc.h"
#include "mm/usercopy.h"
#include "sys/syscall.h"

enum action {
    ACTION_CLOSE,
    ACTION_OPEN,
    ACTION_READ,
    ACTION_READ_ALL,
    ACTION_READ_CLEAR,
    ACTION_CLEAR,
    ACTION_CONSOLE_OFF,
    ACTION_CONSOLE_ON,
    ACTION_CONSOLE_LEVEL,
    ACTION_SIZE_UNREAD,
    ACTION_SIZE_BUFFER,
};

#define PREFIX_BYTES 48u

struct line { /* room for one, with its prefix */
    struct log_record record;
    size_t size;
    char text[LOG_TEXT_MAX];
    char bytes[PREFIX_BYTES + LOG_TEXT_MAX + 1];
};

static struct log_cursor unread; /* ACTION_READ's place */
static uint64_t cleared;         /* the first message that ACTION_READ_ALL gives */

/* "<6>[    5.140900] the text\n"; the next one of the cursor. False: there is none. */
static bool line_next(struct log_cursor *cursor, struct line *line)
{
    int error;

    do
        error = log_ring_read(cursor, &line->record, line->text);
    while (error == -EPIPE);
    if (error != 0)
        return false;
    line->size = (size_t)snprintf(line->bytes, PREFIX_BYTES, "<%u>[%5lu.%06lu] ", line->record.priority,
                                  (unsigned long)(line->record.time_us / 1000000),
                                  (unsigned long)(line->record.time_us % 1000000));
    for (uint32_t i = 0; i < line->record.size; i++)
        line->bytes[line->size++] = line->text[i];
    line->bytes[line->size++] = '\n';
    return true;
}

/* So many bytes the lines from the cursor on have. */
static uint64_t size_from(struct log_cursor cursor, struct line *line)
{
    uint64_t size = 0;

    while (line_next(&cursor, line))
        size += line->size;
    return size;
}

static struct log_cursor cursor_cleared(struct line *line)
{
    struct log_cursor cursor = log_ring_first();

    while (cursor.number < cleared && log_ring_has_next(&cursor) &&
           log_ring_read(&cursor, &line->record, line->text) == 0)
        ;
    return cursor;
}

/* As many of the last lines as fit, whole ones. Others may speak meanwhile: no more than fits is written. */
static int64_t read_all(struct line *line, uaddr_t buf, uint64_t room, bool clear)
{
    struct log_cursor cursor = cursor_cleared(line), end = log_ring_end();
    uint64_t size = size_from(cursor, line), done = 0;

    while (size > room && line_next(&cursor, line))
        size -= line->size;
    while (cursor.number < end.number && line_next(&cursor, line) && line->size <= room - done) {
        if (copy_to_user(buf + done, line->bytes, line->size) != 0)
            return -EFAULT;
        done += line->size;
    }
    if (clear)
        cleared = end.number;
    return (int64_t)done;
}

/* What nobody has read in this way, and at least one line: waits for it. */
static int64_t read_next(struct line *line, uaddr_t buf, uint64_t room)
{
    uint64_t done = 0;
    int error = 0;

    while (error == 0 && !log_ring_has_next(&unread))
        error = wait_on(kmsg_queue(), WAIT_FOREVER, WAIT_INTERRUPTIBLE);
    while (error == 0) {
        struct log_cursor next = unread;

        if (!line_next(&next, line) || line->size > room - done)
            break;
        unread = next;
        error = copy_to_user(buf + done, line->bytes, line->size);
        done += error == 0 ? line->size : 0;
    }
    return done != 0 ? (int64_t)done : error;
}

static int64_t read_lines(enum action action, uaddr_t buf, int room)
{
    struct line *line;
    int64_t result;

    if (buf == 0 || room < 0)
        return -EINVAL;
    if (room == 0)
        return 0;
    line = kmalloc(sizeof(*line));
    if (line == NULL)
        return -ENOMEM;
    if (action == ACTION_READ)
        result = read_next(line, buf, (uint64_t)room);
    else
        result = read_all(line, buf, (uint64_t)room, action == ACTION_READ_CLEAR);
    kfree(line);
    return result;
}

static int64_t size_unread(void)
{
    struct line *line = kmalloc(sizeof(*line));
    int64_t size;

    if (line == NULL)
        return -ENOMEM;
    size = (int64_t)size_from(unread, line);
    kfree(line);
    return size;
}

int64_t sys_syslog(const uint64_t arg[6])
{
    enum action action = (enum action)(int)arg[0];

    if (action != ACTION_READ_ALL && action != ACTION_SIZE_BUFFER && !cred_has(&current_thread()->cred, CAP_SYSLOG))
        return -EPERM;
    switch (action) {
    case ACTION_CLOSE:
    case ACTION_OPEN:
    case ACTION_CONSOLE_OFF: /* what is shown on the console is lvmm's --verbose */
    case ACTION_CONSOLE_ON:
        return 0;
    case ACTION_READ:
    case ACTION_READ_ALL:
    case ACTION_READ_CLEAR:
        return read_lines(action, arg[1], (int)arg[2]);
    case ACTION_CLEAR:
        cleared = log_ring_end().number;
        return 0;
    case ACTION_CONSOLE_LEVEL:
        return (int)arg[2] < 1 || (int)arg[2] > 8 ? -EINVAL : 0;
    case ACTION_SIZE_UNREAD:
        return size_unread();
    case ACTION_SIZE_BUFFER:
        return LOG_RING_BYTES;
    default:
        return -EINVAL;
    }
}
