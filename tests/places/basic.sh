#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job, in the place where it is called: tests/places/basic.sh BUILD-FOLDER ACCEL ISA [WORD].
# WORD: what the guest kernel says of its machine. For busybox's shell too.
set -u

build=$1 accel=$2 isa=$3 word=${4-}
failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

check() {
    if eval "$2"; then
        echo "ok $1"
    else
        echo "not ok $1 (status $status)"
        sed 's/^/    stdout: /' "$scratch/out"
        sed 's/^/    stderr: /' "$scratch/err"
        failed=1
    fi
}

lvmm() {
    timeout 120 "$build/lvmm" run --accel "$accel" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
    status=$?
}

printf 'Hello, UserApp!\n\n' >"$scratch/greeting"
lvmm --kernel "$build/$isa/guest-kernel.elf" --disk "$build/$isa/hello.img,ro"
check 'hello: the greeting and nothing else, status 0' \
    '[ $status = 0 ] && cmp -s "$scratch/out" "$scratch/greeting" && [ ! -s "$scratch/err" ]'

gzip -c "$build/$isa/guest-kernel.elf" >"$scratch/kernel.gz"
lvmm --kernel "$scratch/kernel.gz" --disk "$build/$isa/hello.img,ro"
check 'hello, by a compressed kernel' '[ $status = 0 ] && cmp -s "$scratch/out" "$scratch/greeting" && [ ! -s "$scratch/err" ]'

lvmm --arch "$isa" --disk "$build/$isa/hello.img,ro" -- /sbin/args one 'two words'
check 'args: status 42' '[ $status = 42 ] && grep -qx "argv\[2\] two words" "$scratch/out"'

lvmm --arch "$isa" --disk "$build/$isa/tests.img,ro" -- /tests/hello-pie
check 'a static PIE' '[ $status = 0 ] && cmp -s "$scratch/out" "$scratch/greeting"'

lvmm --arch "$isa" --disk "$build/$isa/tests.img,ro" -- /tests/crash
check 'a program that dies of signal 11: status 139' '[ $status = 139 ]'

lvmm --verbose --cpus 3 --arch "$isa" --disk "$build/$isa/hello.img,ro"
check '--cpus 3: all of them come' \
    '[ $status = 0 ] && cmp -s "$scratch/out" "$scratch/greeting" && grep -q "guest: 3 CPUs run" "$scratch/err"'

[ -z "$word" ] || check "the guest kernel says $word" 'grep -q "guest: $isa: .*$word" "$scratch/err"'
if [ "$accel $word" = 'kvm GICv2' ]; then
    lvmm --cpus 9 --arch "$isa" --disk "$build/$isa/hello.img,ro"
    check '--cpus 9: more than that interrupt controller has room for' '[ $status = 125 ] && [ ! -s "$scratch/out" ] &&
        [ "$(cat "$scratch/err")" = "lvmm: --cpus 9: KVM gives guests on this host 8 at most" ]'
fi

# System calls, as lvmm tells of them: each line whole, with the number of this ISA.
case $isa in x86_64) write=1 openat=257 exit_group=231 bpf=321 ;;
*) write=64 openat=56 exit_group=94 bpf=280 ;; esac
traced() {
    grep -q "^\[TRACE\] pid=2 $1\$" "$scratch/err"
}
args='args=(\(0x[0-9a-f]*, \)\{5\}0x[0-9a-f]*)'
tests="$build/$isa/tests.img,ro"
lvmm --trace-raw --arch "$isa" --disk "$tests" -- /tests/traced
check '--trace-raw: calls with their arguments, results and errors' '[ $status = 0 ] && traced "write($write) args=(0x1, 0x[0-9a-f]*, 0x7, .*)" &&
    traced "write($write) -> 0x7 (7)" && traced "openat($openat) -> -2 (ENOENT)" && [ "$(cat "$scratch/out")" = traced ]'
check '--trace-raw: the last call has no result, and every line is one' '
    [ "$(grep TRACE "$scratch/err" | tail -n 1 | cut -d " " -f 3)" = "exit_group($exit_group)" ] && ! traced "exit_group.*->.*" &&
    ! grep -v -e "^\[TRACE\] pid=2 [a-z_0-9]*([0-9]*) $args\$" -e "^\[TRACE\] pid=2 [a-z_0-9]*([0-9]*) -> 0x[0-9a-f]* (-*[0-9]*)\$" \
        -e "^\[TRACE\] pid=2 [a-z_0-9]*([0-9]*) -> -[0-9]* (E[A-Z]*)\$" -e "^to stderr\$" "$scratch/err"'
