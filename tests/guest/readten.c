/* SPDX-License-Identifier: Apache-2.0 */
/* readten.c - asks whether there is input, in each way that takes none, then reads ten bytes and leaves the rest. */
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/select.h>

#include "show.h"

int main(void)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    struct timeval soon = {.tv_sec = 20};
    unsigned char bytes[10];
    int count = -1, total = 0;
    long got;
    fd_set set;

    show("poll", poll(&in, 1, 20000));
    printf("input or its end: %d\n", (in.revents & (POLLIN | POLLHUP)) != 0);
    FD_ZERO(&set);
    FD_SET(STDIN_FILENO, &set);
    show("select", select(1, &set, NULL, NULL, &soon));
    show("FIONREAD", ioctl(STDIN_FILENO, FIONREAD, &count));
    printf("some: %d\n", count > 0);
    show("O_NONBLOCK", fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK));
    while (total < (int)sizeof(bytes) && (got = read(STDIN_FILENO, bytes + total, sizeof(bytes) - (size_t)total)) > 0)
        total += (int)got;
    printf("%d bytes: %.*s\n", total, total, (char *)bytes);
    fcntl(STDIN_FILENO, F_SETFL, 0); /* on a host, others have this open file as well */
    return 0;
}
