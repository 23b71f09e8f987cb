/* SPDX-License-Identifier: Apache-2.0 */
/* asid.c - see asid.h. */
#include "core/asid.h"

unsigned asid_take(struct asids *asids, struct arch_space *space, unsigned cpu)
{
    unsigned count = arch_asids < ASIDS_MAX ? arch_asids : ASIDS_MAX, number = asids->newest;

    do
        number = number < count ? number + 1 : 1;
    while (number == asids->current); /* until the CPU has left that it may add to what it has under it */
    asids->newest = number;
    asids->asid[number] = (struct asid){space->id, space->generation};
    space->asid[cpu] = (uint8_t)number;
    return number;
}
