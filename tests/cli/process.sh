#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The process that lvmm is started as: descriptors that are closed, inherited or named, and limits that are low.
. "$(dirname "$0")/lib.sh"

accel=$(accelerators | head -n 1)

# Of what was inherited only the standard descriptors and those that the command line names stay open.
"$lvmm" run --accel "$accel" --disk tests.img --disk /dev/fd/7,ro -- /tests/echo <hello.img >out 2>err \
    5<hello.img 6>other 7<hello.img 9<hello.img &
child=$!
sleep 0.5
open=$(readlink /proc/$child/fd/* 2>/dev/null | grep -c 'other$')
kill -TERM $child
wait $child
check "an inherited descriptor is closed" [ "$open" = 0 ]
run 0 sh -c 'exec "$@" 7<hello.img' sh "$lvmm" run --accel "$accel" --disk /dev/fd/7,ro
check "/dev/fd/7 is a disk" grep -q Hello out
run 0 sh -c 'exec "$@" 7<hello.img' sh "$lvmm" run --accel "$accel" --disk /proc/self/fd/7,ro
check "/proc/self/fd/7 is a disk" grep -q Hello out

# Limits that no run fits in are told of, and lvmm doesn't crash; those that just do are enough.
for limit in --stack=32768:32768 --nofile=14:14 --nofile=9:9; do
    status=0
    prlimit $limit "$lvmm" run --accel "$accel" --disk hello.img >out 2>err </dev/null || status=$?
    if [ $status = 0 ]; then # we may raise it here
        check "$limit: it is raised" grep -q Hello out
    else
        check "$limit: status $status" [ $status = 125 ]
        check "$limit: $(cat err)" grep -q '^lvmm: a limit of .* is too low; lvmm needs .*ulimit' err
    fi
done
run 0 prlimit --stack=131072:131072 --nofile=32:32 "$lvmm" run --accel "$accel" --disk hello.img
check "small limits that are enough" grep -q Hello out
run 0 prlimit --nofile=32:1024 "$lvmm" run --accel "$accel" --cpus 32 --disk hello.img
check "a limit that may be raised: many CPUs" grep -q Hello out

# Closed standard descriptors: the disk takes the number of none of them, and no message is written over it.
cksum <hello.img >before
for closed in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
    sh -c "exec \"\$@\" $closed" sh "$lvmm" run --accel "$accel" --verbose --disk hello.img >out 2>err </dev/null
    check "closed: $closed" [ $? = 0 ]
done
# The same where there is no /dev/null to stand for them.
mkdir -p room/dev
cp "$lvmm" "$kernel" hello.img room/
room() {
    unshare --user --map-root-user chroot room /lvmm run --accel tcg --kernel /guest-kernel.elf --disk /hello.img "$@"
}
if unshare --user --map-root-user chroot room /lvmm --version >/dev/null 2>&1; then
    cksum <room/hello.img >before
    # There is no QEMU in there: it is opened all the same, and lvmm says so.
    room 2>&- </dev/null >out
    room <&- >out 2>err
    check "no /dev/null: $(cat err)" grep -q '^lvmm: ' err
    cksum <room/hello.img >after
    check "no /dev/null: the disk is as it was" cmp before after
else
    echo "skipped: process/chroot: this user may not make a user namespace"
fi

finish
