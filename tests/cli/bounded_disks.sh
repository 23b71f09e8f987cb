#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The same as bounded.sh of --max-disk and --max-procs.
. "$(dirname "$0")/lib.sh"
. "$root/tests/cli/lib_report.sh"

for accel in $(accelerators); do

    # Nothing beyond is on the disk, whoever serves it.
    for mode in '' ,cow; do
        limited --max-disk 0 --disk "tests.img$mode" -- /tests/storing /room
        says disk_bytes_written 0
        check "$accel: --max-disk 0: tests.img$mode is as it was" cmp tests.img "$build/x86_64/tests.img"
        limited --max-disk 100K --disk "tests.img$mode" -- /tests/storing /room
        check "$accel: --max-disk 100K: no more" [ "$(field disk_bytes_written)" -le 102400 ]
        cp --sparse=always "$build/x86_64/tests.img" tests.img
    done
    run 0 "$lvmm" run --accel "$accel" --max-disk 1G --report report --disk tests.img -- /tests/storing /room
    check "$accel: what was stored is counted" [ "$(field disk_bytes_written)" -gt 1000000 ]
    check "$accel: what was read, too" [ "$(field disk_bytes_read)" -gt 10000 ]
    says limits_hit '[]'
    cp --sparse=always "$build/x86_64/tests.img" tests.img

    # Processes and threads at once, PROGRAM among them; those that nobody has waited for as well.
    guest_ends 0 --max-procs 40 --report report -- /tests/greedy children
    check "$accel: --max-procs: processes that have ended" grep -qx '39 children: EAGAIN' out
    says limits_hit '["max-procs"]'
    says ended_by '"exit"'
    guest_ends 0 --max-procs 1 --report report -- /tests/greedy children
    check "$accel: --max-procs 1: none" grep -qx '0 children: EAGAIN' out
    guest_ends 0 --max-procs 60 -- /tests/bombs processes
    check "$accel: a fork bomb" grep -qx 'fork: EAGAIN' out
    check "$accel: whose processes end, and there is room again" grep -qx 'and once more: exited with 5' out
    guest_ends 0 --max-procs 60 -- /tests/bombs threads
    check "$accel: threads" grep -qx 'threads: EAGAIN' out
done

refuses 125 '--max-disk 1KB: not a size' --max-disk 1KB --disk hello.img
refuses 125 '--max-procs 0: not a number' --max-procs 0 --disk hello.img
refuses 125 '--max-procs 9K: not a number' --max-procs 9K --disk hello.img
refuses 125 '--max-procs: --kernel .* is not lvmm' --max-procs 9 --kernel "$build/x86_64/hostile.elf"

finish
