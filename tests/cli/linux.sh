#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Stock Linux from the command line: which accelerator it gets, a shell on a terminal, and what is refused. That it boots
# everywhere is tests/linux's.
. "$(dirname "$0")/lib.sh"

linux=$root/build/linux/x86_64
(cd "$root" && ci/linux.sh x86_64 && tests/linux/initrd.sh x86_64 "$scratch/initrd") || exit

# ---- what is refused ----

refuses 125 '^lvmm: --initrd initrd: the kernel isn.t Linux.* takes no initrd' --accel tcg --kernel "$gkernel" --initrd initrd
truncate -s 300M large
refuses 125 '^lvmm: --initrd large: its 314572800 bytes don.t fit beside the kernel with --memory of 268435456 bytes' \
    --accel tcg --kernel "$linux/vmlinuz" --initrd large
refuses 125 '^lvmm: --kernel .*vmlinuz: takes [0-9]+ bytes of memory .* doesn.t fit with --memory of 16777216 bytes$' \
    --accel tcg --kernel "$linux/vmlinuz" --memory 16M
refuses 125 '^lvmm: --initrd nothing: No such file or directory$' --accel tcg --kernel "$linux/vmlinuz" --initrd nothing
refuses 125 '^lvmm: PROGRAM /bin/prog: .*--append init=/bin/prog' --accel tcg --kernel "$linux/vmlinuz" -- /bin/prog
{ printf MZ && head -c 54 /dev/zero && printf 'ARM\144' && head -c 8000 /dev/zero; } >arm64
refuses 125 '^lvmm: --arch x86_64: --kernel arm64 is for aarch64$' --arch x86_64 --kernel arm64
echo 'no kernel' >text
refuses 125 '^lvmm: --kernel text: is not an ELF file' --kernel text
head -c 700 "$linux/vmlinuz" >cut
refuses 125 '^lvmm: --kernel cut: is a truncated bzImage' --kernel cut
head -c 4M "$linux/vmlinuz" >cut
refuses 125 '^lvmm: --kernel cut: is a truncated bzImage' --accel tcg --kernel cut

# ---- what QEMU gets ----

run 0 "$lvmm" run --dry-run --accel tcg --kernel "$linux/vmlinuz" --append "it's a word"
check '--dry-run: words as a shell takes them' grep -Fq -- "it'\\''s a word" out
check '--dry-run: Linux is the firmware'\''s' sh -c '! grep -q -- "^ *-bios" out'

# ---- words that the bundled kernel doesn't know ----

run 0 "$lvmm" run --append ' gate=of  lvmm.trac' --disk hello.img,ro
check '--append: each unknown word is warned of, and the program runs' sh -c \
    "grep -q 'Hello, UserApp' out && [ \"\$(grep -c '^lvmm: .*--append: .* know .\(gate=of\|lvmm.trac\).;' err)\" = 2 ]"
cat err
run 0 "$lvmm" run --append '' --disk hello.img,ro
check '--append: nothing to warn of' [ ! -s err ]

# ---- the accelerator ----

if [ -z "$(no_kvm)" ] && ! grep -qE '^flags.* (vmx|svm)( |$)' /proc/cpuinfo; then
    refuses 125 '^lvmm: --accel kvm: .*emulates ring 0.*--accel tcg runs it$' --accel kvm --kernel "$linux/vmlinuz"
    timeout -k 5 120 "$lvmm" run --verbose --kernel "$linux/vmlinuz" --initrd initrd \
        --append 'quiet panic=-1 proof=none' >out 2>err </dev/null
    check "auto: TCG (status $?)" grep -q '^lvmm: accelerator: tcg .*because this host.s KVM emulates ring 0' err
    check 'auto: Linux comes to its end' grep -q '^LINUX-PROOF: done' out
else
    echo 'skipped: linux/soft-kvm: this machine has no KVM that emulates ring 0'
fi

# ---- a shell ----

if [ -z "$(no_qemu x86_64)" ]; then
    # shellcheck disable=SC2016
    check 'a shell on a terminal: keys, Ctrl-C, Ctrl-A x' "$build/tests/pty" start expect 'Linux version' mode raw \
        expect 'console [ttyS0] enabled' expect 'Run /init' expect '/ # ' type 'echo $((6*7))\r' expect "$(printf '\n42')" expect '/ # ' \
        type 'sleep 1000\r' expect 'sleep 1000' sleep 1000 type '\003' expect '/ # ' type 'echo status $?\r' \
        expect 'status 130' type '\001x' ends 125 same-mode -- \
        "$lvmm" run --accel tcg --kernel "$linux/vmlinuz" --initrd initrd --append 'panic=-1 proof=shell'
else
    echo "missing: linux/shell: $(no_qemu x86_64)"
fi

finish
