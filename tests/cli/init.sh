#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lvmm run --init: the program is process 1, with what that means for signals and orphans. What is expected is what
# `unshare --pid --fork` gives for the same program.
. "$(dirname "$0")/lib.sh"

cat >expected <<'X'
parent: 0
a sibling: EINVAL
SIGKILL to itself: 0
SIGTERM to itself: 0
SIGSTOP to itself: 0
SIGTSTP to itself: 0
SIGUSR1 to itself: 0
its handler: 10
SIGKILL to process 1: 0
nobody else: signal 0: ESRCH
child: exited with 0
parent: exited with 1
its child is ours: yes
it: exited with 23
SIGTERM to all others: 0
one: ended by signal 15
the other: ended by signal 15
X

refuses 125 '--init=1: this option takes no value' --init=1
refuses 125 "^lvmm: --init: --kernel $gkernel is not lvmm's own guest kernel" --init --kernel "$gkernel"

for accel in $(accelerators); do
    run 42 "$lvmm" run --accel "$accel" --init --disk tests.img,ro -- /tests/asinit
    check "$accel: as process 1" cmp expected out
    run 0 "$lvmm" run --accel "$accel" --disk tests.img,ro -- /tests/asinit
    check "$accel: as another" [ "$(cat out)" = 'not process 1' ]
done

finish
