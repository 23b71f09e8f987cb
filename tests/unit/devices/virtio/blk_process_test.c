/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/virtio/blk*.c devices/virtio/iov.c vmm/file_process.c vmm/disk/*.c vmm/file_io.c vmm/log.c
// sources: devices/virtio/mmio.c devices/virtio/queue.c vmm/kvm/mem.c vmm/loop.c vmm/process.c devices/irqline.c
// vmm/sandbox/*.c vmm/syscall_names.c
/* blk_process_test.c - a disk whose I/O another process does. What a server that hangs does to it:
 * tests/cli/hung_host.sh. */
#include <errno.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "devices/virtio/blk_engine.h"
#include "tests/unit/devices/virtio/driver.h"
#include "vmm/file_process.h"

#define LARGE (3 * FILE_PROCESS_BYTES + 512)

static long type_of_all = FUSE_SUPER_MAGIC;

/* Every file is on such a file system. */
int fstatfs(int fd, struct statfs *about)
{
    (void)fd;
    *about = (struct statfs){.f_type = type_of_all};
    return 0;
}

/* What comes at the socket is there at the second look, for whoever looks twice. */
static bool looks_twice;

ssize_t recv(int fd, void *bytes, size_t size, int flags)
{
    static bool looked;

    looked = looks_twice && !looked;
    if (looked) {
        errno = EAGAIN;
        return -1;
    }
    return recvfrom(fd, bytes, size, looks_twice ? flags & ~MSG_DONTWAIT : flags, NULL, NULL);
}

static struct disk_image image;
static int file, done_count, done_error;
static bool ended;

static void on_done(void *owner, struct blk_io *io, int error)
{
    (void)owner, (void)io;
    done_error = error;
    done_count++;
}

static bool has_ended(void *owner)
{
    (void)owner;
    return ended;
}

static struct blk_engine *engine_start(void)
{
    struct blk_engine *engine;

    file = memfd_create("disk", 0);
    ck_assert_int_eq(ftruncate(file, LARGE), 0);
    image = (struct disk_image){.fd = file};
    ck_assert_int_eq(blk_process_create(&image, SANDBOX_FULL, &engine), 0);
    engine->image = &image;
    engine->done = on_done;
    engine->has_ended = has_ended;
    done_count = 0;
    ended = false;
    return engine;
}

static int perform(struct blk_engine *engine, enum blk_op op, void *bytes, size_t size, uint64_t offset)
{
    struct iovec iov[] = {{bytes, size / 2}, {(char *)bytes + size / 2, size - size / 2}};
    struct blk_io io = {.op = op, .iov = iov, .iov_count = 2, .missing = size, .offset = offset};
    int before = done_count;

    engine->ops->start(engine, &io);
    ck_assert(engine->ops->submit(engine));
    engine->ops->drain(engine);
    ck_assert_int_eq(done_count, before + 1);
    return done_error;
}

START_TEST(reads_and_writes)
{
    struct blk_engine *engine = engine_start();
    int mine = dup(file);
    char *bytes = malloc(LARGE), *back = malloc(LARGE);

    for (unsigned i = 0; i < LARGE; i++)
        bytes[i] = (char)(i * 7 + i / 4096);
    ck_assert_int_eq(perform(engine, BLK_OP_WRITE, bytes, LARGE, 0), 0);
    ck_assert_int_eq(pread(mine, back, LARGE, 0), LARGE);
    ck_assert(memcmp(bytes, back, LARGE) == 0);
    memset(back, 0, LARGE);
    ck_assert_int_eq(perform(engine, BLK_OP_READ, back, LARGE - 512, 512), 0);
    ck_assert(memcmp(bytes + 512, back, LARGE - 512) == 0);
    ck_assert_int_eq(perform(engine, BLK_OP_FLUSH, NULL, 0, 0), 0);
    ck_assert_int_eq(engine->ops->sync(engine), 0);
    ck_assert_int_eq(ftruncate(mine, 512), 0);
    ck_assert_int_eq(perform(engine, BLK_OP_READ, back, 1024, 0), -EIO);
    engine->ops->destroy(engine);
    free(bytes);
    free(back);
    close(mine);
    close(file);
}
END_TEST

/* What isn't begun when the VM has ended need not be done. */
START_TEST(the_vm_ends_during_a_request)
{
    struct blk_engine *engine = engine_start();
    char *bytes = calloc(1, LARGE);

    ended = true;
    ck_assert_int_eq(perform(engine, BLK_OP_WRITE, bytes, LARGE, 0), -ECANCELED);
    engine->ops->destroy(engine);
    free(bytes);
    close(file);
}
END_TEST

