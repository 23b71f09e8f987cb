/* SPDX-License-Identifier: Apache-2.0 */
/* note.c - lvmm's note (boot/abi.h), which makes the hostile guest a kernel of our own: it has the console's ports. */
#include "boot/abi.h"

/* In the section that the layout keeps for the PVH note, behind which it lies. */
static const struct {
    uint32_t name_size, desc_size, type;
    char name[8];
    uint32_t version;
} abi_note __attribute__((section(".note.pvh"), used, aligned(4))) = {
    sizeof(LVMM_NOTE_NAME), sizeof(uint32_t), LVMM_NOTE_ABI, LVMM_NOTE_NAME, LVMM_ABI_VERSION,
};
