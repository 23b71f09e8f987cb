# SPDX-License-Identifier: Apache-2.0
HOST_SRCS += $(wildcard vmm/*.c vmm/*/*.c)
