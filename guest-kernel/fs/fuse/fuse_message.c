/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_message.c - see fuse_message.h. */
#include "fs/fuse/fuse_message.h"

#include "abi/errno.h"
#include "abi/time.h"
#include "core/news.h"
#include "core/pid.h"
#include "core/thread.h"
#include "core/threads.h"
#include "core/wait_queue.h"
#include "fs/fuse/reply.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/usercopy.h"
#include "vfs/flusher.h"
#include "vfs/pagecache.h"
#include "vfs/permission.h"

#define UNUSED_MAX 8u /* messages that are kept for the next who needs one */
/* How long the kernel's own threads, which nobody can kill, wait for a server that says nothing: the flusher has other
 * file systems as well, and the end of the machine should come. */
#define FLUSHER_WAITS_NS (5 * NS_PER_SEC)
#define KERNEL_WAITS_NS (20 * NS_PER_SEC)
#define INTERRUPTS 1u /* of a message's number: it is about that of the number without it */

_Static_assert(sizeof(struct fuse_message) <= 4096, "one is a frame");

/* ---- life ---- */

static struct fuse_message *message_new(struct fuse_connection *connection)
{
    struct fuse_message *message = connection->unused;

    if (message == NULL)
        return kmalloc(sizeof(*message));
    connection->unused = message->next;
    connection->unused_count--;
    message->request.done = NULL;
    message->request.ended = false;
    message->orphaned = NULL;
    message->answered = NULL;
    message->page_count = message->size = 0;
    message->data_size = 0;
    message->kept = message->pages_are_reply = false;
    return message;
}

static void message_begin(struct fuse_message *message, struct fuse_connection *connection, enum fuse_opcode opcode,
                          uint64_t node)
{
    const struct cred *cred = permission_cred();
    const struct thread *thread = current_thread();

    list_init(&message->away);
    message->connection = connection;
    message->in = (struct fuse_in){
        .opcode = opcode,
        .unique = connection->unique += 2, /* the bit below is INTERRUPTS */
        .node = node,
        .uid = cred != NULL ? cred->user.fs : 0,
        .gid = cred != NULL ? cred->group.fs : 0,
        .pid = thread->id != NULL ? (uint32_t)thread->id->number : 0,
    };
}

/* It goes with this message, the oldest first. */
static void owed_send(struct fuse_connection *connection, struct fuse_message *message)
{
    const struct fuse_owed owed = connection->owed[0];

    connection->owed_count--;
    memmove(connection->owed, connection->owed + 1, connection->owed_count * sizeof(owed));
    message_begin(message, connection, owed.opcode, owed.node);
    fuse_message_add(message, owed.args, owed.size);
    fuse_message_leave(message, 0);
}

/* A message has ended, so there is one. Where the server is gone, one that is sent ends here and now. */
static void owed_pay(struct fuse_connection *connection)
{
    struct fuse_message *message;

    if (connection->pays)
        return;
    connection->pays = true;
    current_thread()->wants_no_wait++;
    while (connection->owed_count != 0 && (message = message_new(connection)) != NULL)
        owed_send(connection, message);
    current_thread()->wants_no_wait--;
    connection->pays = false;
    fuse_connection_kick(connection);
}

/* What is owed goes before all that comes later: or the end of a lock would end the next one of the same owner. */
struct fuse_message *fuse_message(struct fuse_connection *connection, enum fuse_opcode opcode, uint64_t node,
                                  const void *args, size_t size)
{
    struct fuse_message *message = message_new(connection);

    while (message != NULL && connection->owed_count != 0) {
        owed_send(connection, message);
        message = message_new(connection);
    }
    if (message == NULL)
        return NULL;
    message_begin(message, connection, opcode, node);
    if (size != 0)
        fuse_message_add(message, args, size);
    return message;
}

/* ---- supplementary groups: a header has one group ---- */

static bool is_by_group(uint32_t user, uint32_t group)
{
    const struct cred *cred = permission_cred();

    return cred != NULL && cred->user.fs != user && cred->group.fs != group && permission_in_group(group);
}

void fuse_message_group(struct fuse_message *message, uint32_t user, uint32_t group)
{
    if (is_by_group(user, group))
        message->in.gid = group;
}

