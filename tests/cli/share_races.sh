#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Two guests and the host change the same folder at once: what all of them append is there, no call fails as none would
# on one Linux, and in the end all see the same. LONG: more of it.
. "$(dirname "$0")/lib.sh"

racer=$build/tests/racer
cp --sparse=always "$build/x86_64/busybox.img" busybox.img
mcopy -i busybox.img "$racer" ::/racer || not_ok 'there is no racer'
count=400
[ -z "${LONG-}" ] || count=4000

# guest ACCEL NAME SCRIPT: in the background; $! is lvmm's.
guest() {
    timeout -k 5 100 "$lvmm" run --accel "$1" --disk busybox.img,cow -v folder:/mnt -v signs:/signs -- /busybox sh -c \
        "r=/racer b=/busybox; $3" >"$2.out" 2>"$2.err" &
}
ended() {
    if wait "$2"; then
        ok "$1"
    else
        not_ok "$1"
        cat first.* second.*
    fi
}

for accel in $(accelerators); do
    rm -rf folder signs
    mkdir -p folder/tree signs
    for name in first second; do
        guest "$accel" $name "\$b touch /signs/$name; \$r /signs/go wait; \$r /mnt/log append $name $count &&
            \$r /mnt/tree race \$((\$\$ + ${#name})) $count; status=\$?; \$b touch /signs/done-$name; \$r /signs/over wait
            \$r /mnt list; exit \$status"
        eval "$name=\$!"
    done
    for name in first second; do "$racer" signs/$name wait; done
    touch signs/go
    "$racer" folder/log append host $count && "$racer" folder/tree race 1 $((count * 4))
    check "$accel: the host's calls" [ $? = 0 ]
    for name in first second; do timeout 100 "$racer" signs/done-$name wait; done
    touch signs/over
    # shellcheck disable=SC2154 # set by eval
    ended "$accel: one guest's calls" "$first"
    # shellcheck disable=SC2154 # the same
    ended "$accel: the other's" "$second"
    for name in host first second; do
        for i in $(seq 0 $((count - 1))); do echo "$name $i"; done
    done | sort >expected
    sort folder/log >got
    same "$accel: all lines are there, and whole" expected got
    "$racer" folder list >expected
    same "$accel: one guest sees what the host does" expected first.out
    same "$accel: and so does the other" expected second.out
done
finish
