/* SPDX-License-Identifier: Apache-2.0 */
/* message.c - messages that are sent and received: sendto, sendmsg, sendmmsg and their counterparts. */
#include "abi/socket.h"
#include "abi/time.h"
#include "core/clock.h"
#include "core/wait.h"
#include "net/control.h"
#include "sys/sockets.h"
#include "sys/syscall.h"
#include "sys/timeout.h"
#include "sys/vector.h"

#define MESSAGES_MAX 1024u /* of one sendmmsg: Linux's UIO_MAXIOV */
#define VECTOR_MAX 1024u
#define FLAGS_WITHIN 0x80000000u /* Linux's MSG_CMSG_COMPAT: no program gives it */

static unsigned flags_for(const struct file *file, unsigned flags)
{
    return flags | (file->flags & O_NONBLOCK ? MSG_DONTWAIT : 0);
}

static int64_t receive(struct socket *socket, struct message *message)
{
    return socket->ops->receive != NULL ? socket->ops->receive(socket, message) : -EOPNOTSUPP;
}

/* ---- sendto, recvfrom ---- */

/* One buffer, as sendto(2) has it: of no length is it worth another error than that it isn't the program's. */
static int buffer_check(struct iter_segment *segment)
{
    return vector_check_one(segment) != 0 ? -EFAULT : 0;
}

int64_t sys_sendto(const uint64_t arg[6])
{
    struct iter_segment segment = {arg[1], arg[2]};
    struct socket_address address;
    struct message message = {0};
    struct socket *socket;
    struct file *file;
    struct iter iter;
    int64_t result = buffer_check(&segment);

    if (result == 0)
        result = user_socket(arg[0], &file, &socket);
    if (result != 0)
        return result;
    iter_init(&iter, &segment, 1, true);
    message.iter = &iter;
    message.flags = flags_for(file, (unsigned)arg[3]);
    if (arg[4] != 0) {
        result = user_address_get(&address, arg[4], arg[5]);
        message.address = &address;
    }
    if (result == 0)
        result = socket_send(socket, &message);
    file_put(file);
    return result;
}

int64_t sys_recvfrom(const uint64_t arg[6])
{
    struct iter_segment segment = {arg[1], arg[2]};
    struct socket_address address;
    struct message message = {0};
    struct socket *socket;
    struct file *file;
    struct iter iter;
    int64_t result = buffer_check(&segment);

    if (result == 0)
        result = user_socket(arg[0], &file, &socket);
    if (result != 0)
        return result;
    iter_init(&iter, &segment, 1, true);
    message.iter = &iter;
    message.flags = flags_for(file, (unsigned)arg[3]);
    if (arg[4] != 0) {
        address.size = 0;
        message.address = &address;
    }
    result = receive(socket, &message);
    if (result >= 0 && arg[4] != 0 && user_address_put(&address, arg[4], arg[5]) != 0)
        result = -EFAULT;
    file_put(file);
    return result;
}

/* ---- struct msghdr ---- */

struct header { /* as the program's, of either form */
    uaddr_t at, name, vector, control;
    uint64_t vector_count, control_size;
    int32_t name_size;
};

static int header_get(struct header *header, uaddr_t at)
{
    struct msghdr_user whole;
    struct msghdr_i386 half;

    if (call_is_32bit()) {
        if (user_get(half, at))
            return -EFAULT;
        *header = (struct header){
            at, half.name, half.vector, half.control, half.vector_count, half.control_size, (int32_t)half.name_size};
    } else {
        if (user_get(whole, at))
            return -EFAULT;
        *header = (struct header){at,
                                  whole.name,
                                  whole.vector,
                                  whole.control,
                                  whole.vector_count,
                                  whole.control_size,
                                  (int32_t)whole.name_size};
    }
    if (header->name != 0 && header->name_size < 0)
        return -EINVAL;
    if (header->name_size > SOCKET_ADDRESS_MAX)
        header->name_size = SOCKET_ADDRESS_MAX;
    return header->vector_count > VECTOR_MAX ? -EMSGSIZE : 0;
}

/* ---- sendmsg ---- */

