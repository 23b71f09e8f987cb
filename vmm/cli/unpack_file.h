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

#endif
