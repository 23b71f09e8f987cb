/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/noted.c vmm/share/fuse*.c devices/virtio/iov.c vmm/share/window.c vmm/ranges.c
/* fuse_test.c - FUSE requests: what the tree is asked, and how the guest is answered, whatever it has sent. */
#include "tests/unit/vmm/share/fuse_rig.h"

#define S(text) text, sizeof(text)

/* Each request with a structure of its own: what the tree is asked, and how long the answer is. */
static const union {
    struct fuse_getattr_in getattr;
    struct fuse_setattr_in setattr;
    struct fuse_mknod_in mknod;
    struct fuse_mkdir_in mkdir;
    struct fuse_rename_in rename;
    struct fuse_rename2_in rename2;
    struct fuse_link_in link;
    struct fuse_open_in open;
    struct fuse_create_in create;
    struct fuse_release_in release;
    struct fuse_flush_in flush;
    struct fuse_fsync_in fsync;
    struct fuse_read_in read;
    struct fuse_getxattr_in getxattr;
    struct fuse_fallocate_in fallocate;
    struct fuse_lseek_in lseek;
    struct fuse_copy_file_range_in copy;
    struct fuse_lk_in lk;
    uint32_t word[2];
} getattr_fh = {.getattr = {.getattr_flags = FUSE_GETATTR_FH, .fh = 9}}, nothing = {.getattr = {0}},
  setattr = {.setattr = {.valid = FATTR_SIZE, .size = 77}}, mknod_in = {.mknod = {.mode = 0100644, .rdev = 3}},
  mkdir_in = {.mkdir = {.mode = 0750}}, rename_in = {.rename = {.newdir = 8}},
  rename2_in = {.rename2 = {.newdir = 8, .flags = 2}}, link_in = {.link = {.oldnodeid = 6}},
  open_in = {.open = {.flags = 0x8002}}, create_in = {.create = {.flags = 0x41, .mode = 0100600}},
  release_in = {.release = {.fh = 9}}, flush_in = {.flush = {.fh = 9, .lock_owner = 12}},
  fsync_in = {.fsync = {.fh = 9, .fsync_flags = 1}}, list_in = {.read = {.size = 512}},
  readdir_in = {.read = {.fh = 9, .offset = 4, .size = 512}}, large = {.read = {.fh = 9, .size = 1000000}},
  value = {.word = {4, 1}}, sized = {.getxattr = {.size = 100}},
  fallocate_in = {.fallocate = {.fh = 9, .offset = 1, .length = 2, .mode = 3}},
  lseek_in = {.lseek = {.fh = 9, .offset = 5, .whence = 4}},
  copy_in = {.copy = {.fh_in = 9, .off_in = 1, .fh_out = 10, .off_out = 2, .len = UINT64_MAX}},
  lk_in = {.lk = {.fh = 9, .owner = 12, .lk = {.start = 3, .type = F_WRLCK}}};

