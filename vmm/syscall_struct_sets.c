/* SPDX-License-Identifier: Apache-2.0 */
/* syscall_struct_sets.c - names of what is in structures, and of arguments that depend on others (syscall_named.h). The
 * numbers are Linux's, which are the same on all ISAs. */
#include "vmm/syscall_named.h"

static const struct named names_at_statx[] = {
    {0x6000, 0, "AT_STATX_SYNC_AS_STAT"},    {0x100, 0x100, "AT_SYMLINK_NOFOLLOW"},
    {0x800, 0x800, "AT_NO_AUTOMOUNT"},       {0x1000, 0x1000, "AT_EMPTY_PATH"},
    {0x6000, 0x2000, "AT_STATX_FORCE_SYNC"}, {0x6000, 0x4000, "AT_STATX_DONT_SYNC"}};
static const struct named names_cflag[] = {{0x100f, 0, "B0"},
                                           {0x100f, 1, "B50"},
                                           {0x100f, 2, "B75"},
                                           {0x100f, 3, "B110"},
                                           {0x100f, 4, "B134"},
                                           {0x100f, 5, "B150"},
                                           {0x100f, 6, "B200"},
                                           {0x100f, 7, "B300"},
                                           {0x100f, 8, "B600"},
                                           {0x100f, 9, "B1200"},
                                           {0x100f, 0xa, "B1800"},
                                           {0x100f, 0xb, "B2400"},
                                           {0x100f, 0xc, "B4800"},
                                           {0x100f, 0xd, "B9600"},
                                           {0x100f, 0xe, "B19200"},
                                           {0x100f, 0xf, "B38400"},
                                           {0x100f, 0x1001, "B57600"},
                                           {0x100f, 0x1002, "B115200"},
                                           {0x100f, 0x1003, "B230400"},
                                           {0x100f, 0x1004, "B460800"},
                                           {0x100f, 0x1005, "B500000"},
                                           {0x100f, 0x1006, "B576000"},
                                           {0x100f, 0x1007, "B921600"},
                                           {0x100f, 0x1008, "B1000000"},
                                           {0x100f, 0x1009, "B1152000"},
                                           {0x100f, 0x100a, "B1500000"},
                                           {0x100f, 0x100b, "B2000000"},
                                           {0x100f, 0x100c, "B2500000"},
                                           {0x100f, 0x100d, "B3000000"},
                                           {0x100f, 0x100e, "B3500000"},
                                           {0x100f, 0x100f, "B4000000"},
                                           {0x30, 0, "CS5"},
                                           {0x30, 0x10, "CS6"},
                                           {0x30, 0x20, "CS7"},
                                           {0x30, 0x30, "CS8"},
                                           {0x40, 0x40, "CSTOPB"},
                                           {0x80, 0x80, "CREAD"},
                                           {0x100, 0x100, "PARENB"},
                                           {0x200, 0x200, "PARODD"},
                                           {0x400, 0x400, "HUPCL"},
                                           {0x800, 0x800, "CLOCAL"},
                                           {0x80000000, 0x80000000, "CRTSCTS"}};
static const struct named names_cmsg_type[] = {
    {ALL, 1, "SCM_RIGHTS"}, {ALL, 2, "SCM_CREDENTIALS"}, {ALL, 3, "SCM_SECURITY"}};
static const struct named names_dumpable[] = {
    {ALL, 0, "SUID_DUMP_DISABLE"}, {ALL, 1, "SUID_DUMP_USER"}, {ALL, 2, "SUID_DUMP_ROOT"}};
static const struct named names_fd_flags[] = {{1, 1, "FD_CLOEXEC"}};
static const struct named names_file_system[] = {{ALL, 0xef53, "EXT2_SUPER_MAGIC"},
                                                 {ALL, 0x9fa0, "PROC_SUPER_MAGIC"},
                                                 {ALL, 0x1021994, "TMPFS_MAGIC"},
                                                 {ALL, 0x62656572, "SYSFS_MAGIC"},
                                                 {ALL, 0x1cd1, "DEVPTS_SUPER_MAGIC"},
                                                 {ALL, 0x858458f6, "RAMFS_MAGIC"},
                                                 {ALL, 0x50495045, "PIPEFS_MAGIC"},
                                                 {ALL, 0x534f434b, "SOCKFS_MAGIC"},
                                                 {ALL, 0x9041934, "ANON_INODE_FS_MAGIC"},
                                                 {ALL, 0x19800202, "MQUEUE_MAGIC"},
                                                 {ALL, 0x794c7630, "OVERLAYFS_SUPER_MAGIC"},
                                                 {ALL, 0x958458f6, "HUGETLBFS_MAGIC"}};
