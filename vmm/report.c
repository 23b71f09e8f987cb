/* SPDX-License-Identifier: Apache-2.0 */
/* report.c - see report.h. What report_write calls is on signal-safety(7)'s list, or a plain system call. */
#include "vmm/report.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "vmm/backend.h"
#include "vmm/cli/config.h"
#include "vmm/clock.h"
#include "vmm/json.h"
#include "vmm/limits.h"
#include "vmm/log.h"
#include "vmm/noted.h"
#include "vmm/share/tree.h"

/* Of the text: each byte of a string may take six when it is escaped. What the guest has a say in is bounded: an error
 * of 512 bytes, denials, and names of files, of which there are as many as fit. */
#define REPORT_BYTES 65536
#define ESCAPED 6u
#define CHANGED_FOLDER 4096u /* of the guest's path of a share */
#define ENTRY_BYTES 100u     /* of a file's, beside its name */
#define BEHIND_BYTES 1024    /* what follows the names */
#define STATUS_BYTES 4096    /* of /proc/self/status: twice of what it has */

/* ---- where it goes ---- */

/* The descriptor that the path names, or -1. */
static int named_descriptor(const char *path)
{
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    char *end;

    if (strcmp(path, "/dev/stdout") == 0)
        return STDOUT_FILENO;
    if (strcmp(path, "/dev/stderr") == 0)
        return STDERR_FILENO;
    for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        size_t length = strlen(folders[i]);

        if (strncmp(path, folders[i], length) != 0 || path[length] < '0' || path[length] > '9')
            continue;
        long number = strtol(path + length, &end, 10);
        return *end == '\0' && number <= INT_MAX ? (int)number : -1;
    }
    return -1;
}

/* It is ours alone from now on, so that nobody else's end of it stays open. A descriptor of its own, or -errno. */
static int take_descriptor(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0)
        return -errno;
    if ((flags & O_ACCMODE) == O_RDONLY)
        return -EBADF;
    if (fd > STDERR_FILENO)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return own < 0 ? -errno : own;
}

/* Empty from now on. No name is needed at the end: then the process may be locked in (vmm/sandbox/). */
static int open_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC, 0666);

    return fd < 0 ? -errno : fd;
}

