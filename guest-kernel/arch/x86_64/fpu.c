/* SPDX-License-Identifier: Apache-2.0 */
/* fpu.c - FXSAVE and XSAVE areas (Intel SDM vol. 1, 10.5 and 13.4), with Linux's markers for user space
 * (asm/sigcontext.h). */
#include "fpu.h"

#include <stddef.h>

#include "abi/errno.h"
#include "abi/signal.h"
#include "lib/string.h"
#include "mm/keys.h"
#include "mm/usercopy.h"

#include "x86.h"

#define MAGIC1 0x46505853u
#define MAGIC2 0x46505845u
#define FXSAVE_SIZE 512u
#define HEADER_SIZE 64u
enum { XSAVE = 1 << 26, OSXSAVE = 1 << 27 }; /* CPUID leaf 1, ecx */

enum { FEATURE_X87 = 1, FEATURE_SSE = 2, FEATURE_AVX = 4 };
#define X87_REGISTERS_SIZE 128u
#define SSE_REGISTERS_SIZE 256u
#define FEATURES 0xe7u  /* x87, SSE, AVX, AVX-512. Not AMX: its 8 KiB Linux gives on request only */
#define FEATURE_KEYS 9u /* the number of XSTATE_KEYS */

struct fxsave {
    uint16_t control, status;
    uint8_t tag, reserved;
    uint16_t opcode;
    uint64_t ip, dp;
    uint32_t mxcsr, mxcsr_mask;
    uint8_t registers[416 + 16];
    /* the last 48 bytes are software's: Linux's struct _fpx_sw_bytes */
    uint32_t magic1, extended_size;
    uint64_t xfeatures;
    uint32_t xstate_size, padding[7];
};
_Static_assert(sizeof(struct fxsave) == FXSAVE_SIZE, "FXSAVE area");

struct xsave {
    struct fxsave legacy;
    uint64_t features, compaction, reserved[6];
    uint8_t extended[PAGE_SIZE - FXSAVE_SIZE - HEADER_SIZE];
};
_Static_assert(sizeof(struct xsave) == PAGE_SIZE, "AVX-512 and keys need 2,696 bytes");

/* Between the registers and the user; guarded as the kernel is. A copy may wait, and others use it meanwhile, on
 * whichever CPU: then it is filled again. */
static struct xsave area __attribute__((aligned(64)));
static unsigned uses;
static uint32_t xsave_size; /* 0: FXSAVE only */
static uint64_t xsave_features;
static uint32_t keys_at; /* where in it their rights are; 0: there are no keys */

/*
 * Behind the gate XCR0 is the host's, and programs can use what it has. Where they are shown KVM's CPUID rather than
 * the CPU's they don't know until OSXSAVE is on. XCR0 stays as it is where KVM has all of that, as another value is
 * exchanged at each entry; where the host has more (AMX), programs get what KVM has.
 */
void fpu_enable(void)
{
    if (cpu_is_gated && cpu_features & XSAVE)
        gate_call(GATE_OP_XSAVE, xcr0(), 0, 0, 0);
}

/* How the state is kept, once somebody wants to know: CPUID is an exit. */
static void format_find(void)
{
    static bool known;
    uint32_t size = FXSAVE_SIZE + HEADER_SIZE;

    if (known)
        return;
    known = true;
    if (!(cpuid(1, 0).ecx & OSXSAVE))
        return;
    xsave_features = xcr0() & (keys_count != 0 ? FEATURES | XSTATE_KEYS : FEATURES);
    if ((xsave_features & 3) != 3) /* FXSAVE keeps x87 and SSE whatever XCR0 says (nested SVM of QEMU 7.2 loses it) */
        return;
    for (unsigned i = 2; i <= FEATURE_KEYS;
         i++) { /* the standard format: each component has its own place (leaf 0xd) */
        struct cpuid component = cpuid(0xd, i);
        if ((xsave_features & 1u << i) && component.ebx + component.eax > size)
            size = component.ebx + component.eax;
    }
    if (keys_count != 0)
        keys_at = cpuid(0xd, FEATURE_KEYS).ebx;
    if (size + sizeof(uint32_t) <= sizeof(area))
        xsave_size = size;
}

