#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The steps of a hypervisor (payload/hv-steps), riscv64 guests, in the place where it is called:
# tests/places/steps.sh BUILD-FOLDER ACCEL STEPS-FOLDER. Of each step: its status, all that it prints
# (NAME.expected, or NAME.ACCEL.expected where that differs; without carriage returns), and lines of lvmm that have to be there
# (NAME.ACCEL-verbose.expected).
set -u

build=$1 accel=$2 steps=$3
failed=0 count=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The lines of $1 that are in $2, each once.
lines_of() {
    while IFS= read -r line; do
        grep -Fx -- "$line" "$2" | head -n 1
    done <"$1"
}

for source in "$steps"/*.expected; do
    name=$(basename "$source" .expected)
    case $name in *.*) continue ;; esac
    want=$source status=0 expected_status=0
    [ ! -e "$steps/$name.$accel.expected" ] || want=$steps/$name.$accel.expected
    set --
    if [ "$name $accel" = '1-fault kvm' ]; then
        set -- --unmapped end
        expected_status=125
    fi
    timeout 60 "$build/lvmm" run --accel "$accel" --verbose "$@" --kernel "$build/riscv64/hv-steps/$name.elf" \
        --pflash "$build/pfld.img,ro" >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
    tr -d '\r' <"$scratch/out" >"$scratch/printed" # OpenSBI's console puts one before each newline
    : >"$scratch/said"
    [ ! -e "$steps/$name.$accel-verbose.expected" ] || cp "$steps/$name.$accel-verbose.expected" "$scratch/said"
    lines_of "$scratch/said" "$scratch/err" >"$scratch/found"
    if [ $status = $expected_status ] && cmp "$scratch/printed" "$want" && cmp "$scratch/found" "$scratch/said"; then
        echo "ok step $name"
    else
        echo "not ok step $name (status $status)"
        sed 's/^/    stdout: /' "$scratch/out"
        sed 's/^/    stderr: /' "$scratch/err"
        failed=1
    fi
    count=$((count + 1))
done
[ $count -ge 5 ] || { echo "not ok there are $count steps" && failed=1; }

exit $failed
