/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_disk.h - what ext2, ext3 and ext4 have on the disk: structures and numbers, and nothing of ours. "ext4 layout"
 * is the kernel's documentation, filesystems/ext4 ("Data Structures and Algorithms"). Fields are little-endian, as our
 * ISAs are, and naturally aligned.
 */
#ifndef GK_FS_EXT4_DISK_H
#define GK_FS_EXT4_DISK_H

#include <stddef.h>
#include <stdint.h>

#define EXT4_MAGIC 0xef53u /* and statfs(2)'s f_type */
#define EXT4_SUPER_SIZE 1024u
#define EXT4_BLOCK_SHIFT_MIN 10u
#define EXT4_BLOCK_SHIFT_MAX 12u
#define EXT4_ROOT_INODE 2u
#define EXT4_OLD_FIRST_INODE 11u /* of revision 0, and the least that later ones may have */
#define EXT4_OLD_INODE_SIZE 128u
#define EXT4_DESC_SIZE 32u
#define EXT4_DESC_SIZE_64BIT 64u
#define EXT4_DESC_SIZE_MAX 1024u
#define EXT4_CHECKSUM_CRC32C 1u

enum { /* s_feature_compat: those that matter here */
       EXT4_COMPAT_HAS_JOURNAL = 0x4,
       EXT4_COMPAT_EXT_ATTR = 0x8,
       EXT4_COMPAT_DIR_INDEX = 0x20,
       EXT4_COMPAT_SPARSE_SUPER2 = 0x200,
       EXT4_COMPAT_ORPHAN_FILE = 0x1000,
};

enum { /* s_feature_incompat */
       EXT4_INCOMPAT_FILETYPE = 0x2,
       EXT4_INCOMPAT_RECOVER = 0x4,
       EXT4_INCOMPAT_JOURNAL_DEV = 0x8,
       EXT4_INCOMPAT_META_BG = 0x10,
       EXT4_INCOMPAT_EXTENTS = 0x40,
       EXT4_INCOMPAT_64BIT = 0x80,
       EXT4_INCOMPAT_MMP = 0x100,
       EXT4_INCOMPAT_FLEX_BG = 0x200,
       EXT4_INCOMPAT_EA_INODE = 0x400,
       EXT4_INCOMPAT_CSUM_SEED = 0x2000,
       EXT4_INCOMPAT_LARGE_DIR = 0x4000,
       EXT4_INCOMPAT_INLINE_DATA = 0x8000,
};

enum { /* s_feature_ro_compat */
       EXT4_RO_SPARSE_SUPER = 0x1,
       EXT4_RO_LARGE_FILE = 0x2,
       EXT4_RO_BTREE_DIR = 0x4,
       EXT4_RO_HUGE_FILE = 0x8,
       EXT4_RO_GDT_CSUM = 0x10,
       EXT4_RO_DIR_NLINK = 0x20,
       EXT4_RO_EXTRA_ISIZE = 0x40,
       EXT4_RO_QUOTA = 0x100,
       EXT4_RO_BIGALLOC = 0x200,
       EXT4_RO_METADATA_CSUM = 0x400,
       EXT4_RO_READONLY = 0x1000,
       EXT4_RO_PROJECT = 0x2000,
       EXT4_RO_VERITY = 0x8000,
       EXT4_RO_ORPHAN_PRESENT = 0x10000,
};

enum {                       /* s_state */
       EXT4_STATE_VALID = 1, /* unmounted, or it has a journal */
       EXT4_STATE_ERRORS = 2,
};

enum { /* s_flags */
       EXT4_FLAG_SIGNED_HASH = 1,
       EXT4_FLAG_UNSIGNED_HASH = 2,
};

enum { /* s_errors: what is done when errors are found; any other: as EXT4_ERRORS_READ_ONLY */
       EXT4_ERRORS_CONTINUE = 1,
       EXT4_ERRORS_READ_ONLY = 2,
       EXT4_ERRORS_PANIC = 3,
};

