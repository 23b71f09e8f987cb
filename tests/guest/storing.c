/* SPDX-License-Identifier: Apache-2.0 */
/* storing.c - writes four MiB to a file in the folder that it is given and has them stored. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static const char block[1 << 16];
    const char *name = "storing.tmp";
    int stored;

    if (argc < 2 || chdir(argv[1]) != 0)
        return 2;
    int fd = open(name, O_WRONLY | O_CREAT, 0644);
    for (int i = 0; i < 64; i++)
        if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block))
            return 1;
    stored = fsync(fd);
    printf("stored: %d\n", stored);
    unlink(name);
    return stored == 0 ? 0 : 3;
}