void fuse_message_maker(struct fuse_message *message, uint32_t user, uint32_t group)
{
    const struct fuse_group_extension extension = {sizeof(extension), FUSE_EXT_GROUPS, 1, group};

    if (!message->connection->has_groups || !is_by_group(user, group))
        return;
    fuse_message_add(message, &extension, sizeof(extension));
    message->in.extensions = sizeof(extension) / 8;
}

static void pages_put(struct fuse_message *message)
{
    for (unsigned i = 0; i < message->page_count; i++)
        page_put(message->pages[i]);
    message->page_count = 0;
}

static void keep(struct fuse_connection *connection, struct fuse_message *message)
{
    message->next = connection->unused;
    connection->unused = message;
    connection->unused_count++;
}

void fuse_message_end(struct fuse_message *message)
{
    struct fuse_connection *connection;

    if (message == NULL)
        return;
    connection = message->connection;
    pages_put(message);
    if (connection->unused_count >= UNUSED_MAX)
        kfree(message);
    else
        keep(connection, message);
    if (connection->owed_count != 0)
        owed_pay(connection);
}

/* ---- contents ---- */

void fuse_message_add(struct fuse_message *message, const void *bytes, size_t size)
{
    memcpy(message->text + message->size, bytes, size);
    message->size = (uint16_t)(message->size + size);
}

void fuse_message_name(struct fuse_message *message, const char *name, size_t length)
{
    fuse_message_add(message, name, length);
    fuse_message_add(message, "", 1);
}

/* A page that lies behind the one before it shares its segment. */
static void segment_add(struct fuse_request *request, unsigned at, unsigned *count, paddr_t addr, uint32_t size)
{
    struct fuse_segment *last = *count != 0 ? &request->segment[at + *count - 1] : NULL;

    if (last != NULL && last->addr + last->size == addr) {
        last->size += size;
        return;
    }
    request->segment[at + *count] = (struct fuse_segment){addr, size};
    ++*count;
}

void fuse_message_pages(struct fuse_message *message, struct page **pages, unsigned count, size_t size, bool reply)
{
    for (unsigned i = 0; i < count; i++) {
        page_get(pages[i]);
        message->pages[i] = pages[i];
    }
    message->page_count = (uint16_t)count;
    message->pages_are_reply = reply;
    message->data_size = (uint32_t)size;
}

int fuse_message_room(struct fuse_message *message, size_t size, bool reply)
{
    message->pages_are_reply = reply;
    message->data_size = (uint32_t)size;
    for (size_t left = size; left != 0; left -= left < PAGE_SIZE ? left : PAGE_SIZE) {
        struct page *page = pagecache_alloc(false);
        if (page == NULL)
            return -ENOMEM;
        message->pages[message->page_count++] = page;
    }
    return 0;
}

size_t fuse_message_user_room(struct fuse_message *message, uaddr_t at, size_t size)
{
    struct page *page;

    message->pages_are_reply = true;
    message->data_size = 0;
    while (size - message->data_size >= PAGE_SIZE && user_page_get(at + message->data_size, true, &page) == 0) {
        if (page->flags & PAGE_WINDOW) { /* no device does */
            page_put(page);
            break;
        }
        message->pages[message->page_count++] = page;
        message->data_size += PAGE_SIZE;
    }
    return message->data_size;
}

void fuse_message_copy_out(const struct fuse_message *message, void *to, size_t size)
{
    for (size_t done = 0; done < size;) {
        size_t step = size - done < PAGE_SIZE ? size - done : PAGE_SIZE;
        memcpy((char *)to + done, page_data(message->pages[done >> PAGE_SHIFT]), step);
        done += step;
    }
}

void fuse_message_copy_in(struct fuse_message *message, const void *from, size_t size)
{
    for (size_t done = 0; done < size;) {
        size_t step = size - done < PAGE_SIZE ? size - done : PAGE_SIZE;
        memcpy(page_data(message->pages[done >> PAGE_SHIFT]), (const char *)from + done, step);
        done += step;
    }
}

/* ---- there and back ---- */

