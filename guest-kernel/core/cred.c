/* SPDX-License-Identifier: Apache-2.0 */
/* cred.c - what becomes of a process's credentials when it executes a program. */
#include "core/cred.h"

#include "abi/errno.h"

static uint64_t last_serial;

void cred_renew(struct cred *cred)
{
    cred->serial = ++last_serial;
}

/* What the file gives of its own: what the bounding set lets it, and what is inherited. */
static uint64_t given_by(const struct cred_file *file, const struct cred *cred)
{
    return (cred->bounding & file->permitted) | (cred->inheritable & file->inheritable);
}

int cred_exec(struct cred *cred, const struct cred_file *file, bool is_unsafe)
{
    uint32_t user = cred->user.effective, group = cred->group.effective;
    uint64_t permitted = cred->permitted, given = given_by(file, cred);

    if (file->is_effective && (file->permitted & ~given) != 0)
        return -EPERM;
    if (file->gives_user && !cred->no_new_privs)
        cred->user.effective = file->user;
    if (file->gives_group && !cred->no_new_privs)
        cred->group.effective = file->group;
    bool as_root = !(cred->securebits & SECURE_NOROOT) && (cred->user.effective == 0 || cred->user.real == 0);
    if (file->has_capabilities && cred->user.effective == 0 && cred->user.real != 0)
        as_root = false; /* the file says itself what it is to have, rather than all */
    bool is_effective = file->is_effective || (as_root && cred->user.effective == 0);
    bool is_other = cred->user.effective != user || cred->group.effective != group;

    cred->permitted = as_root ? cred->inheritable | cred->bounding : given;
    if ((is_unsafe || cred->no_new_privs) && (is_other || (cred->permitted & ~permitted) != 0)) {
        /* No more than it had, and perhaps less. */
        if (!cred_has(cred, CAP_SETUID) || cred->no_new_privs) {
            cred->user.effective = cred->user.real;
            cred->group.effective = cred->group.real;
        }
        cred->permitted &= permitted;
    }
    if (is_other || file->has_capabilities)
        cred->ambient = 0;
    cred->permitted |= cred->ambient;
    cred->effective = is_effective ? cred->permitted : cred->ambient;
    cred->securebits &= ~SECURE_KEEP_CAPS;
    cred->by_file = file->is_effective;
    cred->user.saved = cred->user.fs = cred->user.effective;
    cred->group.saved = cred->group.fs = cred->group.effective;
    return 0;
}

bool cred_differs(const struct cred *was, const struct cred *is)
{
    return was->user.effective != is->user.effective || was->group.effective != is->group.effective ||
           was->user.fs != is->user.fs || was->group.fs != is->group.fs || (is->permitted & ~was->permitted) != 0;
}

bool cred_is_secure(const struct cred *cred)
{
    if (cred->user.real != cred->user.effective || cred->group.real != cred->group.effective)
        return true;
    return cred->user.real != 0 && (cred->by_file || (cred->permitted & ~cred->ambient) != 0);
}
