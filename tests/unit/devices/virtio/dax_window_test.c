/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/virtio/dax_*.c vmm/ranges.c vmm/loop.c vmm/process.c vmm/log.c vmm/sandbox/*.c vmm/syscall_names.c
/* dax_window_test.c - files' pages in a window: what a server asks for, also one that lies, and files that get shorter.
 */
#include "devices/virtio/dax_window.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "boot/abi_dax.h"
#include "vmm/share/window_link.h"

#define PAGE 4096u
#define HALF (UINT64_C(2) << 20)
#define GPA (UINT64_C(4) << 30)
#define PAGES 8u

static struct loop *loop;
static struct dax_window *window;
static int sockets[2]; /* ours, and the window's */
static int file;
static atomic_uint told, refused;
static atomic_uint placed; /* how often the part that may be written was given to the guest */
static char *host;         /* where the window is here */

static bool tell(void *owner)
{
    ck_assert_ptr_eq(owner, &told);
    if (refused > 0) {
        refused--;
        return false;
    }
    told++;
    return true;
}

static int map_rom(void *owner, uint64_t gpa, uint64_t size, void *at)
{
    ck_assert_ptr_eq(owner, &placed);
    ck_assert(gpa == GPA + HALF && size == HALF);
    host = (char *)at - HALF;
    return 0;
}

/* On the loop's thread. */
static int map_window(void *owner, uint64_t gpa, uint64_t size, void *at)
{
    if (owner != &placed || gpa != GPA || size != HALF || at != host)
        return -EINVAL;
    placed++;
    return 0;
}

static const struct device_services services = {.map_rom = map_rom, .map_window = map_window};

static void setup(void)
{
    static const struct dax_place place = {.gpa = GPA, .bytes = 2 * HALF, .write_bytes = HALF};
    char page[PAGE];

    ck_assert_int_eq(loop_create(&loop), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
    ck_assert_int_eq(dax_window_create(&place, sockets[1], loop, &window), 0);
    placed = 0;
    ck_assert_int_eq(dax_window_place(window, &services, &placed), 0);
    dax_window_set_tell(window, tell, &told);
    file = memfd_create("file", MFD_CLOEXEC);
    for (unsigned i = 0; i < PAGES; i++) {
        memset(page, 'a' + (int)i, sizeof(page));
        ck_assert_int_eq(pwrite(file, page, sizeof(page), i * PAGE), sizeof(page));
    }
    told = refused = 0;
    ck_assert_int_eq(loop_start(loop), 0);
}

static void teardown(void)
{
    loop_finish(loop);
    dax_window_destroy(window, false);
    loop_destroy(loop);
    close(sockets[0]);
    close(sockets[1]);
    close(file);
}

static int32_t answered(void)
{
    struct window_answer answer;

    ck_assert_int_eq(recv(sockets[0], &answer, sizeof(answer), 0), sizeof(answer));
    return answer.error;
}

/* With `fds` descriptors, of -1: none. */
static void send_bytes(const void *bytes, size_t size, const int *fds, unsigned count)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))] = {0};
    struct iovec iov = {(void *)(uintptr_t)bytes, size};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

    if (count != 0) {
        struct cmsghdr *head = (struct cmsghdr *)control;

        *head = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(head), fds, count * sizeof(int));
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    }
    ck_assert_int_eq(sendmsg(sockets[0], &message, MSG_NOSIGNAL), (ssize_t)size);
}

static int32_t ask(struct window_request request, int fd)
{
    send_bytes(&request, sizeof(request), &fd, fd >= 0);
    return answered();
}

static int32_t map(uint64_t offset, uint64_t length, uint64_t file_offset, bool writable)
{
    return ask((struct window_request){WINDOW_MAP, writable, offset, length, file_offset}, file);
}

static char at(uint64_t offset)
{
    return host[offset];
}

START_TEST(files_are_mapped)
{
    ck_assert_int_eq(map(0, 2 * PAGE, PAGE, true), 0);
    ck_assert_int_eq(map(HALF, PAGE, 0, false), 0);
    ck_assert_int_eq(at(0), 'b');
    ck_assert_int_eq(at(PAGE), 'c');
    ck_assert_int_eq(at(HALF), 'a');
    ck_assert_int_eq(at(2 * PAGE), 0);
    host[0] = 'x'; /* to the file */
    ck_assert_int_eq(map(HALF, PAGE, PAGE, false), 0);
    ck_assert_int_eq(at(HALF), 'x');
    ck_assert_int_eq(ask((struct window_request){WINDOW_UNMAP, 0, PAGE, PAGE, 0}, -1), 0);
    ck_assert_int_eq(at(PAGE), 0);
    ck_assert_int_eq(at(0), 'x');
    ck_assert_int_eq(ask((struct window_request){.kind = WINDOW_RESET}, -1), 0);
    ck_assert_int_eq(at(0), 0);
    ck_assert_int_eq(at(HALF), 0);
    ck_assert_uint_eq(told, 0);
}
END_TEST

