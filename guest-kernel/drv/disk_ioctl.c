/* SPDX-License-Identifier: Apache-2.0 */
/* disk_ioctl.c - see disk_ioctl.h: linux/fs.h's BLK*, and a geometry. */
#include "drv/disk_ioctl.h"

#include "abi/errno.h"
#include "core/thread.h"
#include "core/wait.h"
#include "mm/page.h"
#include "mm/usercopy.h"
#include "vfs/permission.h"

#define HDIO_GETGEO 0x301u
#define BLKROSET 0x125du
#define BLKROGET 0x125eu
#define BLKRRPART 0x125fu
#define BLKGETSIZE 0x1260u
#define BLKFLSBUF 0x1261u
#define BLKRASET 0x1262u
#define BLKRAGET 0x1263u
#define BLKFRASET 0x1264u
#define BLKFRAGET 0x1265u
#define BLKSECTGET 0x1267u
#define BLKSSZGET 0x1268u
#define BLKBSZGET 0x80081270u
#define BLKBSZSET 0x40081271u
#define BLKGETSIZE64 0x80081272u
#define BLKBSZGET32 0x80041270u /* of 32-bit programs */
#define BLKBSZSET32 0x40041271u
#define BLKGETSIZE64_32 0x80041272u
#define BLKDISCARD 0x1277u
#define BLKIOMIN 0x1278u
#define BLKIOOPT 0x1279u
#define BLKALIGNOFF 0x127au
#define BLKPBSZGET 0x127bu
#define BLKDISCARDZEROES 0x127cu
#define BLKSECDISCARD 0x127du
#define BLKROTATIONAL 0x127eu
#define BLKZEROOUT 0x127fu

#define BLOCK_SIZE 4096 /* of what Linux keeps in its cache */
#define ZERO_ORDER 4u

static int64_t short_put(uaddr_t address, uint16_t value)
{
    return copy_to_user(address, &value, sizeof(value));
}

static int64_t int_put(uaddr_t address, int value)
{
    return copy_to_user(address, &value, sizeof(value));
}

/* A C long of the program's. */
static int64_t long_put(uaddr_t address, uint64_t value)
{
    return call_is_32bit() ? int_put(address, (int)value) : copy_to_user(address, &value, sizeof(value));
}

static int64_t size_put(uaddr_t address, uint64_t bytes)
{
    return copy_to_user(address, &bytes, sizeof(bytes));
}

/* Some geometry, as Linux's virtio-blk makes one up. */
static int64_t geometry_put(const struct blk_device *dev, uaddr_t address)
{
    const struct {
        uint8_t heads, sectors;
        uint16_t cylinders;
        uint32_t start[3]; /* a C long, and what lies before it */
    } geometry = {64, 32, (uint16_t)(dev->sectors >> 11), {0, 0, 0}};

    return address == 0 ? -EINVAL : copy_to_user(address, &geometry, call_is_32bit() ? 8 : sizeof(geometry));
}

static int may_set(void)
{
    return permission_has(CAP_SYS_ADMIN) ? 0 : -EACCES;
}

/* ---- what changes something ---- */

static int64_t block_size_set(uaddr_t address)
{
    int size, error = may_set();

    if (error != 0)
        return error;
    if (address == 0)
        return -EINVAL;
    if (copy_from_user(&size, address, sizeof(size)) != 0)
        return -EFAULT;
    bool is_power = size >= (int)SECTOR_SIZE && size <= BLOCK_SIZE && (size & (size - 1)) == 0;
    return is_power ? 0 : -EINVAL; /* nothing here is kept in blocks */
}

static int64_t read_only_set(struct blk_device *dev, uaddr_t address)
{
    int value, error = may_set();

    if (error != 0)
        return error;
    if (copy_from_user(&value, address, sizeof(value)) != 0)
        return -EFAULT;
    return (value != 0) == dev->read_only ? 0 : -EPERM; /* a disk is what lvmm was told that it is */
}

/* A signal that ends the process ends it between two calls. */
static int in_chunks(struct blk_device *dev, int (*call)(struct blk_device *dev, uint64_t sector, uint64_t count),
                     uint64_t sector, uint64_t sectors)
{
    int error = 0;

    while (error == 0 && sectors != 0) {
        uint64_t count = sectors < BLK_CLEAR_SECTORS ? sectors : BLK_CLEAR_SECTORS;

        error = call(dev, sector, count);
        sector += count;
        sectors -= count;
        if (error == 0 && sectors != 0 && wait_loop_ends(true))
            error = -EINTR;
    }
    return error;
}

/* Whole sectors of the disk, at least one. */
static bool is_range(const struct blk_device *dev, const uint64_t range[2])
{
    uint64_t end;

    return ((range[0] | range[1]) & (SECTOR_SIZE - 1)) == 0 && range[1] != 0 &&
           !__builtin_add_overflow(range[0], range[1], &end) && end <= dev->sectors * SECTOR_SIZE;
}

/* In Linux's order of errors. */
static int64_t discard(struct blk_device *dev, bool writable, uaddr_t address)
{
    uint64_t range[2];

    if (copy_from_user(range, address, sizeof(range)) != 0)
        return -EFAULT;
    if (!dev->takes_discards)
        return -EOPNOTSUPP;
    if (!writable)
        return -EBADF;
    if (dev->read_only)
        return -EPERM;
    if (!is_range(dev, range))
        return -EINVAL;
    return in_chunks(dev, blk_discard, range[0] / SECTOR_SIZE, range[1] / SECTOR_SIZE);
}

