/* SPDX-License-Identifier: Apache-2.0 */
/* fat32_table.c - entries of the FAT, in pages of an inode that has no name. */
#include "abi/errno.h"
#include "fs/fat32.h"

int fat_table_page(struct fat_fs *fat, uint32_t cluster, struct page **out)
{
    return pagecache_get(&fat->table, cluster / FAT_ENTRIES_PER_PAGE, 1, out);
}

void fat_table_changed(struct fat_fs *fat, uint32_t cluster, struct page *page)
{
    pagecache_mark_dirty(&fat->table, cluster / FAT_ENTRIES_PER_PAGE, page);
}

int fat_table_get(struct fat_fs *fat, uint32_t cluster, uint32_t *out)
{
    struct page *page;
    int error = fat_table_page(fat, cluster, &page);

    if (error != 0)
        return error;
    *out = ((const uint32_t *)page_data(page))[cluster % FAT_ENTRIES_PER_PAGE] & FAT_MASK;
    page_put(page);
    return 0;
}

int fat_table_set(struct fat_fs *fat, uint32_t cluster, uint32_t value)
{
    struct page *page;
    int error = fat_table_page(fat, cluster, &page);

    if (error != 0)
        return error;
    uint32_t *entry = (uint32_t *)page_data(page) + cluster % FAT_ENTRIES_PER_PAGE;
    *entry = (*entry & ~FAT_MASK) | value;
    fat_table_changed(fat, cluster, page);
    page_put(page);
    return 0;
}