/* Our end of the file is given up: closing one asks its server, too. */
START_TEST(only_the_process_has_the_file)
{
    struct blk_engine *engine = engine_start();
    char byte = 'x';

    ck_assert_int_eq(pwrite(file, "y", 1, 0), 1);
    ck_assert_int_eq(perform(engine, BLK_OP_READ, &byte, 1, 0), 0);
    ck_assert_int_eq(byte, 'y');
    ck_assert_int_eq(pwrite(file, "z", 1, 0), -1);
    ck_assert_int_eq(errno, ESPIPE);
    engine->ops->destroy(engine);
    close(file);
}
END_TEST

/* And comes back, with its lock, when it is wanted. */
START_TEST(the_file_comes_back)
{
    struct file_process *process;
    ssize_t result = 0;

    image = (struct disk_image){.fd = memfd_create("disk", 0)};
    ck_assert_int_eq(pwrite(image.fd, "y", 1, 0), 1);
    ck_assert_int_eq(file_process_create(&image, SANDBOX_FULL, &process), 0);
    file_process_give_up_fd(process);
    ck_assert_int_eq(pwrite(image.fd, "z", 1, 0), -1);
    file_process_start(process, FILE_PROCESS_READ, 0, 1, 0);
    file_process_wait(process);
    ck_assert(file_process_take(process, &result));
    ck_assert_int_eq(result, 1);
    ck_assert_int_eq(file_process_give_back(process), 0);
    ck_assert_int_eq(pwrite(image.fd, "z", 1, 0), 1);
    file_process_destroy(process);
    ck_assert_int_eq(pwrite(image.fd, "z", 1, 0), 1);
    close(image.fd);
}
END_TEST

static pid_t only_child(void)
{
    FILE *children = fopen("/proc/thread-self/children", "r");
    int pid = 0;

    ck_assert_ptr_nonnull(children);
    ck_assert_int_eq(fscanf(children, "%d", &pid), 1);
    fclose(children);
    return pid;
}

/* Who ended it: the host, short of memory, for one. It is an error each time, and nothing to spin on. */
START_TEST(the_process_is_gone)
{
    struct blk_engine *engine = engine_start();
    char byte;

    ck_assert_int_eq(kill(only_child(), SIGKILL), 0);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(perform(engine, BLK_OP_READ, &byte, 1, 0), -EIO);
    ck_assert_int_eq(engine->ops->sync(engine), -EIO);
    engine->ops->reap(engine);
    engine->ops->destroy(engine);
    close(file);
}
END_TEST

/* Where nothing is under way, the loop hears of it once, and isn't called for it again and again. */
START_TEST(the_process_is_gone_in_between)
{
    struct blk_engine *engine = engine_start();
    struct pollfd event = {.fd = engine->event_fd, .events = POLLIN};
    char byte;

    ck_assert_int_eq(kill(only_child(), SIGKILL), 0);
    ck_assert_int_eq(poll(&event, 1, -1), 1);
    engine->ops->reap(engine);
    ck_assert_int_eq(poll(&event, 1, 0), 0);
    ck_assert_int_eq(done_count, 0);
    ck_assert_int_eq(perform(engine, BLK_OP_READ, &byte, 1, 0), -EIO);
    engine->ops->destroy(engine);
    close(file);
}
END_TEST

/* When the engine has ended the process has, too: the file is nobody's any more, and no zombie is left to others. */
START_TEST(no_process_is_left)
{
    for (unsigned i = 0; i < 20; i++) { /* the process may be quick */
        struct blk_engine *engine = engine_start();

        engine->ops->destroy(engine);
        ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
        ck_assert_int_eq(errno, ECHILD);
        close(file);
    }
}
END_TEST

/* Signals that a terminal sends to the whole job are lvmm's business. */
START_TEST(signals_are_not_for_the_process)
{
    struct blk_engine *engine = engine_start();
    pid_t pid = only_child();
    char byte;

    kill(pid, SIGTERM);
    kill(pid, SIGINT);
    kill(pid, SIGTSTP);
    ck_assert_int_eq(perform(engine, BLK_OP_READ, &byte, 1, 0), 0);
    engine->ops->destroy(engine);
    close(file);
}
END_TEST

START_TEST(which_files)
{
    static const long types[] = {FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC, V9FS_MAGIC, 0x12345678,
                                 EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, TMPFS_MAGIC};

    for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        type_of_all = types[i];
        ck_assert_int_eq(file_process_is_wanted(0), i < 4);
    }
}
END_TEST

static struct driver d;
static struct ring ring;

