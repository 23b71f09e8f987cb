#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lvmm run --timeline FILE: a trace is written on every way out, and a FILE that can't be is an error before the start.
. "$(dirname "$0")/lib.sh"

refuses 125 '--timeline no/such/folder: can.t be written: No such file' --timeline no/such/folder --disk hello.img
mkdir folder
refuses 125 '--timeline folder: .*directory' --timeline folder --disk hello.img
refuses 125 '--timeline.*empty' --timeline '' --disk hello.img
refuses 125 '--timeline.*needs a value' --timeline

# well_formed FILE: lines of the Trace Event Format as lvmm lays them out: a head, events of one line each, a tail.
well_formed() {
    awk '
        function bad(text) { print FILENAME ":" FNR ": " text; failed = 1 }
        FNR == 1 && !/^\{"displayTimeUnit":"ns","otherData":\{"dropped":[0-9]+\},"traceEvents":\[$/ { bad("head: " $0) }
        FNR == 1 { next }
        /^\]\}$/ { ended = 1; if (comma) bad("a comma before the end"); next }
        ended { bad("after the end: " $0) }
        /"ph":"M"/ { if (!/^\{"name":"[a-z_]+","ph":"M","pid":[0-9]+,("tid":[0-9]+,)?"args":\{"name":"[a-z ]+[0-9]*"\}\},?$/) bad($0) }
        !/"ph":"M"/ {
            if (!/^\{"name":"[A-Za-z0-9_ ]+","cat":"(phase|exit|syscall|signal)","ph":"X","ts":[0-9]+\.[0-9][0-9][0-9],"dur":[0-9]+\.[0-9][0-9][0-9],"pid":[0-9]+,"tid":[0-9]+(,"args":\{"address":"0x[0-9a-f]+"\})?\},?$/)
                bad($0)
        }
        { if (FNR > 2 && !comma) bad("no comma before this"); comma = /,$/ }
        END { if (!ended) bad("no end"); exit failed }
    ' "$1"
}

# has FILE NAME...: there is an event of each name.
has() {
    file=$1
    shift
    for event; do
        grep -q "^{\"name\":\"$event\"" "$file" || {
            echo "no \"$event\" in $file"
            return 1
        }
    done
}

for accel in $(accelerators); do
    run 0 "$lvmm" run --accel "$accel" --timeline trace --disk hello.img
    check "$accel: the trace is well formed" well_formed trace
    check "$accel: the program runs as without" grep -qx 'Hello, UserApp!' out
    check "$accel: phases of the host" has trace config images plan exit
    [ "$accel" = kvm ] || continue
    check "$accel: phases of the VM" has trace 'VM creation' memory devices 'guest run' teardown
    check "$accel: exits" has trace 'MMIO write'
    check "$accel: the program's system calls" has trace arch_prctl writev exit_group
    run 0 "$lvmm" run --accel "$accel" --timeline processes --disk tests.img -- /tests/decoded
    check "$accel: processes: well formed" well_formed processes
    check "$accel: a track for each process" [ "$(grep -c '"args":{"name":"guest process [23]"}' processes)" = 2 ]
    check "$accel: its calls, signals and end" grep -q '^{"name":"SIGUSR1","cat":"signal",.*"pid":2,"tid":2' processes
    check "$accel: of the other one" grep -q '^{"name":"exited","cat":"signal",.*"pid":3,"tid":3,"args":{"address":"0x3"}}' processes
    check "$accel: of the other one its calls" grep -q '^{"name":"execve","cat":"syscall",.*"pid":3,"tid":3' processes
    exits=$("$lvmm" run --accel kvm --verbose --timeline trace --disk hello.img 2>&1 |
        sed -n 's/^lvmm: exits: \([0-9]*\).*/\1/p')
    check "$accel: each exit is there ($exits)" [ "$(grep -c '"cat":"exit"' trace)" = "$exits" ]
done

# Other ways out.
run 42 "$lvmm" run --timeline status --disk hello.img -- /sbin/args && check 'a status of 42' well_formed status
run 127 "$lvmm" run --timeline missing --disk hello.img -- /no/such && check 'a program that is not there' well_formed missing
run 125 "$lvmm" run --timeline nodisk --disk none.img && check 'a disk that is not there' well_formed nodisk
run 124 "$lvmm" run --timeline timeout --timeout 0.3 --disk tests.img -- /tests/echo </dev/zero
check 'after --timeout' well_formed timeout
"$lvmm" run --timeline signal --disk tests.img -- /tests/echo </dev/zero >out 2>err &
pid=$!
sleep 0.5
kill -TERM $pid
wait $pid
check 'a signal: the status' [ $? = 143 ]
check 'a signal: the trace' well_formed signal
finish
