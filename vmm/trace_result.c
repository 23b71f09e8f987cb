/* SPDX-License-Identifier: Apache-2.0 */
/* trace_result.c - what a call has returned, as strace(1) shows it (trace_args.h). */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "vmm/syscall_names.h"
#include "vmm/trace_args.h"
#include "vmm/trace_layouts.h"
#include "vmm/trace_text.h"
#include "vmm/trace_view.h"

/* ---- errors ---- */

/* What programs never see (trace_text.c), and what becomes of the call. */
static const struct {
    int error;
    const char *text;
} restarts[] = {{512, "ERESTARTSYS (To be restarted if SA_RESTART is set)"},
                {513, "ERESTARTNOINTR (To be restarted)"},
                {514, "ERESTARTNOHAND (To be restarted if no handler)"},
                {516, "ERESTART_RESTARTBLOCK (Interrupted by signal)"}};

static void put_error(struct trace_line *line, int error)
{
    const char *name = strerrorname_np(error);

    for (unsigned i = 0; i < sizeof(restarts) / sizeof(restarts[0]); i++) {
        if (restarts[i].error == error) {
            trace_put(line, "? %s", restarts[i].text);
            return;
        }
    }
    if (name != NULL)
        trace_put(line, "-1 %s (%s)", name, strerrordesc_np(error));
    else
        trace_put(line, "-1 (errno %d)", error);
}

/* ---- numbers that mean something ---- */

enum form { HEX, OCTAL, READY_POLL, READY_SELECT, SIGNAL, POLICY, COMMAND };

static const struct {
    const char *name;
    enum form form;
} forms[] = {{"brk", HEX},
             {"mmap", HEX},
             {"mmap2", HEX},
             {"mremap", HEX},
             {"shmat", HEX},
             {"personality", HEX},
             {"umask", OCTAL},
             {"poll", READY_POLL},
             {"ppoll", READY_POLL},
             {"ppoll_time64", READY_POLL},
             {"select", READY_SELECT},
             {"pselect6", READY_SELECT},
             {"rt_sigtimedwait", SIGNAL},
             {"sched_getscheduler", POLICY},
             {"fcntl", COMMAND},
             {"fcntl64", COMMAND},
             {"prctl", COMMAND}};

/* Commands whose results are of a set. */
static const struct {
    uint32_t set, command, result;
    const char *kind; /* put before the names */
} commands[] = {{KIND_SET_fcntl, 1, KIND_SET_fd_flags, "flags "},
                {KIND_SET_fcntl, 3, KIND_SET_open, "flags "},
                {KIND_SET_fcntl, 1034, KIND_SET_seals, "seals "},
                {KIND_SET_fcntl, 1025, KIND_SET_lease, ""},
                {KIND_SET_prctl, 3, KIND_SET_dumpable, ""}};

static bool put_command(struct trace_line *line, const struct trace_view *view, int64_t result)
{
    for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        unsigned at = commands[i].set == KIND_SET_fcntl ? 1 : 0;

        if (kind_what(view->kinds[at]) != KIND_ONE || kind_more(view->kinds[at]) != commands[i].set ||
            (uint32_t)view->call->arg[at] != commands[i].command)
            continue;
        if (commands[i].result == KIND_SET_fd_flags && result == 0)
            return false;
        trace_put(line, commands[i].kind[0] != '\0' ? "%#" PRIx64 " (%s" : "%" PRIu64 " (%s", (uint64_t)result,
                  commands[i].kind);
        trace_put_set(line, view->isa, (enum kind_set)commands[i].result, (uint64_t)result);
        trace_put(line, ")");
        return true;
    }
    return false;
}

/* ---- what has happened ---- */

/* "left {tv_sec=0, tv_nsec=5}", of a timeout that isn't over. */
static void put_left(struct trace_line *line, const struct trace_view *view, unsigned arg)
{
    unsigned layout = kind_more(view->kinds[arg]);
    struct trace_bytes bytes;

    if (kind_what(view->kinds[arg]) != KIND_POINTER || !trace_view_find(view->after, arg, 0, &bytes))
        return;
    trace_put(line, ", left ");
    if (!trace_put_layout(line, view->isa, view->narrow, (enum kind_layout)layout, bytes, TRACE_NO_ARRAY))
        trace_put(line, "{}");
}

static void put_polled(struct trace_line *line, const struct trace_view *view)
{
    struct trace_bytes bytes;

    trace_put(line, " ([");
    if (trace_view_find(view->after, 0, 0, &bytes))
        trace_put_polled(line, view->isa, bytes, view->call->arg[1]);
    trace_put(line, "]");
    if (view->name[0] == 'p' && view->name[1] == 'p')
        put_left(line, view, 2);
    trace_put(line, ")");
}

static void put_selected(struct trace_line *line, const struct trace_view *view)
{
    static const char *const names[] = {"in ", "out ", "except "};
    struct trace_bytes bytes;
    const char *comma = "";

    trace_put(line, " (");
    for (unsigned i = 0; i < 3; i++) {
        if (view->call->arg[1 + i] == 0 || !trace_view_find(view->after, 1 + i, 0, &bytes))
            continue;
        trace_put(line, "%s%s", comma, names[i]);
        trace_put_numbers(line, bytes, view->call->arg[0]);
        comma = ", ";
    }
    put_left(line, view, 4);
    trace_put(line, ")");
}

static void put_ready(struct trace_line *line, const struct trace_view *view, bool polled)
{
    if (view->call->result == 0)
        trace_put(line, "0 (Timeout)");
    else
        trace_put(line, "%" PRId64, view->call->result);
    if (view->call->result > 0 && polled)
        put_polled(line, view);
    else if (view->call->result > 0)
        put_selected(line, view);
}

static void put_form(struct trace_line *line, const struct trace_view *view, enum form form)
{
    int64_t result = view->call->result;

    switch (form) {
    case HEX:
        trace_put(line, "%#" PRIx64, (uint64_t)result);
        break;
    case OCTAL:
        trace_put(line, "%#03" PRIo64, (uint64_t)result);
        break;
    case READY_POLL:
    case READY_SELECT:
        put_ready(line, view, form == READY_POLL);
        break;
    case SIGNAL:
        trace_put(line, "%" PRId64 " (", result);
        trace_put_signal(line, (uint32_t)result);
        trace_put(line, ")");
        break;
    case POLICY:
        trace_put(line, "%" PRId64 " (", result);
        trace_put_set(line, view->isa, KIND_SET_sched, (uint64_t)result);
        trace_put(line, ")");
        break;
    default:
        if (!put_command(line, view, result))
            trace_put(line, "%" PRId64, result);
        break;
    }
}

size_t trace_args_result(const char *isa, const struct lvmm_syscall *call, const struct trace_memory *after, char *text,
                         size_t size)
{
    const struct trace_view view = trace_view_of(isa, call, NULL, after);
    struct trace_line line = {text, size, 0};

    if (view.gone) {
        trace_put(&line, "?");
        return line.length;
    }
    if (view.failed) {
        put_error(&line, (int)-call->result);
        return line.length;
    }
    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]) && view.name != NULL; i++) {
        if (strcmp(forms[i].name, view.name) == 0) {
            put_form(&line, &view, forms[i].form);
            return line.length;
        }
    }
    trace_put(&line, "%" PRId64, call->result);
    return line.length;
}
