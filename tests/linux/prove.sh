#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Boots Debian's kernel where it is called, which may be under busybox's shell in a nested machine:
#
#   tests/linux/prove.sh BUILD-FOLDER ACCEL ISA FOLDER DISK MIB SUM [part]
#
# Four boots; part: without the two that are about the size of memory and how a run ends.
# FOLDER has the kernel as the package has it (vmlinuz) and the initrd; DISK is an ext4 file system, and the guest writes MIB
# with the MD5 SUM to it (pattern.sh).
set -u

build=$1 accel=$2 isa=$3 folder=$4 disk=$5 mib=$6 sum=$7 how_much=${8-all}
failed=0 shown=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# check NAME CONDITION. What a guest said is shown once.
check() {
    if eval "$2"; then
        echo "ok $1"
    else
        echo "not ok $1 (status $status)"
        [ $shown = 1 ] || tail -n 60 "$scratch/console" | sed 's/^/    console: /'
        [ $shown = 1 ] || sed 's/^/    stderr: /' "$scratch/err"
        failed=1 shown=1
    fi
}

# Debian's kernel for loongarch64 sets half of 256 MiB aside.
memory=256M
[ "$isa" != loongarch64 ] || memory=512M

# linux 'WORDS' ARGUMENT...: quiet, as the words that matter are the proof's own, and a serial port is slow.
linux() {
    words=$1
    shift
    timeout 400 "$build/lvmm" run --accel "$accel" --kernel "$folder/vmlinuz" --initrd "$folder/initrd" \
        --memory $memory --append "quiet panic=-1 $words" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
    status=$? shown=0
    tr -d '\r' <"$scratch/out" >"$scratch/console"
}

# says PATTERN: a line of the proof, all of it
says() {
    grep -qx "LINUX-PROOF: $1" "$scratch/console"
}

linux "proof=disk mib=$mib sum=$sum end=poweroff" --cpus 2 --disk "$disk"
check 'an ext4 disk of the host is mounted' "says \"the host's file says: a line of the host\""
check "$mib MiB are written and read back" 'says "$mib MiB written, and read back from the disk"'
check "Debian's kernel for $isa comes to its program" 'says "Linux [0-9].*, $isa"'
check 'it has 2 CPUs' 'says "2 CPUs, online 0-1"'
check 'poweroff: status 0, nothing on stderr' '[ $status = 0 ] && says "done" && [ ! -s "$scratch/err" ]'

if [ "$how_much" = all ]; then
    # Linux keeps some 2 % of its memory for itself. What a 32-bit hole would hide is more.
    memory=6G
    linux 'proof=none end=reboot'
    memory=512M
    kib=$(sed -n 's/^LINUX-PROOF: \([0-9]*\) KiB of memory$/\1/p' "$scratch/console")
    check "a guest of 6 GiB has ${kib:=0} KiB" '[ "$kib" -gt 6000000 ] && [ "$kib" -le 6291456 ]'
    check 'it has one CPU unless told otherwise' 'says "1 CPUs, online 0"'
    check 'reboot: status 0, nothing on stderr' '[ $status = 0 ] && says "done" && [ ! -s "$scratch/err" ]'

    linux 'proof=none end=panic'
    check 'panic: status 125' '[ $status = 125 ] && says "done"'
    check 'panic: one line that says so in the words of the kernel' \
        '[ "$(cat "$scratch/err")" = "lvmm: the guest'\''s Linux panicked: sysrq triggered crash" ]'
fi

# Before there is a program, when drivers aren't there either.
timeout 400 "$build/lvmm" run --accel "$accel" --kernel "$folder/vmlinuz" --memory $memory --append 'quiet panic=-1' \
    >"$scratch/console" 2>"$scratch/err" </dev/null
status=$? shown=0
check 'a panic without a root file system: status 125, and the line' \
    '[ $status = 125 ] && grep -q "^lvmm: the guest'\''s Linux panicked: VFS: Unable to mount root fs" "$scratch/err"'

exit $failed
