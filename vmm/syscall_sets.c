/* SPDX-License-Identifier: Apache-2.0 */
/* syscall_sets.c - see syscall_sets.h. The numbers are Linux's, written out: the host's own may be those of another
 * ISA. */
#include "vmm/syscall_sets.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vmm/syscall_named.h"

static const struct named names_access[] = {{4, 4, "R_OK"}, {2, 2, "W_OK"}, {1, 1, "X_OK"}, {ALL, 0, "F_OK"}};
static const struct named names_arch_prctl[] = {{ALL, 0x1001, "ARCH_SET_GS"},    {ALL, 0x1002, "ARCH_SET_FS"},
                                                {ALL, 0x1003, "ARCH_GET_FS"},    {ALL, 0x1004, "ARCH_GET_GS"},
                                                {ALL, 0x1011, "ARCH_GET_CPUID"}, {ALL, 0x1012, "ARCH_SET_CPUID"}};
static const struct named names_at[] = {{0x100, 0x100, "AT_SYMLINK_NOFOLLOW"},  {0x200, 0x200, "AT_EACCESS"},
                                        {0x400, 0x400, "AT_SYMLINK_FOLLOW"},    {0x800, 0x800, "AT_NO_AUTOMOUNT"},
                                        {0x1000, 0x1000, "AT_EMPTY_PATH"},      {0x2000, 0x2000, "AT_STATX_FORCE_SYNC"},
                                        {0x4000, 0x4000, "AT_STATX_DONT_SYNC"}, {0x8000, 0x8000, "AT_RECURSIVE"}};
static const struct named names_at_remove[] = {{0x200, 0x200, "AT_REMOVEDIR"}};
static const struct named names_clone[] = {{0x100, 0x100, "CLONE_VM"},
                                           {0x200, 0x200, "CLONE_FS"},
                                           {0x400, 0x400, "CLONE_FILES"},
                                           {0x800, 0x800, "CLONE_SIGHAND"},
                                           {0x1000, 0x1000, "CLONE_PIDFD"},
                                           {0x2000, 0x2000, "CLONE_PTRACE"},
                                           {0x4000, 0x4000, "CLONE_VFORK"},
                                           {0x8000, 0x8000, "CLONE_PARENT"},
                                           {0x10000, 0x10000, "CLONE_THREAD"},
                                           {0x20000, 0x20000, "CLONE_NEWNS"},
                                           {0x40000, 0x40000, "CLONE_SYSVSEM"},
                                           {0x80000, 0x80000, "CLONE_SETTLS"},
                                           {0x100000, 0x100000, "CLONE_PARENT_SETTID"},
                                           {0x200000, 0x200000, "CLONE_CHILD_CLEARTID"},
                                           {0x800000, 0x800000, "CLONE_UNTRACED"},
                                           {0x1000000, 0x1000000, "CLONE_CHILD_SETTID"},
                                           {0x2000000, 0x2000000, "CLONE_NEWCGROUP"},
                                           {0x4000000, 0x4000000, "CLONE_NEWUTS"},
                                           {0x8000000, 0x8000000, "CLONE_NEWIPC"},
                                           {0x10000000, 0x10000000, "CLONE_NEWUSER"},
                                           {0x20000000, 0x20000000, "CLONE_NEWPID"},
                                           {0x40000000, 0x40000000, "CLONE_NEWNET"},
                                           {0x80000000, 0x80000000, "CLONE_IO"},
                                           {0xff, 17, "SIGCHLD"}};
static const struct named names_close_range[] = {{2, 2, "CLOSE_RANGE_UNSHARE"}, {4, 4, "CLOSE_RANGE_CLOEXEC"}};
static const struct named names_domain[] = {{ALL, 0, "AF_UNSPEC"}, {ALL, 1, "AF_UNIX"},     {ALL, 2, "AF_INET"},
                                            {ALL, 10, "AF_INET6"}, {ALL, 16, "AF_NETLINK"}, {ALL, 17, "AF_PACKET"},
                                            {ALL, 40, "AF_VSOCK"}};
static const struct named names_epoll[] = {{02000000, 02000000, "EPOLL_CLOEXEC"}};
static const struct named names_epoll_ctl[] = {
    {ALL, 1, "EPOLL_CTL_ADD"}, {ALL, 2, "EPOLL_CTL_DEL"}, {ALL, 3, "EPOLL_CTL_MOD"}};
static const struct named names_eventfd[] = {
    {1, 1, "EFD_SEMAPHORE"}, {04000, 04000, "EFD_NONBLOCK"}, {02000000, 02000000, "EFD_CLOEXEC"}};
static const struct named names_fadvise[] = {{ALL, 0, "POSIX_FADV_NORMAL"},     {ALL, 1, "POSIX_FADV_RANDOM"},
                                             {ALL, 2, "POSIX_FADV_SEQUENTIAL"}, {ALL, 3, "POSIX_FADV_WILLNEED"},
                                             {ALL, 4, "POSIX_FADV_DONTNEED"},   {ALL, 5, "POSIX_FADV_NOREUSE"}};
static const struct named names_fallocate[] = {{1, 1, "FALLOC_FL_KEEP_SIZE"},      {2, 2, "FALLOC_FL_PUNCH_HOLE"},
                                               {8, 8, "FALLOC_FL_COLLAPSE_RANGE"}, {16, 16, "FALLOC_FL_ZERO_RANGE"},
                                               {32, 32, "FALLOC_FL_INSERT_RANGE"}, {64, 64, "FALLOC_FL_UNSHARE_RANGE"}};
