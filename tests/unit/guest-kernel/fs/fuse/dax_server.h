/* SPDX-License-Identifier: Apache-2.0 */
/* dax_server.h - for tests in this folder: a server of files with a window, mounted for each test. */
#ifndef TESTS_UNIT_GUEST_KERNEL_FS_FUSE_DAX_SERVER_H
#define TESTS_UNIT_GUEST_KERNEL_FS_FUSE_DAX_SERVER_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "../../stubs.h"
#include "abi/errno.h"
#include "abi/fcntl.h"
#include "boot/abi_share.h"
#include "core/news.h"
#include "core/threads.h"
#include "core/wait.h"
#include "fs/fuse/fuse_dax.h"
#include "fs/fuse/fuse_type.h"
#include "fs/fuse/fuse_window.h"
#include "mm/pagetable.h"
#include "mm/space.h"
#include "mm/window.h"
#include "vfs/fuse_port.h"
#include "vfs/icache.h"
#include "vfs/pagecache.h"

#define ORDER 12u /* of the window: 16 MiB */
#define WINDOW (PAGE_SIZE << ORDER)
#define READ_FROM (WINDOW / 2)
#define LARGE (2ul << 20)
#define SMALL (256ul << 10)
#define SMALL_PIECES 8u /* of each half: a quarter of its 8 MiB */
#define LARGE_PIECES 3u
#define PAGES(bytes) ((bytes) >> PAGE_SHIFT)

/* ---- what is below ---- */

int arch_space_init(struct arch_space *arch)
{
    struct page *page = page_alloc();

    arch->root = page != NULL ? page_phys(page) : 0;
    return page != NULL ? 0 : -ENOMEM;
}

void arch_tlb_flush_page(uaddr_t va)
{
    (void)va;
}

void arch_tlb_flush_all(void)
{
}

struct process *process_kernel(void)
{
    return NULL;
}

uint64_t outside_count;

static struct page *window_pages;

int window_prepare(paddr_t start, uint64_t size)
{
    for (uint64_t at = 0; at < size; at += PAGE_SIZE)
        ck_assert_uint_eq(page_of(start + at)->flags, PAGE_WINDOW);
    return 0;
}

/* ---- the server ---- */

#define FILES 40u

static struct {
    uint64_t size[FILES];
    unsigned setups, reads, removes, getattrs, lookups, creates, releases; /* requests */
    struct fuse_setup_mapping_in last;
    uint64_t last_node;
    uint32_t removed; /* ranges */
    int error;        /* of mappings */
    unsigned stale;   /* so many opens and links find that the file is gone */
    uint64_t folder;  /* this node is one */
    bool is_gone;     /* and so does who asks for its attributes */
    unsigned absent;  /* so many lookups find that it isn't there yet */
    unsigned made;    /* so many files that are to be made aren't there yet */
    bool is_away;     /* it doesn't answer mappings */
    unsigned goes;    /* so many mappings have gone when they are answered */
    struct fuse_request *pending;
    struct fuse_request *held[8]; /* locks, and interrupts of waits for them: the test answers them */
    unsigned helds;
    int interrupted; /* what it says to an interrupt */
    /* Its root has so many names in a listing: "n100" and so on, the files of its numbers again and again. */
    unsigned names;
    unsigned lists, lists_plus, opendirs, releasedirs; /* requests */
    bool tells;                                        /* of changes, and it has their request */
    bool is_silent;                                    /* of a name's changes */
    struct fuse_request *events;
} server;

static unsigned char byte_of(uint64_t node, uint64_t page)
{
    return (unsigned char)(node * 31 + page + 1);
}

static void file_show(uint64_t node, uint64_t offset, uint64_t size, char *to)
{
    uint64_t length = server.size[node];

    for (uint64_t at = 0; at < size; at++)
        to[at] = offset + at < length ? (char)byte_of(node, (offset + at) >> PAGE_SHIFT) : 0;
}

static struct fuse_attr attr_of(uint64_t node)
{
    return (struct fuse_attr){.ino = node,
                              .size = server.size[node],
                              .mode = node == FUSE_ROOT || node == server.folder ? S_IFDIR | 0755 : S_IFREG | 0644,
                              .links = 1};
}

