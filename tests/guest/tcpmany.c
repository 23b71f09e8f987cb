/* SPDX-License-Identifier: Apache-2.0 */
/* tcpmany.c - many connections at once, none of which is waited for: their ports differ, each has its own bytes, and
 * what fails leaves nothing behind. */
#define _GNU_SOURCE
#include <sys/resource.h>

#include "inet.h"

#define ROUNDS 3
#define PAIRS 300

static int fds[PAIRS][2];
static unsigned char seen[65536];

static int connect_one(int listener, int family, int pair[2])
{
    pair[1] = -1;
    pair[0] = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (pair[0] < 0)
        return -1;
    if (inet_connect(pair[0], family, inet_lo(family), inet_port(listener, 0)) != 0 && errno != EINPROGRESS)
        return -1;
    pair[1] = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    return pair[1] < 0 ? -1 : 0;
}

/* Each tells the other its number, and gets it. */
static int talk(int pair[2], unsigned number)
{
    unsigned got = 0;

    if (send(pair[0], &number, sizeof(number), MSG_NOSIGNAL) != (ssize_t)sizeof(number) ||
        recv(pair[1], &got, sizeof(got), 0) != (ssize_t)sizeof(got))
        return -1;
    return got == number ? 0 : -2;
}

static void test(int family)
{
    unsigned failed = 0, wrong = 0, same = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        int listener = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);

        memset(seen, 0, sizeof(seen));
        if (inet_bind(listener, family, inet_lo(family), 0) != 0 || listen(listener, PAIRS) != 0)
            failed++;
        for (unsigned i = 0; i < PAIRS; i++) {
            int result = connect_one(listener, family, fds[i]) == 0 ? talk(fds[i], i) : -1;
            unsigned port = inet_port(fds[i][0], 0);

            failed += result == -1;
            wrong += result == -2;
            same += result == 0 && seen[port] != 0;
            seen[port] = 1;
        }
        /* In another order, some with bytes that nobody has read, some by the other end. */
        for (unsigned i = 0; i < PAIRS; i++) {
            unsigned n = i * 7 % PAIRS;

            if (n % 3 == 0)
                (void)!send(fds[n][0], &n, sizeof(n), MSG_NOSIGNAL);
            close(fds[n][n & 1]);
            close(fds[n][~n & 1]);
        }
        close(listener);
    }
    show("failed", (long)failed);
    show("wrong", (long)wrong);
    show("the same port", (long)same);
}

int main(void)
{
    struct rlimit limit = {2 * PAIRS + 20, 2 * PAIRS + 20};

    setvbuf(stdout, NULL, _IONBF, 0);
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        printf("setrlimit: %s\n", error_name(errno));
    inet_each(test);
    return 0;
}
