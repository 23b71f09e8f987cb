# SPDX-License-Identifier: Apache-2.0
# Checks of the sources themselves: `make lint` runs these alone. Words in CHECKS as in tests/build.mk.

SOURCES := $(sort $(shell find $(wildcard vmm devices boot kvmarch guest-kernel payload tests ci) -name '*.[ch]'))
# What is the same on every ISA is looked at with the flags of one of them; what is an ISA's own, with its own.
STYLE_ISA := $(firstword $(filter $(HOST_ISA),$(ISAS)) $(ISAS))
GUEST_SRCS := $(filter %.c,$(GK_SRCS)) guest-kernel/vdso/vdso.c
arch_srcs = $(wildcard guest-kernel/arch/$(1)/*.c guest-kernel/arch/$(1)/vdso/*.c)
gkernel_srcs = $(if $(filter $(1),$(GKERNEL_ISAS)),payload/gkernel/$(1).c)
NO_ERRORS := $(filter-out -Werror,$(WARN))
guest_flags = $(filter-out -MMD -MP $(WARN),$(GK_CFLAGS)) $(NO_ERRORS) $(GK_CFLAGS_$(1)) -Iguest-kernel/arch/$(1)
foreign_flags = $(filter-out clang-19,$(HOST_CC_$(1))) $(HOST_CPPFLAGS)

format:
	clang-format-19 -i $(SOURCES)

# ---- clang-tidy: a file at a time, again when the file or one of its headers has changed; what it says goes to stdout ----

# How many states of a function its analyzer looks into. All it would look into by itself (225,000) takes seventeen seconds of
# eighteen, so that is for LONG, whose stamps are its own.
TIDY_NODES := 16000
TIDY_BOUND := $(if $(LONG),,-Xclang -analyzer-config -Xclang max-nodes=$(TIDY_NODES))
TIDY_DIR := $(BUILD)/tidy$(if $(LONG),-long)

# $(call tidied,PREFIX,SOURCES,OBJECT,FLAGS): a source PREFIX%.c is looked at again when its object, of this pattern, is made
# again: then it or one of its headers has changed.
define tidied
ifneq ($(strip $(2)),)
TIDIED += $(addprefix $(TIDY_DIR)/,$(2))
$(addprefix $(TIDY_DIR)/,$(2)): TIDY_FLAGS = $(4)
$(addprefix $(TIDY_DIR)/,$(2)): $(TIDY_DIR)/$(1)%.c: $(3)
endif
endef
# $(call tidied_for,ISA)
define tidied_for
$(call tidied,guest-kernel/,$(call arch_srcs,$(1)),$(BUILD)/$(1)/gk/%.c.o,$$(call guest_flags,$(1)))
$(call tidied,payload/gkernel/,$(call gkernel_srcs,$(1)),$(BUILD)/$(1)/gkernel/payload/gkernel/%.c.o,$$(call guest_flags,$(1)))
$(call tidied,,$(foreach host,$(filter $(1),$(FOREIGN_HOSTS)),$(call KVMARCH_OF,$(host))),$(BUILD)/$(1)/host/%.o,$(NO_ERRORS) $$(call foreign_flags,$(1)))
endef
TIDIED :=
$(eval $(call tidied,,$(HOST_SRCS),$(BUILD)/host/%.o,$(NO_ERRORS) $(HOST_CPPFLAGS)))
$(eval $(call tidied,guest-kernel/,$(GUEST_SRCS),$(BUILD)/$(STYLE_ISA)/gk/%.c.o,$$(call guest_flags,$(STYLE_ISA))))
$(eval $(call tidied,payload/gkernel/,payload/gkernel/main.c,$(BUILD)/$(STYLE_ISA)/gkernel/payload/gkernel/%.c.o,$$(call guest_flags,$(STYLE_ISA))))
$(foreach isa,$(ISAS),$(eval $(call tidied_for,$(isa))))

$(TIDIED): $(TIDY_DIR)/%: % .clang-tidy
	@mkdir -p $(@D)
	@clang-tidy-19 --quiet $< -- $(TIDY_FLAGS) $(TIDY_BOUND) 2>$(TIDY_DIR)/$*.err || { cat $(TIDY_DIR)/$*.err; exit 1; }
	@touch $@

# In three parts, as all of it together takes longer than a check may.
TIDIED_sys := $(filter $(TIDY_DIR)/guest-kernel/sys/%,$(TIDIED))
TIDIED_fs := $(filter $(TIDY_DIR)/guest-kernel/fs/% $(TIDY_DIR)/guest-kernel/vfs/%,$(TIDIED))
TIDIED_guest := $(filter-out $(TIDIED_sys) $(TIDIED_fs),$(filter $(TIDY_DIR)/guest-kernel/%,$(TIDIED)))
TIDIED_host := $(filter-out $(TIDY_DIR)/guest-kernel/%,$(TIDIED))
TIDIES := tidy-sys tidy-fs tidy-guest tidy-host
$(TIDIES): tidy-%: $$(TIDIED_$$*)
	@echo 'ok $@: $(words $(TIDIED_$*)) files'
tidy: $(TIDIES)

# ---- the other compiler, and each header alone ----

clang-build:
	@for file in $(HOST_SRCS); do clang-19 $(WARN) -O2 $(HOST_CPPFLAGS) -fsyntax-only $$file || failed=1; done; \
	[ -z "$$failed" ] && echo 'ok clang-build: $(words $(HOST_SRCS)) files'

HOST_HEADERS = $(filter-out guest-kernel/% payload/% tests/%,$(filter %.h,$(SOURCES)))
GUEST_HEADERS = $(filter-out guest-kernel/arch/%,$(filter guest-kernel/% payload/gkernel/%,$(filter %.h,$(SOURCES)))) \
	guest-kernel/arch/arch.h
# $(call headers_alone,HEADERS,FLAGS)
headers_alone = for file in $(1); do \
	clang-19 $(2) -Werror -fsyntax-only -include $$file -x c /dev/null || failed=1; done
headers:
	@$(call headers_alone,$(HOST_HEADERS),$(WARN) $(HOST_CPPFLAGS)); \
	$(call headers_alone,$(GUEST_HEADERS),$(call guest_flags,$(STYLE_ISA))); \
	$(foreach isa,$(ISAS),$(call headers_alone,$(filter guest-kernel/arch/$(isa)/%.h,$(SOURCES)),$(call guest_flags,$(isa)));) \
	[ -z "$$failed" ] && echo 'ok headers: $(words $(HOST_HEADERS)) and $(words $(GUEST_HEADERS))'

# What cppcheck can't know: how headers of the system look (it needs none of them), and what a compiler for an ISA defines.
CPPCHECK_x86_64 := -D__x86_64__
CPPCHECK_aarch64 := -D__aarch64__
CPPCHECK_riscv64 := -D__riscv -D__riscv_xlen=64
CPPCHECK_loongarch64 := -D__loongarch__ -D__loongarch64
# $(call cppcheck,ISA,SOURCES)
cppcheck = cppcheck -q -j $(shell nproc) --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	--cppcheck-build-dir=$(BUILD)/cppcheck/$(1) --suppressions-list=ci/cppcheck.txt $(CPPCHECK_$(1)) \
	'-D_Noreturn=__attribute__((noreturn))' -I. -Iguest-kernel -Iguest-kernel/arch/$(1) $(2)
cppcheck:
	@mkdir -p $(ISAS:%=$(BUILD)/cppcheck/%)
	@$(foreach isa,$(ISAS),$(call cppcheck,$(isa),$(call arch_srcs,$(isa)) $(call gkernel_srcs,$(isa)) \
		$(foreach host,$(filter $(isa),$(FOREIGN_HOSTS)),$(call KVMARCH_OF,$(host))) $(if $(filter $(isa),$(STYLE_ISA)), \
		$(HOST_SRCS) $(GUEST_SRCS) payload/gkernel/main.c)) || failed=1;) \
	[ -z "$$failed" ] && echo 'ok cppcheck: $(words $(HOST_SRCS)) and $(words $(GUEST_SRCS)) files'

SOURCE_CHECKS := includes circles sizes openings names contracts spdx syscalls considered man
STYLE := $(TIDIES) cppcheck clang-build headers format scripts calls $(SOURCE_CHECKS)
# `make check-long` has the analyzer look into all of it.
CHECKS_LONG += $(TIDIES:%=style/%)
# Those that take longest come first, until ci/check.sh has noted how long each takes here.
LONGEST := guest/nested-kvm-% basic/nested-kvm-%
CHECKS := $(filter $(LONGEST),$(CHECKS)) $(STYLE:%=style/%) $(filter-out $(LONGEST),$(CHECKS))
# A list that came out empty is no success.
$(foreach list,SOURCES HOST_SRCS GUEST_SRCS TIDIED,$(if $($(list)),,$(error $(list) is empty)))
$(foreach t,$(TIDIES) clang-build headers cppcheck,$(eval check.style/$(t) := $(MAKE) -s -k $(t)))
check.style/calls := ci/calls.sh $(BUILD)/host $(ISAS:%=$(BUILD)/%/gk)
check.style/format := $(MAKE) -s check-format
$(foreach t,$(SOURCE_CHECKS),$(eval check.style/$(t) := ci/$(t).sh))
check.style/scripts := for s in ci/*.sh ci/*/*.sh tests/*.sh tests/*/*.sh .ci/run; do sh -n $$s || exit; echo "ok $$s"; done

check-format:
	@clang-format-19 --dry-run -Werror $(SOURCES) && echo 'ok format: $(words $(SOURCES)) files'

lint:
	@ci/setup.sh check
	@$(MAKE) -s all >/dev/null # what the objects tell
	@$(MAKE) -s lint-list | ci/check.sh $(BUILD)/lint
lint-list:
	@: $(foreach t,$(STYLE),$(info style/$(t) $(check.style/$(t))))

.PHONY: format tidy $(TIDIES) clang-build headers cppcheck check-format lint lint-list
