#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a guest may use: --cpu-time and --max-output, and that --report tells what it has used. A guest that goes on for ever
# ends by its limit, which is the only thing that tells the time here: --timeout is for a limit that doesn't work.
. "$(dirname "$0")/lib.sh"
. "$root/tests/cli/lib_report.sh"

hostile=$build/x86_64/hostile.elf

mkfifo pipe
exec 4<>pipe

for accel in $(accelerators); do

    # CPU time, not time.
    limited --cpu-time 1s --disk tests.img,ro -- /tests/greedy spin
    limited --cpu-time 1s --cpus 2 --disk tests.img,ro -- /tests/greedy spin
    check "$accel: it has used a second" python3 -c 'import json; exit(json.load(open("report"))["cpu_seconds"] < 0.9)'
    guest_ends 0 --cpu-time 2s --report report -- /tests/greedy sleep
    says limits_hit '[]'
    says ended_by '"exit"'
    check "$accel: it has slept two seconds" python3 -c 'import json; exit(json.load(open("report"))["wall_seconds"] < 2)'

    # Exactly so many bytes, of both streams together.
    for bytes in 0 1 77777 1M; do
        limited --max-output $bytes --disk tests.img,ro -- /tests/greedy talk
        got=$(($(wc -c <out) + $(sed 's/lvmm: --max-output .*//' err | tr -d '\n' | wc -c)))
        [ $bytes != 1M ] || bytes=1048576
        check "$accel: --max-output $bytes lets $got through" [ $got = $bytes ]
        says bytes_out $bytes
    done
    guest_ends 0 --max-output 1000 --report report -- /tests/greedy thousand
    says bytes_out 1000
    says limits_hit '[]'
    # A pipe that nobody reads, though somebody could: its bytes wait for the time to be over.
    guest --max-output 64M --timeout 2 --report report -- /tests/greedy talk 2>/dev/null >pipe
    says ended_by '"timeout"'
    says timed_out true
done

# A guest that doesn't heed anything: interrupts are off.
accel=kvm
if [ -z "$(no_kvm)" ]; then
    limited --cpu-time 1s --cpus 2 --kernel "$hostile" --append mode=cpu-spin
fi

refuses 125 '--cpu-time 1x: not a time' --cpu-time 1x --disk hello.img
refuses 125 '--max-output -1: not a size' --max-output -1 --disk hello.img

finish