/* Names from there on, whose positions are 1 and so on, as many as have room. */
static int64_t listing(const struct fuse_transfer_in *in, bool plus, char *out)
{
    size_t size = 0;

    for (uint64_t i = in->offset; i < server.names; i++) {
        struct fuse_dirent dirent = {.ino = i, .next = i + 1, .length = 4, .type = DT_REG};
        struct fuse_entry entry = {.node = 2 + i % (FILES - 2), .attr = attr_of(2 + i % (FILES - 2))};
        char name[9] = {0};

        entry.entry_valid = server.tells && !server.is_silent ? LVMM_FUSE_TOLD : 0;
        snprintf(name, sizeof(name), "n%u", 100 + (unsigned)i);
        if (size + (plus ? sizeof(entry) : 0) + sizeof(dirent) + 8 > in->size)
            break;
        if (plus)
            memcpy(out + size, &entry, sizeof(entry));
        size += plus ? sizeof(entry) : 0;
        memcpy(out + size, &dirent, sizeof(dirent));
        memcpy(out + size + sizeof(dirent), name, 8);
        size += sizeof(dirent) + 8;
    }
    return (int64_t)size;
}

/* What it answers to the message in `text`: the bytes behind the head, or -errno. */
static int64_t answer(const struct fuse_in *in, const void *text, char *out)
{
    struct fuse_setup_mapping_in setup;
    struct fuse_transfer_in transfer;

    switch (in->opcode) {
    case FUSE_INIT:
        memcpy(out,
               &(struct fuse_init_out){.major = FUSE_MAJOR,
                                       .minor = FUSE_MINOR,
                                       .flags = FUSE_MAX_PAGES | FUSE_MAP_ALIGNMENT,
                                       .write_most = 1 << 20,
                                       .pages_most = 64,
                                       .map_alignment = 12},
               sizeof(struct fuse_init_out));
        return sizeof(struct fuse_init_out);
    case FUSE_GETATTR:
        server.getattrs++;
        if (server.is_gone)
            return -ESTALE;
        memcpy(out, &(struct fuse_attr_out){.attr = attr_of(in->node)}, sizeof(struct fuse_attr_out));
        return sizeof(struct fuse_attr_out);
    case FUSE_LOOKUP: {
        server.lookups++;
        if (server.absent != 0) {
            server.absent--;
            return -ENOENT;
        }
        uint64_t node = 2 + *(const unsigned char *)text - 'a';
        memcpy(out, &(struct fuse_entry){.node = node, .attr = attr_of(node)}, sizeof(struct fuse_entry));
        return sizeof(struct fuse_entry);
    }
    case FUSE_LINK:
        if (server.stale != 0) {
            server.stale--;
            return -ESTALE;
        }
        __attribute__((fallthrough));
    case FUSE_SYMLINK:
    case FUSE_MKDIR: /* what others have put there by now */
        memcpy(out, &(struct fuse_entry){.node = FILES - 1, .attr = attr_of(FILES - 1)}, sizeof(struct fuse_entry));
        return sizeof(struct fuse_entry);
    case FUSE_CREATE: {
        server.creates++;
        if (server.made == 0)
            return -EEXIST;
        server.made--;
        uint64_t node = 2 + ((const unsigned char *)text)[sizeof(struct fuse_create_in)] - 'a';
        memcpy(out, &(struct fuse_create_out){.entry = {.node = node, .attr = attr_of(node)}},
               sizeof(struct fuse_create_out));
        return sizeof(struct fuse_create_out);
    }
    case FUSE_OPEN:
        if (server.stale != 0) {
            server.stale--;
            return -ESTALE;
        }
        memset(out, 0, sizeof(struct fuse_open_out));
        return sizeof(struct fuse_open_out);
    case FUSE_READ:
        memcpy(&transfer, text, sizeof(transfer));
        server.reads++;
        file_show(in->node, transfer.offset, transfer.size, out);
        return transfer.offset < server.size[in->node]
                   ? (int64_t)(server.size[in->node] - transfer.offset < transfer.size
                                   ? server.size[in->node] - transfer.offset
                                   : transfer.size)
                   : 0;
    case FUSE_SETUPMAPPING:
        memcpy(&setup, text, sizeof(setup));
        server.setups++;
        server.last = setup;
        server.last_node = in->node;
        ck_assert_uint_le(setup.start + setup.size, WINDOW);
        ck_assert_uint_eq(setup.offset % setup.size, 0);
        ck_assert(!(setup.flags & FUSE_MAPPING_WRITE) == (setup.start >= READ_FROM));
        if (server.error == 0)
            file_show(in->node, setup.offset, setup.size, (char *)page_data(window_pages) + setup.start);
        return server.error;
    case FUSE_REMOVEMAPPING: {
        struct fuse_remove_mapping_in remove;
        memcpy(&remove, text, sizeof(remove));
        ck_assert_uint_eq(in->length, sizeof(*in) + sizeof(remove) + remove.count * sizeof(struct fuse_mapping));
        server.removes++;
        server.removed += remove.count;
        return 0;
    }
    case FUSE_READDIR:
    case FUSE_READDIRPLUS:
        memcpy(&transfer, text, sizeof(transfer));
        ck_assert(transfer.handle == 7 || (server.tells && transfer.handle == 0 && transfer.offset == 0));
        server.lists++;
        server.lists_plus += in->opcode == FUSE_READDIRPLUS;
        return listing(&transfer, in->opcode == FUSE_READDIRPLUS, out);
    case FUSE_OPENDIR:
        server.opendirs++;
        memcpy(out, &(struct fuse_open_out){.handle = 7}, sizeof(struct fuse_open_out));
        return sizeof(struct fuse_open_out);
    case FUSE_RELEASEDIR:
        server.releasedirs++;
        return 0;
    case FUSE_RELEASE:
        server.releases++;
        return 0;
    case FUSE_INTERRUPT:
        return server.interrupted;
    case LVMM_FUSE_EVENTS:
        return -ENOSYS;
    default:
        return 0;
    }
}

