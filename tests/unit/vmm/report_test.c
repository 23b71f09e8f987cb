/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/report.c vmm/json.c vmm/limits.c vmm/noted.c vmm/stop.c vmm/sandbox/*.c vmm/syscall_names.c vmm/log.c
/* report_test.c - what a report says of each way to end, and where it goes. That it is JSON: tests/cli/bounded.sh. */
#include "vmm/report.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/backend.h"
#include "vmm/cli/config.h"
#include "vmm/limits.h"
#include "vmm/noted.h"
#include "vmm/share/tree.h"
#include "vmm/stop.h"

static struct stop stop;
static struct limits *limits;
static struct backend_result result;
static struct report report;
static struct config config = {.max_procs = 5};
static struct noted *noted;
static char folder[] = "/tmp/report.XXXXXX", text[65536];

static void setup(void)
{
    const struct limits_wanted wanted = {.output_bytes = 0, .disk_bytes = METER_NO_LIMIT, .report = true};

    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    noted = noted_create();
    ck_assert_ptr_nonnull(noted);
    signal(SIGTERM, SIG_DFL); /* the test framework has a handler of its own */
    ck_assert_int_eq(stop_init(&stop, 0, 124), 0);
    signal(STOP_DEADLINE_SIGNAL, SIG_IGN); /* the tests may take as long as they like */
    ck_assert_int_eq(limits_create(&wanted, &stop, &limits), 0);
}

static void teardown(void)
{
    unlink("r");
    unlink("link");
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(rmdir(folder), 0); /* nothing is left in it */
}

static int write_it(int status)
{
    const struct report_facts facts = {
        .status = status, .stop = &stop, .limits = limits, .result = &result, .config = &config, .noted = noted};

    return report_write(&report, &facts);
}

static void read_it(const char *path)
{
    int fd = open(path, O_RDONLY);
    ssize_t size = read(fd, text, sizeof(text) - 1);

    ck_assert_int_gt(size, 0);
    text[size] = '\0';
    close(fd);
}

static void says(const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no %s in %s", part, text);
}

START_TEST(an_exit)
{
    struct stat st;
    FILE *old = fopen("r", "w");

    ck_assert_int_gt(fputs("what was there before", old), 0);
    ck_assert_int_eq(fclose(old), 0);
    result = (struct backend_result){.exited = true, .status = 3};
    meter_add(&limits->input, 5);
    meter_add(&limits->disks.written, 512);
    ck_assert_int_eq(report_open(&report, "r"), 0);
    ck_assert_int_eq(stat("r", &st), 0);
    ck_assert_int_eq(st.st_size, 0); /* until the end, whatever was there */
    ck_assert_int_eq(write_it(3), 0);
    read_it("r");
    says("{\"report\": 1, \"exit\": 3, \"ended_by\": \"exit\", \"signal\": null, \"timed_out\": false, "
         "\"out_of_memory\": false, \"limits_hit\": [], \"denials\": [], \"error\": null, ");
    says("\"bytes_in\": 5, \"bytes_out\": 0, \"disk_bytes_read\": 0, \"disk_bytes_written\": 512, "
         "\"network_bytes_in\": 0, \"network_bytes_out\": 0, \"changed_files\": null, \"changes\": null, "
         "\"guest\": null}\n");
    ck_assert_int_eq(write_it(4), 0); /* the first time only */
    read_it("r");
    says("\"exit\": 3");
}
END_TEST

START_TEST(what_the_guest_says)
{
    result = (struct backend_result){.exited = true, .status = 137, .signal = 9, .has_usage = true};
    result.usage = (struct lvmm_usage){1500000000, 1000, 4096, 2, 1};
    ck_assert_int_eq(report_open(&report, "r"), 0);
    ck_assert_int_eq(write_it(137), 0);
    read_it("r");
    says("\"ended_by\": \"signal\", \"signal\": 9, ");
    says("\"out_of_memory\": true, \"limits_hit\": [\"max-procs\"]");
    says("\"guest\": {\"user_seconds\": 1.500000, \"system_seconds\": 0.000001, \"peak_memory_bytes\": 4096, "
         "\"out_of_memory_kills\": 2, \"refused_threads\": 1}}");
}
END_TEST

