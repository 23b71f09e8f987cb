/* SPDX-License-Identifier: Apache-2.0 */
/* pty_test.c - pseudo-terminals at their limits: who waits when the other side goes, full buffers, no memory. */
// sources: guest-kernel/core/news.c guest-kernel/drv/virtio_console.c guest-kernel/drv/record.c
// guest-kernel/drv/stream.c guest-kernel/drv/tty.c sources: guest-kernel/drv/console_tty.c guest-kernel/drv/tty_file.c
// guest-kernel/drv/tty_settings.c sources: guest-kernel/drv/tty_ioctl.c guest-kernel/drv/ldisc.c
// guest-kernel/drv/ldisc_echo.c sources: guest-kernel/drv/pty*.c guest-kernel/drv/byte_ring.c sources:
// guest-kernel/drv/virtqueue.c guest-kernel/drv/virtio.c guest-kernel/core/mutex.c sources:
// tests/unit/guest-kernel/no_async.c tests/unit/guest-kernel/drv/fake.c
#include <check.h>

#include "console_setup.h"
#include "drv/pty_master.h"
#include "drv/pty_slave.h"
#include "mm/kmalloc.h"
#include "vfs/fdtable.h"

static unsigned objects, fail_at, closed;

void *kmalloc(size_t size)
{
    if (fail_at != 0 && --fail_at == 0)
        return NULL;
    objects++;
    return calloc(1, size);
}

void kfree(void *ptr)
{
    objects -= ptr != NULL;
    free(ptr);
}

int fd_install(struct fdtable *table, struct file *file, int least, bool cloexec)
{
    (void)table, (void)file, (void)least, (void)cloexec;
    return -EMFILE;
}

static void node_closed(struct pty *pty)
{
    ck_assert_ptr_eq(pty->node, &closed);
    closed++;
}

static const struct pty_ops ops = {.closed = node_closed};

static struct inode inode = {.mode = S_IFCHR | 0600};
static struct file master, slave;

static void begin(void)
{
    struct pty *pty;

    fake_init(0);
    fake.on_idle = NULL;
    closed = objects = 0;
    master = (struct file){.inode = &inode, .flags = O_RDWR};
    slave = (struct file){.inode = &inode, .flags = O_RDWR};
    ck_assert_int_eq(pty_create(7, &ops, &closed, &pty), 0);
    pty_attach_master(pty, &master);
    ck_assert_int_eq(pty_attach_slave(pty, &slave), -EIO); /* locked */
    pty->is_locked = false;
    ck_assert_int_eq(pty_attach_slave(pty, &slave), 0);
    pty_put(pty);
}

static void close_file(struct file *file)
{
    if (file->ops != NULL)
        file->ops->release(file);
    file->ops = NULL;
}

static void end(void)
{
    close_file(&slave);
    close_file(&master);
    ck_assert_uint_eq(closed, 1);
    ck_assert_uint_eq(objects, 0);
}

static void master_goes(struct fake *device)
{
    (void)device;
    close_file(&master);
    fake.interrupts_taken++;
}

static void slave_goes(struct fake *device)
{
    (void)device;
    close_file(&slave);
    fake.interrupts_taken++;
}

static int64_t fill(struct file *file)
{
    static char bytes[1000];
    int64_t n, total = 0;

    memset(bytes, 'x', sizeof(bytes));
    file->flags |= O_NONBLOCK;
    while ((n = write_bytes(file, bytes, sizeof(bytes))) > 0)
        total += n;
    ck_assert_int_eq(n, -EAGAIN);
    file->flags &= ~O_NONBLOCK;
    return total;
}

START_TEST(the_master_goes_under_who_reads)
{
    char byte;

    begin();
    fake.on_idle = master_goes;
    ck_assert_int_eq(read_bytes(&slave, &byte, 1), -EIO);
    ck_assert_int_eq(read_bytes(&slave, &byte, 1), 0);
    ck_assert_int_eq(write_text(&slave, "x"), -EIO);
    ck_assert_uint_eq(slave.ops->poll(&slave, NULL) & (POLLIN | POLLHUP), POLLIN | POLLHUP);
    ck_assert_int_eq(slave.ops->ioctl(&slave, TCGETS, 0), -EIO);
    ck_assert_int_eq(pty_attach_slave(((struct pty *)slave.owner), &(struct file){.inode = &inode}), -EIO);
    end();
}
END_TEST

START_TEST(the_master_goes_under_who_writes)
{
    begin();
    (void)fill(&slave);
    fake.on_idle = master_goes;
    ck_assert_int_eq(write_text(&slave, "x"), -EIO);
    end();
}
END_TEST

START_TEST(the_slave_goes_under_who_reads)
{
    char byte;

    begin();
    fake.on_idle = slave_goes;
    ck_assert_int_eq(read_bytes(&master, &byte, 1), -EIO);
    ck_assert_int_eq(read_bytes(&master, &byte, 1), -EIO);
    ck_assert_int_eq(write_text(&master, "x"), 1);
    end();
}
END_TEST

