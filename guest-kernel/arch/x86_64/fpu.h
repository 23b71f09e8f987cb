/* SPDX-License-Identifier: Apache-2.0 */
/* fpu.h - the program's vector state, which the kernel itself never touches, to and from a signal frame. */
#ifndef GK_ARCH_X86_64_FPU_H
#define GK_ARCH_X86_64_FPU_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/types.h"

/* How the state is kept: XSAVE where the CPU has it, else FXSAVE. Behind the gate these run natively, on the host's own
 * features, which are what programs see there. */
void fpu_enable(void); /* on each CPU, at its start */
bool fpu_has_xsave(void);
/* Where there are protection keys (mm/keys.h) their rights register is in a thread's state, and what fpu_reset makes of
 * it is KEYS_DEFAULT: Linux's init_pkru_value, by which key 0 alone denies nothing. */
#define XSTATE_KEYS (1u << 9) /* of XCR0 */
#define KEYS_DEFAULT 0x55555554u

/* As a program or a handler finds it: all registers zero, all exceptions masked, rounding to nearest. */
void fpu_reset(void);
/* The same for a new program. The first on a CPU finds it so. */
void fpu_exec(void);
/* What a floating-point exception was (si_code, FPE_*): `x87` as its status word says, else as MXCSR does; 0: nothing.
 */
int fpu_exception_code(bool x87);

/* A thread's while no CPU holds it: how many bytes, 64-byte aligned, and what they are at first; the CPU's to there,
 * and back. */
uint64_t fpu_room_size(void);
void fpu_room_init(void *room);
void fpu_save(void *room);
void fpu_load(const void *room);

/* Its x87 and SSE part, as FXSAVE has it. 0; -EINVAL: a bit of MXCSR is set that is reserved, on which the kernel would
 * fault when it loads it. */
#define FPU_LEGACY_SIZE 512u
void fpu_legacy_get(const void *room, void *bytes);
int fpu_legacy_set(void *room, const void *bytes);

/* All of it in XSAVE's standard format, with the mask of what there is where software's bytes are (Linux's
 * NT_X86_XSTATE): fpu_xstate_size bytes, 0 where the CPU has no XSAVE. As fpu_legacy_set; -EINVAL also for features
 * that there aren't. */
uint64_t fpu_xstate_size(void);
void fpu_xstate_get(const void *room, void *bytes);
int fpu_xstate_set(void *room, const void *bytes);

/* Bytes in a signal frame. */
uint64_t fpu_user_size(void);
/* 0 or -EFAULT. `at` is 64-byte aligned. Then no key denies the thread anything, until fpu_reset: the rest of the frame
 * is written, wherever the stack of signals is. */
int fpu_save_to_user(uaddr_t at);
/* 0; -EFAULT; -EINVAL: not 64-byte aligned, or what the CPU would refuse. Whatever stands there, the kernel does not
 * fault on it. */
int fpu_restore_from_user(uaddr_t at);

#endif
