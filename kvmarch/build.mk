# SPDX-License-Identifier: Apache-2.0
# Only the KVM of the host itself: the other ISAs' vCPUs need their own headers. <isa>.c, and what it is helped by: <isa>_*.c.
KVMARCH_OF = kvmarch/$(1).c $(wildcard kvmarch/$(1)_*.c)
HOST_SRCS += $(call KVMARCH_OF,$(HOST_ISA))

# Other machines whose KVM lvmm knows, of those that guests are built for.
FOREIGN_HOSTS := $(filter-out $(HOST_ISA),$(filter $(patsubst kvmarch/%.c,%,$(wildcard kvmarch/*.c)),$(ISAS)))
