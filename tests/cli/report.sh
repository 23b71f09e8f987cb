#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# --report: how a run ended, by whose word, and where that is written.
. "$(dirname "$0")/lib.sh"
. "$root/tests/cli/lib_report.sh"

for accel in $(accelerators); do

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

refuses 125 '--report: the value is empty' --report '' --disk hello.img
refuses 125 '--report /no/where: can.t be written: No such file' --report /no/where --disk hello.img
refuses 125 '--report tmp: can.t be written: Is a directory' --report tmp --disk hello.img
refuses 125 '--report /dev/fd/9: can.t be written: Bad file' --report /dev/fd/9 --disk hello.img
refuses 125 '--report /dev/fd/8: can.t be written: Bad file' --report /dev/fd/8 --disk hello.img 8</dev/null

finish
