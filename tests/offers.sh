# SPDX-License-Identifier: Apache-2.0
# offers.sh - what this machine offers to tests, for scripts that source it: the only reasons for which they skip.
# offered ends the script for such a reason.
# Whether lvmm works there is for them to find out. POSIX sh.
# shellcheck shell=sh

# no_kvm [ISA]: prints why this machine can't give KVM to guests of that ISA (default: x86_64), or nothing.
no_kvm() {
    kvm_device=${KVM_DEVICE:-/dev/kvm}
    if [ "$(uname -m)" != "${1:-x86_64}" ]; then
        echo "this machine is $(uname -m), not ${1:-x86_64}"
    elif [ ! -e "$kvm_device" ]; then
        echo "there is no $kvm_device"
    elif ! (exec 3<>"$kvm_device") 2>/dev/null; then
        echo "$kvm_device can't be opened: $( (exec 3<>"$kvm_device") 2>&1 | sed 's/.*: //')"
    fi
}

# no_qemu ISA: prints that QEMU for that ISA isn't installed, or nothing.
no_qemu() {
    command -v "qemu-system-$1" >/dev/null || echo "qemu-system-$1 is not installed"
}

# no_lsx: prints why a program for loongarch64 that wants vectors (LSX) gets SIGILL here, or nothing.
no_lsx() {
    qemu_version=$(qemu-system-loongarch64 --version | sed -n 's/.*version \([0-9]*\.[0-9]*\).*/\1/p')
    [ -z "$qemu_version" ] || [ "$(printf '%s\n' "$qemu_version" 8.1 | sort -V | head -n 1)" = 8.1 ] ||
        echo "Debian's programs for loongarch64 need LSX, which QEMU $qemu_version has not (8.1 has)"
}

# no_ext4: prints why this machine's Linux mounts no file system of mke2fs for who asks here, or nothing.
no_ext4() {
    ext4_probe=$(mktemp -d)
    (
        PATH=$PATH:/sbin:/usr/sbin
        mkdir "$ext4_probe/at"
        # shellcheck disable=SC2016 # that shell's own
        mke2fs -q -F -t ext4 "$ext4_probe/image" 4M >"$ext4_probe/log" 2>&1 &&
            unshare -m sh -c 'mount -o loop "$1/image" "$1/at"' sh "$ext4_probe" >>"$ext4_probe/log" 2>&1
    ) || echo "nobody here may mount an ext4 image: $(tail -n 1 "$ext4_probe/log")"
    rm -rf "$ext4_probe"
}

# offered STATUS REASON: with a reason, says it and ends the script with the status.
offered() {
    [ -n "$2" ] || return 0
    echo "$2"
    exit "$1"
}

# offered_accel kvm|tcg ISA: the same where guests of that ISA can't run so.
offered_accel() {
    case $1 in
    kvm) offered 77 "$(no_kvm "$2")" ;;
    tcg) offered 78 "$(no_qemu "$2")" ;;
    esac
}

# offered_tools PROGRAM...: the same where one of them isn't installed.
offered_tools() {
    for tool; do
        command -v "$tool" >/dev/null || offered 78 "$tool is not installed"
    done
}