static void pages_describe(struct fuse_message *message, unsigned at, unsigned *count)
{
    size_t left = message->data_size;

    for (unsigned i = 0; i < message->page_count && left != 0; i++) {
        size_t step = left < PAGE_SIZE ? left : PAGE_SIZE;
        segment_add(&message->request, at, count, page_phys(message->pages[i]), (uint32_t)step);
        left -= step;
    }
}

/* Data comes last in a message, and in a reply. A message without a reply has no room for one. */
void fuse_message_send(struct fuse_message *message, size_t most)
{
    struct fuse_request *request = &message->request;
    const size_t data = message->pages_are_reply ? 0 : message->data_size;
    const bool is_answered = message->in.opcode != FUSE_BATCH_FORGET;

    message->in.length = (uint32_t)(sizeof(message->in) + message->size + data);
    message->out = (struct fuse_out){0};
    request->segment[0] =
        (struct fuse_segment){virt_to_phys(&message->in), (uint32_t)sizeof(message->in) + message->size};
    request->read_count = 1;
    request->write_count = 0;
    if (data != 0)
        pages_describe(message, 0, &request->read_count);
    if (is_answered) {
        request->segment[request->read_count] =
            (struct fuse_segment){virt_to_phys(&message->out), (uint32_t)(sizeof(message->out) + most)};
        request->write_count = 1;
        if (message->pages_are_reply)
            pages_describe(message, request->read_count, &request->write_count);
    }
    request->first = !is_answered || message->in.opcode == FUSE_INTERRUPT;
    message->moment = fuse_connection_moment(message->connection);
    fuse_port_start(message->connection->port, request);
}

void fuse_connection_kick(struct fuse_connection *connection)
{
    fuse_port_kick(connection->port);
}

/* One that nobody waits for has ended. */
static void away_done(struct fuse_request *request)
{
    struct fuse_message *message = container_of(request, struct fuse_message, request);
    struct fuse_connection *connection = message->connection;

    if (message->answered != NULL && message->answered(message))
        return;
    list_remove(&message->away);
    if (message->kept)
        return;
    if (message->orphaned != NULL && request->result == 0)
        message->orphaned(message);
    fuse_message_end(message);
    if (connection->drained != NULL && !connection->pays && list_is_empty(&connection->away))
        connection->drained(connection);
}

static void away_add(struct fuse_message *message)
{
    message->request.done = away_done;
    list_insert(&message->connection->away, &message->away);
}

void fuse_message_leave(struct fuse_message *message, size_t most)
{
    away_add(message);
    fuse_message_send(message, most);
}

void fuse_message_owe(struct fuse_connection *connection, enum fuse_opcode opcode, uint64_t node, const void *args,
                      size_t size)
{
    current_thread()->wants_no_wait++; /* for memory */
    struct fuse_message *message = fuse_message(connection, opcode, node, args, size);
    current_thread()->wants_no_wait--;

    if (message != NULL) {
        fuse_message_leave(message, 0);
        return;
    }
    if (connection->owed_count == FUSE_OWED_MAX)
        return;
    struct fuse_owed *owed = &connection->owed[connection->owed_count++];
    *owed = (struct fuse_owed){.opcode = opcode, .node = node, .size = (uint32_t)size};
    memcpy(owed->args, args, size);
}

uint64_t fuse_patience_ns(void)
{
    if (current_thread()->process != process_kernel())
        return FUSE_NO_END;
    return flusher_is_current() ? FLUSHER_WAITS_NS : KERNEL_WAITS_NS;
}

static int wait(const struct fuse_message *message)
{
    return fuse_port_wait(message->connection->port, &message->request, WAIT_KILLABLE, fuse_patience_ns());
}

void fuse_message_again(struct fuse_message *message, size_t most)
{
    message->in.unique = message->connection->unique += 2;
    fuse_message_send(message, most);
}

uint64_t fuse_connection_moment(const struct fuse_connection *connection)
{
    return news_count + connection->told;
}