/* One message. *whole: all of it was sent. */
static int64_t send_header(struct file *file, struct socket *socket, const struct header *header, unsigned flags,
                           bool *whole)
{
    struct socket_address address;
    struct message message = {.flags = flags_for(file, flags)};
    struct control control;
    struct vector vector;
    struct iter iter;
    int64_t result;

    if (header->name != 0 && header->name_size != 0) {
        result = user_address_get(&address, header->name, (uint32_t)header->name_size);
        if (result != 0)
            return result;
        message.address = &address;
    }
    result = vector_get(&vector, header->vector, header->vector_count);
    if (result != 0)
        return result;
    result = control_get(&control, header->control, header->control_size, socket->takes_files);
    if (result == 0) {
        iter_init(&iter, vector.segments, vector.count, true);
        message.iter = &iter;
        message.control = header->control_size != 0 ? &control : NULL;
        result = socket_send(socket, &message);
        *whole = iter.left == 0;
        control_put(&control);
    }
    vector_put(&vector);
    return result;
}

int64_t sys_sendmsg(const uint64_t arg[6])
{
    struct socket *socket;
    struct header header;
    struct file *file;
    bool whole;
    int64_t result;

    if ((unsigned)arg[2] & FLAGS_WITHIN)
        return -EINVAL;
    result = user_socket(arg[0], &file, &socket);
    if (result != 0)
        return result;
    result = header_get(&header, arg[1]);
    if (result == 0)
        result = send_header(file, socket, &header, (unsigned)arg[2], &whole);
    file_put(file);
    return result;
}

static size_t entry_size(void)
{
    return call_is_32bit() ? sizeof(struct mmsghdr_i386) : sizeof(struct mmsghdr_user);
}

/* What was moved by one of several. */
static int entry_put(uaddr_t entry, int64_t moved)
{
    uint32_t size = (uint32_t)moved;
    size_t at = call_is_32bit() ? sizeof(struct msghdr_i386) : sizeof(struct msghdr_user);

    return user_put(entry + at, size);
}

int64_t sys_sendmmsg(const uint64_t arg[6])
{
    unsigned count = (unsigned)arg[2] < MESSAGES_MAX ? (unsigned)arg[2] : MESSAGES_MAX, done = 0;
    struct socket *socket;
    struct file *file;
    bool whole = true;
    int64_t result;

    if ((unsigned)arg[3] & FLAGS_WITHIN)
        return -EINVAL;
    result = user_socket(arg[0], &file, &socket);
    if (result != 0)
        return result;
    while (done < count && whole) {
        uaddr_t entry = arg[1] + done * entry_size();
        struct header header;

        result = header_get(&header, entry);
        if (result == 0)
            result = send_header(file, socket, &header, (unsigned)arg[3], &whole);
        if (result >= 0)
            result = entry_put(entry, result);
        if (result < 0)
            break;
        if (++done % 64 == 0 && wait_loop_ends(true))
            break;
    }
    file_put(file);
    return done != 0 ? done : result;
}

/* ---- recvmsg ---- */

/* Where the program's header says how long the name is, what flags there are, and how much came with the message. */
static int header_put(const struct header *header, const struct message *message, uint64_t control_size)
{
    const uint32_t flags = message->out_flags, half = (uint32_t)control_size;
    bool is_32bit = call_is_32bit();
    uaddr_t flags_at =
        header->at + (is_32bit ? offsetof(struct msghdr_i386, flags) : offsetof(struct msghdr_user, flags));

    if (header->name != 0) {
        uaddr_t size_at =
            header->at + (is_32bit ? offsetof(struct msghdr_i386, name_size) : offsetof(struct msghdr_user, name_size));
        int error = user_address_put(message->address, header->name, size_at);

        if (error != 0)
            return error;
    }
    if (user_put(flags_at, flags))
        return -EFAULT;
    return is_32bit ? user_put(header->at + offsetof(struct msghdr_i386, control_size), half)
                    : user_put(header->at + offsetof(struct msghdr_user, control_size), control_size);
}

static int64_t receive_header(struct file *file, struct socket *socket, const struct header *header, unsigned flags,
                              unsigned *out_flags)
{
    struct socket_address address = {.size = 0};
    struct control control;
    struct message message = {.flags = flags_for(file, flags),
                              .out_flags = flags & MSG_CMSG_CLOEXEC,
                              .address = &address,
                              .control = &control};
    struct vector vector;
    struct iter iter;
    int64_t result = vector_get(&vector, header->vector, header->vector_count);
    int error;

    if (result != 0)
        return result;
    iter_init(&iter, vector.segments, vector.count, true);
    message.iter = &iter;
    control_receive(&control, header->control, header->control_size);
    result = receive(socket, &message);
    vector_put(&vector);
    if (result < 0)
        return result;
    *out_flags = message.out_flags;
    error = header_put(header, &message, header->control != 0 ? control.address - header->control : 0);
    return error != 0 ? error : result;
}

