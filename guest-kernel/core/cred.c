/* SPDX-License-Identifier: Apache-2.0 */
/* cred.c - what becomes of a process's credentials when it executes a program. */
#include "core/cred.h"

void cred_exec(struct cred *cred)
{
    bool as_root = !(cred->securebits & SECURE_NOROOT) && (cred->user.effective == 0 || cred->user.real == 0);

    cred->permitted = as_root ? cred->inheritable | cred->bounding : 0;
    cred->permitted |= cred->ambient;
    cred->effective = as_root && cred->user.effective == 0 ? cred->permitted : cred->ambient;
    cred->securebits &= ~SECURE_KEEP_CAPS;
    cred->user.saved = cred->user.fs = cred->user.effective;
    cred->group.saved = cred->group.fs = cred->group.effective;
}

bool cred_is_secure(const struct cred *cred)
{
    if (cred->user.real != cred->user.effective || cred->group.real != cred->group.effective)
        return true;
    return cred->user.real != 0 && (cred->permitted & ~cred->ambient) != 0;
}
