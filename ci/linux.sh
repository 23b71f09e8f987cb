#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Debian's Linux kernel and busybox of an ISA, fetched once for all that boots them: ci/nested.sh, tests/linux, ci/bench.
#
#   ci/linux.sh ISA    makes build/linux/ISA: vmlinuz, as the package has it; kernel, plain, as QEMU's -kernel takes it;
#                      busybox; and modules, plain, each folder with their order for insmod: kvm/ for a host of virtual
#                      machines, disk/ for a guest of ours with an ext4 disk, fat/ for one with a FAT disk,
#                      share/ for one with shared folders, net/ for one with a network
#
# 77, 78: they can't be had here (the reason is on stderr), as ci/foreign.sh says.
set -eu

cd "$(dirname "$0")/.."
[ $# = 1 ] || { sed -n 's/^#   \(ci[^ ]* ISA\).*/usage: \1/p' "$0" >&2 && exit 2; }
isa=$1
folder=${LINUX_DIR:-build/linux}/$isa

disk='virtio_mmio virtio_blk virtio_console ext4 crc32c_generic'
fat= share= net=
case $isa in
x86_64)
    package=linux-image-amd64 kvm=kvm-amd
    disk="$disk virtio_pci" # for the nested machine itself
    share='virtio_mmio virtiofs'
    net='virtio_mmio virtio_net tun dummy'
    fat='virtio_mmio virtio_blk fat vfat nls_cp437 nls_ascii nls_iso8859_1'
    ;;
aarch64) package=linux-image-arm64 kvm= ;; # KVM is in the kernel
riscv64) package=linux-image-riscv64 kvm=kvm ;;
loongarch64)
    package=linux-image-loong64 kvm=
    # virtio's bus and console and crc32c are in the kernel, and the packages have no list of what is.
    disk='virtio_blk ext4'
    ;;
*)
    echo "linux: no Debian kernel known for $isa" >&2
    exit 2
    ;;
esac

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# What the files follow from.
made_by() {
    echo "$package $kvm / $disk / $fat${share:+ / $share}${net:+ / $net}" | cat - ci/packages.sh | cksum
}

make_files() {
    echo "linux: fetching a Debian kernel and busybox of $isa into $folder" >&2
    ci/foreign.sh get "$isa" "$tmp/debs" $package busybox-static
    ci/packages.sh unpack "$tmp/root" "$tmp/debs"/*.deb
    mkdir "$tmp/files"
    ci/packages.sh kernel "$isa" "$tmp/root" "$tmp/files/kernel" "$tmp/files/vmlinuz"
    ci/packages.sh busybox "$isa" "$tmp/root" "$tmp/files/busybox"
    ci/packages.sh modules "$isa" "$tmp/root" "$tmp/files/kvm" $kvm
    ci/packages.sh modules "$isa" "$tmp/root" "$tmp/files/disk" $disk
    ci/packages.sh modules "$isa" "$tmp/root" "$tmp/files/fat" $fat
    ci/packages.sh modules "$isa" "$tmp/root" "$tmp/files/share" $share
    ci/packages.sh modules "$isa" "$tmp/root" "$tmp/files/net" $net
    made_by >"$tmp/files/made-by"
    find "$folder" -mindepth 1 ! -name lock -delete
    mv "$tmp/files"/* "$folder/"
}

# Two tests at a time may find that it isn't there.
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
[ -f "$folder/made-by" ] && made_by | cmp -s - "$folder/made-by" || make_files
