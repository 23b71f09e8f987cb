#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The peer as a command: ci/bench/peer-run.sh BUILD-FOLDER ACCEL INITRD [APPEND]
. "$(dirname "$0")/lib.sh"
peer_linux "$2" "$3" "${4-}" </dev/null
