/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - create, write, seek, read, append, truncate, rename, unlink; then a file of many blocks. */
#include <stdint.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "show.h"

static char text[64];

static void show_text(const char *what, long got)
{
    show(what, got);
    printf("  \"%.*s\"\n", got > 0 ? (int)got : 0, text);
}

static void show_stat(const char *what, const char *path)
{
    struct stat st;

    if (show(what, stat(path, &st)) == 0)
        printf("  size %lld, regular %d, directory %d\n", (long long)st.st_size, S_ISREG(st.st_mode),
               S_ISDIR(st.st_mode));
}

static void small_file(void)
{
    int fd = open("a.txt", O_CREAT | O_EXCL | O_RDWR, 0644);

    show_ok("create", fd);
    show("create again", open("a.txt", O_CREAT | O_EXCL | O_RDWR, 0644));
    show("write", write(fd, "hello world", 11));
    show("seek", lseek(fd, 6, SEEK_SET));
    show_text("read", read(fd, text, sizeof(text)));
    show_text("read at the end", read(fd, text, sizeof(text)));
    show_text("pread", pread(fd, text, 5, 0));
    show("pwrite", pwrite(fd, "HELLO", 5, 0));
    show("position", lseek(fd, 0, SEEK_CUR));
    show("seek from the end", lseek(fd, -5, SEEK_END));
    show("seek before the start", lseek(fd, -12, SEEK_END));
    show("seek beyond the end", lseek(fd, 100, SEEK_SET));
    show_text("read beyond the end", read(fd, text, sizeof(text)));
    show("bad whence", lseek(fd, 0, 9));
    show("write nothing", write(fd, "", 0));
    show_stat("stat", "a.txt");
    show("close", close(fd));
}

static void vectors(void)
{
    char a[4], b[4], c[16];
    struct iovec out[] = {{"one ", 4}, {"", 0}, {"two ", 4}, {"three", 5}};
    struct iovec in[] = {{a, 4}, {b, 4}, {c, sizeof(c)}};
    int fd = open("v.txt", O_CREAT | O_RDWR, 0644);

    show("writev", writev(fd, out, 4));
    show("rewind", lseek(fd, 0, SEEK_SET));
    show("readv", readv(fd, in, 3));
    printf("  %.4s|%.4s|%.5s\n", a, b, c);
    show("preadv", preadv(fd, in, 2, 4));
    printf("  %.4s|%.4s\n", a, b);
    show("writev of nothing", writev(fd, out, 0));
    show("writev of too many", writev(fd, out, 2000));
    show("close", close(fd));
}

static void append_and_truncate(void)
{
    int fd = open("a.txt", O_WRONLY | O_APPEND);

    show("append", write(fd, "!", 1));
    show("seek", lseek(fd, 0, SEEK_SET));
    show("append again", write(fd, "?", 1));
    show("position", lseek(fd, 0, SEEK_CUR));
    show("read a write-only file", read(fd, text, 1));
    show("ftruncate", ftruncate(fd, 5));
    show_stat("stat", "a.txt");
    show("close", close(fd));
    show("truncate to grow", truncate("a.txt", 20));
    show_stat("stat", "a.txt");
    fd = open("a.txt", O_RDONLY);
    memset(text, 'x', sizeof(text));
    long got = show("read", read(fd, text, sizeof(text)));
    int zeros = 0;
    for (long i = 5; i < got; i++)
        zeros += text[i] == 0;
    printf("  \"%.5s\" and %d zeros\n", text, zeros);
    show("write a read-only file", write(fd, "x", 1));
    show("ftruncate a read-only file", ftruncate(fd, 0));
    show("close", close(fd));
    fd = open("a.txt", O_WRONLY | O_TRUNC);
    show("size after O_TRUNC", lseek(fd, 0, SEEK_END));
    show("write beyond the end", pwrite(fd, "end", 3, 10000));
    show("size", lseek(fd, 0, SEEK_END));
    show("close", close(fd));
}

static void names(void)
{
    show("rename", rename("a.txt", "b.txt"));
    show("stat of the old name", access("a.txt", F_OK));
    show_stat("stat of the new name", "b.txt");
    int fd = open("c.txt", O_CREAT | O_WRONLY, 0644);
    show("write", write(fd, "ccc", 3));
    show("rename over", rename("c.txt", "b.txt"));
    show_stat("stat", "b.txt");
    show("unlink", unlink("b.txt"));
    show("unlink again", unlink("b.txt"));
    /* An open file outlives its name. */
    show("write to what lost its name", write(fd, "more", 4));
    show("seek", lseek(fd, 0, SEEK_END));
    show("close", close(fd));
    show("unlink v.txt", unlink("v.txt"));
}

#define BLOCK 1000
#define BLOCKS 700

static uint32_t mix(uint32_t sum, const unsigned char *bytes, long size)
{
    for (long i = 0; i < size; i++)
        sum = (sum ^ bytes[i]) * 16777619u;
    return sum;
}

static void big_file(void)
{
    static unsigned char block[BLOCK];
    uint32_t written = 0, read_back = 0;
    int fd = open("big.bin", O_CREAT | O_RDWR, 0644), bad = 0;

    for (int i = 0; i < BLOCKS; i++) {
        for (int k = 0; k < BLOCK; k++)
            block[k] = (unsigned char)(i * 7 + k * 13 + (k >> 3));
        bad += write(fd, block, BLOCK) != BLOCK;
        written = mix(written, block, BLOCK);
    }
    show("failed writes", bad);
    show("fsync", fsync(fd));
    show("rewind", lseek(fd, 0, SEEK_SET));
    for (int i = 0; i < BLOCKS; i++) {
        bad += read(fd, block, BLOCK) != BLOCK;
        read_back = mix(read_back, block, BLOCK);
    }
    show("failed reads", bad);
    show_bool("the same", written == read_back);
    show("one byte far in", pread(fd, block, 1, 345678));
    printf("  %u\n", block[0]);
    show("close", close(fd));
    show_stat("stat", "big.bin");
    show("unlink", unlink("big.bin"));
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    small_file();
    vectors();
    append_and_truncate();
    names();
    big_file();
    return 0;
}
