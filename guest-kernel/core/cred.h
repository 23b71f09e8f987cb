/* SPDX-License-Identifier: Apache-2.0 */
/* cred.h - who a process acts as: user and group IDs and capabilities (credentials(7), capabilities(7)). */
#ifndef GK_CORE_CRED_H
#define GK_CORE_CRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Linux's numbers (linux/capability.h), as far as something here asks for them. */
enum {
    CAP_CHOWN = 0,
    CAP_DAC_OVERRIDE = 1,
    CAP_DAC_READ_SEARCH = 2,
    CAP_FOWNER = 3,
    CAP_FSETID = 4,
    CAP_KILL = 5,
    CAP_SETGID = 6,
    CAP_SETUID = 7,
    CAP_SETPCAP = 8,
    CAP_LINUX_IMMUTABLE = 9,
    CAP_NET_BIND_SERVICE = 10,
    CAP_NET_BROADCAST = 11,
    CAP_NET_ADMIN = 12,
    CAP_NET_RAW = 13,
    CAP_IPC_LOCK = 14,
    CAP_IPC_OWNER = 15,
    CAP_SYS_RAWIO = 17,
    CAP_SYS_CHROOT = 18,
    CAP_SYS_PTRACE = 19,
    CAP_SYS_ADMIN = 21,
    CAP_SYS_BOOT = 22,
    CAP_SYS_NICE = 23,
    CAP_SYS_RESOURCE = 24,
    CAP_SYS_TIME = 25,
    CAP_SYS_TTY_CONFIG = 26,
    CAP_MKNOD = 27,
    CAP_LEASE = 28,
    CAP_SETFCAP = 31,
    CAP_MAC_OVERRIDE = 32,
    CAP_SYSLOG = 34,
    CAP_WAKE_ALARM = 35,
    CAP_CHECKPOINT_RESTORE = 40,
    CAP_LAST = CAP_CHECKPOINT_RESTORE,
};
#define CAP_BIT(capability) (1ull << (capability))
#define CAP_ALL (CAP_BIT(CAP_LAST + 1) - 1)

/* Securebits (linux/securebits.h); the bit above each locks it. */
#define SECURE_NOROOT 0x01u
#define SECURE_NO_SETUID_FIXUP 0x04u
#define SECURE_KEEP_CAPS 0x10u
#define SECURE_KEEP_CAPS_LOCKED 0x20u
#define SECURE_NO_CAP_AMBIENT_RAISE 0x40u
#define SECURE_ALL_BITS 0x55u
#define SECURE_ALL_LOCKS 0xaau

struct cred_ids { /* of users or of groups */
    uint32_t real, effective, saved, fs;
};

struct cred_groups { /* supplementary ones, ascending; not changed once they are there, so threads share them */
    uint32_t count, refs;
    uint32_t id[];
};

struct cred {
    struct cred_ids user, group;
    struct cred_groups *groups;                                    /* NULL: none. sys/identity.c alone */
    uint64_t inheritable, permitted, effective, bounding, ambient; /* capabilities: CAP_BIT */
    uint32_t securebits;
    bool no_new_privs;
    bool by_file;    /* the program's file gave capabilities that it has from the start, be it none */
    uint64_t serial; /* another whenever they are changed, and for each process: who has the same is the same */
};

/* Root with all capabilities, as Linux's first process. */
static inline void cred_init_root(struct cred *cred)
{
    *cred = (struct cred){.permitted = CAP_ALL, .effective = CAP_ALL, .bounding = CAP_ALL};
}

static inline bool cred_has(const struct cred *cred, unsigned capability)
{
    return (cred->effective & CAP_BIT(capability)) != 0;
}

/* May do what puts back a program as it was (Linux's checkpoint_restore_ns_capable). */
static inline bool cred_may_restore(const struct cred *cred)
{
    return cred_has(cred, CAP_SYS_ADMIN) || cred_has(cred, CAP_CHECKPOINT_RESTORE);
}

void cred_renew(struct cred *cred); /* they aren't those that they were */
/* Another thread's credentials are these, too; and no more (sys/identity.c). */
void cred_copy(struct cred *to, const struct cred *from);
void cred_release(struct cred *cred);
/* A reference to groups of somebody's, and one less; NULL: there are none. */
static inline void cred_groups_get(struct cred_groups *groups)
{
    if (groups != NULL)
        groups->refs++;
}
void cred_groups_put(struct cred_groups *groups);

struct cred_file { /* whose rights a program's file gives: S_ISUID, S_ISGID, capabilities (capabilities(7)) */
    bool gives_user, gives_group, has_capabilities;
    bool is_effective; /* the program has its capabilities from the start, and doesn't start without one of them */
    uint32_t user, group;
    uint64_t permitted, inheritable;
};

/* What execve(2) does to them ("Transformation of capabilities during execve()" in capabilities(7)). is_unsafe:
 * somebody who gets no more rights shares something with the process that may make a fool of the program. 0; -EPERM: it
 * would lack what the file is to give. */
int cred_exec(struct cred *cred, const struct cred_file *file, bool is_unsafe);
/* Whether who had `was` has become somebody else, or can do more, with `is`. */
bool cred_differs(const struct cred *was, const struct cred *is);

/* AT_SECURE for the program that starts with these: it has more rights than who started it. */
bool cred_is_secure(const struct cred *cred);

#endif
