#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The part of ci/bench/sequential.sh that takes time: a step of its own, as the counts alone take as long as a step may.
exec ci/bench/sequential.sh "$1" time
