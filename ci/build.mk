# SPDX-License-Identifier: Apache-2.0
# Checks of the sources themselves: `make lint` runs these alone. Words in CHECKS as in tests/build.mk.

SOURCES := $(sort $(shell find $(wildcard vmm devices boot kvmarch guest-kernel payload tests ci) -name '*.[ch]'))
GUEST_SRCS := $(filter %.c,$(GK_SRCS) guest-kernel/vdso/vdso.c $(wildcard $(foreach i,$(ISAS),guest-kernel/arch/$(i)/*.c)) $(wildcard payload/gkernel/*.c))

format:
	clang-format-19 -i $(SOURCES)

# ---- clang-tidy: a file at a time, again when the file or one of its headers has changed; what it says goes to stdout ----

TIDY_WARN := $(filter-out -Werror,$(WARN))
TIDY_GUEST = $(filter-out -MMD -MP $(WARN),$(GK_CFLAGS)) $(TIDY_WARN) $(GK_CFLAGS_x86_64) -Iguest-kernel/arch/x86_64
TIDIED := $(HOST_SRCS:%=$(BUILD)/tidy/%) $(GUEST_SRCS:%=$(BUILD)/tidy/%)

$(HOST_SRCS:%=$(BUILD)/tidy/%): TIDY_FLAGS = $(TIDY_WARN) $(HOST_CPPFLAGS)
$(GUEST_SRCS:%=$(BUILD)/tidy/%): TIDY_FLAGS = $(TIDY_GUEST)
$(HOST_SRCS:%=$(BUILD)/tidy/%): $(BUILD)/tidy/%: $(BUILD)/host/$$(basename $$*).o
$(filter $(BUILD)/tidy/guest-kernel/%,$(TIDIED)): $(BUILD)/tidy/guest-kernel/%: $(BUILD)/x86_64/gk/%.o
$(TIDIED): $(BUILD)/tidy/%: % .clang-tidy
	@mkdir -p $(@D)
	@clang-tidy-19 --quiet $< -- $(TIDY_FLAGS) 2>/dev/null
	@touch $@

tidy: $(TIDIED)

# ---- the other compiler, and each header alone ----

clang-build:
	@for file in $(HOST_SRCS); do clang-19 $(WARN) -O2 $(HOST_CPPFLAGS) -fsyntax-only $$file || failed=1; done; [ -z "$$failed" ]

HOST_HEADERS = $(filter-out guest-kernel/% payload/% tests/%,$(filter %.h,$(SOURCES)))
OTHER_ISAS := $(filter-out x86_64 arch.h,$(notdir $(wildcard guest-kernel/arch/*)))
GUEST_HEADERS = $(filter-out $(addprefix guest-kernel/arch/,$(addsuffix /%,$(OTHER_ISAS))),\
	$(filter guest-kernel/% payload/gkernel/%,$(filter %.h,$(SOURCES))))
headers:
	@for file in $(HOST_HEADERS); do \
		clang-19 $(WARN) $(HOST_CPPFLAGS) -fsyntax-only -include $$file -x c /dev/null || failed=1; \
	done; \
	for file in $(GUEST_HEADERS); do \
		clang-19 $(TIDY_GUEST) -Werror -fsyntax-only -include $$file -x c /dev/null || failed=1; \
	done; [ -z "$$failed" ]

# What cppcheck can't know: how headers of the system look (it needs none of them).
cppcheck:
	@mkdir -p $(BUILD)/cppcheck
	@cppcheck -q -j $(shell nproc) --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
		--cppcheck-build-dir=$(BUILD)/cppcheck --suppressions-list=ci/cppcheck.txt -D__x86_64__ \
		-I. -Iguest-kernel -Iguest-kernel/arch/x86_64 $(HOST_SRCS) $(GUEST_SRCS)

STYLE := tidy cppcheck clang-build headers format includes spdx syscalls man scripts
CHECKS := $(STYLE:%=style/%) $(CHECKS)
$(foreach t,tidy clang-build headers cppcheck,$(eval check.style/$(t) := $(MAKE) -s -k $(t)))
check.style/format := $(MAKE) -s check-format
check.style/includes := ci/includes.sh
check.style/spdx := ci/spdx.sh
check.style/syscalls := ci/syscalls.sh
check.style/man := ! mandoc -Tlint man/*.[1-8] | grep -v 'referenced manual not found'
check.style/scripts := for s in ci/*.sh ci/*/*.sh tests/*/*.sh .ci/run; do sh -n $$s || exit; done

check-format:
	@clang-format-19 --dry-run -Werror $(SOURCES)

lint:
	@ci/setup.sh check
	@$(MAKE) -s lint-list | ci/check.sh $(BUILD)/lint
lint-list:
	@: $(foreach t,$(STYLE),$(info style/$(t) $(check.style/$(t))))

.PHONY: format tidy clang-build headers cppcheck check-format lint lint-list
