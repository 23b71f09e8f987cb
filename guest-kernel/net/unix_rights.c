/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unix_rights.c - open files on their way by local sockets (SCM_RIGHTS): how many a user has there, and the garbage:
 * sockets that are in nothing but the queues of one another, so that nobody can ever receive them.
 *
 * A socket whose file has more references than are on their way can be reached, and so can what its queue has. Of the
 * others each is counted down by what the queues of those others hold of it: what has something left is in the queue of
 * one that can be reached, and so is what is found in its queue, and so on. The rest is garbage, whose queues are
 * purged.
 */
#include "abi/errno.h"
#include "core/process.h"
#include "core/rlimit.h"
#include "mm/kmalloc.h"
#include "net/unix.h"
#include "vfs/permission.h"

static struct list flying = {&flying, &flying}; /* unix_socket.flying */

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

        if (unix_socket != NULL && unix_socket->in_flight++ == 0)
            list_insert(&flying, &unix_socket->flying);
    }
    return 0;
}

void unix_rights_end(struct control_files *files)
{
    for (uint32_t i = 0; i < files->count; i++) {
        struct unix_socket *unix_socket = unix_of_file(files->file[i]);

        if (unix_socket != NULL && --unix_socket->in_flight == 0)
            list_remove(&unix_socket->flying);
    }
    count_end(files);
}

/* ---- garbage ---- */

/* Calls `visit` for each local socket that is in the queue of this one, or of those that wait to be accepted by it. */
static void visit_queue(const struct unix_socket *of, void (*visit)(struct unix_socket *found, struct list *list),
                        struct list *list)
{
    for (const struct unix_packet *packet = of->first; packet != NULL; packet = packet->next) {
        for (uint32_t i = 0; packet->files != NULL && i < packet->files->count; i++) {
            struct unix_socket *found = unix_of_file(packet->files->file[i]);

            if (found != NULL)
                visit(found, list);
        }
    }
}

static void visit_held(const struct unix_socket *of, void (*visit)(struct unix_socket *found, struct list *list),
                       struct list *list)
{
    visit_queue(of, visit, list);
    for (const struct unix_socket *caller = of->callers; caller != NULL; caller = caller->next_caller)
        visit_queue(caller, visit, list);
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

/* One reference to a candidate is in the queue of a candidate. */
static void count_down(struct unix_socket *found, struct list *list)
{
    (void)list;
    if (found->is_candidate)
        found->outside--;
}

/* It is in a queue that can be reached: so can it. */
static void found_reachable(struct unix_socket *found, struct list *reachable)
{
    if (!found->is_candidate)
        return;
    found->is_candidate = false;
    move(found, reachable);
}

/* Sorts those in flight: what can be reached goes back to `flying`, the rest is left in `candidates`. */
static void sort(struct list *candidates)
{
    struct list reachable = {&reachable, &reachable}, *at, *next;

    for (at = flying.next; at != &flying; at = next) {
        struct unix_socket *unix_socket = container_of(at, struct unix_socket, flying);

        next = at->next;
        unix_socket->outside = unix_socket->in_flight;
        unix_socket->is_candidate = unix_socket->socket.file->refs == unix_socket->in_flight;
        if (unix_socket->is_candidate)
            move(unix_socket, candidates);
    }
    for (at = candidates->next; at != candidates; at = at->next)
        visit_held(container_of(at, struct unix_socket, flying), count_down, NULL);
    for (at = candidates->next; at != candidates; at = next) {
        struct unix_socket *unix_socket = container_of(at, struct unix_socket, flying);

        next = at->next;
        if (unix_socket->outside != 0)
            found_reachable(unix_socket, &reachable);
    }
    while (!list_is_empty(&reachable)) {
        struct unix_socket *unix_socket = first_of(&reachable);

        move(unix_socket, &flying);
        visit_held(unix_socket, found_reachable, &reachable);
    }
}

/* Takes the files out of a queue: they are no longer on their way. */
static void take_files(struct unix_socket *from, struct control_files **all)
{
    for (struct unix_packet *packet = from->first; packet != NULL; packet = packet->next) {
        struct control_files *files = packet->files;

        if (files == NULL)
            continue;
        packet->files = NULL;
        files->next = *all;
        *all = files;
    }
}

void unix_rights_collect(void)
{
    struct list candidates = {&candidates, &candidates};
    struct control_files *all = NULL;

    if (list_is_empty(&flying))
        return;
    sort(&candidates);
    for (struct list *at = candidates.next; at != &candidates; at = at->next) {
        struct unix_socket *unix_socket = container_of(at, struct unix_socket, flying);

        unix_socket->is_candidate = false;
        take_files(unix_socket, &all);
        for (struct unix_socket *caller = unix_socket->callers; caller != NULL; caller = caller->next_caller)
            take_files(caller, &all);
    }
    while (!list_is_empty(&candidates))
        move(first_of(&candidates), &flying);
    for (struct control_files *files = all; files != NULL; files = files->next)
        unix_rights_end(files);
    while (all != NULL) {
        struct control_files *files = all;

        all = files->next;
        control_files_put(files);
    }
}