/* What the thread is denied, to its state. */
static void keys_put(struct xsave *state, uint32_t rights)
{
    if (keys_at == 0)
        return;
    state->features |= XSTATE_KEYS;
    __builtin_memcpy((uint8_t *)state + keys_at, &rights, sizeof(rights));
}

bool fpu_has_xsave(void)
{
    format_find();
    return xsave_size;
}

uint64_t fpu_user_size(void)
{
    return fpu_has_xsave() ? xsave_size + sizeof(uint32_t) : FXSAVE_SIZE;
}

/* The registers to `area`, as a signal frame has them; its size. */
static uint32_t area_fill(void)
{
    static const uint32_t magic2 = MAGIC2;
    uint32_t size = FXSAVE_SIZE;

    if (fpu_has_xsave()) {
        area.features = 0; /* of the header it is all that XSAVE looks at and writes */
        __asm__ volatile("xsave64 %0" : "+m"(area) : "a"((uint32_t)xsave_features), "d"(0));
        size = xsave_size + (uint32_t)sizeof(magic2);
        __builtin_memcpy((uint8_t *)&area + xsave_size, &magic2, sizeof(magic2)); /* behind the last component */
        area.legacy.magic1 = MAGIC1;
        area.legacy.extended_size = size;
        area.legacy.xfeatures = xsave_features;
        area.legacy.xstate_size = xsave_size;
    } else {
        __asm__ volatile("fxsave64 %0" : "=m"(area.legacy));
        area.legacy.magic1 = 0;
    }
    return size;
}

/* This and the next are in line in the usual frame, though frames of 32-bit programs have them too. */
__attribute__((always_inline)) int fpu_save_to_user(uaddr_t at)
{
    uint32_t rights = keys_suspend();
    unsigned before;
    int error;

    do {
        uint32_t size = area_fill();
        keys_put(&area, rights);
        before = ++uses;
        error = copy_to_user(at, &area, size);
    } while (error == 0 && before != uses);
    if (error != 0)
        keys_resume(rights);
    return error;
}

#define MXCSR_BITS_USUAL 0xffbfu /* of a CPU that doesn't say */

/* The bits that the CPU has in MXCSR: AMD's have bit 17. Another is reserved, and would raise #GP in the kernel. */
static uint32_t mxcsr_bits(void)
{
    static uint32_t bits;
    struct fxsave now __attribute__((aligned(16)));

    if (bits == 0) {
        now.mxcsr_mask = 0;
        __asm__ volatile("fxsave64 %0" : "+m"(now));
        bits = now.mxcsr_mask != 0 ? now.mxcsr_mask : MXCSR_BITS_USUAL;
    }
    return bits;
}

/* Whether XRSTOR would take the header: components that XCR0 has, in the standard format, which has two words of zeros.
 * Those that XCR0 has and programs don't are passed over. Whatever it was, it is one that can be taken then: the next
 * frame has what stands there, too. */
static bool header_take(void)
{
    bool is_valid = ((area.features & ~xsave_features) == 0 || (area.features & ~(uint64_t)xcr0()) == 0) &&
                    area.compaction == 0 && area.reserved[0] == 0;

    area.features &= xsave_features;
    area.compaction = 0;
    memset(area.reserved, 0, sizeof(area.reserved));
    return is_valid;
}

/* Linux's check_xstate_in_sigframe: who copied the first part alone has that restored. */
static bool is_extended(void)
{
    uint32_t magic2;

    __builtin_memcpy(&magic2, (const uint8_t *)&area + xsave_size, sizeof(magic2));
    return area.legacy.magic1 == MAGIC1 && area.legacy.xstate_size == xsave_size && magic2 == MAGIC2;
}

