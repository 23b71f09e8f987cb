// SPDX-License-Identifier: Apache-2.0
/* statmounts.c - statmount, listmount, and statx's numbers of mounts: what they tell, and what they refuse. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "own_mounts.h"
#include "show.h"

#define SYS_STATMOUNT 457
#define SYS_LISTMOUNT 458
#define FIRST (1ull << 31)
#define ROOT UINT64_MAX
#define IDS 4096

enum { SB_BASIC = 1, MNT_BASIC = 2, FROM = 4, MNT_ROOT = 8, POINT = 16, TYPE = 32, NS = 64, OPTIONS = 128 };

struct request {
    uint32_t size, spare;
    uint64_t id, param, ns;
    uint64_t more[4];
};

struct answer {
    uint32_t size, options;
    uint64_t mask;
    uint32_t major, minor;
    uint64_t magic;
    uint32_t fs_flags, type;
    uint64_t id, parent;
    uint32_t old_id, old_parent;
    uint64_t attr, propagation, peers, master, from;
    uint32_t root, point;
    uint64_t ns;
    uint64_t spare[49];
    char strings[4096];
};

static struct answer answer;

static long ask(uint64_t id, uint64_t mask)
{
    struct request request = {.size = 24, .id = id, .param = mask};

    memset(&answer, 0x55, sizeof(answer));
    return syscall(SYS_STATMOUNT, &request, &answer, sizeof(answer), 0);
}

static long list(uint64_t id, uint64_t after, uint64_t *ids, size_t count, unsigned flags)
{
    struct request request = {.size = 24, .id = id, .param = after};

    return syscall(SYS_LISTMOUNT, &request, ids, count, flags);
}

/* The number of the mount that a path is in, which is never given again, or the other one. */
static uint64_t id_of(const char *path, unsigned unique)
{
    struct {
        uint32_t mask, words[35];
        uint64_t id;
        uint64_t rest[20];
    } out;

    memset(&out, 0, sizeof(out));
    if (syscall(SYS_statx, AT_FDCWD, path, 0, unique, &out) != 0 || !(out.mask & unique))
        return 0;
    return out.id;
}

static const char *string(uint64_t bit, uint32_t place)
{
    return !(answer.mask & bit) ? "nothing" : place < sizeof(answer.strings) ? answer.strings + place : "out of reach";
}

static void refused(uint64_t id)
{
    struct request request = {.size = 24, .id = id, .param = MNT_BASIC};
    uint64_t ids[4];

    show("flags", syscall(SYS_STATMOUNT, &request, &answer, sizeof(answer), 1));
    show("nothing asked", syscall(SYS_STATMOUNT, NULL, &answer, sizeof(answer), 0));
    request.size = 23;
    show("a short request", syscall(SYS_STATMOUNT, &request, &answer, sizeof(answer), 0));
    request.size = 5000;
    show("a long request", syscall(SYS_STATMOUNT, &request, &answer, sizeof(answer), 0));
    request.size = sizeof(request);
    show("a longer one", syscall(SYS_STATMOUNT, &request, &answer, sizeof(answer), 0));
    request.more[3] = 1;
    show("with more in it", syscall(SYS_STATMOUNT, &request, &answer, sizeof(answer), 0));
    request.size = 32;
    show("with a name space", syscall(SYS_STATMOUNT, &request, &answer, sizeof(answer), 0));
    request.ns = 1ull << 60;
    show("of another name space", syscall(SYS_STATMOUNT, &request, &answer, sizeof(answer), 0));
    request = (struct request){.size = 24, .id = id, .param = MNT_BASIC};
    show("nowhere to", syscall(SYS_STATMOUNT, &request, NULL, sizeof(answer), 0));
    show("no size, nowhere to", syscall(SYS_STATMOUNT, &request, NULL, 0, 0));
    show("more than all memory", syscall(SYS_STATMOUNT, &request, &answer, -1l, 0));
    show("no mount", ask(0, MNT_BASIC));
    show("an old number", ask(id_of("/", 0x1000), MNT_BASIC));
    show("the first that can't be", ask(FIRST, MNT_BASIC));
    show("none with that number", ask(1ull << 60, MNT_BASIC));
    show("none with the last", ask(ROOT, MNT_BASIC));
    show("list: flags", list(id, 0, ids, 4, 2));
    show("list: too many", list(id, 0, ids, 1000001, 0));
    show("list: nowhere to", list(ROOT, 0, NULL, 4, 0));
    show("list: none to nowhere", list(ROOT, 0, NULL, 0, 0));
    show("list: after a number that can't be", list(ROOT, 1, ids, 4, 0));
    show("list: below no mount", list(1ull << 60, 0, ids, 4, 0));
    show("list: below 0", list(0, 0, ids, 4, 0));
}

/* How large the answer may be. */
static void sizes(uint64_t id)
{
    struct request request = {.size = 24, .id = id, .param = MNT_BASIC | TYPE};
    size_t fixed = offsetof(struct answer, strings);

    show("a string, no room", syscall(SYS_STATMOUNT, &request, &answer, fixed, 0));
    show("less room", syscall(SYS_STATMOUNT, &request, &answer, fixed - 8, 0));
    show("room for a part", syscall(SYS_STATMOUNT, &request, &answer, fixed + 5, 0));
    show("room for a string", syscall(SYS_STATMOUNT, &request, &answer, fixed + 64, 0));
    request.param = MNT_BASIC;
    show("no string, no room", syscall(SYS_STATMOUNT, &request, &answer, fixed, 0));
    memset(&answer, 0x55, sizeof(answer));
    show("a part", syscall(SYS_STATMOUNT, &request, &answer, 16, 0));
    printf("size %u, mask %lx, then %x\n", answer.size, (unsigned long)answer.mask, answer.major);
    request.param = TYPE;
    show("of no mount, a string, no room",
         (request.id = 1ull << 60, syscall(SYS_STATMOUNT, &request, &answer, fixed, 0)));
}

