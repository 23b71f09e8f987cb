/* SPDX-License-Identifier: Apache-2.0 */
/* reboot.c - reboot(2): the machine ends as if its program had, with status 0 and all stored. It isn't started again:
 * that is the affair of who has run lvmm. */
#include "core/wait.h"
#include "sys/exit.h"
#include "sys/syscall.h"
#include "sys/user.h"

#define MAGIC 0xfee1deadu

enum { CAD_OFF = 0, CAD_ON = 0x89abcdef };

static bool is_magic(uint32_t first, uint32_t second)
{
    return first == MAGIC && (second == 672274793 || second == 85072278 || second == 369367448 || second == 537993216);
}

/* The caller is among those who end. */
static int64_t end(void)
{
    static struct wait_queue nobody_wakes;

    exit_end_program();
    (void)wait_on(&nobody_wakes, WAIT_FOREVER, WAIT_KILLABLE);
    return 0;
}

int64_t sys_reboot(const uint64_t arg[6])
{
    char byte;

    if (!cred_has(&current_thread()->cred, CAP_SYS_BOOT))
        return -EPERM;
    if (!is_magic((uint32_t)arg[0], (uint32_t)arg[1]))
        return -EINVAL;
    switch ((uint32_t)arg[2]) {
    case CAD_OFF: /* there are no keys */
    case CAD_ON:
        return 0;
    case 0xa1b2c3d4: /* RESTART2, by a command, which is for the firmware */
        if (user_get(byte, arg[3]))
            return -EFAULT;
        return end();
    case 0x01234567: /* RESTART */
    case 0xcdef0123: /* HALT */
    case 0x4321fedc: /* POWER_OFF */
        return end();
    default: /* SW_SUSPEND, KEXEC: Linux has them as options */
        return -EINVAL;
    }
}
