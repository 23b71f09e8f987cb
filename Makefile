# SPDX-License-Identifier: Apache-2.0
# lvmm: `make run` shows it, `make check` tests it, `make help` lists the rest. Each folder says what it adds in its
# build.mk.

BUILD := build
HOST_ISA := $(shell uname -m)
# An ISA is there when it has a kernel.
KNOWN_ISAS := $(sort $(patsubst guest-kernel/arch/%/kernel.ld,%,$(wildcard guest-kernel/arch/*/kernel.ld)))
# The ISA of what a user and the quick loop run: the host's own.
RUN_ISA := $(firstword $(filter $(HOST_ISA),$(KNOWN_ISAS)) x86_64)
ifeq ($(MAKECMDGOALS),)
ISA ?= $(RUN_ISA)
endif
ISA ?= $(KNOWN_ISAS)
ISAS := $(ISA)
ifneq ($(filter-out $(KNOWN_ISAS),$(ISAS)),)
$(error ISA=$(ISA): guests can be for $(KNOWN_ISAS))
endif
PREFIX ?= /usr/local
DESTDIR ?=

CC := gcc
GUEST_CC := clang-19
GUEST_LD := ld.lld-19
WARN := -std=c11 -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
CFLAGS ?= -O2 -g
# The lists of system calls that are made for this ISA (vmm/build.mk).
SANDBOX_LISTS := $(BUILD)/sandbox/$(HOST_ISA)
HOST_CPPFLAGS := -D_GNU_SOURCE -I. -I$(SANDBOX_LISTS)
# Guests are hostile: what a mistake of ours could still be used for is made hard.
HARDEN := -fPIE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
HARDEN_LINK := -static-pie -Wl,-z,relro,-z,now,-z,noexecstack
HOST_CFLAGS := $(WARN) $(HOST_CPPFLAGS) -MMD -MP
# liblz4 has xxhash in it in Debian 12, and not in 13.
UNPACK_LIBS := -lz -llzma -llz4 -lxxhash -lzstd
# What most runs don't use lies behind the C library: between it and ours it would be brought into memory with them.
HOST_LIBS := -luring -lfdt -lc $(UNPACK_LIBS)

# As many jobs as there are CPUs, unless the caller said otherwise. A make below this one has our job server already.
ifeq ($(MAKELEVEL)$(filter -j% --jobserver%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif
MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:

# $(call run,WHAT) in front of a command: says in a few words what is made; V=1 shows the commands instead.
ifeq ($(V),1)
run :=
else
run = @printf '  %-6s %s\n' $(1) '$@';
endif

# $(call remember,NAME,TEXT): $(BUILD)/NAME.flags is as new as the last change of TEXT.
define remember
ifneq ($$(strip $$(file <$(BUILD)/$(1).flags)),$$(strip $(2)))
$$(shell mkdir -p $(BUILD))
$$(file >$(BUILD)/$(1).flags,$$(strip $(2)))
endif
endef

all: # the default goal; filled below

# Filled by the build.mk files: HOST_SRCS, and files that `all` and `check` need.
HOST_SRCS :=
ALL :=
CHECKS :=
include vmm/build.mk devices/build.mk boot/build.mk kvmarch/build.mk guest-kernel/build.mk payload/build.mk \
	tests/build.mk ci/build.mk ci/bench/build.mk man/build.mk

# ---- lvmm: linked statically, so that it starts without a dynamic loader and runs in an initramfs ----

HOST_OBJS := $(HOST_SRCS:%.c=$(BUILD)/host/%.o)
$(eval $(call remember,host,$(CC) $(CFLAGS) $(HOST_CFLAGS) $(HARDEN) $(HARDEN_LINK) $(HOST_LIBS) $(HOST_SRCS)))

$(BUILD)/host/%.o: %.c $(BUILD)/host.flags
	@mkdir -p $(@D)
	$(call run,CC)$(CC) $(CFLAGS) $(HOST_CFLAGS) $(HARDEN) -c $< -o $@

$(BUILD)/lvmm: $(HOST_OBJS) $(BUILD)/host.flags
	$(call run,LINK)$(CC) $(CFLAGS) $(LDFLAGS) $(HARDEN_LINK) -o $@ $(HOST_OBJS) $(HOST_LIBS)

-include $(HOST_OBJS:.o=.d)

# The same for another machine whose KVM it knows, against Debian's C library of that ISA (payload/build.mk: SYSROOT_ISA).
# $(call foreign_lvmm,ISA)
define foreign_lvmm
HOST_CC_$(1) := clang-19 --target=$(1)-linux-gnu --sysroot=$(SYSROOT_$(1))
HOST_OBJS_$(1) := $$(patsubst %.c,$(BUILD)/$(1)/host/%.o,$(filter-out $(call KVMARCH_OF,$(HOST_ISA)),$(HOST_SRCS)) $(call KVMARCH_OF,$(1)))
$$(eval $$(call remember,host-$(1),$$(HOST_CC_$(1)) $(CFLAGS) $(HOST_CFLAGS) $(HARDEN) $(HARDEN_LINK) $(HOST_LIBS) $$(HOST_OBJS_$(1))))
$(BUILD)/$(1)/host/%.o: %.c $(BUILD)/host-$(1).flags | $(SYSROOT_$(1))/stamp
	@mkdir -p $$(@D)
	$$(call run,CC)$$(HOST_CC_$(1)) $(CFLAGS) -I$(BUILD)/sandbox/$(1) $(HOST_CFLAGS) $(HARDEN) -c $$< -o $$@
$(BUILD)/$(1)/host/vmm/sandbox/lists.o: $(BUILD)/sandbox/$(1)/sandbox-lists.h
$(BUILD)/$(1)/lvmm: $$(HOST_OBJS_$(1)) $(BUILD)/host-$(1).flags
	$$(call run,LINK)$$(HOST_CC_$(1)) --ld-path=$(GUEST_LD) $(CFLAGS) $(LDFLAGS) $(HARDEN_LINK) -o $$@ $$(HOST_OBJS_$(1)) $(HOST_LIBS)
ALL += $(BUILD)/$(1)/lvmm
-include $$(HOST_OBJS_$(1):.o=.d)
endef
$(foreach isa,$(FOREIGN_HOSTS),$(eval $(call foreign_lvmm,$(isa))))

all: $(BUILD)/lvmm $(ALL)

# ---- what a user types ----

# The set-up may install the very tools that the rest is made with, so that rest is another make. For the host's ISA alone:
# others need packages to be fetched, and run slowly.
run:
	@ci/setup.sh build
	@$(MAKE) all ISA=$(RUN_ISA)
	@$(BUILD)/lvmm run --kernel $(BUILD)/$(RUN_ISA)/guest-kernel.elf --disk $(BUILD)/$(RUN_ISA)/hello.img

# A shell on the terminal; with ISA=aarch64 in a guest of that one.
SHELL_ISA := $(if $(filter command,$(firstword $(origin ISA))),$(firstword $(ISA)),$(RUN_ISA))
shell:
	@ci/setup.sh shell
	@$(MAKE) all $(BUILD)/$(SHELL_ISA)/shell.cpio ISA=$(SHELL_ISA)
	@$(BUILD)/lvmm run --kernel $(BUILD)/$(SHELL_ISA)/guest-kernel.elf --initrd $(BUILD)/$(SHELL_ISA)/shell.cpio

# What doesn't build is a test that fails, even where a program of an earlier build would do: the others are still run, and
# the last line still counts them. An ISA whose packages can't be fetched is for its own tests to tell.
check:
	@ci/setup.sh check
	@+$(call built,check-programs,$$isas); { echo "$$built"; $(MAKE) -s check-list; } | ci/check.sh $(BUILD)/check

# $(call built,PROGRAMS,ISAS): builds, and leaves in $$built a line for ci/check.sh that says whether all of it could be.
built = isas=; $(MAKE) -k all $(1) || echo 'make: see above: the tests that need it will fail' >&2; \
	for isa in $(ISAS); do [ $$isa != $(HOST_ISA) ] && [ ! -e $(BUILD)/foreign/$$isa/sysroot/stamp ] || isas="$$isas $$isa"; done; \
	if $(MAKE) -s -k all $(1) ISA="$(2)" >/dev/null 2>&1; then built='build echo ok all is built'; \
	else built='build echo not ok something does not build: see above'; fi

# What a developer runs after each change: of the host's ISA, and one place of each kind.
check-quick:
	@+$(call built,quick-programs ISA=$(RUN_ISA),$(RUN_ISA)); { echo "$$built"; $(MAKE) -s quick-list ISA=$(RUN_ISA); } | \
		ci/check.sh $(BUILD)/check-quick

# What `make check` leaves out as it takes too long: run it before a release, or overnight.
check-long:
	@ci/setup.sh check
	@+$(call built,check-programs LONG=1,$$isas); { echo "$$built"; $(MAKE) -s long-list LONG=1; } | \
		LONG=1 CHECK_TIMEOUT=7200 ci/check.sh $(BUILD)/check-long

# How many of N=30 faults, put into the sources one at a time, the tests notice. SEED=1 chooses them, after the first FROM=0.
mutate:
	@ci/mutate.sh $(or $(N),30) $(or $(SEED),1) $(or $(FROM),0)

clean:
	rm -rf $(BUILD)

help:
	@echo 'make              builds lvmm, the guest kernel, the programs and the disk images of the host ISA in $(BUILD)/'
	@echo 'make all          the same for every ISA'
	@echo 'make run          installs what is missing, builds, and runs hello in a VM'
	@echo 'make shell        the same with a shell: busybox, from an initramfs (ISA=aarch64: of that guest ISA)'
	@echo 'make check        installs what is missing, builds, and runs every test (ISA=x86_64: of that guest ISA)'
	@echo 'make check-quick  builds, and runs the unit tests and a place of each kind, for the host ISA: under a minute'
	@echo 'make check-long   what takes too long for make check: tests are run with LONG=1 in their environment'
	@echo 'make mutate       puts N=30 faults into the sources, one at a time, and tells which of them no test notices'
	@echo 'make lint         the style and include checks alone; make format: mends the layout of the sources'
	@echo 'make bench        measures, beside a peer and the budget: build/bench/results.{json,svg} (STEPS=lat: that part)'
	@echo 'make install      to $$(DESTDIR)$$(PREFIX), now $(DESTDIR)$(PREFIX); make uninstall takes it away'
	@echo 'make clean        removes $(BUILD)/'
	@echo 'Variables: CC, CFLAGS, LDFLAGS, GUEST_CC, GUEST_LD, ISA, PREFIX, DESTDIR; V=1 shows the commands.'
	@echo '  GK_DEBUG=-g gives a debugger types and variables of the guest kernel, not only lines.'
	@echo '  LTO=thin links the kernel faster, for many builds in a row (what is measured and released is LTO=full).'
	@echo '  CI=true: a test that is skipped since a program is not installed fails.'

# ---- installing ----

PLACE = $(DESTDIR)$(PREFIX)

install: all $(SYSCALLS_PAGE)
	install -d $(PLACE)/bin $(PLACE)/share/man/man1 $(PLACE)/share/man/man7 $(ISAS:%=$(PLACE)/lib/lvmm/%)
	install -m 755 $(BUILD)/lvmm $(PLACE)/bin/lvmm
	for isa in $(ISAS); do \
		install -m 644 $(BUILD)/$$isa/guest-kernel.elf $(PLACE)/lib/lvmm/$$isa/guest-kernel.elf || exit; \
	done
	install -m 644 man/lvmm.1 $(PLACE)/share/man/man1/lvmm.1
	install -m 644 man/lvmm-design.7 $(PLACE)/share/man/man7/lvmm-design.7
	install -m 644 $(SYSCALLS_PAGE) $(PLACE)/share/man/man7/lvmm-syscalls.7

uninstall:
	rm -f $(PLACE)/bin/lvmm $(PLACE)/share/man/man1/lvmm.1 $(PLACE)/share/man/man7/lvmm-design.7 \
		$(PLACE)/share/man/man7/lvmm-syscalls.7
	rm -rf $(PLACE)/lib/lvmm

.PHONY: all run shell check check-quick check-long mutate clean help install uninstall
