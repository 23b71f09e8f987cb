/* SPDX-License-Identifier: Apache-2.0 */
/* trace_fields.c - see trace_fields.h. The structures are Linux's of its 64-bit ISAs, where they are all the same. */
#include "vmm/trace_fields.h"

#include <inttypes.h>

#include "vmm/syscall_sets.h"

enum form { INT, UINT, HEX, POINTER, SET, MODE, STRING, SIGNAL, NSEC, USEC, INTS, HEXES, MORE };

struct field {
    const char *name;
    uint8_t offset, size; /* size: of a number, or of one of several */
    uint8_t form;
    uint8_t set; /* of SET; of INTS and HEXES so many */
};

static const struct field clone_args[] = {{"flags", 0, 8, SET, KIND_SET_clone},
                                          {"child_tid", 16, 8, POINTER, 0},
                                          {"parent_tid", 24, 8, POINTER, 0},
                                          {"exit_signal", 32, 8, SIGNAL, 0},
                                          {"stack", 40, 8, POINTER, 0},
                                          {"stack_size", 48, 8, HEX, 0},
                                          {"tls", 56, 8, POINTER, 0}};
static const struct field flock_fields[] = {{"l_type", 0, 2, SET, KIND_SET_lock_type},
                                            {"l_whence", 2, 2, SET, KIND_SET_seek},
                                            {"l_start", 8, 8, INT, 0},
                                            {"l_len", 16, 8, INT, 0}};
static const struct field flock_pid[] = {{"l_type", 0, 2, SET, KIND_SET_lock_type},
                                         {"l_whence", 2, 2, SET, KIND_SET_seek},
                                         {"l_start", 8, 8, INT, 0},
                                         {"l_len", 16, 8, INT, 0},
                                         {"l_pid", 24, 4, INT, 0}};
static const struct field open_how[] = {
    {"flags", 0, 4, SET, KIND_SET_open}, {"mode", 8, 4, MODE, 0}, {"resolve", 16, 4, SET, KIND_SET_resolve}};
static const struct field rusage[] = {{"ru_utime", 0, 8, USEC, 0}, {"ru_stime", 16, 8, USEC, 0}, {"", 0, 0, MORE, 0}};
static const struct field sigevent[] = {{"sigev_value={sival_int", 0, 4, INT, 0},
                                        {"sival_ptr", 0, 8, POINTER, 1}, /* which ends it */
                                        {"sigev_signo", 8, 4, SIGNAL, 0},
                                        {"sigev_notify", 12, 4, SET, KIND_SET_sigev}};
static const struct field sigset_argument[] = {{"sigmask", 0, 8, POINTER, 0}, {"sigsetsize", 8, 8, UINT, 0}};
static const struct field stack[] = {
    {"ss_sp", 0, 8, POINTER, 0}, {"ss_flags", 8, 4, SET, KIND_SET_ss_flags}, {"ss_size", 16, 8, UINT, 0}};
static const struct field statfs[] = {{"f_type", 0, 8, SET, KIND_SET_file_system},
                                      {"f_bsize", 8, 8, UINT, 0},
                                      {"f_blocks", 16, 8, UINT, 0},
                                      {"f_bfree", 24, 8, UINT, 0},
                                      {"f_bavail", 32, 8, UINT, 0},
                                      {"f_files", 40, 8, UINT, 0},
                                      {"f_ffree", 48, 8, UINT, 0},
                                      {"f_fsid={val", 56, 4, HEXES, 2},
                                      {"f_namelen", 64, 8, UINT, 0},
                                      {"f_frsize", 72, 8, UINT, 0},
                                      {"f_flags", 80, 8, SET, KIND_SET_st_flags}};
static const struct field statx[] = {{"stx_mask", 0, 4, SET, KIND_SET_statx},
                                     {"stx_attributes", 8, 8, SET, KIND_SET_statx_attributes},
                                     {"stx_mode", 28, 2, MODE, 0},
                                     {"stx_size", 40, 8, UINT, 0},
                                     {"", 0, 0, MORE, 0}};
static const struct field sysinfo[] = {
    {"uptime", 0, 8, INT, 0},      {"loads", 8, 8, INTS, 3},      {"totalram", 32, 8, UINT, 0},
    {"freeram", 40, 8, UINT, 0},   {"sharedram", 48, 8, UINT, 0}, {"bufferram", 56, 8, UINT, 0},
    {"totalswap", 64, 8, UINT, 0}, {"freeswap", 72, 8, UINT, 0},  {"procs", 80, 2, UINT, 0},
    {"totalhigh", 88, 8, UINT, 0}, {"freehigh", 96, 8, UINT, 0},  {"mem_unit", 104, 4, UINT, 0}};
