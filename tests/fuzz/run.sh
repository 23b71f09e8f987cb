#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a libFuzzer target a bounded number of times: tests/fuzz/run.sh PROGRAM RUNS. What it finds worth keeping stays in
# the build folder; the input that makes it fail is left beside the program.
set -eu

program=$1 runs=$2
name=$(basename "$program" _fuzz)
found=$(dirname "$program")/corpus/$name
seeds=$(dirname "$0")/corpus/$name

mkdir -p "$found"
[ ! -d "$seeds" ] || cp -n "$seeds"/* "$found"/
# The time is a limit for slow machines, not what usually ends it.
exec "$program" -seed=1 -runs="$runs" -max_total_time=60 -timeout=20 -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="$program-" "$found"
