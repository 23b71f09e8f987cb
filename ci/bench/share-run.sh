#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Debian's Linux on QEMU with virtio-fs as a command: payload/bench/commands.c takes commands by its standard input and answers
# on its standard output; it ends once virtiofsd has, too.
#
#   ci/bench/share-run.sh BUILD-FOLDER ACCEL CACHE SOURCE
#
# CACHE is virtiofsd's: auto, its default, with which the guest looks names up anew after a second; always, with which what it has been
# told holds for a day, whatever happens on the host. SOURCE becomes virtiofsd's root: "/" itself can't.
. "$(dirname "$0")/lib.sh"
accel=$2 cache=$3 source=$4

folder=$(mktemp -d)
server=$peer/virtiofsd
"$server/ld.so" --library-path "$server" "$server/virtiofsd" --socket-path="$folder/socket" -o "source=$source" -o "cache=$cache" \
    -o log_level=err >&2 &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$folder"' EXIT
until [ -S "$folder/socket" ]; do
    kill -0 $server || exit
    sleep 0.01
done
peer_share "$folder/socket"
status=0
(peer_linux "$accel" share.cpio) || status=$?
wait $server || { echo "virtiofsd: status $?" >&2 && exit 1; }
[ $status = 1 ] # isa-debug-exit makes it so
