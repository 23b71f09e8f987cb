#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What makes a mistake of lvmm's hard to use for a guest, as readelf sees it: in the host's lvmm and in those built for
# other machines.
. "$(dirname "$0")/lib.sh"

for binary in "$lvmm" "$build"/*/lvmm; do
    case $binary in
    *-lvmm/lvmm) continue ;; # with sanitizers: for tests alone
    esac
    [ -x "$binary" ] || continue
    which=${binary#"$build"/}
    readelf -hlW "$binary" >headers
    readelf -dW "$binary" >dynamic
    readelf -sW "$binary" >symbols
    check "$which: its place in memory is a random one" grep -q 'Type: *DYN' headers
    check "$which: no loader" sh -c '! grep -q INTERP headers'
    check "$which: relocated data is read-only" grep -q GNU_RELRO headers
    check "$which: all of it, from the start" grep -Eq 'BIND_NOW|Flags:.* NOW' dynamic
    check "$which: no stack with code" grep -Eq "GNU_STACK.* RW " headers
    check "$which: nothing is writable and executable" sh -c '! grep -Eq "LOAD.* RWE " headers'
    check "$which: stack protector" grep -q __stack_chk_fail symbols
    check "$which: checked memory functions" grep -Eq '__(memcpy|snprintf|vsnprintf|read|strcpy)_chk' symbols
    case $(readelf -sW "$binary" | grep -c 'FUNC') in
    0) not_ok "$which: no symbols to look at" ;;
    esac
done

finish
