#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the host doesn't give: room for the disk (a limit on the size of files stands for it), /dev/null, open standard
# streams. The guest's program hears of it, and nothing hangs.
. "$(dirname "$0")/lib.sh"

for accel in $(accelerators); do
    "$lvmm" run --accel "$accel" --disk tests.img -- /tests/storing /room >out 2>err
    check "$accel: stored: status $?" grep -qx 'stored: 0' out
    (ulimit -f 3000 && exec timeout -k 5 30 "$lvmm" run --accel "$accel" --disk tests.img -- /tests/storing /room) \
        >out 2>err
    status=$?
    check "$accel: no room for the disk: status $status" [ "$status" = 3 ]
    check "$accel: no room for the disk: the program hears of it" grep -qx 'stored: -1' out
    cp --sparse=always "$build/x86_64/tests.img" tests.img

    "$lvmm" run --accel "$accel" --disk hello.img <&- >&- 2>&-
    status=$?
    check "$accel: no standard streams: status $status" [ "$status" = 0 ]
    check "$accel: and nothing was written over it" cmp hello.img "$build/x86_64/hello.img"
done

finish
