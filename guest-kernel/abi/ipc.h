/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ipc.h - Linux's structures of System V IPC and of POSIX message queues (asm-generic/{ipcbuf,shmbuf,sembuf,msgbuf}.h,
 * linux/{shm,sem,msg,mqueue}.h), and those that 32-bit programs on x86 have.
 */
#ifndef GK_ABI_IPC_H
#define GK_ABI_IPC_H

#include <stddef.h>
#include <stdint.h>

#define IPC_64 0x100 /* of i386's ipc(2): the structures are these, not those of a time with 16-bit user IDs */

struct ipc_perm_user { /* struct ipc64_perm */
    int32_t key;
    uint32_t uid, gid, cuid, cgid, mode;
    uint16_t seq, pad;
    uint32_t pad2;
    uint64_t unused[2];
};
_Static_assert(sizeof(struct ipc_perm_user) == 48, "struct ipc64_perm");

struct i386_ipc_perm {
    int32_t key;
    uint32_t uid, gid, cuid, cgid;
    uint16_t mode, pad1, seq, pad2;
    uint32_t unused[2];
};
_Static_assert(sizeof(struct i386_ipc_perm) == 36, "struct ipc64_perm");

/* ---- shared memory ---- */

enum { SHM_RDONLY = 010000, SHM_RND = 020000, SHM_REMAP = 040000, SHM_EXEC = 0100000 };
enum { SHM_HUGETLB = 04000, SHM_NORESERVE = 010000 };                 /* of shmget */
enum { SHM_DEST = 01000, SHM_LOCKED = 02000 };                        /* of a mode */
enum { SHM_LOCK = 11, SHM_UNLOCK, SHM_STAT, SHM_INFO, SHM_STAT_ANY }; /* of shmctl */

struct shmid_user { /* struct shmid64_ds */
    struct ipc_perm_user perm;
    uint64_t size;
    int64_t atime, dtime, ctime;
    int32_t cpid, lpid;
    uint64_t attached, unused[2];
};
_Static_assert(sizeof(struct shmid_user) == 112, "struct shmid64_ds");

struct shminfo_user { /* struct shminfo64 */
    uint64_t max, min, mni, seg, all, unused[4];
};

struct shm_info_user {
    int32_t used_ids, pad;
    uint64_t total, resident, swapped, swap_attempts, swap_successes;
};
_Static_assert(sizeof(struct shm_info_user) == 48, "struct shm_info");

struct i386_shmid {
    struct i386_ipc_perm perm;
    uint32_t size, atime, atime_high, dtime, dtime_high, ctime, ctime_high;
    int32_t cpid, lpid;
    uint32_t attached, unused[2];
};
_Static_assert(sizeof(struct i386_shmid) == 84, "struct shmid64_ds");

struct i386_shminfo {
    uint32_t max, min, mni, seg, all, unused[4];
};

struct i386_shm_info {
    int32_t used_ids;
    uint32_t total, resident, swapped, swap_attempts, swap_successes;
};

/* ---- semaphores ---- */

enum { GETPID = 11, GETVAL, GETALL, GETNCNT, GETZCNT, SETVAL, SETALL, SEM_STAT, SEM_INFO, SEM_STAT_ANY };
#define SEM_UNDO 0x1000
#define SEM_VALUE_MAX 32767

struct sembuf_user {
    uint16_t number;
    int16_t op, flags;
};
_Static_assert(sizeof(struct sembuf_user) == 6, "struct sembuf");

struct semid_user { /* struct semid64_ds of asm-generic */
    struct ipc_perm_user perm;
    int64_t otime, ctime;
    uint64_t count, unused[2];
};
_Static_assert(sizeof(struct semid_user) == 88, "struct semid64_ds");

struct semid_x86_user { /* and of x86_64 (ISA_SEMID_IS_X86) */
    struct ipc_perm_user perm;
    int64_t otime;
    uint64_t gap1;
    int64_t ctime;
    uint64_t gap2, count, unused[2];
};
_Static_assert(sizeof(struct semid_x86_user) == 104, "struct semid64_ds");

struct seminfo_user {
    int32_t map, mni, mns, mnu, msl, opm, ume, usz, vmx, aem;
};

struct i386_semid {
    struct i386_ipc_perm perm;
    uint32_t otime, otime_high, ctime, ctime_high, count, unused[2];
};
_Static_assert(sizeof(struct i386_semid) == 64, "struct semid64_ds");

/* ---- message queues ---- */

enum { MSG_NOERROR = 010000, MSG_EXCEPT = 020000, MSG_COPY = 040000 };
enum { MSG_STAT = 11, MSG_INFO, MSG_STAT_ANY };

struct msqid_user { /* struct msqid64_ds */
    struct ipc_perm_user perm;
    int64_t stime, rtime, ctime;
    uint64_t bytes, count, bytes_most;
    int32_t lspid, lrpid;
    uint64_t unused[2];
};
_Static_assert(sizeof(struct msqid_user) == 120, "struct msqid64_ds");

struct msginfo_user {
    int32_t pool, map, max, mnb, mni, ssz, tql;
    uint16_t seg, pad;
};
_Static_assert(sizeof(struct msginfo_user) == 32, "struct msginfo");

struct i386_msqid {
    struct i386_ipc_perm perm;
    uint32_t stime, stime_high, rtime, rtime_high, ctime, ctime_high, bytes, count, bytes_most;
    int32_t lspid, lrpid;
    uint32_t unused[2];
};
_Static_assert(sizeof(struct i386_msqid) == 88, "struct msqid64_ds");

/* ---- POSIX message queues ---- */

struct mq_attr_user {
    int64_t flags, maxmsg, msgsize, curmsgs, reserved[4];
};
_Static_assert(sizeof(struct mq_attr_user) == 64, "struct mq_attr");

struct i386_mq_attr {
    int32_t flags, maxmsg, msgsize, curmsgs, reserved[4];
};

#endif
