/* SPDX-License-Identifier: Apache-2.0 */
/*
 * abi_dax.h - file pages of the host in the guest's address space, as the guest kernel and lvmm agree on them beside
 * virtio 1.2 (5.11: shared memory region 0 of the file system device is the DAX window) and FUSE (map_alignment of
 * FUSE_INIT, FUSE_SETUPMAPPING, FUSE_REMOVEMAPPING). Included by both, so it knows neither. Where there is no region 0,
 * or FUSE_INIT's answer has no FUSE_MAP_ALIGNMENT, there is nothing of this.
 *
 * ## Regions
 *
 * Region 0 (registers SHMSel, SHMLen, SHMBase of virtio-mmio) is a range of guest-physical addresses outside of the
 * guest's RAM. Region 1 is ours: what is mapped there can only be read. It begins where region 0 ends, and offsets
 * (`moffset`) count from region 0's beginning in both. A mapping with FUSE_SETUPMAPPING_FLAG_WRITE is to lie in region
 * 0, one without may lie in either; region 1 is the better place, as a write there has no effect, whereas in region 0 a
 * write to what is mapped without FLAG_WRITE, or isn't mapped at all, ends the VM. Where no share can be written there
 * is no region 1, and region 0 is as it. What isn't mapped reads as zeros. Both are whole multiples of 2 MiB, and begin
 * at one. No device, ring or buffer of a queue can be in them: they are for programs, and for the kernel's own copying.
 *
 * ## Mappings
 *
 * FUSE_SETUPMAPPING maps `len` bytes of the request's node (`fh` isn't looked at), from `foffset` on, at `moffset`;
 * all three are multiples of 1 << map_alignment, the host's page size (4 KiB to 64 KiB). It takes the place of what is
 * mapped there. It needs the rights that FUSE_OPEN would need for reading, or with FLAG_WRITE for reading and writing,
 * and what FUSE_OPEN would copy up in a cow share, it does as well. More than the file has may be mapped: an access
 * behind its last page is as below. FUSE_REMOVEMAPPING takes ranges that have any number of mappings in them, parts of
 * some, or none. FUSE_INIT and FUSE_DESTROY remove all. There are LVMM_DAX_MAPPINGS at most (a part that remains of one
 * counts as one). A request that fails (-ENOSPC: too many, -ENODEV: the host's file system can't map, and others)
 * may have taken away what was mapped there; the guest goes by FUSE_READ and FUSE_WRITE, as without a window.
 *
 * A page is the host's page cache: what is read by FUSE_READ and mapped in both regions is the same. When a file of a
 * cow share is copied up, its mappings show the copy from then on, before the request that made it so is answered: the
 * guest has nothing to do.
 *
 * ## Files that get shorter
 *
 * Where a guest touches a mapped page that lies behind the end of the host's file, lvmm maps zeros from that end to the
 * end of the mapping, and tells the guest. (In the part that may be written it finds that out within 100 ms, and tells
 * first: who touches such a page waits. What is written to these zeros is in no file.) By bit 1 of InterruptStatus
 * (configuration change), and two registers that only a device with LVMM_MMIO_VENDOR has, both to be read, of 32 bits.
 * LVMM_MMIO_GONE_COUNT takes the next range that has gone, and gives its size in pages of LVMM_DAX_PAGE bytes; 0: there
 * is none. LVMM_MMIO_GONE_FIRST then gives the range's first page, counted from region 0's beginning. The guest is to
 * take these pages out of all programs' tables. The program's next access then faults, the kernel asks for the file's
 * size (FUSE_GETATTR), and sends SIGBUS, or, where the file is long enough again, maps it anew. A range may be larger
 * than what has gone, and may be told of twice. The same is told where the host's disk fails.
 */
#ifndef LVMM_BOOT_ABI_DAX_H
#define LVMM_BOOT_ABI_DAX_H

#include <stdint.h>

#define LVMM_DAX_REGION 0
#define LVMM_DAX_REGION_READ 1 /* only reads */

#define LVMM_DAX_REGION_BYTES (UINT64_C(512) << 20) /* of each */
#define LVMM_DAX_MAPPINGS 16384

#define LVMM_DAX_PAGE 4096u
#define LVMM_MMIO_GONE_COUNT 0x0d0
#define LVMM_MMIO_GONE_FIRST 0x0d4

#endif
