#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `make bench`: runs the steps one after the other and puts their figures together, each beside its peer's and its budget.
#
#   ci/bench/run.sh BUILD-FOLDER [STEP...]    the steps: start entry memory lat work disk nested
#
# The table is on stdout; results.json, results.svg and the steps' own lines and logs are in BUILD-FOLDER/bench.
set -u

cd "$(dirname "$0")/../.."
build=$1
shift
out=$build/bench
mkdir -p "$out/steps"
partial=yes
if [ $# = 0 ]; then
    partial=no
    set -- start entry memory lat work disk nested
fi

# Without peers the rest is measured all the same.
if ! ci/bench/peer.sh "$build" >"$out/steps/peer.log" 2>&1; then
    echo "bench: no peer to compare with: $(tail -n 1 "$out/steps/peer.log")" >&2
    rm -rf "$out/peer"
fi

for step; do
    echo "bench: $step" >&2
    begin=$(date +%s)
    timeout --foreground -k 10 900 "ci/bench/$step.sh" "$build" >"$out/steps/$step" 2>"$out/steps/$step.log" </dev/null ||
        echo "bench: $step did not come to its end: $(tail -n 1 "$out/steps/$step.log")" >&2
    echo "$(($(date +%s) - begin)) s" >>"$out/steps/$step.log"
done

rm -f "$out/plot.data"
for step; do cat "$out/steps/$step"; done |
    LC_ALL=C awk -v partial=$partial -v json="$out/results.json" -v plot="$out/plot.data" -f ci/bench/report.awk ci/bench/rows.txt -

if [ ! -s "$out/plot.data" ]; then
    echo 'skipped: plot: no figure has a budget'
elif command -v gnuplot >/dev/null; then
    gnuplot -e "data='$out/plot.data'; out='$out/results.svg'" ci/bench/plot.gp
else
    echo 'skipped: plot: gnuplot is not installed'
fi
