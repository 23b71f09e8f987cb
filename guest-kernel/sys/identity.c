/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.c - the calls that ask for and change user and group IDs and capabilities (credentials(7), capabilities(7)).
 *
 * The rules are those of Linux's kernel/sys.c and security/commoncap.c. Files aren't guarded by them yet: every program
 * may reach every file.
 */
#include "core/cred.h"

#include "core/pid.h"
#include "core/wait.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "sys/identity.h"
#include "sys/limit.h"
#include "sys/syscall.h"
#include "sys/user.h"

#define ID_NONE UINT32_MAX /* -1: leave as it is */

static struct cred *own(void)
{
    return &current_thread()->cred;
}

/* Puts changed credentials in force (commit_creds): a process that acts as another isn't shown to others any more. */
static void cred_set(const struct cred *changed)
{
    struct process *process = current_process();
    struct cred *old = own();
    bool acts_alike = old->user.effective == changed->user.effective && old->user.fs == changed->user.fs &&
                      old->group.effective == changed->group.effective && old->group.fs == changed->group.fs &&
                      !(changed->permitted & ~old->permitted);
    bool user_differs;

    if (!acts_alike) {
        process->dumpable = 0;
        current_thread()->parent_death_signal = 0;
    }
    user_differs = old->user.real != changed->user.real;
    *old = *changed;
    cred_renew(old);
    if (user_differs)
        current_thread()->over_nproc = nproc_exceeded(current_thread(), -1);
}

/* ---- IDs ---- */

static bool is_one_of(const struct cred_ids *ids, uint32_t id)
{
    return id == ids->real || id == ids->effective || id == ids->saved;
}

/* setuid and setgid. */
static int ids_set_one(struct cred_ids *ids, uint32_t id, bool privileged)
{
    if (id == ID_NONE)
        return -EINVAL;
    if (privileged)
        ids->real = ids->saved = id;
    else if (id != ids->real && id != ids->saved)
        return -EPERM;
    ids->effective = ids->fs = id;
    return 0;
}

/* setreuid and setregid. */
static int ids_set_two(struct cred_ids *ids, uint32_t real, uint32_t effective, bool privileged)
{
    const struct cred_ids old = *ids;

    if ((real != ID_NONE && real != old.real) != 0 && real != old.effective && !privileged)
        return -EPERM;
    if ((effective != ID_NONE && !is_one_of(&old, effective)) != 0 && !privileged)
        return -EPERM;
    if (real != ID_NONE)
        ids->real = real;
    if (effective != ID_NONE)
        ids->effective = effective;
    if ((real != ID_NONE || (effective != ID_NONE && effective != old.real)) != 0)
        ids->saved = ids->effective;
    ids->fs = ids->effective;
    return 0;
}

/* setresuid and setresgid. */
static int ids_set_three(struct cred_ids *ids, const uint64_t arg[6], bool privileged)
{
    const struct cred_ids old = *ids;
    uint32_t *const to[] = {&ids->real, &ids->effective, &ids->saved};

    for (unsigned i = 0; i < 3; i++)
        if (((uint32_t)arg[i] != ID_NONE && !is_one_of(&old, (uint32_t)arg[i])) != 0 && !privileged)
            return -EPERM;
    for (unsigned i = 0; i < 3; i++)
        if ((uint32_t)arg[i] != ID_NONE)
            *to[i] = (uint32_t)arg[i];
    ids->fs = ids->effective;
    return 0;
}

static bool ids_are_same(const struct cred_ids *a, const struct cred_ids *b)
{
    return a->real == b->real && a->effective == b->effective && a->saved == b->saved && a->fs == b->fs;
}

/* setfsuid and setfsgid, which give back the old one whether or not they did anything. */
static bool ids_set_fs(struct cred_ids *ids, uint32_t id, bool privileged)
{
    if ((id == ID_NONE || (!is_one_of(ids, id) && id != ids->fs && !privileged)) != 0)
        return false;
    if (ids->fs == id)
        return false; /* nothing is to be done */
    ids->fs = id;
    return true;
}

static bool any_is_root(const struct cred_ids *user)
{
    return user->real == 0 || user->effective == 0 || user->saved == 0;
}

