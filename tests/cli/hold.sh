#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How long the kernel goes on without giving way where there are many processes, in steps (core/hold.h), with a bound far
# below the one that it has by itself: signals to hundreds, their ends in a row, a group of them that is left alone, and
# as many processes as memory has room for, all killed at once.
. "$(dirname "$0")/lib.sh"

hold() { run 0 "$lvmm" run --accel tcg --kernel "$build/x86_64/guest-kernel-checked.elf" --disk tests.img,ro "$@"; }

for cpus in 1 4; do
    hold --cpus "$cpus" --append hold=60000 -- /tests/killmany
    check "$cpus CPUs: hundreds are killed" grep -qx 'have ended: 280' out
done
hold --memory 256M --append hold=60000 -- /tests/bombs processes
check "as many as there can be are killed" grep -qx 'all ended: yes' out

finish
