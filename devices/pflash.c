/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pflash.c - a NOR flash with Intel's command set (CFI 0x0001), two 16-bit chips side by side.
 *
 * In read-array mode the guest reads the image's pages directly, as read-only memory; that mapping is made when the
 * first read comes here, so a flash that nobody looks at costs nothing. Any write comes here as a command, and a
 * command takes the mapping away until read-array mode is back and the next read comes.
 *
 * Our own accesses use pread and pwrite, which see the same page cache: an image that somebody cuts short is then an
 * error and no SIGBUS. Beyond the image's end the flash is erased (0xff) and can't be programmed.
 *
 * Lock: `lock` guards all.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "devices/device.h"
#include "devices/pflash_cfi.h"
#include "vmm/file_io.h"
#include "vmm/log.h"

#define FLASH_PAGE 4096u
#define SECTOR_BYTES_MAX (256u * 1024) /* as on QEMU's virt machines */
#define SECTOR_BYTES_MIN FLASH_PAGE

enum { ID_MANUFACTURER = 0x89, ID_DEVICE = 0x18 }; /* Intel, 28F128 */

/* Commands. */
enum {
    CMD_PROGRAM_ALT = 0x10,
    CMD_ERASE = 0x20,
    CMD_PROGRAM = 0x40,
    CMD_CLEAR_STATUS = 0x50,
    CMD_LOCK = 0x60,
    CMD_READ_STATUS = 0x70,
    CMD_READ_ID = 0x90,
    CMD_QUERY = 0x98,
    CMD_CONFIRM = 0xd0,
    CMD_WRITE_BUFFER = 0xe8,
};

/* Status register. */
enum {
    STATUS_LOCKED = 0x02,
    STATUS_PROGRAM_ERROR = 0x10,
    STATUS_ERASE_ERROR = 0x20,
    STATUS_READY = 0x80,
    STATUS_SEQUENCE_ERROR = STATUS_PROGRAM_ERROR | STATUS_ERASE_ERROR,
};

enum read_mode { READ_ARRAY, READ_STATUS, READ_ID, READ_QUERY };

enum step { /* what the next write is */
            STEP_COMMAND,
            STEP_PROGRAM_DATA,
            STEP_ERASE_CONFIRM,
            STEP_LOCK_CONFIRM,
            STEP_BUFFER_COUNT,
            STEP_BUFFER_DATA,
            STEP_BUFFER_CONFIRM,
};

struct pflash {
    struct device device; /* first */
    struct device_env env;
    pthread_mutex_t lock;
    int fd;
    uint64_t image_size; /* at most the window; behind it the flash is erased */
    uint32_t sector;
    bool read_only;
    const char *name;
    bool written; /* to be synced at the end */

    enum read_mode mode;
    enum step step;
    uint8_t status;
    uint8_t cfi[CFI_TABLE_SIZE];

    /* Write buffer: one aligned block, as it will be. */
    uint8_t buffer[PFLASH_BUFFER_BYTES];
    uint64_t buffer_base;
    uint32_t buffer_left; /* words to come */
    bool buffer_started, buffer_failed;

    /* Direct reads. */
    void *rom; /* the image's whole pages; NULL until the first read */
    uint64_t rom_size;
    bool rom_refused; /* this host or backend can't */
    bool rom_mapped;
};

/* ---- the array ---- */

static void array_read(const struct pflash *flash, uint64_t offset, void *data, size_t size)
{
    memset(data, 0xff, size);
    if (offset >= flash->image_size)
        return;
    if (size > flash->image_size - offset)
        size = flash->image_size - offset;
    file_io_read(flash->fd, data, size, offset); /* what can't be read is erased */
}

static bool array_write(struct pflash *flash, uint64_t offset, const void *data, size_t size)
{
    if (flash->read_only || offset > flash->image_size || size > flash->image_size - offset)
        return false;
    flash->written = true;
    int error = file_io_write(flash->fd, data, size, offset);
    if (error != 0)
        log_error("%s: write to flash image: %s", flash->name, strerror(-error));
    return error == 0;
}

