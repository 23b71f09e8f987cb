#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# TCP of a guest to a server on this host's loopback, beside a container's: pasta, which has a network namespace of its own. The
# same program, one after the other and three times; of each the best, as whoever else runs here only makes it slower. And
# by QEMU's TCG beside Linux in QEMU with passt, which is pasta for a VM: both are emulated alike, so what differs is what the
# kernels, the devices and the helpers do. Then all of that on hardware KVM, in the machine of ci/bench/nested.sh, in instructions of
# whatever runs there, which vary by some hundredths.
set -eu
. ci/bench/lib.sh

rows='network/host-kvm/rtt network/host-kvm/out network/host-kvm/in'
net=$build/$isa/bench/net

rm -f "$work/net.port"
"$net" serve >"$work/net.port" &
server=$!
trap 'kill $server 2>/dev/null' EXIT
until [ -s "$work/net.port" ] || ! kill -0 $server 2>/dev/null; do sleep 0.1; done
read -r port <"$work/net.port"

# Networks that they are in have this host's loopback at their gateway.
natively() {
    "$net" use 127.0.0.1 "$port"
}
by_lvmm() {
    "$lvmm" run --accel "$1" --allow "127.0.0.1:$port" --disk "$build/$isa/bench/disk.img,ro" -- /bench/net use 10.0.2.2 "$port"
}
by_kvm() {
    by_lvmm kvm
}
by_tcg() {
    by_lvmm tcg
}
# passt ends with QEMU.
by_passt() {
    rm -f "$work/net.passt"
    # shellcheck disable=SC2046 # words, as below
    passt -q -1 $([ "$(id -u)" != 0 ] || echo --runas 0) -a 10.0.2.15 -n 24 -g 10.0.2.2 -s "$work/net.passt" || return
    PEER_ARGS=
    peer_net "$work/net.passt"
    peer_output tcg "/bench/net use 10.0.2.2 $port" | tr -d '\r'
}
by_pasta() {
    # shellcheck disable=SC2046 # words; root's would become nobody, who may not be allowed to have a network
    limit 20 pasta -q $([ "$(id -u)" != 0 ] || echo --runas 0) --config-net -a 10.0.2.15 -n 24 -g 10.0.2.2 -- "$net" use 10.0.2.2 "$port"
}

# best HOW PEER ROWS: three of it, as figures. Where it fails it is tried again, twice in all: pasta's first connection may be reset.
best() {
    : >"$work/net.runs"
    left=2
    for _ in 1 2 3; do
        until "$1" </dev/null >"$work/net.run" 2>"$work/net.err"; do
            said=$(tail -n 1 "$work/net.err")
            [ $left != 0 ] || return 1
            left=$((left - 1))
        done
        cat "$work/net.run" >>"$work/net.runs"
    done
    for way in rtt out in; do
        say "$3/$way$2" "$(awk -v way=$way '$1 == way && (least == "" || $2 < least) { least = $2 } END { print least }' "$work/net.runs")" us
    done
}
best natively '' network/native || echo "failed: network/native: $said"
reason=$(kvm_missing)
# shellcheck disable=SC2086 # names
if [ -n "$reason" ]; then
    skip "$reason" $rows
else
    best by_kvm '' network/host-kvm || echo "failed: network/host-kvm: $said"
fi
if command -v pasta >/dev/null; then
    best by_pasta @pasta network/host-kvm || skip "pasta makes no network here: $said" network/pasta
else
    skip 'pasta is not installed (passt)' network/pasta
fi
best by_tcg '' network/tcg || echo "failed: network/tcg: $said"
if ! command -v passt >/dev/null || [ ! -s "$peer/vmlinux" ]; then
    skip 'passt or the stock Linux is not there' network/passt
else
    best by_passt @passt network/tcg || skip "passt makes no network here: $said" network/passt
fi

# ---- on hardware KVM, where time is instructions: a machine each ----

# with_libraries FOLDER PROGRAM: it, its form for AVX2, which it becomes by itself, and its libraries, where the loader looks for them.
with_libraries() {
    program=$(command -v "$2")
    cp -L "$program" "$1/"
    [ ! -e "$program.avx2" ] || cp -L "$program.avx2" "$1/"
    ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
        mkdir -p "$1/${library%/*}"
        cp -L "$library" "$1/$library"
    done
}

# in_machine WHO ROWS: its figures, kept in $work/net.WHO as well.
in_machine() {
    status=0
    ci/nested.sh --timeout 400 --file ci/bench/in-network.sh:in-network.sh --file "${LINUX_DIR:-build/linux}/$isa/net:modules-net" \
        --file "$work/network:network" --qemu '-icount shift=0,sleep=off -cpu max,+svm,-erms,-fsrm -m 2048' \
        -- "sh /in-network.sh $1" >"$work/net.$1" 2>"$work/net.err" || status=$?
    cat "$work/net.$1"
    nested_end $status "$work/net.err" "$2" "$2"
}

rm -rf "$work/network"
mkdir -p "$work/network/build/$isa" "$work/network/ci/bench"
cp ci/bench/lib.sh "$work/network/ci/bench/"
cp "$lvmm" "$work/network/build/"
cp "$build/$isa/guest-kernel.elf" "$work/network/build/$isa/"
cp "$net" "$build/$isa/bench/disk.img" "$work/network/"
in_machine lvmm network/nested-kvm
if command -v pasta >/dev/null; then
    with_libraries "$work/network" pasta
    in_machine pasta network/nested-pasta
else
    skip 'pasta is not installed (passt)' network/nested-pasta
fi
if ! command -v passt >/dev/null || [ ! -s "$peer/vmlinux" ]; then
    skip 'passt or the stock Linux is not there' network/nested-kvm-linux
else
    with_libraries "$work/network" passt
    mkdir -p "$work/network/build/bench/peer"
    cp -r "$peer/vmlinux" "$peer/bench.cpio" "$peer/qemu" "$work/network/build/bench/peer/"
    cp ci/bench/peer-run.sh "$work/network/ci/bench/"
    in_machine passt network/nested-kvm-linux
    sed -n 's,^network/nested-kvm/,network/nested-kvm-linux/,p' "$work/net.lvmm"
fi
rm -rf "$work/network"