struct ext4_super { /* ext4 layout, "Super Block" */
    uint32_t inodes_count, blocks_count_lo, r_blocks_count_lo, free_blocks_count_lo, free_inodes_count;
    uint32_t first_data_block, log_block_size, log_cluster_size, blocks_per_group, clusters_per_group;
    uint32_t inodes_per_group, mtime, wtime;
    uint16_t mnt_count, max_mnt_count, magic, state, errors, minor_rev_level;
    uint32_t lastcheck, checkinterval, creator_os, rev_level;
    uint16_t def_resuid, def_resgid;
    uint32_t first_ino; /* from here on of revision 1 */
    uint16_t inode_size, block_group_nr;
    uint32_t feature_compat, feature_incompat, feature_ro_compat;
    uint8_t uuid[16];
    char volume_name[16], last_mounted[64];
    uint32_t algorithm_usage_bitmap;
    uint8_t prealloc_blocks, prealloc_dir_blocks;
    uint16_t reserved_gdt_blocks;
    uint8_t journal_uuid[16];
    uint32_t journal_inum, journal_dev, last_orphan, hash_seed[4];
    uint8_t def_hash_version, jnl_backup_type;
    uint16_t desc_size;
    uint32_t default_mount_opts, first_meta_bg, mkfs_time, jnl_blocks[17];
    uint32_t blocks_count_hi, r_blocks_count_hi, free_blocks_count_hi;
    uint16_t min_extra_isize, want_extra_isize;
    uint32_t flags;
    uint16_t raid_stride, mmp_update_interval;
    uint64_t mmp_block;
    uint32_t raid_stripe_width;
    uint8_t log_groups_per_flex, checksum_type;
    uint16_t reserved_pad;
    uint64_t kbytes_written;
    uint32_t snapshot_inum, snapshot_id;
    uint64_t snapshot_r_blocks_count;
    uint32_t snapshot_list;
    uint32_t error_count, first_error_time, first_error_ino;
    uint64_t first_error_block;
    uint8_t first_error_func[32];
    uint32_t first_error_line, last_error_time, last_error_ino, last_error_line;
    uint64_t last_error_block;
    uint8_t last_error_func[32], mount_opts[64];
    uint32_t usr_quota_inum, grp_quota_inum, overhead_clusters, backup_bgs[2];
    uint8_t encrypt_algos[4], encrypt_pw_salt[16];
    uint32_t lpf_ino, prj_quota_inum, checksum_seed;
    uint8_t times_hi[6], first_error_errcode, last_error_errcode;
    uint16_t encoding, encoding_flags;
    uint32_t orphan_file_inum, reserved[94], checksum;
};
_Static_assert(sizeof(struct ext4_super) == EXT4_SUPER_SIZE, "ext4 layout, superblock");
_Static_assert(offsetof(struct ext4_super, magic) == 0x38, "ext4 layout, superblock");
_Static_assert(offsetof(struct ext4_super, feature_incompat) == 0x60, "ext4 layout, superblock");
_Static_assert(offsetof(struct ext4_super, hash_seed) == 0xec, "ext4 layout, superblock");
_Static_assert(offsetof(struct ext4_super, blocks_count_hi) == 0x150, "ext4 layout, superblock");
_Static_assert(offsetof(struct ext4_super, checksum_type) == 0x175, "ext4 layout, superblock");
_Static_assert(offsetof(struct ext4_super, backup_bgs) == 0x24c, "ext4 layout, superblock");
_Static_assert(offsetof(struct ext4_super, checksum_seed) == 0x270, "ext4 layout, superblock");
_Static_assert(offsetof(struct ext4_super, checksum) == 0x3fc, "ext4 layout, superblock");

enum { /* bg_flags */
       EXT4_GROUP_INODE_UNINIT = 1,
       EXT4_GROUP_BLOCK_UNINIT = 2,
       EXT4_GROUP_INODE_ZEROED = 4,
};