/* Programming turns ones into zeros; only erasing brings ones back. */
static void bits_clear(uint8_t *bytes, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] &= data[i];
}

static void flash_program(struct pflash *flash, uint64_t offset, const uint8_t *data, unsigned size)
{
    uint8_t bytes[8];

    array_read(flash, offset, bytes, size);
    bits_clear(bytes, data, size);
    if (!array_write(flash, offset, bytes, size))
        flash->status |= STATUS_PROGRAM_ERROR | (flash->read_only ? STATUS_LOCKED : 0);
}

static void flash_erase(struct pflash *flash, uint64_t offset)
{
    uint64_t base = offset - offset % flash->sector;
    uint64_t end = base + flash->sector < flash->image_size ? base + flash->sector : flash->image_size;
    uint8_t erased[FLASH_PAGE];
    bool ok = !flash->read_only;

    memset(erased, 0xff, sizeof(erased));
    for (; ok && base < end; base += sizeof(erased))
        ok = array_write(flash, base, erased, end - base < sizeof(erased) ? end - base : sizeof(erased));
    if (!ok)
        flash->status |= STATUS_ERASE_ERROR | (flash->read_only ? STATUS_LOCKED : 0);
}

/* ---- direct reads ---- */

static void rom_unmap(struct pflash *flash)
{
    if (!flash->rom_mapped)
        return;
    flash->env.services->map_rom(flash->env.vm, flash->env.window.base, flash->rom_size, NULL);
    flash->rom_mapped = false;
}

/* The image's last, partial page stays with array_read: behind its end the page holds zeros, not ones. */
static bool rom_open(struct pflash *flash)
{
    void *rom;

    if (flash->rom != NULL)
        return true;
    flash->rom_size = flash->image_size - flash->image_size % FLASH_PAGE;
    if (flash->rom_size == 0 || flash->env.services == NULL || flash->env.services->map_rom == NULL)
        return false;
    rom = mmap(NULL, flash->rom_size, PROT_READ, MAP_SHARED, flash->fd, 0);
    if (rom == MAP_FAILED)
        return false;
    flash->rom = rom;
    return true;
}

static void rom_map(struct pflash *flash, uint64_t offset)
{
    uint64_t base = flash->env.window.base;

    if (flash->rom_mapped || flash->rom_refused)
        return;
    if (!rom_open(flash) || flash->env.services->map_rom(flash->env.vm, base, flash->rom_size, flash->rom) < 0) {
        flash->rom_refused = true; /* each read stays an exit: slow and right */
        return;
    }
    flash->rom_mapped = true;
    log_detail("pflash: read at 0x%" PRIx64 ": mapped %" PRIu64 " bytes at 0x%" PRIx64, base + offset, flash->rom_size,
               base);
}

static void set_mode(struct pflash *flash, enum read_mode mode)
{
    flash->mode = mode;
    if (mode != READ_ARRAY)
        rom_unmap(flash);
}

/* ---- commands ---- */

static void write_command(struct pflash *flash, uint8_t command)
{
    set_mode(flash, READ_STATUS); /* what follows most of them */
    switch (command) {
    case CMD_PROGRAM:
    case CMD_PROGRAM_ALT:
        flash->step = STEP_PROGRAM_DATA;
        break;
    case CMD_ERASE:
        flash->step = STEP_ERASE_CONFIRM;
        break;
    case CMD_LOCK:
        flash->step = STEP_LOCK_CONFIRM;
        break;
    case CMD_WRITE_BUFFER:
        flash->step = STEP_BUFFER_COUNT;
        break;
    case CMD_READ_STATUS:
        break;
    case CMD_READ_ID:
        set_mode(flash, READ_ID);
        break;
    case CMD_QUERY:
        set_mode(flash, READ_QUERY);
        break;
    case CMD_CLEAR_STATUS:
        flash->status = STATUS_READY;
        set_mode(flash, READ_ARRAY); /* as QEMU's flash does */
        break;
    default: /* 0xff; and what is no command, such as a probe for another command set, has the same effect */
        set_mode(flash, READ_ARRAY);
        break;
    }
}

