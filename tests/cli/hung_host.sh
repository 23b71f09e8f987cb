#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A disk on a host file system that doesn't answer any more: the run ends all the same. Such a system is made with FUSE.
. "$(dirname "$0")/lib.sh"

hangfs=$build/tests/hangfs
mkdir folder
server=
disk=folder/disk # as `ends` gives it

# serve KIND WHOM: a new image, on a new file system whose server hangs at the first such request.
serve() {
    rm -f said why
    cp --sparse=always "$build/x86_64/tests.img" image
    "$hangfs" image folder "$1" "$2" >said 2>why &
    server=$!
    until grep -qs ready said; do
        kill -0 $server 2>/dev/null || {
            cat why
            exit 77
        }
        sleep 0.05
    done
}

unserve() {
    [ -z "$server" ] || { kill -KILL $server && wait $server; } 2>/dev/null
    server=
    umount -l folder 2>/dev/null
}
trap 'unserve; rm -rf "$scratch"' EXIT

# ends STATUS PATTERN SIGNAL ARGUMENT...: a run that stores a file, and hangs. SIGNAL: what is sent then, or none. If it
# doesn't end by itself the server is killed, whereupon everything does.
ends() {
    expected=$1 pattern=$2 signal=$3
    shift 3
    rm -f guard
    "$lvmm" run --disk "$disk" "$@" -- /tests/storing /room </dev/null >out 2>err &
    child=$!
    tries=0
    until grep -q hangs said || [ $tries -ge 1200 ]; do # one that has ended is there, too, until it is waited for
        grep -q "^State:.Z" /proc/$child/status 2>/dev/null && break
        tries=$((tries + 1))
        sleep 0.05
    done
    check "$what: it came as far as that" [ $tries -lt 1200 ]
    [ "$signal" = none ] || kill -s "$signal" $child
    (sleep 30 && touch guard && kill -KILL $server) >/dev/null 2>&1 &
    guard=$!
    wait $child 2>/dev/null
    status=$?
    kill $guard 2>/dev/null
    check "$what: status $status" [ $status = "$expected" ]
    check "$what: without the server's help" [ ! -e guard ]
    check "$what: $(cat err)" grep -Eq "$pattern" err
    unserve
}

for accel in $(accelerators); do
    serve nothing alone
    run 0 "$lvmm" run --accel "$accel" --disk folder/disk -- /tests/storing /room
    check "$accel: a server that answers" grep -q '^stored: 0$' out
    rm -f kept
    cp --sparse=always image before
    run 0 "$lvmm" run --accel "$accel" --disk folder/disk,cow=kept -- /tests/storing /room
    check "$accel: changes that are kept" grep -q '^stored: 0$' out
    run 0 "$lvmm" run --accel "$accel" --disk folder/disk,cow=kept -- /tests/storing /room
    check "$accel: and found" grep -q '^stored: 0$' out
    check "$accel: the disk itself is as it was" cmp image before
    unserve
    for kind in fsync write read; do
        what="$accel, $kind"
        serve $kind alone
        ends 143 'takes too long to end' TERM --accel "$accel"
    done
    what="$accel, read, changes go somewhere else" disk=folder/disk,cow
    serve read alone
    ends 143 'takes too long to end' TERM --accel "$accel"
    disk=folder/disk
    what="$accel, --timeout"
    serve fsync alone
    # A busy machine may not get as far as the hang, and then there is nothing to wait for.
    ends 124 '^lvmm: --timeout.* the time is over' none --accel "$accel" --timeout 3
done

# The processes that were left behind have gone with their servers.
left_behind() {
    for process in $(pgrep -x lvmm-file) $(pgrep -x lvmm-disk); do
        [ "$(readlink "/proc/$process/cwd")" != "$scratch" ] || return 0
    done
    return 1
}
tries=0
while left_behind && [ $tries -lt 100 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
check "no process is left" [ $tries -lt 100 ]

# A server that answers nothing at all any more, not even that a file is closed.
for kind in fsync read; do
    what="kvm, $kind, then everything"
    serve $kind all
    if [ -z "$(no_kvm)" ]; then ends 143 'takes too long to end' TERM --accel kvm; fi
    unserve
done

# Ctrl-A x ends the run, and the terminal is the user's again while the disk is waited for. hangfs is another session's, so
# that Ctrl-C isn't for it.
if [ -z "$(no_kvm)" ]; then
    check "Ctrl-A x, then Ctrl-C" "$build/tests/pty" start expect hangs type '\001x' mode cooked type '\003' ends 130 -- \
        /bin/sh -c 'setsid "$0" image folder fsync alone & until mountpoint -q folder; do sleep 0.05; done
            exec "$1" run --accel kvm --disk folder/disk -- /tests/storing /room' "$hangfs" "$lvmm"
    umount -f folder 2>/dev/null # ends hangfs, and with it all that waits for it
    umount -l folder
fi
exit $failed
