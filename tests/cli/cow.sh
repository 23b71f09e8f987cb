#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Disks that stay as they are: changes that are forgotten or kept in a second file, which both backends read and write;
# several VMs with one disk; partitions; images that are no raw disks.
# shellcheck disable=SC2016 # the guest's shell expands it
. "$(dirname "$0")/lib.sh"

cp --sparse=always "$build/x86_64/busybox.img" busybox.img
accels=$(accelerators)

# guest STATUS ACCEL DISK SCRIPT: the disk is /dev/vdb.
guest() {
    run "$1" "$lvmm" run --accel "$2" --timeout 60 --disk busybox.img,ro --disk "$3" -- /busybox sh -c "b=/busybox; $4"
}

head -c 3000320 /dev/urandom >data # 5860 sectors
head -c 3001 /dev/urandom >new
cp data expected
dd if=new of=expected bs=3001 seek=3 conv=notrunc 2>dd.err
write_new='$b dd of=/dev/vdb bs=3001 seek=3 conv=notrunc,fsync 2>/dev/null'

# ---- both kinds ----

# kept_by ACCEL: what is kept, for whoever comes next.
kept_by() {
    guest 0 "$1" base.img,cow=kept "$write_new" <new
    check "$1: what is kept is sparse" [ "$(du -k kept | cut -f 1)" -lt 200 ]
    check "$1: the disk is as it was" cmp base.img data
}

test_cow() {
    accel=$1
    cp data base.img
    chmod 444 base.img
    rm -f kept
    guest 0 "$accel" base.img,cow "$write_new; \$b cat /dev/vdb" <new
    check "$accel: a write is read back" cmp out expected
    check "$accel: the disk is as it was" cmp base.img data
    guest 0 "$accel" base.img,cow '$b cat /dev/vdb; $b blockdev --getro /dev/vdb >&2'
    check "$accel: changes are forgotten" cmp out data
    check "$accel: it can be written to" [ "$(cat err)" = 0 ]

    kept_by "$accel"
    for other in $accels; do
        guest 0 "$other" base.img,cow=kept '$b cat /dev/vdb'
        check "$accel: what it kept, $other finds" cmp out expected
    done
    guest 1 "$accel" base.img,cow=kept '$b dd if=/dev/zero of=/dev/vdb bs=100000'
    guest 0 "$accel" base.img,cow=kept '$b cat /dev/vdb'
    head -c 3000320 /dev/zero >zeros
    check "$accel: all of it, to the end" cmp out zeros
    check "$accel: and the disk is as it was" cmp base.img data
    chmod 644 base.img

    # The root: a FAT file system that is mounted, written, and found again.
    run 0 "$lvmm" run --accel "$accel" --disk tests.img,cow=root.kept -- /tests/storing /room
    check "$accel: the root was written" grep -q '^stored: 0$' out
    run 0 "$lvmm" run --accel "$accel" --disk hello.img,cow
    check "$accel: a root that is forgotten" grep -q '^Hello' out
    cmp hello.img "$build/x86_64/hello.img" || not_ok "$accel: hello.img was changed"
    rm -f root.kept
}

# ---- one disk, several VMs ----

