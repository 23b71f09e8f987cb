#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a guest may use: --cpu-time, --max-output, --max-disk, --max-procs; and --report, which tells what it has used and how
# it ended. A guest that goes on for ever ends by its limit, which is the only thing that tells the time here: --timeout is
# for a limit that doesn't work.
. "$(dirname "$0")/lib.sh"

hostile=$build/x86_64/hostile.elf
command -v python3 >/dev/null || not_ok 'the test needs python3, which is not installed'

# field NAME...: a member of the report, as JSON.
field() {
    python3 -c '
import json, sys
value = json.load(open("report"))
for name in sys.argv[1:]:
    value = value[name]
print(json.dumps(value))' "$@"
}

# says NAME VALUE: the report has it.
says() {
    check "$accel: report: $1 is $2" [ "$(field "$1")" = "$2" ]
}

# limited OPTION...: the guest ends by the first one's limit, with a line that names it, and the report says so.
limited() {
    option=$1
    run 124 "$lvmm" run --accel "$accel" --timeout 120 --report report "$@" &&
        check "$accel: $* ends with one line" [ "$(tail -c 300 err | grep -c "lvmm: $option ")" = 1 ]
    says ended_by '"limit"'
    says limits_hit "[\"${option#--}\"]"
    says exit 124
    says timed_out false
}

# guest OPTION...: of a disk that can't be written. guest_ends STATUS OPTION...: and with what status.
guest() {
    "$lvmm" run --accel "$accel" --timeout 120 --disk tests.img,ro "$@"
}
guest_ends() {
    wanted=$1
    shift
    run "$wanted" "$lvmm" run --accel "$accel" --timeout 120 --disk tests.img,ro "$@"
}

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

    # How it ended.
    guest_ends 7 --report report -- /tests/exitcode
    says exit 7
    says ended_by '"exit"'
    says signal null
    says error null
    says denials '[]'
    says changed_files null
    check "$accel: report: the guest's word" [ "$(field guest out_of_memory_kills)" = 0 ]
    guest_ends 139 --report report -- /tests/greedy killed
    says signal 11
    says ended_by '"signal"'
    guest_ends 127 --report report -- /tests/nothing-there
    says exit 127
    run 0 "$lvmm" run --accel "$accel" --memory 32M --report report --disk tests.img,cow -- /tests/hog /room touch
    says out_of_memory true
    rm -f report
    "$lvmm" run --accel "$accel" --report report --disk tests.img,ro -- /tests/echo >out 2>err <&- &
    wait $!
    says bytes_in 0
    echo hello | "$lvmm" run --accel "$accel" --report report --disk tests.img,ro -- /tests/echo >out 2>err
    says bytes_in 6

    # lvmm's own end.
    run 125 "$lvmm" run --accel "$accel" --report report --disk tests.img,ro --append fail=1 --memory 1M -- /tests/exitcode
    says exit 125
    says ended_by '"error"'
    # The guest runs. The file is empty until the end, and stays so if lvmm is killed.
    for signal in TERM KILL; do
        rm -f report out
        "$lvmm" run --accel "$accel" --report report --disk tests.img,ro -- /tests/greedy talk >out 2>err &
        pid=$!
        until [ -s out ] || ! kill -0 $pid; do sleep 0.05; done
        check "$accel: report: empty until the end" [ -e report -a ! -s report ]
        kill -$signal $pid
        wait $pid 2>/dev/null
        [ $signal = TERM ] || continue
        says exit 143
        says ended_by '"host signal"'
    done
    check "$accel: report: still, as lvmm was killed" [ -e report -a ! -s report ]

    # Where it goes.
    guest --report /dev/fd/3 -- /tests/greedy 3>report >out
    says exit 0
    guest --report /dev/fd/3 -- /tests/greedy 3>&1 >/dev/null | cat >report
    says exit 0
    mkdir elsewhere
    : >elsewhere/real
    ln -s elsewhere/real link
    guest --report link -- /tests/greedy >out
    check "$accel: a link stays one" [ "$(readlink link)" = elsewhere/real ]
    cp elsewhere/real report
    says exit 0
    rm report
    (umask 027 && guest --report report -- /tests/greedy >out)
    check "$accel: it is as others may read it" [ "$(stat -c %a report)" = 640 ]
    rm -r elsewhere link
    check "$accel: nothing else is left" [ "$(ls report*)" = report ]
done

# A guest that doesn't heed anything: interrupts are off.
accel=kvm
if [ -z "$(no_kvm)" ]; then
    limited --cpu-time 1s --cpus 2 --kernel "$hostile" --append mode=cpu-spin
fi

refuses 125 '--cpu-time 1x: not a time' --cpu-time 1x --disk hello.img
refuses 125 '--max-output -1: not a size' --max-output -1 --disk hello.img
refuses 125 '--max-disk 1KB: not a size' --max-disk 1KB --disk hello.img
refuses 125 '--max-procs 0: not a number' --max-procs 0 --disk hello.img
refuses 125 '--max-procs 9K: not a number' --max-procs 9K --disk hello.img
refuses 125 '--max-procs: --kernel .* is not lvmm' --max-procs 9 --kernel "$hostile"
refuses 125 '--report: the value is empty' --report '' --disk hello.img
refuses 125 '--report /no/where: can.t be written: No such file' --report /no/where --disk hello.img
refuses 125 '--report tmp: can.t be written: Is a directory' --report tmp --disk hello.img
refuses 125 '--report /dev/fd/9: can.t be written: Bad file' --report /dev/fd/9 --disk hello.img
refuses 125 '--report /dev/fd/8: can.t be written: Bad file' --report /dev/fd/8 --disk hello.img 8</dev/null

finish
