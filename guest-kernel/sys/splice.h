/* SPDX-License-Identifier: Apache-2.0 */
/* splice.h - for sendfile: a file into a pipe. */
#ifndef GK_SYS_SPLICE_H
#define GK_SYS_SPLICE_H

#include <stdbool.h>
#include <stdint.h>

struct file;

/* From a file that can be read, at *pos, on which it steps, to one that is a pipe's end for writing. Waits for room,
 * and then fills what there is. Bytes, 0: the end, or -errno. */
int64_t splice_file_to_pipe(struct file *in, uint64_t *pos, struct file *out, uint64_t size, bool nonblocking);

#endif
