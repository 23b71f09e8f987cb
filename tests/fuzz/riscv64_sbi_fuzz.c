/* SPDX-License-Identifier: Apache-2.0 */
// sources: kvmarch/riscv64_sbi.c vmm/kvm/mem.c
/* riscv64_sbi_fuzz.c - any SBI calls: what they print and read is bounded, and lies in memory that the guest has. */
#include "kvmarch/riscv64_sbi.h"

#include "tests/fuzz/input.h"

#define DBCN 0x4442434eu
#define PIECE 1024u /* the most that one call carries */

static const struct mem_range ranges[] = {{0x80200000, 0x4000}, {0x90000000, 0x1000}};

static struct console {
    struct mem mem;
    struct input *input;
    size_t written, read; /* by the call under way */
} console;

static void write_console(void *owner, const char *bytes, size_t size)
{
    char copy[PIECE];

    must(owner == &console && size <= PIECE && console.written == 0);
    memcpy(copy, bytes, size);
    console.written = size;
}

static size_t read_console(void *owner, char *bytes, size_t size)
{
    must(owner == &console && size <= PIECE && console.read == 0);
    console.read = input_u16(console.input) % (size + 1);
    memset(bytes, 'r', console.read);
    return console.read;
}

static const struct vm_console ops = {.write = write_console, .read = read_console, .owner = &console};

/* Rather one at which something ends. */
static uint64_t some_number(struct input *input)
{
    static const uint64_t ends[] = {0,          1,          PIECE,      0x1000,     0x4000,    0x80200000,
                                    0x80204000, 0x90000000, 0x90001000, 1ull << 63, UINT64_MAX};
    uint8_t kind = input_u8(input);

    if (kind >= 200)
        return input_u64(input);
    return ends[kind % (sizeof(ends) / sizeof(ends[0]))] + (uint64_t)(int64_t)(int8_t)input_u8(input);
}

static uint64_t some_extension(struct input *input)
{
    uint8_t kind = input_u8(input);

    return kind < 160 ? DBCN : kind < 240 ? kind & 3 : input_u64(input);
}

static void check(const struct sbi_call *call)
{
    bool in_memory = call->args[2] == 0 && mem_at(&console.mem, call->args[1], call->args[0]) != NULL;
    bool by_buffer = call->extension == DBCN && call->function < 2;

    if (!by_buffer)
        must(console.written <= 1 && console.read <= 1);
    else if (!in_memory)
        must(console.written == 0 && console.read == 0 && call->ret[0] == (uint64_t)-3);
    else
        must(call->ret[0] == 0 && call->ret[1] == console.written + console.read && call->ret[1] <= call->args[0]);
    if (call->extension > 2 && call->extension != DBCN)
        must(call->ret[0] == (uint64_t)-2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {.data = data, .size = size};

    console.input = &input;
    must(mem_init(&console.mem, ranges, 2) == 0);
    while (input.size > 0) {
        struct sbi_call call = {.extension = some_extension(&input)};

        call.function = input_u8(&input) & 3;
        for (unsigned i = 0; i < 3; i++)
            call.args[i] = i == 2 && (input_u8(&input) & 7) != 0 ? 0 : some_number(&input);
        console.written = console.read = 0;
        riscv64_sbi_serve(&call, &console.mem, &ops);
        check(&call);
    }
    mem_fini(&console.mem);
    return 0;
}
