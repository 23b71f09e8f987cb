/* SPDX-License-Identifier: Apache-2.0 */
/* mount_request.h - what statmount and listmount are asked about. */
#ifndef GK_SYS_MOUNT_REQUEST_H
#define GK_SYS_MOUNT_REQUEST_H

#include "abi/mount_info.h"
#include "mm/usercopy.h"

struct mount;
struct path;

#define MOUNT_NS_ID 1u /* of the only name space of mounts that there is */

/* Copies the request in, and has what is mounted from the start be there. 0, -EFAULT, -E2BIG, -EINVAL; -ENOMEM; may
 * wait. */
int mount_request_get(struct mnt_id_req *request, uaddr_t address);
/* -ENOENT: it is about another name space; 0. */
int mount_request_check_ns(const struct mnt_id_req *request);
/* Whether the caller may be told of what is at `mount`: it is below its root, or the caller may mount. 0, -EPERM. */
int mount_request_permitted(const struct mount *mount, const struct path *root);
/* -EFAULT: not all of [address, address + size) can be a program's. */
int mount_request_check_room(uaddr_t address, uint64_t size);

#endif
