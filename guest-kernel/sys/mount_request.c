/* SPDX-License-Identifier: Apache-2.0 */
/* mount_request.c - see mount_request.h. */
#include "sys/mount_request.h"

#include "sys/mount_flags.h"
#include "sys/user.h"

int mount_request_get(struct mnt_id_req *request, uaddr_t address)
{
    uint32_t size;

    if (user_get(size, address) != 0)
        return -EFAULT;
    if (size > PAGE_SIZE)
        return -E2BIG;
    if (size < MNT_ID_REQ_SIZE_VER0)
        return -EINVAL;
    *request = (struct mnt_id_req){0};
    int error = user_get_longer(request, sizeof(*request), address, size);
    if (error != 0)
        return error;
    if (request->spare != 0 || request->mnt_id <= MOUNT_UNIQUE_FIRST)
        return -EINVAL;
    return mount_boot_waits ? mount_boot() : 0;
}

int mount_request_check_ns(const struct mnt_id_req *request)
{
    return request->mnt_ns_id == 0 || request->mnt_ns_id == MOUNT_NS_ID ? 0 : -ENOENT;
}

int mount_request_permitted(const struct mount *mount, const struct path *root)
{
    unsigned steps = 0;

    return mount_is_within(mount, root, &steps) ? 0 : mounting_permitted();
}

int mount_request_check_room(uaddr_t address, uint64_t size)
{
    return address > ISA_USER_TOP || size > ISA_USER_TOP - address ? -EFAULT : 0;
}