test_sharing() {
    accel=$1
    cp data base.img
    rm -f one two
    hold='$b echo there; $b cat >/dev/vdb; $b sync'
    mkfifo hold1 hold2
    for i in 1 2; do
        timeout -k 5 60 "$lvmm" run --accel "$accel" --disk busybox.img,ro --disk "base.img,cow=kept$i" -- \
            /busybox sh -c "b=/busybox; $hold" <hold$i >out$i 2>err$i &
        eval "pid$i=\$!"
        eval "exec $((i + 5))>hold$i"
    done
    tries=0
    until { grep -qs there out1 && grep -qs there out2; } || [ $tries -ge 600 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    check "$accel: two VMs with one disk" [ $tries -lt 600 ]
    guest 0 "$accel" base.img,ro '$b cat /dev/vdb'
    check "$accel: and a third that reads it" cmp out data
    refuses 125 '--disk base\.img: is locked .*,cow' --accel "$accel" --disk base.img
    refuses 125 'base\.img,cow=kept1: kept1 is locked by another lvmm' --accel "$accel" --disk base.img,cow=kept1
    printf first >&6
    printf second >&7
    exec 6>&- 7>&-
    # shellcheck disable=SC2154 # set by eval
    wait "$pid1" && wait "$pid2" || not_ok "$accel: one of them failed: $(cat err1 err2)"
    guest 0 "$accel" base.img,cow=kept1 '$b head -c 6 /dev/vdb'
    check "$accel: the first one's" [ "$(head -c 5 out)" = first ]
    guest 0 "$accel" base.img,cow=kept2 '$b head -c 6 /dev/vdb'
    check "$accel: the second one's" [ "$(cat out)" = second ]
    check "$accel: the disk" cmp base.img data
    rm -f hold1 hold2 kept1 kept2
}

# ---- kill -9 ----

# Blocks are written in order, each with a flush, and then told. Each is the old or the new one, and all that were told
# of are new.
test_kill() {
    accel=$1 told=$2
    rm -f killed
    : >lines
    awk 'BEGIN { for (i = 0; i < 200; i++) printf "%4096s", "old" i }' >base.img
    "$lvmm" run --accel "$accel" --disk busybox.img,ro --disk base.img,cow=killed -- /busybox sh -c 'b=/busybox; i=0
while [ $i -lt 200 ]; do $b printf "%4096s" new$i | $b dd of=/dev/vdb bs=4096 seek=$i conv=notrunc,fsync 2>/dev/null
$b echo $i; i=$((i + 1)); done' >lines 2>err </dev/null &
    child=$!
    tries=0
    until [ "$(wc -l <lines)" -ge "$told" ] || [ $tries -ge 1200 ]; do
        tries=$((tries + 1))
        sleep 0.05
    done
    kill -KILL $child
    wait $child 2>/dev/null
    told=$(wc -l <lines)
    guest 0 "$accel" base.img,cow=killed '$b cat /dev/vdb'
    awk -v told="$told" '{
        for (i = 0; i < 200; i++) {
            block = substr($0, i * 4096 + 1, 4096)
            if (block != sprintf("%4096s", "new" i) && (i < told || block != sprintf("%4096s", "old" i))) exit 1
        }
    }' out && [ "$(wc -c <out)" = 819200 ]
    check "$accel: killed after $told blocks" [ $? = 0 ]
}

for accel in $accels; do
    test_cow "$accel"
    test_sharing "$accel"
    for told in 1 7 30; do
        test_kill "$accel" $told
    done
done

# ---- files that are something else ----

cp data base.img
rm -f kept
guest 0 auto base.img,cow=kept "$write_new" <new
refuses 125 '--disk kept: is the file of another disk.s changes; .*--disk FILE,cow=kept' --disk kept
head -c 3000832 data >larger.img
cat new new >>larger.img
truncate -s 3000832 larger.img
refuses 125 'kept is of another disk, one of 3000320 bytes and not 3000832' --disk larger.img,cow=kept
head -c 3000320 /dev/zero >other.img
refuses 125 "other\.img,cow=kept: kept is of another disk, .*: its start isn't the same" --disk other.img,cow=kept
cp --sparse=always kept short
truncate -s -1 short
refuses 125 'short has 3.* bytes, not 3.*: it was cut off' --disk base.img,cow=short
refuses 125 'hello\.img is no file of changes' --disk base.img,cow=hello.img
check 'which is as it was' cmp hello.img "$build/x86_64/hello.img"
mkdir folder
refuses 125 'base\.img,cow=folder: ' --disk base.img,cow=folder
refuses 125 'no/such/file' --disk base.img,cow=no/such/file
refuses 125 'the name of the file that keeps the changes is empty' --disk base.img,cow=
refuses 125 'base\.img,cow=base\.img: base\.img is locked' --disk base.img,cow=base.img
refuses 125 'cow,ro: give one of ,ro and ,rw and ,cow|give one of ,ro and ,rw and ,cow' --disk base.img,cow,ro
refuses 125 ',foo is not known; .*,cow .*,cow=FILE2 .*,part=N' --disk base.img,foo
refuses 125 ',part=x is not the number of a partition' --disk base.img,part=x
refuses 125 ',cow is for --disk' --kernel "$gkernel" --pflash base.img,cow
run 0 "$lvmm" run --dry-run --disk hello.img,cow=never --accel tcg
check 'a dry run makes no file' [ ! -e never ]
check 'and tells of it' grep -q 'changes go to never' out

run 0 "$lvmm" run --disk /dev/fd/8,cow=/dev/fd/9 8<hello.img 9<>kept.fd
check 'both by descriptors' grep -q '^Hello' out
check 'which keep it' [ -s kept.fd ]

