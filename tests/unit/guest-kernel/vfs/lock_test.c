/* SPDX-License-Identifier: Apache-2.0 */
/* lock_test.c - record locks against a model that keeps who has each byte. */
// sources: guest-kernel/vfs/lock.c tests/unit/guest-kernel/stubs.c

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../stubs.h"
#include "vfs/lock.h"
#include "vfs/vfs.h"

#define BYTES 24
#define OWNERS 3

static const char owners[OWNERS];
static uint8_t model[OWNERS][BYTES]; /* enum lock_type */

static struct file_lock lock_of(unsigned owner, uint64_t first, uint64_t last, enum lock_type type)
{
    return (struct file_lock){
        .owner = &owners[owner], .first = first, .last = last, .kind = LOCK_RECORD, .type = (uint8_t)type};
}

static bool model_conflicts(const struct file_lock *wanted)
{
    for (unsigned owner = 0; owner < OWNERS; owner++)
        for (uint64_t at = wanted->first; at <= wanted->last && &owners[owner] != wanted->owner; at++)
            if (model[owner][at] == LOCK_WRITE || (model[owner][at] == LOCK_READ && wanted->type == LOCK_WRITE))
                return true;
    return false;
}

/* The list says the same as the model: in order, no owner's locks overlap, and neighbours of a type are one. */
static bool list_is_right(const struct inode *inode)
{
    uint8_t seen[OWNERS][BYTES];
    bool right = true;

    memset(seen, LOCK_NONE, sizeof(seen));
    for (const struct file_lock *lock = inode->locks; lock != NULL; lock = lock->next) {
        unsigned owner = (unsigned)((const char *)lock->owner - owners);

        right &= lock->next == NULL || lock->first <= lock->next->first;
        right &= lock->first == 0 || seen[owner][lock->first - 1] != lock->type;
        for (uint64_t at = lock->first; at <= lock->last; at++) {
            right &= seen[owner][at] == LOCK_NONE;
            seen[owner][at] = lock->type;
        }
    }
    return right && memcmp(seen, model, sizeof(model)) == 0;
}

START_TEST(as_the_model)
{
    struct inode inode = {0};

    srand(7);
    memset(model, LOCK_NONE, sizeof(model));
    for (int i = 0; i < 5000; i++) {
        unsigned owner = (unsigned)rand() % OWNERS;
        uint64_t first = (unsigned)rand() % BYTES, last = first + (unsigned)rand() % (BYTES - first);
        struct file_lock wanted = lock_of(owner, first, last, (enum lock_type)(rand() % 3));
        bool conflicts = wanted.type != LOCK_NONE && lock_conflict(&inode, &wanted) != NULL;

        if (wanted.type != LOCK_NONE)
            ck_assert_int_eq(conflicts, model_conflicts(&wanted));
        if (!conflicts) {
            ck_assert_int_eq(lock_set(&inode, &wanted), 0);
            memset(&model[owner][first], wanted.type, last - first + 1);
        } else if (i % 50 == 0) {
            lock_release(&inode, &owners[owner]);
            memset(model[owner], LOCK_NONE, BYTES);
        }
        ck_assert(list_is_right(&inode));
    }
    for (unsigned owner = 0; owner < OWNERS; owner++)
        lock_release(&inode, &owners[owner]);
    ck_assert_ptr_null(inode.locks);
    ck_assert_uint_eq(stub_kmallocs, 0);
}
END_TEST

START_TEST(kinds_are_apart)
{
    struct inode inode = {0};
    struct file_lock whole = {.owner = &owners[0], .last = INT64_MAX, .kind = LOCK_WHOLE, .type = LOCK_WRITE};
    struct file_lock record = lock_of(1, 0, INT64_MAX, LOCK_WRITE);
    struct file_lock lease = {.owner = &owners[2], .last = INT64_MAX, .kind = LOCK_LEASE, .type = LOCK_READ};

    ck_assert_int_eq(lock_set(&inode, &whole), 0);
    ck_assert_ptr_null(lock_conflict(&inode, &record));
    ck_assert_int_eq(lock_set(&inode, &record), 0);
    ck_assert(!lock_lease_is_there());
    ck_assert_int_eq(lock_set(&inode, &lease), 0);
    ck_assert(lock_lease_is_there());
    ck_assert_ptr_nonnull(lock_find(&inode, LOCK_LEASE, &owners[2]));
    ck_assert_ptr_null(lock_find(&inode, LOCK_LEASE, &owners[0]));
    lock_release(&inode, &owners[2]);
    ck_assert(!lock_lease_is_there());
    lock_release(&inode, &owners[0]);
    lock_release(&inode, &owners[1]);
    ck_assert_ptr_null(inode.locks);
    ck_assert_uint_eq(stub_kmallocs, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lock");
    TCase *tc = tcase_create("lock");

    tcase_add_test(tc, as_the_model);
    tcase_add_test(tc, kinds_are_apart);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
