# SPDX-License-Identifier: Apache-2.0
# Only the KVM of the host itself: the other ISAs' vCPUs need their own headers.
HOST_SRCS += kvmarch/$(HOST_ISA).c

# Other machines whose KVM lvmm knows, of those that guests are built for.
FOREIGN_HOSTS := $(filter-out $(HOST_ISA),$(filter $(patsubst kvmarch/%.c,%,$(wildcard kvmarch/*.c)),$(ISAS)))