static void request_end(struct fuse_request *request, uint32_t written)
{
    request->written = written;
    request->result = 0;
    request->ended = true;
    if (request->done != NULL)
        request->done(request);
}

/* Answers the request for events, by one or by an error. */
__attribute__((unused)) static void events_answer(const struct lvmm_fuse_event *event, const char *name, int error)
{
    static char reply[512];
    struct fuse_request *request = server.events;
    struct fuse_in in;
    struct fuse_out out;
    size_t size = error == 0 ? sizeof(*event) + 8 : 0, done = 0;

    server.events = NULL;
    memcpy(&in, phys_to_virt(request->segment[0].addr), sizeof(in));
    out = (struct fuse_out){.length = (uint32_t)(sizeof(out) + size), .error = error, .unique = in.unique};
    memset(reply, 0, sizeof(reply));
    memcpy(reply, &out, sizeof(out));
    if (error == 0) {
        memcpy(reply + sizeof(out), event, sizeof(*event));
        strncpy(reply + sizeof(out) + sizeof(*event), name, 8);
    }
    for (unsigned i = 0; i < request->write_count && done < out.length; i++) {
        const struct fuse_segment *to = &request->segment[request->read_count + i];
        size_t step = to->size < out.length - done ? to->size : out.length - done;
        memcpy(phys_to_virt(to->addr), reply + done, step);
        done += step;
    }
    request_end(request, (uint32_t)done);
}

