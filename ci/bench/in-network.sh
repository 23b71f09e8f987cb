#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The part of ci/bench/network.sh that runs in the nested machine, under busybox's shell: TCP to a server there, without a guest and by
# `lvmm`, by `pasta` or by `passt`. A nanosecond is an instruction, of all that runs.
#
#   in-network.sh WHO    lvmm, pasta or passt, with Linux on QEMU; /network has the files
who=$1

# pasta changes the root, which the first file system of a Linux can't have: so a folder becomes the root before.
if [ ! -e /entered ]; then
    for module in $(cat /modules-net/order); do insmod "/modules-net/$module.ko" 2>/dev/null; done
    ip link set lo up
    ip address add 10.9.0.1/24 dev dummy0 # pasta copies the settings of an interface that has a way out
    ip link set dummy0 up
    ip route add default via 10.9.0.2
    mkdir /place
    mount -t tmpfs tmpfs /place
    mv /network/* /place/
    mkdir -p /place/proc /place/sys /place/dev /place/tmp /place/etc
    cp -a /bin "$0" /place/
    for folder in proc sys dev; do mount --bind /$folder /place/$folder; done
    echo 'root:x:0:0:root:/:/bin/sh' >/place/etc/passwd
    : >/place/entered
    cd /place && mount --move . / && exec chroot . /bin/sh "/${0##*/}" "$who"
fi

cd /
set -- build
. ci/bench/lib.sh
net=/net

"$net" serve >/tmp/port &
until [ -s /tmp/port ]; do sleep 0.1; done
read -r port </tmp/port

# figures ROWS PEER COMMAND...: what it prints, to the console as well, whose log is shown when the machine doesn't come to its end.
figures() {
    rows=$1 at=$2
    shift 2
    "$@" </dev/null >/tmp/figures || exit 1
    tr -d '\r' </tmp/figures | while read -r way value; do
        case $way in # a Linux's kernel may print, too
        rtt | out | in) say "$rows/$way$at" "$value" insn | tee /dev/console ;;
        esac
    done
}
by_passt() {
    ./passt -q -1 --runas 0 -a 10.0.2.15 -n 24 -g 10.0.2.2 -s /tmp/passt || return
    PEER_ARGS=
    peer_net /tmp/passt
    NESTED=1
    export NESTED
    PEER_TRIES=1 peer_output kvm "/bench/net use 10.0.2.2 $port"
}
case $who in
lvmm)
    figures network/nested-native '' "$net" use 127.0.0.1 "$port"
    figures network/nested-kvm '' "$lvmm" run --accel kvm --allow "127.0.0.1:$port" --disk disk.img,ro -- /bench/net use 10.0.2.2 "$port"
    ;;
pasta) figures network/nested-kvm @pasta ./pasta --runas 0 --config-net -a 10.0.2.15 -n 24 -g 10.0.2.2 -- "$net" use 10.0.2.2 "$port" ;;
passt) figures network/nested-kvm-linux @passt by_passt ;;
esac
