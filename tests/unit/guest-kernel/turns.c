/* SPDX-License-Identifier: Apache-2.0 */
/* turns.c - see turns.h. AddressSanitizer is told which stack is in use. */
#include "turns.h"

#include <sanitizer/common_interface_defs.h>
#include <stdlib.h>
#include <ucontext.h>

#define STACK_BYTES (512u << 10)

static struct context {
    ucontext_t registers;
    void (*entry)(void);
    void *fake_stack; /* AddressSanitizer's */
    const void *stack;
    size_t stack_size;
} contexts[TURNS];
static struct context *first;

/* Contexts that never end keep their stacks, and what these point to. */
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

static void begin(unsigned index)
{
    const void *stack;
    size_t size;

    __sanitizer_finish_switch_fiber(NULL, &stack, &size);
    if (first->stack == NULL) { /* nobody else can be the first to go on as another */
        first->stack = stack;
        first->stack_size = size;
    }
    contexts[index].entry();
}

void turns_init(unsigned self)
{
    first = &contexts[self];
}

void turn_make(unsigned index, void (*entry)(void))
{
    struct context *context = &contexts[index];
    void *stack = malloc(STACK_BYTES); /* is there for good */

    if (stack == NULL || getcontext(&context->registers) != 0)
        abort();
    context->entry = entry;
    context->stack = context->registers.uc_stack.ss_sp = stack;
    context->stack_size = context->registers.uc_stack.ss_size = STACK_BYTES;
    makecontext(&context->registers, (void (*)(void))(uintptr_t)begin, 1, index);
}

void turn_pass(unsigned from, unsigned to)
{
    struct context *own = &contexts[from], *next = &contexts[to];

    __sanitizer_start_switch_fiber(&own->fake_stack, next->stack, next->stack_size);
    if (swapcontext(&own->registers, &next->registers) != 0)
        abort();
    __sanitizer_finish_switch_fiber(own->fake_stack, NULL, NULL);
}
