/* weak stand-ins until the allocator is there */
#include "abi/errno.h"
#include "fs/ext4/ext4_change.h"
#include "lib/string.h"
#define W __attribute__((weak))
W uint64_t ext4_blocks_goal(const struct ext4_inode *ei) { (void)ei; return 0; }
W bool ext4_blocks_retry(struct ext4_fs *e4) { (void)e4; return false; }
W int ext4_change_super(struct ext4_handle *h)
{
    struct ext4_buffer *b; int e = ext4_buffer_get(&h->e4->buffers, h->e4->super_block, &b);
    if (e) return e;
    ext4_change(h, b, NULL, 0);
    memcpy((char *)b->data + (h->e4->block_size == 1024 ? 0 : 1024), &h->e4->super, 1024);
    ((struct ext4_super *)((char *)b->data + (h->e4->block_size == 1024 ? 0 : 1024)))->feature_compat |= 8;
    ext4_buffer_put(&h->e4->buffers, b);
    return 0;
}
static int bit(struct ext4_handle *h, uint64_t want, uint64_t *out, bool take)
{
    struct ext4_fs *e4 = h->e4; struct ext4_desc d; struct ext4_buffer *b;
    int e = ext4_group_read(e4, 0, &d);
    if (e) return e;
    if ((e = ext4_buffer_get(&e4->buffers, d.block_bitmap_lo, &b))) return e;
    uint8_t *m = b->data; uint64_t i = want ? want - e4->first_block : 0;
    while (take && m[i / 8] >> i % 8 & 1) i++;
    ext4_change(h, b, NULL, 0);
    m[i / 8] ^= 1 << i % 8; *out = i + e4->first_block;
    ext4_buffer_put(&e4->buffers, b);
    ext4_buffer_get(&e4->buffers, e4->super_block + 1, &b);
    ext4_change(h, b, NULL, 0);
    ((struct ext4_desc *)b->data)->free_blocks_count_lo += take ? -1 : 1;
    ext4_buffer_put(&e4->buffers, b);
    e4->super.free_blocks_count_lo += take ? -1 : 1;
    return ext4_change_super(h);
}
W int ext4_blocks_alloc(struct ext4_handle *h, uint64_t goal, unsigned flags, uint32_t *count, uint64_t *block)
{ (void)goal; (void)flags; *count = 1; return bit(h, 0, block, true); }
W int ext4_blocks_free(struct ext4_handle *h, uint64_t block, uint32_t count, unsigned flags)
{ uint64_t x; (void)count; (void)flags; int e = bit(h, block, &x, false); return e ? e : ext4_forget(h, block); }
W int ext4_orphan_add(struct ext4_handle *h, struct ext4_inode *ei) { (void)h; (void)ei; return 0; }
W int ext4_map_remove(struct ext4_inode *ei, uint32_t a, uint32_t b) { (void)ei; (void)a; (void)b; return 0; }
W int ext4_orphan_remove(struct ext4_handle *h, struct ext4_inode *ei) { (void)h; (void)ei; return 0; }
W int ext4_number_alloc(struct ext4_handle *h, const struct ext4_inode *d, uint32_t m, uint32_t *n) { (void)h; (void)d; (void)m; (void)n; return -ENOSPC; }
W int ext4_number_free(struct ext4_handle *h, uint32_t n, bool d) { (void)h; (void)d; (void)n; return 0; }
W void ext4_map_init(struct ext4_inode *ei) { (void)ei; }
W int ext4_blocks_promise(struct ext4_fs *e, uint64_t n) { (void)e; (void)n; return 0; }
W void ext4_blocks_unpromise(struct ext4_fs *e, uint64_t n) { (void)e; (void)n; }
W int ext4_inline_leave(struct ext4_handle *h, struct ext4_inode *ei) { (void)h; (void)ei; return -EIO; }
