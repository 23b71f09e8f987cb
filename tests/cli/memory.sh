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
refuses 125 'x86_64 guests can have from 16M to 523264M' --memory 512G --disk hello.img
refuses 125 'x86_64 guests can have from 16M to 523264M' --memory 8M --disk hello.img
finish
