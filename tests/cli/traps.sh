#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# On KVM, where the CPU itself raises them: faults as Linux here tells of them. Also with the kernel at an emulated CPL 0.
. "$(dirname "$0")/lib.sh"

"$build/$(uname -m)/tests/guest/cpufaults" cpu >linux
check "Linux: eight faults" [ "$(grep -c ': signal ' linux)" = 8 ]
for accel in $(accelerators); do
    [ "$accel" = kvm ] || continue
    run 0 "$lvmm" run --accel kvm --disk tests.img -- /tests/cpufaults cpu
    check "kvm: faults" diff linux out
    run 0 "$lvmm" run --accel kvm --append gate=off --disk tests.img -- /tests/cpufaults cpu
    check "kvm, gate=off: cpufaults" diff linux out
    # FXRSTOR is all that an emulated kernel has: of AVX's registers, where programs can use them there, the upper halves stay.
    "$build/$(uname -m)/tests/guest/fpcontrol" | grep -v '^vector registers are zero' >linux
    run 0 "$lvmm" run --accel kvm --append gate=off --disk tests.img -- /tests/fpcontrol
    check "kvm, gate=off: fpcontrol" sh -c 'grep -v "^vector registers are zero" out | diff linux -'
done
finish
