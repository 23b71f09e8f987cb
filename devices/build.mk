# SPDX-License-Identifier: Apache-2.0
HOST_SRCS += $(wildcard devices/*.c devices/*/*.c)