static const struct named names_fcntl[] = {
    {ALL, 0, "F_DUPFD"},         {ALL, 1, "F_GETFD"},         {ALL, 2, "F_SETFD"},
    {ALL, 3, "F_GETFL"},         {ALL, 4, "F_SETFL"},         {ALL, 5, "F_GETLK"},
    {ALL, 6, "F_SETLK"},         {ALL, 7, "F_SETLKW"},        {ALL, 8, "F_SETOWN"},
    {ALL, 9, "F_GETOWN"},        {ALL, 10, "F_SETSIG"},       {ALL, 11, "F_GETSIG"},
    {ALL, 12, "F_GETLK64"},      {ALL, 13, "F_SETLK64"},      {ALL, 14, "F_SETLKW64"},
    {ALL, 15, "F_SETOWN_EX"},    {ALL, 16, "F_GETOWN_EX"},    {ALL, 36, "F_OFD_GETLK"},
    {ALL, 37, "F_OFD_SETLK"},    {ALL, 38, "F_OFD_SETLKW"},   {ALL, 1024, "F_SETLEASE"},
    {ALL, 1025, "F_GETLEASE"},   {ALL, 1026, "F_NOTIFY"},     {ALL, 1030, "F_DUPFD_CLOEXEC"},
    {ALL, 1031, "F_SETPIPE_SZ"}, {ALL, 1032, "F_GETPIPE_SZ"}, {ALL, 1033, "F_ADD_SEALS"},
    {ALL, 1034, "F_GET_SEALS"}};
static const struct named names_flock[] = {{1, 1, "LOCK_SH"}, {2, 2, "LOCK_EX"}, {4, 4, "LOCK_NB"}, {8, 8, "LOCK_UN"}};
static const struct named names_futex[] = {{0xff, 0, "FUTEX_WAIT"},
                                           {0xff, 128, "FUTEX_WAIT_PRIVATE"},
                                           {0xff, 1, "FUTEX_WAKE"},
                                           {0xff, 129, "FUTEX_WAKE_PRIVATE"},
                                           {0xff, 2, "FUTEX_FD"},
                                           {0xff, 130, "FUTEX_FD_PRIVATE"},
                                           {0xff, 3, "FUTEX_REQUEUE"},
                                           {0xff, 131, "FUTEX_REQUEUE_PRIVATE"},
                                           {0xff, 4, "FUTEX_CMP_REQUEUE"},
                                           {0xff, 132, "FUTEX_CMP_REQUEUE_PRIVATE"},
                                           {0xff, 5, "FUTEX_WAKE_OP"},
                                           {0xff, 133, "FUTEX_WAKE_OP_PRIVATE"},
                                           {0xff, 6, "FUTEX_LOCK_PI"},
                                           {0xff, 134, "FUTEX_LOCK_PI_PRIVATE"},
                                           {0xff, 7, "FUTEX_UNLOCK_PI"},
                                           {0xff, 135, "FUTEX_UNLOCK_PI_PRIVATE"},
                                           {0xff, 8, "FUTEX_TRYLOCK_PI"},
                                           {0xff, 136, "FUTEX_TRYLOCK_PI_PRIVATE"},
                                           {0xff, 9, "FUTEX_WAIT_BITSET"},
                                           {0xff, 137, "FUTEX_WAIT_BITSET_PRIVATE"},
                                           {0xff, 10, "FUTEX_WAKE_BITSET"},
                                           {0xff, 138, "FUTEX_WAKE_BITSET_PRIVATE"},
                                           {0xff, 11, "FUTEX_WAIT_REQUEUE_PI"},
                                           {0xff, 139, "FUTEX_WAIT_REQUEUE_PI_PRIVATE"},
                                           {0xff, 12, "FUTEX_CMP_REQUEUE_PI"},
                                           {0xff, 140, "FUTEX_CMP_REQUEUE_PI_PRIVATE"},
                                           {0xff, 13, "FUTEX_LOCK_PI2"},
                                           {0xff, 141, "FUTEX_LOCK_PI2_PRIVATE"},
                                           {256, 256, "FUTEX_CLOCK_REALTIME"}};
static const struct named names_inotify[] = {{1, 1, "IN_ACCESS"},
                                             {2, 2, "IN_MODIFY"},
                                             {4, 4, "IN_ATTRIB"},
                                             {8, 8, "IN_CLOSE_WRITE"},
                                             {0x10, 0x10, "IN_CLOSE_NOWRITE"},
                                             {0x20, 0x20, "IN_OPEN"},
                                             {0x40, 0x40, "IN_MOVED_FROM"},
                                             {0x80, 0x80, "IN_MOVED_TO"},
                                             {0x100, 0x100, "IN_CREATE"},
                                             {0x200, 0x200, "IN_DELETE"},
                                             {0x400, 0x400, "IN_DELETE_SELF"},
                                             {0x800, 0x800, "IN_MOVE_SELF"},
                                             {0x1000000, 0x1000000, "IN_ONLYDIR"},
                                             {0x2000000, 0x2000000, "IN_DONT_FOLLOW"},
                                             {0x4000000, 0x4000000, "IN_EXCL_UNLINK"},
                                             {0x10000000, 0x10000000, "IN_MASK_CREATE"},
                                             {0x20000000, 0x20000000, "IN_MASK_ADD"},
                                             {0x40000000, 0x40000000, "IN_ISDIR"},
                                             {0x80000000, 0x80000000, "IN_ONESHOT"}};