/* A guest that writes to no file by its pages has no memory slot for that. */
START_TEST(the_written_part_is_placed_when_it_is_used)
{
    ck_assert_int_eq(map(HALF, PAGE, 0, false), 0);
    ck_assert_uint_eq(placed, 0);
    ck_assert_int_eq(map(HALF - PAGE, 2 * PAGE, 0, false), 0); /* though it isn't written to */
    ck_assert_uint_eq(placed, 1);
    ck_assert_int_eq(map(0, PAGE, 0, true), 0);
    ck_assert_uint_eq(placed, 1);
}
END_TEST

START_TEST(regions)
{
    uint64_t base, bytes;

    ck_assert(dax_window_region(window, LVMM_DAX_REGION, &base, &bytes));
    ck_assert(base == GPA && bytes == HALF);
    ck_assert(dax_window_region(window, LVMM_DAX_REGION_READ, &base, &bytes));
    ck_assert(base == GPA + HALF && bytes == HALF);
    ck_assert(!dax_window_region(window, 2, &base, &bytes));
    ck_assert(!dax_window_region(window, UINT32_MAX, &base, &bytes));
}
END_TEST

static const struct window_request lies[] = {
    {WINDOW_MAP, 0, 0, 0, 0},
    {WINDOW_MAP, 0, 1, PAGE, 0},
    {WINDOW_MAP, 0, 0, PAGE - 1, 0},
    {WINDOW_MAP, 0, 0, PAGE, 1},
    {WINDOW_MAP, 2, 0, PAGE, 0},
    {WINDOW_MAP, 0, 2 * HALF, PAGE, 0},
    {WINDOW_MAP, 0, 2 * HALF - PAGE, 2 * PAGE, 0},
    {WINDOW_MAP, 0, -(uint64_t)PAGE, 2 * PAGE, 0},
    {WINDOW_MAP, 1, HALF, PAGE, 0}, /* what is written must not be where the guest can only read */
    {WINDOW_MAP, 1, HALF - PAGE, 2 * PAGE, 0},
    {WINDOW_MAP, 0, 0, PAGE, -(uint64_t)PAGE},
    {WINDOW_UNMAP, 0, 2 * HALF, PAGE, 0},
    {0, 0, 0, PAGE, 0},
    {9, 0, 0, PAGE, 0},
};

START_TEST(wrong_requests)
{
    ck_assert_int_eq(ask(lies[_i], file), -EINVAL);
    ck_assert_int_eq(map(0, PAGE, 0, false), 0); /* it goes on */
    ck_assert_int_eq(at(0), 'a');
}
END_TEST

START_TEST(wrong_descriptors)
{
    const struct window_request request = {WINDOW_MAP, 0, 0, PAGE, 0};
    struct window_request writable = request;
    int other = open("/dev/zero", O_RDWR | O_CLOEXEC), read_only;
    char path[64];

    ck_assert_int_eq(ask(request, -1), -EMFILE);
    ck_assert_int_eq(ask(request, other), -EINVAL);
    close(other);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    read_only = open(path, O_RDONLY | O_CLOEXEC);
    writable.writable = 1;
    ck_assert_int_eq(map(0, PAGE, 0, true), 0);
    ck_assert_int_eq(ask(writable, read_only), -EACCES);
    ck_assert_int_eq(at(0), 0); /* nothing is left of what was there */
    close(read_only);
    other = open("/proc/version", O_RDONLY | O_CLOEXEC); /* a regular file, which can't be mapped */
    ck_assert_int_eq(map(0, PAGE, 0, true), 0);
    ck_assert_int_lt(ask(request, other), 0);
    ck_assert_int_eq(at(0), 0);
    close(other);
}
END_TEST

/* Whoever sends something else isn't listened to any more. */
START_TEST(wrong_messages)
{
    const struct window_request request = {WINDOW_MAP, 0, 0, PAGE, 0};
    const int fds[2] = {file, file};
    char more[sizeof(request) + 8] = {0};

    switch (_i) {
    case 0:
        send_bytes(&request, sizeof(request) - 1, NULL, 0);
        break;
    case 1:
        send_bytes(more, sizeof(more), fds, 1);
        break;
    default:
        send_bytes(&request, sizeof(request), fds, 2);
    }
    loop_finish(loop);
    ck_assert_int_eq(recv(sockets[0], more, sizeof(more), MSG_DONTWAIT), -1);
    ck_assert_int_eq(at(0), 0);
}
END_TEST

