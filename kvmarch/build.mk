# SPDX-License-Identifier: Apache-2.0
# Only the KVM of the host itself: the other ISAs' vCPUs need their own headers.
HOST_SRCS += kvmarch/$(HOST_ISA).c