static int zeroes_write(struct blk_device *dev, uint64_t sector, uint64_t sectors)
{
    const uint64_t most = ((uint64_t)PAGE_SIZE << ZERO_ORDER) / SECTOR_SIZE;
    struct page *pages = page_alloc_order(ZERO_ORDER);
    int error = pages != NULL ? 0 : -ENOMEM;

    while (error == 0 && sectors != 0) {
        uint64_t count = sectors < most ? sectors : most;
        struct blk_segment segment = {virt_to_phys(page_data(pages)), (uint32_t)(count * SECTOR_SIZE)};

        error = blk_transfer(dev, true, sector, &segment, 1);
        sector += count;
        sectors -= count;
        if (error == 0 && sectors != 0 && wait_loop_ends(true))
            error = -EINTR;
    }
    if (pages != NULL)
        page_put_order(pages, ZERO_ORDER);
    return error;
}

/* By the disk itself; or, `may_write`, by writing them. */
static int zeroes_make(struct blk_device *dev, uint64_t pos, uint64_t size, bool may_write)
{
    int error = -EOPNOTSUPP;

    if (dev->read_only)
        return -EPERM;
    if (dev->takes_zeroes)
        error = in_chunks(dev, blk_zero, pos / SECTOR_SIZE, size / SECTOR_SIZE);
    if (error != -EOPNOTSUPP || !may_write)
        return error;
    return zeroes_write(dev, pos / SECTOR_SIZE, size / SECTOR_SIZE);
}

static int64_t zero_out(struct blk_device *dev, bool writable, uaddr_t address)
{
    uint64_t range[2];

    if (!writable)
        return -EBADF;
    if (copy_from_user(range, address, sizeof(range)) != 0)
        return -EFAULT;
    return is_range(dev, range) ? zeroes_make(dev, range[0], range[1], true) : -EINVAL;
}

int disk_allocate(struct blk_device *dev, uint32_t mode, uint64_t pos, uint64_t size)
{
    uint64_t end = dev->sectors * SECTOR_SIZE;
    uint32_t what = mode & ~(uint32_t)FALLOC_FL_KEEP_SIZE;

    if (what & ~(uint32_t)(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
        return -EOPNOTSUPP;
    if (pos >= end || (size > end - pos && !(mode & FALLOC_FL_KEEP_SIZE)))
        return -EINVAL;
    if (size > end - pos)
        size = end - pos;
    if ((pos | size) & (SECTOR_SIZE - 1))
        return -EINVAL;
    return what == 0 ? -EOPNOTSUPP : zeroes_make(dev, pos, size, what == FALLOC_FL_ZERO_RANGE);
}

/* ---- all ---- */

static int64_t change(struct blk_device *dev, bool writable, unsigned request, uaddr_t arg)
{
    int error;

    switch (request) {
    case BLKROSET:
        return read_only_set(dev, arg);
    case BLKRRPART: /* there are no partitions */
    case BLKRASET:
    case BLKFRASET:
        return may_set();
    case BLKBSZSET:
        return block_size_set(arg);
    case BLKFLSBUF:
        error = may_set();
        return error != 0 ? error : blk_flush(dev);
    case BLKDISCARD:
        return discard(dev, writable, arg);
    case BLKSECDISCARD: /* the host's copies of the data are its own */
        return writable ? -EOPNOTSUPP : -EBADF;
    case BLKZEROOUT:
        return zero_out(dev, writable, arg);
    default:
        return -ENOTTY;
    }
}

/* What a 32-bit program asks for by another number, as a C long of it is half as long; what is told is the same. */
static unsigned request_of_half(unsigned request)
{
    switch (request) {
    case BLKBSZGET32:
        return BLKBSZGET;
    case BLKBSZSET32:
        return BLKBSZSET;
    case BLKGETSIZE64_32:
        return BLKGETSIZE64;
    default:
        return request;
    }
}

int64_t disk_ioctl_answer(struct blk_device *dev, bool writable, unsigned request, uint64_t arg)
{
    if (call_is_32bit())
        request = request_of_half(request);
    switch (request) {
    case BLKROGET:
        return int_put(arg, dev->read_only);
    case BLKGETSIZE:
        return long_put(arg, dev->sectors);
    case BLKGETSIZE64:
        return size_put(arg, dev->sectors * SECTOR_SIZE);
    case BLKSSZGET:
    case BLKPBSZGET:
    case BLKIOMIN:
        return int_put(arg, SECTOR_SIZE);
    case BLKBSZGET:
        return int_put(arg, BLOCK_SIZE);
    case BLKIOOPT:
    case BLKALIGNOFF:
    case BLKDISCARDZEROES:
        return int_put(arg, 0);
    case BLKRAGET:
    case BLKFRAGET:
        return long_put(arg, BLK_AHEAD_SECTORS);
    case BLKSECTGET:
        return short_put(arg, BLK_TRANSFER_SECTORS);
    case BLKROTATIONAL:
        return short_put(arg, 0);
    case HDIO_GETGEO:
        return geometry_put(dev, arg);
    default:
        return change(dev, writable, request, arg);
    }
}