static bool gone(uint32_t *first, uint32_t *count)
{
    *count = dax_window_gone_count(window);
    *first = dax_window_gone_first(window);
    return *count != 0;
}

START_TEST(a_file_gets_shorter)
{
    uint32_t first, count;
    uint64_t mark = 0;

    ck_assert_int_eq(map(HALF, 4 * PAGE, PAGE, false), 0);
    ck_assert(!dax_window_fault_at(window, GPA + HALF + PAGE));
    ck_assert_int_eq(dax_window_fault(window, &mark), DAX_FAULT_AGAIN);
    ck_assert_int_eq(dax_window_fault(window, &mark), DAX_FAULT_OTHER);
    ck_assert_int_eq(ftruncate(file, 2 * PAGE + 1), 0);
    if (_i == 0) {
        ck_assert(!dax_window_fault_at(window, GPA + HALF + PAGE)); /* its last page */
        ck_assert(!dax_window_fault_at(window, GPA + 5 * PAGE));    /* nothing */
        ck_assert(dax_window_fault_at(window, GPA + HALF + 3 * PAGE));
    } else {
        mark = 0;
        ck_assert_int_eq(dax_window_fault(window, &mark), DAX_FAULT_TELL);
    }
    ck_assert_int_eq(at(HALF), 'b');
    ck_assert_int_eq(at(HALF + PAGE), 'c');
    ck_assert_int_eq(at(HALF + PAGE + 1), 0);
    ck_assert_int_eq(at(HALF + 2 * PAGE), 0);
    ck_assert_int_eq(at(HALF + 3 * PAGE), 0);
    ck_assert(gone(&first, &count));
    ck_assert_uint_eq(first, HALF / PAGE + 2);
    ck_assert_uint_eq(count, 2);
    ck_assert(!gone(&first, &count));
    ck_assert_int_eq(ftruncate(file, 8 * PAGE), 0);
    ck_assert_int_eq(map(HALF + 2 * PAGE, PAGE, 3 * PAGE, false), 0); /* it is there again */
    mark = 0;
    ck_assert_int_eq(dax_window_fault(window, &mark), DAX_FAULT_AGAIN);
}
END_TEST

/* Of pages that may be written KVM doesn't tell: the guest is told before there are zeros. */
START_TEST(a_writable_file_gets_shorter)
{
    uint32_t first, count;

    refused = 3;
    ck_assert_int_eq(map(0, 4 * PAGE, 0, true), 0);
    ck_assert_int_eq(ftruncate(file, 0), 0);
    while (told == 0)
        sched_yield();
    ck_assert_uint_eq(refused, 0);
    ck_assert(gone(&first, &count));
    ck_assert_uint_eq(first, 0);
    ck_assert_uint_eq(count, 4);
    while (told == 1)
        sched_yield();
    ck_assert_int_eq(at(0), 0);
    host[0] = 'x'; /* a guest that is in the middle of it goes on */
    ck_assert_int_eq(map(0, PAGE, 0, true), 0);
    ck_assert_int_eq(ftruncate(file, PAGE), 0);
    ck_assert_int_eq(at(0), 0);
}
END_TEST

START_TEST(the_server_drops)
{
    uint32_t first, count;

    ck_assert_int_eq(map(PAGE, PAGE, 0, false), 0);
    ck_assert_int_eq(ask((struct window_request){WINDOW_DROP, 0, PAGE, PAGE, 0}, -1), 0);
    while (told == 0)
        sched_yield();
    ck_assert(gone(&first, &count));
    ck_assert_uint_eq(first, 1);
    ck_assert_uint_eq(count, 1);
}
END_TEST

/* More than are told of one by one. */
START_TEST(all_is_gone)
{
    uint32_t first, count;
    bool all = false;

    for (unsigned i = 0; i < 100; i++)
        ck_assert_int_eq(ask((struct window_request){WINDOW_DROP, 0, i * PAGE, PAGE, 0}, -1), 0);
    while (gone(&first, &count))
        all = all || (first == 0 && count == 2 * HALF / PAGE);
    ck_assert(all);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devices/dax_window");
    TCase *tc = tcase_create("dax_window");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, files_are_mapped);
    tcase_add_test(tc, the_written_part_is_placed_when_it_is_used);
    tcase_add_test(tc, regions);
    tcase_add_loop_test(tc, wrong_requests, 0, sizeof(lies) / sizeof(lies[0]));
    tcase_add_test(tc, wrong_descriptors);
    tcase_add_loop_test(tc, wrong_messages, 0, 3);
    tcase_add_loop_test(tc, a_file_gets_shorter, 0, 2);
    tcase_add_test(tc, a_writable_file_gets_shorter);
    tcase_add_test(tc, the_server_drops);
    tcase_add_test(tc, all_is_gone);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
