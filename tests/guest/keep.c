/* SPDX-License-Identifier: Apache-2.0 */
/* keep.c - writes a file of some MiB and leaves it, with status 7: what becomes of it the run's end decides. */
#include "show.h"

#define PIECE (1u << 20)
#define PIECES 6u

static char bytes[PIECE];

int main(int argc, char **argv)
{
    unsigned done = 0;
    int fd;

    if (argc != 2 || chdir(argv[1]) != 0)
        return 2;
    fd = open("keep.file", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    memset(bytes, 'k', sizeof(bytes));
    while (done < PIECES && write(fd, bytes, PIECE) == (ssize_t)PIECE)
        done++;
    printf("%u pieces, close %d\n", done, close(fd));
    return 7;
}
