/* SPDX-License-Identifier: Apache-2.0 */
/*
 * large_table.h - tables of which most pages are never touched.
 *
 * A VMM brings the kernel's variables into memory at once, as nearly all of them are used. A large table that is
 * reached by a hash isn't like that: a short run takes a few of its pages, or none. So these have a segment of their
 * own, behind all others (arch/<isa>/kernel.ld). No byte of it is in the file, and a page of it comes when it is
 * touched.
 */
#ifndef GK_LIB_LARGE_TABLE_H
#define GK_LIB_LARGE_TABLE_H

/* A variable without initializer. */
#define LARGE_TABLE __attribute__((section(".bss..tables")))

#endif
