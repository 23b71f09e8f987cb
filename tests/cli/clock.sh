#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The guest's own clock, which a program may set, and the end of the machine by reboot(2). (On the host neither can be tried.)
# shellcheck disable=SC2016 # the guest's shell expands it
. "$(dirname "$0")/lib.sh"

cp --sparse=always "$build/x86_64/busybox.img" busybox.img

# guest STATUS ACCEL SCRIPT
guest() {
    run "$1" "$lvmm" run --accel "$2" --timeout 60 --disk busybox.img -- /busybox sh -c "b=/busybox; $3"
}

for accel in $(accelerators); do
    before=$(date +%s)
    guest 0 "$accel" '$b date -s @3000000000 >/dev/null && $b date +%s && $b touch /new && $b stat -c %Y /new'
    check "$accel: the clock goes on from there" [ "$(sed -n 1p out)" -ge 3000000000 -a "$(sed -n 1p out)" -lt 3000000100 ]
    check "$accel: files have its time" [ "$(sed -n 2p out)" -ge 3000000000 -a "$(sed -n 2p out)" -lt 3000000100 ]
    guest 0 "$accel" '$b date +%s'
    check "$accel: another machine has the host's" [ "$(cat out)" -ge "$before" -a "$(cat out)" -lt $((before + 1000)) ]
    guest 0 "$accel" '$b date -s @0 2>&1'
    check "$accel: not before its start" grep -q 'Invalid argument' out

    for way in 'poweroff -f' 'reboot -f' 'halt -f'; do
        guest 0 "$accel" "echo begun; (echo kept >/kept; \$b $way); echo not reached; exit 3"
        check "$accel: $way ends it" [ "$(cat out)" = begun ]
        guest 0 "$accel" '$b cat /kept && $b rm /kept'
        check "$accel: $way: what was written is there" [ "$(cat out)" = kept ]
    done
done

finish
