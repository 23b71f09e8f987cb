/* SPDX-License-Identifier: Apache-2.0 */
/* capture.h - what a function writes to stderr, where log.c's messages go. */
#ifndef TESTS_CAPTURE_H
#define TESTS_CAPTURE_H

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct capture {
    int saved, file;
    char text[256 << 10];
};

static inline void capture_start(struct capture *capture)
{
    capture->file = memfd_create("stderr", MFD_CLOEXEC);
    capture->saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
    dup2(capture->file, STDERR_FILENO);
}

static inline void capture_stop(struct capture *capture)
{
    dup2(capture->saved, STDERR_FILENO);
    close(capture->saved);
    ssize_t n = pread(capture->file, capture->text, sizeof(capture->text) - 1, 0);
    capture->text[n > 0 ? n : 0] = '\0';
    close(capture->file);
}

/* One line, "lvmm: " in front, with `part` in it. */
static inline void capture_expect(const struct capture *capture, const char *part)
{
    const char *end = strchr(capture->text, '\n');

    ck_assert_msg(strncmp(capture->text, "lvmm: ", 6) == 0 && end != NULL && end[1] == '\0', "not one line: \"%s\"",
                  capture->text);
    ck_assert_msg(strstr(capture->text, part) != NULL, "\"%s\" is not in \"%s\"", part, capture->text);
}

#endif
