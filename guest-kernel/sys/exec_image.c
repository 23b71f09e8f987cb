/* SPDX-License-Identifier: Apache-2.0 */
/* exec_image.c - finds a program's file, reads its headers where they lie in the page cache, and maps its segments. */
#include "sys/exec_image.h"

#include "abi/errno.h"
#include "core/abi.h"
#include "lib/string.h"
#include "mm/page.h"
#include "mm/space.h"
#include "mm/usercopy.h"
#include "vfs/atime.h"
#include "vfs/notify.h"
#include "vfs/path.h"
#include "vfs/permission.h"

static uint64_t page_down(uint64_t value)
{
    return value & ~PAGE_MASK;
}

/* ---- files ---- */

int exec_file_check(const struct path *path)
{
    const struct inode *inode = path_inode(path);

    if (!S_ISREG(inode->mode) || (path->mount->flags & MS_NOEXEC))
        return -EACCES;
    return permission(inode, MAY_EXEC);
}

bool exec_mount_gives_ids(const struct mount *mount)
{
    return !(mount->flags & MS_NOSUID) && !list_is_empty(&mount->all);
}

/* There is no open file, as what runs is read by its pages: who watches it is told of one all the same, and that it
 * closes at once rather than with the program. */
void exec_file_accessed(const struct path *path)
{
    notify_path(path, path_inode(path), IN_OPEN);
    notify_path(path, path_inode(path), IN_ACCESS);
    notify_path(path, path_inode(path), IN_CLOSE_NOWRITE);
    atime_touch(path->mount, path_inode(path));
}

int exec_file_open(const struct path *base, const char *name, struct path *out)
{
    int error = path_lookup(base, name, 0, out);

    if (error != 0)
        return error;
    error = exec_file_check(out);
    if (error == 0)
        exec_file_accessed(out);
    else
        path_put(out);
    return error;
}

/* The file's first page, in the cache: no copy, and nothing changes it before we wait again. */
static int head_get(struct inode *inode, struct page **page)
{
    if (inode->size == 0)
        return -ENOEXEC;
    int error = inode->object.ops->page(&inode->object, 0, false, page);
    return error == -ENXIO ? -ENOEXEC : error;
}

static size_t head_size(const struct inode *inode)
{
    return inode->size < PAGE_SIZE ? (size_t)inode->size : PAGE_SIZE;
}

int exec_elf_read(struct inode *inode, struct elf_program *out, const struct abi **abi)
{
    struct page *page;
    int error = head_get(inode, &page);

    if (error != 0)
        return error;
    error = -ENOEXEC;
    for (unsigned i = 0; i < abi_count && error != 0; i++) {
        *abi = &abis[i];
        error = elf_read_program(page_data(page), head_size(inode), inode->size, &abis[i].elf, out);
    }
    page_put(page);
    return error;
}

/* ---- scripts ---- */

/* If the file is a script, its line becomes image->script[script_count++], and *name the interpreter's; else *name is
 * NULL. 0 or -errno. */
static int script_read(struct exec_image *image, struct inode *inode, const char **name)
{
    struct page *head;
    int error = head_get(inode, &head);

    *name = NULL;
    if (error != 0)
        return error;
    const char *bytes = page_data(head);
    size_t size = head_size(inode) < SCRIPT_LINE_MAX ? head_size(inode) : SCRIPT_LINE_MAX;
    if (size < 2 || bytes[0] != '#' || bytes[1] != '!') {
        page_put(head);
        return 0;
    }
    error = image->script_count == SCRIPT_DEPTH_MAX ? -ELOOP : 0;
    if (error == 0 && image->script_lines == NULL) {
        image->script_lines = page_alloc_dirty();
        error = image->script_lines != NULL ? 0 : -ENOMEM;
    }
    if (error == 0) {
        char *line = (char *)page_data(image->script_lines) + image->script_count * SCRIPT_LINE_MAX;
        memset(line, 0, SCRIPT_LINE_MAX);
        memcpy(line, bytes, size);
        error = script_parse(line, &image->script[image->script_count]);
    }
    page_put(head);
    if (error == 0)
        *name = image->script[image->script_count++].name;
    return error;
}

int exec_image_open_file(struct exec_image *image, const struct path *base, const struct path *file)
{
    const char *path;

    image->file = *file;
    image->script_count = 0;
    image->script_lines = NULL;
    for (;;) {
        int error = script_read(image, exec_image_inode(image), &path);

        if (error != 0 || path == NULL)
            return error != 0 ? error : exec_elf_read(exec_image_inode(image), &image->program, &image->abi);
        struct path script = image->file;
        image->file = (struct path){0};
        path_put(&script);
        error = exec_file_open(base, path, &script);
        if (error != 0)
            return error;
        image->file = script;
    }
}