static void request_do(struct fuse_request *request)
{
    static char message[8192], reply[1 << 19];
    struct fuse_in in;
    struct fuse_out out;
    size_t size = 0, done = 0;

    for (unsigned i = 0; i < request->read_count; i++) {
        memcpy(message + size, phys_to_virt(request->segment[i].addr), request->segment[i].size);
        size += request->segment[i].size;
    }
    memcpy(&in, message, sizeof(in));
    ck_assert_uint_eq(in.length, size);
    int64_t got = answer(&in, message + sizeof(in), reply + sizeof(out));
    out = (struct fuse_out){.length = (uint32_t)(sizeof(out) + (got > 0 ? (size_t)got : 0)),
                            .error = got < 0 ? (int32_t)got : 0,
                            .unique = in.unique};
    memcpy(reply, &out, sizeof(out));
    for (unsigned i = 0; i < request->write_count && done < out.length; i++) {
        const struct fuse_segment *to = &request->segment[request->read_count + i];
        size_t step = to->size < out.length - done ? to->size : out.length - done;
        memcpy(phys_to_virt(to->addr), reply + done, step);
        done += step;
    }
    request_end(request, (uint32_t)done);
    if (in.opcode == FUSE_DESTROY && server.events != NULL)
        events_answer(NULL, NULL, -EINTR);
}

static void port_start(struct fuse_port *port, struct fuse_request *request)
{
    const struct fuse_in *in = phys_to_virt(request->segment[0].addr);
    bool maps = in->opcode == FUSE_SETUPMAPPING;

    request->ended = false;
    if (server.is_away && (maps || in->opcode == FUSE_REMOVEMAPPING)) {
        server.pending = request;
        return;
    }
    if (in->opcode == LVMM_FUSE_EVENTS && server.tells) {
        server.events = request;
        return;
    }
    if (in->opcode == FUSE_SETLKW || in->opcode == FUSE_INTERRUPT) {
        server.held[server.helds++] = request;
        return;
    }
    request_do(request);
    if (maps && server.goes != 0) {
        server.goes--;
        port->shown.gone(port, server.last.start, PAGE_SIZE);
    }
}

static void port_kick(struct fuse_port *port)
{
    (void)port;
}

static int port_wait(struct fuse_port *port, const struct fuse_request *request, unsigned how, uint64_t patience_ns)
{
    (void)port, (void)how, (void)patience_ns;
    return request->ended ? 0 : -EINTR;
}

static const struct fuse_port_ops port_ops = {port_start, port_kick, port_wait, port_kick, port_kick};
static struct fuse_port port = {.tag = "lvmm", .segments_max = FUSE_SEGMENTS_MAX, .ops = &port_ops};

/* ---- a mounted one ---- */

static struct filesystem *fs;
static struct fuse_window *window;
static uint64_t pages_before, objects_before;

static inline void mount_it(void)
{
    ck_assert_int_eq(virtiofs_type.mount_from("lvmm", "", &fs), 0);
    window = container_of(fs, struct fuse_fs, fs)->window;
    ck_assert_ptr_nonnull(window);
}

/* Without the mount. */
static inline void server_setup(void)
{
    window_pages = page_alloc_order(ORDER);
    for (uint64_t i = 0; i < 1ul << ORDER; i++)
        window_pages[i].flags = PAGE_WINDOW;
    port.shown = (struct fuse_shown){.base = page_phys(window_pages), .size = WINDOW, .read_from = READ_FROM};
    fuse_port_add(&port);
    memset(&server, 0, sizeof(server));
    for (unsigned i = 2; i < FILES; i++)
        server.size[i] = 100000;
    pages_before = stub_pages_used;
    objects_before = stub_kmallocs;
}

static inline void setup(void)
{
    server_setup();
    mount_it();
}

static inline void teardown_session(void)
{
    inode_put(fs->root);
    icache_drop_idle(fs);
    fs->ops->unmount(fs);
}

/* All that is left of the window is its own. */
static inline void server_teardown(void)
{
    for (uint64_t i = 0; i < 1ul << ORDER; i++) {
        ck_assert_uint_eq(window_pages[i].refs, 1);
        ck_assert_uint_eq(window_pages[i].flags, PAGE_WINDOW);
    }
    ck_assert_uint_eq(stub_pages_used, pages_before);
    ck_assert_uint_eq(stub_kmallocs, objects_before);
    ck_assert_uint_eq(pagecache_pages, 0);
}

static inline void teardown(void)
{
    teardown_session();
    server_teardown();
}

static inline struct inode *node_get(unsigned number)
{
    char name = (char)('a' + number);
    struct inode *inode;

    ck_assert_int_eq(fs->root->ops->lookup(fs->root, &name, 1, &inode), 0);
    return inode;
}

#endif
