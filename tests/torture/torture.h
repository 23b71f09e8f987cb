/* SPDX-License-Identifier: Apache-2.0 */
/* torture.h - what the files of torture have of each other. */
#ifndef TESTS_TORTURE_TORTURE_H
#define TESTS_TORTURE_TORTURE_H

#include <sched.h>
#include <signal.h>

#include "tests/guest/show.h"
#include "tests/torture/chance.h"

extern struct chance chance;

unsigned any(unsigned below); /* 0 .. below - 1 */
/* Says what was not as it should be, and ends the process. */
_Noreturn void wrong(const char *what, long got);
/* So many things at random. */
void work(unsigned steps);

/* Does something to the process's memory that is of known contents; looks at the contents of all of it. */
void maps_change(void);
void maps_check(void);

#endif
