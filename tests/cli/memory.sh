#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# As much memory as lvmm allows is as much as the guest kernel can take; more is refused. The host needs to have little of
# it, as a guest's memory is reserved and not there until touched; but QEMU asks the host for all of it at once.
. "$(dirname "$0")/lib.sh"

for accel in $(accelerators); do
    sizes='16M 64G 252G 253G 256G 511G'
    [ "$accel" = kvm ] || sizes='16M 4G'
    for size in $sizes; do
        run 0 "$lvmm" run --accel "$accel" --timeout 30 --memory "$size" --disk hello.img,ro
        check "$accel: --memory $size" [ "$(cat out)" = 'Hello, UserApp!' ]
    done
done

# The kernel's file is read to place it, and is then nothing that lvmm itself holds: what lies in the guest is mapped
# writable, and of the rest no more than what the host brings along with a page of it.
kernel_held() {
    mkfifo in
    "$lvmm" run --verbose --accel kvm --timeout 30 --disk tests.img,ro -- /tests/echo <in >out 2>err &
    guest=$!
    exec 3>in
    until grep -q 'root: ' err || ! kill -0 $guest 2>/dev/null; do sleep 0.05; done
    held=$(awk -v kernel="$kernel" '/^[0-9a-f]+-/ { is_file = $2 == "r--p" && $6 == kernel } is_file && $1 == "Rss:" { sum += $2 }
        END { print sum + 0 }' /proc/$guest/smaps)
    exec 3>&-
    wait $guest
    check "a guest that waits is looked at" grep -q '^0 bytes, ' out
    check "of the kernel's file lvmm holds $held KiB, no more than 256" [ "$held" -le 256 ]
}
[ -n "$(no_kvm)" ] || kernel_held

refuses 125 'x86_64 guests can have from 16M to 523264M' --memory 512G --disk hello.img
refuses 125 'x86_64 guests can have from 16M to 523264M' --memory 8M --disk hello.img
finish
