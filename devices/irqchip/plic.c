/* SPDX-License-Identifier: Apache-2.0 */
/* plic.c - see plic.h. Registers are 32 bits wide (specification, chapter 3: memory map). */
#include "devices/irqchip/plic.h"

#include <string.h>

#define PENDING 0x1000u
#define ENABLE 0x2000u
#define ENABLE_STRIDE 0x80u
#define CONTEXT 0x200000u
#define CONTEXT_STRIDE 0x1000u
enum { CONTEXT_THRESHOLD = 0, CONTEXT_CLAIM = 4 };

#define PRIORITY_MAX 7u

static uint32_t bit_of(uint32_t source)
{
    return UINT32_C(1) << source % 32;
}

/* What the context would be interrupted by: the highest priority, the lowest number; 0: nothing. */
static uint32_t best_source(const struct plic *plic, const struct plic_context *context)
{
    uint32_t best = 0, priority = context->threshold;

    for (unsigned word = 0; word < PLIC_WORDS; word++) {
        uint32_t ready = plic->pending[word] & ~plic->claimed[word] & context->enabled[word];

        for (; ready != 0; ready &= ready - 1) {
            uint32_t source = word * 32 + (uint32_t)__builtin_ctz(ready);
            if (plic->priority[source] > priority) {
                best = source;
                priority = plic->priority[source];
            }
        }
    }
    return best;
}

static void update(struct plic *plic)
{
    for (unsigned hart = 0; hart < PLIC_HARTS; hart++) {
        struct plic_context *context = &plic->context[hart];
        bool on = best_source(plic, context) != 0;

        if (on != context->output) {
            context->output = on;
            plic->signal(plic->owner, hart, on);
        }
    }
}

static uint32_t claim(struct plic *plic, const struct plic_context *context)
{
    uint32_t source = best_source(plic, context);

    if (source != 0) {
        plic->pending[source / 32] &= ~bit_of(source);
        plic->claimed[source / 32] |= bit_of(source);
        update(plic);
    }
    return source;
}

static void complete(struct plic *plic, const struct plic_context *context, uint32_t source)
{
    if (source < PLIC_SOURCES && context->enabled[source / 32] & bit_of(source))
        plic->claimed[source / 32] &= ~bit_of(source);
}

/* The S-mode context that `number` is, or NULL. */
static struct plic_context *context_at(struct plic *plic, uint64_t number)
{
    return number % 2 != 0 && number / 2 < PLIC_HARTS ? &plic->context[number / 2] : NULL;
}

static uint32_t *enable_at(struct plic *plic, uint64_t offset)
{
    struct plic_context *context = context_at(plic, (offset - ENABLE) / ENABLE_STRIDE);
    uint64_t word = (offset - ENABLE) % ENABLE_STRIDE / 4;

    return context != NULL && word < PLIC_WORDS ? &context->enabled[word] : NULL;
}

static uint32_t register_read(struct plic *plic, uint64_t offset)
{
    if (offset < PENDING)
        return offset / 4 < PLIC_SOURCES ? plic->priority[offset / 4] : 0;
    if (offset < ENABLE)
        return (offset - PENDING) / 4 < PLIC_WORDS ? plic->pending[(offset - PENDING) / 4] : 0;
    if (offset < CONTEXT) {
        const uint32_t *word = enable_at(plic, offset);
        return word != NULL ? *word : 0;
    }
    const struct plic_context *context = context_at(plic, (offset - CONTEXT) / CONTEXT_STRIDE);
    switch (context != NULL ? (offset - CONTEXT) % CONTEXT_STRIDE : UINT64_MAX) {
    case CONTEXT_THRESHOLD:
        return context->threshold;
    case CONTEXT_CLAIM:
        return claim(plic, context);
    default:
        return 0;
    }
}

static void context_write(struct plic *plic, uint64_t offset, uint32_t value)
{
    struct plic_context *context = context_at(plic, offset / CONTEXT_STRIDE);

    if (context != NULL && offset % CONTEXT_STRIDE == CONTEXT_THRESHOLD)
        context->threshold = value & PRIORITY_MAX;
    else if (context != NULL && offset % CONTEXT_STRIDE == CONTEXT_CLAIM)
        complete(plic, context, value);
}

static void register_write(struct plic *plic, uint64_t offset, uint32_t value)
{
    if (offset < PENDING) {
        if (offset != 0 && offset / 4 < PLIC_SOURCES)
            plic->priority[offset / 4] = value & PRIORITY_MAX;
    } else if (offset >= CONTEXT) {
        context_write(plic, offset - CONTEXT, value);
    } else if (offset >= ENABLE) {
        uint32_t *word = enable_at(plic, offset);
        if (word != NULL)
            *word = offset % ENABLE_STRIDE != 0 ? value : value & ~UINT32_C(1);
    }
    update(plic);
}

static void plic_read(void *owner, uint64_t offset, void *data, unsigned size)
{
    struct plic *plic = owner;
    uint32_t value = 0;

    if (size == sizeof(value) && offset % sizeof(value) == 0) {
        pthread_mutex_lock(&plic->lock);
        value = register_read(plic, offset);
        pthread_mutex_unlock(&plic->lock);
    }
    memset(data, 0, size);
    memcpy(data, &value, size < sizeof(value) ? size : sizeof(value));
}

static void plic_write(void *owner, uint64_t offset, const void *data, unsigned size)
{
    struct plic *plic = owner;
    uint32_t value;

    if (size != sizeof(value) || offset % sizeof(value) != 0)
        return;
    memcpy(&value, data, sizeof(value));
    pthread_mutex_lock(&plic->lock);
    register_write(plic, offset, value);
    pthread_mutex_unlock(&plic->lock);
}

const struct bus_ops plic_bus_ops = {.read = plic_read, .write = plic_write};

void plic_raise(struct plic *plic, uint32_t source)
{
    if (source == 0 || source >= PLIC_SOURCES)
        return;
    pthread_mutex_lock(&plic->lock);
    plic->pending[source / 32] |= bit_of(source);
    update(plic);
    pthread_mutex_unlock(&plic->lock);
}

void plic_init(struct plic *plic, void (*signal)(void *owner, unsigned hart, bool on), void *owner)
{
    memset(plic, 0, sizeof(*plic));
    pthread_mutex_init(&plic->lock, NULL);
    plic->signal = signal;
    plic->owner = owner;
}

void plic_fini(struct plic *plic)
{
    pthread_mutex_destroy(&plic->lock);
}
