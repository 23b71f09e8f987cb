#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The other ISAs' kernels, on TCG: instructions from the kernel's entry to hello's first one (as in entry.sh), the size of
# the image, and the guest memory that a waiting server has touched. No peer of them runs here.
set -eu
. ci/bench/lib.sh

guest_pid=
stop_guest() {
    [ -z "$guest_pid" ] || kill "$guest_pid" 2>/dev/null || :
    [ -z "$guest_pid" ] || wait "$guest_pid" 2>/dev/null || :
    guest_pid=
}
trap stop_guest EXIT

# QEMU starts the kernel at its physical entry; loongarch64's may be the same in a window of the address space. riscv64 has a
# firmware (OpenSBI, below 0x80080000), whose part is told apart.
count_instructions_of() {
    entry=$(llvm-readelf-19 -h "$kernel" | awk '/Entry point/ { print tolower(substr($4, 3)) }')
    start=$(llvm-readelf-19 -lW "$kernel" | awk '$1 == "LOAD" { print substr($4, 3); exit }')
    program=$(llvm-readelf-19 -h "$build/$isa/payload/hello" | awk '/Entry point/ { print tolower(substr($4, 3)) }')
    log=$work/executed-$isa
    lvmm_with_qemu "-singlestep -d exec,nochain -D $PWD/$log" --arch "$isa" --disk "$build/$isa/hello.img,ro" >/dev/null
    awk -F/ -v isa="$isa" -v entry="$entry" -v start="$start" -v program="$program" '
        function pad(text) { return substr("0000000000000000", length(text) + 1) text }
        BEGIN { entry = pad(entry); start = pad(start); program = pad(program) }
        !/^Trace/ { next }
        !entered && ($2 == entry || $2 == start) { entered = 1 }
        !entered { next }
        isa == "riscv64" && $2 ~ /^00000000800[0-7]/ { firmware++; next }
        $2 == program { started = 1; exit }
        { count++ }
        END {
            if (!started) exit 1
            print "entry/" isa "/instructions", count, "insn"
            if (isa == "riscv64") print "entry/" isa "/firmware", firmware + 0, "insn"
        }' "$log" || echo "failed: entry/$isa/instructions: hello did not start; $log is the log"
    rm -f "$log"
}

# In KiB: what is resident of the guest's memory, which QEMU has told to be a file.
guest_memory_of() {
    cat $(sed 's/\([0-9]\+\)/\/proc\/\1\/smaps/g' "/proc/$1/task/$1/children") | awk '
        /^[0-9a-f]+-[0-9a-f]+ / { ours = /qemu_back_mem/ }
        ours && $1 == "Rss:" { sum += $2 }
        END { print sum + 0 }'
}

# A server that waits, as in memory.sh.
measure_memory() {
    wrap_qemu '-mem-path /dev/shm'
    env PATH="$wrapped" "$lvmm" run --accel tcg --arch "$isa" --disk "$build/$isa/bench/server.img,ro" -- /bench/server \
        >"$work/ready-$isa" 2>"$work/isas.err" </dev/null &
    guest_pid=$!
    for _ in $(seq 80); do
        ! grep -q '^ready' "$work/ready-$isa" || break
        sleep 0.25
    done
    if grep -q '^ready' "$work/ready-$isa"; then
        say "memory/$isa/guest" "$(guest_memory_of "$guest_pid")" KiB
    else
        echo "failed: memory/$isa/guest: the server did not come up: $(tail -n 1 "$work/isas.err")"
    fi
    stop_guest
}

for isa in aarch64 riscv64 loongarch64; do
    kernel=$build/$isa/guest-kernel.elf
    if [ ! -e "$kernel" ]; then
        skip "$kernel was not built" "kernel/$isa/size" "entry/$isa/instructions" "memory/$isa/guest"
    elif ! command -v "qemu-system-$isa" >/dev/null; then
        skip "qemu-system-$isa is not installed" "kernel/$isa/size" "entry/$isa/instructions" "memory/$isa/guest"
    else
        say "kernel/$isa/size" $(($(stat -c %s "$kernel") / 1024)) KiB
        count_instructions_of
        measure_memory
    fi
done
