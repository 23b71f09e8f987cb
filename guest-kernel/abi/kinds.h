/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kinds.h - the kinds of arguments in abi/syscalls.def as numbers, for whoever converts, shows or makes up arguments.
 *
 * KINDS(fd, out_array(bytes, 2), size) is the initializer of an array: {KIND_fd, KIND_out_array(bytes, 2), KIND_size}.
 * What the words mean stands in syscalls.def; one that isn't here doesn't compile.
 */
#ifndef GK_ABI_KINDS_H
#define GK_ABI_KINDS_H

#include <stdbool.h>
#include <stdint.h>

#define KINDS_MAX 6 /* arguments of a call */

enum kind_what {
    KIND_none, /* no argument: this one and those behind it */
    KIND_int,
    KIND_uint,
    KIND_hex,
    KIND_long,
    KIND_ulong,
    KIND_word,
    KIND_size,
    KIND_off,
    KIND_off64,
    KIND_low64,
    KIND_high64,
    KIND_addr,
    KIND_fd,
    KIND_dirfd,
    KIND_pid,
    KIND_id,
    KIND_id16,
    KIND_mode,
    KIND_dev,
    KIND_signal,
    KIND_clock,
    KIND_path,
    KIND_string,
    KIND_depends,
    KIND_same,    /* arguments.def's: as the call's row has it */
    KIND_unused,  /* a register that isn't looked at */
    KIND_FLAGS,   /* bits of a set */
    KIND_ONE,     /* one value of a set */
    KIND_POINTER, /* to one structure, or to an array of them */
};

/* Names for values: vmm/syscall_sets.c has them. */
enum kind_set {
    KIND_SET_access,
    KIND_SET_arch_prctl,
    KIND_SET_at,
    KIND_SET_at_remove,
    KIND_SET_at_statx,
    KIND_SET_cflag,
    KIND_SET_clone,
    KIND_SET_close_range,
    KIND_SET_cmsg_type,
    KIND_SET_domain,
    KIND_SET_dumpable,
    KIND_SET_epoll,
    KIND_SET_epoll_ctl,
    KIND_SET_epoll_events,
    KIND_SET_eventfd,
    KIND_SET_fadvise,
    KIND_SET_fallocate,
    KIND_SET_fcntl,
    KIND_SET_fd_flags,
    KIND_SET_file_flags,
    KIND_SET_file_system,
    KIND_SET_flock,
    KIND_SET_flow,
    KIND_SET_flush,
    KIND_SET_futex,
    KIND_SET_futex_bits,
    KIND_SET_iflag,
    KIND_SET_inotify,
    KIND_SET_inotify_init,
    KIND_SET_ioctl,
    KIND_SET_ioprio,
    KIND_SET_ipc,
    KIND_SET_ipc_cmd,
    KIND_SET_itimer,
    KIND_SET_kcmp,
    KIND_SET_lease,
    KIND_SET_lflag,
    KIND_SET_lock_type,
    KIND_SET_madvise,
    KIND_SET_map,
    KIND_SET_membarrier,
    KIND_SET_memfd,
    KIND_SET_mlock,
    KIND_SET_mlockall,
    KIND_SET_mount,
    KIND_SET_mremap,
    KIND_SET_msg,
    KIND_SET_msg_cmd,
    KIND_SET_msgflg,
    KIND_SET_msync,
    KIND_SET_oflag,
    KIND_SET_open,
    KIND_SET_prctl,
    KIND_SET_poll_events,
    KIND_SET_priority,
    KIND_SET_prot,
    KIND_SET_ptrace,
    KIND_SET_random,
    KIND_SET_rename,
    KIND_SET_resolve,
    KIND_SET_rlimit,
    KIND_SET_rusage_who,
    KIND_SET_rwf,
    KIND_SET_sa_flags,
    KIND_SET_sched,
    KIND_SET_seals,
    KIND_SET_seek,
    KIND_SET_shm,
    KIND_SET_shm_cmd,
    KIND_SET_shmflg,
    KIND_SET_shutdown,
    KIND_SET_sigcode,
    KIND_SET_sigev,
    KIND_SET_sigmask,
    KIND_SET_signalfd,
    KIND_SET_so,
    KIND_SET_socket,
    KIND_SET_sockopt_level,
    KIND_SET_splice,
    KIND_SET_ss_flags,
    KIND_SET_st_flags,
    KIND_SET_statx,
    KIND_SET_statx_attributes,
    KIND_SET_sync_range,
    KIND_SET_timer,
    KIND_SET_timerfd,
    KIND_SET_timerfd_settime,
    KIND_SET_umount,
    KIND_SET_wait,
    KIND_SET_waitid,
    KIND_SET_xattr,
    KIND_SET_COUNT,
};

