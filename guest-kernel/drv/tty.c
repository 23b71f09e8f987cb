/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tty.c - the terminal: bytes between its port of the console and the line discipline.
 *
 * Input is taken in the interrupt handler, so ^C works while the program computes. Its echo goes out from there as
 * well, and an interrupt handler can't wait: echo that can't go yet is kept and sent when what goes before it is out.
 * One chain at a time is in the transmit queue, a program's output or echo.
 */
#include "drv/tty.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/signal.h"
#include "core/clock.h"
#include "core/thread.h"
#include "drv/internal.h"
#include "drv/ldisc_echo.h"
#include "drv/tty_ioctl.h"
#include "lib/string.h"
#include "mm/check.h"

#define INPUT_BUFFERS 4u
#define INPUT_BYTES 1024u
#define ECHO_BYTES 512u
#define WRITE_BYTES 2048u /* a program's bytes at a time: twice as many may come of them (ONLCR) */
#define DECISECOND_NS 100000000ull

_Static_assert(INPUT_BUFFERS *INPUT_BYTES <= PAGE_SIZE, "the input buffers lie in a page");

static struct tty tty;

static struct {
    struct page *input;
    uint8_t *chunk; /* an input buffer that the line discipline hasn't taken completely; NULL: none */
    uint32_t chunk_size, chunk_at;

    uint8_t echo[ECHO_BYTES], echo_sent[ECHO_BYTES]; /* waiting, and with the device */
    uint32_t echo_count;

    struct page *raw, *cooked; /* a program's output before and after output processing */
} io;

static struct inode tty_inode;

/* Reading and writing from the background. As on Linux it stops nobody who does so by way of /dev/console. */
static int check_foreground(const struct file *file, int signal)
{
    return file->inode->rdev == CONSOLE_RDEV ? 0 : terminal_check(&tty.control, signal);
}

static bool is_gone(void)
{
    return tty.port->closed || console_is_broken();
}

/* ---- output ---- */

static int transmit(const void *bytes, uint32_t size)
{
    struct virtq_chain chain;
    int error;

    virtq_chain_begin(&chain, tty.port->tx, NULL);
    virtq_chain_add(&chain, virt_to_phys(bytes), size, false);
    error = virtq_chain_submit(&chain, &tty);
    if (error == 0)
        virtqueue_kick(tty.port->tx);
    return error;
}

/* Sends the echo that is waiting; if the queue is busy, its interrupt brings us here again. */
static void echo_send(void)
{
    uint32_t count = io.echo_count;

    if (count == 0 || is_gone())
        return;
    if (!console_is_sent(tty.port)) {
        virtqueue_set_interrupts(tty.port->tx, true);
        if (!console_is_sent(tty.port)) /* it may have been sent before the interrupts were on */
            return;
    }
    if (wait_is_empty(&tty.port->sent))
        virtqueue_set_interrupts(tty.port->tx, false);
    memcpy(io.echo_sent, io.echo, count);
    io.echo_count = 0;
    transmit(io.echo_sent, count);
}

static void ldisc_echo(void *owner, uint8_t byte)
{
    (void)owner;
    if (io.echo_count < ECHO_BYTES) /* else it is lost, as on Linux */
        io.echo[io.echo_count++] = byte;
}

static void ldisc_signal(void *owner, int signal)
{
    (void)owner;
    terminal_signal(&tty.control, signal);
}

static const struct ldisc_ops ldisc_ops = {.echo = ldisc_echo, .signal = ldisc_signal};

static int tty_drain(struct tty *t)
{
    do {
        int error = console_wait_sent(t->port, true);

        if (error != 0)
            return error;
        if (is_gone())
            return -EIO;
        echo_send();
    } while (t->port->tx->outstanding != 0);
    return 0;
}

static bool can_write(void)
{
    console_poll();
    return !tty.ldisc.stopped || is_gone();
}

static int wait_writable(const struct file *file)
{
    int error = 0;

    if (tty.ldisc.stopped) {
        if (file->flags & O_NONBLOCK)
            return -EAGAIN;
        while (!can_write() && error == 0)
            error = wait_on(&tty.writable, WAIT_FOREVER, WAIT_INTERRUPTIBLE);
    }
    return error != 0 ? error : tty_drain(&tty);
}

/* Sends `size` bytes that lie in io.raw; how many of them are out or on their way. */
static int64_t write_raw(uint32_t size)
{
    const uint8_t *raw = page_data(io.raw);
    uint32_t done = 0;

    while (done < size) {
        uint8_t *cooked = page_data(io.cooked);
        size_t made;
        int error;

        done += (uint32_t)ldisc_output(&tty.ldisc, raw + done, size - done, cooked, PAGE_SIZE, &made);
        error = made != 0 ? transmit(cooked, (uint32_t)made) : 0;
        /* The page has to come back even if a signal waits; only a terminal that takes nothing at all is left. */
        if (error == 0)
            error = console_wait_sent(tty.port, done == size);
        if (error == -ERESTARTSYS) {
            console_promise(tty.port);
            break;
        }
        if (error != 0 || is_gone())
            return -EIO;
    }
    return done;
}

