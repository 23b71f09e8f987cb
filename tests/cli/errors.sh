#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Mistakes on the command line and files that can't be used: status 125, and one line that names what and why.
. "$(dirname "$0")/lib.sh"

# ---- options ----

refuses 125 '--nonsense.*unknown option' --nonsense
refuses 125 '-x.*unknown option' -x
refuses 125 '--kernel.*needs a value' --kernel
refuses 125 '--verbose=1.*no value' --verbose=1
refuses 125 '--memory 12Q' --memory 12Q --disk hello.img
refuses 125 '--memory -1' --memory -1 --disk hello.img
refuses 125 "--memory '?:? *not a size|--memory : not a size" --memory '' --disk hello.img
refuses 125 '--memory 99999999999999999999: more than any machine has' --memory 99999999999999999999 --disk hello.img
refuses 125 '--memory 16777216T: more than any machine has' --memory 16777216T --disk hello.img
refuses 125 '--memory 0: is none at all; e.g. 256M' --memory 0 --disk hello.img
refuses 125 '--memory 1000: that is 1000 bytes; 1000M\?' --memory 1000 --disk hello.img
refuses 125 '--memory 512: that is 512 bytes; 512M\?' --memory 512 --disk hello.img
refuses 125 '--memory 4096: .*4096M\?' --memory 4096 --disk hello.img
refuses 125 '--memory 9000001: not a multiple of 4K' --memory 9000001 --disk hello.img
refuses 125 '--memory' --memory 64K --disk hello.img
refuses 125 '--memory' --memory 100T --disk hello.img
refuses 125 '--cpus 0: not a number of CPUs; e.g. 2' --cpus 0 --disk hello.img
refuses 125 '--cpus 1K: not a number' --cpus 1K --disk hello.img
refuses 125 '--cpus 1000: x86_64 guests can have from 1 to 64' --cpus 1000 --disk hello.img
refuses 125 '--accel vt-x.*auto, kvm or tcg' --accel vt-x --disk hello.img
refuses 125 '--arch pdp11: unknown; .* x86_64 \(amd64\) aarch64 \(arm64\) riscv64 loongarch64 \(loong64\)' \
    --arch pdp11 --disk hello.img
refuses 125 '--timeout soon' --timeout soon --disk hello.img
refuses 125 '--timeout -1' --timeout -1 --disk hello.img
refuses 125 '--timeout 5w: not a time; .*s, m, h or d' --timeout 5w --disk hello.img
refuses 125 '--timeout 20000d: more than 1000000000 seconds' --timeout 20000d --disk hello.img
run 0 "$lvmm" run --timeout 5m --arch amd64 --disk hello.img,ro &&
    check 'a time with a unit, and Debian'"'"'s name of an ISA' grep -q '^Hello' out
refuses 125 '--disk.*empty' --disk '' --disk hello.img
refuses 125 '--disk.*at most' --disk hello.img --disk b --disk c --disk d --disk e --disk f --disk g --disk h

# No option is taken by its beginning: there would be more of them one day.
refuses 125 '--mem: unknown option; write it in full: --memory; ' --mem 1G --disk hello.img
refuses 125 '--mem=1G: unknown option; write it in full: --memory; ' --mem=1G --disk hello.img
refuses 125 '--verb: unknown option; write it in full: --verbose; ' --verb --disk hello.img
refuses 125 '--tim: unknown option; write it in full: --timeout or --timeline; ' --tim 1 --disk hello.img

# ---- no disk ----

refuses 125 'no --disk: .*lvmm run --disk root.img -- /bin/prog' --accel auto
refuses 125 'no --disk: ' -- /bin/prog
refuses 125 'no --disk: ' --kernel "$kernel"
refuses 125 'PROGRAM hello.img: is a disk image: lvmm run --disk hello.img$' hello.img
refuses 125 'PROGRAM .*/hello: is a program of this host; .*--disk FILE' "$build/x86_64/payload/hello"

# ---- disks ----

: >empty.img
head -c 1000 /dev/zero >odd.img
mkdir folder
mkfifo fifo
head -c 65536 /dev/zero >blank.img

refuses 125 '--disk missing\.img: No such file' --disk missing.img
refuses 125 '--disk missing\.img,foo: No such file' --disk missing.img,foo
refuses 125 '--disk hello\.img,foo: ,foo is not known; there are ,ro .* and ,rw' --disk hello.img,foo
refuses 125 '--disk hello\.img,ro: give one of ,ro and ,rw' --disk hello.img,ro,rw
run 0 "$lvmm" run --disk hello.img,rw && check ',rw is the default' grep -q '^Hello' out
refuses 125 '--disk empty\.img: .*empty' --disk empty.img
refuses 125 '--disk odd\.img: .*1000 bytes.*512' --disk odd.img
refuses 125 '--disk folder: .*directory' --disk folder
refuses 125 '--disk fifo: .*pipe' --disk fifo
refuses 125 'disk' --disk blank.img
# Permissions don't hold root up: then it is another user who is refused.
cp hello.img secret.img && chmod 000 secret.img
cp hello.img readonly.img && chmod 444 readonly.img
mkdir -p user/x86_64 && cp "$lvmm" user/lvmm && cp "$kernel" user/x86_64 && chmod -R a+rX user && chmod a+x .
echo '#!/bin/sh' >as-user
if [ "$(id -u)" = 0 ]; then
    echo 'exec setpriv --reuid=65534 --regid=65534 --clear-groups -- user/lvmm "$@"' >>as-user
