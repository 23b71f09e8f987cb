#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# --accel auto: KVM where a short guest runs, else TCG; --verbose names the kind and the reason, each in one line.
. "$(dirname "$0")/lib.sh"

# chooses NAME PATTERN COMMAND...: hello runs, and one line says by what and why.
chooses() {
    choice=$1 pattern=$2
    shift 2
    run 0 "$@" --verbose --disk hello.img,ro
    check "$choice: hello" [ "$(cat out)" = 'Hello, UserApp!' ]
    check "$choice: one line" [ "$(grep -c '^lvmm: accelerator: ' err)" = 1 ]
    grep '^lvmm: accelerator: ' err
    check "$choice: what and why" grep -Eq "^lvmm: accelerator: $pattern\$" err
}

accels=$(accelerators)
kvm='kvm \((hardware KVM: (VT-x|AMD-V)|soft KVM: .*ring 0 is emulated)\)'
case $accels in
kvm*)
    chooses 'auto, with KVM' "$kvm, because a short guest ran, and .*" "$lvmm" run
    chooses 'kvm' "$kvm, as --accel says" "$lvmm" run --accel kvm
    ;;
esac
case $accels in
*tcg)
    chooses 'tcg' 'tcg \(.*\), as --accel says' "$lvmm" run --accel tcg
    # A host without any device, as in a bare chroot.
    bare='mount -t tmpfs none /dev && exec "$@"'
    if unshare -m sh -c "$bare" sh true 2>/dev/null; then
        # Nor may its disk become a closed stream's number, which messages are written to.
        cp hello.img closed.img
        run 0 timeout 30 unshare -m sh -c "$bare" sh "$lvmm" run --disk closed.img <&- && ok 'without /dev and stdin'
        # shellcheck disable=SC2016
        timeout 30 unshare -m sh -c "$bare" sh sh -c 'exec "$@" <&- >&- 2>&-' sh "$lvmm" run --verbose --disk closed.img
        check 'without /dev and any stream' [ $? -le 128 ]
        check 'and the disk is as it was' sh -c 'head -c 65536 hello.img | cmp - closed.img -n 65536'
        chooses 'auto, without /dev' 'tcg \(.*\), because .*/dev/kvm.*' unshare -m sh -c "$bare" sh "$lvmm" run
    else
        echo 'skipped: accel/no-dev: no mount namespace here to hide /dev in'
    fi
    # Where /dev/kvm is something else: in a mount namespace of our own.
    hide='mount --bind /dev/null /dev/kvm && exec "$@"'
    if [ ! -e /dev/kvm ]; then
        chooses 'auto, without KVM' 'tcg \(.*\), because .*/dev/kvm.*' "$lvmm" run
    elif unshare -m sh -c "$hide" sh true 2>/dev/null; then
        chooses 'auto, with another /dev/kvm' 'tcg \(.*\), because .*/dev/kvm.*' unshare -m sh -c "$hide" sh "$lvmm" run
    else
        echo 'skipped: accel/no-kvm: no mount namespace here to hide /dev/kvm in'
    fi
    ;;
esac
finish