static const struct {
    uint32_t opcode;
    const void *arg;
    size_t size;
    const char *tail;
    size_t tail_size;
    const char *said;
    uint32_t answer;
    ssize_t result;
} good[] = {
    {FUSE_LOOKUP, NULL, 0, S("name"), "lookup 7 name", sizeof(struct fuse_entry_out), 0},
    {FUSE_GETATTR, &nothing, 16, NULL, 0, "getattr 7 -1", sizeof(struct fuse_attr_out), 0},
    {FUSE_GETATTR, &getattr_fh, 16, NULL, 0, "getattr 7 9", sizeof(struct fuse_attr_out), 0},
    {FUSE_SETATTR, &setattr, 88, NULL, 0, "setattr 7 8 77", sizeof(struct fuse_attr_out), 0},
    {FUSE_READLINK, NULL, 0, NULL, 0, "readlink 7 4080", 11, 11},
    {FUSE_SYMLINK, NULL, 0, S("name\0../target"), "symlink 1000 7 name ../target", sizeof(struct fuse_entry_out), 0},
    {FUSE_MKNOD, &mknod_in, 16, S("name"), "mknod 1000 7 name 100644 3", sizeof(struct fuse_entry_out), 0},
    {FUSE_MKDIR, &mkdir_in, 8, S("name"), "mkdir 1000 7 name 750", sizeof(struct fuse_entry_out), 0},
    {FUSE_UNLINK, NULL, 0, S("name"), "unlink 7 name", 0, 0},
    {FUSE_RMDIR, NULL, 0, S("name"), "rmdir 7 name", 0, 0},
    {FUSE_RENAME, &rename_in, 8, S("a\0b"), "rename 7 a 8 b 0", 0, 0},
    {FUSE_RENAME2, &rename2_in, 16, S("a\0b"), "rename 7 a 8 b 2", 0, 0},
    {FUSE_LINK, &link_in, 8, S("name"), "link 6 7 name", sizeof(struct fuse_entry_out), 0},
    {FUSE_OPEN, &open_in, 8, NULL, 0, "open 7 8002", sizeof(struct fuse_open_out), 0},
    {FUSE_OPENDIR, &open_in, 8, NULL, 0, "opendir 7 8002", sizeof(struct fuse_open_out), 0},
    {FUSE_CREATE, &create_in, 16, S("name"), "create 1000:1001:1002 7 name 41 100600",
     sizeof(struct fuse_entry_out) + sizeof(struct fuse_open_out), 0},
    {51 /* FUSE_TMPFILE */, &create_in, 16, S("/"), "tmpfile 1000:1001:1002 7 41 100600",
     sizeof(struct fuse_entry_out) + sizeof(struct fuse_open_out), 0},
    {FUSE_RELEASE, &release_in, 24, NULL, 0, "release 9", 0, 0},
    {FUSE_RELEASEDIR, &release_in, 24, NULL, 0, "release 9", 0, 0},
    {FUSE_FLUSH, &flush_in, 24, NULL, 0, "flush 9 12", 0, 0},
    {FUSE_FSYNC, &fsync_in, 16, NULL, 0, "fsync 9 1", 0, 0},
    {FUSE_FSYNCDIR, &fsync_in, 16, NULL, 0, "fsync 9 1", 0, 0},
    {FUSE_READDIR, &readdir_in, 40, NULL, 0, "readdir 9 4 512", 24, 24},
    {FUSE_READDIR, &large, 40, NULL, 0, "readdir 9 0 4080", 4080, 5000},
    {FUSE_READDIRPLUS, &readdir_in, 40, NULL, 0, "readdirplus 9 4 512", 0, 0},
    {FUSE_READDIR, &list_in, 40, NULL, 0, "readdir of 7 512", 24, 24},
    {FUSE_READDIRPLUS, &list_in, 40, NULL, 0, "readdirplus of 7 512", 24, 24},
    {FUSE_SETXATTR, &value, 8, "user.a\0word", 11, "setxattr 7 user.a word 4 1", 0, 0},
    {FUSE_GETXATTR, &nothing, 8, S("user.a"), "getxattr 7 user.a 0", sizeof(struct fuse_getxattr_out), 3},
    {FUSE_GETXATTR, &sized, 8, S("user.a"), "getxattr 7 user.a 100", 3, 3},
    {FUSE_LISTXATTR, &nothing, 8, NULL, 0, "listxattr 7 0", sizeof(struct fuse_getxattr_out), 3},
    {FUSE_LISTXATTR, &large, 8, NULL, 0, "listxattr 7 9", 3, 3},
    {FUSE_REMOVEXATTR, NULL, 0, S("user.a"), "removexattr 7 user.a", 0, 0},
    {FUSE_STATFS, NULL, 0, NULL, 0, "statfs 7", sizeof(struct fuse_statfs_out), 0},
    {FUSE_FALLOCATE, &fallocate_in, 32, NULL, 0, "fallocate 9 1 2 3", 0, 0},
    {FUSE_LSEEK, &lseek_in, 24, NULL, 0, "lseek 9 5 4", sizeof(struct fuse_lseek_out), 6},
    {FUSE_COPY_FILE_RANGE, &copy_in, 56, NULL, 0, "copy 9 1 10 2 8126464 0", sizeof(struct fuse_write_out), 100},
    {FUSE_GETLK, &lk_in, 48, NULL, 0, "getlk 9 12 3", sizeof(struct fuse_lk_out), 0},
    {FUSE_SETLK, &lk_in, 48, NULL, 0, "setlk 9 12 1 0", 0, 0},
    {FUSE_SETLKW, &lk_in, 48, NULL, 0, "setlk 9 12 1 0", 0, 0},
    {FUSE_DESTROY, NULL, 0, NULL, 0, "reset", 0, 0},
};

START_TEST(each_request)
{
    uint32_t size;

    fake.result = good[_i].result;
    ck_assert_int_eq(ask(good[_i].opcode, good[_i].arg, good[_i].size, good[_i].tail, good[_i].tail_size, &size), 0);
    ck_assert_str_eq(fake.said, good[_i].said);
    ck_assert_uint_eq(size, good[_i].answer);
}
END_TEST

