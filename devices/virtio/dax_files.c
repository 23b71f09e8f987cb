/* SPDX-License-Identifier: Apache-2.0 */
/* dax_files.c - see dax_files.h. */
#include "devices/virtio/dax_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_FIRST 64u

void dax_files_fini(struct dax_files *files)
{
    for (unsigned i = 0; i < files->room; i++)
        if (files->all[i].uses != 0)
            close(files->all[i].fd);
    free(files->all);
    files->all = NULL;
    files->room = 0;
}

static int make_room(struct dax_files *files)
{
    unsigned room = files->room != 0 ? files->room * 2 : FILES_FIRST;

    if (room > files->most)
        room = files->most;
    if (room <= files->room)
        return -EMFILE;
    struct dax_file *all = realloc(files->all, room * sizeof(*all));
    if (all == NULL)
        return -ENOMEM;
    memset(all + files->room, 0, (room - files->room) * sizeof(*all));
    files->all = all;
    files->room = room;
    return 0;
}

static int add(struct dax_files *files, unsigned at, int fd, const struct stat *about)
{
    int error = at == files->room ? make_room(files) : 0;
    int kept = error == 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;

    if (error != 0 || kept < 0)
        return error != 0 ? error : -errno;
    files->all[at] = (struct dax_file){.fd = kept,
                                       .uses = 1,
                                       .dev = about->st_dev,
                                       .ino = about->st_ino,
                                       .size = (uint64_t)about->st_size,
                                       .now = (uint64_t)about->st_size};
    return 0;
}

int dax_files_take(struct dax_files *files, int fd, unsigned *number)
{
    unsigned unused = files->room;
    struct stat about;

    if (fstat(fd, &about) < 0)
        return -errno;
    if (!S_ISREG(about.st_mode) || about.st_size < 0)
        return -EINVAL;
    for (unsigned i = 0; i < files->room; i++) {
        struct dax_file *file = &files->all[i];

        if (file->uses == 0 && unused == files->room)
            unused = i;
        if (file->uses == 0 || file->ino != about.st_ino || file->dev != about.st_dev)
            continue;
        file->uses++;
        file->now = (uint64_t)about.st_size;
        if (file->size < file->now)
            file->size = file->now;
        *number = i;
        return 0;
    }
    *number = unused;
    return add(files, unused, fd, &about);
}

void dax_files_count(struct dax_files *files, unsigned number, int more)
{
    struct dax_file *file = &files->all[number];

    file->uses += (unsigned)more;
    if (file->uses == 0)
        close(file->fd);
}

void dax_files_look_at(struct dax_files *files, unsigned number)
{
    struct dax_file *file = &files->all[number];
    struct stat about;

    file->looked = true;
    if (fstat(file->fd, &about) == 0 && about.st_size >= 0)
        file->now = (uint64_t)about.st_size;
}

void dax_files_look(struct dax_files *files)
{
    for (unsigned i = 0; i < files->room; i++)
        if (files->all[i].uses != 0)
            dax_files_look_at(files, i);
}

void dax_files_agree(struct dax_files *files)
{
    for (unsigned i = 0; i < files->room; i++) {
        struct dax_file *file = &files->all[i];

        if (file->looked)
            file->size = file->now;
        file->looked = false;
    }
}
