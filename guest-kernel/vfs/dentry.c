/* SPDX-License-Identifier: Apache-2.0 */
/* dentry.c - see dentry.h. */
#include "vfs/dentry.h"

#include "abi/errno.h"
#include "lib/name.h"
#include "lib/large_table.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "vfs/watch.h"

#define HASH_SLOTS 8192u
#define IDLE_MIN 256u  /* kept without references, however little memory there is */
#define IDLE_LOOKS 64u /* when there are too many */

static struct dentry *hash_table[HASH_SLOTS] LARGE_TABLE;
static struct list idle_dentries = {&idle_dentries, &idle_dentries};
static uint64_t idle_count;

/* A 64th of the memory, at some 200 bytes for a dentry and its inode. */
static uint64_t idle_most(void)
{
    uint64_t most = page_total_count() / 4;

    return most > IDLE_MIN ? most : IDLE_MIN;
}

static struct dentry **slot_of(const struct dentry *dir, const char *name, size_t length)
{
    return &hash_table[name_hash((uintptr_t)dir, name, length) % HASH_SLOTS];
}

static void hash_insert(struct dentry *dentry)
{
    struct dentry **slot = slot_of(dentry->parent, dentry->name, dentry->length);

    dentry->hash_next = *slot;
    *slot = dentry;
    dentry->hashed = true;
}

static void hash_remove(struct dentry *dentry)
{
    struct dentry **at = slot_of(dentry->parent, dentry->name, dentry->length);
    while (*at != dentry)
        at = &(*at)->hash_next;
    *at = dentry->hash_next;
    dentry->hashed = false;
}

void dentry_unhash(struct dentry *dentry)
{
    if (!dentry->hashed)
        return;
    hash_remove(dentry);
    if (dentry->refs == 0) { /* nobody can find it any more */
        list_remove(&dentry->idle);
        idle_count--;
        dentry->refs = 1;
        dentry_put(dentry);
    }
}

/* ---- life ---- */

struct long_name { /* of one dentry, or of two since one took the other's place */
    uint32_t refs;
    char bytes[];
};

static struct long_name *long_name_of(const struct dentry *dentry)
{
    return container_of((char *)(uintptr_t)dentry->name, struct long_name, bytes[0]);
}

static char *long_name_create(size_t length)
{
    struct long_name *name = kmalloc(sizeof(*name) + length);

    if (name == NULL)
        return NULL;
    name->refs = 1;
    return name->bytes;
}

static void name_put(struct dentry *dentry)
{
    if (dentry->name != dentry->bytes && --long_name_of(dentry)->refs == 0)
        kfree(long_name_of(dentry));
}

static struct dentry *dentry_new(const char *name, size_t length)
{
    struct dentry *dentry = kmalloc(sizeof(*dentry));
    char *bytes = dentry != NULL ? dentry->bytes : NULL;

    if (dentry == NULL)
        return NULL;
    if (length > DENTRY_INLINE)
        bytes = long_name_create(length);
    if (bytes == NULL) {
        kfree(dentry);
        return NULL;
    }
    memcpy(bytes, name, length);
    dentry->name = bytes;
    dentry->length = (uint16_t)length;
    dentry->refs = 1;
    list_init(&dentry->of_parent);
    list_init(&dentry->children);
    list_init(&dentry->of_inode);
    return dentry;
}

static void inode_set(struct dentry *dentry, struct inode *inode)
{
    dentry->inode = inode;
    if (inode != NULL)
        list_insert(&inode->dentries, &dentry->of_inode);
}

static void inode_clear(struct dentry *dentry)
{
    struct inode *inode = dentry->inode;

    dentry->inode = NULL;
    list_remove(&dentry->of_inode);
    if (watch_count != 0 && inode != NULL && inode->links == 0 && !dentry_is_root(dentry))
        watch_inode_gone(inode);
    inode_put(inode);
}

/* Among its parent's: what says that there is no such name comes first, so that dentry_forget_absent sees no others. */
static void child_place(struct dentry *dentry)
{
    struct list *children = &dentry->parent->children;

    list_remove(&dentry->of_parent);
    list_insert(dentry->inode == NULL ? children->next : children, &dentry->of_parent);
}