lvmm --trace=write,openat --trace-file "$scratch/trace" --arch "$isa" --disk "$tests" -- /tests/traced
check '--trace: as people read it' '[ $status = 0 ] && [ "$(sed "s/  */ /g" "$scratch/trace")" = "2 write(1, \"traced\\n\", 7) = 7
2 openat(AT_FDCWD, \"/no/such\", O_RDONLY) = -1 ENOENT (No such file or directory)
2 write(2, \"to stderr\\n\", 10) = 10
2 +++ exited with 0 +++" ]'
lvmm --trace --trace-file "$scratch/trace" --arch "$isa" --disk "$tests" -- /tests/decoded
check '--trace: of two processes, a signal and structures' '[ $status = 0 ] && grep -q "^3  *execve(\"/no/program\", \[\"/tests/decoded\", \"the\", \"end\"\], 0x[0-9a-f]* /\* 1 var \*/)" "$scratch/trace" &&
    grep -q "^3  *+++ exited with 3 +++\$" "$scratch/trace" && grep -q "^2  *--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_TKILL, si_pid=2, si_uid=0} ---\$" "$scratch/trace" &&
    grep -q "^2  *ppoll(\[{fd=-1}\], 1, {tv_sec=0, tv_nsec=1000}, NULL, 8)  *= 0 (Timeout)\$" "$scratch/trace"'

lvmm --stats --arch "$isa" --disk "$tests" -- /tests/traced missing
check '--stats: the table and the unknown calls' '[ $status = 3 ] && grep -q " 3         3 bpf\$" "$scratch/err" &&
    grep -q " 3         3 syscall_999\$" "$scratch/err" && grep -q " 1           exit_group\$" "$scratch/err" &&
    [ "$(sed -n "/^unknown/,\$p" "$scratch/err")" = "unknown: 6 calls
        3 bpf ($bpf)
        3 syscall_999 (999)" ]'
lvmm --arch "$isa" --disk "$tests" -- /tests/traced missing
check 'missing calls are named, each once' '[ $status = 3 ] && [ "$(grep -c . "$scratch/err")" = 2 ] &&
    grep -q "^lvmm: the guest kernel has no system call bpf ($bpf); it gets ENOSYS\$" "$scratch/err" &&
    grep -q "^lvmm: the guest kernel has no system call 999; it gets ENOSYS\$" "$scratch/err"'

# appears FILE PATTERN: within a minute.
appears() {
    tries=0
    until grep -q "$2" "$1" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || return 1
        sleep 0.1
    done
}

# signalled WHAT PATTERN: SIGUSR2 shows that line of a program that waits or computes, in a run without any option.
signalled() {
    rm -f "$scratch/out" "$scratch/err" # or the last run's would count
    "$build/lvmm" run --accel "$accel" --timeout 150 --arch "$isa" --disk "$tests" -- /tests/traced "$1" \
        >"$scratch/out" 2>"$scratch/err" </dev/null &
    pid=$!
    appears "$scratch/out" ready && kill -USR2 $pid && appears "$scratch/err" "^$2"
    status=$?
    kill -TERM $pid
    wait $pid 2>/dev/null || :
    return $status
}
check 'SIGUSR2 shows what the program waits in' 'signalled wait "nanosleep(0x[0-9a-f]*, NULL"'
check 'SIGUSR2 shows what the program calls after a while' 'signalled compute "getppid()  *= 1\$"'

# Where each machine has its flash; loongarch64 has a ROM.
case $isa in
x86_64) flash=0xFFC00000 platform=lvmm-microvm ;;
aarch64) flash=0x04000000 platform=lvmm-virt ;;
riscv64) flash=0x22000000 platform=lvmm-virt ;;
loongarch64) flash=0x1C000000 platform=lvmm-virt rom=,ro ;;
esac
cp "$build/pfld.img" "$scratch/pfld.img" # one of its own: it is locked while it is used
lvmm --verbose --kernel "$build/$isa/gkernel.elf" --pflash "$scratch/pfld.img${rom-}"
cat >"$scratch/expected" <<TEXT
arch = $isa
platform = $platform
smp = 1

Reading PFlash at physical address $flash...
Try to access pflash dev region [$flash], got 0x646c6670
Got pflash magic: pfld
Shutdown vm normally!
TEXT
sed -n '/^arch/,$p' "$scratch/out" >"$scratch/got"
check 'gkernel reads the flash' '[ $status = 0 ] && cmp -s "$scratch/got" "$scratch/expected"'
flash=$(echo "$flash" | tr A-F a-f | sed 's,^0x0*,0x,')
check '--verbose: what was loaded, how much of it, where' \
    'grep -q "^lvmm: loaded: kernel, [1-9][0-9]* bytes at 0x" "$scratch/err" &&
        grep -q "^lvmm: loaded: device tree, [1-9][0-9]* bytes at 0x" "$scratch/err" &&
        grep -q "^lvmm: flash: .*pfld.img, 4194304 bytes at $flash" "$scratch/err"'
check '--verbose: how the guest shut down' '[ "$(grep -c "^lvmm: the guest shut down: .*, status 0$" "$scratch/err")" = 1 ]'
if [ -n "${rom-}" ]; then
    lvmm --kernel "$build/$isa/gkernel.elf" --pflash "$scratch/pfld.img"
    check 'a ROM wants ,ro' '[ $status = 125 ] && grep -q "can only be read" "$scratch/err"'
fi
if [ "$accel" = kvm ]; then
    check 'gkernel: the first access is mapped, once, as a whole' '[ "$(grep -c "^lvmm: pflash: .*mapped" "$scratch/err")" = 1 ] &&
        grep -q "^lvmm: pflash: read at $flash: mapped 4194304 bytes at $flash$" "$scratch/err"'
    check 'gkernel: exits are counted by kind' 'grep -q "^lvmm: exits: .*MMIO read [1-9]" "$scratch/err"'
fi

exit $failed