/* "Effect of user ID changes on capabilities", and then the new credentials hold. */
static void user_changed(struct cred *changed)
{
    const struct cred_ids *old = &own()->user;

    if (!(changed->securebits & SECURE_NO_SETUID_FIXUP)) {
        if (any_is_root(old) && !any_is_root(&changed->user)) {
            if (!(changed->securebits & SECURE_KEEP_CAPS))
                changed->permitted = changed->effective = 0;
            changed->ambient = 0;
        }
        if (old->effective == 0 && changed->user.effective != 0)
            changed->effective = 0;
        if (old->effective != 0 && changed->user.effective == 0)
            changed->effective = changed->permitted;
    }
    cred_set(changed);
}

int64_t sys_getuid(const uint64_t arg[6])
{
    (void)arg;
    return own()->user.real;
}

int64_t sys_geteuid(const uint64_t arg[6])
{
    (void)arg;
    return own()->user.effective;
}

int64_t sys_getgid(const uint64_t arg[6])
{
    (void)arg;
    return own()->group.real;
}

int64_t sys_getegid(const uint64_t arg[6])
{
    (void)arg;
    return own()->group.effective;
}

int64_t sys_setuid(const uint64_t arg[6])
{
    struct cred changed = *own();
    int error = ids_set_one(&changed.user, (uint32_t)arg[0], cred_has(&changed, CAP_SETUID));

    if (error == 0)
        user_changed(&changed);
    return error;
}

int64_t sys_setgid(const uint64_t arg[6])
{
    struct cred changed = *own();
    int error = ids_set_one(&changed.group, (uint32_t)arg[0], cred_has(&changed, CAP_SETGID));

    if (error == 0)
        cred_set(&changed);
    return error;
}

int64_t sys_setreuid(const uint64_t arg[6])
{
    struct cred changed = *own();
    int error = ids_set_two(&changed.user, (uint32_t)arg[0], (uint32_t)arg[1], cred_has(&changed, CAP_SETUID));

    if (error == 0)
        user_changed(&changed);
    return error;
}

int64_t sys_setregid(const uint64_t arg[6])
{
    struct cred changed = *own();
    int error = ids_set_two(&changed.group, (uint32_t)arg[0], (uint32_t)arg[1], cred_has(&changed, CAP_SETGID));

    if (error == 0)
        cred_set(&changed);
    return error;
}

int64_t sys_setresuid(const uint64_t arg[6])
{
    struct cred changed = *own();
    int error = ids_set_three(&changed.user, arg, cred_has(&changed, CAP_SETUID));

    if (error == 0 && !ids_are_same(&changed.user, &own()->user))
        user_changed(&changed);
    return error;
}

int64_t sys_setresgid(const uint64_t arg[6])
{
    struct cred changed = *own();
    int error = ids_set_three(&changed.group, arg, cred_has(&changed, CAP_SETGID));

    if (error == 0 && !ids_are_same(&changed.group, &own()->group))
        cred_set(&changed);
    return error;
}

/* The capabilities that concern files follow the file system's user ID. */
#define CAP_FILES                                                                                          \
    (CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_DAC_OVERRIDE) | CAP_BIT(CAP_DAC_READ_SEARCH) | CAP_BIT(CAP_FOWNER) | \
     CAP_BIT(CAP_FSETID) | CAP_BIT(CAP_LINUX_IMMUTABLE) | CAP_BIT(CAP_MKNOD) | CAP_BIT(CAP_MAC_OVERRIDE))

int64_t sys_setfsuid(const uint64_t arg[6])
{
    struct cred changed = *own();
    uint32_t old = changed.user.fs;

    if (!ids_set_fs(&changed.user, (uint32_t)arg[0], cred_has(&changed, CAP_SETUID)))
        return old;
    if (!(changed.securebits & SECURE_NO_SETUID_FIXUP)) {
        if (old == 0 && changed.user.fs != 0)
            changed.effective &= ~CAP_FILES;
        if (old != 0 && changed.user.fs == 0)
            changed.effective |= changed.permitted & CAP_FILES;
    }
    cred_set(&changed);
    return old;
}

int64_t sys_setfsgid(const uint64_t arg[6])
{
    struct cred changed = *own();
    uint32_t old = changed.group.fs;

    if (ids_set_fs(&changed.group, (uint32_t)arg[0], cred_has(&changed, CAP_SETGID)))
        cred_set(&changed);
    return old;
}

static int64_t ids_put(const struct cred_ids *ids, const uint64_t arg[6])
{
    if (user_put(arg[0], ids->real) || user_put(arg[1], ids->effective) || user_put(arg[2], ids->saved))
        return -EFAULT;
    return 0;
}