/* What the tree refuses, the guest hears, with nothing behind it, and has changed nothing. */
START_TEST(each_error)
{
    uint32_t size;

    fake.result = -EROFS;
    int error = ask(good[_i].opcode, good[_i].arg, good[_i].size, good[_i].tail, good[_i].tail_size, &size);
    if (good[_i].opcode != FUSE_RELEASE && good[_i].opcode != FUSE_RELEASEDIR && good[_i].opcode != FUSE_DESTROY) {
        ck_assert_int_eq(error, -EROFS);
        ck_assert_uint_eq(fake.own_changes, 0);
    }
    ck_assert_uint_eq(size, 0);
}
END_TEST

/* Too short by a byte, and with too little room for the answer: the tree isn't asked. */
START_TEST(each_cut)
{
    uint32_t size, length = fill(good[_i].opcode, good[_i].arg, good[_i].size, good[_i].tail, good[_i].tail_size);
    struct fuse_in_header *header = (void *)in;

    fake.result = good[_i].result;
    if (length > sizeof(*header)) {
        put(length, ROOM);
        header->len--;
        ck_assert_int_eq(ask_chain(&size), -EINVAL);
        ck_assert_str_eq(fake.said, "");
        put(length - 1, ROOM);
        ck_assert_int_eq(ask_chain(&size), -EINVAL);
        ck_assert_str_eq(fake.said, "");
    }
    length = fill(good[_i].opcode, good[_i].arg, good[_i].size, good[_i].tail, good[_i].tail_size);
    put(length, sizeof(struct fuse_out_header));
    int error = ask_chain(&size);
    ck_assert_uint_eq(size, 0);
    if (good[_i].answer != 0 && strncmp(good[_i].said, "readdir", 7) != 0) {
        ck_assert_int_eq(error, -EINVAL);
        ck_assert_str_eq(fake.said, "");
    }
}
END_TEST

static const struct {
    uint32_t opcode;
    size_t arg_size;
    const char *tail;
    size_t size;
    int error;
} bad_names[] = {
    {FUSE_LOOKUP, 0, S(""), -EINVAL},      {FUSE_LOOKUP, 0, S("."), -EINVAL},
    {FUSE_LOOKUP, 0, S(".."), -EINVAL},    {FUSE_LOOKUP, 0, S("a/b"), -EINVAL},
    {FUSE_LOOKUP, 0, S("/"), -EINVAL},     {FUSE_LOOKUP, 0, "name", 4, -EINVAL}, /* without its end */
    {FUSE_LOOKUP, 0, NULL, 0, -EINVAL},    {FUSE_MKDIR, 8, S(".."), -EINVAL},
    {FUSE_RENAME, 8, S("a\0.."), -EINVAL}, {FUSE_RENAME, 8, S("..\0a"), -EINVAL},
    {FUSE_RENAME2, 16, S("a"), -EINVAL}, /* without the second */
    {FUSE_SYMLINK, 0, S("name"), -EINVAL}, {FUSE_SYMLINK, 0, S("name\0"), -EINVAL},
    {FUSE_SETXATTR, 8, S(""), -EINVAL},    {FUSE_REMOVEXATTR, 0, S(""), -EINVAL},
};

START_TEST(bad_names_are_refused)
{
    uint32_t size;

    ck_assert_int_eq(
        ask(bad_names[_i].opcode, &nothing, bad_names[_i].arg_size, bad_names[_i].tail, bad_names[_i].size, &size),
        bad_names[_i].error);
    ck_assert_str_eq(fake.said, "");
}
END_TEST

/* Names as long as they may be, and by one byte longer. */
START_TEST(long_names)
{
    static const struct {
        uint32_t opcode;
        size_t most;
        int error;
    } names[] = {{FUSE_LOOKUP, 255, -ENAMETOOLONG}, {FUSE_REMOVEXATTR, 255, -ERANGE}};
    char text[5000];
    uint32_t size;

    for (unsigned i = 0; i < 2; i++) {
        memset(text, 'n', sizeof(text));
        text[names[i].most] = 0;
        ck_assert_int_eq(ask(names[i].opcode, NULL, 0, text, names[i].most + 1, &size), 0);
        text[names[i].most] = 'n';
        text[names[i].most + 1] = 0;
        ck_assert_int_eq(ask(names[i].opcode, NULL, 0, text, names[i].most + 2, &size), names[i].error);
    }
    memset(text, 't', sizeof(text));
    memcpy(text, "name", 5);
    text[5 + 4095] = 0;
    ck_assert_int_eq(ask(FUSE_SYMLINK, NULL, 0, text, 5 + 4096, &size), 0);
    text[5 + 4095] = 't';
    text[5 + 4096] = 0;
    ck_assert_int_eq(ask(FUSE_SYMLINK, NULL, 0, text, 5 + 4097, &size), -ENAMETOOLONG);
}
END_TEST

