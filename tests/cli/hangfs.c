/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hangfs.c - a FUSE file system of one file whose server hangs at will, spoken without a library (fuse(4)).
 *
 *   hangfs FILE FOLDER read|write|fsync|nothing alone|all
 *
 * FOLDER/disk is FILE. The first request of that kind is never answered: `alone`, others still are; `all`: none is from
 * then on. Says "ready" and "hangs" on stdout. Status 77 with a line on stderr: this machine doesn't let us. Ends when
 * it is unmounted or killed, and all its requests fail then.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NODE 2
#define BYTES_MAX (1u << 17)
#define FOREVER_S 1000000

static int device, backing;
static _Alignas(8) char request[BYTES_MAX + 4096], answer[BYTES_MAX + 4096];

/* The answer's bytes behind the header are in place. */
static void reply(const struct fuse_in_header *to, int error, size_t size)
{
    struct fuse_out_header header = {(uint32_t)(sizeof(header) + size), -error, to->unique};

    memcpy(answer, &header, sizeof(header));
    (void)(write(device, answer, header.len) == 0); /* who asked may be gone */
}

static void reply_with(const struct fuse_in_header *to, const void *bytes, size_t size)
{
    memcpy(answer + sizeof(struct fuse_out_header), bytes, size);
    reply(to, 0, size);
}

static struct fuse_attr attributes(uint64_t node)
{
    struct fuse_attr attr = {.ino = node, .nlink = 1, .blksize = 4096, .mode = S_IFDIR | 0755};
    struct stat st;

    if (node == FILE_NODE && fstat(backing, &st) == 0) {
        attr.mode = S_IFREG | 0644;
        attr.size = (uint64_t)st.st_size;
        attr.blocks = (attr.size + 511) / 512;
    }
    return attr;
}

static void do_init(const struct fuse_in_header *in, const struct fuse_init_in *init)
{
    const struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION,
                                      .minor = 31,
                                      .max_readahead = init->max_readahead,
                                      .max_write = BYTES_MAX,
                                      .max_background = 16,
                                      .congestion_threshold = 12};

    reply_with(in, &out, sizeof(out));
}

static void do_lookup(const struct fuse_in_header *in, const char *name)
{
    const struct fuse_entry_out out = {
        .nodeid = FILE_NODE, .attr = attributes(FILE_NODE), .attr_valid = 1000, .entry_valid = 1000};

    if (strcmp(name, "disk") == 0)
        reply_with(in, &out, sizeof(out));
    else
        reply(in, ENOENT, 0);
}

static void do_read(const struct fuse_in_header *in, const struct fuse_read_in *read)
{
    size_t size = read->size < BYTES_MAX ? read->size : BYTES_MAX;
    ssize_t n = pread(backing, answer + sizeof(struct fuse_out_header), size, (off_t)read->offset);

    reply(in, n < 0 ? errno : 0, n < 0 ? 0 : (size_t)n);
}

static void do_write(const struct fuse_in_header *in, const struct fuse_write_in *write)
{
    ssize_t n = pwrite(backing, write + 1, write->size, (off_t)write->offset);
    const struct fuse_write_out out = {.size = (uint32_t)n};

    if (n < 0)
        reply(in, errno, 0);
    else
        reply_with(in, &out, sizeof(out));
}

static void serve(const struct fuse_in_header *in, const void *arguments)
{
    const struct fuse_attr_out attr = {.attr = attributes(in->nodeid), .attr_valid = 1000};
    const struct fuse_open_out opened = {.fh = 1};

    switch (in->opcode) {
    case FUSE_INIT:
        do_init(in, arguments);
        break;
    case FUSE_LOOKUP:
        do_lookup(in, arguments);
        break;
    case FUSE_GETATTR:
        reply_with(in, &attr, sizeof(attr));
        break;
    case FUSE_OPEN:
        reply_with(in, &opened, sizeof(opened));
        break;
    case FUSE_READ:
        do_read(in, arguments);
        break;
    case FUSE_WRITE:
        do_write(in, arguments);
        break;
    case FUSE_FLUSH:
    case FUSE_FSYNC:
    case FUSE_RELEASE:
    case FUSE_ACCESS:
        reply(in, 0, 0);
        break;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT: /* these have no answer */
        break;
    default:
        reply(in, ENOSYS, 0);
    }
}

static uint32_t opcode_of(const char *name)
{
    return strcmp(name, "read") == 0    ? FUSE_READ
           : strcmp(name, "write") == 0 ? FUSE_WRITE
           : strcmp(name, "fsync") == 0 ? FUSE_FSYNC
                                        : 0;
}

static void say(const char *word)
{
    puts(word);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const struct fuse_in_header *in = (const struct fuse_in_header *)request;
    char options[128];

    if (argc != 5)
        return 2;
    backing = open(argv[1], O_RDWR);
    device = open("/dev/fuse", O_RDWR);
    snprintf(options, sizeof(options), "fd=%d,rootmode=40755,user_id=%u,group_id=%u", device, getuid(), getgid());
    if (backing < 0 || device < 0 || mount("hangfs", argv[2], "fuse", MS_NOSUID | MS_NODEV, options) < 0) {
        fprintf(stderr, "FUSE can't be mounted here: %s\n", strerror(errno));
        return 77;
    }
    say("ready");
    for (;;) {
        ssize_t n = read(device, request, sizeof(request));

        if (n < 0 && errno == ENODEV)
            return 0;
        if (n < (ssize_t)sizeof(*in))
            continue;
        if (in->opcode != opcode_of(argv[3])) {
            serve(in, in + 1);
            continue;
        }
        say("hangs");
        while (strcmp(argv[4], "all") == 0)
            sleep(FOREVER_S);
    }
}
