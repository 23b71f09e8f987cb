#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `make bench`: runs the steps one after the other and puts their figures together, each beside its peer's and its budget.
#
#   ci/bench/run.sh BUILD-FOLDER [STEP...]    the steps: start entry isas memory lat files sequential sequential_time git cpus
#                                              python programs work do disk network nested
#
# The table is on stdout; results.json, results.svg and the steps' own lines and logs are in BUILD-FOLDER/bench.
set -u

cd "$(dirname "$0")/../.." || exit
build=$1
shift
out=$build/bench
mkdir -p "$out/steps"
partial=yes
if [ $# = 0 ]; then
    partial=no
    set -- start entry isas memory lat files sequential sequential_time git cpus python programs work do disk network nested
fi

# Without peers the rest is measured all the same.
if ! timeout -k 10 300 ci/bench/peer.sh "$build" >"$out/steps/peer.log" 2>&1; then
    echo "bench: no peer to compare with: $(tail -n 1 "$out/steps/peer.log")" >&2
    rm -rf "$out/peer"
fi

# Seconds that a step may take; about three times what it takes.
limit_of() {
    case $1 in
    nested) echo 900 ;;
    do) echo 4800 ;;
    network) echo 1800 ;;
    python) echo 600 ;; # with packages to fetch
    files) echo 500 ;;
    sequential | sequential_time | git) echo 900 ;;
    programs) echo 1200 ;; # with packages to fetch
    memory | lat | start | cpus) echo 300 ;;
    *) echo 120 ;;
    esac
}

# `timeout` is the leader of the step's own process group, so that a step which hangs leaves nothing behind.
running=
trap '[ -z "$running" ] || kill "$running"; exit 130' INT
trap '[ -z "$running" ] || kill "$running"; exit 143' TERM HUP

for step; do
    echo "bench: $step" >&2
    begin=$(date +%s) status=0
    timeout -k 10 "$(limit_of "$step")" "ci/bench/$step.sh" "$build" >"$out/steps/$step" 2>"$out/steps/$step.log" </dev/null &
    running=$!
    wait "$running" || status=$?
    running=
    echo "$(($(date +%s) - begin)) s, status $status" >>"$out/steps/$step.log"
    case $status in
    0) continue ;;
    124 | 137) why="did not come to its end in $(limit_of "$step") s" ;;
    *) why="ended with status $status" ;;
    esac
    echo "failed: step $step: $why; its log is $out/steps/$step.log" >>"$out/steps/$step"
done

rm -f "$out/plot.data"
status=0
for step; do cat "$out/steps/$step"; done |
    LC_ALL=C awk -v partial=$partial -v json="$out/results.json" -v plot="$out/plot.data" -f ci/bench/report.awk ci/bench/rows.txt - ||
    status=1

if [ ! -s "$out/plot.data" ]; then
    echo 'skipped: plot: no figure has a budget'
elif command -v gnuplot >/dev/null; then
    gnuplot -e "data='$out/plot.data'; out='$out/results.svg'" ci/bench/plot.gp || status=1
else
    echo 'skipped: plot: gnuplot is not installed'
fi
exit $status
