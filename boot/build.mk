# SPDX-License-Identifier: Apache-2.0
# What lvmm knows of machines and images: linked into it on every host.
HOST_SRCS += $(wildcard boot/*.c)
