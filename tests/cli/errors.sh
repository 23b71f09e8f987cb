#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Mistakes on the command line (status 2) and files that can't be used (125): one line that names what and why.
. "$(dirname "$0")/lib.sh"

# ---- options ----

refuses 2 '--nonsense.*unknown option' --nonsense
refuses 2 '-x.*unknown option' -x
refuses 2 '--kernel.*needs a value' --kernel
refuses 2 '--verbose=1.*no value' --verbose=1
refuses 2 '--memory 12Q' --memory 12Q --disk hello.img
refuses 2 '--memory -1' --memory -1 --disk hello.img
refuses 2 "--memory '?:? *not a size|--memory : not a size" --memory '' --disk hello.img
refuses 2 '--memory.*256M' --memory 99999999999999999999 --disk hello.img
refuses 2 '--memory 1000' --memory 1000 --disk hello.img
refuses 2 '--memory' --memory 64K --disk hello.img
refuses 2 '--memory' --memory 100T --disk hello.img
refuses 2 '--cpus 0: not a number of CPUs; e.g. 2' --cpus 0 --disk hello.img
refuses 2 '--cpus 1K: not a number' --cpus 1K --disk hello.img
refuses 2 '--cpus 1000: an x86_64 guest can have from 1 to 64' --cpus 1000 --disk hello.img
refuses 2 '--accel vt-x.*auto, kvm or tcg' --accel vt-x --disk hello.img
refuses 2 '--arch pdp11' --arch pdp11 --disk hello.img
refuses 2 '--timeout soon' --timeout soon --disk hello.img
refuses 2 '--timeout -1' --timeout -1 --disk hello.img
refuses 2 '--disk.*empty' --disk '' --disk hello.img
refuses 2 '--disk.*at most' --disk hello.img --disk b --disk c --disk d --disk e --disk f --disk g --disk h

# ---- disks ----

: >empty.img
head -c 1000 /dev/zero >odd.img
mkdir folder
mkfifo fifo
head -c 65536 /dev/zero >blank.img

refuses 125 '--disk missing\.img: No such file' --disk missing.img
refuses 125 '--disk empty\.img: .*empty' --disk empty.img
refuses 125 '--disk odd\.img: .*1000 bytes.*512' --disk odd.img
refuses 125 '--disk folder: .*directory' --disk folder
refuses 125 '--disk fifo: .*pipe' --disk fifo
refuses 125 'disk' --disk blank.img
refuses 125 'disk|PROGRAM' --accel auto
if [ "$(id -u)" != 0 ]; then
    cp hello.img secret.img && chmod 000 secret.img
    refuses 125 '--disk secret\.img: Permission denied' --disk secret.img
    cp hello.img readonly.img && chmod 444 readonly.img
    refuses 125 'readonly\.img,ro' --disk readonly.img
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

# ---- programs ----

printf 'just text\n' >text
head -c 40 "$build/x86_64/payload/hello" >cut
mcopy -i tests.img text ::/room/text
mcopy -i tests.img cut ::/room/cut
refuses 127 'PROGRAM /no/such: .*[Nn]o such' --disk tests.img -- /no/such
refuses 126 'PROGRAM /room/text: ' --disk tests.img -- /room/text
refuses 126 'PROGRAM /room/cut: ' --disk tests.img -- /room/cut
{ head -c 18 cut; printf '\363\0'; tail -c +21 "$build/x86_64/payload/hello"; } >foreign # e_machine 243
mcopy -i tests.img foreign ::/room/foreign
refuses 126 'PROGRAM /room/foreign: is for riscv64, and this guest is x86_64' --disk tests.img -- /room/foreign
refuses 126 'PROGRAM /room: ' --disk tests.img -- /room
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
refuses 125 'neither /sbin/init nor /sbin/hello' --disk tests.img
refuses 2 'PROGRAM is empty' --disk tests.img -- ''

# ---- commands ----

run 2 "$lvmm" && check 'no command' grep -q '^lvmm: ' err
run 2 "$lvmm" fly && check 'an unknown command' grep -q '^lvmm: fly: unknown command' err
run 0 "$lvmm" --version && check '--version' grep -q '^lvmm [0-9]' out
run 0 "$lvmm" --help && check '--help' grep -q 'lvmm run' out
run 0 "$lvmm" run --help && check 'run --help names each option' sh -c '
    for o in kernel disk pflash memory cpus append accel arch verbose timeout timeline; do grep -q -e "--$o" out || exit 1; done'
run 0 "$lvmm" doctor && check 'doctor' grep -q '^KVM ' out

finish
