/* SPDX-License-Identifier: Apache-2.0 */
/* proc_process.h - what the directories of processes and threads have, each in a file of its own; as in struct
 * proc_entry. */
#ifndef GK_FS_PROC_PROCESS_H
#define GK_FS_PROC_PROCESS_H

#include "fs/proc.h"

extern const struct proc_entry proc_process_entries[]; /* proc_entries.c */
extern const struct proc_entry proc_thread_entries[];  /* proc_thread_entries.c */

typedef int proc_show(struct proc_text *text, const struct proc_inode *at);
typedef int proc_store(const struct proc_inode *at, char *text, size_t size);

/* ---- proc_task.c ---- */
int proc_task_lookup(struct proc_inode *dir, const char *name, size_t length, struct inode **out);
int proc_task_read_dir(const struct proc_inode *dir, uint64_t pos, dir_emit *emit, void *arg, uint64_t pos_base);
int proc_task_refresh(struct proc_inode *at);

/* ---- proc_fd.c: fd/ and fdinfo/ ---- */
int proc_fd_lookup(struct proc_inode *dir, const char *name, size_t length, struct inode **out);
int proc_fd_read_dir(const struct proc_inode *dir, uint64_t pos, dir_emit *emit, void *arg, uint64_t pos_base);
int proc_fd_refresh(struct proc_inode *at);
int proc_fdinfo_lookup(struct proc_inode *dir, const char *name, size_t length, struct inode **out);
int proc_fdinfo_read_dir(const struct proc_inode *dir, uint64_t pos, dir_emit *emit, void *arg, uint64_t pos_base);

/* ---- proc_status.c, proc_stat.c, proc_sched.c ---- */
proc_show proc_status_show, proc_stat_show, proc_thread_stat_show, proc_statm_show, proc_sched_show,
    proc_schedstat_show;
/* The letter of the state, as in stat; and its name, as in status. */
const char *proc_state(const struct proc_inode *at);

/* ---- proc_maps.c, proc_smaps.c ---- */
proc_show proc_maps_show, proc_smaps_show, proc_smaps_rollup_show;
struct area;
/* A line of maps; what it needs is reserved (PROC_MAPS_ROOM). `page`: room for a path. */
#define PROC_MAPS_ROOM (PATH_MAX * 4ul + PROC_LINE_MAX)
void proc_maps_line(struct proc_text *text, const struct area *area, char *page);

/* ---- proc_memory.c ---- */
proc_show proc_cmdline_show, proc_environ_show, proc_auxv_show;
extern const struct file_ops proc_mem_ops, proc_pagemap_ops;

struct proc_memory {                  /* in pages */
    uint64_t anonymous, file, memory; /* Linux's RssAnon, RssFile, RssShmem */
    uint64_t stack, code;             /* mapped */
    uint64_t tables;
};
/* Of a space that the caller has a reference to: others have turns meanwhile, and its process may end. */
void proc_memory_count(struct space *space, struct proc_memory *out);
/* Whether the area's object is memory that goes with it, rather than a file of a disk. */
bool proc_area_is_memory(const struct area *area);

/* ---- proc_attributes.c: what is one line each, and may be written ---- */
proc_show proc_comm_show, proc_cgroup_show, proc_loginuid_show, proc_sessionid_show, proc_personality_show,
    proc_wchan_show, proc_io_show, proc_oom_score_show, proc_oom_score_adj_show, proc_oom_adj_show,
    proc_timerslack_show, proc_coredump_filter_show, proc_limits_show, proc_children_show;
proc_store proc_comm_store, proc_oom_score_adj_store, proc_oom_adj_store, proc_timerslack_store;

/* ---- proc_mounts.c ---- */
proc_show proc_mounts_show, proc_mountinfo_show, proc_mountstats_show;

/* ---- proc_links.c ---- */
int64_t proc_exe_link(const struct proc_inode *at, char *buf);
int64_t proc_cwd_link(const struct proc_inode *at, char *buf);
int64_t proc_root_link(const struct proc_inode *at, char *buf);
int64_t proc_fd_link(const struct proc_inode *at, char *buf);
int proc_exe_follow(const struct proc_inode *at, struct path *out);
int proc_cwd_follow(const struct proc_inode *at, struct path *out);
int proc_root_follow(const struct proc_inode *at, struct path *out);
int proc_fd_follow(const struct proc_inode *at, struct path *out);

#endif