static const struct named names_flow[] = {{ALL, 0, "TCOOFF"}, {ALL, 1, "TCOON"}, {ALL, 2, "TCIOFF"}, {ALL, 3, "TCION"}};
static const struct named names_flush[] = {{ALL, 0, "TCIFLUSH"}, {ALL, 1, "TCOFLUSH"}, {ALL, 2, "TCIOFLUSH"}};
static const struct named names_futex_bits[] = {{ALL, 0xffffffff, "FUTEX_BITSET_MATCH_ANY"}};
static const struct named names_iflag[] = {{1, 1, "IGNBRK"},          {2, 2, "BRKINT"},
                                           {4, 4, "IGNPAR"},          {8, 8, "PARMRK"},
                                           {0x10, 0x10, "INPCK"},     {0x20, 0x20, "ISTRIP"},
                                           {0x40, 0x40, "INLCR"},     {0x80, 0x80, "IGNCR"},
                                           {0x100, 0x100, "ICRNL"},   {0x200, 0x200, "IUCLC"},
                                           {0x400, 0x400, "IXON"},    {0x800, 0x800, "IXANY"},
                                           {0x1000, 0x1000, "IXOFF"}, {0x2000, 0x2000, "IMAXBEL"},
                                           {0x4000, 0x4000, "IUTF8"}};
static const struct named names_inotify_init[] = {{04000, 04000, "IN_NONBLOCK"}, {02000000, 02000000, "IN_CLOEXEC"}};
static const struct named names_lease[] = {{ALL, 0, "F_RDLCK"}, {ALL, 1, "F_WRLCK"}, {ALL, 2, "F_UNLCK"}};
static const struct named names_lflag[] = {{1, 1, "ISIG"},
                                           {2, 2, "ICANON"},
                                           {4, 4, "XCASE"},
                                           {8, 8, "ECHO"},
                                           {0x10, 0x10, "ECHOE"},
                                           {0x20, 0x20, "ECHOK"},
                                           {0x40, 0x40, "ECHONL"},
                                           {0x80, 0x80, "NOFLSH"},
                                           {0x100, 0x100, "TOSTOP"},
                                           {0x8000, 0x8000, "IEXTEN"},
                                           {0x200, 0x200, "ECHOCTL"},
                                           {0x400, 0x400, "ECHOPRT"},
                                           {0x800, 0x800, "ECHOKE"},
                                           {0x1000, 0x1000, "FLUSHO"},
                                           {0x4000, 0x4000, "PENDIN"},
                                           {0x10000, 0x10000, "EXTPROC"}};
static const struct named names_oflag[] = {
    {0x100, 0, "NL0"},        {0x100, 0x100, "NL1"},     {0x600, 0, "CR0"},     {0x600, 0x200, "CR1"},
    {0x600, 0x400, "CR2"},    {0x600, 0x600, "CR3"},     {0x1800, 0, "TAB0"},   {0x1800, 0x800, "TAB1"},
    {0x1800, 0x1000, "TAB2"}, {0x1800, 0x1800, "XTABS"}, {0x2000, 0, "BS0"},    {0x2000, 0x2000, "BS1"},
    {0x4000, 0, "VT0"},       {0x4000, 0x4000, "VT1"},   {0x8000, 0, "FF0"},    {0x8000, 0x8000, "FF1"},
    {1, 1, "OPOST"},          {2, 2, "OLCUC"},           {4, 4, "ONLCR"},       {8, 8, "OCRNL"},
    {0x10, 0x10, "ONOCR"},    {0x20, 0x20, "ONLRET"},    {0x40, 0x40, "OFILL"}, {0x80, 0x80, "OFDEL"}};
static const struct named names_resolve[] = {{1, 1, "RESOLVE_NO_XDEV"},       {2, 2, "RESOLVE_NO_MAGICLINKS"},
                                             {4, 4, "RESOLVE_NO_SYMLINKS"},   {8, 8, "RESOLVE_BENEATH"},
                                             {0x10, 0x10, "RESOLVE_IN_ROOT"}, {0x20, 0x20, "RESOLVE_CACHED"}};
