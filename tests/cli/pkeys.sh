#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Protection keys are there where the CPU has them, as QEMU's has: guest/pkeys_used says what they do, wherever it finds some.
. "$(dirname "$0")/lib.sh"

run 0 "$lvmm" run --accel tcg --trace=pkey_alloc --disk tests.img -- /tests/pkeys_used
check 'tcg: a key is given' grep -q 'pkey_alloc(0, 0) *= 1$' err
finish