else
    echo 'exec user/lvmm "$@"' >>as-user
fi
chmod +x as-user
(
    lvmm=./as-user
    refuses 125 '--disk secret\.img: Permission denied$' --disk secret.img
    refuses 125 "--disk readonly\.img: can't be opened for writing: .*; readonly\.img,ro opens" --disk readonly.img
    exit $failed
) || failed=1

# A device that can only be read is found out before the guest writes to it.
if device=$(losetup -r -f --show hello.img 2>losetup.log); then
    refuses 125 "--disk $device: is a read-only device: --disk $device,ro\$" --disk "$device"
    run 0 "$lvmm" run --disk "$device,ro" && check 'a read-only device with ,ro' grep -q '^Hello' out
    losetup -d "$device"
else
    echo "skipped: errors/read-only-device: $(tail -n 1 losetup.log)"
fi

# ---- two writers ----

flock -n hello.img "$lvmm" run --disk hello.img >out 2>err
check 'a disk that is locked is refused' grep -q '^lvmm: --disk hello.img: .*locked' err
refuses 125 '--disk hello\.img: .*(locked|twice)' --disk hello.img --disk hello.img
check 'two readers share a disk' flock -s hello.img "$lvmm" run --disk hello.img,ro

# ---- flash ----

head -c 4194305 /dev/zero >big.flash
refuses 125 '--pflash missing: No such file' --kernel "$gkernel" --pflash missing
refuses 125 '--pflash big\.flash: .*4194305.*4194304' --kernel "$gkernel" --pflash big.flash
refuses 125 '--pflash empty\.img: .*empty' --kernel "$gkernel" --pflash empty.img
refuses 125 '--pflash folder: .*directory' --kernel "$gkernel" --pflash folder
refuses 125 '--pflash folder: is a directory; give an ordinary file$' --kernel "$gkernel" --pflash folder,ro
refuses 125 '--pflash fifo: is a pipe' --kernel "$gkernel" --pflash fifo
refuses 125 '--pflash /dev/null: is a pipe or a device' --kernel "$gkernel" --pflash /dev/null
refuses 125 '--kernel folder: is a directory' --kernel folder
refuses 125 '--kernel fifo: is a pipe' --kernel fifo

# ---- few descriptors ----

# Whichever can't be had first, what is said of KVM is that it was tried.
for limit in 6 7 8; do
    run 125 sh -c 'ulimit -n "$1" && shift && exec "$@"' sh $limit "$lvmm" run --disk hello.img
    check "$limit descriptors" grep -Eq 'Too many open files|descriptors is too low' err
    check "$limit descriptors: nothing untrue" sh -c '! grep -q "not tried" err'
done

# ---- programs: 127 for one that isn't there, 126 for one that can't be executed, as env(1) has them ----

