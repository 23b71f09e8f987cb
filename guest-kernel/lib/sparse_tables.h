/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sparse_tables.h - tables of which most pages are never touched.
 *
 * A VMM brings the kernel's variables into memory at once, as nearly all of them are used. A large table that is
 * reached by a hash isn't like that: a short run takes a few of its pages, or none. So these have a segment of their
 * own at the end of the kernel's image (arch/<isa>/kernel.ld), of which no byte is in the file, and each page comes
 * when it is touched.
 */
#ifndef GK_LIB_SPARSE_TABLES_H
#define GK_LIB_SPARSE_TABLES_H

/* A variable without initializer. */
#define SPARSE __attribute__((section(".bss..sparse")))

#endif