START_TEST(denials)
{
    char name[16];

    result = (struct backend_result){.exited = true};
    noted_denial(&noted->shares.denials, "EROFS");
    noted_denial(&noted->net.denials, "tcp 192.0.2.1:80");
    noted_denial(&noted->net.denials, "tcp 192.0.2.1:80");
    noted_denial(NULL, "nothing");
    ck_assert_int_eq(report_open(&report, "r"), 0);
    ck_assert_int_eq(write_it(0), 0);
    read_it("r");
    says("\"denials\": [{\"by\": \"network\", \"what\": \"tcp 192.0.2.1:80\", \"times\": 2}, "
         "{\"by\": \"shares\", \"what\": \"EROFS\", \"times\": 1}], ");
    for (unsigned i = 0; i < 2 * NOTED_DENIALS; i++) {
        snprintf(name, sizeof(name), "dns n%u", i);
        noted_denial(&noted->net.denials, name);
    }
    ck_assert_int_eq(report_open(&report, "r"), 0);
    ck_assert_int_eq(write_it(0), 0);
    read_it("r");
    says("\"what\": \"dns n14\", \"times\": 1}, {\"by\": \"network\", \"what\": null, \"times\": 17}, ");
}
END_TEST

START_TEST(changed_files)
{
    struct noted_changes *changes = &noted->shares.changes;
    char longest[3000];

    config.share_count = 3;
    config.share[1] = (struct config_share){.guest = "/", .mode = SHARE_COW};
    config.share[2] = (struct config_share){.guest = "/mnt", .mode = SHARE_COW};
    result = (struct backend_result){.exited = true};
    noted_change(changes, 1, SHARE_ADDED, "etc/new");
    noted_change(changes, 2, SHARE_REMOVED, "a\"b");
    noted_change(changes, 2, SHARE_CHANGED, "");
    ck_assert_int_eq(report_open(&report, "r"), 0);
    ck_assert_int_eq(write_it(0), 0);
    read_it("r");
    says("\"changed_files\": null, \"changes\": null, "); /* nobody has come to the end of them */
    atomic_store(&changes->complete, true);
    ck_assert_int_eq(report_open(&report, "r"), 0);
    ck_assert_int_eq(write_it(0), 0);
    read_it("r");
    says("\"changed_files\": 3, \"changes\": [{\"change\": \"added\", \"path\": \"/etc/new\"}, "
         "{\"change\": \"removed\", \"path\": \"/mnt/a\\\"b\"}, {\"change\": \"changed\", \"path\": \"/mnt\"}], ");
    /* More than there is room for. */
    memset(longest, 1, sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = 0;
    for (unsigned i = 0; i < 1000; i++)
        noted_change(changes, 2, SHARE_ADDED, i % 2 == 0 ? longest : "x");
    ck_assert_int_eq(report_open(&report, "r"), 0);
    ck_assert_int_eq(write_it(0), 0);
    read_it("r");
    says("\"changed_files\": 1003, ");
    says("\"guest\": null}\n");
}
END_TEST

/* A process that was taken over writes there what it likes. */
START_TEST(what_was_noted_can_be_anything)
{
    config.share_count = 3;
    result = (struct backend_result){.exited = true};
    memset(noted, 0xff, sizeof(*noted));
    ck_assert_int_eq(report_open(&report, "r"), 0);
    ck_assert_int_eq(write_it(0), 0);
    read_it("r");
    says("\"changed_files\": ");
    memset(&noted->shares.changes, 1, sizeof(noted->shares.changes));
    ck_assert_int_eq(report_open(&report, "r"), 0);
    ck_assert_int_eq(write_it(0), 0);
    read_it("r");
    says("\"guest\": null}\n");
}
END_TEST

/* Nor does it lead the others, which note beside it, out of the memory. */
START_TEST(what_others_note_has_its_place)
{
    struct noted_changes *changes = &noted->shares.changes;

    memset(noted, 0x7f, sizeof(*noted));
    noted_denial(&noted->shares.denials, "EROFS");
    noted_change(changes, 0, SHARE_ADDED, "name");
    atomic_store(&changes->listed, 0);
    noted_change(changes, 0, SHARE_ADDED, "name");
    atomic_store(&changes->names_size, NOTED_NAMES_SIZE - 4);
    noted_change(changes, 0, SHARE_ADDED, "name");
    ck_assert_uint_eq(atomic_load(&changes->listed), 0);
    noted_change(changes, 0, SHARE_ADDED, "abc");
    ck_assert_uint_eq(atomic_load(&changes->listed), 1);
    ck_assert_str_eq(&changes->names[NOTED_NAMES_SIZE - 4], "abc");
}
END_TEST

/* A text of the greatest length, of bytes that take the most room. */
START_TEST(an_error)
{
    result = (struct backend_result){.exited = false};
    memset(result.failure, 0x80, sizeof(result.failure)); /* without its end, as a handler might find it */
    ck_assert_int_eq(report_open(&report, "r"), 0);
    ck_assert_int_eq(write_it(125), 0);
    read_it("r");
    says("\"exit\": 125, \"ended_by\": \"error\"");
    says("\\ufffd\", \"wall_seconds\": ");
}
END_TEST

START_TEST(a_limit)
{
    result = (struct backend_result){.exited = true};
    ck_assert_uint_eq(meter_take(limits_output(limits), 1), 0);
    ck_assert_int_eq(report_open(&report, "r"), 0);
    ck_assert_int_eq(write_it(124), 0);
    read_it("r");
    says("\"ended_by\": \"limit\"");
    says("\"limits_hit\": [\"max-output\"]");
}
END_TEST

START_TEST(a_signal)
{
    result = (struct backend_result){.ended_early = true};
    kill(getpid(), SIGTERM);
    ck_assert_int_eq(report_open(&report, "r"), 0);
    ck_assert_int_eq(write_it(143), 0);
    read_it("r");
    says("\"exit\": 143, \"ended_by\": \"host signal\", \"signal\": null, \"timed_out\": false");
}
END_TEST

START_TEST(none_is_wanted)
{
    ck_assert_int_eq(report_open(&report, NULL), 0);
    ck_assert_int_eq(write_it(0), 0);
}
END_TEST

/* By its number, as /dev/fd names it; one that is for reading, or that isn't there, won't do. */
START_TEST(descriptors)
{
    char name[32];
    int ends[2], nothing = open("/dev/null", O_RDONLY);

    ck_assert_int_eq(pipe(ends), 0);
    result = (struct backend_result){.exited = true};
    snprintf(name, sizeof(name), "/dev/fd/%d", ends[1]);
    ck_assert_int_eq(report_open(&report, name), 0);
    close(ends[1]);
    ck_assert_int_eq(write_it(0), 0);
    ck_assert_int_gt(read(ends[0], text, sizeof(text)), 0);
    ck_assert_int_eq(strncmp(text, "{\"report\"", 9), 0);
    while (read(ends[0], text, sizeof(text)) > 0)
        ; /* nobody has the other end any more */
    snprintf(name, sizeof(name), "/proc/self/fd/%d", nothing);
    ck_assert_int_eq(report_open(&report, name), -EBADF);
    close(nothing);
    ck_assert_int_eq(report_open(&report, name), -EBADF);
    ck_assert_int_eq(write_it(0), 0); /* nothing, then */
}
END_TEST

START_TEST(a_link_stays)
{
    struct stat st;

    ck_assert_int_eq(symlink("r", "link"), 0);
    close(open("r", O_CREAT | O_WRONLY, 0600));
    ck_assert_int_eq(report_open(&report, "link"), 0);
    ck_assert_int_eq(write_it(0), 0);
    ck_assert_int_eq(lstat("link", &st), 0);
    ck_assert(S_ISLNK(st.st_mode));
    read_it("r");
}
END_TEST

START_TEST(places_that_there_are_not)
{
    ck_assert_int_eq(report_open(&report, "no/such"), -ENOENT);
    ck_assert_int_eq(report_open(&report, "."), -EISDIR);
    ck_assert_int_eq(report_open(&report, "/dev/null"), 0);
    ck_assert_int_eq(write_it(0), 0);
}
END_TEST

/* No name is needed at the end, nor a further descriptor. */
START_TEST(gone_at_the_end)
{
    struct rlimit before, none = {0, 0};
    struct stat st;
    int fd;

    result = (struct backend_result){.exited = true};
    ck_assert_int_eq(mkdir("r", 0700), 0);
    ck_assert_int_eq(report_open(&report, "r/r"), 0);
    fd = dup(report.fd);
    ck_assert_int_eq(unlink("r/r"), 0);
    ck_assert_int_eq(rmdir("r"), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none.rlim_max = before.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    int error = write_it(0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(error, 0);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_int_gt(st.st_size, 0);
    close(fd);
}
END_TEST

/* It can't be written. */
START_TEST(no_room)
{
    ck_assert_int_eq(report_open(&report, "/dev/full"), 0);
    ck_assert_int_eq(write_it(0), -ENOSPC);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/report");
    TCase *tc = tcase_create("report");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, an_exit);
    tcase_add_test(tc, what_the_guest_says);
    tcase_add_test(tc, denials);
    tcase_add_test(tc, changed_files);
    tcase_add_test(tc, what_was_noted_can_be_anything);
    tcase_add_test(tc, what_others_note_has_its_place);
    tcase_add_test(tc, an_error);
    tcase_add_test(tc, a_limit);
    tcase_add_test(tc, a_signal);
    tcase_add_test(tc, none_is_wanted);
    tcase_add_test(tc, descriptors);
    tcase_add_test(tc, a_link_stays);
    tcase_add_test(tc, places_that_there_are_not);
    tcase_add_test(tc, gone_at_the_end);
    tcase_add_test(tc, no_room);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