static void told(const char *what, const char *path)
{
    uint64_t id = id_of(path, 0x4000);
    struct stat stat;

    printf("%s\n", what);
    show_bool("it has a number", id > FIRST);
    if (show("statmount", ask(id, SB_BASIC | MNT_BASIC | FROM | MNT_ROOT | POINT | TYPE | NS | OPTIONS)) != 0)
        return;
    stat.st_dev = 0;
    lstat(path, &stat);
    show_bool("same number", answer.id == id && answer.old_id == id_of(path, 0x1000));
    show_bool("same device", ((uint64_t)answer.major << 8 | answer.minor) == stat.st_dev);
    printf("magic %lx, flags %x, attributes %lx, propagation %lx\n", (unsigned long)answer.magic, answer.fs_flags,
           (unsigned long)answer.attr, (unsigned long)answer.propagation);
    printf("%s peers, %s master, %s\n", answer.peers != 0 ? "some" : "no", answer.master != 0 ? "a" : "no",
           answer.from == answer.master ? "in sight" : "out of sight");
    printf("type %s, root %s, point %s\n", string(TYPE, answer.type), string(MNT_ROOT, answer.root),
           string(POINT, answer.point));
    printf("mask %lx\n", (unsigned long)answer.mask & 0x7f);
}

static int place_of(const uint64_t *ids, long count, uint64_t id)
{
    for (int i = 0; i < count; i++)
        if (ids[i] == id)
            return i;
    return -1;
}

static int is_in_order(const uint64_t *ids, long count)
{
    for (long i = 1; i < count; i++)
        if (ids[i] <= ids[i - 1])
            return 0;
    return 1;
}

static void listed(void)
{
    static uint64_t ids[IDS], back[IDS], one[2];
    uint64_t top = id_of("m", 0x4000), inner = id_of("m/inner", 0x4000), other = id_of("other", 0x4000);
    long count = list(ROOT, 0, ids, IDS, 0), same = 0, at = 0;

    show_bool("all are listed", count > 2 && place_of(ids, count, top) >= 0 && place_of(ids, count, inner) >= 0);
    show_bool("in order", is_in_order(ids, count));
    show_bool("the other way", list(ROOT, 0, back, IDS, 1) == count);
    for (long i = 0; i < count; i++)
        same += ids[i] == back[count - 1 - i];
    show_bool("the same", same == count);
    for (uint64_t last = 0; list(ROOT, last, one, 1, 0) == 1; last = one[0])
        at += at < count && one[0] == ids[at];
    show_bool("one by one", at == count);
    show("below", list(top, 0, ids, IDS, 0));
    show_bool("it is that one", ids[0] == inner);
    show("below nothing", list(inner, 0, ids, IDS, 0));
    show("below the other", list(other, 0, ids, IDS, 0));
    show("no room", list(top, 0, ids, 0, 0));
    show("after it", list(top, inner, ids, IDS, 0));
    show("before it", list(top, inner, ids, IDS, 1));
    show_bool("the root isn't below itself",
              place_of(ids, list(id_of("/", 0x4000), 0, ids, IDS, 0), id_of("/", 0x4000)) == -1);
}

/* From a root that doesn't hold them all. */
static void from_inside(void)
{
    static uint64_t ids[IDS];
    uint64_t other = id_of("other", 0x4000), top = id_of("m", 0x4000), inner = id_of("m/inner", 0x4000);

    if (chroot("m") != 0 || chdir("/") != 0)
        exit(2);
    show("from inside", list(ROOT, 0, ids, IDS, 0));
    show_bool("the root and what is in it", ids[0] == top && ids[1] == inner);
    show("of what is outside", ask(other, MNT_BASIC | POINT));
    printf("mask %lx, point %s\n", (unsigned long)answer.mask, string(POINT, answer.point));
    show("below what is outside", list(other, 0, ids, IDS, 0));
    if (setresuid(1000, 1000, 1000) != 0)
        exit(2);
    show("as another, of the root", ask(top, MNT_BASIC | POINT));
    printf("point %s\n", string(POINT, answer.point));
    show("of what is in it", ask(inner, MNT_BASIC | POINT));
    printf("point %s\n", string(POINT, answer.point));
    show("of what is outside", ask(other, MNT_BASIC));
    show("below what is outside", list(other, 0, ids, IDS, 0));
    show("of none", ask(1ull << 60, MNT_BASIC));
}

int main(void)
{
    own_mounts();
    mkdir("/dev/shm/statmounts", 0755);
    if (chdir("/dev/shm/statmounts") != 0)
        return 2;
    mkdir("m", 0755);
    mkdir("other", 0755);
    show("mount", mount("none", "m", "tmpfs", MS_NOSUID | MS_NODEV, "size=64k"));
    mkdir("m/inner", 0755);
    mkdir("m/sub dir", 0755);
    show("inner", mount("none", "m/inner", "tmpfs", MS_NOEXEC | MS_NOATIME, NULL));
    show("bind", mount("m/sub dir", "other", NULL, MS_BIND, NULL));
    told("one", "m");
    told("one in it", "m/inner");
    told("a part of it", "other");
    mount(NULL, "m", NULL, MS_SHARED, NULL);
    mount(NULL, "other", NULL, MS_UNBINDABLE, NULL);
    mount("none", "m/inner", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NODIRATIME, NULL);
    told("shared", "m");
    told("read-only", "m/inner");
    told("not to be bound", "other");
    refused(id_of("m", 0x4000));
    sizes(id_of("m", 0x4000));
    listed();
    from_inside();
    return 0;
}
