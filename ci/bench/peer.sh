#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes what the benchmark compares with, once: Debian's Linux kernel, uncompressed, initramfs archives with our programs,
# and QEMU and virtiofsd with their libraries for the nested machine.
#
#   ci/bench/peer.sh BUILD-FOLDER    makes BUILD-FOLDER/bench/peer
set -eu

build=$1
peer=$build/bench/peer
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$peer"

# ---- the kernel and its modules, from the package that ci/nested.sh takes too ----

fetch_kernel() {
    linux=${LINUX_DIR:-build/linux}/x86_64
    ci/linux.sh x86_64 || exit
    rm -rf "$peer/modules" "$peer/modules-share"
    cp -r "$linux/disk" "$peer/modules"
    cp -r "$linux/fat"/* "$peer/modules/"
    cp -r "$linux/net"/* "$peer/modules/"
    mv "$peer/modules/nls_iso8859_1.ko" "$peer/modules/nls_iso8859-1.ko"
    cp -r "$linux/share" "$peer/modules-share"
    extract_vmlinux "$linux/kernel" >"$tmp/vmlinux"
    mv "$tmp/vmlinux" "$peer/vmlinux"
}

# number FILE OFFSET BYTES
number() {
    od -An -tu"$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# Linux, Documentation/x86/boot.rst: setup_sects at 0x1f1, payload_offset at 0x248, payload_length at 0x24c.
extract_vmlinux() {
    start=$(($(number "$1" 497 1) * 512 + 512 + $(number "$1" 584 4)))
    tail -c +$((start + 1)) "$1" | head -c "$(number "$1" 588 4)" | unpack
}

# By the first bytes. Behind the payload's end there are four more, its size.
unpack() {
    cat >"$tmp/payload"
    case $(od -An -tx1 -N 4 "$tmp/payload" | tr -d ' ') in
    fd377a58) xz -dc --single-stream <"$tmp/payload" ;;
    28b52ffd) zstd -dcq <"$tmp/payload" || : ;;
    1f8b*) gzip -dcq <"$tmp/payload" || : ;;
    esac
}

[ -s "$peer/vmlinux" ] && [ -e "$peer/modules-share/virtiofs.ko" ] || fetch_kernel

# The counter of this host's CPU, which is its guests' on TCG (lib.sh).
"$build/x86_64/bench/counter" >"$peer/counter_khz"

# ---- initramfs archives; the kernel has /dev/console in its own ----

# archive NAME FILE:TARGET...
archive() {
    name=$1 folder=$tmp/$1
    shift
    for file; do
        mkdir -p "$folder/$(dirname "${file#*:}")"
        cp -r "${file%%:*}" "$folder/${file#*:}"
    done
    (cd "$folder" && find . -mindepth 1 | sort | cpio -o -H newc -R 0:0 --quiet) >"$peer/$name"
}

programs=$build/x86_64/bench
archive first.cpio "$build/x86_64/payload/hello:init" # says so and ends, which Linux doesn't take from an init
archive hello.cpio "$programs/init:init" "$build/x86_64/payload/hello:sbin/hello"
archive bench.cpio "$programs/init:init" "$programs/lat:bench/lat" "$programs/disk:bench/disk" \
    "$programs/files:bench/files" "$programs/sequential:bench/sequential" "$programs/spawn:bench/spawn" \
    "$programs/server:bench/server" "$programs/net:bench/net" "$peer/modules:modules"
archive share.cpio "$programs/commands:init" "$peer/modules-share:modules"

# ---- QEMU and virtiofsd with their libraries, for a machine that has none ----

# with_libraries PROGRAM FOLDER
with_libraries() {
    mkdir "$2"
    cp "$1" "$2/"
    cp $(ldd "$1" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }') "$2/"
    cp "$(ldd "$1" | awk '$1 ~ /^\/.*ld-linux/ { print $1 }')" "$2/ld.so"
}

copy_qemu() {
    with_libraries "$(command -v qemu-system-x86_64)" "$tmp/qemu"
    for file in bios-microvm.bin pvh.bin linuxboot_dma.bin kvmvapic.bin efi-virtio.rom; do
        for folder in /usr/share/qemu /usr/share/seabios; do
            [ ! -e $folder/$file ] || cp -L $folder/$file "$tmp/qemu/"
        done
    done
    mv "$tmp/qemu" "$peer/qemu"
}
[ -d "$peer/qemu" ] || copy_qemu

# It comes with Debian 12's QEMU; who hasn't it goes without the rows that want it.
virtiofsd=/usr/lib/qemu/virtiofsd
if [ ! -d "$peer/virtiofsd" ] && [ -x $virtiofsd ]; then
    with_libraries $virtiofsd "$tmp/virtiofsd"
    mv "$tmp/virtiofsd" "$peer/"
fi
