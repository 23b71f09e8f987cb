#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Memory and density: servers that have said "ready" and wait, many at once, from /proc/PID/smaps.
set -eu
. ci/bench/lib.sh

guest_kib=262144
pids=
stop_all() {
    [ -z "$pids" ] || kill $pids 2>/dev/null || :
    pids=
}
trap stop_all EXIT

# launch COUNT COMMAND...: starts that many and waits until all are ready.
launch() {
    count=$1
    shift
    rm -f "$work"/ready.*
    for i in $(seq "$count"); do
        "$@" >"$work/ready.$i" 2>>"$work/launch.err" </dev/null &
        pids="$pids $!"
    done
    for _ in $(seq 80); do
        [ "$(cat "$work"/ready.* | grep -c '^ready')" != "$count" ] || return 0
        sleep 0.1
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
    if ! launch "$count" "$@"; then
        stop_all
        return 1
    fi
    after=$(available)
    for pid in $pids; do memory_of "$pid"; done >"$work/memory"
    stop_all
    wait
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

names='memory/guest memory/vmm density/each density/4GiB density/each-with-host-kernel'
reason=$(kvm_missing)
if [ -n "$reason" ]; then
    skip "$reason" $names
else
    measure '' 24 "$lvmm" run --accel kvm --disk "$build/$isa/bench/disk.img,ro" -- /bench/server ||
        skip "the servers did not come up: $(tail -n 1 "$work/launch.err")" $names
fi
for _ in 1 2 3 4 5; do
    [ -s "$peer/vmlinux" ] || break
    ! measure @linux 2 ci/bench/peer-run.sh "$build" tcg bench.cpio '-- /bench/server' || break
done
