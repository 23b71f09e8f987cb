#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs, in the tree, busybox's tests of the applets that are named, and those folders of the shell's that are (ash-NAME). As
# Debian does when it builds busybox: without tests that are known to fail and those that ask the network.
export LANG=C.UTF-8 LC_ALL=C.UTF-8 SKIP_KNOWN_BUGS=y SKIP_INTERNET_TESTS=y SHELL=/bin/sh
applets='' folders=''
for name; do
    case $name in
    ash-*) folders="$folders $name" ;;
    *) applets="$applets $name" ;;
    esac
done
[ -z "$applets" ] || (cd /suite/testsuite && sh ./runtest $applets) 2>&1
[ -z "$folders" ] || (cd /suite/shell/ash_test && sh ./run-all $folders) 2>&1
echo '@@ end'
