/* SPDX-License-Identifier: Apache-2.0 */
/*
 * window_link.h - what the server of shared folders asks lvmm for: pages of its files in the guest's address space
 * (boot/abi_dax.h). The server can't map there, and lvmm opens no file; so a request has the file's descriptor beside
 * it. One datagram (SOCK_SEQPACKET) is a request, and is answered by one before there is another.
 *
 * The server is believed no more than it has to be: lvmm checks the place, maps regular files only, and never for
 * execution.
 */
#ifndef LVMM_SHARE_WINDOW_LINK_H
#define LVMM_SHARE_WINDOW_LINK_H

#include <stdint.h>

enum window_request_kind {
    /* With one descriptor: its file's bytes from file_offset on take the place of what is there. If it fails, nothing
     * is there, unless the place itself is wrong. */
    WINDOW_MAP = 1,
    WINDOW_UNMAP = 2, /* nothing is there from now on */
    WINDOW_DROP = 3,  /* the same, which the guest hasn't asked for, and is told of */
    WINDOW_RESET = 4, /* nothing is anywhere; the place isn't looked at */
};

struct window_request {
    uint32_t kind;
    uint32_t writable;       /* WINDOW_MAP: 1, or 0 */
    uint64_t offset, length; /* in the window, in bytes: whole pages of the host's */
    uint64_t file_offset;    /* WINDOW_MAP */
};

struct window_answer {
    int32_t error; /* 0 or -errno */
};

#endif