START_TEST(values)
{
    static char tail[70000] = "user.a";
    const uint32_t most[2] = {65536, 0}, more[2] = {65537, 0}, beyond[2] = {100, 0};
    uint32_t size;

    ck_assert_int_eq(ask(FUSE_SETXATTR, most, 8, tail, 7 + 65536, &size), 0);
    ck_assert_str_eq(fake.said, "setxattr 7 user.a  65536 0");
    ck_assert_int_eq(ask(FUSE_SETXATTR, more, 8, tail, 7 + 65536, &size), -EINVAL);
    ck_assert_int_eq(ask(FUSE_SETXATTR, more, 8, tail, 7 + 69000, &size), -EINVAL);
    ck_assert_int_eq(ask(FUSE_SETXATTR, beyond, 8, tail, 7 + 99, &size), -EINVAL);
}
END_TEST

/* Data goes between the tree and any pieces of the chain. */
START_TEST(data_in_pieces)
{
    const struct fuse_write_in to = {.fh = 9, .offset = 250, .size = 10};
    const struct fuse_read_in from = {.fh = 9, .offset = 250, .size = 10};
    struct fuse_write_out count;
    uint32_t size, length = fill(FUSE_WRITE, &to, sizeof(to), "0123456789", 10);

    fake.result = 10;
    put(length, ROOM);
    chain.readable = 3;
    chain.iov[3] = chain.iov[1];
    chain.iov[0].iov_len = 39;
    chain.iov[1] = (struct iovec){in + 39, 44};
    chain.iov[2] = (struct iovec){in + 83, length - 83};
    ck_assert_int_eq(ask_chain(&size), 0);
    ck_assert_str_eq(fake.said, "write 9 10 250");
    ck_assert_mem_eq(fake.data + 250, "012345", 6);
    ck_assert_mem_eq(fake.data, "6789", 4);
    memcpy(&count, out + 16, sizeof(count));
    ck_assert_uint_eq(count.size, 10);

    put(fill(FUSE_READ, &from, sizeof(from), NULL, 0), ROOM);
    chain.writable = 4;
    chain.iov[1] = (struct iovec){out, 7};
    chain.iov[2] = (struct iovec){out + 7, 11};
    chain.iov[3] = (struct iovec){out + 18, 3};
    chain.iov[4] = (struct iovec){out + 21, ROOM - 21};
    ck_assert_int_eq(ask_chain(&size), 0);
    ck_assert_str_eq(fake.said, "read 9 10 250");
    ck_assert_uint_eq(size, 10);
    ck_assert_mem_eq(out + 16, "0123456789", 10);

    fake.result = 3; /* the file's end */
    put(fill(FUSE_READ, &from, sizeof(from), NULL, 0), 26);
    ck_assert_int_eq(ask_chain(&size), 0);
    ck_assert_uint_eq(size, 3);
}
END_TEST

START_TEST(sizes_of_data)
{
    struct fuse_write_in to = {.fh = 9, .size = 9};
    struct fuse_read_in from = {.fh = 9, .size = ROOM - 15};
    uint32_t size;

    ck_assert_int_eq(ask(FUSE_WRITE, &to, sizeof(to), "0123456789", 10, &size), -EINVAL);
    to.size = 11;
    ck_assert_int_eq(ask(FUSE_WRITE, &to, sizeof(to), "0123456789", 10, &size), -EINVAL);
    ck_assert_int_eq(ask(FUSE_READ, &from, sizeof(from), NULL, 0, &size), -EINVAL);
    put(fill(FUSE_READ, &from, sizeof(from), NULL, 0), ROOM);
    chain.writable_bytes = UINT32_MAX; /* as if there were that much */
    ((struct fuse_read_in *)(in + 40))->size = UINT32_MAX - 16;
    ck_assert_int_eq(ask_chain(&size), -EINVAL);
    ck_assert_str_eq(fake.said, "");
    to.size = 0;
    ck_assert_int_eq(ask(FUSE_WRITE, &to, sizeof(to), NULL, 0, &size), 0);
    ck_assert_str_eq(fake.said, "write 9 0 0");
}
END_TEST