# magic NAME FORMAT: a file that begins like one is none of ours in any mode.
magic() {
    truncate -s 65536 image
    for mode in '' ,ro ,cow ,cow=never; do
        refuses 125 "--disk image: is a $1 image, .*qemu-img convert -f $1 -O raw image" --disk "image$mode"
    done
    rm image
}
printf 'QFI\373\0\0\0\3' >image && magic qcow2
printf 'KDMV\1\0\0\0' >image && magic vmdk
printf 'vhdxfile' >image && magic vhdx
{ head -c 64 /dev/zero && printf '\177\020\332\276'; } >image && magic vdi
check 'and no file of changes was made' [ ! -e never ]

# ---- partitions ----

# le NUMBER: four bytes.
le() {
    # shellcheck disable=SC2059 # an escape
    printf "$(printf '\\%03o\\%03o\\%03o\\%03o' $(($1 % 256)) $(($1 / 256 % 256)) $(($1 / 65536 % 256)) $(($1 / 16777216)))"
}
# entry TYPE(octal) FIRST COUNT
entry() {
    # shellcheck disable=SC2059 # an escape
    printf "\\0\\0\\0\\0\\$1\\0\\0\\0" && le "$2" && le "$3"
}
hello_sectors=$(($(wc -c <hello.img) / 512))
# table TYPE: hello.img is partition 2, some text partition 1, of type 7.
table() {
    {
        head -c 446 /dev/zero && entry 7 8 8 && entry "$1" 2048 "$hello_sectors" && head -c 32 /dev/zero && printf '\125\252'
    } >parts.img
    truncate -s $(((2048 + hello_sectors) * 512)) parts.img
    printf 'partition one' | dd of=parts.img bs=512 seek=8 conv=notrunc 2>dd.err
    dd if=hello.img of=parts.img bs=512 seek=2048 conv=notrunc,sparse 2>dd.err
}
table 203 # Linux's
cp --sparse=always parts.img parts.orig
for accel in $accels; do
    for mode in ,ro ,cow ,cow=parts.kept ,part=2,ro ,ro,part=2 ,cow,part=2 ,part=2,cow ''; do
        run 0 "$lvmm" run --accel "$accel" --disk "parts.img$mode" &&
            check "$accel: the first Linux partition, $mode" grep -q '^Hello' out
    done
    rm -f parts.kept
    cp --sparse=always parts.orig parts.img
    guest 0 "$accel" parts.img,part=1 '$b head -c 13 /dev/vdb; $b blockdev --getsize64 /dev/vdb; $b printf PART | $b dd of=/dev/vdb conv=notrunc,fsync 2>/dev/null'
    check "$accel: a partition as a disk" [ "$(cat out)" = 'partition one4096' ]
    guest 1 "$accel" parts.img,part=1 '$b dd if=/dev/zero of=/dev/vdb bs=512 seek=8 count=1'
    cp --sparse=always parts.orig parts.expected
    printf PART | dd of=parts.expected bs=512 seek=8 conv=notrunc 2>dd.err
    check "$accel: nothing else of it was changed" cmp parts.img parts.expected
    guest 0 "$accel" parts.img,part=0,ro '$b blockdev --getsize64 /dev/vdb'
    check "$accel: all of the disk" [ "$(cat out)" = $(((2048 + hello_sectors) * 512)) ]
    cp --sparse=always parts.orig parts.img
done
refuses 125 'has no partition 3; there are: 1 \(4 KiB\), 2 \([0-9]* KiB, Linux\)' --disk parts.img,part=3
refuses 125 'has no partition table' --disk hello.img,part=1
run 0 "$lvmm" run --dry-run --disk parts.img,ro
check 'our kernel: a partition' grep -q 'bytes from 1048576 on' out
run 0 "$lvmm" run --dry-run --kernel "$gkernel" --disk parts.img,ro
check 'another kernel: all of the disk' sh -c '! grep -q "bytes from" out'
run 0 "$lvmm" run --dry-run --kernel "$gkernel" --disk parts.img,ro,part=2
check 'but for ,part=' grep -q 'bytes from 1048576 on' out
truncate -s -512 parts.img
refuses 125 "its partition 2 isn't within the disk .*,part=0 gives all" --disk parts.img
table 14 # FAT's
refuses 125 'has no Linux partition; there are: 1 .*, 2 .*; ,part=N gives one of them' --disk parts.img
run 0 "$lvmm" run --disk parts.img,part=2 && check 'by its number' grep -q '^Hello' out

left=
for process in $(pgrep -x lvmm-disk) $(pgrep -x lvmm-file); do
    [ "$(readlink "/proc/$process/cwd")" != "$scratch" ] || left="$left $process"
done
check 'no process is left' [ -z "$left" ]

finish
