#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Static programs of other languages and C libraries in a guest: each must give what the same program of this machine gives
# on its Linux - standard output, standard error and exit status.
#
#   tests/programs/run.sh ISA ACCEL
#
# In the environment: PROGRAMS, their names, default: all that were built for the ISA; CPUS, of the guest, default: 1.
set -eu

cd "$(dirname "$0")/../.."
root=$PWD isa=$1 accel=$2 host=$(uname -m)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

[ -e "build/$isa/programs.img" ] || {
    [ "$isa" = "$host" ] || ci/foreign.sh sysroot "$isa" || exit
    echo "not ok build/$isa/programs.img was not built" && exit 1
}
cp --sparse=always "build/$isa/programs.img" "$scratch/disk.img"

# run PREFIX COMMAND...
run() {
    prefix=$scratch/$1 status=0
    shift
    "$@" </dev/null >"$prefix.out" 2>"$prefix.err" || status=$?
    echo "$status" >"$prefix.status"
}

failed=0 count=0
mkdir "$scratch/room"
for program in ${PROGRAMS:-$(cd "build/$isa/programs" && ls)}; do
    [ -x "build/$host/programs/$program" ] || { echo "not ok build/$host/programs/$program was not built" && exit 1; }
    count=$((count + 1))
    cd "$scratch/room"
    run expected env -i timeout 60 "$root/build/$host/programs/$program"
    cd "$root"
    run got timeout 120 build/lvmm run --arch "$isa" --accel "$accel" --cpus "${CPUS:-1}" --disk "$scratch/disk.img" -- "/programs/$program"
    same=1
    for what in status out err; do cmp -s "$scratch/expected.$what" "$scratch/got.$what" || same=0; done
    if [ $same = 1 ]; then
        echo "ok $program"
    else
        echo "not ok $program"
        for what in status out err; do diff -U1 "$scratch/expected.$what" "$scratch/got.$what" | head -n 20 || :; done
        failed=1
    fi
done
[ $count -ne 0 ] || { echo 'not ok there was no program to run' && exit 1; }
exit $failed
