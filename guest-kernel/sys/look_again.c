/* SPDX-License-Identifier: Apache-2.0 */
/* look_again.c - see look_again.h. */
#include "sys/look_again.h"

#include "abi/errno.h"
#include "abi/kinds.h"
#include "sys/call_kinds.h"

/* Sockets have names of files, too (unix(7)): an address that is given, by itself or in a message. */
static bool may_have_name(uint32_t kind)
{
    if (kind_what(kind) == KIND_path)
        return true;
    if (kind_what(kind) != KIND_POINTER || !(kind & KIND_IN))
        return false;
    return kind_more(kind) == KIND_LAYOUT_sockaddr || kind_more(kind) == KIND_LAYOUT_msghdr ||
           kind_more(kind) == KIND_LAYOUT_mmsghdr;
}

int64_t look_again(bool i386, uint64_t number, syscall_handler *handler, const uint64_t args[6])
{
    const uint32_t *kinds = syscall_kinds(i386, number);

    for (unsigned i = 0; i < KINDS_MAX; i++)
        if (may_have_name(kinds[i]))
            return handler(args);
    return -ESTALE;
}
