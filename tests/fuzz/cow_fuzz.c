/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/disk/cow.c vmm/disk/cow_file.c vmm/disk/cow_open.c vmm/disk/image.c vmm/disk/clear.c
// sources: vmm/disk/nbd.c vmm/file_io.c
/* cow_fuzz.c - a file of changes that anybody may have written; what is taken works as a disk. And who asks the disk's
 * server for any of it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/fuzz/input.h"
#include "vmm/disk/clear.h"
#include "vmm/disk/cow.h"
#include "vmm/disk/nbd.h"

#define SECTORS 100u
#define BYTES (SECTORS * COW_SECTOR)

static uint8_t bytes[BYTES], back[BYTES], buffer[NBD_REQUEST_BYTES_MAX];

static void read_all(struct disk_image *image)
{
    for (size_t done = 0; done < BYTES;) {
        ssize_t n = disk_image_read(image, back + done, BYTES - done, done);

        must(n > 0);
        done += (size_t)n;
    }
}

/* What it holds can be read, and changed, and is as it was left. */
static void use(struct disk_image *image, struct input *input)
{
    read_all(image);
    for (unsigned i = 0; i < 8; i++) {
        unsigned first = input_u8(input) % SECTORS, count = 1 + input_u8(input) % (SECTORS - first);

        memset(back + first * COW_SECTOR, (int)i + 1, (size_t)count * COW_SECTOR);
        must(disk_image_write(image, back + first * COW_SECTOR, (size_t)count * COW_SECTOR, first * COW_SECTOR, 0) ==
             (ssize_t)(count * COW_SECTOR));
    }
    for (unsigned i = 0; i < 4; i++) {
        unsigned first = input_u8(input) % SECTORS, count = 1 + input_u8(input) % (SECTORS - first);

        memset(back + first * COW_SECTOR, 0, (size_t)count * COW_SECTOR);
        must(disk_image_clear(image, DISK_UNMAP, first * COW_SECTOR, (size_t)count * COW_SECTOR, 0) ==
             (ssize_t)(count * COW_SECTOR));
    }
    memcpy(bytes, back, BYTES);
    must(disk_image_sync(image) == 0);
    read_all(image);
    must(memcmp(bytes, back, BYTES) == 0);
}

/* All that the client has said is there at once, and nobody reads the answers: then the socket is full at some time. */
static void serve(struct disk_image *image, struct input *input)
{
    int ends[2];

    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    if (input->size > 0)
        must(send(ends[0], input->data, input->size, MSG_NOSIGNAL) > 0);
    must(shutdown(ends[0], SHUT_WR) == 0);
    int result = nbd_serve(ends[1], image, BYTES, buffer);
    must(result == 0 || result == -EPROTO || result == -EAGAIN);
    close(ends[0]);
    close(ends[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    const struct cow_base base = {.size_bytes = BYTES, .start_hash = 1};
    struct disk_image image = {.fd = memfd_create("base", 0)};
    uint8_t kind = input_u8(&input);
    struct cow_layout at;
    char why[400] = "";
    int fd = memfd_create("changes", 0);

    must(image.fd >= 0 && fd >= 0 && ftruncate(image.fd, BYTES) == 0 && cow_layout(BYTES, &at) == 0);
    if (kind & 1) { /* a good one, with other bytes in it */
        must(cow_load(dup(fd), &base, &image.cow, why, sizeof(why)) == 0);
        cow_destroy(image.cow);
        for (unsigned i = 0; i < 16 && (kind & 2) != 0; i++) {
            uint16_t where = input_u16(&input);
            uint8_t value = input_u8(&input);

            must(pwrite(fd, &value, 1, where) == 1);
        }
    } else if (input.size > 0) {
        must(pwrite(fd, input.data, input.size, 0) == (ssize_t)input.size);
    }
    if (kind & 4)
        must(ftruncate(fd, (off_t)at.file_bytes) == 0);
    int error = cow_load(fd, &base, &image.cow, why, sizeof(why));
    if (error == 0) {
        if (kind & 8)
            serve(&image, &input);
        else
            use(&image, &input);
        cow_destroy(image.cow);
    } else {
        must(why[0] != '\0' && strchr(why, '\n') == NULL);
        close(fd);
    }
    close(image.fd);
    return 0;
}