struct ext4_desc { /* ext4 layout, "Block Group Descriptors"; the second half with 64bit alone */
    uint32_t block_bitmap_lo, inode_bitmap_lo, inode_table_lo;
    uint16_t free_blocks_count_lo, free_inodes_count_lo, used_dirs_count_lo, flags;
    uint32_t exclude_bitmap_lo;
    uint16_t block_bitmap_csum_lo, inode_bitmap_csum_lo, itable_unused_lo, checksum;
    uint32_t block_bitmap_hi, inode_bitmap_hi, inode_table_hi;
    uint16_t free_blocks_count_hi, free_inodes_count_hi, used_dirs_count_hi, itable_unused_hi;
    uint32_t exclude_bitmap_hi;
    uint16_t block_bitmap_csum_hi, inode_bitmap_csum_hi;
    uint32_t reserved;
};
_Static_assert(sizeof(struct ext4_desc) == EXT4_DESC_SIZE_64BIT, "ext4 layout, block group descriptor");

enum { /* i_flags */
       EXT4_INDEX_FL = 0x1000,
       EXT4_JOURNAL_DATA_FL = 0x4000,
       EXT4_TOPDIR_FL = 0x20000,
       EXT4_HUGE_FILE_FL = 0x40000,
       EXT4_EXTENTS_FL = 0x80000,
       EXT4_EA_INODE_FL = 0x200000,
       EXT4_INLINE_DATA_FL = 0x10000000,
       EXT4_CASEFOLD_FL = 0x40000000,
};
#define EXT4_ENCRYPT_FL 0x800u

/* The same: those that programs see, and that they change; that a new file has from its directory; and of these the
 * ones that only directories have, or that all others than files and directories may have. */
#define EXT4_FLAGS_SHOWN 0x725bdfffu
#define EXT4_FLAGS_CHANGED 0x624bc0ffu
#define EXT4_FLAGS_INHERITED 0x6201c4cfu
#define EXT4_FLAGS_OF_DIRS 0x60030000u
#define EXT4_FLAGS_OF_OTHERS 0xc0u

#define EXT4_POINTERS 15u /* in i_block: 12 direct ones, and an indirect, a double and a triple one */
#define EXT4_DIRECT 12u
#define EXT4_LINKS_MAX 65000u
#define EXT4_INLINE_SIZE (EXT4_POINTERS * 4) /* bytes that fit in there */

struct ext4_raw_inode { /* ext4 layout, "Inode Table"; what is behind `links` .. may be missing: extra_isize */
    uint16_t mode, uid;
    uint32_t size_lo, atime, ctime, mtime, dtime;
    uint16_t gid, links_count;
    uint32_t blocks_lo, flags, version, block[EXT4_POINTERS], generation, file_acl_lo, size_high, obso_faddr;
    uint16_t blocks_high, file_acl_high, uid_high, gid_high, checksum_lo, reserved;
    uint16_t extra_isize, checksum_hi;
    uint32_t ctime_extra, mtime_extra, atime_extra, crtime, crtime_extra, version_hi, projid;
};
_Static_assert(offsetof(struct ext4_raw_inode, block) == 0x28, "ext4 layout, inode");
_Static_assert(offsetof(struct ext4_raw_inode, checksum_lo) == 0x7c, "ext4 layout, inode");
_Static_assert(offsetof(struct ext4_raw_inode, extra_isize) == EXT4_OLD_INODE_SIZE, "ext4 layout, inode");
_Static_assert(sizeof(struct ext4_raw_inode) == 0xa0, "ext4 layout, inode");
#define EXT4_EPOCH_BITS 2u /* of a word `.._extra`: above the 32 bits of seconds; the others are nanoseconds */

#define EXT4_EXTENT_MAGIC 0xf30au
#define EXT4_EXTENT_DEPTH_MAX 5u
#define EXT4_EXTENT_LENGTH_MAX 32768u /* more: so much less, and nothing was written there */

