/* SPDX-License-Identifier: Apache-2.0 */
/* stream.h - stdin, stdout and stderr where the host's are no terminal: pipes, as the program sees them. */
#ifndef GK_DRV_STREAM_H
#define GK_DRV_STREAM_H

struct file;

/* Opens descriptor n's stream. 0; -ENODEV: there is no such port; -ENOMEM. */
int stream_open(unsigned n, struct file **out);

/* Makes `file` another way to write to the stream of stderr (/dev/console without a terminal). 0 or -ENODEV. */
int stream_attach_stderr(struct file *file);

#endif
