# SPDX-License-Identifier: Apache-2.0
# pattern.sh - bytes that tell their place, for a disk: 8 bytes of which no two are the same, over and over. Sourced by the guest's
# shell and by the host's, which compare. POSIX sh.
# shellcheck shell=sh

# pattern MIB: so many MiB, 74 at most, to stdout. A line has the number of the line in its MiB, written in ten characters that
# belong to the MiB.
pattern() {
    lines=$(mktemp)
    seq 1000000 1131071 >"$lines"
    characters='0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#%&()*+,./:;<=>?@_{|}~'
    i=0
    while [ $i -lt "$1" ]; do
        tr 0-9 "$(printf %s "$characters" | cut -c $((i + 1))-$((i + 10)))" <"$lines" || return
        i=$((i + 1))
    done
    rm "$lines"
}
