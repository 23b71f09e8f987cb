#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A guest whose memory is used up: the largest program is killed, by name, and the others go on. The kernel is one that
# watches itself, so that it tells of what was not given back.
. "$(dirname "$0")/lib.sh"

kernel=$build/x86_64/guest-kernel-checked.elf

for accel in $(accelerators); do
    for way in touch copy; do
        run 0 "$lvmm" run --accel "$accel" --kernel "$kernel" --timeout 60 --memory 32M --disk tests.img -- /tests/hog /room $way
        check "$accel: $way: its parent goes on" [ "$(tail -n 1 out)" = 'and there is memory' ]
        check "$accel: $way: each child is killed" [ "$(grep -cx 'the child is ended by signal: 9' out)" = 3 ]
        check "$accel: $way: the log names it" [ "$(grep -c 'out of memory: hog is killed; .*--memory' err)" = 3 ]
    done
    # A fork is cheap, but what both write after it isn't to be had: one of the two goes.
    run 0 "$lvmm" run --accel "$accel" --kernel "$kernel" --timeout 60 --memory 32M --disk tests.img -- \
        /tests/forkfill /room 18
    check "$accel: fork: others go on" [ "$(tail -n 1 out)" = 'there is memory: yes' ]
    check "$accel: fork: one is killed" \
        [ "$(grep -cxE 'the parent is ended by signal: 9|it ends with: 2' out)" = 3 ]
    check "$accel: fork: the log names it" [ "$(grep -c 'out of memory: forkfill is killed; .*--memory' err)" -ge 3 ]
    run 0 "$lvmm" run --accel "$accel" --kernel "$kernel" --timeout 60 --memory 32M --disk tests.img -- /tests/shortpipe /room short
    check "$accel: who waits for memory in a read has its pipe to itself" grep -qx 'each byte came once: yes' out
    check "$accel: a child gave its memory for it" grep -qx 'the child is ended by signal: 9' out
done
finish