int64_t sys_recvmsg(const uint64_t arg[6])
{
    struct socket *socket;
    struct header header;
    struct file *file;
    unsigned out_flags;
    int64_t result;

    if ((unsigned)arg[2] & FLAGS_WITHIN)
        return -EINVAL;
    result = user_socket(arg[0], &file, &socket);
    if (result != 0)
        return result;
    result = header_get(&header, arg[1]);
    if (result == 0)
        result = receive_header(file, socket, &header, (unsigned)arg[2], &out_flags);
    file_put(file);
    return result;
}

/* ---- recvmmsg ---- */

/* *error: what ended it before there were `count`. How many there are. */
static unsigned receive_several(struct file *file, struct socket *socket, const uint64_t arg[6], uint64_t deadline_ns,
                                int *error)
{
    unsigned count = (unsigned)arg[2], flags = (unsigned)arg[3], done = 0;

    while (done < count) {
        uaddr_t entry = arg[1] + done * entry_size();
        unsigned out_flags = 0;
        struct header header;
        int64_t result = header_get(&header, entry);

        if (result == 0)
            result = receive_header(file, socket, &header, flags & ~MSG_WAITFORONE, &out_flags);
        if (result >= 0)
            result = entry_put(entry, result);
        if (result < 0) {
            *error = (int)result;
            break;
        }
        done++;
        if (flags & MSG_WAITFORONE)
            flags |= MSG_DONTWAIT;
        if ((out_flags & MSG_OOB) || (deadline_ns != WAIT_FOREVER && clock_monotonic_ns() >= deadline_ns))
            break;
        if (done % 64 == 0 && wait_loop_ends(true)) /* as many as one sends: it is to end some day */
            break;
    }
    return done;
}

/* What is left of the time, where it stood. has_wide_time: of a 32-bit program that has the time alone in the usual
 * form (recvmmsg_time64). */
static int time_left_put(uaddr_t address, uint64_t deadline_ns, bool has_wide_time)
{
    uint64_t now = clock_monotonic_ns(), left = deadline_ns > now ? deadline_ns - now : 0;
    const struct timespec_user time = timespec_of(left);

    return has_wide_time ? user_put(address, time) : timespec_to_user(address, &time);
}

static int deadline_get(uaddr_t address, uint64_t *deadline_ns, bool has_wide_time)
{
    struct thread *thread = current_thread();
    bool is_32bit = thread->call_is_32bit;

    thread->call_is_32bit = is_32bit && !has_wide_time;
    int error = timeout_deadline(address, deadline_ns);
    thread->call_is_32bit = is_32bit;
    return error;
}

static int64_t receive_until(const uint64_t arg[6], bool has_wide_time)
{
    uint64_t deadline_ns = WAIT_FOREVER;
    struct socket *socket;
    struct file *file;
    unsigned done = 0;
    int error = 0;

    if ((unsigned)arg[3] & FLAGS_WITHIN)
        return -EINVAL;
    if (arg[4] != 0)
        error = deadline_get(arg[4], &deadline_ns, has_wide_time);
    if (error == 0)
        error = user_socket(arg[0], &file, &socket);
    if (error != 0)
        return error;
    if (!((unsigned)arg[3] & MSG_ERRQUEUE))
        error = socket_take_error(socket);
    if (error == 0) {
        done = receive_several(file, socket, arg, deadline_ns, &error);
        if (done != 0 && error != 0 && error != -EAGAIN && error != -ERESTARTSYS)
            socket->error = error;
    }
    file_put(file);
    if (done != 0 && arg[4] != 0 && time_left_put(arg[4], deadline_ns, has_wide_time) != 0)
        return -EFAULT;
    return done != 0 ? (int64_t)done : error;
}

int64_t sys_recvmmsg(const uint64_t arg[6])
{
    return receive_until(arg, false);
}

int64_t sys_i386_recvmmsg64(const uint64_t arg[6])
{
    return receive_until(arg, true);
}