static const struct named names_ioctl[] = {{ALL, 0x5401, "TCGETS"},
                                           {ALL, 0x5402, "TCSETS"},
                                           {ALL, 0x5403, "TCSETSW"},
                                           {ALL, 0x5404, "TCSETSF"},
                                           {ALL, 0x5409, "TCSBRK"},
                                           {ALL, 0x540a, "TCXONC"},
                                           {ALL, 0x540b, "TCFLSH"},
                                           {ALL, 0x540e, "TIOCSCTTY"},
                                           {ALL, 0x540f, "TIOCGPGRP"},
                                           {ALL, 0x5410, "TIOCSPGRP"},
                                           {ALL, 0x5411, "TIOCOUTQ"},
                                           {ALL, 0x5412, "TIOCSTI"},
                                           {ALL, 0x5413, "TIOCGWINSZ"},
                                           {ALL, 0x5414, "TIOCSWINSZ"},
                                           {ALL, 0x541b, "FIONREAD"},
                                           {ALL, 0x5421, "FIONBIO"},
                                           {ALL, 0x5422, "TIOCNOTTY"},
                                           {ALL, 0x5429, "TIOCGSID"},
                                           {ALL, 0x5450, "FIONCLEX"},
                                           {ALL, 0x5451, "FIOCLEX"},
                                           {ALL, 0x5452, "FIOASYNC"},
                                           {ALL, 0x80045430, "TIOCGPTN"},
                                           {ALL, 0x40045431, "TIOCSPTLCK"},
                                           {ALL, 0x80045438, "TIOCGPKT"},
                                           {ALL, 0x80045439, "TIOCGPTLCK"},
                                           {ALL, 0x540c, "TIOCEXCL"},
                                           {ALL, 0x540d, "TIOCNXCL"},
                                           {ALL, 0x5420, "TIOCPKT"},
                                           {ALL, 0x5441, "TIOCGPTPEER"},
                                           {ALL, 0x40049409, "FICLONE"},
                                           {ALL, 0x80086601, "FS_IOC_GETFLAGS"},
                                           {ALL, 0x40086602, "FS_IOC_SETFLAGS"},
                                           {ALL, 0x1260, "BLKGETSIZE"},
                                           {ALL, 0x1268, "BLKSSZGET"},
                                           {ALL, 0x80081272, "BLKGETSIZE64"}};
static const struct named names_ioprio[] = {
    {ALL, 1, "IOPRIO_WHO_PROCESS"}, {ALL, 2, "IOPRIO_WHO_PGRP"}, {ALL, 3, "IOPRIO_WHO_USER"}};
static const struct named names_ipc[] = {
    {01000, 01000, "IPC_CREAT"}, {02000, 02000, "IPC_EXCL"}, {04000, 04000, "IPC_NOWAIT"}};
static const struct named names_ipc_cmd[] = {
    {ALL, 0, "IPC_RMID"}, {ALL, 1, "IPC_SET"},   {ALL, 2, "IPC_STAT"},  {ALL, 3, "IPC_INFO"},     {ALL, 11, "GETPID"},
    {ALL, 12, "GETVAL"},  {ALL, 13, "GETALL"},   {ALL, 14, "GETNCNT"},  {ALL, 15, "GETZCNT"},     {ALL, 16, "SETVAL"},
    {ALL, 17, "SETALL"},  {ALL, 18, "SEM_STAT"}, {ALL, 19, "SEM_INFO"}, {ALL, 20, "SEM_STAT_ANY"}};
static const struct named names_msg_cmd[] = {{ALL, 0, "IPC_RMID"},     {ALL, 1, "IPC_SET"},   {ALL, 2, "IPC_STAT"},
                                             {ALL, 3, "IPC_INFO"},     {ALL, 11, "MSG_STAT"}, {ALL, 12, "MSG_INFO"},
                                             {ALL, 13, "MSG_STAT_ANY"}};
static const struct named names_msgflg[] = {{04000, 04000, "IPC_NOWAIT"},
                                            {010000, 010000, "MSG_NOERROR"},
                                            {020000, 020000, "MSG_EXCEPT"},
                                            {040000, 040000, "MSG_COPY"}};
static const struct named names_shm_cmd[] = {{ALL, 0, "IPC_RMID"},  {ALL, 1, "IPC_SET"},   {ALL, 2, "IPC_STAT"},
                                             {ALL, 3, "IPC_INFO"},  {ALL, 11, "SHM_LOCK"}, {ALL, 12, "SHM_UNLOCK"},
                                             {ALL, 13, "SHM_STAT"}, {ALL, 14, "SHM_INFO"}, {ALL, 15, "SHM_STAT_ANY"}};
static const struct named names_shmflg[] = {{01000, 01000, "IPC_CREAT"},
                                            {02000, 02000, "IPC_EXCL"},
                                            {04000, 04000, "SHM_HUGETLB"},
                                            {010000, 010000, "SHM_NORESERVE"}};
static const struct named names_itimer[] = {
    {ALL, 0, "ITIMER_REAL"}, {ALL, 1, "ITIMER_VIRTUAL"}, {ALL, 2, "ITIMER_PROF"}};
static const struct named names_kcmp[] = {{ALL, 0, "KCMP_FILE"},    {ALL, 1, "KCMP_VM"},       {ALL, 2, "KCMP_FILES"},
                                          {ALL, 3, "KCMP_FS"},      {ALL, 4, "KCMP_SIGHAND"},  {ALL, 5, "KCMP_IO"},
                                          {ALL, 6, "KCMP_SYSVSEM"}, {ALL, 7, "KCMP_EPOLL_TFD"}};