struct ext4_extent_header { /* ext4 layout, "Extent Tree" */
    uint16_t magic, entries, max, depth;
    uint32_t generation;
};

struct ext4_extent { /* in a leaf */
    uint32_t block;
    uint16_t length, start_hi;
    uint32_t start_lo;
};

struct ext4_extent_index { /* elsewhere */
    uint32_t block, leaf_lo;
    uint16_t leaf_hi, unused;
};
_Static_assert(sizeof(struct ext4_extent_header) == 12 && sizeof(struct ext4_extent) == 12 &&
                   sizeof(struct ext4_extent_index) == 12,
               "ext4 layout, extent tree");

struct ext4_dirent { /* ext4 layout, "Directory Entries": without filetype the last one is 0 */
    uint32_t inode;
    uint16_t rec_len;
    uint8_t name_len, file_type;
    char name[];
};
#define EXT4_DIRENT_SIZE 8u
#define EXT4_DIRENT_MIN 12u
#define EXT4_TAIL_TYPE 0xdeu

struct ext4_dir_tail { /* the last entry of a block, with metadata_csum */
    uint32_t inode;
    uint16_t rec_len;
    uint8_t name_len, file_type;
    uint32_t checksum;
};
_Static_assert(sizeof(struct ext4_dir_tail) == 12, "ext4 layout, directory entry tail");

enum { /* dx_root_info.hash_version */
       EXT4_HASH_LEGACY,
       EXT4_HASH_HALF_MD4,
       EXT4_HASH_TEA,
       EXT4_HASH_LEGACY_UNSIGNED,
       EXT4_HASH_HALF_MD4_UNSIGNED,
       EXT4_HASH_TEA_UNSIGNED,
       EXT4_HASH_SIPHASH, /* of encrypted, casefolded directories */
};

#define EXT4_DX_ROOT_OFFSET 24u /* of dx_root_info: behind "." and "..", which take 12 bytes each */
#define EXT4_DX_ROOT_ENTRIES 32u
#define EXT4_DX_NODE_ENTRIES 8u /* behind an unused entry that takes the whole block */
#define EXT4_DX_BLOCK_MASK 0x0fffffffu

struct ext4_dx_info { /* ext4 layout, "Hash Tree Directories": dx_root_info */
    uint32_t reserved_zero;
    uint8_t hash_version, info_length, indirect_levels, unused_flags;
};

struct ext4_dx_entry { /* the first one has limit and count, 16 bits each, in place of a hash: it begins at 0 */
    uint32_t hash, block;
};

struct ext4_dx_tail { /* behind `limit` entries, with metadata_csum */
    uint32_t reserved, checksum;
};

#define EXT4_XATTR_MAGIC 0xea020000u

struct ext4_xattr_header { /* ext4 layout, "Extended Attributes": of a block; an inode has the magic alone */
    uint32_t magic, refcount, blocks, hash, checksum, reserved[3];
};
_Static_assert(sizeof(struct ext4_xattr_header) == 32, "ext4 layout, extended attribute block");

struct ext4_xattr_entry { /* sorted in a block, and 4 zero bytes end them */
    uint8_t name_len, name_index;
    uint16_t value_offs;
    uint32_t value_inum, value_size, hash;
    char name[];
};
_Static_assert(sizeof(struct ext4_xattr_entry) == 16, "ext4 layout, extended attribute entry");

enum { /* e_name_index */
       EXT4_XATTR_USER = 1,
       EXT4_XATTR_ACL_ACCESS = 2,
       EXT4_XATTR_ACL_DEFAULT = 3,
       EXT4_XATTR_TRUSTED = 4,
       EXT4_XATTR_SECURITY = 6,
       EXT4_XATTR_SYSTEM = 7,
};

#define EXT4_ACL_VERSION 1u /* of a list of who may do what, the value of one of those attributes */

#endif
