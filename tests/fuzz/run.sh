#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a libFuzzer target a bounded number of times: tests/fuzz/run.sh PROGRAM RUNS. What it finds worth keeping stays in
# the build folder; the input that makes it fail is left beside the program.
set -eu

program=$1 runs=$2
name=$(basename "$program" _fuzz)
found=$(dirname "$program")/corpus/$name${FUZZ_SEED:+-$FUZZ_SEED}
seeds=$(dirname "$0")/corpus/$name

mkdir -p "$found"
if [ -d "$seeds" ]; then
    ls "$seeds"/* >/dev/null || { echo "not ok $name: its folder of seeds is empty: $seeds" && exit 1; }
    cp -n "$seeds"/* "$found"/
fi
seed=${FUZZ_SEED:-1}
# The time is a limit for slow machines, not what usually ends it.
status=0
"$program" -seed="$seed" -runs="$runs" -max_total_time="${FUZZ_SECONDS:-60}" -timeout=20 -rss_limit_mb=1024 -max_len=65536 \
    -print_final_stats=1 -artifact_prefix="$program-" "$found" >"$found.log" 2>&1 || status=$?
cat "$found.log"
ran=$(sed -n 's/^stat::number_of_executed_units: *//p' "$found.log")
if [ $status != 0 ]; then
    echo "not ok $name: status $status (FUZZ_SEED=$seed)"
    exit 1 # whatever it was: libFuzzer ends with 77 for what it found, which is no skip
elif [ "${ran:-0}" -lt 1 ]; then
    echo "not ok $name: no input was tried"
    exit 1
fi
echo "ok $name: $ran inputs, seed $seed"
