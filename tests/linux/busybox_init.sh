#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# /init of the stock kernels that run in our machines (initrd.sh packs it). The kernel hands words of its command line on as
# variables: proof=none, disk (with mib=, how much, and sum=, the MD5 that it has), shell; end=poweroff, reboot, panic. What
# holds is told in lines "LINUX-PROOF: ..." on the console, and what doesn't in "LINUX-PROOF: failed: ...".
export PATH=/bin HOME=/ TERM="${TERM:-linux}"
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
. /pattern.sh

say() {
    echo "LINUX-PROOF: $*"
}

# Waits until the console has sent all of it, which the end of the machine doesn't.
drain() {
    stty -echo
}

failed() {
    say "failed: $*"
    drain
    poweroff -f
}

insert_modules() {
    for module in $(cat /modules/order); do
        insmod "/modules/$module.ko" || failed "insmod $module"
    done
}

# Drivers find their devices behind our back.
wait_for_disk() {
    tries=100
    until [ -b /dev/vda ]; do
        [ $tries -gt 0 ] || failed 'there is no /dev/vda'
        tries=$((tries - 1))
        sleep 0.1
    done
}

# sectors FIELD, of /sys/block/vda/stat: 3, how many were read, or 7, written
sectors() {
    awk -v n="$1" '{ print $n }' /sys/block/vda/stat
}

prove_disk() {
    mkdir -p /mnt
    wait_for_disk
    mount -t ext4 /dev/vda /mnt || failed 'mount'
    say "the host's file says: $(cat /mnt/from-host)"
    pattern "$mib" >/mnt/proof || failed 'write'
    sync
    [ "$(sectors 7)" -ge $((mib * 2048)) ] || failed "$(sectors 7) sectors were written"
    echo 3 >/proc/sys/vm/drop_caches
    before=$(sectors 3)
    read -r got _ <<GOT
$(md5sum </mnt/proof)
GOT
    [ "$got" = "$sum" ] || failed "the MD5 of what is read is $got, not $sum"
    [ $(($(sectors 3) - before)) -ge $((mib * 2048)) ] || failed "$(($(sectors 3) - before)) sectors were read"
    umount /mnt || failed 'umount'
    say "$mib MiB written, and read back from the disk"
}

read -r _ _ release _ </proc/version
say "Linux $release, $(uname -m)"
say "$(grep -c '^processor' /proc/cpuinfo) CPUs, online $(cat /sys/devices/system/cpu/online)"
say "$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo) KiB of memory"
case $proof in
none) ;;
disk)
    insert_modules
    prove_disk
    ;;
shell) setsid cttyhack sh -i ;;
*) failed "no such proof: $proof" ;;
esac
say done
drain
case $end in
reboot) reboot -f ;;
panic) echo c >/proc/sysrq-trigger ;;
*) poweroff -f ;;
esac
