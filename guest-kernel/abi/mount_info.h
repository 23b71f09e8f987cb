/* SPDX-License-Identifier: Apache-2.0 */
/* mount_info.h - what statmount(2) and listmount(2) take and give, with Linux's values and layouts. */
#ifndef GK_ABI_MOUNT_INFO_H
#define GK_ABI_MOUNT_INFO_H

#include <stddef.h>
#include <stdint.h>

struct mnt_id_req {
    uint32_t size, spare;
    uint64_t mnt_id, param;
    uint64_t mnt_ns_id; /* 0: the caller's */
};
#define MNT_ID_REQ_SIZE_VER0 24u /* without the name space */

#define STATMOUNT_SB_BASIC 0x01u
#define STATMOUNT_MNT_BASIC 0x02u
#define STATMOUNT_PROPAGATE_FROM 0x04u
#define STATMOUNT_MNT_ROOT 0x08u
#define STATMOUNT_MNT_POINT 0x10u
#define STATMOUNT_FS_TYPE 0x20u
#define STATMOUNT_MNT_NS_ID 0x40u
#define STATMOUNT_MNT_OPTS 0x80u

struct statmount {
    uint32_t size, mnt_opts;
    uint64_t mask;
    uint32_t sb_dev_major, sb_dev_minor;
    uint64_t sb_magic;
    uint32_t sb_flags, fs_type;
    uint64_t mnt_id, mnt_parent_id;
    uint32_t mnt_id_old, mnt_parent_id_old;
    uint64_t mnt_attr, mnt_propagation, mnt_peer_group, mnt_master, propagate_from;
    uint32_t mnt_root, mnt_point; /* as mnt_opts and fs_type: where the string is behind the structure */
    uint64_t mnt_ns_id;
    uint64_t spare[49];
};
_Static_assert(sizeof(struct statmount) == 512, "struct statmount");
_Static_assert(offsetof(struct statmount, mnt_ns_id) == 112, "struct statmount");

#define LSMT_ROOT UINT64_MAX /* mnt_id of listmount: the caller's root */
#define LISTMOUNT_REVERSE 1u

#endif