/* Structures and other things that are pointed to. */
enum kind_layout {
    KIND_LAYOUT_bytes,
    KIND_LAYOUT_cachestat,
    KIND_LAYOUT_cachestat_range,
    KIND_LAYOUT_cap_data,
    KIND_LAYOUT_cap_header,
    KIND_LAYOUT_clone_args,
    KIND_LAYOUT_dirents64,
    KIND_LAYOUT_epoll_event,
    KIND_LAYOUT_fdset,
    KIND_LAYOUT_file_handle,
    KIND_LAYOUT_futex,
    KIND_LAYOUT_futex_waitv,
    KIND_LAYOUT_hwprobe,
    KIND_LAYOUT_int,
    KIND_LAYOUT_io_event,
    KIND_LAYOUT_io_uring_params,
    KIND_LAYOUT_mount_request,
    KIND_LAYOUT_name,
    KIND_LAYOUT_octets,
    KIND_LAYOUT_off64,
    KIND_LAYOUT_open_how,
    KIND_LAYOUT_pages,
    KIND_LAYOUT_perf_event,
    KIND_LAYOUT_pollfd,
    KIND_LAYOUT_rlimit_wide,
    KIND_LAYOUT_rseq,
    KIND_LAYOUT_sched_attr,
    KIND_LAYOUT_sched_param,
    KIND_LAYOUT_sembuf,
    KIND_LAYOUT_short,
    KIND_LAYOUT_sigset,
    KIND_LAYOUT_sockaddr,
    KIND_LAYOUT_statx,
    KIND_LAYOUT_termios,
    KIND_LAYOUT_text,
    KIND_LAYOUT_timespec64,
    KIND_LAYOUT_timezone,
    KIND_LAYOUT_two_ints,
    KIND_LAYOUT_two_timespecs64,
    KIND_LAYOUT_user_desc,
    KIND_LAYOUT_utsname,
    KIND_LAYOUT_wait_status,
    KIND_LAYOUT_winsize,
    KIND_LAYOUT_OTHER, /* those behind it have another form for 32-bit programs */
    KIND_LAYOUT_cpus,
    KIND_LAYOUT_dirents,
    KIND_LAYOUT_environment,
    KIND_LAYOUT_flock,
    KIND_LAYOUT_flock_pid,
    KIND_LAYOUT_iocb,
    KIND_LAYOUT_iovec,
    KIND_LAYOUT_itimerspec,
    KIND_LAYOUT_itimerval,
    KIND_LAYOUT_kexec_segment,
    KIND_LAYOUT_long,
    KIND_LAYOUT_mmap_arguments,
    KIND_LAYOUT_mmsghdr,
    KIND_LAYOUT_mq_attr,
    KIND_LAYOUT_msgbuf,
    KIND_LAYOUT_msghdr,
    KIND_LAYOUT_off,
    KIND_LAYOUT_old_sigaction,
    KIND_LAYOUT_pointer,
    KIND_LAYOUT_rlimit,
    KIND_LAYOUT_robust_list,
    KIND_LAYOUT_rusage,
    KIND_LAYOUT_sigaction,
    KIND_LAYOUT_sigevent,
    KIND_LAYOUT_siginfo,
    KIND_LAYOUT_sigset_argument,
    KIND_LAYOUT_stack,
    KIND_LAYOUT_stat,
    KIND_LAYOUT_stat_wide,
    KIND_LAYOUT_statfs,
    KIND_LAYOUT_statfs_wide,
    KIND_LAYOUT_strings,
    KIND_LAYOUT_sysctl_args,
    KIND_LAYOUT_sysinfo,
    KIND_LAYOUT_timespec,
    KIND_LAYOUT_timespec_left,
    KIND_LAYOUT_timeval,
    KIND_LAYOUT_timex,
    KIND_LAYOUT_tms,
    KIND_LAYOUT_two_timespecs,
    KIND_LAYOUT_two_timevals,
    KIND_LAYOUT_ustat,
    KIND_LAYOUT_utimbuf,
    KIND_LAYOUT_words,
    KIND_LAYOUT_COUNT,
};

