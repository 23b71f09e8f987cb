# SPDX-License-Identifier: Apache-2.0
# The devices that the KVM backend gives to guests: linked into lvmm on every host.
HOST_SRCS += $(wildcard devices/*.c devices/*/*.c)
