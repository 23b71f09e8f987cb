#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# vm.overcommit_memory and what /proc/meminfo tells of it: no more is promised than there is, and what was is taken back.
# (On Linux these are the whole machine's, so that no test there can set them.)
# shellcheck disable=SC2016 # the guest's shell expands it
. "$(dirname "$0")/lib.sh"

cp --sparse=always "$build/x86_64/busybox.img" busybox.img

# The shell reads by itself: another process would be reckoned, too.
before='b=/busybox; cd /proc/sys/vm
value() { while read -r name kib unit; do [ "$name" != "$1:" ] || v=$kib; done </proc/meminfo; }
'

test_overcommit() {
    accel=$1
    # guest SCRIPT
    guest() {
        run 0 "$lvmm" run --accel "$accel" --timeout 120 --memory 128M --disk busybox.img -- /busybox sh -c "$before$1
true"
    }
    is() {
        printf '%s\n' "$2" >expected
        check "$accel: $1" diff expected out
    }

    guest 'for n in 2 3 -1 1 0; do echo $n 2>/dev/null >overcommit_memory; $b cat overcommit_memory; done
value MemTotal; total=$v; value CommitLimit; [ $((total / 2 - v)) -lt 5 ] && echo half; echo 25 >overcommit_ratio; value CommitLimit
[ $((total / 4 - v)) -lt 5 ] && echo a quarter'
    is 'what can be set' "$(printf '%s\n' 2 2 2 1 0 half 'a quarter')"

    guest 'value Committed_AS; was=$v; $b ls / | $b cat >/dev/null; (: | :); value Committed_AS; echo $((v - was))
$b dd if=/dev/zero of=/dev/shm/f bs=1024 count=1024 2>/dev/null; value Committed_AS; echo $((v - was))
$b rm /dev/shm/f; value Committed_AS; echo $((v - was))'
    is 'all is taken back' "$(printf '%s\n' 0 1024 0)"

    guest 'many() { $b dd if=/dev/zero of=/dev/null bs=$1M count=1 2>&1 | $b grep -o -e "out of memory" -e "1+0 records out"; }
many 100; many 1000; echo 1 >overcommit_memory; many 100; echo 2 >overcommit_memory; many 100; many 30
echo 90 >overcommit_ratio; many 100; echo 10 >overcommit_ratio; many 20; many 5
$b dd if=/dev/zero of=/dev/shm/f bs=1M count=40 2>&1 | $b grep -o "No space.*"; many 5; $b rm /dev/shm/f; many 5'
    is 'what is promised' "$(printf '%s\n' '1+0 records out' 'out of memory' '1+0 records out' 'out of memory' '1+0 records out' \
        '1+0 records out' 'out of memory' '1+0 records out' 'No space left on device' 'out of memory' '1+0 records out')"
}

for accel in $(accelerators); do
    test_overcommit "$accel"
done

finish
