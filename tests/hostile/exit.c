/* SPDX-License-Identifier: Apache-2.0 */
/* exit.c - the hostile guest's power-off port, with values and widths of all kinds. */
#include "hostile.h"

static void exit_0(void)
{
    out8(0x501, 0);
}

static void exit_255(void)
{
    out8(0x501, 255);
}

/* More than a status has room for must not look like success. */
static void exit_256(void)
{
    out16(0x501, 256);
}

static void exit_258(void)
{
    out16(0x501, 258);
}

static const struct hostile_mode modes[] = {
    {"exit-0", exit_0, "0", false},
    {"exit-255", exit_255, "255", false},
    {"exit-256", exit_256, "255", false},
    {"exit-258", exit_258, "2", false},
    {0},
};

const struct hostile_device hostile_exit = {"exit", NULL, modes};
