#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A server of shared folders that doesn't answer any more, but isn't dead: who waits for it can be killed, other file
# systems are stored, and the run ends. With KVM alone, as QEMU's front end may wait for its server itself; the guest is
# the same. LONG: also with something that the server should still store, for which the guest waits a while.
# shellcheck disable=SC2016 # the guest's shell expands it
. "$(dirname "$0")/lib.sh"

if [ -n "$(no_kvm)" ]; then
    echo "skipped: share_hung: $(no_kvm)"
    exit 77
fi
cp --sparse=always "$build/x86_64/busybox.img" busybox.img
mcopy -i busybox.img "$build/tests/locker" ::/locker || not_ok 'there is no locker'
mkdir folder
mkfifo go
exec 5<>go

# hang SCRIPT: a guest does that, of which `read go` is where the server hangs from.
hang() {
    echo 'of the host' >folder/file
    rm -f folder/up
    timeout -k 5 100 "$lvmm" run --accel kvm --disk busybox.img -v folder:/mnt -- /busybox sh -c "b=/busybox; $1" <go >out 2>err &
    pid=$!
    until [ -e folder/up ]; do sleep 0.02; done
    kill -STOP "$(pgrep -x -P "$(pgrep -x -P $pid lvmm)" lvmm-share)"
    echo go >&5
}

hang '$b touch /mnt/up; read go
    for command in "cat /mnt/file" "ls /mnt" "touch /mnt/new" "cp /busybox /mnt/f"; do
        $b $command & $b kill -KILL $!; wait $!; echo $?
    done
    echo stored >/new; $b sync /new; echo end'
wait $pid
check 'the run ends' [ $? = 0 ]
printf '137\n137\n137\n137\nend\n' >expected
check 'who waits can be killed' cmp out expected
check 'and the disk was written' [ "$(mtype -i busybox.img ::/new)" = stored ]

# The guest ends with what can't be stored any more.
if [ -n "${LONG-}" ]; then
    hang '/locker /mnt/file map=of touch=/mnt/up line map=changed
        echo "a text that the flusher has stored" >/after; read go'
    until grep -aq 'a text that the flusher has stored' busybox.img || ! kill -0 $pid 2>/dev/null; do sleep 0.2; done
    check 'what is dirty on the disk is stored all the same' kill -0 $pid
    echo go >&5
    wait $pid
    check 'and the run ends' [ $? = 125 ]
    check 'with a word on what is lost' grep -q 'could not be written: input/output error; the program ended with status 0' err
    check 'which it is' grep -q 'of the host' folder/file
fi
finish
