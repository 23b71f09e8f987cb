/* SPDX-License-Identifier: Apache-2.0 */
/* socket_time.c - see socket_time.h. */
#include "net/socket_time.h"

#include "abi/socket.h"
#include "abi/time.h"
#include "net/control.h"

enum { WORDS = 2, STAMPS = 3 }; /* of a time; of struct scm_timestamping: the kernel's, nobody's, the card's */

/* By the older of the names a 32-bit program gets words of its own size. */
static void times_add(const struct socket *socket, struct message *message, int kind, const int64_t *words,
                      unsigned count)
{
    struct control *control = message->control;
    int32_t narrow[STAMPS * WORDS];

    if (control == NULL || !control->is_32bit || socket->tuning.stamps_are_new) {
        control_add(control, &message->out_flags, SOL_SOCKET, kind, words, count * (uint32_t)sizeof(*words));
        return;
    }
    for (unsigned i = 0; i < count; i++)
        narrow[i] = (int32_t)words[i];
    control_add(control, &message->out_flags, SOL_SOCKET, kind, narrow, count * (uint32_t)sizeof(*narrow));
}

static int kind_of(const struct socket *socket)
{
    if (socket->tuning.stamps_are_new)
        return socket->timestamp_ns ? SO_TIMESTAMPNS_NEW : SO_TIMESTAMP_NEW;
    return socket->timestamp_ns ? SO_TIMESTAMPNS_OLD : SO_TIMESTAMP_OLD;
}

void socket_time_add(const struct socket *socket, struct message *message, uint64_t time_ns)
{
    int64_t time[WORDS] = {(int64_t)(time_ns / NS_PER_SEC), (int64_t)(time_ns % NS_PER_SEC)};

    if (!socket->timestamp && !socket->timestamp_ns)
        return;
    if (socket->timestamp)
        time[1] /= 1000;
    times_add(socket, message, kind_of(socket), time, WORDS);
}

/* As on Linux a time that was taken for SO_TIMESTAMP is told, too, to who doesn't say otherwise. */
void socket_stamps_add(const struct socket *socket, struct message *message, uint64_t time_ns)
{
    uint32_t stamps = socket->tuning.stamps;
    int64_t times[STAMPS * WORDS] = {(int64_t)(time_ns / NS_PER_SEC), (int64_t)(time_ns % NS_PER_SEC)};

    if ((stamps & STAMPS_TOLD) && (stamps & (STAMPS_RECEIVED | STAMPS_STRICT)) != STAMPS_STRICT && time_ns != 0)
        times_add(socket, message, socket->tuning.stamps_are_new ? SO_TIMESTAMPING_NEW : SO_TIMESTAMPING_OLD, times,
                  STAMPS * WORDS);
}