/* The second cycle of a command was not what it had to be. */
static void sequence_error(struct pflash *flash)
{
    flash->status |= STATUS_SEQUENCE_ERROR;
    flash->step = STEP_COMMAND;
}

static void write_buffer_count(struct pflash *flash, uint32_t value)
{
    uint32_t words = (value & 0xffff) + 1; /* one chip's words, the same as the bank's */

    if (words > PFLASH_BUFFER_BYTES / PFLASH_BANK_BYTES) {
        sequence_error(flash);
        return;
    }
    flash->buffer_left = words;
    flash->buffer_started = flash->buffer_failed = false;
    flash->step = STEP_BUFFER_DATA;
}

static void write_buffer_data(struct pflash *flash, uint64_t offset, const uint8_t *data, unsigned size)
{
    uint64_t base = offset - offset % PFLASH_BUFFER_BYTES;

    if (!flash->buffer_started) { /* the first address says which block it is */
        array_read(flash, base, flash->buffer, sizeof(flash->buffer));
        flash->buffer_base = base;
        flash->buffer_started = true;
    }
    if (base == flash->buffer_base && offset - base + size <= PFLASH_BUFFER_BYTES)
        bits_clear(flash->buffer + (offset - base), data, size);
    else
        flash->buffer_failed = true;
    if (--flash->buffer_left == 0)
        flash->step = STEP_BUFFER_CONFIRM;
}

static void write_buffer_confirm(struct pflash *flash, uint8_t command)
{
    uint64_t base = flash->buffer_base;
    size_t size = PFLASH_BUFFER_BYTES;

    if (command != CMD_CONFIRM || flash->buffer_failed) {
        sequence_error(flash);
        return;
    }
    flash->step = STEP_COMMAND;
    if (base < flash->image_size && size > flash->image_size - base)
        size = flash->image_size - base;
    if (!array_write(flash, base, flash->buffer, size))
        flash->status |= STATUS_PROGRAM_ERROR | (flash->read_only ? STATUS_LOCKED : 0);
}

/* `size` is at most the bank's width. */
static void flash_write(struct pflash *flash, uint64_t offset, const uint8_t *data, unsigned size)
{
    uint32_t value = 0;

    memcpy(&value, data, size);
    switch (flash->step) {
    case STEP_COMMAND:
        write_command(flash, data[0]);
        break;
    case STEP_PROGRAM_DATA:
        flash->step = STEP_COMMAND;
        flash_program(flash, offset, data, size);
        break;
    case STEP_ERASE_CONFIRM:
        flash->step = STEP_COMMAND;
        if (data[0] == CMD_CONFIRM)
            flash_erase(flash, offset);
        else
            sequence_error(flash);
        break;
    case STEP_LOCK_CONFIRM: /* blocks are never locked: locking and unlocking (0x01, 0xd0) succeed, without effect */
        flash->step = STEP_COMMAND;
        if (data[0] != 0x01 && data[0] != CMD_CONFIRM)
            sequence_error(flash);
        break;
    case STEP_BUFFER_COUNT:
        write_buffer_count(flash, value);
        break;
    case STEP_BUFFER_DATA:
        write_buffer_data(flash, offset, data, size);
        break;
    case STEP_BUFFER_CONFIRM:
        write_buffer_confirm(flash, data[0]);
        break;
    }
}

/* ---- reads that aren't of the array: both chips answer, each on its half of the bus ---- */

