/* SPDX-License-Identifier: Apache-2.0 */
/* pty_slave.c - see pty_slave.h: a terminal like any other, that a master sits at. */
#include "drv/pty_slave.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "drv/ldisc_echo.h"
#include "drv/tty_file.h"
#include "lib/string.h"
#include "lib/types.h"
#include "mm/kmalloc.h"
#include "vfs/device.h"

#define PTS_MAJOR 136u
#define TO_MASTER_BYTES 16384u /* Linux has room for about as much */
#define TO_SLAVE_BYTES 8192u   /* beside what the line discipline holds */
#define ECHO_ROOM 512u         /* of what goes to the master, that only echo uses */
#define COPY_BYTES 256u
#define WIDEST 8u /* that many bytes may come of one: a tab */

static struct pty *pty_of(const struct tty *tty)
{
    return container_of(tty, struct pty, slave);
}

/* ---- the line discipline's way out ---- */

static bool can_echo(const struct pty *pty)
{
    return !pty->slave.ldisc.stopped && byte_ring_room(&pty->to_master) != 0;
}

static void slave_echo(void *owner, uint8_t byte)
{
    struct pty *pty = pty_of(owner);

    if (pty->held_count == 0 && can_echo(pty)) {
        byte_ring_put(&pty->to_master, &byte, 1);
        pty->has_echoed = true;
    } else if (pty->held_count < PTY_HELD_BYTES) { /* else it is lost, as on Linux */
        pty->held[pty->held_count++] = byte;
    }
}

/* Echo that was held goes out, as far as it can. */
static void held_send(struct pty *pty)
{
    uint32_t room = byte_ring_room(&pty->to_master), n = pty->held_count < room ? pty->held_count : room;

    if (n == 0 || !can_echo(pty))
        return;
    byte_ring_put(&pty->to_master, pty->held, n);
    pty->held_count -= n;
    memmove(pty->held, pty->held + n, pty->held_count);
    pty->has_echoed = true;
}

static void slave_signal(void *owner, int signal)
{
    terminal_signal(&pty_of(owner)->slave.control, signal);
}

static void slave_flushed_by_signal(void *owner)
{
    pty_output_drop(pty_of(owner));
    pty_packet_note(pty_of(owner), TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE, 0);
}

static const struct ldisc_ops slave_ldisc_ops = {
    .echo = slave_echo, .signal = slave_signal, .flushed = slave_flushed_by_signal};

/* ---- output ---- */

static bool slave_has_room(const struct tty *tty)
{
    return byte_ring_room(&pty_of(tty)->to_master) >= ECHO_ROOM + WIDEST;
}

static int slave_wait_writable(struct tty *tty, const struct file *file)
{
    int error = 0;

    while (error == 0 && !tty_is_hung_up(file) && (tty->ldisc.stopped || !slave_has_room(tty)))
        error = file->flags & O_NONBLOCK ? -EAGAIN : wait_on(&tty->writable, WAIT_FOREVER, WAIT_INTERRUPTIBLE);
    return error == 0 && tty_is_hung_up(file) ? -EIO : error;
}

/* Puts what comes of the bytes into the ring, as far as there is room; how many of them are used up. */
static size_t slave_output(struct pty *pty, const uint8_t *bytes, size_t size)
{
    uint8_t cooked[COPY_BYTES];
    size_t done = 0, used, made;

    do {
        uint32_t room = byte_ring_room(&pty->to_master);

        used = ldisc_output(&pty->slave.ldisc, bytes + done, size - done, cooked,
                            room < sizeof(cooked) ? room : sizeof(cooked), &made);
        byte_ring_put(&pty->to_master, cooked, made);
        done += used;
    } while (used != 0 && done < size);
    return done;
}

/* Some of the program's bytes, that surely fit: how many, or -errno. */
static int64_t slave_write_part(struct pty *pty, const struct file *file, struct iter *iter)
{
    uint8_t part[COPY_BYTES];
    size_t most;
    int64_t size;
    int error = slave_wait_writable(&pty->slave, file);

    if (error != 0)
        return error;
    held_send(pty);
    most = byte_ring_room(&pty->to_master) > ECHO_ROOM ? (byte_ring_room(&pty->to_master) - ECHO_ROOM) / WIDEST : 1;
    if (most > sizeof(part))
        most = sizeof(part);
    size = iter_drain(iter, part, iter->left < most ? iter->left : most);
    if (size <= 0)
        return size;
    if (tty_is_hung_up(file)) /* while the program's memory was waited for */
        return -EIO;
    size = (int64_t)slave_output(pty, part, (size_t)size);
    pty_output_tell(pty);
    return size;
}

static int64_t slave_write(struct tty *tty, const struct file *file, struct iter *iter)
{
    int64_t total = 0;

    while (iter->left != 0) {
        uint64_t left = iter->left;
        int64_t n = slave_write_part(pty_of(tty), file, iter);

        if (n < 0)
            return total != 0 ? total : n;
        total += n;
        if ((uint64_t)n < left - iter->left) /* echo took the room meanwhile: the rest is the next call's */
            break;
        if (iter->left != 0 && tty_write_ends()) /* what shows as nothing (ONOCR) never waits */
            break;
    }
    return total;
}