printf 'just text\n' >text
head -c 40 "$build/x86_64/payload/hello" >cut
mcopy -i tests.img text ::/room/text
mcopy -i tests.img cut ::/room/cut
refuses 127 'PROGRAM /no/such: .*[Nn]o such' --disk tests.img -- /no/such
refuses 126 'PROGRAM /room/text: not an ELF program for x86_64$' --disk tests.img -- /room/text
refuses 126 'PROGRAM /room/cut: not an ELF program for x86_64$' --disk tests.img -- /room/cut
{ head -c 18 cut; printf '\363\0'; tail -c +21 "$build/x86_64/payload/hello"; } >foreign # e_machine 243
{ head -c 16 cut; printf '\001\0'; tail -c +19 "$build/x86_64/payload/hello"; } >object # e_type 1, of this ISA
mcopy -i tests.img foreign object ::/room
refuses 126 'PROGRAM /room/object: not an ELF program for x86_64$' --disk tests.img -- /room/object
refuses 126 'PROGRAM /room/foreign: is for riscv64, and this guest is x86_64' --disk tests.img -- /room/foreign
refuses 126 'PROGRAM /room: (is a directory|not an executable file)$' --disk tests.img -- /room
# What else it needs is named.
printf '#!/bin/absent -x\n' >script
printf '#!/room/script\n' >script2
printf '#!/room/foreign\n' >script3
printf '#!/room/\033[31m\n' >script4
mcopy -i tests.img script script2 script3 script4 ::/room
refuses 127 'PROGRAM /room/script: its interpreter /bin/absent: no such' --disk tests.img -- /room/script
refuses 127 'PROGRAM /room/script2: its interpreter /bin/absent: no such' --disk tests.img -- /room/script2
refuses 126 'PROGRAM /room/script3: its interpreter /room/foreign: is for riscv64' --disk tests.img -- /room/script3
refuses 127 'PROGRAM /room/script4: its interpreter /room/.\[31m: no such' --disk tests.img -- /room/script4
check 'no commands to a terminal' grep -q '/room/?\[31m' err
printf 'int main(void) { return 0; }\n' >dynamic.c
gcc -Wl,--dynamic-linker=/lib/ld-absent.so -o dynamic dynamic.c && mcopy -i tests.img dynamic ::/room
refuses 127 'PROGRAM /room/dynamic: is linked dynamically; its loader /lib/ld-absent\.so: no such' --disk tests.img -- /room/dynamic
refuses 127 'PROGRAM /room/text/x: .*not a directory' --disk tests.img -- /room/text/x
for accel in $(accelerators); do
    refuses 127 'PROGRAM /no/such: ' --accel "$accel" --disk tests.img -- /no/such
    refuses 126 'PROGRAM /room/text: ' --accel "$accel" --disk tests.img -- /room/text
    refuses 125 'holds no file system' --accel "$accel" --disk blank.img
done
refuses 125 'neither /sbin/init nor /sbin/hello' --disk tests.img
refuses 125 'PROGRAM is empty' --disk tests.img -- ''

# ---- commands ----

run 125 "$lvmm" && check 'no command' grep -q '^lvmm: no command; try' err
run 125 "$lvmm" '' && check 'an empty command' grep -q '^lvmm: the command is empty' err
run 125 "$lvmm" --disk=hello.img run && check 'an option before its command' \
    grep -q '^lvmm: --disk=hello.img: is an option of run: lvmm run --disk=hello.img \.\.\.$' err
run 125 "$lvmm" doctor --verbose && check 'an option of another command' grep -q '^lvmm: --verbose: is an option of run' err
run 125 "$lvmm" fly && check 'an unknown command' grep -q '^lvmm: fly: unknown command' err
run 125 "$lvmm" help fly && check 'help for an unknown command' grep -q '^lvmm: fly: unknown command' err
run 125 "$lvmm" help run run && check 'help for two commands' grep -q '^lvmm: run: unexpected argument' err
run 125 "$lvmm" version 2 && check 'version of something' grep -q '^lvmm: 2: unexpected argument' err
for words in --version version 'run --version'; do
    # shellcheck disable=SC2086
    run 0 "$lvmm" $words && check "$words" grep -q '^lvmm [0-9]' out
done
for words in --help help 'help help'; do
    # shellcheck disable=SC2086
    run 0 "$lvmm" $words && check "$words names each command" sh -c '
        for c in run doctor help version; do grep -q "^  $c" out || exit 1; done'
done
for words in 'run --help' 'help run'; do
    # shellcheck disable=SC2086
    run 0 "$lvmm" $words && check "$words names each option" sh -c '
        for o in kernel disk pflash memory cpus append accel arch unmapped verbose timeout timeline trace trace-raw trace-file stats; do
            grep -q -e "--$o" out || exit 1
        done'
done
run 0 "$lvmm" help doctor && check 'help doctor' grep -q '^Usage: lvmm doctor' out
for words in help doctor version; do
    status=0
    "$lvmm" $words >/dev/full 2>err || status=$?
    check "$words to a full device" [ $status = 125 ]
    check "$words to a full device: why" grep -q '^lvmm: standard output .*No space left' err
done

# ---- doctor ----

run 0 "$lvmm" doctor && check 'doctor' grep -q '^KVM ' out
check 'doctor: what runs x86_64 guests, with which kernel' grep -Eq "^guest x86_64 +yes  by (KVM|TCG), with the kernel $kernel\$" out
check 'doctor: each ISA' sh -c 'for i in x86_64 aarch64 riscv64 loongarch64; do
    grep -Eq "^guest $i +(yes|no)  " out || exit 1; done'
PATH=/nowhere "$lvmm" doctor >out
check 'doctor: what to install' grep -Eq '^guest riscv64 +no .*apt-get install qemu-system-misc' out
# An lvmm alone: the last line says so too.
run 0 sh -c 'cp "$1" alone && ./alone doctor' sh "$lvmm"
check 'doctor: no kernel' grep -Eq '^guest x86_64 +no   by (KVM|TCG), but no guest kernel' out
check 'doctor: no kernel, in the end' sh -c "tail -n 1 out | grep -Eq '^x86_64 guests run here, by (KVM|TCG), with --kernel FILE'"

finish