static uint16_t chip_answer(const struct pflash *flash, uint64_t word)
{
    switch (flash->mode) {
    case READ_ID:
        return (word & 0xff) == 0 ? ID_MANUFACTURER : (word & 0xff) == 1 ? ID_DEVICE : 0;
    case READ_QUERY:
        return word < CFI_TABLE_SIZE ? flash->cfi[word] : 0;
    default:
        return flash->status;
    }
}

static void read_answer(const struct pflash *flash, uint64_t offset, uint8_t *data, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        uint16_t answer = chip_answer(flash, (offset + i) / PFLASH_BANK_BYTES);

        data[i] = (uint8_t)(answer >> (8 * ((offset + i) % 2)));
    }
}

static void pflash_read(void *owner, uint64_t offset, void *data, unsigned size)
{
    struct pflash *flash = owner;

    pthread_mutex_lock(&flash->lock);
    if (flash->mode == READ_ARRAY) {
        array_read(flash, offset, data, size);
        rom_map(flash, offset);
    } else {
        read_answer(flash, offset, data, size);
    }
    pthread_mutex_unlock(&flash->lock);
}

static void pflash_write(void *owner, uint64_t offset, const void *data, unsigned size)
{
    struct pflash *flash = owner;

    pthread_mutex_lock(&flash->lock);
    for (unsigned done = 0; done < size; done += PFLASH_BANK_BYTES) {
        unsigned n = size - done < PFLASH_BANK_BYTES ? size - done : PFLASH_BANK_BYTES;

        flash_write(flash, offset + done, (const uint8_t *)data + done, n);
    }
    pthread_mutex_unlock(&flash->lock);
}

/* ---- life ---- */

static void pflash_destroy(struct device *device)
{
    struct pflash *flash = (struct pflash *)device;

    rom_unmap(flash);
    if (flash->rom != NULL)
        munmap(flash->rom, flash->rom_size);
    if (flash->written && fdatasync(flash->fd) < 0)
        log_error("%s: what was written may not be on the disk: %s", flash->name, strerror(errno));
    pthread_mutex_destroy(&flash->lock);
    free(flash);
}

static const struct device_ops pflash_ops = {
    .io = {.read = pflash_read, .write = pflash_write},
    .destroy = pflash_destroy,
};

static void pflash_describe(const struct device_window *window, struct node *node)
{
    const uint32_t bank_width = PFLASH_BANK_BYTES;

    (void)window;
    node->ops->cells(node, "bank-width", &bank_width, 1);
}

/* The largest of 256, 128 ... 4 KiB that divides the window into at least two sectors, or one where it is as small as
 * that; 0: none does. */
static uint32_t sector_size(uint64_t size)
{
    uint32_t sector = SECTOR_BYTES_MAX;

    while (sector >= SECTOR_BYTES_MIN && (size % sector != 0 || (size / sector < 2 && size > SECTOR_BYTES_MIN)))
        sector /= 2;
    return sector >= SECTOR_BYTES_MIN && size / sector <= 0x10000 ? sector : 0;
}

static int pflash_create(const struct device_env *env, const void *args, struct device **out)
{
    const struct pflash_args *a = args;
    uint32_t sector = sector_size(env->window.size);
    struct pflash *flash;

    if (a->size == 0 || a->size > env->window.size || sector == 0)
        return -EINVAL;
    flash = calloc(1, sizeof(*flash));
    if (flash == NULL)
        return -ENOMEM;
    flash->device.ops = &pflash_ops;
    flash->env = *env;
    pthread_mutex_init(&flash->lock, NULL);
    flash->fd = a->fd;
    flash->image_size = a->size;
    flash->sector = sector;
    flash->read_only = a->read_only;
    flash->name = a->name != NULL ? a->name : "flash";
    flash->status = STATUS_READY;
    pflash_cfi_fill(flash->cfi, env->window.size, sector);
    *out = &flash->device;
    return 0;
}

const struct device_type device_pflash = {
    .name = "pflash",
    .compatible = "cfi-flash\0",
    .node_name = "flash",
    .describe = pflash_describe,
    .create = pflash_create,
};