static int buffer_make(struct page **page)
{
    if (*page != NULL)
        return 0;
    *page = page_alloc_dirty();
    if (*page == NULL)
        return -ENOMEM;
    check_count_kept();
    return 0;
}

static int64_t write_part(const struct file *file, struct iter *iter)
{
    int64_t size;
    int error = wait_writable(file);

    if (error != 0)
        return error;
    error = buffer_make(&io.raw);
    if (error == 0)
        error = buffer_make(&io.cooked);
    if (error != 0)
        return error;
    size = iter_drain(iter, page_data(io.raw), iter->left < WRITE_BYTES ? iter->left : WRITE_BYTES);
    if (size > 0)
        size = write_raw((uint32_t)size);
    echo_send(); /* what was typed meanwhile */
    return size;
}

static int64_t write_all(const struct file *file, struct iter *iter)
{
    int64_t total = 0;

    while (iter->left != 0) {
        int64_t n = write_part(file, iter);

        if (n < 0)
            return total != 0 ? total : n;
        total += n;
    }
    return total;
}

static int64_t tty_write(struct file *file, struct iter *iter, uint64_t *pos)
{
    int64_t result;
    int error = console_listen();

    (void)pos;
    if (error == 0 && (tty.ldisc.termios.c_lflag & TOSTOP))
        error = check_foreground(file, SIGTTOU);
    if (error == 0)
        error = mutex_lock_for(&tty.writing, file->flags & O_NONBLOCK);
    if (error != 0)
        return error;
    result = write_all(file, iter);
    mutex_unlock(&tty.writing);
    return result;
}

/* ---- input ---- */

static int input_post(void *buffer)
{
    struct virtq_chain chain;

    virtq_chain_begin(&chain, tty.port->rx, NULL);
    virtq_chain_add(&chain, virt_to_phys(buffer), INPUT_BYTES, true);
    return virtq_chain_submit(&chain, buffer);
}

static void tty_receive(struct tty *t)
{
    bool was_stopped = t->ldisc.stopped;
    bool posted = false;

    for (;;) {
        if (io.chunk == NULL) {
            io.chunk = virtqueue_take(t->port->rx, &io.chunk_size);
            io.chunk_at = 0;
        }
        if (io.chunk == NULL)
            break;
        io.chunk_at += (uint32_t)ldisc_receive(&t->ldisc, io.chunk + io.chunk_at, io.chunk_size - io.chunk_at);
        if (io.chunk_at < io.chunk_size) /* until someone has read */
            break;
        posted |= input_post(io.chunk) == 0;
        io.chunk = NULL;
    }
    if (posted)
        virtqueue_kick(t->port->rx);
    echo_send();
    if (ldisc_is_readable(&t->ldisc) || is_gone())
        wait_wake_all(&t->readable, POLLIN | POLLRDNORM | POLLHUP);
    if ((was_stopped && !t->ldisc.stopped) || is_gone()) /* who polls calls this too: only for news */
        wait_wake_all(&t->writable, POLLOUT | POLLWRNORM | POLLHUP);
}

static void terminal_interrupt(void)
{
    if (tty.port != NULL)
        tty_receive(&tty);
}

static void terminal_resized(uint16_t rows, uint16_t columns)
{
    tty_resized(&tty, rows, columns);
}

static void terminal_hung_up(void)
{
    terminal_hang_up(&tty.control);
    wait_wake_all(&tty.readable, 0);
    wait_wake_all(&tty.writable, 0);
}

const struct console_terminal tty_terminal = {
    .interrupt = terminal_interrupt, .resized = terminal_resized, .hung_up = terminal_hung_up};

static bool is_canonical(void)
{
    return tty.ldisc.termios.c_lflag & ICANON;
}

/* Are `least` bytes there? With ICANON a line is enough. */
static bool has_input(uint32_t least)
{
    console_poll();
    if (is_canonical())
        return ldisc_is_readable(&tty.ldisc) || is_gone();
    return ldisc_readable_bytes(&tty.ldisc) >= least || is_gone();
}

static int input_wait(uint32_t least, uint64_t deadline_ns)
{
    int error = 0;

    while (!has_input(least) && error == 0)
        error = wait_on(&tty.readable, deadline_ns, WAIT_INTERRUPTIBLE);
    return error;
}