int exec_image_open(struct exec_image *image, const struct path *base, const char *path)
{
    struct path file;
    int error = exec_file_open(base, path, &file);

    *image = (struct exec_image){0};
    return error != 0 ? error : exec_image_open_file(image, base, &file);
}

void exec_image_close(struct exec_image *image)
{
    if (image->file.dentry != NULL)
        path_put(&image->file);
    if (image->script_lines != NULL)
        page_put(image->script_lines);
    image->file = (struct path){0};
    image->script_lines = NULL;
}

/* ---- what is wrong ---- */

static const char *machine_name(const struct path *base, const char *path)
{
    struct path file;
    struct page *page;
    const char *name = NULL;

    if (exec_file_open(base, path, &file) != 0)
        return NULL;
    if (head_get(path_inode(&file), &page) == 0) {
        name = elf_machine_name(page_data(page), head_size(path_inode(&file)));
        page_put(page);
    }
    path_put(&file);
    return name;
}

static void name_copy(struct exec_culprit *out, const char *name, size_t size)
{
    size_t length = strnlen(name, size < sizeof(out->name) ? size : sizeof(out->name) - 1);

    memcpy(out->name, name, length);
    out->name[length] = 0;
}

/* Whether the loader that the program asks for is not there or of the wrong kind. */
static bool loader_is_bad(struct exec_image *image, const struct path *base, struct exec_culprit *out)
{
    struct elf_program loader;
    const struct abi *abi;
    struct path file;
    char name[sizeof(out->name)];
    int64_t got = inode_read(exec_image_inode(image), image->program.interp_offset, name, sizeof(name) - 1);
    int error;

    if (got <= 0)
        return false;
    name_copy(out, name, (size_t)got < image->program.interp_size ? (size_t)got : (size_t)image->program.interp_size);
    error = exec_file_open(base, out->name, &file);
    if (error != 0)
        return true;
    error = exec_elf_read(path_inode(&file), &loader, &abi);
    path_put(&file);
    return error != 0 || abi != image->abi;
}

void exec_find_culprit(const struct path *base, const char *path, struct exec_culprit *out)
{
    struct exec_image image;
    int error = exec_image_open(&image, base, path);

    out->role = EXEC_PROGRAM;
    if (error != 0 && image.script_count != 0) {
        out->role = EXEC_SCRIPT;
        name_copy(out, image.script[image.script_count - 1].name, SCRIPT_LINE_MAX);
    } else if (error == 0 && image.program.interp_size != 0 && loader_is_bad(&image, base, out)) {
        out->role = EXEC_LOADER;
    }
    out->machine = machine_name(base, out->role == EXEC_PROGRAM ? path : out->name);
    exec_image_close(&image);
}

/* ---- segments ---- */

static unsigned load_prot(const struct elf_load *load)
{
    return (load->flags & ELF_READ ? PROT_READ : 0u) | (load->flags & ELF_WRITE ? PROT_WRITE : 0u) |
           (load->flags & ELF_EXEC ? PROT_EXEC : 0u);
}

static int map_at(struct space *space, uaddr_t start, uaddr_t end, unsigned prot, struct inode *inode, uint64_t offset)
{
    if (start == end)
        return 0;
    return space_map(space, &start, end - start, prot, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_FIXED,
                     inode != NULL ? &inode->object : NULL, offset);
}

int exec_elf_map(struct space *space, struct inode *inode, const struct elf_program *program, uint64_t bias)
{
    for (unsigned i = 0; i < program->load_count; i++) {
        const struct elf_load *load = &program->load[i];
        uaddr_t start = page_down(bias + load->vaddr), end = page_up(bias + load->vaddr + load->mem_size);
        uaddr_t file_end = load->file_size != 0 ? page_up(bias + load->vaddr + load->file_size) : start;
        int error = map_at(space, start, file_end, load_prot(load), inode, page_down(load->offset));
        if (error == 0)
            error = map_at(space, file_end, end, load_prot(load), NULL, 0);
        if (error != 0)
            return error;
    }
    return 0;
}

int exec_elf_clear(const struct elf_program *program, uint64_t bias)
{
    for (unsigned i = 0; i < program->load_count; i++) {
        const struct elf_load *load = &program->load[i];
        uint64_t start = load->vaddr + load->file_size, end = page_up(start);
        if (load->file_size == 0 || load->file_size == load->mem_size || !(load->flags & ELF_WRITE))
            continue;
        if (i + 1 < program->load_count && program->load[i + 1].vaddr < end)
            end = program->load[i + 1].vaddr; /* the next segment begins in the same page */
        if (start < end && zero_user(bias + start, end - start) != 0)
            return -EFAULT;
    }
    return 0;
}
