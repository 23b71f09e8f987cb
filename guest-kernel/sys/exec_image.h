/* SPDX-License-Identifier: Apache-2.0 */
/* exec_image.h - the file behind a program: found, checked, its interpreter's line resolved, its segments mapped. */
#ifndef GK_SYS_EXEC_IMAGE_H
#define GK_SYS_EXEC_IMAGE_H

#include <stdint.h>

#include "lib/elf.h"
#include "lib/types.h"
#include "vfs/mount.h"

struct abi;
struct page;
struct space;

#define SCRIPT_LINE_MAX 256u /* a longer line is cut there, as on Linux */
#define SCRIPT_DEPTH_MAX 4u  /* a script's interpreter may be a script */

struct script { /* "#!name argument" */
    const char *name;
    const char *argument; /* or NULL */
};

struct exec_image {
    struct path file; /* the ELF program's, with references; all zero: none */
    struct elf_program program;
    const struct abi *abi; /* of the program */
    struct script script[SCRIPT_DEPTH_MAX];
    unsigned script_count;
    struct page *script_lines; /* what they point into, or NULL */
};

/* Finds the program that `path` leads to. 0; -EACCES, -ENOEXEC, -ELOOP, and what a lookup or the disk gives: then the
 * scripts on the way there are known. Close it in both cases. */
int exec_image_open(struct exec_image *image, const struct path *base, const char *path);
/* The same from a file on, whose references are taken over; its interpreters' paths start at `base`. */
int exec_image_open_file(struct exec_image *image, const struct path *base, const struct path *file);
static inline struct inode *exec_image_inode(const struct exec_image *image)
{
    return path_inode(&image->file);
}
void exec_image_close(struct exec_image *image);

/* Checks and reads the headers of one ELF file, which may be of any kind that runs here: *abi. 0 or -errno. */
int exec_elf_read(struct inode *inode, struct elf_program *out, const struct abi **abi);
/* 0, or -EACCES: not a regular file that may be executed. */
int exec_file_check(const struct path *path);
/* It is opened, read and closed, as who watches it is told, and atime: exec_file_open does that. */
void exec_file_accessed(const struct path *path);
/* Finds a file to be executed: regular and with a permission to be executed. *out: with references. */
int exec_file_open(const struct path *base, const char *name, struct path *out);

/* Whether set-ID bits of its files count: it is in its place, and without MS_NOSUID (Linux's mnt_may_suid). */
bool exec_mount_gives_ids(const struct mount *mount);

/* The file for which a program can't be executed. */
struct exec_culprit {
    enum { EXEC_PROGRAM, EXEC_SCRIPT, EXEC_LOADER } role; /* itself; a script's interpreter; what PT_INTERP names */
    char name[256];                                       /* of the interpreter or loader; cut */
    const char *machine; /* that it is for; NULL if it can't be read or is no ELF program */
};

/* Finds it, after execution of `path` has failed. If nothing is wrong with the files, it is the program. */
void exec_find_culprit(const struct path *base, const char *path, struct exec_culprit *out);

/* Maps the segments `bias` above their addresses. */
int exec_elf_map(struct space *space, struct inode *inode, const struct elf_program *program, uint64_t bias);
/* Clears what follows a segment's file contents in their last page. The space must be the current one. */
int exec_elf_clear(const struct elf_program *program, uint64_t bias);

/* Takes a script's first line apart, in place; `line` holds SCRIPT_LINE_MAX bytes, zero-filled if the file is shorter.
 * 0 or -ENOEXEC. */
int script_parse(char *line, struct script *out);

#endif
