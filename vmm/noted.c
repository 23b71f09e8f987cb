/* SPDX-License-Identifier: Apache-2.0 */
/* noted.c - see noted.h. */
#include "vmm/noted.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

struct noted *noted_create(void)
{
    struct noted *noted = mmap(NULL, sizeof(*noted), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return noted == MAP_FAILED ? NULL : noted;
}

void noted_denial(struct noted_denials *denials, const char *text)
{
    if (denials == NULL)
        return;
    unsigned listed = atomic_load(&denials->listed);
    if (listed > NOTED_DENIALS) /* it isn't our word */
        listed = NOTED_DENIALS;
    for (unsigned i = 0; i < listed; i++)
        if (strncmp(denials->denial[i].text, text, NOTED_TEXT - 1) == 0) {
            atomic_fetch_add(&denials->denial[i].times, 1);
            return;
        }
    if (listed == NOTED_DENIALS) {
        atomic_fetch_add(&denials->others, 1);
        return;
    }
    snprintf(denials->denial[listed].text, NOTED_TEXT, "%s", text);
    atomic_store(&denials->denial[listed].times, 1);
    atomic_store(&denials->listed, listed + 1);
}

void noted_change(struct noted_changes *changes, unsigned share, unsigned kind, const char *path)
{
    size_t size = strlen(path) + 1;
    unsigned listed = atomic_load(&changes->listed), used = atomic_load(&changes->names_size);

    changes->count++;
    if (listed >= NOTED_CHANGES || used > NOTED_NAMES_SIZE || size > NOTED_NAMES_SIZE - used)
        return;
    memcpy(changes->names + used, path, size);
    changes->change[listed] = (struct noted_change){(uint16_t)used, (uint8_t)share, (uint8_t)kind};
    atomic_store(&changes->names_size, used + (unsigned)size);
    atomic_store(&changes->listed, listed + 1);
}
