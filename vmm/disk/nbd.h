/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nbd.h - serves a disk to QEMU, whose client for network block devices is at the other end of a socket.
 *
 * Whoever is there may be taken over by the guest: what is asked for is checked as a guest's requests are.
 */
#ifndef LVMM_DISK_NBD_H
#define LVMM_DISK_NBD_H

#include <stdint.h>

#include "vmm/disk/image.h"

#define NBD_REQUEST_BYTES_MAX (1u << 20) /* of data; the client is told */

/*
 * Serves until the other end is closed, or says that it will be, or breaks the protocol. `buffer` has
 * NBD_REQUEST_BYTES_MAX. Nothing but system calls; an I/O error is the client's to know. Writes aren't stable then:
 * that is for disk_image_sync. 0; -EPROTO; -errno of the socket.
 */
int nbd_serve(int socket, struct disk_image *image, uint64_t size_bytes, uint8_t *buffer);

#endif