static const struct named names_seals[] = {{1, 1, "F_SEAL_SEAL"},
                                           {2, 2, "F_SEAL_SHRINK"},
                                           {4, 4, "F_SEAL_GROW"},
                                           {8, 8, "F_SEAL_WRITE"},
                                           {0x10, 0x10, "F_SEAL_FUTURE_WRITE"},
                                           {0x20, 0x20, "F_SEAL_EXEC"}};
static const struct named names_sigcode[] = {
    {ALL, 0, "SI_USER"},           {ALL, 0x80, "SI_KERNEL"},       {ALL, 0xffffffff, "SI_QUEUE"},
    {ALL, 0xfffffffe, "SI_TIMER"}, {ALL, 0xfffffffd, "SI_MESGQ"},  {ALL, 0xfffffffc, "SI_ASYNCIO"},
    {ALL, 0xfffffffb, "SI_SIGIO"}, {ALL, 0xfffffffa, "SI_TKILL"},  {ALL, 0x1101, "CLD_EXITED"},
    {ALL, 0x1102, "CLD_KILLED"},   {ALL, 0x1103, "CLD_DUMPED"},    {ALL, 0x1104, "CLD_TRAPPED"},
    {ALL, 0x1105, "CLD_STOPPED"},  {ALL, 0x1106, "CLD_CONTINUED"}, {ALL, 0x401, "ILL_ILLOPC"},
    {ALL, 0x402, "ILL_ILLOPN"},    {ALL, 0x403, "ILL_ILLADR"},     {ALL, 0x404, "ILL_ILLTRP"},
    {ALL, 0x405, "ILL_PRVOPC"},    {ALL, 0x406, "ILL_PRVREG"},     {ALL, 0x407, "ILL_COPROC"},
    {ALL, 0x408, "ILL_BADSTK"},    {ALL, 0x801, "FPE_INTDIV"},     {ALL, 0x802, "FPE_INTOVF"},
    {ALL, 0x803, "FPE_FLTDIV"},    {ALL, 0x804, "FPE_FLTOVF"},     {ALL, 0x805, "FPE_FLTUND"},
    {ALL, 0x806, "FPE_FLTRES"},    {ALL, 0x807, "FPE_FLTINV"},     {ALL, 0x808, "FPE_FLTSUB"},
    {ALL, 0xb01, "SEGV_MAPERR"},   {ALL, 0xb02, "SEGV_ACCERR"},    {ALL, 0xb03, "SEGV_BNDERR"},
    {ALL, 0xb04, "SEGV_PKUERR"},   {ALL, 0x701, "BUS_ADRALN"},     {ALL, 0x702, "BUS_ADRERR"},
    {ALL, 0x703, "BUS_OBJERR"},    {ALL, 0x704, "BUS_MCEERR_AR"},  {ALL, 0x705, "BUS_MCEERR_AO"},
    {ALL, 0x501, "TRAP_BRKPT"},    {ALL, 0x502, "TRAP_TRACE"},     {ALL, 0x503, "TRAP_BRANCH"},
    {ALL, 0x504, "TRAP_HWBKPT"},   {ALL, 0x1d01, "POLL_IN"},       {ALL, 0x1d02, "POLL_OUT"},
    {ALL, 0x1d03, "POLL_MSG"},     {ALL, 0x1d04, "POLL_ERR"},      {ALL, 0x1d05, "POLL_PRI"},
    {ALL, 0x1d06, "POLL_HUP"},     {ALL, 0x1f01, "SYS_SECCOMP"}};
static const struct named names_sigev[] = {
    {ALL, 0, "SIGEV_SIGNAL"}, {ALL, 1, "SIGEV_NONE"}, {ALL, 2, "SIGEV_THREAD"}, {ALL, 4, "SIGEV_THREAD_ID"}};