/* A kind: what it is, its set or layout, the direction, the argument that has the count, BOTH. */
#define KIND_MORE_SHIFT 8
#define KIND_IN (1u << 16)
#define KIND_OUT (1u << 17)
#define KIND_ARRAY (1u << 18)
#define KIND_BOTH (1u << 19)
#define KIND_COUNT_SHIFT 20

#define KIND_OF(what, more) ((uint32_t)(what) | (uint32_t)(more) << KIND_MORE_SHIFT)
#define KIND_TO(layout, directions) (KIND_OF(KIND_POINTER, KIND_LAYOUT_##layout) | (directions))
#define KIND_COUNTED(count) (KIND_ARRAY | (uint32_t)(count) << KIND_COUNT_SHIFT)

#define KIND_flags(set) KIND_OF(KIND_FLAGS, KIND_SET_##set)
#define KIND_one(set) KIND_OF(KIND_ONE, KIND_SET_##set)
#define KIND_in(layout) KIND_TO(layout, KIND_IN)
#define KIND_out(layout) KIND_TO(layout, KIND_OUT)
#define KIND_inout(layout) KIND_TO(layout, KIND_IN | KIND_OUT)
#define KIND_in_array(layout, count) (KIND_in(layout) | KIND_COUNTED(count))
#define KIND_out_array(layout, count) (KIND_out(layout) | KIND_COUNTED(count))
#define KIND_inout_array(layout, count) (KIND_inout(layout) | KIND_COUNTED(count))
#define KIND_both(kind) (KIND_##kind | KIND_BOTH)

#define KINDS_1(a) KIND_##a
#define KINDS_2(a, ...) KIND_##a, KINDS_1(__VA_ARGS__)
#define KINDS_3(a, ...) KIND_##a, KINDS_2(__VA_ARGS__)
#define KINDS_4(a, ...) KIND_##a, KINDS_3(__VA_ARGS__)
#define KINDS_5(a, ...) KIND_##a, KINDS_4(__VA_ARGS__)
#define KINDS_6(a, ...) KIND_##a, KINDS_5(__VA_ARGS__)
#define KINDS_PICK(a, b, c, d, e, f, picked, ...) picked
#define KINDS(...) {KINDS_PICK(__VA_ARGS__, KINDS_6, KINDS_5, KINDS_4, KINDS_3, KINDS_2, KINDS_1, none)(__VA_ARGS__)}

static inline enum kind_what kind_what(uint32_t kind)
{
    return (enum kind_what)(kind & 0xff);
}

/* enum kind_set or enum kind_layout. */
static inline unsigned kind_more(uint32_t kind)
{
    return kind >> KIND_MORE_SHIFT & 0xff;
}

/* Of an array: which argument has the number of its elements, from 0. */
static inline unsigned kind_count(uint32_t kind)
{
    return kind >> KIND_COUNT_SHIFT & 7;
}

/* Does it lead to something that 32-bit programs have in a form that the handler doesn't know? */
static inline bool kind_is_foreign_to_i386(uint32_t kind)
{
    return kind_what(kind) == KIND_POINTER && kind_more(kind) >= KIND_LAYOUT_OTHER && !(kind & KIND_BOTH);
}

#endif