/* Waits as VMIN and VTIME have it (termios(3), noncanonical mode). 0 or -errno. */
static int wait_bytes(uint64_t wanted)
{
    uint64_t timeout_ns = tty.ldisc.termios.c_cc[VTIME] * DECISECOND_NS;
    uint32_t min = tty.ldisc.termios.c_cc[VMIN];
    int error = 0;

    if (min > wanted)
        min = (uint32_t)wanted;
    if (timeout_ns == 0) /* MIN bytes, however long they take */
        return min != 0 ? input_wait(min, WAIT_FOREVER) : 0;
    if (min == 0) /* any byte within TIME */
        error = input_wait(1, clock_monotonic_ns() + timeout_ns);
    else /* the first byte starts the clock, each further one restarts it */
        error = input_wait(1, WAIT_FOREVER);
    while (error == 0 && !is_gone() && ldisc_readable_bytes(&tty.ldisc) < min)
        error = input_wait(ldisc_readable_bytes(&tty.ldisc) + 1, clock_monotonic_ns() + timeout_ns);
    if (error == -ERESTARTSYS && ldisc_is_readable(&tty.ldisc))
        return 0;
    return error == -ETIMEDOUT ? 0 : error;
}

static int wait_input(const struct file *file, uint64_t wanted)
{
    if (file->flags & O_NONBLOCK)
        return ldisc_is_readable(&tty.ldisc) || is_gone() ? 0 : -EAGAIN;
    return is_canonical() ? input_wait(1, WAIT_FOREVER) : wait_bytes(wanted);
}

static int64_t copy_input(struct iter *iter)
{
    bool line_ended = false;
    int64_t total = 0;

    while (iter->left != 0 && !line_ended) {
        uint8_t part[256];
        size_t n = ldisc_read(&tty.ldisc, part, iter->left < sizeof(part) ? iter->left : sizeof(part), &line_ended);
        int64_t moved;

        if (n == 0)
            break;
        moved = iter_fill(iter, part, n);
        if (moved < 0)
            return total != 0 ? total : moved;
        total += moved;
        if ((size_t)moved < n)
            break;
    }
    return total;
}

static int64_t tty_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    int64_t result;
    int error = console_listen();

    (void)pos;
    if (error == 0)
        error = check_foreground(file, SIGTTIN);
    if (error == 0 && iter->left != 0)
        error = mutex_lock_for(&tty.reading, file->flags & O_NONBLOCK);
    if (error != 0 || iter->left == 0)
        return error;
    tty_receive(&tty);
    result = wait_input(file, iter->left);
    if (result == 0) {
        result = copy_input(iter); /* nothing: end of file, also when the terminal is gone */
        tty_receive(&tty);         /* there is room now */
    }
    mutex_unlock(&tty.reading);
    return result;
}

/* ---- the file ---- */

static uint32_t tty_poll(struct file *file, struct poll_table *table)
{
    const uint8_t *cc = tty.ldisc.termios.c_cc;
    uint32_t least = cc[VMIN] != 0 && cc[VTIME] == 0 ? cc[VMIN] : 1, events = 0;

    poll_hook(table, &tty.readable);
    poll_hook(table, &tty.writable);
    (void)file;
    if (console_listen() != 0)
        return POLLERR;
    tty_receive(&tty);
    if (has_input(least))
        events |= POLLIN | POLLRDNORM;
    if (!tty.ldisc.stopped)
        events |= POLLOUT | POLLWRNORM;
    if (is_gone())
        events |= POLLHUP;
    return events;
}

static const struct file_ops tty_ops = {
    .read = tty_read, .write = tty_write, .ioctl = tty_ioctl, .poll = tty_poll, .splice = SPLICE_READ | SPLICE_WRITE};

void tty_control(struct process *leader)
{
    if (tty.port != NULL)
        terminal_give(&tty.control, leader);
}

bool tty_is_controlling(void)
{
    return tty.port != NULL && current_process()->terminal == &tty.control;
}

int tty_attach(struct file *file)
{
    if (tty.port == NULL)
        return -ENODEV;
    file->ops = &tty_ops;
    file->owner = &tty;
    return 0;
}

int tty_open(struct file **out)
{
    return tty.port != NULL ? file_new(&tty_inode, &tty_ops, O_RDWR, &tty, out) : -ENODEV;
}

static int input_start(void)
{
    unsigned i;
    int error = 0;

    io.input = page_alloc();
    if (io.input == NULL)
        return -ENOMEM;
    for (i = 0; i < INPUT_BUFFERS && error == 0; i++)
        error = input_post((uint8_t *)page_data(io.input) + i * INPUT_BYTES);
    if (error != 0 && i == 0)
        return error;
    virtqueue_set_interrupts(tty.port->rx, true);
    virtqueue_kick(tty.port->rx);
    error = console_interrupts(tty.port->rx);
    return error != 0 ? error : console_listen();
}

static const struct tty_io tty_io = {.drain = tty_drain, .receive = tty_receive};

int tty_init(uint16_t rows, uint16_t columns)
{
    struct console_port *port = console_port(LVMM_PORT_TTY);

    if (port == NULL)
        return -ENODEV;
    if (rows == 0 && columns == 0)
        console_size(&rows, &columns);
    tty.size.ws_row = rows;
    tty.size.ws_col = columns;
    tty.io = &tty_io;
    ldisc_init(&tty.ldisc, &ldisc_ops, &tty);
    drv_inode_init(&tty_inode, 4, S_IFCHR | 0620, 136 << 8); /* 136:0, as /dev/pts/0 */
    tty.port = port;
    return input_start();
}
