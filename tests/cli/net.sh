#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The network: what --allow and -p let a guest reach and be reached by, on both backends, beside what the same program
# sees on this host. All of it is on this host's loopback.
. "$(dirname "$0")/lib.sh"

python=/usr/bin/python3
[ -x $python ] || {
    echo "missing: net: $python" >&2
    exit 0
}
cp "$root/tests/cli/net.py" .
gateway=10.0.2.2

# ---- mistakes ----

refuses 125 '--net some: ' --net some
refuses 125 '--net-log log: the guest has no network; give --net, --allow or -p with it' --net-log log
refuses 125 '-p 1:2:3:4: ' -p 1:2:3:4

# ---- what a guest sees ----

$python net.py serve >ports 2>served_err &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$scratch"' EXIT
until [ -s ports ] || ! kill -0 $server 2>/dev/null; do sleep 0.1; done
read -r tcp udp nobody nobody_udp <ports

# guest ACCEL ARGUMENT... -- ROLE ARGUMENT...
guest() {
    accel=$1
    shift
    options=
    while [ "$1" != -- ]; do
        options="$options $1"
        shift
    done
    shift
    # shellcheck disable=SC2086 # they are words
    run 0 "$lvmm" do --accel "$accel" --timeout 50 $options -- $python net.py "$@"
}

