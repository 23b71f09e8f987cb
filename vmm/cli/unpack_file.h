/* SPDX-License-Identifier: Apache-2.0 */
/* unpack_file.h - a kernel file that is compressed gives way to what is in it. */
#ifndef LVMM_UNPACK_FILE_H
#define LVMM_UNPACK_FILE_H

#include "vmm/backend.h"

/*
 * If the file of `option`, opened and mapped at *bytes (files_open_mapped), is compressed, a sealed memfd with what is
 * in it takes the place of its descriptor, size and mapping; its path stays. Twice if need be: a zboot image may be
 * packed itself. At most max_bytes, the guest's memory, and UNPACKED_MAX. 0, also for a file that isn't packed, or
 * -errno after a message; the file stays open then.
 */
int unpack_file(const char *option, struct backend_file *file, const void **bytes, uint64_t max_bytes);

/* A memfd of `max_bytes`, mapped at *out to be written; what isn't written takes no memory. The descriptor, or -errno.
 */
int unpack_memfd_create(uint64_t max_bytes, void **out);
/* Takes `max_bytes` at `written` off, cuts the memfd to `size` and seals it: nobody changes it any more, neither we nor
 * a QEMU that it is handed to. Then it takes the place of file's descriptor, size and mapping at *bytes. 0, or -errno,
 * and the memfd is closed. */
int unpack_memfd_use(int fd, void *written, uint64_t max_bytes, size_t size, struct backend_file *file,
                     const void **bytes);

#endif