int64_t sys_getresuid(const uint64_t arg[6])
{
    return ids_put(&own()->user, arg);
}

int64_t sys_getresgid(const uint64_t arg[6])
{
    return ids_put(&own()->group, arg);
}

/* ---- supplementary groups ---- */

#define GROUPS_MAX 65536u /* Linux's NGROUPS_MAX */

struct cred_groups *identity_groups_create(uint32_t count)
{
    struct cred_groups *groups = kmalloc(sizeof(*groups) + count * sizeof(uint32_t));

    if (groups != NULL) {
        groups->count = count;
        groups->refs = 1;
    }
    return groups;
}

void cred_groups_put(struct cred_groups *groups)
{
    if (groups != NULL && --groups->refs == 0)
        kfree(groups);
}

void cred_copy(struct cred *to, const struct cred *from)
{
    *to = *from;
    if (to->groups != NULL)
        to->groups->refs++;
}

void cred_release(struct cred *cred)
{
    cred_groups_put(cred->groups);
    cred->groups = NULL;
}

/* Moves id[at] down in the heap of the first `count`. */
static void heap_sift(uint32_t *id, uint32_t at, uint32_t count)
{
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        uint32_t moved = id[at];

        if (child + 1 < count && id[child + 1] > id[child])
            child++;
        if (id[child] <= moved)
            return;
        id[at] = id[child];
        id[child] = moved;
    }
}

#define SIFTS_AT_ONCE 512u

static void sift_turn(uint32_t at)
{
    if (at % SIFTS_AT_ONCE == SIFTS_AT_ONCE - 1)
        (void)wait_loop_ends(true); /* it doesn't take long enough to be left half-way */
}

/* By a heap: the list is the program's, and no order of it may take long. Nobody else knows of it yet. */
static void groups_sort(struct cred_groups *groups)
{
    uint32_t *id = groups->id;

    for (uint32_t at = groups->count / 2; at-- > 0;) {
        heap_sift(id, at, groups->count);
        sift_turn(at);
    }
    for (uint32_t count = groups->count; count-- > 1;) {
        uint32_t largest = id[0];

        id[0] = id[count];
        id[count] = largest;
        heap_sift(id, 0, count);
        sift_turn(count);
    }
}

int64_t sys_getgroups(const uint64_t arg[6])
{
    const struct cred_groups *groups = own()->groups;
    int room = (int)arg[0], count = groups != NULL ? (int)groups->count : 0;

    if (room < 0 || (room != 0 && room < count))
        return -EINVAL;
    if (room != 0 && count != 0 && copy_to_user(arg[1], groups->id, (size_t)count * sizeof(groups->id[0])) != 0)
        return -EFAULT;
    return count;
}

/* Those of 16 bits stand in the first half, and become longer from the end on. -1 is none in either form. */
static void groups_widen(struct cred_groups *groups)
{
    const uint16_t *half = (const void *)groups->id;

    for (uint32_t i = groups->count; i-- != 0;) {
        uint16_t id;

        memcpy(&id, &half[i], sizeof(id));
        groups->id[i] = id == UINT16_MAX ? ID_NONE : id;
    }
}

static int groups_get(struct cred_groups *groups, uaddr_t address, size_t id_size)
{
    if (copy_from_user(groups->id, address, groups->count * id_size) != 0)
        return -EFAULT;
    if (id_size == sizeof(uint16_t))
        groups_widen(groups);
    for (uint32_t i = 0; i < groups->count; i++)
        if (groups->id[i] == ID_NONE)
            return -EINVAL;
    groups_sort(groups);
    return 0;
}

static int64_t groups_set(const uint64_t arg[6], size_t id_size)
{
    struct cred_groups *groups = NULL;
    uint32_t count = (uint32_t)arg[0];
    int error;

    if (!cred_has(own(), CAP_SETGID))
        return -EPERM;
    if (count > GROUPS_MAX)
        return -EINVAL;
    if (count != 0) {
        groups = identity_groups_create(count);
        if (groups == NULL)
            return -ENOMEM;
        error = groups_get(groups, arg[1], id_size);
        if (error != 0) {
            cred_groups_put(groups);
            return error;
        }
    }
    cred_groups_put(own()->groups);
    own()->groups = groups;
    cred_renew(own());
    return 0;
}

int64_t sys_setgroups(const uint64_t arg[6])
{
    return groups_set(arg, sizeof(uint32_t));
}

