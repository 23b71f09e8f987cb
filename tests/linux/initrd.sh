#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Packs an initramfs for Debian's kernel of an ISA: busybox with busybox_init.sh or, where Debian's busybox doesn't run, the program init.c; and
# the modules that it needs for an ext4 disk.
#
#   tests/linux/initrd.sh ISA FILE
set -eu

cd "$(dirname "$0")/../.."
isa=$1 file=$2
linux=${LINUX_DIR:-build/linux}/$isa
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

mkdir "$tmp/bin" "$tmp/dev" "$tmp/mnt" "$tmp/proc" "$tmp/sys" "$tmp/tmp"
cp -r "$linux/disk" "$tmp/modules"
case $isa in
loongarch64) cp "build/$isa/linux-init" "$tmp/init" ;; # its busybox needs LSX, which QEMU has since 8.1
*)
    cp "$linux/busybox" "$tmp/bin/"
    cp tests/linux/pattern.sh "$tmp/"
    cp tests/linux/busybox_init.sh "$tmp/init"
    ;;
esac
chmod 755 "$tmp/init"
(cd "$tmp" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc -R 0:0 --reproducible --quiet) | gzip -n >"$file"
