#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files of shared folders whose pages the guest has from the host (boot/abi_dax.h): what a program sees of them is what it
# sees without (--no-dax), and a file that gets shorter under it on the host is its SIGBUS, and nobody else's. Only KVM
# has such pages.
# shellcheck disable=SC2016 # the guest's shell expands it
. "$(dirname "$0")/lib.sh"

reason=$(no_kvm)
if [ -n "$reason" ]; then
    echo "skipped: share_dax: $reason" >&2
    exit 0
fi
cp --sparse=always "$build/x86_64/busybox.img" busybox.img
mcopy -i busybox.img "$build/tests/mapper" ::/mapper || not_ok 'there is no mapper'

# guest MODE OPTION SCRIPT: in the background; $! is lvmm's. OPTION may be empty.
guest() {
    # shellcheck disable=SC2086
    timeout -k 5 60 "$lvmm" run --accel kvm $2 --disk busybox.img,cow -v "folder:/mnt:$1" -- /busybox sh -c \
        "b=/busybox m='/mapper /mnt/f' d=/mnt; $3" >out 2>err &
}
says() {
    name=$1
    shift
    printf '%s\n' "$@" >expected
    same "$name" expected out
}
# Long enough to be shown by pages: 'a' everywhere.
afresh() {
    rm -rf folder && mkdir folder
    head -c 400000 /dev/zero | tr '\0' a >folder/f
}
until_there() {
    tries=0
    until [ -e "$1" ] || [ $tries = 600 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
}

# The page behind the end is gone for the program that has it mapped; the VM, and who reads the file, go on.
test_shorter() {
    kind=$1 also=${2-}
    afresh
    guest rw '' "\$m $kind get-300000 $also touch=\$d/ready until=\$d/go get-0 get-300000; echo \$?
        \$b wc -c <\$d/f; \$m $kind get-4095"
    until_there folder/ready
    truncate -s 4096 folder/f
    : >folder/go
    wait $!
    check "$kind $also: the VM ends well" [ $? = 0 ]
    says "$kind $also: SIGBUS behind the file's end" 'get-300000: a' 'get-0: a' 135 4096 'get-4095: a'
}

# What one sees of what the other writes, both ways, and by mappings and calls.
test_written() {
    option=$1
    afresh
    guest rw "$option" '$m w get-0 get-300000 put-100 write-200 get-200 touch=$d/ready until=$d/go get-300000
        $b dd if=$d/f bs=1 skip=100 count=1 2>/dev/null; echo; $m r get-100 get-200 get-399999'
    until_there folder/ready
    [ -n "$option" ] || check 'a write to a mapping is there at once' [ "$(head -c 101 folder/f | tail -c 1)" = p ]
    [ -n "$option" ] || printf h | dd of=folder/f bs=1 seek=300000 conv=notrunc 2>/dev/null
    : >folder/go
    wait $!
    check "written $option: the VM ends well" [ $? = 0 ]
    if [ -n "$option" ]; then seen=a; else seen=h; fi
    says "written $option: by all ways" 'get-0: a' 'get-300000: a' 'get-200: w' "get-300000: $seen" p 'get-100: p' \
        'get-200: w' 'get-399999: a'
    check "written $option: and it is in the file" [ "$(head -c 201 folder/f | tr -d a)" = pw ]
}

# A mapping of a file that is then written shows the copy; the file itself stays what it is.
test_cow() {
    option=$1
    afresh
    guest cow "$option" '$m r get-0 get-300000 write-300000 get-300000 get-0; $m w put-5 get-5 get-300000; $m r get-5'
    wait $!
    check "cow $option: the VM ends well" [ $? = 0 ]
    says "cow $option: the copy is seen" 'get-0: a' 'get-300000: a' 'get-300000: w' 'get-0: a' 'get-5: p' 'get-300000: w' \
        'get-5: p'
    check "cow $option: the file isn't changed" [ -z "$(tr -d a <folder/f)" ]
}

# lvmm prints a traced call's text that lies in a page of the host's.
test_traced() {
    afresh
    run 0 "$lvmm" run --accel kvm --trace --disk busybox.img,cow -v folder:/mnt:ro -- /mapper /mnt/f r get-300000 &&
        check 'traced: what is mapped is read' grep -q 'get-300000: a' out
    check 'traced: and the calls are told' grep -q 'mmap(' err
}

test_shorter r
test_shorter w
test_shorter w put-300000
mkdir -p folder
for option in '' --no-dax; do
    # shellcheck disable=SC2086
    run 0 "$lvmm" run --dry-run --accel kvm $option --disk busybox.img,cow -v folder:/mnt -- /busybox
    grep -Eq 'pages of their files: 0x[0-9a-f]+-0x[0-9a-f]+, of which 524288K can be written$' out
    check "--dry-run $option: tells where pages are, or that there are none" [ $? = $((${#option} > 0)) ]
done
for option in '' --no-dax; do
    test_written "$option"
    test_cow "$option"
done
test_traced
finish
