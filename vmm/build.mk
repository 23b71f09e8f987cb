# SPDX-License-Identifier: Apache-2.0
# The command line and the two backends: linked into lvmm on every host.
HOST_SRCS += $(wildcard vmm/*.c vmm/*/*.c)
