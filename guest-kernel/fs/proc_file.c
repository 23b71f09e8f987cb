/* SPDX-License-Identifier: Apache-2.0 */
/* proc_file.c - files under /proc that are text: printed when they are read from the beginning, kept for the reads that
 * follow, and gone once the reader has got to the end. Where too much is kept, each read prints anew. */
#include "fs/proc.h"

#include "abi/errno.h"
#include "core/mutex.h"
#include "mm/iter.h"
#include "mm/kmalloc.h"
#include "mm/page.h"

struct opened {        /* file->owner */
    struct mutex lock; /* around what is below: printing may wait, and so may the copy to the reader */
    struct proc_text text;
    bool is_printed;
    uint64_t ended_at; /* the reader was given all up to here, the end: its next read there is told so; 0: it wasn't */
    uint32_t execs;    /* the process's, when this was opened */
};

static int print_again(struct opened *opened, const struct proc_inode *at)
{
    int error;

    proc_text_free(&opened->text);
    opened->is_printed = false;
    error = at->entry->show(&opened->text, at);
    if (error == 0)
        error = opened->text.error;
    if (error != 0)
        proc_text_free(&opened->text);
    proc_text_trim(&opened->text);
    opened->is_printed = error == 0;
    return error;
}

static int64_t read_locked(struct opened *opened, const struct proc_inode *at, struct iter *iter, uint64_t *pos)
{
    uint64_t ended_at = opened->ended_at;
    int64_t done;
    int error;

    opened->ended_at = 0;
    if (at->entry->is_guarded && proc_process(at) != NULL && opened->execs != proc_execs(at))
        return 0; /* that program is gone; what is printed of a process that is says so itself */
    if (*pos != 0 && *pos == ended_at)
        return 0;
    error = *pos == 0 || !opened->is_printed ? print_again(opened, at) : 0;
    if (error != 0)
        return error;
    done = proc_text_read(&opened->text, iter, *pos);
    if (done > 0)
        *pos += (uint64_t)done;
    if (done > 0 && *pos >= opened->text.length)
        opened->ended_at = *pos;
    if (done == 0 || opened->ended_at != 0 || !proc_text_may_be_kept()) {
        proc_text_free(&opened->text);
        opened->is_printed = false;
    }
    return done;
}

static int64_t proc_file_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    const struct proc_inode *at = proc_of(file->inode);
    struct opened *opened = file->owner;
    int64_t done;
    int error;

    if (at->entry->show == NULL)
        return -EIO;
    if (iter->left == 0)
        return 0;
    error = mutex_lock_interruptible(&opened->lock);
    if (error != 0)
        return error;
    done = read_locked(opened, at, iter, pos);
    mutex_unlock(&opened->lock);
    return done;
}

/* One write is the whole; what comes at another place than the beginning changes nothing, as on Linux. */
static int64_t proc_file_write(struct file *file, struct iter *iter, uint64_t *pos)
{
    const struct proc_inode *at = proc_of(file->inode);
    size_t size = iter->left, kept = size < PAGE_SIZE ? size : PAGE_SIZE - 1;
    struct page *page;
    int64_t moved;
    int error;

    if (at->entry->store == NULL)
        return -EIO;
    page = page_alloc_dirty();
    if (page == NULL)
        return -ENOMEM;
    char *text = page_data(page);
    moved = iter_drain(iter, text, kept);
    error = moved < 0 ? (int)moved : (size_t)moved < kept ? -EFAULT : 0;
    if (error == 0) {
        text[kept] = 0;
        error = at->entry->store(at, text, kept);
    }
    page_put(page);
    if (error != 0)
        return error;
    *pos += size;
    return (int64_t)size;
}

static void proc_file_release(struct file *file)
{
    struct opened *opened = file->owner;

    proc_text_free(&opened->text);
    kfree(opened);
}

uint64_t proc_no_end(struct file *file)
{
    (void)file;
    return 1ull << 63; /* which no offset leads out of */
}

static const struct file_ops text_ops = {.read = proc_file_read,
                                         .write = proc_file_write,
                                         .release = proc_file_release,
                                         .size = proc_no_end,
                                         .splice = SPLICE_READ,
                                         .seekable = true};

int proc_file_open(struct file *file)
{
    struct opened *opened = kmalloc(sizeof(*opened));

    file->owner = opened;
    if (opened == NULL)
        return -ENOMEM;
    mutex_set_rank(&opened->lock, RANK_TEXT);
    opened->execs = proc_execs(proc_of(file->inode));
    file->ops = &text_ops;
    return 0;
}
