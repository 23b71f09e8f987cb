/* SPDX-License-Identifier: Apache-2.0 */
/* stop.h - the reasons to end a run early, as one descriptor: signals and --timeout. */
#ifndef LVMM_STOP_H
#define LVMM_STOP_H

#include <signal.h>
#include <stdint.h>

struct stop {
    int fd; /* readable: end the run. Of the signals alone without a timeout, so that the usual case is one descriptor
             */
    int signal_fd, timer_fd;
    sigset_t blocked, before;
};

enum stop_reason { STOP_NONE = 0, STOP_TIMEOUT = -1 }; /* a positive one is a signal's number */

/* Blocks SIGINT, SIGTERM, SIGHUP and SIGQUIT, but those that we were started to ignore (nohup, `&` in a script), and
 * ignores SIGPIPE. timeout_ns 0: none; the time starts now. 0 or -errno. */
int stop_init(struct stop *stop, uint64_t timeout_ns);

/* Which of them it was. */
int stop_reason(const struct stop *stop);

/* The process's signals as they were before; a signal that is pending takes effect. Call when all is cleaned up. */
void stop_fini(struct stop *stop);

#endif
