/* SPDX-License-Identifier: Apache-2.0 */
/* format.c - see format.h. */
#include "vmm/disk/format.h"

#include <string.h>

const char *disk_format_name(const uint8_t *start, size_t size)
{
    static const struct {
        const char *name;
        size_t at, length;
        const char *magic;
    } formats[] = {
        {"qcow", 0, 8, "QFI\xfb\0\0\0\1"},
        {"qcow2", 0, 7, "QFI\xfb\0\0\0"}, /* of version 2 or 3 */
        {"vmdk", 0, 4, "KDMV"},
        {"vmdk", 0, 4, "COWD"},
        {"vmdk", 0, 21, "# Disk DescriptorFile"},
        {"vhdx", 0, 8, "vhdxfile"},
        {"vpc", 0, 8, "conectix"},
        {"vdi", 64, 4, "\x7f\x10\xda\xbe"},
        {"qed", 0, 4, "QED"},
        {"parallels", 0, 16, "WithoutFreeSpace"},
        {"parallels", 0, 16, "WithouFreSpacExt"},
    };

    for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (size >= formats[i].at + formats[i].length &&
            memcmp(start + formats[i].at, formats[i].magic, formats[i].length) == 0)
            return formats[i].name;
    return NULL;
}
