#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Ctrl-C interrupts a call that waits, and its handler runs: which calls go on afterwards (signal(7)). On a terminal, as
# nothing else interrupts a program that is alone; Linux here says what is right.
. "$(dirname "$0")/lib.sh"

# until_seconds SECONDS COMMAND...: waits for the command to succeed, so long.
until_seconds() {
    tries=$(($1 * 10))
    shift
    until "$@" 2>/dev/null || [ $tries -le 0 ]; do
        sleep 0.1
        tries=$((tries - 1))
    done
}

# reached STEP: the program has come so far, or has ended.
reached() {
    grep -qax "step $1.*" screen || test -s status
}

# A handler that runs just before the call interrupts nothing: the key is pressed until it did.
keys() {
    until_seconds 20 reached 1
    sleep 0.5
    printf '\003'
    until_seconds 20 grep -qax 'caught.*' screen
    printf 'one\n'
    for step in 3 4 5 6 7 8 9 10 11; do
        until_seconds 20 reached $((step - 1))
        presses=0
        while ! reached $step && [ $presses -lt 20 ]; do
            sleep 0.5
            printf '\003'
            until_seconds 1 reached $step
            presses=$((presses + 1))
        done
    done
    until_seconds 20 test -s status
}

# interrupted FILE COMMAND: what the program tells of its calls.
interrupted() {
    rm -f screen status
    keys | timeout -k 5 100 script -q -f -c "$2; echo \$? >status" screen >shown 2>&1
    tr -d '\r' <screen | grep -a '^[a-z].*: ' >"$1"
}

interrupted linux "'$build/$(uname -m)/tests/guest/restarted'"
check "Linux: ten calls" [ "$(wc -l <linux)" = 11 ]
for accel in $(accelerators); do
    interrupted "$accel" "'$lvmm' run --accel $accel --disk tests.img -- /tests/restarted"
    check "$accel: calls that a signal interrupts" diff linux "$accel"
done
# The ISAs each have their own way back to the call.
for isa in aarch64 riscv64 loongarch64; do
    [ -e "$build/$isa/tests.img" ] && command -v qemu-system-$isa >/dev/null || {
        echo "skipped: restart/$isa: there is no guest of it here" >&2
        continue
    }
    cp --sparse=always "$build/$isa/tests.img" "$isa.img"
    interrupted $isa "'$lvmm' run --arch $isa --accel tcg --disk $isa.img -- /tests/restarted"
    check "$isa: calls that a signal interrupts" diff linux $isa
done
finish
