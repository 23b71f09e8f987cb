#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the main job (basic) or the guest programs (guest) in one of the places where lvmm has to work:
#
#   tests/places/run.sh basic|guest host-kvm    this machine's /dev/kvm
#   tests/places/run.sh basic|guest nested-kvm  hardware KVM, in a machine that QEMU emulates
#   tests/places/run.sh basic|guest tcg         QEMU's TCG
#
# 77: this machine doesn't offer the place; the last line says why.
set -eu

cd "$(dirname "$0")/../.."
what=$1 place=$2

skip() {
    echo "$*"
    exit 77
}

here() {
    case $what in
    basic) tests/places/basic.sh build "$1" ;;
    guest) tests/guest/run.sh build/lvmm run --accel "$1" ;;
    esac
}

# The programs' names and what Linux makes of them go along: there is no other Linux program loader in there but ours.
nested() {
    expected=$(mktemp -d)
    trap 'rm -rf "$expected"' EXIT
    set -- --file build/lvmm:build/lvmm --file build/x86_64/guest-kernel.elf:build/x86_64/guest-kernel.elf \
        --file build/x86_64/tests.img:build/x86_64/tests.img
    case $what in
    basic)
        ci/nested.sh "$@" --file build/x86_64/hello.img:build/x86_64/hello.img \
            --file build/x86_64/gkernel.elf:build/x86_64/gkernel.elf --file build/pfld.img:build/pfld.img \
            --file tests/places/basic.sh:tests/places/basic.sh -- \
            '/build/lvmm doctor | grep "^KVM *yes *hardware" || exit 1; sh /tests/places/basic.sh /build kvm'
        ;;
    guest)
        tests/guest/run.sh --expect "$expected"
        names=$(cd build/x86_64/tests/guest && ls | grep -v '\.' | tr '\n' ' ')
        ci/nested.sh --timeout 600 "$@" --file "$expected:expected" --file tests/guest/run.sh:tests/guest/run.sh -- \
            "EXPECT=/expected TESTS='$names' sh /tests/guest/run.sh /build/lvmm run --accel kvm"
        ;;
    esac
}

case $place in
host-kvm)
    reason=$(build/lvmm doctor | sed -n 's/^KVM  *no  *//p')
    [ -z "$reason" ] || skip "$reason"
    here kvm
    ;;
nested-kvm) nested ;;
tcg)
    command -v qemu-system-x86_64 >/dev/null || skip 'qemu-system-x86_64 is not installed'
    here tcg
    ;;
esac
