/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unix_rights.c - open files on their way by local sockets (SCM_RIGHTS): how many a user has there, and the garbage:
 * sockets that are in nothing but the queues of one another, so that nobody can ever receive them.
 *
 * A socket whose file has more references than are on their way can be reached, and so can what its queue has. Of the
 * others each is counted down by what the queues of those others hold of it: what has something left is in the queue of
 * one that can be reached, and so is what is found in its queue, and so on. The rest is garbage, whose queues are
 * purged.
 *
 * Programs decide how much there is to look at. So the search gives way now and then, and what it has found counts only
 * if by its end nobody has moved what is on its way; garbage itself stays as it is.
 */
#include "abi/errno.h"
#include "core/process.h"
#include "core/rlimit.h"
#include "core/wait.h"
#include "mm/kmalloc.h"
#include "net/unix.h"
#include "vfs/permission.h"

#define STEPS_AT_ONCE 4096u /* sockets, packets and files that are looked at, until others have a turn */
#define ENDS_AT_ONCE 256u   /* and files that are let go */
#define SEARCHES_MAX 8u     /* where others move things each time, what is left waits for the next socket's end */

static struct list flying = {&flying, &flying}; /* unix_socket.flying */
uint64_t unix_rights_changes;
const struct unix_socket *unix_rights_walked;

/* ---- how many a user has on their way ---- */

struct user_count {
    struct user_count *next;
    uint32_t user;
    uint64_t count;
};
static struct user_count *counts; /* of those that have any */

static struct user_count **count_of(uint32_t user)
{
    struct user_count **at = &counts;

    while (*at != NULL && (*at)->user != user)
        at = &(*at)->next;
    return at;
}

static int count_begin(const struct control_files *files)
{
    uint64_t most = rlimit_get(current_process(), RLIMIT_NOFILE).soft;
    struct user_count *count = *count_of(files->user);

    if (count != NULL && count->count > most && !permission_has(CAP_SYS_RESOURCE) && !permission_has(CAP_SYS_ADMIN))
        return -ETOOMANYREFS;
    if (count == NULL) {
        struct user_count *made = kmalloc(sizeof(*made));

        count = *count_of(files->user); /* another's, as this one waited for memory */
        if (count != NULL) {
            kfree(made);
        } else {
            if (made == NULL)
                return -ENOMEM;
            *made = (struct user_count){.next = counts, .user = files->user};
            counts = count = made;
        }
    }
    count->count += files->count;
    return 0;
}

static void count_end(const struct control_files *files)
{
    struct user_count **at = count_of(files->user), *count = *at;

    if (count == NULL) /* it can't be: count_begin came first */
        return;
    count->count -= files->count;
    if (count->count == 0) {
        *at = count->next;
        kfree(count);
    }
}

/* ---- which sockets are on their way ---- */

/* The local socket that a file is; NULL: none. */
static struct unix_socket *unix_of_file(const struct file *file)
{
    struct socket *socket = socket_of(file);

    return socket != NULL && socket->family == AF_UNIX ? unix_of(socket) : NULL;
}

int unix_rights_begin(struct control_files *files)
{
    int error = count_begin(files);

    if (error != 0)
        return error;
    for (uint32_t i = 0; i < files->count; i++) {
        struct unix_socket *unix_socket = unix_of_file(files->file[i]);

        if (unix_socket == NULL)
            continue;
        unix_rights_changes++;
        if (unix_socket->in_flight++ == 0)
            list_insert(&flying, &unix_socket->flying);
    }
    return 0;
}

void unix_rights_end(struct control_files *files)
{
    for (uint32_t i = 0; i < files->count; i++) {
        struct unix_socket *unix_socket = unix_of_file(files->file[i]);

        if (unix_socket == NULL)
            continue;
        unix_rights_changes++;
        if (--unix_socket->in_flight == 0)
            list_remove(&unix_socket->flying);
    }
    count_end(files);
}

/* ---- garbage ---- */

struct search {
    uint64_t changes;                  /* unix_rights_changes when it began */
    struct list candidates, reachable; /* unix_socket.flying */
};
typedef void visitor(struct unix_socket *found, struct search *search);

/* After each thing that was looked at: gives way now and then. False: what was found counts no more, and nothing that
 * was looked at may be there. */
static bool goes_on(const struct search *search)
{
    static unsigned steps; /* of all searches: there is one after each end of many in a row */

    if (++steps % STEPS_AT_ONCE != 0)
        return true;
    (void)wait_loop_ends(true);
    return search->changes == unix_rights_changes;
}

/* Calls `visit` for each local socket that is in the queue of this one, or of those that wait to be accepted by it.
 * False: as goes_on. */
static bool visit_queue(const struct unix_socket *of, visitor *visit, struct search *search)
{
    unix_rights_walked = of;
    for (const struct unix_packet *packet = of->first; packet != NULL; packet = packet->next) {
        for (uint32_t i = 0; packet->files != NULL && i < packet->files->count; i++) {
            struct unix_socket *found = unix_of_file(packet->files->file[i]);

            if (found != NULL)
                visit(found, search);
            if (!goes_on(search))
                return false;
        }
        if (!goes_on(search))
            return false;
    }
    return true;
}