struct dentry *dentry_root(struct inode *inode)
{
    return dentry_alone(inode, "", 0);
}

struct dentry *dentry_alone(struct inode *inode, const char *name, size_t length)
{
    struct dentry *dentry = dentry_new(name, length);

    if (dentry == NULL) {
        inode_put(inode);
        return NULL;
    }
    dentry->parent = dentry;
    inode_set(dentry, inode);
    return dentry;
}

int dentry_add(struct dentry *dir, const char *name, size_t length, struct inode *inode, struct dentry **out)
{
    struct dentry *dentry = dentry_new(name, length);

    if (dentry == NULL) {
        inode_put(inode);
        return -ENOMEM;
    }
    dentry_get(dir);
    dentry->parent = dir;
    inode_set(dentry, inode);
    child_place(dentry);
    hash_insert(dentry);
    *out = dentry;
    return 0;
}

static inline __attribute__((always_inline)) struct dentry *look(const struct dentry *dir, const char *name,
                                                                 size_t length)
{
    struct dentry *at = *slot_of(dir, name, length);

    while (at != NULL && (at->parent != dir || at->length != length || !name_equal(at->name, name, length)))
        at = at->hash_next;
    return at;
}

struct dentry *dentry_look(const struct dentry *dir, const char *name, size_t length)
{
    return look(dir, name, length);
}

struct dentry *dentry_find(const struct dentry *dir, const char *name, size_t length)
{
    struct dentry *at = look(dir, name, length);

    if (at != NULL)
        dentry_get(at);
    return at;
}

void dentry_wake(struct dentry *dentry)
{
    list_remove(&dentry->idle);
    idle_count--;
}

/* Nobody has it, nor finds it. Returns the parent, whose reference the caller has to drop (not here: directories nest
 * deeper than a stack does); NULL: it was a root. */
static struct dentry *destroy(struct dentry *dentry)
{
    struct dentry *parent = dentry_is_root(dentry) ? NULL : dentry->parent;

    list_remove(&dentry->of_parent);
    inode_clear(dentry);
    name_put(dentry);
    kfree(dentry);
    return parent;
}

/* Whether it is worth keeping without references. What changes by itself is asked for again, unless its file system
 * vouches for it. */
static bool is_kept(const struct dentry *dentry)
{
    return dentry->hashed && (dentry->vouched != 0 || !dentry->parent->inode->fs->names_change) &&
           (dentry->inode == NULL || dentry->inode->links != 0);
}

bool dentry_can_idle(const struct dentry *dentry)
{
    return dentry->refs > 1 || (is_kept(dentry) && idle_count < idle_most());
}

static bool is_of(const struct dentry *dentry, const struct filesystem *fs)
{
    return fs == NULL || dentry->parent->inode->fs == fs;
}

/* Those before it get into `others`, so that nobody looks at them again. */
static struct dentry *idle_first(const struct filesystem *fs, struct list *others)
{
    while (!list_is_empty(&idle_dentries)) {
        struct list *first = idle_dentries.next;
        struct dentry *dentry = container_of(first, struct dentry, idle);
        if (is_of(dentry, fs))
            return dentry;
        list_remove(first);
        list_insert(others, first);
    }
    return NULL;
}

/* From the beginning each time: freeing one may make its parent idle, and may wait for a disk. */
uint64_t dentry_shrink(const struct filesystem *fs, uint64_t count)
{
    struct dentry *dentry;
    struct list others;
    uint64_t done = 0;

    list_init(&others);
    for (; done < count && (dentry = idle_first(fs, &others)) != NULL; done++)
        dentry_unhash(dentry);
    while (!list_is_empty(&others)) {
        struct list *last = others.prev;
        list_remove(last);
        list_insert(idle_dentries.next, last);
    }
    return done;
}

/* What others do to a file that a program watches is told by its name: that one stays. */
static bool is_watched(const struct dentry *dentry)
{
    return dentry->inode != NULL && dentry->inode->watches != NULL && dentry->inode->fs->names_change;
}

