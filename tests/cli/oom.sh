#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A guest whose memory is used up: the largest program is killed, by name, and the others go on.
. "$(dirname "$0")/lib.sh"

for accel in $(accelerators); do
    for way in touch copy; do
        run 0 "$lvmm" run --accel "$accel" --timeout 60 --memory 32M --disk tests.img -- /tests/hog /room $way
        check "$accel: $way: its parent goes on" [ "$(tail -n 1 out)" = 'and there is memory' ]
        check "$accel: $way: each child is killed" [ "$(grep -cx 'the child is ended by signal: 9' out)" = 3 ]
        check "$accel: $way: the log names it" [ "$(grep -c 'out of memory: hog is killed; .*--memory' err)" = 3 ]
    done
    run 0 "$lvmm" run --accel "$accel" --timeout 60 --memory 32M --disk tests.img -- /tests/shortpipe /room short
    check "$accel: who waits for memory in a read has its pipe to itself" grep -qx 'each byte came once: yes' out
    check "$accel: a child gave its memory for it" grep -qx 'the child is ended by signal: 9' out
done
finish
