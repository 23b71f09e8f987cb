/* SPDX-License-Identifier: Apache-2.0 */
/* ioapic.c - see ioapic.h. Entries that ask for level-triggered interrupts get edges: no device here has a level. */
#include "devices/irqchip/ioapic.h"

#include <string.h>

/* Registers of the window, and those behind the first two (data sheet, 3.1 and 3.2). */
enum { REG_SELECT = 0x00, REG_WINDOW = 0x10 };
enum { INDEX_ID = 0x00, INDEX_VERSION = 0x01, INDEX_ARBITRATION = 0x02, INDEX_TABLE = 0x10 };

#define VERSION 0x11u
#define ID_MASK 0x0f000000u

/* A redirection entry, 3.2.4. */
#define ENTRY_VECTOR UINT64_C(0xff)
#define ENTRY_DELIVERY UINT64_C(0x700)
#define ENTRY_LOGICAL (UINT64_C(1) << 11)
#define ENTRY_MASKED (UINT64_C(1) << 16)
#define ENTRY_WRITABLE UINT64_C(0xff0000000001afff) /* not the delivery status (12) and the remote IRR (14) */
#define ENTRY_DESTINATION_SHIFT 56

#define MSI_ADDRESS UINT64_C(0xfee00000)
#define MSI_DESTINATION_SHIFT 12
#define MSI_LOGICAL (UINT64_C(1) << 2)

static uint32_t indexed_read(const struct ioapic *ioapic)
{
    uint32_t index = ioapic->select;

    if (index == INDEX_ID || index == INDEX_ARBITRATION)
        return ioapic->id;
    if (index == INDEX_VERSION)
        return VERSION | (IOAPIC_PINS - 1) << 16;
    if (index < INDEX_TABLE || index >= INDEX_TABLE + 2 * IOAPIC_PINS)
        return 0;
    index -= INDEX_TABLE;
    return (uint32_t)(ioapic->entry[index / 2] >> (index % 2 * 32));
}

static void indexed_write(struct ioapic *ioapic, uint32_t value)
{
    uint32_t index = ioapic->select;
    uint64_t *entry;

    if (index == INDEX_ID)
        ioapic->id = value & ID_MASK;
    if (index < INDEX_TABLE || index >= INDEX_TABLE + 2 * IOAPIC_PINS)
        return;
    index -= INDEX_TABLE;
    entry = &ioapic->entry[index / 2];
    if (index % 2 != 0)
        *entry = (*entry & UINT32_MAX) | (uint64_t)value << 32;
    else
        *entry = (*entry & ~(uint64_t)UINT32_MAX) | value;
    *entry &= ENTRY_WRITABLE;
}

static void ioapic_read(void *owner, uint64_t offset, void *data, unsigned size)
{
    struct ioapic *ioapic = owner;
    uint32_t value = 0;

    pthread_mutex_lock(&ioapic->lock);
    if (offset == REG_SELECT)
        value = ioapic->select;
    else if (offset == REG_WINDOW)
        value = indexed_read(ioapic);
    pthread_mutex_unlock(&ioapic->lock);
    memset(data, 0, size);
    memcpy(data, &value, size < sizeof(value) ? size : sizeof(value));
}

static void ioapic_write(void *owner, uint64_t offset, const void *data, unsigned size)
{
    struct ioapic *ioapic = owner;
    uint32_t value = 0;

    memcpy(&value, data, size < sizeof(value) ? size : sizeof(value));
    pthread_mutex_lock(&ioapic->lock);
    if (offset == REG_SELECT)
        ioapic->select = value & 0xff;
    else if (offset == REG_WINDOW && size == sizeof(value))
        indexed_write(ioapic, value);
    pthread_mutex_unlock(&ioapic->lock);
}

const struct bus_ops ioapic_bus_ops = {.read = ioapic_read, .write = ioapic_write};

void ioapic_raise(struct ioapic *ioapic, unsigned pin)
{
    if (pin >= IOAPIC_PINS)
        return;
    pthread_mutex_lock(&ioapic->lock);
    uint64_t entry = ioapic->entry[pin];
    if (!(entry & ENTRY_MASKED)) {
        ioapic->signal(ioapic->owner,
                       MSI_ADDRESS | entry >> ENTRY_DESTINATION_SHIFT << MSI_DESTINATION_SHIFT |
                           (entry & ENTRY_LOGICAL ? MSI_LOGICAL : 0),
                       (uint32_t)(entry & (ENTRY_VECTOR | ENTRY_DELIVERY)));
    }
    pthread_mutex_unlock(&ioapic->lock);
}

void ioapic_init(struct ioapic *ioapic, void (*signal)(void *owner, uint64_t address, uint32_t data), void *owner)
{
    memset(ioapic, 0, sizeof(*ioapic));
    pthread_mutex_init(&ioapic->lock, NULL);
    for (unsigned i = 0; i < IOAPIC_PINS; i++)
        ioapic->entry[i] = ENTRY_MASKED;
    ioapic->signal = signal;
    ioapic->owner = owner;
}

void ioapic_fini(struct ioapic *ioapic)
{
    pthread_mutex_destroy(&ioapic->lock);
}
