/* SPDX-License-Identifier: Apache-2.0 */
/* memfd.c - memfd_create(2): a file in memory that has no name, which its maker may let be sealed. */
#include "lib/string.h"
#include "sys/syscall.h"

#include "sys/user.h"
#include "vfs/memory_file.h"
#include "vfs/seal.h"

enum { MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2, MFD_HUGETLB = 4, MFD_NOEXEC_SEAL = 8, MFD_EXEC = 16 };
#define MFD_ALL (MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB | MFD_NOEXEC_SEAL | MFD_EXEC)
#define MFD_HUGE_SIZES 0xfc000000u /* for MFD_HUGETLB */
#define MFD_NAME_MAX 249           /* NAME_MAX less "memfd:" */

/* What /proc shows of it begins with this. */
#define MEMFD_PREFIX "memfd:"
#define PREFIX_SIZE (sizeof(MEMFD_PREFIX) - 1)

/* The whole of what it shows: its length or -errno. */
static int64_t name_get(uaddr_t address, char name[PREFIX_SIZE + MFD_NAME_MAX + 1])
{
    int64_t length = string_from_user(name + PREFIX_SIZE, address, MFD_NAME_MAX + 1);

    memcpy(name, MEMFD_PREFIX, PREFIX_SIZE);
    return length == -ENAMETOOLONG ? -EINVAL : length < 0 ? length : length + (int64_t)PREFIX_SIZE;
}

int64_t sys_memfd_create(const uint64_t arg[6])
{
    unsigned flags = (unsigned)arg[1], known = MFD_ALL | (flags & MFD_HUGETLB ? MFD_HUGE_SIZES : 0);
    struct fdtable *files = current_thread()->files;
    char name[PREFIX_SIZE + MFD_NAME_MAX + 1];
    struct file *file;

    if ((flags & ~known) || (flags & (MFD_EXEC | MFD_NOEXEC_SEAL)) == (MFD_EXEC | MFD_NOEXEC_SEAL))
        return -EINVAL;
    int64_t length = name_get(arg[0], name);
    int error = length < 0 ? (int)length : 0;
    if (error == 0 && fd_lowest(files) < 0)
        error = -EMFILE;
    if (error == 0 && (flags & MFD_HUGETLB)) /* as a Linux without huge pages */
        error = -ENOSYS;
    if (error == 0)
        error = memory_file_open(flags & MFD_NOEXEC_SEAL ? 0666 : 0777, name, (size_t)length, &file);
    if (error != 0)
        return error;
    if (flags & MFD_NOEXEC_SEAL)
        file->inode->seals = F_SEAL_NONE | F_SEAL_EXEC;
    else if (flags & MFD_ALLOW_SEALING)
        file->inode->seals = F_SEAL_NONE;
    return fd_install(files, file, 0, flags & MFD_CLOEXEC);
}