START_TEST(a_signal_ends_a_wait)
{
    char byte;

    begin();
    fake_signal_pending = true;
    ck_assert_int_eq(read_bytes(&slave, &byte, 1), -EINTR);
    ck_assert_int_eq(read_bytes(&master, &byte, 1), -EINTR);
    (void)fill(&slave);
    ck_assert_int_eq(write_text(&slave, "x"), -EINTR);
    ck_assert_uint_eq(slave.ops->poll(&slave, NULL), 0);
    fake_signal_pending = false;
    end();
}
END_TEST

/* Output leaves room for echo; what of that has none is held, up to a limit, and comes when there is room. */
START_TEST(echo_with_full_buffers)
{
    static char bytes[40000], keys[1200];
    const struct pty *pty = NULL;
    int64_t written, n, total = 0;

    begin();
    pty = master.owner;
    written = fill(&slave);
    ck_assert_int_gt(written, 15000);
    memset(keys, 'k', sizeof(keys));
    ck_assert_int_eq(write_bytes(&master, keys, sizeof(keys)), sizeof(keys));
    ck_assert_uint_eq(byte_ring_room(&pty->to_master), 0);
    ck_assert_uint_eq(pty->held_count, PTY_HELD_BYTES);
    master.flags |= O_NONBLOCK;
    while ((n = read_bytes(&master, bytes + total, sizeof(bytes) - (size_t)total)) > 0)
        total += n;
    ck_assert_int_eq(n, -EAGAIN);
    ck_assert_int_eq(total, (int64_t)pty->to_master.size + PTY_HELD_BYTES);
    ck_assert_int_eq(bytes[written - 1], 'x');
    ck_assert_int_eq(bytes[written], 'k');
    ck_assert_int_eq(bytes[total - 1], 'k');
    end();
}
END_TEST

START_TEST(what_is_typed_has_bounds)
{
    static char bytes[20000];
    struct termios termios = {.c_cc = {[VMIN] = 1}};
    int64_t written;

    begin();
    ck_assert_int_eq(slave.ops->ioctl(&slave, TCSETS, (uintptr_t)&termios), 0);
    written = fill(&master);
    ck_assert_int_gt(written, 8000);
    ck_assert_int_lt(written, 20000);
    ck_assert_uint_eq(master.ops->poll(&master, NULL), 0);
    ck_assert_int_eq(read_bytes(&slave, bytes, sizeof(bytes)), 4096 - 1);
    ck_assert_uint_eq(master.ops->poll(&master, NULL), POLLOUT | POLLWRNORM);
    end();
}
END_TEST

/* ^C throws away output that the master would not have got at once. */
START_TEST(an_interrupt_drops_output)
{
    const struct pty *pty;

    begin();
    pty = master.owner;
    (void)fill(&slave);
    memset(signals, 0, sizeof(signals));
    ck_assert_int_eq(write_text(&master, "\003"), 1);
    ck_assert_uint_eq(signals[2], 1);
    ck_assert_uint_eq(byte_ring_count(&pty->to_master), 4095 + 2);
    end();
}
END_TEST

START_TEST(no_memory)
{
    struct pty *pty;

    for (unsigned n = 1; n <= 3; n++) {
        objects = 0;
        fail_at = n;
        ck_assert_int_eq(pty_create(0, &ops, &closed, &pty), -ENOMEM);
        ck_assert_uint_eq(objects, 0);
    }
    fail_at = 0;
}
END_TEST

START_TEST(a_ring)
{
    uint8_t bytes[8], out[8];
    const uint8_t *row;
    struct byte_ring ring = {.bytes = bytes, .size = sizeof(bytes), .first = UINT32_MAX - 2, .last = UINT32_MAX - 2};

    for (unsigned round = 0; round < 40; round++) {
        byte_ring_put(&ring, (const uint8_t *)"abcde", 5);
        ck_assert_uint_eq(byte_ring_count(&ring), 5);
        ck_assert_uint_eq(byte_ring_room(&ring), 3);
        ck_assert_uint_ge(byte_ring_peek(&ring, &row), 1);
        ck_assert_uint_eq(*row, 'a');
        ck_assert_uint_eq(byte_ring_take(&ring, out, 2), 2);
        byte_ring_limit(&ring, 2);
        ck_assert_uint_eq(byte_ring_take(&ring, out + 2, 6), 2);
        ck_assert_mem_eq(out, "abcd", 4);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pty");
    TCase *tcase = tcase_create("pty");

    tcase_add_test(tcase, the_master_goes_under_who_reads);
    tcase_add_test(tcase, the_master_goes_under_who_writes);
    tcase_add_test(tcase, the_slave_goes_under_who_reads);
    tcase_add_test(tcase, a_signal_ends_a_wait);
    tcase_add_test(tcase, echo_with_full_buffers);
    tcase_add_test(tcase, what_is_typed_has_bounds);
    tcase_add_test(tcase, an_interrupt_drops_output);
    tcase_add_test(tcase, no_memory);
    tcase_add_test(tcase, a_ring);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
