# SPDX-License-Identifier: Apache-2.0
# The command line and the two backends: linked into lvmm on every host.
HOST_SRCS += $(wildcard vmm/*.c vmm/*/*.c)

# The lists of system calls (vmm/sandbox/lists.h) are made by a program of ours: libseccomp is linked with that, and not with lvmm.
# Each build of lists.c waits for the header of its own ISA.
SANDBOX_RULES := $(wildcard vmm/sandbox/rules/*.c)
$(BUILD)/sandbox/make_lists: $(SANDBOX_RULES) $(wildcard vmm/sandbox/rules/*.h)
	@mkdir -p $(@D)
	$(call run,CC)$(CC) $(WARN) $(HOST_CPPFLAGS) -O1 -o $@ $(SANDBOX_RULES) -lseccomp
$(KNOWN_ISAS:%=$(BUILD)/sandbox/%/sandbox-lists.h): $(BUILD)/sandbox/%/sandbox-lists.h: $(BUILD)/sandbox/make_lists
	@mkdir -p $(@D)
	$(call run,LISTS)$< $* >$@
$(BUILD)/host/vmm/sandbox/lists.o $(BUILD)/asan/vmm/sandbox/lists.o $(BUILD)/asan-lvmm/vmm/sandbox/lists.o \
	$(BUILD)/tsan-lvmm/vmm/sandbox/lists.o $(BUILD)/tsan/vmm/sandbox/lists.o $(BUILD)/fuzz/obj/vmm/sandbox/lists.o: $(BUILD)/sandbox/$(HOST_ISA)/sandbox-lists.h
