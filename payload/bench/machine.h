/* SPDX-License-Identifier: Apache-2.0 */
/* machine.h - what the first processes of the benchmark's Linux guests share: to set the machine up and to end it. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

/* Mounts /dev, /dev/pts and /proc, and loads those of the known modules that are in /modules. */
void machine_begin(void);

/* Runs the program argv[0], looked for in PATH, and waits for its end. Returns its wait status; -1 without a process.
 */
int machine_run(char **argv);

/* Ends QEMU with status 1, by isa-debug-exit: a reset by triple fault may hang. Doesn't return. */
_Noreturn void machine_end(void);

#endif