static const struct named names_madvise[] = {
    {ALL, 0, "MADV_NORMAL"},           {ALL, 1, "MADV_RANDOM"},         {ALL, 2, "MADV_SEQUENTIAL"},
    {ALL, 3, "MADV_WILLNEED"},         {ALL, 4, "MADV_DONTNEED"},       {ALL, 8, "MADV_FREE"},
    {ALL, 9, "MADV_REMOVE"},           {ALL, 10, "MADV_DONTFORK"},      {ALL, 11, "MADV_DOFORK"},
    {ALL, 12, "MADV_MERGEABLE"},       {ALL, 13, "MADV_UNMERGEABLE"},   {ALL, 14, "MADV_HUGEPAGE"},
    {ALL, 15, "MADV_NOHUGEPAGE"},      {ALL, 16, "MADV_DONTDUMP"},      {ALL, 17, "MADV_DODUMP"},
    {ALL, 18, "MADV_WIPEONFORK"},      {ALL, 19, "MADV_KEEPONFORK"},    {ALL, 20, "MADV_COLD"},
    {ALL, 21, "MADV_PAGEOUT"},         {ALL, 22, "MADV_POPULATE_READ"}, {ALL, 23, "MADV_POPULATE_WRITE"},
    {ALL, 24, "MADV_DONTNEED_LOCKED"}, {ALL, 25, "MADV_COLLAPSE"}};
static const struct named names_map[] = {{0xf, 1, "MAP_SHARED"},
                                         {0xf, 2, "MAP_PRIVATE"},
                                         {0xf, 3, "MAP_SHARED_VALIDATE"},
                                         {0x10, 0x10, "MAP_FIXED"},
                                         {0x20, 0x20, "MAP_ANONYMOUS"},
                                         {0x40, 0x40, "MAP_32BIT"},
                                         {0x100, 0x100, "MAP_GROWSDOWN"},
                                         {0x800, 0x800, "MAP_DENYWRITE"},
                                         {0x1000, 0x1000, "MAP_EXECUTABLE"},
                                         {0x2000, 0x2000, "MAP_LOCKED"},
                                         {0x4000, 0x4000, "MAP_NORESERVE"},
                                         {0x8000, 0x8000, "MAP_POPULATE"},
                                         {0x10000, 0x10000, "MAP_NONBLOCK"},
                                         {0x20000, 0x20000, "MAP_STACK"},
                                         {0x40000, 0x40000, "MAP_HUGETLB"},
                                         {0x80000, 0x80000, "MAP_SYNC"},
                                         {0x100000, 0x100000, "MAP_FIXED_NOREPLACE"}};
