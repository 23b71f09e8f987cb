#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Debian's Linux kernel of an ISA in our machine, and what it leaves on a disk, in a place where lvmm has to work:
#
#   tests/linux/run.sh nested-kvm ISA MIB    hardware KVM, in a machine of that ISA that QEMU emulates
#   tests/linux/run.sh tcg ISA MIB           QEMU's TCG
#
# MIB is how much is written to the disk. There are four boots on TCG for the host's own ISA, and two of them elsewhere, as they are
# long; all with LONG in the environment. 77, 78: this machine doesn't offer the place; the last line says why.
set -eu

cd "$(dirname "$0")/../.."
. tests/offers.sh
. tests/linux/pattern.sh
PATH=$PATH:/sbin:/usr/sbin
place=$1 isa=$2 mib=$3
linux=${LINUX_DIR:-build/linux}/$isa

reason=$(no_qemu "$isa")
[ -z "$reason" ] || { echo "$reason" && exit 78; }
offered_tools mke2fs e2fsck debugfs cpio
ci/linux.sh "$isa" || exit

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

mkdir "$scratch/root"
echo 'a line of the host' >"$scratch/root/from-host"
truncate -s $((mib * 2))M "$scratch/disk.img"
mke2fs -q -t ext4 -d "$scratch/root" "$scratch/disk.img"
cp "$linux/vmlinuz" "$scratch/vmlinuz"
tests/linux/initrd.sh "$isa" "$scratch/initrd"
sum=$(pattern "$mib" | md5sum | cut -d ' ' -f 1)

# The lvmm that runs on a machine of the ISA.
lvmm=build/$isa/lvmm
[ "$isa" != "$(uname -m)" ] || lvmm=build/lvmm

# The guest's disk is the machine's, and that is a file here.
in_nested_machine() {
    case $isa in x86_64) disk=virtio-blk-pci ;; *) disk=virtio-blk-device ;; esac
    ci/nested.sh --isa "$isa" --timeout "${NESTED_TIMEOUT:-500}" --file "$lvmm:build/lvmm" --file "$scratch/vmlinuz:linux/vmlinuz" \
        --file "$scratch/initrd:linux/initrd" --file "$linux/disk:disk" --file tests/linux/prove.sh:prove.sh \
        --qemu "-drive file=$scratch/disk.img,format=raw,if=none,id=d -device $disk,drive=d" -- \
        "for module in \$(cat /disk/order); do insmod /disk/\$module.ko; done
        until [ -b /dev/vda ]; do sleep 0.1; done
        sh /prove.sh /build kvm $isa /linux /dev/vda $mib $sum $how_much"
}

how_much=part
[ -z "${LONG-}" ] && [ "$place $isa" != "tcg $(uname -m)" ] || how_much=all
status=0
case $place in
nested-kvm) in_nested_machine || status=$? ;;
tcg) tests/linux/prove.sh build tcg "$isa" "$scratch" "$scratch/disk.img" "$mib" "$sum" "$how_much" || status=$? ;;
*)
    echo "not ok a place called $place"
    exit 2
    ;;
esac

if e2fsck -fn "$scratch/disk.img" >"$scratch/log" 2>&1; then
    echo 'ok the file system is clean'
else
    echo 'not ok the file system is clean'
    sed 's/^/    /' "$scratch/log"
    status=1
fi
if [ "$(debugfs -R 'cat /proof' "$scratch/disk.img" 2>"$scratch/log" | md5sum)" = "$sum  -" ]; then
    echo 'ok the file is what the guest wrote'
else
    echo 'not ok the file is what the guest wrote'
    sed 's/^/    /' "$scratch/log"
    status=1
fi
exit $status
