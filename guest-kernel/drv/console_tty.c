/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console_tty.c - the terminal on the console device: bytes between its port and the line discipline.
 *
 * Input is taken in the interrupt handler, so ^C works while the program computes. Its echo goes out from there as
 * well, and an interrupt handler can't wait: echo that can't go yet is kept and sent when what goes before it is out.
 * One chain at a time is in the transmit queue, a program's output or echo.
 */
#include "drv/console_tty.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "core/outside.h"
#include "drv/internal.h"
#include "drv/ldisc_echo.h"
#include "drv/tty_file.h"
#include "drv/tty_ioctl.h"
#include "lib/string.h"
#include "mm/check.h"

#define INPUT_BUFFERS 4u
#define INPUT_BYTES 1024u
#define ECHO_BYTES 4096u  /* as Linux keeps: what is pasted, up to as much as a line may have, is shown */
#define WRITE_BYTES 2048u /* a program's bytes at a time: twice as many may come of them (ONLCR) */

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

static struct console_port *port; /* NULL: there is no terminal */
static struct inode tty_inode;

static bool is_gone(const struct tty *t)
{
    (void)t;
    return port->closed || console_is_broken();
}

/* ---- output ---- */

static int transmit(const void *bytes, uint32_t size)
{
    struct virtq_chain chain;
    int error;

    virtq_chain_begin(&chain, port->tx, NULL);
    virtq_chain_add(&chain, virt_to_phys(bytes), size, false);
    error = virtq_chain_submit(&chain, &tty);
    if (error == 0)
        virtqueue_kick(port->tx);
    return error;
}

/* Sends the echo that is waiting; if the queue is busy, its interrupt brings us here again. */
static void echo_send(void)
{
    uint32_t count = io.echo_count;

    if (count == 0 || is_gone(&tty))
        return;
    if (!console_is_sent(port)) {
        virtqueue_set_interrupts(port->tx, true);
        if (!console_is_sent(port)) /* it may have been sent before the interrupts were on */
            return;
    }
    if (wait_is_empty(&port->sent))
        virtqueue_set_interrupts(port->tx, false);
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
    (void)t;
    do {
        int error = console_wait_sent(port, true);

        if (error != 0)
            return error;
        if (is_gone(&tty))
            return -EIO;
        echo_send();
    } while (port->tx->outstanding != 0);
    return 0;
}

static bool can_write(const struct file *file)
{
    console_poll();
    return !tty.ldisc.stopped || tty_is_hung_up(file);
}

static int wait_writable(const struct file *file)
{
    int error = 0;

    if (tty.ldisc.stopped) {
        if (file->flags & O_NONBLOCK)
            return -EAGAIN;
        while (!can_write(file) && error == 0)
            error = wait_on(&tty.writable, WAIT_FOREVER, WAIT_INTERRUPTIBLE);
    }
    if (error == 0 && tty_is_hung_up(file))
        error = -EIO;
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
            error = console_wait_sent(port, done == size);
        if (error == -ERESTARTSYS) {
            console_promise(port);
            break;
        }
        if (error != 0 || is_gone(&tty))
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

static int64_t console_tty_write(struct tty *t, const struct file *file, struct iter *iter)
{
    int64_t total = 0;

    (void)t;
    while (iter->left != 0) {
        int64_t n = write_part(file, iter);

        if (n < 0)
            return total != 0 ? total : n;
        total += n;
        if (iter->left != 0 && tty_write_ends())
            break;
    }
    return total;
}

/* ---- input ---- */

static int input_post(void *buffer)
{
    struct virtq_chain chain;

    virtq_chain_begin(&chain, port->rx, NULL);
    virtq_chain_add(&chain, virt_to_phys(buffer), INPUT_BYTES, true);
    return virtq_chain_submit(&chain, buffer);
}

static void tty_receive(struct tty *t)
{
    bool posted = false;

    for (;;) {
        if (io.chunk == NULL) {
            io.chunk = virtqueue_take(port->rx, &io.chunk_size);
            io.chunk_at = 0;
        }
        if (io.chunk == NULL)
            break;
        outside_heard();
        io.chunk_at += (uint32_t)ldisc_receive(&t->ldisc, io.chunk + io.chunk_at, io.chunk_size - io.chunk_at);
        if (io.chunk_at < io.chunk_size) /* until someone has read */
            break;
        posted |= input_post(io.chunk) == 0;
        io.chunk = NULL;
        echo_send(); /* before the next one's, so that only what the device has not taken yet needs room */
    }
    if (posted)
        virtqueue_kick(port->rx);
    echo_send();
    tty_input_tell(t);
    tty_flow_tell(t);
    if (is_gone(t))
        wait_wake_all(&t->writable, POLLOUT | POLLWRNORM | POLLHUP);
}

static void terminal_interrupt(void)
{
    if (port != NULL)
        tty_receive(&tty);
}

static void terminal_resized(uint16_t rows, uint16_t columns)
{
    tty_resize(&tty, &(struct winsize){.ws_row = rows, .ws_col = columns});
}

static void terminal_hung_up(void)
{
    terminal_hang_up(&tty.control);
    wait_wake_all(&tty.readable, 0);
    wait_wake_all(&tty.writable, 0);
}

const struct console_terminal console_tty_terminal = {
    .interrupt = terminal_interrupt, .resized = terminal_resized, .hung_up = terminal_hung_up};

/* ---- the terminal ---- */

static const struct tty_ops tty_ops = {.listen = console_listen,
                                       .look = console_poll,
                                       .is_gone = is_gone,
                                       .write = console_tty_write,
                                       .drain = tty_drain,
                                       .receive = tty_receive};

void console_tty_control(struct process *leader)
{
    if (port != NULL)
        terminal_give(&tty.control, leader);
}

int console_tty_attach(struct file *file)
{
    return port != NULL ? tty_attach(&tty, file) : -ENODEV;
}

int console_tty_open(struct file **out)
{
    int error = port != NULL ? file_new(&tty_inode, NULL, O_RDWR | O_NOCTTY, NULL, out) : -ENODEV;

    if (error == 0)
        error = tty_attach(&tty, *out);
    if (error == 0)
        (*out)->flags &= ~O_NOCTTY;
    return error;
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
    virtqueue_set_interrupts(port->rx, true);
    virtqueue_kick(port->rx);
    error = console_interrupts(port->rx);
    return error != 0 ? error : console_listen();
}

int console_tty_init(uint16_t rows, uint16_t columns)
{
    struct console_port *found = console_port(LVMM_PORT_TTY);

    if (found == NULL)
        return -ENODEV;
    if (rows == 0 && columns == 0)
        console_size(&rows, &columns);
    tty.size.ws_row = rows;
    tty.size.ws_col = columns;
    tty_init(&tty, &tty_ops, &ldisc_ops, CONSOLE_TTY_RDEV);
    drv_inode_init(&tty_inode, 4, S_IFCHR | 0620, CONSOLE_TTY_RDEV);
    port = found;
    return input_start();
}