START_TEST(beginning)
{
    struct fuse_init_out answer = start(38, UINT32_MAX);
    struct fuse_init_in hello = {.major = 7, .minor = 30};
    uint32_t size;

    ck_assert_str_eq(fake.said, "reset"); /* a second one forgets what there was before the first */
    ck_assert_uint_eq(answer.major, 7);
    ck_assert_uint_eq(answer.minor, 31);
    ck_assert_uint_eq(answer.max_readahead, 65536);
    ck_assert_uint_eq(answer.max_pages, QUEUE_CHAIN_MAX - 4);
    ck_assert_uint_ne(answer.flags & FUSE_MAX_PAGES, 0);
    ck_assert_uint_eq(answer.flags & (FUSE_WRITEBACK_CACHE | FUSE_EXPORT_SUPPORT | FUSE_POSIX_ACL), 0);
    ck_assert_uint_eq(answer.flags2, 0);
    answer = start(31, FUSE_ASYNC_READ);
    ck_assert_uint_eq(answer.flags, FUSE_ASYNC_READ); /* nothing that it didn't ask for */

    ck_assert_int_eq(ask(FUSE_INIT, &hello, sizeof(hello), NULL, 0, &size), -EPROTO);
    hello = (struct fuse_init_in){.major = 6, .minor = 40};
    ck_assert_int_eq(ask(FUSE_INIT, &hello, sizeof(hello), NULL, 0, &size), -EPROTO);
    ck_assert_int_eq(ask(FUSE_STATFS, NULL, 0, NULL, 0, &size), 0); /* a bad one changes nothing */
    hello.major = 8;
    ck_assert_int_eq(ask(FUSE_INIT, &hello, 16, NULL, 0, &size), 0);
    ck_assert_uint_eq(((const struct fuse_init_out *)(out + 16))->major, 7);
    ck_assert_int_eq(ask(FUSE_STATFS, NULL, 0, NULL, 0, &size), -EIO); /* not begun */
    start(31, 0);
    ck_assert_int_eq(ask(FUSE_DESTROY, NULL, 0, NULL, 0, &size), 0);
    ck_assert_int_eq(ask(FUSE_STATFS, NULL, 0, NULL, 0, &size), -EIO);
    ck_assert_str_eq(fake.said, "");
}
END_TEST

/* What a request ends with isn't taken for a part of it, and says of one group more. */
START_TEST(groups)
{
    const struct fuse_init_in hello = {.major = 7, .minor = 38, .flags = FUSE_INIT_EXT, .flags2 = UINT32_MAX};
    const struct fuse_mkdir_in mkdir = {.mode = 0700};
    struct {
        char name[8];
        uint32_t size, type, count, group;
    } tail = {"folder\0", 16, 32, 1, 77};
    uint32_t size;

    ck_assert_int_eq(ask(FUSE_INIT, &hello, sizeof(hello), NULL, 0, &size), 0);
    ck_assert_uint_eq(((const struct fuse_init_out *)(out + sizeof(struct fuse_out_header)))->flags2, 1 << 2);
    for (uint32_t bytes = 0; bytes < 200; bytes += 8) {
        put(fill(FUSE_MKDIR, &mkdir, sizeof(mkdir), &tail, sizeof(tail)), ROOM);
        in[36] = (uint8_t)(bytes / 8);
        int error = ask_chain(&size);
        ck_assert_int_eq(error, bytes == 0 || bytes == 8 || bytes == 16 ? 0 : -EINVAL);
        ck_assert_uint_eq(fake.asks.has_group, bytes == 16);
        if (bytes == 16)
            ck_assert_uint_eq(fake.asks.group, 77);
    }
    for (tail.size = 0; tail.size < 40; tail.size++) {
        put(fill(FUSE_MKDIR, &mkdir, sizeof(mkdir), &tail, sizeof(tail)), ROOM);
        in[36] = 2;
        ck_assert_int_eq(ask_chain(&size), tail.size == 16 ? 0 : -EINVAL);
    }
    tail.size = 16;
    for (tail.type = 0; tail.type < 40; tail.type++) { /* others say nothing */
        put(fill(FUSE_MKDIR, &mkdir, sizeof(mkdir), &tail, sizeof(tail)), ROOM);
        in[36] = 2;
        ck_assert_int_eq(ask_chain(&size), 0);
        ck_assert_uint_eq(fake.asks.has_group, tail.type == 32);
    }
}
END_TEST

