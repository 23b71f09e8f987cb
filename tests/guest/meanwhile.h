/* SPDX-License-Identifier: Apache-2.0 */
/* meanwhile.h - for the guest tests in which something happens while a call waits, however long a busy machine takes to
 * get there: another thread knows that it waits, and an alarm that comes too early comes again. */
#ifndef TESTS_GUEST_MEANWHILE_H
#define TESTS_GUEST_MEANWHILE_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static inline char meanwhile_state(int tid)
{
    char path[64], line[512], *end;

    snprintf(path, sizeof(path), "/proc/%d/stat", tid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    end = fgets(line, sizeof(line), file) != NULL ? strrchr(line, ')') : NULL;
    fclose(file);
    return end != NULL ? end[2] : 0;
}

/* Until this thread, which has nothing to do before it waits, sleeps: not for a page or a lock, which takes no time to
 * speak of, but look after look. One that is gone isn't waited for. */
static inline void until_asleep(int tid)
{
    const struct timespec moment = {0, 2000000};

    for (int looks = 0; looks < 5;) {
        char state = meanwhile_state(tid);

        if (state == 0 || state == 'Z')
            return;
        looks = state == 'S' ? looks + 1 : 0;
        nanosleep(&moment, NULL);
    }
}

/* SIGALRM in a moment and again and again, and no more. */
static inline void alarms_begin(void)
{
    const struct itimerval often = {{0, 20000}, {0, 20000}};

    setitimer(ITIMER_REAL, &often, NULL);
}

static inline void alarms_end(void)
{
    const int error = errno;
    const struct itimerval never = {{0, 0}, {0, 0}};

    setitimer(ITIMER_REAL, &never, NULL);
    errno = error;
}

#endif
