/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/virtio/console*.c devices/hoststream.c devices/virtio/iov.c vmm/escape.c vmm/log.c
// sources: devices/virtio/mmio.c devices/virtio/queue.c vmm/kvm/mem.c vmm/loop.c vmm/process.c devices/irqline.c
// vmm/sandbox/*.c vmm/syscall_names.c
/* console_input_test.c - what a port gives to the guest: of a pipe, a file, the host itself; and its end. */
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "tests/unit/devices/virtio/console_driver.h"

static char escapes[16];
static unsigned escape_count;

static void on_escape(void *owner, uint8_t next)
{
    (void)owner;
    escapes[escape_count] = (char)next;
    __atomic_add_fetch(&escape_count, 1, __ATOMIC_RELEASE);
}

static const char *to_tell;
static unsigned asked; /* bytes that the sink got */

static bool on_question(void *owner, const uint8_t *bytes, unsigned count)
{
    (void)bytes;
    ck_assert_ptr_eq(owner, &to_tell);
    asked += count;
    return true;
}

static size_t next_to_tell(void *owner, uint8_t *bytes)
{
    size_t size = to_tell != NULL ? strlen(to_tell) : 0;

    (void)owner;
    if (size > 0)
        memcpy(bytes, to_tell, size);
    to_tell = NULL;
    return size;
}

/* What the host has to say goes into buffers as they come, cut where they end. */
START_TEST(source_of_the_host)
{
    start(&(struct virtio_console_port){
        .in_fd = -1, .out_fd = -1, .sink = on_question, .source = next_to_tell, .owner = &to_tell});
    to_tell = "hello";
    driver_interrupted(&d);
    post_rx(0, 3);
    ck_assert_int_eq(ring_take(&d, &rx, NULL), 3);
    ck_assert(driver_interrupted(&d));
    post_rx(1, 100);
    ck_assert_int_eq(ring_take(&d, &rx, NULL), 2);
    ck_assert_mem_eq(mem_at(&d.mem, RX_BUFFER(1), 2), "lo", 2);
    post_rx(2, 100);
    ck_assert_int_eq(ring_take(&d, &rx, NULL), -1);
    to_tell = "answer"; /* the sink got a question */
    send_tx(10);
    ck_assert_uint_eq(asked, 10);
    ck_assert_int_eq(ring_take(&d, &rx, NULL), 6);
    post_rx(3, 100);
    to_tell = "news";
    virtio_console_wake(d.dev, 1);
    ck_assert_int_eq(ring_take(&d, &rx, NULL), 4);
    driver_fini(&d);
}
END_TEST

START_TEST(input_from_a_pipe)
{
    int fds[2], left;

    ck_assert_int_eq(pipe(fds), 0);
    start(&(struct virtio_console_port){.in_fd = fds[0], .out_fd = -1});
    driver_start_loop(&d);
    open_port(NULL);
    ck_assert_int_eq(write(fds[1], "hello", 5), 5);
    post_rx(0, 3);
    ck_assert_int_eq(ring_take(&d, &rx, NULL), 3);
    ck_assert_int_eq(ioctl(fds[0], FIONREAD, &left), 0); /* the rest is still the next reader's */
    ck_assert_int_eq(left, 2);
    post_rx(1, 100);
    ck_assert_int_eq(ring_take(&d, &rx, NULL), 2);
    ck_assert_mem_eq(mem_at(&d.mem, RX_BUFFER(0), 3), "hel", 3);
    ck_assert_mem_eq(mem_at(&d.mem, RX_BUFFER(1), 2), "lo", 2);

    post_rx(2, 100); /* waits */
    ck_assert_int_eq(ring_take(&d, &rx, NULL), -1);
    ck_assert_int_eq(write(fds[1], "later", 5), 5);
    ck_assert_int_eq(ring_wait(&d, &rx, NULL), 5);

    /* Without a buffer nothing is taken out of the pipe. */
    ck_assert_int_eq(write(fds[1], "stay", 4), 4);
    usleep(20000);
    ck_assert_int_eq(drain(fds[0], 4), 4);

    /* The end comes after the data, however late the guest is. */
    ck_assert_int_eq(write(fds[1], "end", 3), 3);
    close(fds[1]);
    post_rx(3, 100);
    ck_assert_int_eq(ring_wait(&d, &rx, NULL), 3);
    post_rx(4, 100);
    usleep(20000);
    ck_assert_int_eq(ring_take(&d, &rx, NULL), -1);
    expect_control(1, PORT_OPEN, 0);
    driver_stop_loop(&d);
    driver_fini(&d);
    close(fds[0]);
}
END_TEST

