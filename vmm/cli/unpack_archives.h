/* SPDX-License-Identifier: Apache-2.0 */
/* unpack_archives.h - an initramfs for our guest kernel, which takes plain archives: compressed ones are unpacked. */
#ifndef LVMM_UNPACK_ARCHIVES_H
#define LVMM_UNPACK_ARCHIVES_H

#include "vmm/backend.h"

/*
 * If some archive in the file of `option`, opened and mapped at *bytes (files_open_mapped), is compressed, a sealed
 * memfd with all of them unpacked takes the place of its descriptor, size and mapping; its path stays. At most
 * max_bytes, the guest's memory. 0, also where nothing is compressed, or -errno after a message; the file stays open.
 */
int unpack_archives(const char *option, struct backend_file *file, const void **bytes, uint64_t max_bytes);

#endif
