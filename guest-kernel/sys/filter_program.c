/* SPDX-License-Identifier: Apache-2.0 */
/* filter_program.c - see filter_program.h. */
#include "sys/filter_program.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "net/socket_filter.h"
#include "sys/syscall.h"

struct filter_program_32bit {
    uint16_t length;
    uint32_t address;
};

uint32_t filter_program_size(void)
{
    return call_is_32bit() ? sizeof(struct filter_program_32bit) : sizeof(struct filter_program);
}

int filter_program_get(struct filter_program *out, uaddr_t address)
{
    struct filter_program_32bit narrow;

    if (!call_is_32bit())
        return user_get(*out, address) ? -EFAULT : 0;
    if (user_get(narrow, address))
        return -EFAULT;
    *out = (struct filter_program){.length = narrow.length, .address = narrow.address};
    return 0;
}

int filter_program_check(const struct bpf_instruction *program, unsigned length, uint32_t data_size)
{
    uint16_t *known = kmalloc_array(length, sizeof(*known));
    int error = -ENOMEM;

    if (known != NULL)
        error = bpf_check(program, length, data_size, known);
    kfree(known);
    return error;
}

int socket_filter_set(struct socket *socket, uaddr_t value, uint32_t size)
{
    struct filter_program given;
    struct socket_filter *filter;
    size_t bytes;
    int error;

    if (size != filter_program_size())
        return -EINVAL;
    if (filter_program_get(&given, value) != 0)
        return -EFAULT;
    if (socket->tuning.filter_is_locked)
        return -EPERM;
    if (given.address == 0 || given.length == 0 || given.length > BPF_LENGTH_MAX)
        return -EINVAL;
    filter = socket_filter_create(given.length);
    if (filter == NULL)
        return -ENOMEM;
    bytes = given.length * sizeof(filter->instruction[0]);
    error = copy_from_user(filter->instruction, given.address, bytes) != 0 ? -EFAULT : 0;
    if (error == 0)
        error = filter_program_check(filter->instruction, filter->length, BPF_PACKET);
    if (error == 0)
        error = socket_filter_attach(socket, filter);
    if (error != 0)
        kfree(filter);
    return error;
}

/* A copy of it: the program's may be another one when the user's memory has come. */
static int64_t give(const struct socket_filter *filter, uaddr_t value)
{
    size_t bytes = filter->length * sizeof(filter->instruction[0]);
    uint32_t length = filter->length;
    void *copy = kmalloc(bytes);
    int64_t result = length;

    if (copy == NULL)
        return -ENOMEM;
    memcpy(copy, filter->instruction, bytes);
    if (copy_to_user(value, copy, bytes) != 0)
        result = -EFAULT;
    kfree(copy);
    return result;
}

int64_t socket_filter_get(const struct socket *socket, uaddr_t value, uint32_t size)
{
    const struct socket_filter *filter = socket->filter;

    if (filter == NULL || size == 0)
        return filter != NULL ? filter->length : 0;
    return size < filter->length ? -EINVAL : give(filter, value);
}