static const struct named names_membarrier[] = {{ALL, 0, "MEMBARRIER_CMD_QUERY"},
                                                {ALL, 1, "MEMBARRIER_CMD_GLOBAL"},
                                                {ALL, 2, "MEMBARRIER_CMD_GLOBAL_EXPEDITED"},
                                                {ALL, 4, "MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED"},
                                                {ALL, 8, "MEMBARRIER_CMD_PRIVATE_EXPEDITED"},
                                                {ALL, 16, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED"},
                                                {ALL, 32, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE"},
                                                {ALL, 64, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE"},
                                                {ALL, 128, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ"},
                                                {ALL, 256, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ"}};
static const struct named names_memfd[] = {{1, 1, "MFD_CLOEXEC"},
                                           {2, 2, "MFD_ALLOW_SEALING"},
                                           {4, 4, "MFD_HUGETLB"},
                                           {8, 8, "MFD_NOEXEC_SEAL"},
                                           {16, 16, "MFD_EXEC"}};
static const struct named names_mlock[] = {{1, 1, "MLOCK_ONFAULT"}};
static const struct named names_mlockall[] = {{1, 1, "MCL_CURRENT"}, {2, 2, "MCL_FUTURE"}, {4, 4, "MCL_ONFAULT"}};
static const struct named names_mount[] = {{1, 1, "MS_RDONLY"},
                                           {2, 2, "MS_NOSUID"},
                                           {4, 4, "MS_NODEV"},
                                           {8, 8, "MS_NOEXEC"},
                                           {16, 16, "MS_SYNCHRONOUS"},
                                           {32, 32, "MS_REMOUNT"},
                                           {64, 64, "MS_MANDLOCK"},
                                           {128, 128, "MS_DIRSYNC"},
                                           {256, 256, "MS_NOSYMFOLLOW"},
                                           {1024, 1024, "MS_NOATIME"},
                                           {2048, 2048, "MS_NODIRATIME"},
                                           {4096, 4096, "MS_BIND"},
                                           {8192, 8192, "MS_MOVE"},
                                           {16384, 16384, "MS_REC"},
                                           {32768, 32768, "MS_SILENT"},
                                           {0x20000, 0x20000, "MS_UNBINDABLE"},
                                           {0x40000, 0x40000, "MS_PRIVATE"},
                                           {0x80000, 0x80000, "MS_SLAVE"},
                                           {0x100000, 0x100000, "MS_SHARED"},
                                           {0x200000, 0x200000, "MS_RELATIME"},
                                           {0x1000000, 0x1000000, "MS_STRICTATIME"},
                                           {0x2000000, 0x2000000, "MS_LAZYTIME"}};
static const struct named names_mremap[] = {
    {1, 1, "MREMAP_MAYMOVE"}, {2, 2, "MREMAP_FIXED"}, {4, 4, "MREMAP_DONTUNMAP"}};
static const struct named names_msg[] = {{1, 1, "MSG_OOB"},
                                         {2, 2, "MSG_PEEK"},
                                         {4, 4, "MSG_DONTROUTE"},
                                         {8, 8, "MSG_CTRUNC"},
                                         {0x20, 0x20, "MSG_TRUNC"},
                                         {0x40, 0x40, "MSG_DONTWAIT"},
                                         {0x80, 0x80, "MSG_EOR"},
                                         {0x100, 0x100, "MSG_WAITALL"},
                                         {0x4000, 0x4000, "MSG_NOSIGNAL"},
                                         {0x8000, 0x8000, "MSG_MORE"},
                                         {0x40000000, 0x40000000, "MSG_CMSG_CLOEXEC"}};
static const struct named names_msync[] = {{1, 1, "MS_ASYNC"}, {4, 4, "MS_SYNC"}, {2, 2, "MS_INVALIDATE"}};
static const struct named names_open[] = {{3, 0, "O_RDONLY"},
                                          {3, 1, "O_WRONLY"},
                                          {3, 2, "O_RDWR"},
                                          {0100, 0100, "O_CREAT"},
                                          {0200, 0200, "O_EXCL"},
                                          {0400, 0400, "O_NOCTTY"},
                                          {01000, 01000, "O_TRUNC"},
                                          {02000, 02000, "O_APPEND"},
                                          {04000, 04000, "O_NONBLOCK"},
                                          {04010000, 04010000, "O_SYNC"},
                                          {010000, 010000, "O_DSYNC"},
                                          {020000, 020000, "O_ASYNC"},
                                          {040000, 040000, "O_DIRECT"},
                                          {0100000, 0100000, "O_LARGEFILE"},
                                          {0400000, 0400000, "O_NOFOLLOW"},
                                          {01000000, 01000000, "O_NOATIME"},
                                          {02000000, 02000000, "O_CLOEXEC"},
                                          {010000000, 010000000, "O_PATH"},
                                          {020200000, 020200000, "O_TMPFILE"},
                                          {0200000, 0200000, "O_DIRECTORY"}};
static const struct named names_open_aarch64[] = {{3, 0, "O_RDONLY"},
                                                  {3, 1, "O_WRONLY"},
                                                  {3, 2, "O_RDWR"},
                                                  {0100, 0100, "O_CREAT"},
                                                  {0200, 0200, "O_EXCL"},
                                                  {0400, 0400, "O_NOCTTY"},
                                                  {01000, 01000, "O_TRUNC"},
                                                  {02000, 02000, "O_APPEND"},
                                                  {04000, 04000, "O_NONBLOCK"},
                                                  {04010000, 04010000, "O_SYNC"},
                                                  {010000, 010000, "O_DSYNC"},
                                                  {020000, 020000, "O_ASYNC"},
                                                  {0200000, 0200000, "O_DIRECT"},
                                                  {0400000, 0400000, "O_LARGEFILE"},
                                                  {0100000, 0100000, "O_NOFOLLOW"},
                                                  {01000000, 01000000, "O_NOATIME"},
                                                  {02000000, 02000000, "O_CLOEXEC"},
                                                  {010000000, 010000000, "O_PATH"},
                                                  {020040000, 020040000, "O_TMPFILE"},
                                                  {040000, 040000, "O_DIRECTORY"}};
static const struct named names_prctl[] = {{ALL, 1, "PR_SET_PDEATHSIG"},
                                           {ALL, 2, "PR_GET_PDEATHSIG"},
                                           {ALL, 3, "PR_GET_DUMPABLE"},
                                           {ALL, 4, "PR_SET_DUMPABLE"},
                                           {ALL, 5, "PR_GET_UNALIGN"},
                                           {ALL, 6, "PR_SET_UNALIGN"},
                                           {ALL, 7, "PR_GET_KEEPCAPS"},
                                           {ALL, 8, "PR_SET_KEEPCAPS"},
                                           {ALL, 9, "PR_GET_FPEMU"},
                                           {ALL, 10, "PR_SET_FPEMU"},
                                           {ALL, 11, "PR_GET_FPEXC"},
                                           {ALL, 12, "PR_SET_FPEXC"},
                                           {ALL, 13, "PR_GET_TIMING"},
                                           {ALL, 14, "PR_SET_TIMING"},
                                           {ALL, 15, "PR_SET_NAME"},
                                           {ALL, 16, "PR_GET_NAME"},
                                           {ALL, 19, "PR_GET_ENDIAN"},
                                           {ALL, 20, "PR_SET_ENDIAN"},
                                           {ALL, 21, "PR_GET_SECCOMP"},
                                           {ALL, 22, "PR_SET_SECCOMP"},
                                           {ALL, 23, "PR_CAPBSET_READ"},
                                           {ALL, 24, "PR_CAPBSET_DROP"},
                                           {ALL, 25, "PR_GET_TSC"},
                                           {ALL, 26, "PR_SET_TSC"},
                                           {ALL, 27, "PR_GET_SECUREBITS"},
                                           {ALL, 28, "PR_SET_SECUREBITS"},
                                           {ALL, 29, "PR_SET_TIMERSLACK"},
                                           {ALL, 30, "PR_GET_TIMERSLACK"},
                                           {ALL, 31, "PR_TASK_PERF_EVENTS_DISABLE"},
                                           {ALL, 32, "PR_TASK_PERF_EVENTS_ENABLE"},
                                           {ALL, 33, "PR_MCE_KILL"},
                                           {ALL, 34, "PR_MCE_KILL_GET"},
                                           {ALL, 35, "PR_SET_MM"},
                                           {ALL, 36, "PR_SET_CHILD_SUBREAPER"},
                                           {ALL, 37, "PR_GET_CHILD_SUBREAPER"},
                                           {ALL, 38, "PR_SET_NO_NEW_PRIVS"},
                                           {ALL, 39, "PR_GET_NO_NEW_PRIVS"},
                                           {ALL, 40, "PR_GET_TID_ADDRESS"},
                                           {ALL, 41, "PR_SET_THP_DISABLE"},
                                           {ALL, 42, "PR_GET_THP_DISABLE"},
                                           {ALL, 47, "PR_CAP_AMBIENT"},
                                           {ALL, 0x53564d41, "PR_SET_VMA"}};
static const struct named names_priority[] = {{ALL, 0, "PRIO_PROCESS"}, {ALL, 1, "PRIO_PGRP"}, {ALL, 2, "PRIO_USER"}};
static const struct named names_prot[] = {{ALL, 0, "PROT_NONE"},
                                          {1, 1, "PROT_READ"},
                                          {2, 2, "PROT_WRITE"},
                                          {4, 4, "PROT_EXEC"},
                                          {8, 8, "PROT_SEM"},
                                          {0x1000000, 0x1000000, "PROT_GROWSDOWN"},
                                          {0x2000000, 0x2000000, "PROT_GROWSUP"}};
static const struct named names_ptrace[] = {{ALL, 0, "PTRACE_TRACEME"},
                                            {ALL, 1, "PTRACE_PEEKTEXT"},
                                            {ALL, 2, "PTRACE_PEEKDATA"},
                                            {ALL, 3, "PTRACE_PEEKUSER"},
                                            {ALL, 4, "PTRACE_POKETEXT"},
                                            {ALL, 5, "PTRACE_POKEDATA"},
                                            {ALL, 6, "PTRACE_POKEUSER"},
                                            {ALL, 7, "PTRACE_CONT"},
                                            {ALL, 8, "PTRACE_KILL"},
                                            {ALL, 9, "PTRACE_SINGLESTEP"},
                                            {ALL, 16, "PTRACE_ATTACH"},
                                            {ALL, 17, "PTRACE_DETACH"},
                                            {ALL, 24, "PTRACE_SYSCALL"},
                                            {ALL, 0x4200, "PTRACE_SETOPTIONS"},
                                            {ALL, 0x4201, "PTRACE_GETEVENTMSG"},
                                            {ALL, 0x4202, "PTRACE_GETSIGINFO"},
                                            {ALL, 0x4204, "PTRACE_GETREGSET"},
                                            {ALL, 0x4205, "PTRACE_SETREGSET"},
                                            {ALL, 0x4206, "PTRACE_SEIZE"},
                                            {ALL, 0x4207, "PTRACE_INTERRUPT"}};
static const struct named names_random[] = {{1, 1, "GRND_NONBLOCK"}, {2, 2, "GRND_RANDOM"}, {4, 4, "GRND_INSECURE"}};
static const struct named names_rename[] = {
    {1, 1, "RENAME_NOREPLACE"}, {2, 2, "RENAME_EXCHANGE"}, {4, 4, "RENAME_WHITEOUT"}};
static const struct named names_rlimit[] = {
    {ALL, 0, "RLIMIT_CPU"},       {ALL, 1, "RLIMIT_FSIZE"}, {ALL, 2, "RLIMIT_DATA"},    {ALL, 3, "RLIMIT_STACK"},
    {ALL, 4, "RLIMIT_CORE"},      {ALL, 5, "RLIMIT_RSS"},   {ALL, 6, "RLIMIT_NPROC"},   {ALL, 7, "RLIMIT_NOFILE"},
    {ALL, 8, "RLIMIT_MEMLOCK"},   {ALL, 9, "RLIMIT_AS"},    {ALL, 10, "RLIMIT_LOCKS"},  {ALL, 11, "RLIMIT_SIGPENDING"},
    {ALL, 12, "RLIMIT_MSGQUEUE"}, {ALL, 13, "RLIMIT_NICE"}, {ALL, 14, "RLIMIT_RTPRIO"}, {ALL, 15, "RLIMIT_RTTIME"}};
static const struct named names_rusage_who[] = {
    {ALL, 0, "RUSAGE_SELF"}, {ALL, 0xffffffff, "RUSAGE_CHILDREN"}, {ALL, 1, "RUSAGE_THREAD"}};
static const struct named names_rwf[] = {{1, 1, "RWF_HIPRI"},  {2, 2, "RWF_DSYNC"},    {4, 4, "RWF_SYNC"},
                                         {8, 8, "RWF_NOWAIT"}, {16, 16, "RWF_APPEND"}, {32, 32, "RWF_NOAPPEND"}};
static const struct named names_sched[] = {{0xbfffffff, 0, "SCHED_OTHER"},
                                           {0xbfffffff, 1, "SCHED_FIFO"},
                                           {0xbfffffff, 2, "SCHED_RR"},
                                           {0xbfffffff, 3, "SCHED_BATCH"},
                                           {0xbfffffff, 5, "SCHED_IDLE"},
                                           {0xbfffffff, 6, "SCHED_DEADLINE"},
                                           {0x40000000, 0x40000000, "SCHED_RESET_ON_FORK"}};
static const struct named names_seek[] = {
    {ALL, 0, "SEEK_SET"}, {ALL, 1, "SEEK_CUR"}, {ALL, 2, "SEEK_END"}, {ALL, 3, "SEEK_DATA"}, {ALL, 4, "SEEK_HOLE"}};
static const struct named names_shm[] = {{010000, 010000, "SHM_RDONLY"},
                                         {020000, 020000, "SHM_RND"},
                                         {040000, 040000, "SHM_REMAP"},
                                         {0100000, 0100000, "SHM_EXEC"}};
static const struct named names_shutdown[] = {{ALL, 0, "SHUT_RD"}, {ALL, 1, "SHUT_WR"}, {ALL, 2, "SHUT_RDWR"}};
static const struct named names_sigmask[] = {{ALL, 0, "SIG_BLOCK"}, {ALL, 1, "SIG_UNBLOCK"}, {ALL, 2, "SIG_SETMASK"}};
static const struct named names_signalfd[] = {{04000, 04000, "SFD_NONBLOCK"}, {02000000, 02000000, "SFD_CLOEXEC"}};
static const struct named names_socket[] = {{0xf, 1, "SOCK_STREAM"},
                                            {0xf, 2, "SOCK_DGRAM"},
                                            {0xf, 3, "SOCK_RAW"},
                                            {0xf, 5, "SOCK_SEQPACKET"},
                                            {0xf, 10, "SOCK_PACKET"},
                                            {04000, 04000, "SOCK_NONBLOCK"},
                                            {02000000, 02000000, "SOCK_CLOEXEC"}};
static const struct named names_sockopt_level[] = {
    {ALL, 0, "SOL_IP"}, {ALL, 1, "SOL_SOCKET"}, {ALL, 6, "SOL_TCP"}, {ALL, 17, "SOL_UDP"}, {ALL, 41, "SOL_IPV6"}};
static const struct named names_splice[] = {
    {1, 1, "SPLICE_F_MOVE"}, {2, 2, "SPLICE_F_NONBLOCK"}, {4, 4, "SPLICE_F_MORE"}, {8, 8, "SPLICE_F_GIFT"}};
static const struct named names_statx[] = {{0xfff, 0xfff, "STATX_ALL"},
                                           {0x7ff, 0x7ff, "STATX_BASIC_STATS"},
                                           {1, 1, "STATX_TYPE"},
                                           {2, 2, "STATX_MODE"},
                                           {4, 4, "STATX_NLINK"},
                                           {8, 8, "STATX_UID"},
                                           {0x10, 0x10, "STATX_GID"},
                                           {0x20, 0x20, "STATX_ATIME"},
                                           {0x40, 0x40, "STATX_MTIME"},
                                           {0x80, 0x80, "STATX_CTIME"},
                                           {0x100, 0x100, "STATX_INO"},
                                           {0x200, 0x200, "STATX_SIZE"},
                                           {0x400, 0x400, "STATX_BLOCKS"},
                                           {0x800, 0x800, "STATX_BTIME"},
                                           {0x1000, 0x1000, "STATX_MNT_ID"}};
static const struct named names_sync_range[] = {
    {1, 1, "SYNC_FILE_RANGE_WAIT_BEFORE"}, {2, 2, "SYNC_FILE_RANGE_WRITE"}, {4, 4, "SYNC_FILE_RANGE_WAIT_AFTER"}};
static const struct named names_timer[] = {{1, 1, "TIMER_ABSTIME"}};
static const struct named names_timerfd[] = {{02000000, 02000000, "TFD_CLOEXEC"}, {04000, 04000, "TFD_NONBLOCK"}};
static const struct named names_umount[] = {
    {1, 1, "MNT_FORCE"}, {2, 2, "MNT_DETACH"}, {4, 4, "MNT_EXPIRE"}, {8, 8, "UMOUNT_NOFOLLOW"}};
static const struct named names_wait[] = {{1, 1, "WNOHANG"},
                                          {2, 2, "WSTOPPED"},
                                          {4, 4, "WEXITED"},
                                          {8, 8, "WCONTINUED"},
                                          {0x1000000, 0x1000000, "WNOWAIT"},
                                          {0x20000000, 0x20000000, "__WNOTHREAD"},
                                          {0x40000000, 0x40000000, "__WALL"},
                                          {0x80000000, 0x80000000, "__WCLONE"}};
static const struct named names_waitid[] = {
    {ALL, 0, "P_ALL"}, {ALL, 1, "P_PID"}, {ALL, 2, "P_PGID"}, {ALL, 3, "P_PIDFD"}};
static const struct named names_xattr[] = {{1, 1, "XATTR_CREATE"}, {2, 2, "XATTR_REPLACE"}};
static const struct named names_poll_events[] = {{1, 1, "POLLIN"},
                                                 {2, 2, "POLLPRI"},
                                                 {4, 4, "POLLOUT"},
                                                 {8, 8, "POLLERR"},
                                                 {0x10, 0x10, "POLLHUP"},
                                                 {0x20, 0x20, "POLLNVAL"},
                                                 {0x40, 0x40, "POLLRDNORM"},
                                                 {0x80, 0x80, "POLLRDBAND"},
                                                 {0x100, 0x100, "POLLWRNORM"},
                                                 {0x200, 0x200, "POLLWRBAND"},
                                                 {0x2000, 0x2000, "POLLRDHUP"}};
static const struct named names_epoll_events[] = {{1, 1, "EPOLLIN"},
                                                  {2, 2, "EPOLLPRI"},
                                                  {4, 4, "EPOLLOUT"},
                                                  {8, 8, "EPOLLERR"},
                                                  {0x10, 0x10, "EPOLLHUP"},
                                                  {0x40, 0x40, "EPOLLRDNORM"},
                                                  {0x80, 0x80, "EPOLLRDBAND"},
                                                  {0x100, 0x100, "EPOLLWRNORM"},
                                                  {0x200, 0x200, "EPOLLWRBAND"},
                                                  {0x2000, 0x2000, "EPOLLRDHUP"},
                                                  {0x10000000, 0x10000000, "EPOLLEXCLUSIVE"},
                                                  {0x20000000, 0x20000000, "EPOLLWAKEUP"},
                                                  {0x40000000, 0x40000000, "EPOLLONESHOT"},
                                                  {0x80000000, 0x80000000, "EPOLLET"}};
static const struct named names_sa_flags[] = {{0x4000000, 0x4000000, "SA_RESTORER"},
                                              {0x8000000, 0x8000000, "SA_ONSTACK"},
                                              {0x10000000, 0x10000000, "SA_RESTART"},
                                              {0x40000000, 0x40000000, "SA_NODEFER"},
                                              {0x80000000, 0x80000000, "SA_RESETHAND"},
                                              {4, 4, "SA_SIGINFO"},
                                              {1, 1, "SA_NOCLDSTOP"},
                                              {2, 2, "SA_NOCLDWAIT"}};

#define SET(name) [KIND_SET_##name] = {names_##name, sizeof(names_##name) / sizeof(names_##name[0])}
static const struct set sets[KIND_SET_COUNT] = {
    SET(access),     SET(arch_prctl), SET(at),         SET(at_remove),   SET(clone),        SET(close_range),
    SET(domain),     SET(epoll),      SET(epoll_ctl),  SET(eventfd),     SET(fadvise),      SET(fallocate),
    SET(fcntl),      SET(flock),      SET(futex),      SET(inotify),     SET(ioctl),        SET(ioprio),
    SET(ipc),        SET(ipc_cmd),    SET(itimer),     SET(kcmp),        SET(madvise),      SET(map),
    SET(membarrier), SET(memfd),      SET(mlock),      SET(mlockall),    SET(mount),        SET(mremap),
    SET(msg),        SET(msg_cmd),    SET(msgflg),     SET(shm_cmd),     SET(shmflg),       SET(msync),
    SET(open),       SET(prctl),      SET(priority),   SET(prot),        SET(ptrace),       SET(random),
    SET(rename),     SET(rlimit),     SET(rusage_who), SET(rwf),         SET(sched),        SET(seek),
    SET(shm),        SET(shutdown),   SET(sigmask),    SET(signalfd),    SET(socket),       SET(sockopt_level),
    SET(splice),     SET(statx),      SET(sync_range), SET(timer),       SET(timerfd),      SET(umount),
    SET(wait),       SET(waitid),     SET(xattr),      SET(poll_events), SET(epoll_events), SET(sa_flags)};
static const struct set open_aarch64 = {names_open_aarch64, sizeof(names_open_aarch64) / sizeof(names_open_aarch64[0])};
#define ACCESS_MODES 3u /* the first names of open's flags */

static struct set set_of(const char *isa, enum kind_set set)
{
    bool of_open = set == KIND_SET_open || set == KIND_SET_file_flags;
    struct set found = of_open ? sets[KIND_SET_open] : sets[set];

    if (of_open && strcmp(isa, "aarch64") == 0)
        found = open_aarch64;
    if (set == KIND_SET_file_flags) {
        found.names += ACCESS_MODES;
        found.count -= ACCESS_MODES;
    }
    return found.count != 0 ? found : syscall_struct_sets[set];
}

size_t syscall_set_text(const char *isa, enum kind_set set, uint64_t value, char *text, size_t size)
{
    const struct set from = set_of(isa, set);
    uint64_t left = value;
    size_t length = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < from.count && length < size; i++) {
        const struct named *named = &from.names[i];
        bool whole = named->mask == ALL;
        /* Bits that another name had are not looked at again; of none at all there is at most one name. */
        if (whole ? value != named->value
                  : (value & named->mask) != named->value || (left & named->value) != named->value)
            continue;
        length += (size_t)snprintf(text + length, size - length, "%s%s", length != 0 ? "|" : "", named->name);
        left &= ~(uint64_t)named->mask;
    }
    if (length < size && (length == 0 || left != 0))
        length += (size_t)snprintf(text + length, size - length, left != 0 ? "%s0x%" PRIx64 : "%s%" PRIu64,
                                   length != 0 ? "|" : "", left);
    return length < size ? length : size - 1;
}

const char *syscall_signal_name(uint64_t number, char room[16])
{
    static const char *const names[] = {
        "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",  "SIGFPE",
        "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT",
        "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",  "SIGXCPU",
        "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS"};
    enum { FIRST_REAL_TIME = 32, LAST = 64 };

    if (number >= 1 && number < FIRST_REAL_TIME)
        return names[number - 1];
    if (number < FIRST_REAL_TIME || number > LAST)
        return NULL;
    if (number == FIRST_REAL_TIME)
        return "SIGRTMIN";
    snprintf(room, 16, "SIGRT_%u", (unsigned)number - FIRST_REAL_TIME);
    return room;
}

const char *syscall_clock_name(uint64_t number)
{
    static const char *const names[] = {"CLOCK_REALTIME",
                                        "CLOCK_MONOTONIC",
                                        "CLOCK_PROCESS_CPUTIME_ID",
                                        "CLOCK_THREAD_CPUTIME_ID",
                                        "CLOCK_MONOTONIC_RAW",
                                        "CLOCK_REALTIME_COARSE",
                                        "CLOCK_MONOTONIC_COARSE",
                                        "CLOCK_BOOTTIME",
                                        "CLOCK_REALTIME_ALARM",
                                        "CLOCK_BOOTTIME_ALARM",
                                        NULL,
                                        "CLOCK_TAI"};

    return number < sizeof(names) / sizeof(names[0]) ? names[number] : NULL;
}
