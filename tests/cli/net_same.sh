#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The network, one piece of its semantics after another: a program sees the same of a server of this host whether it runs
# on the host or in a guest. In a network namespace of its own, with routes of each kind and nothing but loopback.
case ${1-} in
inside) shift ;;
*)
    reason=$(unshare -rn sh -c 'PATH=$PATH:/sbin:/usr/sbin && ip link set lo up' 2>&1) ||
        { echo "skipped: net_same: nobody here may make a network namespace: $reason" && exit 77; }
    exec unshare -rn sh "$0" inside
    ;;
esac
. "$(dirname "$0")/lib.sh"

python=/usr/bin/python3
[ -x $python ] || {
    echo "missing: net_same: $python" >&2
    exit 0
}
cp "$root/tests/cli/net_same.py" "$root/tests/cli/net_same_serve.py" .
PATH=$PATH:/sbin:/usr/sbin
ip link set lo up
ip addr add 192.0.2.1/32 dev lo
ip route add default dev lo
ip route add unreachable 198.51.100.0/28
ip route add prohibit 198.51.100.16/28
ip route add blackhole 198.51.100.32/28
ip -6 addr add 2001:db8::1/128 dev lo
ip -6 route add default dev lo
ip -6 route add unreachable 2001:db8:1::/64
ip -6 route add prohibit 2001:db8:2::/64
echo 0 0 >/proc/sys/net/ipv4/ping_group_range

$python net_same_serve.py 127.0.0.1 >ports4 2>served_err &
server4=$!
$python net_same_serve.py ::1 >ports6 2>>served_err &
server6=$!
trap 'kill $server4 $server6 2>/dev/null; rm -rf "$scratch"' EXIT
until { [ -s ports4 ] && [ -s ports6 ]; } || ! kill -0 $server4 || ! kill -0 $server6; do sleep 0.1; done

# compare ACCEL HOST GUEST PORTS PART...: the parts on this host, where the server is at HOST, and in a guest, to which
# that is GUEST.
compare() {
    accel=$1 host=$2 guest=$3 ports=$4
    shift 4
    # shellcheck disable=SC2046 # they are four words
    run 0 $python net_same.py "$host" $(cat "$ports") "$@"
    cp out expected
    # shellcheck disable=SC2046
    run 0 "$lvmm" do --accel "$accel" --timeout 50 --net all -- $python net_same.py "$guest" $(cat "$ports") "$@"
    check "$accel: $host: $*" diff expected out
}

for accel in $(accelerators); do
    case $accel in
    kvm)
        compare kvm 127.0.0.1 10.0.2.2 ports4 bind connect ends linger urgent flags full
        compare kvm 127.0.0.1 10.0.2.2 ports4 datagrams burst many info ping routes
        compare kvm ::1 fd00:6c76:6d6d::2 ports6 connect ends urgent datagrams info ping routes six
        ;;
    *) compare "$accel" 127.0.0.1 10.0.2.2 ports4 connect ends urgent datagrams ;;
    esac
    # shellcheck disable=SC2046
    run 0 "$lvmm" do --accel "$accel" --timeout 50 --net all -- $python net_same.py 10.0.2.2 $(cat ports4) device
    check "$accel: eth0" diff "$root/tests/cli/net_same_device.txt" out
done
exit $failed
