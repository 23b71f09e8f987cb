/* SPDX-License-Identifier: Apache-2.0 */
/* socketcall.c - all calls of sockets by one number, as 32-bit programs on x86 have them (socketcall(2)). */
#include "sys/syscall.h"
#include "sys/user.h"

/* send(2) and recv(2), which have no number of their own. */
static int64_t send(const uint64_t arg[6])
{
    const uint64_t all[6] = {arg[0], arg[1], arg[2], arg[3]};

    return sys_sendto(all);
}

static int64_t recv(const uint64_t arg[6])
{
    const uint64_t all[6] = {arg[0], arg[1], arg[2], arg[3]};

    return sys_recvfrom(all);
}

int64_t sys_i386_socketcall(const uint64_t arg[6])
{
    static const struct {
        syscall_handler *handler;
        unsigned arguments;
    } calls[] = {
        {sys_socket, 3},      {sys_bind, 3},        {sys_connect, 3},    {sys_listen, 2},     {sys_accept, 3},
        {sys_getsockname, 3}, {sys_getpeername, 3}, {sys_socketpair, 4}, {send, 4},           {recv, 4},
        {sys_sendto, 6},      {sys_recvfrom, 6},    {sys_shutdown, 2},   {sys_setsockopt, 5}, {sys_getsockopt, 5},
        {sys_sendmsg, 3},     {sys_recvmsg, 3},     {sys_accept4, 4},    {sys_recvmmsg, 5},   {sys_sendmmsg, 4},
    };
    uint32_t call = (uint32_t)arg[0], given[6] = {0};
    uint64_t wide[6];

    if (call == 0 || call > sizeof(calls) / sizeof(calls[0]))
        return -EINVAL;
    if (copy_from_user(given, arg[1], calls[call - 1].arguments * sizeof(given[0])) != 0)
        return -EFAULT;
    for (unsigned i = 0; i < 6; i++)
        wide[i] = given[i];
    return calls[call - 1].handler(wide);
}