int64_t sys_i386_setgroups16(const uint64_t arg[6])
{
    return groups_set(arg, sizeof(uint16_t));
}

void identity_become(uint32_t user, uint32_t group, struct cred_groups *groups)
{
    struct cred changed = *own();

    if (groups != NULL)
        groups_sort(groups);
    cred_groups_put(changed.groups);
    changed.groups = own()->groups = groups;
    ids_set_one(&changed.group, group, true);
    ids_set_one(&changed.user, user, true);
    user_changed(&changed);
}

/* ---- capabilities ---- */

#define CAPABILITY_VERSION_1 0x19980330u /* one word of each set; the others have two */
#define CAPABILITY_VERSION_2 0x20071026u
#define CAPABILITY_VERSION_3 0x20080522u

struct capability_header {
    uint32_t version;
    int32_t pid;
};
struct capability_data { /* [0]: capabilities 0 to 31, [1]: those above */
    uint32_t effective, permitted, inheritable;
};

/* Reads the version: how many words there are of each set. An unknown one is answered with the one to be preferred. */
static int version_get(uaddr_t header, unsigned *words)
{
    uint32_t version, preferred = CAPABILITY_VERSION_3;

    if (user_get(version, header))
        return -EFAULT;
    if (version != CAPABILITY_VERSION_1 && version != CAPABILITY_VERSION_2 && version != CAPABILITY_VERSION_3)
        return user_put(header, preferred) ? -EFAULT : -EINVAL;
    *words = version == CAPABILITY_VERSION_1 ? 1 : 2;
    return 0;
}

/* Of who has ended and wasn't waited for as well, and of process 1 where that is the kernel's own. NULL: there is none.
 */
static const struct cred *cred_of(int number)
{
    const struct thread *thread = number != 0 ? thread_find(number) : current_thread();
    const struct process *process = thread == NULL ? process_find(number) : NULL;

    return thread != NULL ? &thread->cred : process != NULL ? &process->ended_cred : NULL;
}

int64_t sys_capget(const uint64_t arg[6])
{
    const struct cred *cred;
    struct capability_header header;
    struct capability_data data[2];
    unsigned words;
    int error = version_get(arg[0], &words);

    if (arg[1] == 0 && error == -EINVAL)
        return 0; /* only the version was asked for */
    if (error != 0 || arg[1] == 0)
        return error;
    if (user_get(header, arg[0]))
        return -EFAULT;
    if (header.pid < 0)
        return -EINVAL;
    cred = cred_of(header.pid);
    if (cred == NULL)
        return -ESRCH;
    for (unsigned i = 0; i < 2; i++)
        data[i] = (struct capability_data){(uint32_t)(cred->effective >> 32 * i), (uint32_t)(cred->permitted >> 32 * i),
                                           (uint32_t)(cred->inheritable >> 32 * i)};
    return copy_to_user(arg[1], data, words * sizeof(data[0]));
}

/* Whether the new sets may be had (capset(2), capabilities(7) "Programmatically adjusting capability sets"). */
static bool may_set(const struct cred *old, uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
    if (!cred_has(old, CAP_SETPCAP) && (inheritable & ~(old->inheritable | old->permitted)))
        return false;
    return !(inheritable & ~(old->inheritable | old->bounding)) && !(permitted & ~old->permitted) &&
           !(effective & ~permitted);
}

int64_t sys_capset(const uint64_t arg[6])
{
    struct cred changed = *own();
    struct capability_header header;
    struct capability_data data[2] = {{0}};
    unsigned words;
    int error = version_get(arg[0], &words);

    if (error != 0)
        return error;
    if (user_get(header, arg[0]))
        return -EFAULT;
    if (header.pid != 0 && header.pid != current_thread()->tid) /* others' can't be had */
        return -EPERM;
    if (copy_from_user(data, arg[1], words * sizeof(data[0])) != 0)
        return -EFAULT;
    changed.effective = (data[0].effective | (uint64_t)data[1].effective << 32) & CAP_ALL;
    changed.permitted = (data[0].permitted | (uint64_t)data[1].permitted << 32) & CAP_ALL;
    changed.inheritable = (data[0].inheritable | (uint64_t)data[1].inheritable << 32) & CAP_ALL;
    if (!may_set(own(), changed.effective, changed.permitted, changed.inheritable))
        return -EPERM;
    changed.ambient &= changed.permitted & changed.inheritable;
    cred_set(&changed);
    return 0;
}