/* The device takes that way by itself, and its requests come back by the loop. */
START_TEST(a_disk_on_such_a_file_system)
{
    struct virtio_blk_args args = {.size_bytes = 4096, .name = "t.img"};
    uint32_t header[4] = {0};
    gpa_t table = RING_GPA(0);
    char bytes[512];

    args.fd = memfd_create("disk", 0);
    ck_assert_int_eq(ftruncate(args.fd, 4096), 0);
    ck_assert_int_eq(pwrite(args.fd, "what is there", 13, 0), 13);
    driver_init(&d);
    ck_assert_int_eq(device_virtio_blk.create(&d.env, &args, &d.dev), 0);
    driver_features(&d, F_VERSION_1);
    ring = driver_ring(&d, 0, 64);
    driver_ok(&d);
    driver_start_loop(&d);
    ck_assert_int_eq(mem_write(&d.mem, DATA_GPA, header, sizeof(header)), 0);
    put_desc(&d, table, 0, DATA_GPA, 16, DESC_NEXT, 1);
    put_desc(&d, table, 1, DATA_GPA + 0x1000, 512, DESC_NEXT | DESC_WRITE, 2);
    put_desc(&d, table, 2, DATA_GPA + 0x2000, 1, DESC_WRITE, 0);
    for (unsigned i = 0; i < 3; i++) {
        ring_offer(&d, &ring, 0);
        ring_kick(&d, &ring);
        ck_assert_int_eq(ring_wait(&d, &ring, NULL), 513);
        ck_assert_int_eq(mem_read(&d.mem, DATA_GPA + 0x1000, bytes, sizeof(bytes)), 0);
        ck_assert_mem_eq(bytes, "what is there", 13);
    }
    ck_assert_int_eq(pwrite(args.fd, "z", 1, 0), -1); /* it isn't ours */
    driver_stop_loop(&d);
    driver_fini(&d);
    close(args.fd);
}
END_TEST

/* A request ends while the device looks whether there is another, which there is: nobody else would come for it. */
START_TEST(two_requests_with_one_notification)
{
    struct virtio_blk_args args = {.size_bytes = 4096, .name = "t.img"};
    uint32_t header[4] = {0};
    gpa_t table = RING_GPA(0);

    args.fd = memfd_create("disk", 0);
    ck_assert_int_eq(ftruncate(args.fd, 4096), 0);
    driver_init(&d);
    ck_assert_int_eq(device_virtio_blk.create(&d.env, &args, &d.dev), 0);
    driver_features(&d, F_VERSION_1);
    ring = driver_ring(&d, 0, 64);
    driver_ok(&d);
    ck_assert_int_eq(mem_write(&d.mem, DATA_GPA, header, sizeof(header)), 0);
    for (unsigned i = 0; i < 6; i += 3) {
        put_desc(&d, table, i, DATA_GPA, 16, DESC_NEXT, i + 1);
        put_desc(&d, table, i + 1, DATA_GPA + 0x1000 + i * 0x1000, 512, DESC_NEXT | DESC_WRITE, i + 2);
        put_desc(&d, table, i + 2, DATA_GPA + 0x8000 + i, 1, DESC_WRITE, 0);
        ring_offer(&d, &ring, (uint16_t)i);
    }
    looks_twice = true;
    ring_kick(&d, &ring); /* there is no loop that would help */
    looks_twice = false;
    ck_assert_uint_eq(get_u16(&d, table + RING_USED + 2), 2);
    driver_fini(&d);
    close(args.fd);
}
END_TEST

/* Nor is it needed for that the file is given up: who hangs before the first request must not be asked either. */
START_TEST(a_disk_that_is_not_used)
{
    struct virtio_blk_args args = {.size_bytes = 4096, .name = "t.img"};

    args.fd = memfd_create("disk", 0);
    ck_assert_int_eq(ftruncate(args.fd, 4096), 0);
    driver_init(&d);
    ck_assert_int_eq(device_virtio_blk.create(&d.env, &args, &d.dev), 0);
    ck_assert_int_eq(pwrite(args.fd, "z", 1, 0), 1); /* another backend may have it yet */
    driver_start_loop(&d);
    for (unsigned wait = 0; wait < 5000 && pwrite(args.fd, "z", 1, 0) == 1; wait++)
        usleep(1000);
    ck_assert_int_eq(pwrite(args.fd, "z", 1, 0), -1);
    driver_stop_loop(&d);
    driver_fini(&d);
    close(args.fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("blk_process");
    TCase *tc = tcase_create("process");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, reads_and_writes);
    tcase_add_test(tc, the_vm_ends_during_a_request);
    tcase_add_test(tc, only_the_process_has_the_file);
    tcase_add_test(tc, the_file_comes_back);
    tcase_add_test(tc, the_process_is_gone);
    tcase_add_test(tc, the_process_is_gone_in_between);
    tcase_add_test(tc, no_process_is_left);
    tcase_add_test(tc, signals_are_not_for_the_process);
    tcase_add_test(tc, which_files);
    tcase_add_test(tc, a_disk_on_such_a_file_system);
    tcase_add_test(tc, two_requests_with_one_notification);
    tcase_add_test(tc, a_disk_that_is_not_used);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