static bool visit_held(const struct unix_socket *of, visitor *visit, struct search *search)
{
    if (!visit_queue(of, visit, search))
        return false;
    for (const struct unix_socket *caller = of->callers; caller != NULL; caller = caller->next_caller) {
        if (!goes_on(search) || !visit_queue(caller, visit, search))
            return false;
    }
    return true;
}

static struct unix_socket *first_of(const struct list *list)
{
    return container_of(list->next, struct unix_socket, flying);
}

static void move(struct unix_socket *unix_socket, struct list *to)
{
    list_remove(&unix_socket->flying);
    list_insert(to, &unix_socket->flying);
}

static void move_all(struct list *from, struct list *to)
{
    if (list_is_empty(from))
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    list_init(from);
}

/* One reference to a candidate is in the queue of a candidate. */
static void count_down(struct unix_socket *found, struct search *search)
{
    (void)search;
    if (found->is_candidate)
        found->outside--;
}

/* It is in a queue that can be reached: so can it. */
static void found_reachable(struct unix_socket *found, struct search *search)
{
    if (!found->is_candidate)
        return;
    found->is_candidate = false;
    move(found, &search->reachable);
}

/* Those in flight whose files have no other references. False: as goes_on. */
static bool find_candidates(struct search *search)
{
    for (struct list *at = flying.next, *next; at != &flying; at = next) {
        struct unix_socket *unix_socket = container_of(at, struct unix_socket, flying);

        next = at->next;
        unix_socket->outside = unix_socket->in_flight;
        unix_socket->is_candidate = unix_socket->socket.file->refs == unix_socket->in_flight;
        if (unix_socket->is_candidate)
            move(unix_socket, &search->candidates);
        if (!goes_on(search))
            return false;
    }
    return true;
}

/* Sorts those in flight: what can be reached goes back to `flying`, the rest is left in the candidates. False: as
 * goes_on. */
static bool sort(struct search *search)
{
    struct list *candidates = &search->candidates;

    if (!find_candidates(search))
        return false;
    for (struct list *at = candidates->next; at != candidates; at = at->next)
        if (!goes_on(search) || !visit_held(container_of(at, struct unix_socket, flying), count_down, search))
            return false;
    for (struct list *at = candidates->next, *next; at != candidates; at = next) {
        struct unix_socket *unix_socket = container_of(at, struct unix_socket, flying);

        next = at->next;
        if (unix_socket->outside != 0)
            found_reachable(unix_socket, search);
        if (!goes_on(search))
            return false;
    }
    while (!list_is_empty(&search->reachable)) {
        struct unix_socket *unix_socket = first_of(&search->reachable);

        move(unix_socket, &flying);
        if (!goes_on(search) || !visit_held(unix_socket, found_reachable, search))
            return false;
    }
    return true;
}

/* Takes the files out of the queue of one that is garbage, from which nobody takes anything else. */
static void take_files(struct unix_socket *from, struct control_files **all, const struct search *search)
{
    for (struct unix_packet *packet = from->first; packet != NULL; packet = packet->next) {
        struct control_files *files = packet->files;

        (void)goes_on(search);
        if (files == NULL)
            continue;
        packet->files = NULL;
        files->next = *all;
        *all = files;
    }
}

static void give_way(unsigned *done, unsigned more)
{
    *done += more;
    if (*done < ENDS_AT_ONCE)
        return;
    *done = 0;
    (void)wait_loop_ends(true);
}

/* They are no longer on their way, and go. */
static void end_files(struct control_files *all)
{
    unsigned done = 0;

    for (struct control_files *files = all; files != NULL; files = files->next) {
        unix_rights_end(files);
        give_way(&done, files->count);
    }
    while (all != NULL) {
        struct control_files *files = all;

        all = files->next;
        give_way(&done, files->count);
        control_files_put(files);
    }
}

/* Finds garbage, and ends it. False: it is to be looked for again. */
static bool search_once(void)
{
    struct search search = {.changes = unix_rights_changes};
    struct control_files *all = NULL;
    bool found;

    list_init(&search.candidates);
    list_init(&search.reachable);
    found = sort(&search);
    if (found) {
        const struct list *candidates = &search.candidates;

        for (struct list *at = candidates->next; at != candidates; at = at->next) {
            struct unix_socket *unix_socket = container_of(at, struct unix_socket, flying);

            take_files(unix_socket, &all, &search);
            for (struct unix_socket *caller = unix_socket->callers; caller != NULL; caller = caller->next_caller) {
                take_files(caller, &all, &search);
                (void)goes_on(&search);
            }
        }
    }
    move_all(&search.reachable, &flying);
    move_all(&search.candidates, &flying);
    end_files(all);
    return found;
}

void unix_rights_collect(void)
{
    static bool at_work, again;
    bool is_done;

    again = true;
    if (at_work)
        return;
    at_work = true;
    for (unsigned i = 0; again && i < SEARCHES_MAX && !list_is_empty(&flying); i++) {
        again = false;
        is_done = search_once();
        again |= !is_done;
    }
    at_work = false;
}
