#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manual pages are what mandoc takes without a word. A page that refers to one that isn't installed, or that
# mandoc's own database doesn't know, is no fault.
set -u

cd "$(dirname "$0")/.." || exit 1
command -v mandoc >/dev/null || { echo 'not ok mandoc is not installed' && exit 1; }
failed=0
made=$(mktemp -d) && trap 'rm -r "$made"' EXIT
man/syscalls.sh >"$made/lvmm-syscalls.7"
for page in man/*.[1-8] "$made/lvmm-syscalls.7"; do
    said=$(mandoc -Tlint "$page" 2>&1 | grep -vE 'referenced manual not found|outdated mandoc.db')
    if [ -z "$said" ] && [ -s "$page" ]; then
        echo "ok ${page##*/}"
    else
        echo "$said"
        echo "not ok ${page##*/}"
        failed=1
    fi
done
exit $failed