START_TEST(forgetting)
{
    const struct fuse_forget_in one = {.nlookup = 3};
    struct {
        struct fuse_batch_forget_in head;
        struct fuse_forget_one one[3];
    } batch = {{.count = 2}, {{5, 1}, {6, 2}, {7, 3}}};
    uint32_t size;

    put(fill(FUSE_FORGET, &one, sizeof(one), NULL, 0), 0);
    ck_assert_int_eq(ask_chain(&size), 1);
    ck_assert_str_eq(fake.said, "forget 7 3");
    put(fill(FUSE_FORGET, &one, sizeof(one), NULL, 0), ROOM); /* no answer even where there is room */
    ck_assert_int_eq(ask_chain(&size), 1);
    put(fill(FUSE_BATCH_FORGET, &batch, sizeof(batch), NULL, 0), 0);
    fake.forgotten = 0;
    ck_assert_int_eq(ask_chain(&size), 1);
    ck_assert_str_eq(fake.said, "forget 6 2");
    ck_assert_uint_eq(fake.forgotten, 2);
    batch.head.count = UINT32_MAX; /* more than there are */
    put(fill(FUSE_BATCH_FORGET, &batch, sizeof(batch), NULL, 0), 0);
    fake.forgotten = 0;
    ck_assert_int_eq(ask_chain(&size), 1);
    ck_assert_uint_eq(fake.forgotten, 3);
}
END_TEST

START_TEST(unknown_requests)
{
    static const uint32_t unknown[] = {
        0, 7, FUSE_ACCESS, FUSE_BMAP, FUSE_IOCTL, FUSE_POLL, FUSE_SETUPMAPPING, FUSE_SYNCFS, 4096, UINT32_MAX};
    uint32_t size;

    ck_assert_int_eq(ask(unknown[_i], &lk_in, sizeof(lk_in), NULL, 0, &size), -ENOSYS);
    put(fill(unknown[_i], &lk_in, sizeof(lk_in), NULL, 0), 15);
    ck_assert_int_eq(ask_chain(&size), 1); /* without room for an answer there is none */
    ck_assert_str_eq(fake.said, "");
}
END_TEST

/* What is no request. */
START_TEST(no_requests)
{
    struct fuse_in_header *header = (void *)in;
    uint32_t size;

    fill(FUSE_STATFS, NULL, 0, NULL, 0);
    put(39, ROOM);
    ck_assert_int_eq(ask_chain(&size), -EINVAL);
    put(40, ROOM);
    header->len = 41;
    ck_assert_int_eq(ask_chain(&size), -EINVAL);
    header->len = 39;
    ck_assert_int_eq(ask_chain(&size), -EINVAL);
    put(sizeof(in), ROOM);
    header->len = 140000; /* longer than any but a write */
    ck_assert_int_eq(ask_chain(&size), -EINVAL);
    put(0, ROOM);
    chain.readable = 0;
    chain.iov[0] = chain.iov[1];
    ck_assert_int_eq(ask_chain(&size), -EINVAL);
    ck_assert_str_eq(fake.said, "");
}
END_TEST

/* Numbers that Linux takes for no error. */
START_TEST(odd_errors)
{
    uint32_t size;

    fake.result = -512;
    ck_assert_int_eq(ask(FUSE_UNLINK, NULL, 0, "a", 2, &size), -EIO);
    fake.result = -511;
    ck_assert_int_eq(ask(FUSE_UNLINK, NULL, 0, "a", 2, &size), -511);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

int main(void)
{
    Suite *suite = suite_create("vmm/share/fuse");
    TCase *tc = tcase_create("fuse");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, each_request, 0, COUNT(good));
    tcase_add_loop_test(tc, each_error, 0, COUNT(good));
    tcase_add_loop_test(tc, each_cut, 0, COUNT(good));
    tcase_add_loop_test(tc, bad_names_are_refused, 0, COUNT(bad_names));
    tcase_add_test(tc, long_names);
    tcase_add_test(tc, values);
    tcase_add_test(tc, data_in_pieces);
    tcase_add_test(tc, sizes_of_data);
    tcase_add_test(tc, beginning);
    tcase_add_test(tc, groups);
    tcase_add_test(tc, forgetting);
    tcase_add_loop_test(tc, unknown_requests, 0, 10);
    tcase_add_test(tc, no_requests);
    tcase_add_test(tc, odd_errors);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
