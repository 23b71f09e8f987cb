/* SPDX-License-Identifier: Apache-2.0 */
/* listmount.c - the numbers of the mounts below one: listmount(2). */
#include "sys/syscall.h"

#include "core/wait.h"
#include "sys/mount_request.h"
#include "sys/user.h"

#define IDS_MAX 1000000u    /* Linux's */
#define IDS_AT_ONCE 32u     /* to the program */
#define STEPS_AT_ONCE 4096u /* from a mount to the one that it lies in, before others have a turn */

/* What is being listed: mounts below `top`, whose references the caller has, without the one that is `but`. */
struct listing {
    struct path top;
    uint64_t but, next; /* the number to go on with */
    bool downwards;
    unsigned steps;
};

/* The next number. 0: there is none. May wait. *error: -EINTR. */
static uint64_t next_id(struct listing *listing, int *error)
{
    const struct mount *mount;

    while (listing->next != 0 && (mount = mount_from_id(listing->next, listing->downwards)) != NULL) {
        uint64_t id = mount->unique_id;
        bool is_one = mount_is_within(mount, &listing->top, &listing->steps) && id != listing->but;

        listing->next = listing->downwards ? id - 1 : id + 1;
        if (listing->steps >= STEPS_AT_ONCE) {
            listing->steps = 0;
            if (wait_loop_ends(true)) {
                *error = -EINTR;
                return 0;
            }
        }
        if (is_one)
            return id;
    }
    return 0;
}

/* Up to `room` numbers to `address`: how many, or -errno. */
static int64_t ids_put(struct listing *listing, uaddr_t address, uint64_t room)
{
    uint64_t ids[IDS_AT_ONCE], done = 0;
    unsigned count = IDS_AT_ONCE;
    int error = 0;

    while (count == IDS_AT_ONCE && done < room) {
        for (count = 0; count < IDS_AT_ONCE && done + count < room; count++)
            if ((ids[count] = next_id(listing, &error)) == 0)
                break;
        if (error != 0)
            return error;
        if (count != 0 && copy_to_user(address + done * sizeof(ids[0]), ids, count * sizeof(ids[0])) != 0)
            return -EFAULT;
        done += count;
    }
    return (int64_t)done;
}

/* What is listed, and what not, with references. 0, -ENOENT, -EPERM. */
static int listing_begin(struct listing *listing, const struct mnt_id_req *request)
{
    struct mount *mount;
    int error;

    listing->but = request->mnt_id;
    listing->top = *path_root();
    if (request->mnt_id != LSMT_ROOT) {
        mount = mount_from_id(request->mnt_id, false);
        if (mount == NULL || mount->unique_id != request->mnt_id)
            return -ENOENT;
        error = mount_request_permitted(mount, path_root());
        if (error != 0)
            return error;
        listing->top = (struct path){mount, mount->root};
    }
    path_get(&listing->top);
    return 0;
}

int64_t sys_listmount(const uint64_t arg[6])
{
    struct listing listing = {.downwards = ((uint32_t)arg[3] & LISTMOUNT_REVERSE) != 0};
    struct mnt_id_req request;

    if ((uint32_t)arg[3] & ~LISTMOUNT_REVERSE)
        return -EINVAL;
    if (arg[2] > IDS_MAX)
        return -EOVERFLOW;
    int64_t result = mount_request_check_room(arg[1], arg[2] * sizeof(uint64_t));
    if (result == 0)
        result = mount_request_get(&request, arg[0]);
    if (result == 0 && request.param != 0 && request.param <= MOUNT_UNIQUE_FIRST)
        result = -EINVAL;
    if (result == 0)
        result = mount_request_check_ns(&request);
    if (result == 0)
        result = listing_begin(&listing, &request);
    if (result != 0)
        return result;
    listing.next = listing.downwards ? request.param - 1 : request.param + 1; /* 0: from the last, or the first */
    result = ids_put(&listing, arg[1], arg[2]);
    path_put(&listing.top);
    return result;
}
