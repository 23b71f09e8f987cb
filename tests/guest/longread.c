/* SPDX-License-Identifier: Apache-2.0 */
/* longread.c - system calls that take long in the kernel: there they look for signals, and go on if there is none. */
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "show.h"

#define SIZE (4u << 20)
#define VECTORS 32

static char bytes[SIZE];

static void read_zeros(void)
{
    struct iovec vector[VECTORS];
    int fd = open("/dev/zero", O_RDONLY);
    unsigned sum = 0;
    ssize_t got;

    memset(bytes, 1, SIZE);
    for (unsigned i = 0; i < VECTORS; i++)
        vector[i] = (struct iovec){bytes, SIZE};
    got = readv(fd, vector, VECTORS);
    for (unsigned i = 0; i < SIZE; i++)
        sum += (unsigned char)bytes[i];
    printf("zeros: %zd bytes, sum %u\n", got, sum);
    close(fd);
}

static void read_random(void)
{
    int fd = open("/dev/urandom", O_RDONLY);
    ssize_t got = read(fd, bytes, SIZE / 4);

    printf("random: %zd bytes\n", got);
    close(fd);
}

static void through_a_file(void)
{
    int in = open("longread.in", O_RDWR | O_CREAT | O_TRUNC, 0644), out = open("longread.out", O_RDWR | O_CREAT, 0644);
    unsigned wrong = 0;

    for (unsigned i = 0; i < SIZE; i++)
        bytes[i] = (char)(i * 7 + i / 4096);
    printf("written: %zd\n", write(in, bytes, SIZE));
    lseek(in, 0, SEEK_SET);
    printf("sent: %zd\n", sendfile(out, in, NULL, SIZE));
    memset(bytes, 0, SIZE);
    printf("read: %zd\n", pread(out, bytes, SIZE, 0));
    for (unsigned i = 0; i < SIZE; i++)
        wrong += bytes[i] != (char)(i * 7 + i / 4096);
    printf("%u bytes differ\n", wrong);
    close(in);
    close(out);
    unlink("longread.in");
    unlink("longread.out");
}

int main(int argc, char **argv)
{
    if (argc != 2 || chdir(argv[1]) != 0)
        return 2;
    read_zeros();
    read_random();
    through_a_file();
    return 0;
}