# told N: the server has told so often how many bytes have come; all of them came each time.
told() {
    tries=0
    while [ "$(wc -l <ports)" -le "$1" ] && [ $tries -lt 200 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    [ "$(tail -n +2 ports | sort -u)" = 3145728 ]
}

run 0 $python net.py use 127.0.0.1 "$tcp" "$udp" "$nobody" "$nobody_udp"
cp out expected
check 'this host itself' told 1

test_out() {
    accel=$1

    guest "$accel" --allow 127.0.0.1 --report report -- use $gateway "$tcp" "$udp" "$nobody" "$nobody_udp"
    check "$accel: sockets are as this host's" diff expected out
    check "$accel: what was sent arrives" told "$2"
    sent=$(sed -n 's/.*"network_bytes_out": \([0-9]*\),.*/\1/p' report)
    check "$accel: the report counts it: ${sent:=0}" [ "$sent" -ge 3145728 ]

    guest "$accel" --allow "127.0.0.1:$udp" --net-log log --report report -- denied $gateway "$tcp"
    printf 'denied EACCES\nelsewhere EACCES\n' >denied
    check "$accel: what isn't allowed is denied" cmp denied out
    check "$accel: and in the log" grep -q "tcp 127.0.0.1:$tcp denied" log
    check "$accel: and in the report" grep -Fq "{\"by\": \"network\", \"what\": \"tcp 127.0.0.1:$tcp\", \"times\": 1}" report
    rm -f log
    guest "$accel" -p 0:80 -- denied $gateway "$tcp"
    printf 'denied EACCES\nelsewhere ENETUNREACH\n' >denied
    check "$accel: with -p alone there is no route" cmp denied out
    guest "$accel" -- denied $gateway "$tcp"
    printf 'denied ENETUNREACH\nelsewhere ENETUNREACH\n' >denied
    check "$accel: and without a network neither" cmp denied out

    guest "$accel" --allow localhost -- resolve 10.0.2.3
    printf 'answer 0 127.0.0.1\nfound True\nnameserver 10.0.2.3\n' >answer
    check "$accel: a name is resolved" cmp answer out
}

# port PROTOCOL FILE: which one lvmm has taken for the guest's.
port() {
    sed -n "s/^lvmm: -p: port $1 of the guest is 127.0.0.1:\([0-9]*\)$/\1/p" "$2"
}

test_in() {
    accel=$1

    : >guest_out # what is in it from before isn't of this run
    "$lvmm" do --accel "$accel" --timeout 50 -p 0:8080 -p 0:5353/udp -- $python net.py listen 8080 5353 >guest_out 2>guest_err &
    pid=$!
    until grep -q up guest_out || ! kill -0 $pid 2>/dev/null; do sleep 0.1; done
    run 0 $python net.py call "$(port 8080 guest_err)" "$(port '5353\/udp' guest_err)"
    printf 'stream True\npacket True\n' >answer
    check "$accel: the host reaches published ports" cmp answer out
    wait $pid
    check "$accel: and the guest has served it" [ $? = 0 ]
    printf "inside 127.0.0.1\nup\noutside %s ('10.0.2.15', 8080)\npacket %s 50000\n" $gateway $gateway >answer
    check "$accel: beside its own loopback" cmp answer guest_out
}

# A server of Python's own for curl of this host, and curl as a guest for one of this host's and for what is forbidden.
test_http() {
    accel=$1

    : >guest_out
    (cd www && exec "$lvmm" do --accel "$accel" --timeout 50 -p 0:8000 -- $python -u -m http.server 8000) >guest_out 2>guest_err &
    pid=$!
    until grep -q Serving guest_out || ! kill -0 $pid 2>/dev/null; do sleep 0.1; done
    url=http://127.0.0.1:$(port 8000 guest_err)
    run 0 curl -sS --max-time 40 "$url/data" "$url/data" "$url/data"
    check "$accel: curl gets what a server in the guest has" cmp www/thrice out
    run 22 curl -sS --fail --max-time 40 "$url/none"
    kill $pid
    wait $pid
    check "$accel: and ends with lvmm" [ $? = 143 ]
    run 7 curl -sS "$url/data"

    run 0 "$lvmm" do --accel "$accel" --timeout 50 --allow "127.0.0.1:$web" -- curl -sS "http://$gateway:$web/data"
    check "$accel: curl in the guest gets what one of this host has" cmp www/data out
    rm -f log
    run 7 "$lvmm" do --accel "$accel" --timeout 50 --net public --deny 192.0.2.0/24 --net-log log -- \
        curl -sS http://192.0.2.7/
    check "$accel: what is forbidden it doesn't" grep -q 'tcp 192.0.2.7:80 denied' log
    run 7 "$lvmm" do --accel "$accel" --timeout 50 --net public --net-log log -- curl -sS "http://$gateway:$web/data"
    check "$accel: nor this host's, by --net public" grep -q "tcp 127.0.0.1:$web denied" log
    rm -f log
}

# Its process is killed while the guest has a connection.
test_killed() {
    accel=$1

    : >out
    "$lvmm" do --accel "$accel" --timeout 50 --allow 127.0.0.1 -- $python net.py hold $gateway "$tcp" >out 2>err &
    pid=$!
    until grep -q up out || ! kill -0 $pid 2>/dev/null; do sleep 0.1; done
    pkill -KILL -x -P $pid lvmm-net || not_ok "$accel: no process lvmm-net"
    wait $pid
    status=$?
    check "$accel: its end is told" grep -q 'the network: the serving process has ended' err
    case $accel in
    kvm)
        check "$accel: the guest goes on" [ $status = 0 ]
        printf 'up\nconnection ENETDOWN\nanother ENETDOWN\n' >answer
        check "$accel: and has errors" cmp answer out
        ;;
    *) check "$accel: the run ends" [ $status = 125 ] ;;
    esac
}

web=
if command -v curl >/dev/null; then
    mkdir www
    seq 20000 >www/data
    cat www/data www/data www/data >www/thrice
    (cd www && exec $python -u -m http.server --bind 127.0.0.1 0) >web_out 2>&1 &
    web_server=$!
    trap 'kill $server $web_server 2>/dev/null; rm -rf "$scratch"' EXIT
    until grep -q Serving web_out; do sleep 0.1; done
    web=$(sed -n 's/^Serving HTTP on .* port \([0-9]*\) .*/\1/p' web_out)
else
    echo 'missing: net: curl'
fi

runs=1
for accel in $(accelerators); do
    runs=$((runs + 1))
    test_out "$accel" $runs
    test_in "$accel"
    test_killed "$accel"
    [ -z "$web" ] || test_http "$accel"
done
exit $failed