START_TEST(input_from_a_file)
{
    char text[3000];
    int fd = memfd_create("in", 0);
    int64_t sum = 0;

    memset(text, 't', sizeof(text));
    ck_assert_int_eq(write(fd, text, sizeof(text)), sizeof(text));
    lseek(fd, 0, SEEK_SET);
    start(&(struct virtio_console_port){.in_fd = fd, .out_fd = -1});
    /* Before the guest has opened the port, and without control buffers: nothing is lost. */
    for (unsigned i = 0; i < 4; i++)
        post_rx(i, 1000);
    for (unsigned i = 0; i < 3; i++)
        sum += ring_take(&d, &rx, NULL);
    ck_assert_int_eq(sum, 3000);
    ck_assert_int_eq(ring_take(&d, &rx, NULL), -1);
    open_port(NULL);
    expect_control(1, PORT_OPEN, 0);
    driver_fini(&d);
    close(fd);
}
END_TEST

START_TEST(input_from_dev_null)
{
    int fd = open("/dev/null", O_RDWR);

    start(&(struct virtio_console_port){.in_fd = fd, .out_fd = fd});
    open_port(NULL);
    post_rx(0, 100);
    ck_assert_int_eq(ring_take(&d, &rx, NULL), -1);
    expect_control(1, PORT_OPEN, 0);
    send_tx(100000);
    ck_assert_int_eq(ring_take(&d, &tx, NULL), 0);
    driver_fini(&d);
    close(fd);
}
END_TEST

START_TEST(endless_input)
{
    int fd = open("/dev/zero", O_RDONLY);

    start(&(struct virtio_console_port){.in_fd = fd, .out_fd = -1});
    for (unsigned i = 0; i < 200; i++) {
        post_rx(i, 4096);
        ck_assert_int_eq(ring_take(&d, &rx, NULL), 4096);
    }
    driver_fini(&d);
    close(fd);
}
END_TEST

START_TEST(escape_byte)
{
    char text[] = "a\1b\1\1c\1x\1";
    int fds[2];

    ck_assert_int_eq(pipe(fds), 0);
    start(&(struct virtio_console_port){.in_fd = fds[0], .out_fd = -1, .escape = 1, .on_escape = on_escape});
    ck_assert_int_eq(write(fds[1], text, 9), 9);
    driver_start_loop(&d);
    /* It works without a buffer of the guest. */
    for (unsigned i = 0; i < 5000 && __atomic_load_n(&escape_count, __ATOMIC_ACQUIRE) < 2; i++)
        usleep(1000);
    ck_assert_mem_eq(escapes, "bx", 2);
    post_rx(0, 100);
    ck_assert_int_eq(ring_wait(&d, &rx, NULL), 3);
    ck_assert_mem_eq(mem_at(&d.mem, RX_BUFFER(0), 3), "a\1c", 3);
    post_rx(1, 100);
    ck_assert_int_eq(write(fds[1], "\1d", 2), 2); /* the second of two, and an ordinary one */
    ck_assert_int_eq(ring_wait(&d, &rx, NULL), 2);
    ck_assert_mem_eq(mem_at(&d.mem, RX_BUFFER(1), 2), "\1d", 2);
    driver_stop_loop(&d);
    driver_fini(&d);
    close(fds[0]);
    close(fds[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devices/virtio/console_input");
    TCase *tc = tcase_create("console_input");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, source_of_the_host);
    tcase_add_test(tc, input_from_a_pipe);
    tcase_add_test(tc, input_from_a_file);
    tcase_add_test(tc, input_from_dev_null);
    tcase_add_test(tc, endless_input);
    tcase_add_test(tc, escape_byte);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
