#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Memory and density: servers that have said "ready" and wait, many at once: what two dozen hold, by /proc/PID/smaps, and
# 500, fewer where memory is short, which are really there at the same time.
set -eu
. ci/bench/lib.sh

guest_kib=262144
trap stop_all EXIT

# launch COUNT SECONDS COMMAND...: starts that many and waits until all are ready.
launch() {
    count=$1 seconds=$2
    shift 2
    rm -rf "$work/ready"
    mkdir "$work/ready"
    : >"$work/launch.err"
    for i in $(seq "$count"); do
        "$@" >"$work/ready/$i" 2>>"$work/launch.err" </dev/null &
        pids="$pids $!"
    done
    for _ in $(seq $((seconds * 4))); do
        [ "$(cat "$work/ready"/* | grep -c '^ready')" != "$count" ] || return 0
        sleep 0.25
    done
    return 1
}

# In KiB: "GUEST OTHER PSS" of a process, its children's included. The guest's memory is a run of mappings without a gap
# (the kernel's file lies over a part of it), at least as large as the guest was told.
memory_of() {
    for pid in $1 $(cat "/proc/$1/task/$1/children" 2>/dev/null); do cat "/proc/$pid/smaps"; done | awk -v guest="$guest_kib" '
        /^[0-9a-f]+-[0-9a-f]+ / {
            split($1, range, "-")
            if (range[1] != end) run++
            end = range[2]
        }
        $1 == "Size:" { size[run] += $2 }
        $1 == "Rss:" { rss[run] += $2 }
        $1 == "Pss:" { pss += $2 }
        END {
            for (i = 1; i <= run; i++)
                if (size[i] >= guest) inside += rss[i]
                else other += rss[i]
            print inside + 0, other + 0, pss + 0
        }'
}

available() {
    awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo
}

# measure PEER COUNT COMMAND...
measure() {
    at=$1 count=$2
    shift 2
    before=$(available)
    if ! launch "$count" 10 "$@"; then
        stop_all
        return 1
    fi
    after=$(available)
    for pid in $pids; do memory_of "$pid"; done >"$work/memory"
    stop_all
    awk -v at="$at" -v taken=$((before - after)) '
        { guest += $1; other += $2; pss += $3 }
        END {
            printf "memory/guest%s %d KiB\nmemory/vmm%s %d KiB\n", at, guest / NR, at, other / NR
            printf "density/each%s %d KiB\ndensity/4GiB%s %d VMs\n", at, pss / NR, at, 4 * 1024 * 1024 / (pss / NR)
            printf "density/each-with-host-kernel%s %d KiB\n", at, taken / NR
            printf "density%s: %d at once, PSS %d KiB together: %d each; 4 GiB = 4194304 KiB / %d KiB = %d\n", at, NR, pss,
                pss / NR, pss / NR, 4194304 / (pss / NR) >"/dev/stderr"
        }' "$work/memory"
}

# At most a quarter of what is available is taken, if a server takes what it did before.
how_many() {
    awk -v available="$(available)" '
        { pss += $3 }
        END {
            n = int(available / 4 / (2 * pss / NR))
            print n < 500 ? n : 500
        }' "$work/memory"
}

# crowd COUNT COMMAND...: so many at once.
crowd() {
    before=$(available) begin=$(date +%s%N)
    if ! launch "$@"; then
        echo "failed: density/many: $(cat "$work/ready"/* | grep -c '^ready') of $1 came up: $(tail -n 1 "$work/launch.err")"
        stop_all
        return 0
    fi
    end=$(date +%s%N) after=$(available)
    for pid in $pids; do cat "/proc/$pid/smaps_rollup"; done | awk -v count="$1" -v taken=$((before - after)) '
        $1 == "Pss:" { pss += $2 }
        END {
            printf "density/many %d VMs\ndensity/many-each %.1f KiB\n", count, pss / count
            printf "density/many-each-with-host-kernel %.1f KiB\n", taken / count
            printf "density/many-4GiB %d VMs\n", 4 * 1024 * 1024 / (taken / count)
        }'
    echo "density/many-start $(awk -v ns=$((end - begin)) -v count="$1" 'BEGIN { printf "%.3f", ns / 1e6 / count }') ms"
    stop_all
}

names='memory/guest memory/vmm density/each density/4GiB density/each-with-host-kernel'
crowd_names='density/many density/many-start density/many-each density/many-each-with-host-kernel density/many-4GiB'
reason=$(kvm_missing)
with_servers() {
    "$@" "$lvmm" run --accel kvm --disk "$build/$isa/bench/disk.img,ro" -- /bench/server
}
if [ -n "$reason" ]; then
    skip "$reason" $names $crowd_names
elif with_servers measure '' 24; then
    with_servers crowd "$(how_many)" 60
else
    echo "failed: memory: the servers did not come up: $(tail -n 1 "$work/launch.err")"
fi
for _ in 1 2 3 4 5; do
    [ -s "$peer/vmlinux" ] || break
    ! measure @linux 2 ci/bench/peer-run.sh "$build" tcg bench.cpio '-- /bench/server' || break
done