/* Frees the oldest. Looks at some at a time, however many are watched: one comes, and so one goes soon. */
static void idle_limit(void)
{
    static bool busy; /* or each that is freed here would begin anew, on top of the stack */

    if (busy)
        return;
    busy = true;
    for (unsigned i = 0; i < IDLE_LOOKS && idle_count > idle_most(); i++) {
        struct list *first = idle_dentries.next;
        struct dentry *oldest = container_of(first, struct dentry, idle);

        if (is_watched(oldest)) {
            list_remove(first);
            list_insert(&idle_dentries, first);
        } else {
            dentry_unhash(oldest);
        }
    }
    busy = false;
}

void dentry_free(struct dentry *dentry)
{
    do {
        if (is_kept(dentry)) {
            list_insert(&idle_dentries, &dentry->idle);
            idle_count++;
            idle_limit();
            return;
        }
        dentry->refs = 1; /* so that unhashing it isn't the end of it */
        dentry_unhash(dentry);
        dentry = destroy(dentry);
    } while (dentry != NULL && --dentry->refs == 0);
}

/* ---- changes of names ---- */

void dentry_fill(struct dentry *dentry, struct inode *inode)
{
    inode_set(dentry, inode);
    child_place(dentry);
}

void dentry_delete(struct dentry *dentry)
{
    if (dentry->refs != 1 || !dentry->hashed) {
        dentry_unhash(dentry);
        return;
    }
    inode_clear(dentry);
    child_place(dentry);
}

void dentry_forget_absent(struct dentry *dir, const struct dentry *but)
{
    for (struct list *at = dir->children.next, *next; at != &dir->children; at = next) {
        struct dentry *child = container_of(at, struct dentry, of_parent);
        next = at->next;
        if (child->inode != NULL)
            return;
        if (child != but)
            dentry_unhash(child);
    }
}

void dentry_forget_aliases(const struct dentry *dir, struct inode *inode, const struct dentry *but)
{
    for (struct list *at = inode->dentries.next, *next; at != &inode->dentries; at = next) {
        struct dentry *alias = container_of(at, struct dentry, of_inode);
        next = at->next;
        if (alias != but && alias->parent == dir)
            dentry_unhash(alias);
    }
}

/* A name is in the dentry, or in memory of its own, which then just changes hands. */
static void names_swap(struct dentry *a, struct dentry *b)
{
    struct dentry was = *a;

    memcpy(a->bytes, b->bytes, sizeof(a->bytes));
    a->name = b->name != b->bytes ? b->name : a->bytes;
    a->length = b->length;
    memcpy(b->bytes, was.bytes, sizeof(b->bytes));
    b->name = was.name != a->bytes ? was.name : b->bytes;
    b->length = was.length;
}

/* The dentry is called as `to` is, which remains so. */
static void name_share(struct dentry *dentry, struct dentry *to)
{
    bool is_long = to->name != to->bytes;

    if (is_long)
        long_name_of(to)->refs++;
    name_put(dentry);
    if (!is_long)
        memcpy(dentry->bytes, to->bytes, sizeof(dentry->bytes));
    dentry->name = is_long ? to->name : dentry->bytes;
    dentry->length = to->length;
}

static void parent_share(struct dentry *dentry, struct dentry *to)
{
    struct dentry *was = dentry->parent;

    dentry_get(to->parent);
    dentry->parent = to->parent;
    child_place(dentry);
    dentry_put(was);
}

/* The references to the parents change hands with the parents. */
static void parents_swap(struct dentry *a, struct dentry *b)
{
    struct dentry *parent = a->parent;

    a->parent = b->parent;
    b->parent = parent;
    child_place(a);
    child_place(b);
}

void dentry_move(struct dentry *dentry, struct dentry *to, bool exchange)
{
    dentry->vouched = to->vouched = 0;
    if (dentry->hashed)
        hash_remove(dentry);
    if (to->hashed)
        hash_remove(to);
    if (exchange) {
        names_swap(dentry, to);
        parents_swap(dentry, to);
        hash_insert(to);
    } else { /* who has `to` still knows where it was */
        name_share(dentry, to);
        parent_share(dentry, to);
    }
    hash_insert(dentry);
}

bool dentry_is_within(const struct dentry *dentry, const struct dentry *ancestor)
{
    while (dentry != ancestor && !dentry_is_root(dentry))
        dentry = dentry->parent;
    return dentry == ancestor;
}
