/* SPDX-License-Identifier: Apache-2.0 */
/* rights.c - see rights.h. */
#include <asm/unistd.h>

#include "vmm/share/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/share/beneath.h"

#define ANY_ID (-1) /* setfsuid with it only tells what there is */
#define OVER_MODES (1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH)

void rights_init(struct rights *rights)
{
    int n = getgroups(RIGHTS_GROUPS_MAX, rights->groups);

    rights->groups_n = n < 0 ? 0 : (unsigned)n;
}

/* Calls are made only for a guest whose users have such groups. */
static bool take_groups(const struct rights *rights, const struct rights_of *wanted)
{
    const struct rights_of *now = &rights->now;

    if (wanted->has_group)
        return syscall(__NR_setgroups, 1, &wanted->group) == 0;
    return !now->has_group || syscall(__NR_setgroups, rights->groups_n, rights->groups) == 0;
}

/* A user other than root loses the capabilities over files, which have to do with access, not with owners: they are
 * taken again. Who becomes root gets all of them back, those over modes, too. So the capabilities are set in any case,
 * and last. */
static int change(const struct rights *rights, const struct rights_of *wanted)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

    if (syscall(__NR_capget, &header, sets) < 0)
        return -errno;
    setfsgid(wanted->gid);
    setfsuid(wanted->uid);
    bool is_set = (uint32_t)setfsgid((gid_t)ANY_ID) == wanted->gid && (uint32_t)setfsuid((uid_t)ANY_ID) == wanted->uid;
    if (!take_groups(rights, wanted))
        is_set = false;
    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        sets[i].effective = sets[i].permitted;
    if (!wanted->all)
        sets[0].effective &= ~OVER_MODES;
    if (syscall(__NR_capset, &header, sets) < 0)
        return -errno;
    return is_set ? 0 : -EPERM;
}

int rights_take(struct rights *rights, const struct rights_of *wanted)
{
    const struct rights_of *now = &rights->now;

    if (rights->known && now->uid == wanted->uid && now->gid == wanted->gid && now->all == wanted->all &&
        now->has_group == wanted->has_group && (!now->has_group || now->group == wanted->group))
        return 0;
    int error = change(rights, wanted);
    rights->known = error == 0;
    rights->now = *wanted;
    return error;
}

bool rights_take_owner(struct rights *rights, const struct statx *st, struct rights_of *before)
{
    const struct rights_of owner = {.uid = st->stx_uid, .gid = st->stx_gid};

    *before = rights->now;
    if (!rights->known || before->all)
        return false;
    if (rights_take(rights, &owner) == 0)
        return true;
    rights_take(rights, before);
    return false;
}

static bool take_folders_owner(struct rights *rights, int dir, struct rights_of *before)
{
    struct statx st;

    return beneath_stat(dir, &st) == 0 && rights_take_owner(rights, &st, before);
}

int rights_open(struct rights *rights, int dir, const char *name)
{
    int fd = beneath_open(dir, name);
    struct rights_of before;

    if (fd != -EACCES || !take_folders_owner(rights, dir, &before))
        return fd;
    fd = beneath_open(dir, name);
    rights_take(rights, &before);
    return fd;
}

int rights_list(struct rights *rights, int proc, int dir)
{
    int fd = beneath_reopen(proc, dir, O_RDONLY | O_DIRECTORY);
    struct rights_of before;

    if (fd != -EACCES || !take_folders_owner(rights, dir, &before))
        return fd;
    fd = beneath_reopen(proc, dir, O_RDONLY | O_DIRECTORY);
    rights_take(rights, &before);
    return fd;
}