int64_t fuse_message_wait(struct fuse_message **own, void *out, size_t size, size_t least, size_t most)
{
    struct fuse_message *message = *own;
    struct fuse_out head;

    int error = message->request.ended ? 0 : wait(message);
    if (error != 0) {
        away_add(message);
        *own = NULL;
        return error == -ETIMEDOUT ? -EIO : error;
    }
    if (message->request.result != 0)
        return message->request.result;
    head = message->out; /* which the server may change as we look at it */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    int64_t got = fuse_reply_size(&head, message->request.written, message->in.unique, least, most);
    /* Answers of the other queue have no order with events. */
    if (!message->request.first && message->moment > message->connection->proved)
        message->connection->proved = message->moment;
    if (got > 0 && size != 0)
        memcpy(out, message->reply, (size_t)got < size ? (size_t)got : size);
    return got;
}

int64_t fuse_call(struct fuse_message **message, void *out, size_t least, size_t size)
{
    fuse_message_send(*message, size);
    fuse_connection_kick((*message)->connection);
    return fuse_message_wait(message, out, size, least, size);
}

/* That nobody wants to wait for the message of that number any more. NULL: no memory. */
static struct fuse_message *interrupt_message(struct fuse_connection *connection, uint64_t unique)
{
    const struct fuse_interrupt_in in = {unique};
    struct fuse_message *message = fuse_message(connection, FUSE_INTERRUPT, 0, &in, sizeof(in));

    if (message != NULL)
        message->in.unique = unique | INTERRUPTS;
    return message;
}

/* Tells the server. It may have come to that before the message: then it is told again. */
static void interrupt(const struct fuse_message *message)
{
    int64_t got = -EAGAIN;

    while (got == -EAGAIN && !message->request.ended) {
        struct fuse_message *own = interrupt_message(message->connection, message->in.unique);
        if (own == NULL)
            return;
        got = fuse_call(&own, NULL, 0, 0);
        fuse_message_end(own);
    }
}

static bool is_away(const struct fuse_connection *connection, uint64_t unique)
{
    for (const struct list *at = connection->away.next; at != &connection->away; at = at->next)
        if (container_of(at, struct fuse_message, away)->in.unique == unique)
            return true;
    return false;
}

/* The same of one that nobody is there for any more. */
static bool interrupt_again(struct fuse_message *message)
{
    if (message->request.result != 0 || message->request.written < sizeof(message->out) ||
        message->out.error != -EAGAIN || !is_away(message->connection, message->in.unique & ~(uint64_t)INTERRUPTS))
        return false;
    fuse_message_send(message, 0);
    return true;
}

/* Nobody waits for the message any more, who was to end before he could be sure that the server knows. */
static void interrupt_away(struct fuse_connection *connection, uint64_t unique)
{
    struct fuse_message *message = interrupt_message(connection, unique);

    if (message == NULL)
        return;
    message->answered = interrupt_again;
    fuse_message_leave(message, 0);
    fuse_connection_kick(connection);
}

int64_t fuse_call_interruptible(struct fuse_message **message, void *out, size_t least, size_t size)
{
    struct fuse_message *sent = *message;
    struct fuse_connection *connection = sent->connection;
    const uint64_t unique = sent->in.unique;

    fuse_message_send(sent, size);
    fuse_connection_kick(connection);
    bool interrupted = fuse_port_wait(connection->port, &sent->request, WAIT_INTERRUPTIBLE, FUSE_NO_END) != 0;
    if (interrupted)
        interrupt(sent);
    int64_t got = fuse_message_wait(message, out, size, least, size);
    if (*message == NULL)
        interrupt_away(connection, unique);
    return interrupted && got == -EINTR ? -ERESTARTSYS : got;
}

/* ---- the end ---- */

bool fuse_connection_settle(struct fuse_connection *connection)
{
    fuse_port_kick(connection->port);
    fuse_port_settle(connection->port);
    while (!list_is_empty(&connection->away)) {
        struct fuse_message *message = container_of(connection->away.next, struct fuse_message, away);
        message->kept = true; /* NOLINT(clang-analyzer-unix.Malloc): one that was freed has left the list */
        bool ended = wait(message) == 0;
        message->kept = false;
        if (!ended)
            return false;
        fuse_message_end(message);
    }
    return true;
}

void fuse_connection_end(struct fuse_connection *connection)
{
    while (connection->unused != NULL) {
        struct fuse_message *message = connection->unused;
        connection->unused = message->next;
        kfree(message);
    }
    connection->unused_count = 0;
}
