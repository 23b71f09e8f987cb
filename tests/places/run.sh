#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a job with guests of an ISA in one of the places where lvmm has to work. The jobs: the main one (basic); the guest
# programs (guest; checked: on the kernel with checks; ext4: from an ext4 disk and on it; share: the same of a shared folder);
# busybox's applets (busybox); programs of other languages and C libraries (programs); a hypervisor's steps (steps, riscv64 only). The places (nested for basic, guest and steps alone):
#
#   tests/places/run.sh WHAT host-kvm ISA    this machine's /dev/kvm
#   tests/places/run.sh WHAT nested-kvm ISA  hardware KVM, in a machine of that ISA that QEMU emulates
#   tests/places/run.sh WHAT tcg ISA         QEMU's TCG
#   tests/places/run.sh WHAT any ISA         this machine's KVM, or if it has none, TCG
#
# In the environment: CPUS, of the guests of guest, checked and programs, default: 1; NESTED_QEMU, more options for the QEMU of
# nested-kvm; NESTED_SAYS, what a guest has to say there; LONG: all guest programs where else those of
# tests/guest/part.txt run: on nested-kvm, and for checked of other ISAs than the host's.
# 77: this machine doesn't offer the place; the last line says why. 78: it would if a program were installed.
set -eu

cd "$(dirname "$0")/../.."
. tests/offers.sh
what=$1 place=$2 isa=$3 cpus=${CPUS:-1}
guest=$isa # the machine's, which runs programs of two ISAs
[ "$isa" != i386 ] || guest=x86_64

part=tests/guest/part.txt
[ -z "${LONG-}" ] || part=

here() {
    case $what in
    basic) tests/places/basic.sh build "$1" "$isa" ;;
    steps) tests/places/steps.sh build "$1" payload/hv-steps ;;
    busybox) tests/busybox/run.sh "$isa" "$1" ;;
    programs) tests/programs/run.sh "$isa" "$1" ;;
    checked)
        [ "$isa" != "$(uname -m)" ] || part=
        PART=$part ISA=$isa tests/guest/run.sh build/lvmm run --cpus "$cpus" --kernel "build/$guest/guest-kernel-checked.elf" --accel "$1"
        ;;
    guest) ISA=$isa tests/guest/run.sh build/lvmm run --cpus "$cpus" --arch "$isa" --accel "$1" ;;
    ext4)
        # shellcheck disable=SC2031 # for this command alone
        PATH=$PATH:/sbin:/usr/sbin command -v mke2fs >/dev/null || offered 78 'mke2fs is not installed (e2fsprogs)'
        offered 77 "$(no_ext4)"
        [ "$isa" != loongarch64 ] || offered 77 "$(no_lsx)" # it is Debian's busybox that mounts there
        ROOT=ext4 ISA=$isa tests/guest/run.sh build/lvmm run --cpus "$cpus" --kernel "build/$guest/guest-kernel-checked.elf" --accel "$1"
        ;;
    share)
        [ "$isa" != loongarch64 ] || offered 77 "$(no_lsx)"
        unshare -m sh -c 'mount -t tmpfs none /dev/shm' 2>/dev/null || offered 77 'nobody here may mount'
        ROOT=share ISA=$isa tests/guest/run.sh build/lvmm run --cpus "$cpus" --kernel "build/$guest/guest-kernel-checked.elf" --accel "$1"
        ;;
    *) echo "not ok a job called $what" && exit 2 ;;
    esac
}

# The lvmm that runs on a machine of the ISA.
lvmm=build/$isa/lvmm
[ "$isa" != "$(uname -m)" ] || lvmm=build/lvmm

# The programs' names and what Linux makes of them go along: there is no other Linux program loader in there but ours.
nested() {
    folder=build/$isa
    set -- --isa "$isa" --file "$lvmm:build/lvmm" --file "$folder/guest-kernel.elf:$folder/guest-kernel.elf" \
        --file "$folder/tests.img:$folder/tests.img"
    [ -z "${NESTED_QEMU-}" ] || set -- "$@" --qemu "$NESTED_QEMU"
    case $what in
    basic)
        ci/nested.sh "$@" --file "$folder/hello.img:$folder/hello.img" \
            --file "$folder/gkernel.elf:$folder/gkernel.elf" --file build/pfld.img:build/pfld.img \
            --file tests/places/basic.sh:tests/places/basic.sh -- \
            "/build/lvmm doctor | grep '^KVM *yes *hardware' || exit 1; sh /tests/places/basic.sh /build kvm $isa ${NESTED_SAYS-}"
        ;;
    steps)
        ci/nested.sh "$@" --file "$folder/hv-steps:$folder/hv-steps" --file build/pfld.img:build/pfld.img \
            --file payload/hv-steps:steps --file tests/places/steps.sh:tests/places/steps.sh -- \
            'sh /tests/places/steps.sh /build kvm /steps'
        ;;
    guest)
        expected=$(mktemp -d)
        trap 'rm -rf "$expected"' EXIT
        PART=$part ISA=$isa tests/guest/run.sh --expect "$expected"
        own=
        if [ "$isa" != "$(uname -m)" ]; then # what only this ISA has is right as that machine's own Linux runs it
            for source in "tests/guest/$isa"/*.c; do
                [ -e "$source" ] || continue
                own="$own $(basename "$source" .c)"
                set -- "$@" --file "$folder/tests/guest/${own##* }:$folder/tests/guest/${own##* }"
            done
        fi
        ci/nested.sh --timeout 600 "$@" --file "$expected:expected" --file tests/guest/run.sh:tests/guest/run.sh -- \
            "run() { NESTED=1 sh /tests/guest/run.sh /build/lvmm run --cpus $cpus --accel kvm; }
            TESTS='$own' && { [ -z \"\$TESTS\" ] || (export TESTS && run); } &&
            export EXPECT=/expected TESTS=\"\$(cat /expected/names)\" && run"
        ;;
    esac
}

# Without what is fetched for another ISA nothing of it was built: then it tells why.
[ "$guest" = "$(uname -m)" ] || [ -e "build/foreign/$guest/sysroot/stamp" ] || ci/foreign.sh sysroot "$guest"
for file in build/lvmm "build/$guest/guest-kernel.elf"; do
    [ -e "$file" ] || { echo "not ok $file was not built" && exit 1; }
done

case $place in
host-kvm)
    offered 77 "$(no_kvm "$guest")"
    here kvm
    ;;
nested-kvm)
    offered 78 "$(no_qemu "$guest")"
    nested
    ;;
any)
    [ -n "$(no_kvm "$guest")" ] || { here kvm; exit; }
    offered 78 "$(no_qemu "$guest")"
    here tcg
    ;;
tcg)
    offered 78 "$(no_qemu "$guest")"
    here tcg
    ;;
*)
    echo "not ok a place called $place"
    exit 2
    ;;
esac
