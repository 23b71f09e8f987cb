/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/noted.c vmm/share/*.c vmm/vhost/*.c vmm/sandbox/*.c vmm/log.c vmm/syscall_names.c vmm/kvm/mem.c
// vmm/child.c devices/virtio/queue.c devices/virtio/iov.c
/* share_server_test.c - the process that serves shared folders: what it gives to a front end, and its ends. */
#include "vmm/share/share_server.h"

#include <linux/fuse.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/unit/vmm/vhost/master.h"

#define REQUESTS 1u
#define OUT_AT (DATA_AT + 0x10000u)

static struct master m;
static pid_t pid;
static char place[64];

static void setup(void)
{
    char path[128];
    int socket;

    snprintf(place, sizeof(place), "/tmp/share-server.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(place));
    snprintf(path, sizeof(path), "%s/file", place);
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    ck_assert_int_eq(write(file, "from the host", 13), 13);
    close(file);
    const struct share share = {.fd = open(place, O_PATH | O_CLOEXEC), .mode = SHARE_RW, .upper = -1};
    ck_assert_int_ge(share.fd, 0);
    ck_assert_int_eq(share_server_start(&share, 1, SANDBOX_FULL, NULL, &socket, &pid), 0);
    close(share.fd);
    master_init_on(&m, socket);
}

static void teardown(void)
{
    char command[128];

    master_fini(&m);
    share_server_finish(pid);
    ck_assert_int_eq(waitpid(pid, NULL, 0), -1); /* it is reaped */
    snprintf(command, sizeof(command), "rm -r %s", place);
    ck_assert_int_eq(system(command), 0);
}

/* Waits until the server has interrupted. */
static void wait_for(unsigned queue)
{
    struct pollfd call = {.fd = m.call[queue], .events = POLLIN};

    ck_assert_int_eq(poll(&call, 1, 60000), 1);
    master_interrupted(&m, queue);
}

/* Sends a request, waits for its answer, and returns the error; what is behind the header is in *out. */
static int ask(uint32_t opcode, uint64_t node, const void *arg, size_t arg_size, const char *name, const void **out,
               uint32_t *size)
{
    struct fuse_in_header header = {.opcode = opcode, .unique = 5, .nodeid = node};
    const size_t name_size = name != NULL ? strlen(name) + 1 : 0;
    const struct fuse_out_header *answer = (const void *)(m.memory + OUT_AT);
    uint32_t head, written;

    header.len = (uint32_t)(sizeof(header) + arg_size + name_size);
    memcpy(m.memory + DATA_AT, &header, sizeof(header));
    if (arg_size != 0)
        memcpy(m.memory + DATA_AT + sizeof(header), arg, arg_size);
    if (name_size != 0)
        memcpy(m.memory + DATA_AT + sizeof(header) + arg_size, name, name_size);
    master_offer(&m, REQUESTS, DATA_AT, header.len, OUT_AT, 4096);
    master_kick(&m, REQUESTS);
    do {
        wait_for(REQUESTS);
    } while (!master_done(&m, REQUESTS, &head, &written));
    ck_assert_uint_eq(written, answer->len);
    *out = answer + 1;
    *size = written - (uint32_t)sizeof(*answer);
    return answer->error;
}

static void hello(void)
{
    const struct fuse_init_in in = {.major = 7, .minor = 31};
    const void *out;
    uint32_t size;

    master_start(&m, SHARE_SERVER_QUEUES);
    ck_assert_int_eq(ask(FUSE_INIT, 0, &in, sizeof(in), NULL, &out, &size), 0);
}

START_TEST(a_file_is_read)
{
    const struct fuse_open_in how = {.flags = O_RDONLY};
    const void *out;
    uint32_t size;

    hello();
    ck_assert_int_eq(ask(FUSE_LOOKUP, FUSE_ROOT_ID, NULL, 0, "1", &out, &size), -ENOENT);
    ck_assert_int_eq(ask(FUSE_LOOKUP, FUSE_ROOT_ID, NULL, 0, "0", &out, &size), 0);
    uint64_t folder = ((const struct fuse_entry_out *)out)->nodeid;
    ck_assert_int_eq(ask(FUSE_LOOKUP, folder, NULL, 0, "file", &out, &size), 0);
    uint64_t node = ((const struct fuse_entry_out *)out)->nodeid;
    ck_assert_int_eq(ask(FUSE_OPEN, node, &how, sizeof(how), NULL, &out, &size), 0);
    const struct fuse_read_in what = {.fh = ((const struct fuse_open_out *)out)->fh, .offset = 5, .size = 100};
    ck_assert_int_eq(ask(FUSE_READ, node, &what, sizeof(what), NULL, &out, &size), 0);
    ck_assert_uint_eq(size, 8);
    ck_assert_mem_eq(out, "the host", 8);
}
END_TEST

/* A device that is reset and set up again, as a guest does that loads its driver anew. */
START_TEST(a_second_beginning)
{
    const void *out;
    uint32_t size;

    hello();
    ck_assert_int_eq(ask(FUSE_LOOKUP, FUSE_ROOT_ID, NULL, 0, "0", &out, &size), 0);
    uint64_t folder = ((const struct fuse_entry_out *)out)->nodeid;
    ck_assert_int_eq(ask(FUSE_LOOKUP, folder, NULL, 0, "file", &out, &size), 0);
    uint64_t node = ((const struct fuse_entry_out *)out)->nodeid;
    for (unsigned n = 0; n < SHARE_SERVER_QUEUES; n++) {
        master_stop(&m, n);
        memset(m.memory + RING_AT(n), 0, 0x3000);
        m.avail[n] = m.used[n] = 0;
    }
    hello();
    const struct fuse_getattr_in any = {.getattr_flags = 0};
    ck_assert_int_eq(ask(FUSE_GETATTR, node, &any, sizeof(any), NULL, &out, &size), -ESTALE); /* it is forgotten */
    ck_assert_int_eq(ask(FUSE_LOOKUP, FUSE_ROOT_ID, NULL, 0, "0", &out, &size), 0);
}
END_TEST

static void expect_end(int how)
{
    char byte;

    ck_assert_int_eq(recv(m.socket, &byte, 1, 0), how);
}

/* A front end that breaks the protocol is left alone. */
START_TEST(a_bad_message_ends_it)
{
    master_send_raw(&m, (struct vhost_user_header){VHOST_GET_FEATURES, 7, 0}, NULL, 0, NULL, 0);
    expect_end(0);
}
END_TEST

START_TEST(it_is_killed)
{
    hello();
    kill(pid, SIGKILL);
    expect_end(0);
}
END_TEST

/* Memory that goes away ends the process, and nothing else: it isn't read past its end. */
START_TEST(memory_that_shrinks)
{
    hello();
    master_offer(&m, REQUESTS, DATA_AT, 40, OUT_AT, 4096);
    ck_assert_int_eq(ftruncate(m.file, 0), 0);
    master_kick(&m, REQUESTS);
    expect_end(0);
}
END_TEST

/* It has nothing that is open here: not this pipe's end. */
START_TEST(nothing_else_is_open_there)
{
    const struct share share = {.fd = open(place, O_PATH | O_CLOEXEC), .mode = SHARE_RO, .upper = -1};
    int ends[2], socket;
    pid_t other;
    char byte;

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(share_server_start(&share, 1, SANDBOX_FULL, NULL, &socket, &other), 0);
    close(ends[1]);
    ck_assert_int_eq(read(ends[0], &byte, 1), 0);
    close(ends[0]);
    close(share.fd);
    close(socket);
    share_server_finish(other);
}
END_TEST

START_TEST(too_many)
{
    static const struct share shares[SHARE_MAX + 1];
    int socket;
    pid_t none;

    ck_assert_int_eq(share_server_start(shares, SHARE_MAX + 1, SANDBOX_FULL, NULL, &socket, &none), -EINVAL);
    share_server_finish(0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/share/share_server");
    TCase *tc = tcase_create("server");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_file_is_read);
    tcase_add_test(tc, a_second_beginning);
    tcase_add_test(tc, a_bad_message_ends_it);
    tcase_add_test(tc, it_is_killed);
    tcase_add_test(tc, memory_that_shrinks);
    tcase_add_test(tc, nothing_else_is_open_there);
    tcase_add_test(tc, too_many);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
