/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse_message.h - a message to a server of files and its reply: made, sent, waited for.
 *
 * Usually:
 *
 *     message = fuse_message(connection, FUSE_OPEN, node, &in, sizeof(in));      NULL: no memory
 *     size = fuse_call(&message, &out, sizeof(out), sizeof(out));
 *     fuse_message_end(message);
 *
 * Several can be under way: fuse_message_send for each, fuse_connection_kick, fuse_message_wait for each.
 */
#ifndef GK_FS_FUSE_FUSE_MESSAGE_H
#define GK_FS_FUSE_FUSE_MESSAGE_H

#include <stddef.h>

#include "fs/fuse/protocol.h"
#include "lib/list.h"
#include "vfs/fuse_port.h"

#define FUSE_PAGES_MAX (FUSE_SEGMENTS_MAX - 2u) /* of data with a message */
#define FUSE_TEXT_MAX 640u                      /* bytes of a message but for data: two names */
#define FUSE_REPLY_MAX 160u                     /* and of a reply */

#define FUSE_OWED_MAX 32u

/* A message that there was no memory for, and that must come all the same: a lock or a handle is to go. */
struct fuse_owed {
    enum fuse_opcode opcode;
    uint32_t size;
    uint64_t node, args[6];
};

struct fuse_connection {
    struct fuse_port *port;
    uint64_t unique;              /* the last message's */
    unsigned pages_most;          /* with a message */
    bool has_records, has_wholes; /* the server keeps locks of fcntl(2), and of flock(2) */
    bool has_groups;              /* it takes a struct fuse_group_extension */
    struct fuse_message *unused;
    unsigned unused_count;
    struct list away; /* messages that nobody waits for */
    bool pays;        /* what it owes, at this moment */
    unsigned owed_count;
    struct fuse_owed owed[FUSE_OWED_MAX];
    /* Of what others change (fuse_told.h): how often the server has told of that; and the newest moment that a message
     * which it has answered since was sent at. */
    uint64_t told, proved;
    /* Called when the last of them has ended; may free the connection. NULL: nobody minds. */
    void (*drained)(struct fuse_connection *connection);
};

struct fuse_message {
    struct fuse_request request;
    struct fuse_connection *connection;
    struct fuse_message *next; /* of those that aren't used */
    struct list away;
    bool kept;       /* its end doesn't free it: somebody waits after all */
    uint64_t moment; /* fuse_connection_moment when it was sent */
    /* Nobody waits, and it was answered: true, it is under way again. NULL: it ends. */
    bool (*answered)(struct fuse_message *message);
    /* What a reply gives that nobody is there for any more, to be given back; NULL: nothing. */
    void (*orphaned)(struct fuse_message *message);
    uint16_t page_count, size; /* pages; bytes of the text */
    uint32_t data_size;        /* bytes in the pages */
    bool pages_are_reply;
    struct page *pages[FUSE_PAGES_MAX];            /* with references */
    struct fuse_in in __attribute__((aligned(8))); /* the text follows */
    uint8_t text[FUSE_TEXT_MAX];
    struct fuse_out out __attribute__((aligned(8))); /* the same */
    uint8_t reply[FUSE_REPLY_MAX];
};

/* A message of the current thread, with `size` bytes that every such message has. NULL: no memory. */
struct fuse_message *fuse_message(struct fuse_connection *connection, enum fuse_opcode opcode, uint64_t node,
                                  const void *args, size_t size);
/* The thread is in the group `group` that a file is of, as one of more: what is done with that file by the message, but
 * for making others in it, is done with this group, if the thread isn't the file's user `user`. */
void fuse_message_group(struct fuse_message *message, uint32_t user, uint32_t group);
/* The same of a directory in which the message makes a file, which has the thread's own group nevertheless, where the
 * server can tell the two apart. After all else that it has. */
void fuse_message_maker(struct fuse_message *message, uint32_t user, uint32_t group);
/* Adds a name, of at most NAME_MAX bytes, and a NUL. */
void fuse_message_name(struct fuse_message *message, const char *name, size_t length);
/* Adds bytes; they fit. */
void fuse_message_add(struct fuse_message *message, const void *bytes, size_t size);
/* Its data, or with `reply` room for that of the reply, is in these pages, of which it takes references of its own:
 * at most connection->pages_most. `size` bytes in all, from the start of the first. */
void fuse_message_pages(struct fuse_message *message, struct page **pages, unsigned count, size_t size, bool reply);
/* The same of new pages, whose contents may be anything. 0 or -ENOMEM. */
int fuse_message_room(struct fuse_message *message, size_t size, bool reply);
/* Room for `size` bytes of the reply in the current process's own pages, from the start of that at `at` on, as far as
 * the server reaches them: bytes of whole pages, 0: of none. It may wait. */
size_t fuse_message_user_room(struct fuse_message *message, uaddr_t at, size_t size);
/* The data of the reply, or of the message, and memory of the kernel. */
void fuse_message_copy_out(const struct fuse_message *message, void *to, size_t size);
void fuse_message_copy_in(struct fuse_message *message, const void *from, size_t size);

/* Hands it over; `most`: bytes of the reply without data. The server sees it with the next kick. */
void fuse_message_send(struct fuse_message *message, size_t most);
void fuse_connection_kick(struct fuse_connection *connection);
/* Waits for the reply, of `least` to `most` bytes, data included, the first `size` of which it copies to `out`: how
 * many there are, or -errno. -EINTR: the thread is to end; -EIO: it is the kernel's, and lost patience; then *own is
 * NULL, as the server still has it. */
int64_t fuse_message_wait(struct fuse_message **own, void *out, size_t size, size_t least, size_t most);
/* All at once. `least`, `size`: of the reply, which has no data. */
int64_t fuse_call(struct fuse_message **message, void *out, size_t least, size_t size);
/* The same of what a signal ends: then the server is told so, and the reply waited for all the same, which says whether
 * it was done. -ERESTARTSYS: it wasn't. */
int64_t fuse_call_interruptible(struct fuse_message **message, void *out, size_t least, size_t size);
/* Sends it, and nobody waits: it frees itself. */
void fuse_message_leave(struct fuse_message *message, size_t most);
/* Sends one that has no name, no data and no reply, and for which the caller can't fail: where there is no memory, it
 * goes as soon as another message has ended, and before any that is made later. More than FUSE_OWED_MAX of these are
 * lost until the session's end. At most as large as fuse_owed.args. Waits for nothing; kicked if it is late. */
void fuse_message_owe(struct fuse_connection *connection, enum fuse_opcode opcode, uint64_t node, const void *args,
                      size_t size);
/* The same once more of one that was answered: all of it but its number is as it was. */
void fuse_message_again(struct fuse_message *message, size_t most);
/* Counts what has come from outside, other than answers. */
uint64_t fuse_connection_moment(const struct fuse_connection *connection);
/* Gives it back, which isn't under way; NULL: does nothing. */
void fuse_message_end(struct fuse_message *message);

/* How long the current thread waits for a server that says nothing. */
uint64_t fuse_patience_ns(void);
/* Waits for what nobody has waited for. False: something doesn't come. */
bool fuse_connection_settle(struct fuse_connection *connection);
/* Frees the messages that aren't used. */
void fuse_connection_end(struct fuse_connection *connection);

#endif