int report_open(struct report *report, const char *path)
{
    report->path = path;
    report->status_fd = -1;
    report->start_ns = clock_ns(CLOCK_MONOTONIC);
    atomic_init(&report->written, path == NULL);
    if (path == NULL)
        return 0;
    report->text = mmap(NULL, REPORT_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (report->text == MAP_FAILED) {
        atomic_store(&report->written, true);
        log_error("--report %s: no memory", path);
        return -ENOMEM;
    }
    int named = named_descriptor(path);
    report->fd = named >= 0 ? take_descriptor(named) : open_file(path);
    if (report->fd >= 0) {
        report->status_fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
        return 0;
    }
    log_error("--report %s: can't be written: %s", path, strerror(-report->fd));
    atomic_store(&report->written, true);
    return report->fd;
}

/* ---- what is in it ---- */

/* Where the number of kilobytes is of that line; NULL: there is none. */
static const char *find_line(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    return at != NULL ? at + strlen(name) + strspn(at + strlen(name), " \t") : NULL;
}

/* The most memory that this process has held at once. Not getrusage(2)'s: that begins with the memory of the process
 * that started us. */
static uint64_t own_peak(int status_fd)
{
    char text[STATUS_BYTES];
    ssize_t size = pread(status_fd, text, sizeof(text) - 1, 0);
    uint64_t kilobytes = 0;

    text[size > 0 ? size : 0] = '\0';
    for (const char *at = find_line(text, "VmHWM:"); at != NULL && *at >= '0' && *at <= '9'; at++)
        kilobytes = kilobytes * 10 + (uint64_t)(*at - '0');
    return kilobytes << 10;
}

/* The guest's memory is ours, or QEMU's, which is a child. */
static uint64_t peak_memory(const struct report *report)
{
    struct rusage children = {0};
    uint64_t own = own_peak(report->status_fd);

    getrusage(RUSAGE_CHILDREN, &children);
    uint64_t theirs = (uint64_t)children.ru_maxrss << 10;
    return own > theirs ? own : theirs;
}

static bool is_any_hit(const struct limits *limits)
{
    bool hit = false;

    for (unsigned i = 0; i < LIMIT_COUNT; i++)
        hit |= limits_is_hit(limits, (enum limit)i);
    return hit;
}

/* In the order in which main.c decides. */
static const char *ended_by(const struct report_facts *facts)
{
    int reason = stop_reason(facts->stop);

    if (stop_fatal(facts->stop) != 0)
        return "error";
    if (reason != STOP_TIMEOUT && reason <= 0 && is_any_hit(facts->limits))
        return "limit";
    if (facts->result->exited)
        return facts->result->signal != 0 ? "signal" : "exit";
    return reason == STOP_TIMEOUT ? "timeout" : reason > 0 ? "host signal" : "error";
}

static void put_limits(struct json *json, const struct report_facts *facts)
{
    json_open(json, "limits_hit", '[');
    if (stop_reason(facts->stop) == STOP_TIMEOUT)
        json_string(json, NULL, "timeout", strlen("timeout"));
    for (unsigned i = 0; i < LIMIT_COUNT; i++)
        if (limits_is_hit(facts->limits, (enum limit)i))
            json_string(json, NULL, limit_names[i], strlen(limit_names[i]));
    if (facts->config->max_procs != 0 && facts->result->usage.refused_threads != 0)
        json_string(json, NULL, "max-procs", strlen("max-procs"));
    json_close(json, ']');
}

/* Others may write there: each number and each text is read once. */
static void put_denials(struct json *json, const char *what, const struct noted_denials *denials)
{
    unsigned listed = atomic_load(&denials->listed);
    uint64_t others = atomic_load(&denials->others);

    for (unsigned i = 0; i < listed && i < NOTED_DENIALS; i++) {
        char text[NOTED_TEXT];

        memcpy(text, denials->denial[i].text, sizeof(text));
        json_open(json, NULL, '{');
        json_string(json, "by", what, strlen(what));
        json_string(json, "what", text, strnlen(text, NOTED_TEXT));
        json_number(json, "times", atomic_load(&denials->denial[i].times));
        json_close(json, '}');
    }
    if (others == 0)
        return;
    json_open(json, NULL, '{');
    json_string(json, "by", what, strlen(what));
    json_null(json, "what");
    json_number(json, "times", others);
    json_close(json, '}');
}

static void put_all_denials(struct json *json, const struct noted *noted)
{
    json_open(json, "denials", '[');
    put_denials(json, "network", &noted->net.denials);
    put_denials(json, "shares", &noted->shares.denials);
    json_close(json, ']');
}

/* ---- changed files ---- */

static bool has_cow(const struct config *config)
{
    for (unsigned i = 0; i < config->share_count; i++)
        if (config->share[i].mode == SHARE_COW)
            return true;
    return false;
}

/* false: it has no room, or isn't one. */
static bool put_change(struct json *json, const struct config *config, const struct noted_changes *changes, unsigned n)
{
    static const char *const kinds[] = {
        [SHARE_ADDED] = "added", [SHARE_CHANGED] = "changed", [SHARE_REMOVED] = "removed"};
    const struct noted_change change = *(const volatile struct noted_change *)&changes->change[n]; /* once */
    char path[NOTED_NAMES_SIZE + CHANGED_FOLDER];

    if (change.at >= NOTED_NAMES_SIZE || change.share >= config->share_count ||
        change.kind >= sizeof(kinds) / sizeof(kinds[0]))
        return false;
    const char *folder = config->share[change.share].guest, *name = changes->names + change.at;
    size_t above = strlen(folder), length = strnlen(name, NOTED_NAMES_SIZE - change.at);
    bool is_root = strcmp(folder, "/") == 0;

    if (above + 1 + length > sizeof(path) ||
        json->size + (above + length) * ESCAPED + ENTRY_BYTES + BEHIND_BYTES > json->room)
        return false;
    above = is_root ? 0 : above;
    memcpy(path, folder, above);
    path[above] = '/';
    memcpy(path + above + 1, name, length);
    json_open(json, NULL, '{');
    json_string(json, "change", kinds[change.kind], strlen(kinds[change.kind]));
    json_string(json, "path", path, length == 0 && !is_root ? above : above + 1 + length);
    json_close(json, '}');
    return true;
}

static void put_changes(struct json *json, const struct report_facts *facts)
{
    const struct noted_changes *changes = &facts->noted->shares.changes;

    if (!has_cow(facts->config) || !atomic_load(&changes->complete)) {
        json_null(json, "changed_files");
        json_null(json, "changes");
        return;
    }
    unsigned listed = atomic_load(&changes->listed);
    json_number(json, "changed_files", changes->count);
    json_open(json, "changes", '[');
    for (unsigned i = 0; i < listed && i < NOTED_CHANGES && put_change(json, facts->config, changes, i); i++) {
    }
    json_close(json, ']');
}

static void put_used(struct json *json, const struct report *report, const struct limits *limits)
{
    json_seconds(json, "wall_seconds", clock_ns(CLOCK_MONOTONIC) - report->start_ns);
    json_seconds(json, "cpu_seconds", limits_cpu_ns(limits));
    json_number(json, "peak_memory_bytes", peak_memory(report));
    json_number(json, "bytes_in", atomic_load(&limits->input.used));
    json_number(json, "bytes_out", atomic_load(&limits->output.used));
    json_number(json, "disk_bytes_read", atomic_load(&limits->disks.read.used));
    json_number(json, "disk_bytes_written", atomic_load(&limits->disks.written.used));
}

/* The guest's word. */
static void put_guest(struct json *json, const struct backend_result *result)
{
    if (!result->has_usage) {
        json_null(json, "guest");
        return;
    }
    json_open(json, "guest", '{');
    json_seconds(json, "user_seconds", result->usage.user_ns);
    json_seconds(json, "system_seconds", result->usage.system_ns);
    json_number(json, "peak_memory_bytes", result->usage.peak_memory_bytes);
    json_number(json, "out_of_memory_kills", result->usage.oom_kills);
    json_number(json, "refused_threads", result->usage.refused_threads);
    json_close(json, '}');
}

static size_t make_text(const struct report *report, const struct report_facts *facts)
{
    const struct backend_result *result = facts->result;
    const char *by = ended_by(facts);
    struct json json;

    json_begin(&json, report->text, REPORT_BYTES);
    json_number(&json, "report", 1);
    json_number(&json, "exit", (uint64_t)facts->status);
    json_string(&json, "ended_by", by, strlen(by));
    if (result->exited && result->signal != 0)
        json_number(&json, "signal", (uint64_t)result->signal);
    else
        json_null(&json, "signal");
    json_bool(&json, "timed_out", stop_reason(facts->stop) == STOP_TIMEOUT);
    json_bool(&json, "out_of_memory", result->usage.oom_kills != 0);
    put_limits(&json, facts);
    put_all_denials(&json, facts->noted);
    if (result->failure[0] != '\0')
        json_string(&json, "error", result->failure, strnlen(result->failure, sizeof(result->failure)));
    else
        json_null(&json, "error");
    put_used(&json, report, facts->limits);
    json_number(&json, "network_bytes_in", atomic_load(&facts->noted->net.bytes_in));
    json_number(&json, "network_bytes_out", atomic_load(&facts->noted->net.bytes_out));
    put_changes(&json, facts);
    put_guest(&json, result);
    return json_end(&json);
}

/* ---- the end ---- */

static int write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);

        if (n < 0 && errno != EINTR)
            return -errno;
        bytes += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

int report_write(struct report *report, const struct report_facts *facts)
{
    if (atomic_exchange(&report->written, true))
        return 0;
    int error = write_all(report->fd, report->text, make_text(report, facts));
    if (close(report->fd) < 0 && error == 0)
        error = -errno;
    return error;
}
