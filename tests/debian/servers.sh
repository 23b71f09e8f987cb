#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Debian's servers in the guest, used from this host by its own clients through published ports, each for a bounded number of
# requests: servers/NAME.server is what the guest runs, servers/NAME.client what this machine's Linux does, in a tree of the same
# packages (chroot), with the port and what more it needs as arguments. Both say "ok ..." or "not ok ...".
#
#   tests/debian/servers.sh ACCEL NAME...    all: every one
#
# In the environment: CPUS, of the guest, default: 2; TIMEOUT, the seconds that each has.
set -eu

cd "$(dirname "$0")/../.."
. tests/offers.sh
. tests/as_linux.sh
accel=$1 isa=$(uname -m)
shift
offered_accel "$accel" "$isa"
PATH=$PATH:/usr/sbin:/sbin
offered_tools cpio zstd unshare mke2fs
case $isa in
riscv64) suite=trixie ;;
*) suite=bookworm ;;
esac
folder=build/$isa/debian-servers-$suite
SUITE=$suite ci/rootfs.sh "$isa" "$folder" dash coreutils diffutils sed grep util-linux nginx-light curl wrk redis-server redis-tools \
    postgresql openssh-server openssh-client iperf3 || exit

scratch=$(mktemp -d)
guest=
trap '[ -z "$guest" ] || kill $guest 2>/dev/null || :; rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mke2fs -q -F -t ext4 -d "$folder/tree" "$scratch/disk" 2G
failed=0

said() {
    tail -qn 15 "$@" | sed 's/^/    /'
    failed=1
}

client() {
    in_chroot "$folder/tree" timeout "${TIMEOUT:-120}" sh -euc "$(cat tests/debian/servers/common.client "tests/debian/servers/$name.client")" sh "$@"
}

# The key of who calls, by ssh's own program: the private one goes to the client, the public one to the server.
make_key() {
    in_chroot "$folder/tree" sh -c 'ssh-keygen -q -t ed25519 -N "" -f /tmp/key && cat /tmp/key.pub /tmp/key' >"$scratch/keys"
    sed 1d "$scratch/keys" >"$scratch/key"
    sed -n 1p "$scratch/keys" >"$scratch/public"
}

# The guest's port in TEXT, as lvmm has told which one of this host it is.
port() {
    sed -n "s/^lvmm: -p: port $1 of the guest is 127.0.0.1:\([0-9]*\)$/\1/p" "$scratch/err"
}

serve() {
    : >"$scratch/out"
    : >"$scratch/err" # what is in it from before isn't of this run
    # shellcheck disable=SC2046 # words
    build/lvmm run --accel "$accel" --cpus "${CPUS:-2}" --memory 768M --timeout "${TIMEOUT:-120}" --disk "$scratch/disk,cow" \
        -p 0:8000 -e "KEY=$(cat "$scratch/public")" -- /bin/sh -euc "$(cat "tests/debian/servers/$name.server")" \
        </dev/null >"$scratch/out" 2>"$scratch/err" &
    guest=$!
    until [ -n "$(port 8000)" ] || ! kill -0 $guest 2>/dev/null; do sleep 0.1; done
}

make_key

one() {
    local status=0
    name=$1
    serve
    client "$(port 8000)" "$(cat "$scratch/key")" >"$scratch/client" 2>&1 || status=$?
    grep -E '^(ok|not ok) ' "$scratch/client" || :
    # As many as it has checks: one that says nothing has failed, too.
    if [ $status != 0 ] || [ "$(grep -c '^ok ' "$scratch/client")" != "$(grep -c '^check ' "tests/debian/servers/$name.client")" ]; then
        echo "not ok $name: the client ended with status $status, and not all of its checks are ok"
        said "$scratch/client" "$scratch/out" "$scratch/err"
    fi
    kill $guest 2>/dev/null || :
    status=0
    wait $guest || status=$?
    guest=
    # Who was asked to end by its client has 0.
    if [ $status = 143 ] || [ $status = 0 ]; then
        echo "ok $name: it ends"
    else
        echo "not ok $name: lvmm ended with status $status"
        said "$scratch/err"
    fi
}

[ "$*" != all ] || set -- nginx redis postgresql sshd iperf3
for server; do one "$server"; done
exit $failed
