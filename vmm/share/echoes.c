/* SPDX-License-Identifier: Apache-2.0 */
/* echoes.c - see echoes.h. */
#include "vmm/share/echoes.h"

#include <string.h>
#include <sys/inotify.h>

/* An event of one of these comes as often as it happens; the kernel makes one of several others in a row. */
#define ONCE (IN_CREATE | IN_DELETE | IN_MOVE)

void echoes_expect(struct share_echoes *echoes, uint64_t folder, const char *name, size_t length, uint32_t mask,
                   bool quiet)
{
    struct share_echo *echo;

    if (echoes->count == ECHOES_MAX || length > NAME_MAX)
        return;
    echo = &echoes->all[echoes->count++];
    echo->folder = folder;
    echo->mask = mask;
    echo->quiet = quiet;
    echo->length = (uint32_t)length;
    if (length != 0)
        memcpy(echo->name, name, length);
}

static bool fits(const struct share_echo *echo, uint64_t folder, const char *name, size_t length, uint32_t mask)
{
    return echo->folder == folder && (echo->mask & mask) != 0 && echo->length == length &&
           (length == 0 || memcmp(echo->name, name, length) == 0);
}

/* Others have changed what the name is of: the guest may have changed another file than this one. */
static void doubt(struct share_echoes *echoes, uint64_t folder, const char *name, size_t length)
{
    for (unsigned i = 0; i < echoes->count; i++)
        if (fits(&echoes->all[i], folder, name, length, UINT32_MAX))
            echoes->all[i].quiet = false;
}

enum echo echoes_take(struct share_echoes *echoes, uint64_t folder, const char *name, size_t length, uint32_t mask)
{
    if (length == 0 && (mask & IN_MOVE_SELF) && echoes->has_come) {
        echoes->has_come = false;
        return ECHO_HEARD;
    }
    for (unsigned i = 0; i < echoes->count; i++) {
        struct share_echo *echo = &echoes->all[i];

        if (!fits(echo, folder, name, length, mask))
            continue;
        echo->mask &= ~(mask & ONCE);
        echoes->has_come = echoes->has_come || (mask & IN_MOVED_TO) != 0;
        return echo->quiet ? ECHO_QUIET : ECHO_HEARD;
    }
    if (mask & ONCE)
        doubt(echoes, folder, name, length);
    return ECHO_NONE;
}

void echoes_end(struct share_echoes *echoes)
{
    echoes->count = 0;
    echoes->has_come = false;
}