static const struct named names_so[] = {
    {ALL, 1, "SO_DEBUG"},           {ALL, 2, "SO_REUSEADDR"},       {ALL, 3, "SO_TYPE"},
    {ALL, 4, "SO_ERROR"},           {ALL, 5, "SO_DONTROUTE"},       {ALL, 6, "SO_BROADCAST"},
    {ALL, 7, "SO_SNDBUF"},          {ALL, 8, "SO_RCVBUF"},          {ALL, 9, "SO_KEEPALIVE"},
    {ALL, 0xa, "SO_OOBINLINE"},     {ALL, 0xb, "SO_NO_CHECK"},      {ALL, 0xc, "SO_PRIORITY"},
    {ALL, 0xd, "SO_LINGER"},        {ALL, 0xe, "SO_BSDCOMPAT"},     {ALL, 0xf, "SO_REUSEPORT"},
    {ALL, 0x10, "SO_PASSCRED"},     {ALL, 0x11, "SO_PEERCRED"},     {ALL, 0x12, "SO_RCVLOWAT"},
    {ALL, 0x13, "SO_SNDLOWAT"},     {ALL, 0x14, "SO_RCVTIMEO_OLD"}, {ALL, 0x15, "SO_SNDTIMEO_OLD"},
    {ALL, 0x19, "SO_BINDTODEVICE"}, {ALL, 0x1c, "SO_PEERNAME"},     {ALL, 0x1d, "SO_TIMESTAMP_OLD"},
    {ALL, 0x1e, "SO_ACCEPTCONN"},   {ALL, 0x1f, "SO_PEERSEC"},      {ALL, 0x20, "SO_SNDBUFFORCE"},
    {ALL, 0x21, "SO_RCVBUFFORCE"},  {ALL, 0x22, "SO_PASSSEC"},      {ALL, 0x24, "SO_MARK"},
    {ALL, 0x26, "SO_PROTOCOL"},     {ALL, 0x27, "SO_DOMAIN"},       {ALL, 0x2a, "SO_PEEK_OFF"},
    {ALL, 0x2e, "SO_BUSY_POLL"},    {ALL, 0x31, "SO_INCOMING_CPU"}, {ALL, 0x39, "SO_COOKIE"},
    {ALL, 0x3b, "SO_PEERGROUPS"},   {ALL, 0x3c, "SO_ZEROCOPY"}};
static const struct named names_ss_flags[] = {
    {3, 1, "SS_ONSTACK"}, {3, 2, "SS_DISABLE"}, {0x80000000, 0x80000000, "SS_AUTODISARM"}};
static const struct named names_st_flags[] = {{0x20, 0x20, "ST_VALID"},
                                              {1, 1, "ST_RDONLY"},
                                              {2, 2, "ST_NOSUID"},
                                              {4, 4, "ST_NODEV"},
                                              {8, 8, "ST_NOEXEC"},
                                              {0x10, 0x10, "ST_SYNCHRONOUS"},
                                              {0x40, 0x40, "ST_MANDLOCK"},
                                              {0x400, 0x400, "ST_NOATIME"},
                                              {0x800, 0x800, "ST_NODIRATIME"},
                                              {0x1000, 0x1000, "ST_RELATIME"}};
static const struct named names_statx_attributes[] = {
    {4, 4, "STATX_ATTR_COMPRESSED"},           {0x10, 0x10, "STATX_ATTR_IMMUTABLE"},
    {0x20, 0x20, "STATX_ATTR_APPEND"},         {0x40, 0x40, "STATX_ATTR_NODUMP"},
    {0x800, 0x800, "STATX_ATTR_ENCRYPTED"},    {0x1000, 0x1000, "STATX_ATTR_AUTOMOUNT"},
    {0x2000, 0x2000, "STATX_ATTR_MOUNT_ROOT"}, {0x100000, 0x100000, "STATX_ATTR_VERITY"},
    {0x200000, 0x200000, "STATX_ATTR_DAX"}};

static const struct named names_timerfd_settime[] = {{1, 1, "TFD_TIMER_ABSTIME"}, {2, 2, "TFD_TIMER_CANCEL_ON_SET"}};

#define SET(name, names) [KIND_SET_##name] = {names_##names, sizeof(names_##names) / sizeof(names_##names[0])}
const struct set syscall_struct_sets[KIND_SET_COUNT] = {
    SET(at_statx, at_statx),
    SET(cflag, cflag),
    SET(cmsg_type, cmsg_type),
    SET(dumpable, dumpable),
    SET(fd_flags, fd_flags),
    SET(file_system, file_system),
    SET(flow, flow),
    SET(flush, flush),
    SET(futex_bits, futex_bits),
    SET(iflag, iflag),
    SET(inotify_init, inotify_init),
    SET(lease, lease),
    SET(lflag, lflag),
    SET(lock_type, lease),
    SET(oflag, oflag),
    SET(resolve, resolve),
    SET(seals, seals),
    SET(sigcode, sigcode),
    SET(sigev, sigev),
    SET(so, so),
    SET(ss_flags, ss_flags),
    SET(st_flags, st_flags),
    SET(statx_attributes, statx_attributes),
    SET(timerfd_settime, timerfd_settime),
};