static int slave_drain(struct tty *tty)
{
    (void)tty; /* what was written is with the master */
    return 0;
}

/* ---- input ---- */

static void slave_receive(struct tty *tty)
{
    struct pty *pty = pty_of(tty);
    const uint8_t *bytes;
    size_t size, taken, total = 0;

    pty->has_echoed = false;
    do {
        size = byte_ring_peek(&pty->to_slave, &bytes);
        taken = ldisc_receive(&tty->ldisc, bytes, size);
        byte_ring_skip(&pty->to_slave, taken);
        total += taken;
    } while (taken != 0 && taken == size);
    if (total != 0) {
        tty_input_tell(tty);
        pty_room_tell(pty);
    }
    held_send(pty);
    if (pty->has_echoed)
        pty_output_tell(pty);
    tty_flow_tell(tty);
}

/* ---- what the master is told ---- */

static bool slave_is_gone(const struct tty *tty)
{
    return pty_of(tty)->master_closed;
}

static void slave_flushed(struct tty *tty, bool input, bool output)
{
    struct pty *pty = pty_of(tty);

    if (input) {
        byte_ring_limit(&pty->to_slave, 0);
        pty_room_tell(pty);
        pty_packet_note(pty, TIOCPKT_FLUSHREAD, 0);
    }
    if (output) {
        pty_output_drop(pty);
        pty_packet_note(pty, TIOCPKT_FLUSHWRITE, 0);
    }
}

static void slave_flow_changed(struct tty *tty)
{
    if (tty->ldisc.stopped)
        pty_packet_note(pty_of(tty), TIOCPKT_STOP, TIOCPKT_START);
    else
        pty_packet_note(pty_of(tty), TIOCPKT_START, TIOCPKT_STOP);
}

/* Whether ^S and ^Q stop output and let it go on: the master may do it by itself then. */
static bool has_usual_flow(const struct termios *termios)
{
    return (termios->c_iflag & IXON) && termios->c_cc[VSTOP] == 023 && termios->c_cc[VSTART] == 021;
}

static void slave_settings_changed(struct tty *tty, const struct termios *before)
{
    bool usual = has_usual_flow(&tty->ldisc.termios);

    if (usual != has_usual_flow(before))
        pty_packet_note(pty_of(tty), usual ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP, TIOCPKT_DOSTOP | TIOCPKT_NOSTOP);
}

/* ---- open files ---- */

static int slave_open(struct tty *tty)
{
    struct pty *pty = pty_of(tty);

    if (pty->is_locked || pty->master_closed)
        return -EIO;
    pty->slave_files++;
    pty->slave_closed = false;
    pty_get(pty);
    return 0;
}

static void slave_close(struct tty *tty)
{
    struct pty *pty = pty_of(tty);

    if (--pty->slave_files == 0) {
        pty->slave_closed = true;
        wait_wake_all(&pty->readable, 0);
        wait_wake_all(&pty->writable, 0);
    }
    pty_put(pty);
}

static const struct tty_ops slave_ops = {.is_gone = slave_is_gone,
                                         .write = slave_write,
                                         .has_room = slave_has_room,
                                         .drain = slave_drain,
                                         .receive = slave_receive,
                                         .flushed = slave_flushed,
                                         .flow_changed = slave_flow_changed,
                                         .settings_changed = slave_settings_changed,
                                         .open = slave_open,
                                         .close = slave_close};

int pty_attach_slave(struct pty *pty, struct file *file)
{
    return tty_attach(&pty->slave, file);
}

/* ---- the pair ---- */

int pty_create(uint32_t number, const struct pty_ops *ops, void *node, struct pty **out)
{
    struct pty *pty = kmalloc(sizeof(*pty));

    if (pty == NULL)
        return -ENOMEM;
    *pty = (struct pty){.ops = ops, .node = node, .refs = 1, .number = number, .is_locked = true};
    mutex_set_rank(&pty->reading, RANK_READING);
    mutex_set_rank(&pty->writing, RANK_WRITING);
    pty->to_master = (struct byte_ring){.bytes = kmalloc(TO_MASTER_BYTES), .size = TO_MASTER_BYTES};
    pty->to_slave = (struct byte_ring){.bytes = kmalloc(TO_SLAVE_BYTES), .size = TO_SLAVE_BYTES};
    if (pty->to_master.bytes == NULL || pty->to_slave.bytes == NULL) {
        pty_put(pty);
        return -ENOMEM;
    }
    tty_init(&pty->slave, &slave_ops, &slave_ldisc_ops, DEVICE_RDEV(PTS_MAJOR, number));
    pty->slave.ldisc.termios.c_iflag &= ~IUTF8;
    pty->slave.ldisc.termios.c_cflag &= ~HUPCL;
    pty->slave.initial = pty->slave.ldisc.termios;
    *out = pty;
    return 0;
}
