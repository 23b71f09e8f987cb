/* SPDX-License-Identifier: Apache-2.0 */
/* pflash.c - the hostile guest's flash: commands in any order, at any place. */
#include "hostile.h"

#define FLASH 0xffc00000ull
#define FLASH_BYTES 0x400000u

static void step(void)
{
    static const uint8_t commands[] = {0xff, 0x90, 0x98, 0x70, 0x50, 0x20, 0xd0,
                                       0x40, 0x10, 0xe8, 0x60, 0x01, 0x2f, 0xb0};
    uint64_t address = FLASH + chance_of(FLASH_BYTES - 8);
    uint64_t value = chance_of(3) == 0 ? chance() : commands[chance_of(sizeof(commands))];

    access_any(address, chance_of(4), chance_of(3) != 0, value);
}

/* From one mode to the other and back: each maps the flash and takes it away. */
static void flips(void)
{
    print_going();
    for (;;) {
        write32(FLASH, 0x70);
        (void)read32(FLASH);
        write32(FLASH, 0xff);
        (void)read32(FLASH + chance_of(FLASH_BYTES - 8));
    }
}

static void erases(void)
{
    print_going();
    for (;;) {
        write32(FLASH + chance_of(FLASH_BYTES - 8), 0x20);
        write32(FLASH + chance_of(FLASH_BYTES - 8), 0xd0);
    }
}

static const struct hostile_mode modes[] = {
    {"pflash-flips", flips, "timeout", false},
    {"pflash-erases", erases, "timeout", false},
    {0},
};

const struct hostile_device hostile_pflash = {"pflash", step, modes};