/* As a rule it is all there, and one copy does. False: not even the first part is. */
static bool area_copy(uaddr_t at, bool *whole)
{
    *whole = fpu_has_xsave() && copy_from_user(&area, at, fpu_user_size()) == 0;
    return *whole || copy_from_user(&area, at, FXSAVE_SIZE) == 0;
}

__attribute__((always_inline)) int fpu_restore_from_user(uaddr_t at)
{
    unsigned before;
    bool whole;

    if (at & 63)
        return -EINVAL;
    do {
        before = ++uses;
        if (!area_copy(at, &whole))
            return -EFAULT;
    } while (before != uses);
    bool is_valid = header_take();
    if (!whole && fpu_has_xsave() && area.legacy.magic1 == MAGIC1 && area.legacy.xstate_size == xsave_size)
        return -EFAULT;
    if (area.legacy.mxcsr & ~mxcsr_bits())
        return -EINVAL;
    if (whole && is_extended()) {
        if (!is_valid)
            return -EINVAL;
        __asm__ volatile("xrstor64 %0" ::"m"(area), "a"((uint32_t)xsave_features), "d"(0));
        return 0;
    }
    if (fpu_has_xsave())
        fpu_reset();     /* what FXRSTOR doesn't know of */
    if (keys_count != 0) /* what Linux has there */
        isa_keys_write(0);
    __asm__ volatile("fxrstor64 %0" ::"m"(area.legacy));
    return 0;
}

/* ---- fresh state ---- */

#define FRESH_CONTROL 0x37f
#define FRESH_MXCSR 0x1f80

/* XRSTOR puts what the header doesn't name in its first state, and takes MXCSR in any case. */
static const struct {
    struct fxsave legacy;
    uint64_t header[HEADER_SIZE / sizeof(uint64_t)];
} fresh __attribute__((aligned(64))) = {.legacy = {.control = FRESH_CONTROL, .mxcsr = FRESH_MXCSR}};

void fpu_reset(void)
{
    if (fpu_has_xsave())
        __asm__ volatile("xrstor64 %0" ::"m"(fresh), "a"((uint32_t)xsave_features), "d"(0));
    else
        __asm__ volatile("fxrstor64 %0" ::"m"(fresh.legacy));
    if (keys_count != 0)
        isa_keys_write(KEYS_DEFAULT);
}

/* ---- a thread's room ---- */

uint64_t fpu_room_size(void)
{
    return fpu_has_xsave() ? xsave_size : FXSAVE_SIZE;
}

void fpu_room_init(void *room)
{
    memcpy(room, &fresh, FXSAVE_SIZE); /* the header names nothing: the rest is in its first state */
    if (fpu_has_xsave())
        keys_put(room, KEYS_DEFAULT);
}

/* Who has a room knows the format by now. */
void fpu_save(void *room)
{
    struct xsave *state = room;

    if (xsave_size != 0)
        __asm__ volatile("xsave64 %0" : "+m"(*state) : "a"((uint32_t)xsave_features), "d"(0));
    else
        __asm__ volatile("fxsave64 %0" : "=m"(state->legacy));
}

void fpu_load(const void *room)
{
    const struct xsave *state = room;

    if (xsave_size != 0)
        __asm__ volatile("xrstor64 %0" ::"m"(*state), "a"((uint32_t)xsave_features), "d"(0));
    else
        __asm__ volatile("fxrstor64 %0" ::"m"(state->legacy));
}

void fpu_legacy_get(const void *room, void *bytes)
{
    struct fxsave legacy;

    memcpy(&legacy, room, sizeof(legacy));
    legacy.magic1 = 0; /* the software's part is a signal frame's */
    memcpy(bytes, &legacy, sizeof(legacy));
}