static const struct field termios[] = {{"c_iflag", 0, 4, SET, KIND_SET_iflag},
                                       {"c_oflag", 4, 4, SET, KIND_SET_oflag},
                                       {"c_cflag", 8, 4, SET, KIND_SET_cflag},
                                       {"c_lflag", 12, 4, SET, KIND_SET_lflag},
                                       {"", 0, 0, MORE, 0}};
static const struct field timezone_fields[] = {{"tz_minuteswest", 0, 4, INT, 0}, {"tz_dsttime", 4, 4, INT, 0}};
static const struct field tms[] = {{"tms_utime", 0, 8, UINT, 0},
                                   {"tms_stime", 8, 8, UINT, 0},
                                   {"tms_cutime", 16, 8, UINT, 0},
                                   {"tms_cstime", 24, 8, UINT, 0}};
static const struct field utimbuf[] = {{"actime", 0, 8, INT, 0}, {"modtime", 8, 8, INT, 0}};
static const struct field utsname[] = {
    {"sysname", 0, 65, STRING, 0}, {"nodename", 65, 65, STRING, 0}, {"", 0, 0, MORE, 0}};
static const struct field winsize[] = {
    {"ws_row", 0, 2, UINT, 0}, {"ws_col", 2, 2, UINT, 0}, {"ws_xpixel", 4, 2, UINT, 0}, {"ws_ypixel", 6, 2, UINT, 0}};

#define TABLE(name, fields, size) [KIND_LAYOUT_##name] = {fields, sizeof(fields) / sizeof((fields)[0]), size}
static const struct {
    const struct field *field;
    uint8_t count, size;
} tables[KIND_LAYOUT_COUNT] = {
    TABLE(clone_args, clone_args, 64),
    TABLE(flock, flock_fields, 32),
    TABLE(flock_pid, flock_pid, 32),
    TABLE(open_how, open_how, 24),
    TABLE(rusage, rusage, 32),
    TABLE(sigevent, sigevent, 16),
    TABLE(sigset_argument, sigset_argument, 16),
    TABLE(stack, stack, 24),
    TABLE(statfs, statfs, 88),
    TABLE(statx, statx, 48),
    TABLE(sysinfo, sysinfo, 108),
    TABLE(termios, termios, 16),
    TABLE(timezone, timezone_fields, 8),
    TABLE(tms, tms, 32),
    TABLE(utimbuf, utimbuf, 16),
    TABLE(utsname, utsname, 130),
    TABLE(winsize, winsize, 8),
};

unsigned trace_fields_size(enum kind_layout layout)
{
    return tables[layout].size;
}

static void put_several(struct trace_line *line, const struct field *field, const uint8_t *at)
{
    for (unsigned i = 0; i < field->set; i++)
        trace_put(line, field->form == INTS ? "%s%" PRIu64 : "%s%#" PRIx64, i == 0 ? "[" : ", ",
                  trace_word(at + (size_t)i * field->size, field->size));
    trace_put(line, field->form == INTS ? "]" : "]}");
}

static void put_value(struct trace_line *line, const char *isa, const struct field *field, const uint8_t *at)
{
    uint64_t value = field->size <= 8 ? trace_word(at, field->size) : 0;

    switch ((enum form)field->form) {
    case INT:
        trace_put(line, "%" PRId64, trace_signed_word(at, field->size));
        break;
    case UINT:
        trace_put(line, "%" PRIu64, value);
        break;
    case HEX:
        trace_put(line, "%#" PRIx64, value);
        break;
    case POINTER:
        trace_put_address(line, value);
        trace_put(line, field->set != 0 ? "}" : "");
        break;
    case SET:
        trace_put_set(line, isa, (enum kind_set)field->set, value);
        break;
    case MODE:
        trace_put_mode(line, (uint32_t)value);
        break;
    case STRING:
        trace_put_string(line, (struct trace_bytes){at, field->size}, SIZE_MAX);
        break;
    case SIGNAL:
        trace_put_signal(line, (uint32_t)value);
        break;
    case NSEC:
    case USEC:
        trace_put(line, "{tv_sec=%" PRId64 ", tv_%s=%" PRId64 "}", trace_signed_word(at, field->size),
                  field->form == NSEC ? "nsec" : "usec", trace_signed_word(at + field->size, field->size));
        break;
    default: /* INTS, HEXES */
        put_several(line, field, at);
        break;
    }
}

void trace_put_fields(struct trace_line *line, const char *isa, enum kind_layout layout, const uint8_t *at)
{
    const struct field *field = tables[layout].field;

    for (unsigned i = 0; i < tables[layout].count; i++, field++) {
        if (layout == KIND_LAYOUT_open_how && field->form == MODE && trace_word(at + field->offset, 8) == 0)
            continue;
        trace_put(line, "%s", i == 0 ? "{" : ", ");
        if (field->form == MORE) {
            trace_put(line, "...");
            continue;
        }
        trace_put(line, "%s=", field->name);
        put_value(line, isa, field, at + field->offset);
    }
    trace_put(line, "}");
}
