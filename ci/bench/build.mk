# SPDX-License-Identifier: Apache-2.0
# `make bench`: programs of its own (payload/bench), a disk with them, and what measures.

BENCH := $(BUILD)/x86_64/bench
BENCH_PROGRAMS := $(addprefix $(BENCH)/,lat cpus disk files mixed net sequential server spawn init commands)
STEPS ?=

$(BENCH)/lat: $(wildcard payload/bench/lat*.c) payload/bench/lat.h
$(BENCH)/cpus: payload/bench/cpus.c
$(BENCH)/disk: payload/bench/disk.c
$(BENCH)/files: payload/bench/files.c
$(BENCH)/mixed: payload/bench/mixed.c
$(BENCH)/net: payload/bench/net.c
$(BENCH)/sequential: payload/bench/sequential.c
$(BENCH)/server: payload/bench/server.c
$(BENCH)/spawn: payload/bench/spawn.c
$(BENCH)/init: payload/bench/init.c payload/bench/machine.c payload/bench/machine.h
$(BENCH)/commands: payload/bench/commands.c payload/bench/machine.c payload/bench/machine.h
$(BENCH)/timed: ci/bench/timed.c
$(BENCH)/counter: ci/bench/counter.c
$(BENCH_PROGRAMS) $(BENCH)/timed $(BENCH)/counter: ci/bench/build.mk
	@mkdir -p $(@D)
	$(call run,MUSL)$(MUSL_CC_x86_64) $(PAYLOAD_CFLAGS) -static -s -pthread -o $@ $(filter %.c,$^)

# With the malloc that Debian's programs have.
$(BENCH)/heap: payload/bench/heap.c ci/bench/build.mk
	@mkdir -p $(@D)
	$(call run,CC)gcc $(PAYLOAD_CFLAGS) -static -s -o $@ $<

# A plugin of the host's QEMU.
$(BUILD)/bench/insns.so: ci/bench/insns.c ci/bench/build.mk
	@mkdir -p $(@D)
	$(call run,CC)$(CC) -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -Wshadow -shared -fPIC -o $@ $<

# To read and to write, and not zero.
$(BENCH)/data: SIZE := 16M
$(BENCH)/big: SIZE := 64M
$(BENCH)/data $(BENCH)/big:
	@mkdir -p $(@D)
	$(call run,DATA)head -c $(SIZE) /dev/zero | tr '\0' d >$@

$(BENCH)/disk.img: $(BENCH_PROGRAMS) $(BENCH)/data
	$(call fat_image,bench,bench,$^)

# Twice as large as fat_image makes it.
$(BENCH)/big.img: $(BENCH)/mixed $(BENCH)/heap $(BENCH)/big
	$(call run,IMAGE)rm -f $@ && truncate -s 128M $@ && mkfs.fat --invariant -F 32 -n LVMM $@ >/dev/null && \
	mmd -i $@ ::/bench && mcopy -m -i $@ $^ ::/bench/

# The other ISAs' own: a server on a disk.
# $(call foreign_bench,ISA)
define foreign_bench
$(BUILD)/$(1)/bench/server: payload/bench/server.c ci/bench/build.mk | $(SYSROOT_$(1))/stamp
	@mkdir -p $$(@D)
	$$(call run,MUSL)$(MUSL_CC_$(1)) $(PAYLOAD_CFLAGS) -static -s -o $$@ $(MUSL_START_$(1)) $$<
$(BUILD)/$(1)/bench/server.img: $(BUILD)/$(1)/bench/server
	$$(call fat_image,bench,bench,$$^)
endef
FOREIGN_ISAS := $(filter-out x86_64,$(ISAS))
$(foreach isa,$(FOREIGN_ISAS),$(eval $(call foreign_bench,$(isa))))

bench:
	@ci/setup.sh bench
	@$(MAKE) all bench-programs
	@ci/bench/run.sh $(BUILD) $(STEPS)

bench-programs: $(BUILD)/bench/insns.so $(BENCH)/disk.img $(BENCH)/big.img $(BENCH)/timed $(BENCH)/counter \
	$(FOREIGN_ISAS:%=$(BUILD)/%/bench/server.img)

.PHONY: bench bench-programs