int fpu_legacy_set(void *room, const void *bytes)
{
    struct xsave *state = room;
    struct fxsave legacy;

    memcpy(&legacy, bytes, sizeof(legacy));
    if (legacy.mxcsr & ~mxcsr_bits())
        return -EINVAL;
    state->legacy = legacy;
    if (xsave_size != 0)
        state->features |= 3;
    return 0;
}

uint64_t fpu_xstate_size(void)
{
    return fpu_has_xsave() ? xsave_size : 0;
}

/* The rest of what `features` doesn't name is put in its first state: XRSTOR does so whatever stands there. */
static void features_clear(struct xsave *state, uint64_t features)
{
    if (!(features & FEATURE_X87)) { /* MXCSR isn't its */
        memcpy(&state->legacy, &fresh.legacy, offsetof(struct fxsave, mxcsr));
        memset(state->legacy.registers, 0, X87_REGISTERS_SIZE);
    }
    if (!(features & FEATURE_SSE))
        memset(state->legacy.registers + X87_REGISTERS_SIZE, 0, SSE_REGISTERS_SIZE);
    for (unsigned i = 2; i < 64; i++) {
        struct cpuid component = {0};

        if (!(xsave_features & 1ull << i) || (features & 1ull << i))
            continue;
        component = cpuid(0xd, i);
        memset((uint8_t *)state + component.ebx, 0, component.eax);
    }
}

void fpu_xstate_get(const void *room, void *bytes)
{
    struct xsave *out = bytes;

    memcpy(out, room, xsave_size);
    out->legacy.magic1 = (uint32_t)xsave_features; /* Linux has the mask at this place */
    out->legacy.extended_size = (uint32_t)(xsave_features >> 32);
    memset(&out->legacy.xfeatures, 0, FXSAVE_SIZE - offsetof(struct fxsave, xfeatures));
}

int fpu_xstate_set(void *room, const void *bytes)
{
    static const uint64_t none[sizeof(((struct xsave *)0)->reserved) / sizeof(uint64_t)];
    struct xsave *state = room;
    const struct xsave *given = bytes;
    bool has_mxcsr = given->features & (FEATURE_X87 | FEATURE_SSE | FEATURE_AVX);
    uint32_t mxcsr = has_mxcsr ? given->legacy.mxcsr : state->legacy.mxcsr;

    if ((given->features & ~xsave_features) || given->compaction != 0 ||
        memcmp(given->reserved, none, sizeof(none)) != 0 || (mxcsr & ~mxcsr_bits()))
        return -EINVAL;
    memcpy(state, given, xsave_size);
    state->legacy.mxcsr = mxcsr;
    features_clear(state, given->features);
    return 0;
}

void fpu_exec(void)
{
    static bool used; /* not by the first: the CPU comes so, and boot costs nothing */

    if (used)
        fpu_reset();
    used = true;
}

/* As Linux (fpu__exception_code): what was raised and isn't masked, the gravest first. Without the kernel lock. */
int fpu_exception_code(bool x87)
{
    enum { INVALID = 0x01, DENORMAL = 0x02, ZERO_DIVIDE = 0x04, OVERFLOW = 0x08, UNDERFLOW = 0x10, PRECISION = 0x20 };
    struct fxsave now __attribute__((aligned(16))); /* whole, as an emulating KVM knows no instruction for the parts */
    unsigned raised;

    __asm__ volatile("fxsave64 %0" : "=m"(now));
    raised = x87 ? now.status & ~(unsigned)now.control : now.mxcsr & ~(now.mxcsr >> 7);
    if (raised & INVALID)
        return FPE_FLTINV;
    if (raised & ZERO_DIVIDE)
        return FPE_FLTDIV;
    if (raised & OVERFLOW)
        return FPE_FLTOVF;
    if (raised & (UNDERFLOW | DENORMAL))
        return FPE_FLTUND;
    return raised & PRECISION ? FPE_FLTRES : 0;
}
