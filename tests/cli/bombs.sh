#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Programs that make as many processes or threads as they can: they are refused with EAGAIN, with little memory and with
# more, and the guest goes on.
. "$(dirname "$0")/lib.sh"

processes='fork: EAGAIN
some were made: yes
all ended: yes
and once more: exited with 5'
threads='threads: EAGAIN
some were made: yes'

for memory in 24M 256M; do
    bomb() { run 0 "$lvmm" run --accel tcg --memory "$memory" --disk tests.img,ro -- /tests/bombs "$1"; }
    bomb processes
    check "$memory: processes" [ "$(cat out)" = "$processes" ]
    bomb threads
    check "$memory: threads" [ "$(cat out)" = "$threads" ]
    [ "$memory" = 24M ] || continue # with more memory it takes a minute
    bomb chain
    check "$memory: each makes more" [ "$(cat out)" = 'a chain reaction: EAGAIN' ]
done

finish
