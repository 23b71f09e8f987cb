/* SPDX-License-Identifier: Apache-2.0 */
/*
 * abi_share.h - what the guest kernel and lvmm's server of shared folders agree on beyond FUSE: how the guest is told
 * of what others change, so that it need not ask. Included by both, so it knows neither.
 *
 * ## Being told
 *
 * A guest that sends LVMM_FUSE_EVENTS wants to be told. Its request has no body, and room for the reply's head and for
 * events, LVMM_FUSE_EVENTS_LEAST bytes of them or more. The server keeps it until there is something to tell, answers
 * with events, and the guest sends the next. There is one at a time: another is answered by -EBUSY. At the session's
 * end, and when the queue stops, the server gives it back with -EINTR. A server that doesn't know the operation says
 * -ENOSYS, and a guest that never sends it is told nothing, and is never promised anything.
 *
 * From the first one on, the server marks what it tells of with LVMM_FUSE_TOLD:
 *
 *     fuse_entry_out.entry_valid        the name leads there (node 0: there is no such name), until an event of the
 *                                       directory has this name, and says that it was made, removed or moved
 *     fuse_entry_out.attr_valid,
 *     fuse_attr_out.attr_valid          the attributes but atime are these, until an event has the file's name and its
 *                                       directory, or (of a directory) its own node
 *
 * It watches directories with inotify(7); what inotify doesn't tell, is never promised: files with several names, and
 * file systems that other machines change. A promise holds no longer than that of the directory's names.
 *
 * ## Order
 *
 * The server takes in what the host's kernel has queued when it has done a request, and before it answers that. So who
 * has the answer to a request that was sent when LVMM_FUSE_EVENTS was with the server already, has been told of
 * everything that was changed before the request was sent: events lie before it in the used ring. What is changed
 * later is told as soon as the server's process gets to run.
 *
 * ## Listings
 *
 * FUSE_READDIR and FUSE_READDIRPLUS with the handle LVMM_FUSE_NO_HANDLE and offset 0 list the directory of their node
 * from its beginning, as if it had been opened for that, and released afterwards. If the reply isn't all of it, the
 * next FUSE_OPENDIR of this node goes on with the same listing; one at a time is kept for that, the last one.
 *
 * A reply is full, or the last one: where it has room for one more name of any length, there are no more. All names of
 * a directory that are in such replies, with a promise for each, are all of its names: until an event of the directory
 * says that a name was made, removed or moved, there is no other.
 *
 * ## Being told for a program's sake
 *
 * LVMM_FUSE_WATCH says that a program watches this directory, or (of a file) what is in the directory of its node: it
 * becomes watched, if it can be. It has no body, and its answer is empty: 0; -ENOSPC: the host allows no more;
 * -EOPNOTSUPP: its changes can't be told. Events of what the guest has done itself are marked as LVMM_FUSE_EVENT_ECHO,
 * as are those of files that the guest doesn't see (a cow share's, of which it has changed its own copy): they take
 * back what was promised, as others do, but are no news to a program.
 *
 * ## Not being told
 *
 * Of the guest's own FUSE_CREATE, MKNOD, MKDIR, SYMLINK, SETATTR (but of a size), WRITE (but of cached pages) and
 * RELEASE (if its flags say O_RDWR) there are no events at all. When it has the answer, and when it sends a RELEASE,
 * the guest takes back what it knew: of a new name's directory the names and the attributes, else the file's attributes
 * and cached data. An equal change of another's in these very moments may be lost to the events along with it: it is
 * seen by whoever asks after the answer, and so these answers promise no attributes; that of SETATTR has none at all
 * (zeros).
 */
#ifndef LVMM_BOOT_ABI_SHARE_H
#define LVMM_BOOT_ABI_SHARE_H

#include <stdint.h>

#define LVMM_FUSE_EVENTS 0x4c564d01u /* an operation's number, far from FUSE's own */
#define LVMM_FUSE_WATCH 0x4c564d02u  /* the same */
#define LVMM_FUSE_TOLD UINT64_MAX    /* a validity in seconds */
#define LVMM_FUSE_NO_HANDLE 0u       /* no directory that is open has this number */
#define LVMM_FUSE_EVENTS_LEAST 4096u

/*
 * One of a reply's events. `mask` has inotify's bits (IN_*), those of LVMM_FUSE_EVENTS_TOLD and: IN_ISDIR, IN_IGNORED
 * (the directory isn't watched any more: nothing of its names or attributes is promised), IN_UNMOUNT, and IN_Q_OVERFLOW
 * with node 0: some events are lost, and nothing at all is promised of what was asked before. `cookie` is inotify's,
 * the same in both events of a rename. The name, without a NUL, and bytes of 0 follow, up to a multiple of 8; `length`
 * is the name's, 0: the event is the directory's own.
 */
struct lvmm_fuse_event {
    uint64_t node; /* the watched directory's */
    uint32_t mask, cookie;
    uint32_t length, flags; /* flags: LVMM_FUSE_EVENT_ECHO */
};
#define LVMM_FUSE_EVENT_ECHO 1u

/* IN_MODIFY, IN_ATTRIB, IN_CLOSE_WRITE, IN_MOVED_FROM, IN_MOVED_TO, IN_CREATE, IN_DELETE, IN_DELETE_SELF, IN_MOVE_SELF.
 * Mappings of the host's programs change files silently, until they end: IN_CLOSE_WRITE. */
#define LVMM_FUSE_EVENTS_TOLD 0x00000fceu

_Static_assert(sizeof(struct lvmm_fuse_event) == 24, "the same on both sides");

#endif
