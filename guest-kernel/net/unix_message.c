/* SPDX-License-Identifier: Apache-2.0 */
/* unix_message.c - what comes with the bytes of a local socket: who has sent them, open files, the time. */
#include "abi/errno.h"
#include "abi/time.h"
#include "core/pid.h"
#include "net/socket_time.h"
#include "net/unix.h"

#define NOBODY 65534u /* the user and group of who wasn't asked */

static bool asks(const struct unix_socket *unix_socket)
{
    return unix_socket->socket.pass_identity || unix_socket->socket.pass_pidfd;
}

struct socket_identity unix_identity(const struct message *message, const struct unix_socket *sender,
                                     const struct unix_socket *receiver)
{
    if (message->control != NULL && message->control->has_identity)
        return message->control->identity;
    if (asks(sender) || asks(receiver) || receiver->socket.file == NULL)
        return socket_identity_now(true);
    return (struct socket_identity){0, NOBODY, NOBODY};
}

int unix_beside_send(struct unix_packet *packet, struct message *message)
{
    struct control *control = message->control;
    int error;

    if (control == NULL || control->files == NULL)
        return 0;
    error = unix_rights_begin(control->files);
    if (error != 0)
        return error;
    packet->files = control->files;
    control->files = NULL;
    return 0;
}

void unix_packet_sign(struct unix_packet *packet, const struct socket_identity *identity)
{
    packet->identity = *identity;
    if (identity->pid == 0)
        return;
    packet->pid = pid_find((int)identity->pid);
    if (packet->pid != NULL)
        pid_hold(packet->pid);
}

void unix_beside_take(struct unix_beside *beside, struct unix_packet *packet, bool peek)
{
    if (!beside->has_identity) {
        beside->identity = packet->identity;
        beside->time_ns = packet->time_ns;
        beside->has_identity = true;
        beside->pid = packet->pid;
        if (beside->pid != NULL)
            pid_hold(beside->pid);
    }
    if (packet->files == NULL || beside->files != NULL)
        return;
    if (peek) {
        unix_rights_changes++;
        beside->files = control_files_copy(packet->files);
        return;
    }
    unix_rights_end(packet->files);
    beside->files = packet->files;
    packet->files = NULL;
}

void unix_beside_tell(struct unix_beside *beside, struct socket *socket, struct message *message)
{
    if (beside->time_ns != 0 && socket->type != SOCK_STREAM)
        socket_time_add(socket, message, beside->time_ns);
    if (socket->pass_identity)
        control_add(message->control, &message->out_flags, SOL_SOCKET, SCM_CREDENTIALS, &beside->identity,
                    sizeof(beside->identity));
    if (beside->files != NULL) {
        control_add_files(message->control, &message->out_flags, beside->files, message->flags & MSG_CMSG_CLOEXEC);
        control_files_put(beside->files);
        beside->files = NULL;
    }
    if (socket->pass_pidfd)
        control_add_pidfd(message->control, &message->out_flags, beside->pid);
    pid_drop(beside->pid);
    beside->pid = NULL;
}
