# SPDX-License-Identifier: Apache-2.0
# The tests that `make check` runs: each is a word in CHECKS, and check.WORD is its command.
#
#   tests/unit/**/*_test.c   Check suites, built with AddressSanitizer and UndefinedBehaviorSanitizer
#   tests/unit/**/*_race.c   those with threads, built with ThreadSanitizer
#   tests/fuzz/*_fuzz.c      libFuzzer targets; their seeds are in tests/fuzz/corpus/NAME/
#   tests/cli/*.sh           the command line, from outside
#   tests/bare/*.S           bare kernels that look at their machine; cli/kernels runs them
#   tests/hostile/*.c        a guest that misuses every device, on an lvmm with sanitizers (run.sh)
#   tests/ci/*.sh            the scripts in ci/ themselves
#   tests/guest/*.c          programs that run in a guest, and on the host's Linux, which says what is right
#   tests/alloc_fail/      some of them, with allocations that fail
#   tests/torture/*.c        processes and system calls at random, from seeds, on the kernel with checks (run.sh)
#   tests/busybox_suite/     busybox's own tests, from Debian's source package (run.sh)
#   tests/debian/            Debian's programs with their libraries, from an initramfs of its packages (run.sh); its servers (servers.sh)
#   tests/golang/            the tests of Go's own library, from an initramfs (run.sh)
#   tests/cpython/           CPython's own tests, from an ext4 disk (run.sh)
#   tests/screens/           Debian's full-screen programs on a terminal: each screen of them is as on this machine's Linux (run.sh)
#   tests/stress/            stress-ng on the kernel with checks, from an ext4 disk (run.sh)
#   tests/runtimes/          Debian's Node and Java: a program of ours for each, from an ext4 disk (run.sh)
#   tests/as_linux.sh        what these seven do on this machine's Linux; tests/differs.txt says what may differ, and why
#   tests/programs/*         programs of other languages and C libraries, the same way
#   tests/linux/*            Debian's Linux kernel in our machine
#
# A unit test or fuzz target names the sources that it is linked with in a line "// sources: ...", which may have wildcards.

# clang-format may have broken that line into several.
SOURCES_OF = $(wildcard $(shell awk '/^\/\/ sources:/ { on = 1 } !/^\/\// { on = 0 } on { sub("^// (sources:)?", ""); print }' $(1)))
TEST_CPPFLAGS := -D_GNU_SOURCE -I. -I$(SANDBOX_LISTS) -Iguest-kernel -Iguest-kernel/arch/x86_64
comma := ,
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# What reports need: lines and functions. TEST_DEBUG=-g tells a debugger of types and variables as well, which takes a sixth of the
# time to compile.
TEST_DEBUG ?= -g1
# Stubs and LLVMFuzzerTestOneInput have no header.
TEST_CFLAGS := $(filter-out -Wmissing-prototypes,$(WARN)) -O1 $(TEST_DEBUG) $(SANITIZE) $(TEST_CPPFLAGS) -MMD -MP
# `make check-long` has as many as fit into five minutes.
FUZZ_RUNS := 10000

comma := ,

.SECONDEXPANSION:
.PRECIOUS: $(BUILD)/asan/%.o $(BUILD)/fuzz/obj/%.o

# ---- unit ----

UNIT_TESTS := $(sort $(shell find tests/unit -name '*_test.c'))
UNIT_PROGRAMS := $(UNIT_TESTS:tests/unit/%.c=$(BUILD)/unit/%)
unit_objs = $(patsubst %.c,$(BUILD)/asan/%.o,$(1) $(call SOURCES_OF,$(1)))

$(BUILD)/asan/%.o: %.c
	@mkdir -p $(@D)
	$(call run,ASAN)$(CC) $(TEST_CFLAGS) -c $< -o $@

$(BUILD)/unit/%_test: $$(call unit_objs,tests/unit/%_test.c) $(BUILD)/asan/tests/unit/mark_point.o
	@mkdir -p $(@D)
	$(call run,LINK)$(CC) $(SANITIZE) -Wl,--wrap=_mark_point -o $@ $^ -lcheck -lsubunit -luring -lfdt $(UNPACK_LIBS) $(UNIT_LIBS) -lm -lrt -lpthread
# Lists of system calls are compared with what libseccomp makes.
$(BUILD)/unit/vmm/sandbox/rules_test: UNIT_LIBS := -lseccomp

CHECKS += $(UNIT_TESTS:tests/unit/%_test.c=unit/%)
# Those that do more with LONG.
CHECKS_LONG := $(patsubst tests/unit/%_test.c,unit/%,$(shell grep -l '^#include "tests/unit/long.h"' $(UNIT_TESTS)))
# Images of file systems lie in memory where there is a GiB of it for files: each mke2fs and e2fsck waits for a disk several times.
UNIT_TMP := $(shell [ -w /dev/shm ] && df -Pk /dev/shm | awk 'END { if ($$4 > 1048576) print "TMPDIR=/dev/shm" }')
$(foreach t,$(UNIT_TESTS),$(eval check.$(t:tests/unit/%_test.c=unit/%) := $(if $(filter tests/unit/guest-kernel/fs/%,$(t)),$(UNIT_TMP) )$(t:tests/unit/%.c=$(BUILD)/unit/%)))

# Suites with threads, tests/unit/**/*_race.c, under ThreadSanitizer instead. It takes no notice of fences, of which gcc warns.
RACE_TESTS := $(sort $(shell find tests/unit -name '*_race.c'))
RACE_PROGRAMS := $(RACE_TESTS:tests/unit/%.c=$(BUILD)/unit/%)
RACE_CFLAGS := $(filter-out $(SANITIZE),$(TEST_CFLAGS)) -fsanitize=thread -Wno-tsan
race_objs = $(patsubst %.c,$(BUILD)/tsan/%.o,$(1) $(call SOURCES_OF,$(1)))

$(BUILD)/tsan/%.o: %.c
	@mkdir -p $(@D)
	$(call run,TSAN)$(CC) $(RACE_CFLAGS) -c $< -o $@

$(BUILD)/unit/%_race: $$(call race_objs,tests/unit/%_race.c)
	@mkdir -p $(@D)
	$(call run,LINK)$(CC) -fsanitize=thread -o $@ $^ -lcheck -lsubunit -lm -lrt -lpthread

UNIT_PROGRAMS += $(RACE_PROGRAMS)
CHECKS += $(RACE_TESTS:tests/unit/%.c=unit/%)
$(foreach t,$(RACE_TESTS),$(eval check.$(t:tests/unit/%.c=unit/%) := $(t:tests/unit/%.c=$(BUILD)/unit/%)))

# ---- fuzz ----

FUZZ_TARGETS := $(sort $(wildcard tests/fuzz/*_fuzz.c))
FUZZ_PROGRAMS := $(FUZZ_TARGETS:tests/fuzz/%.c=$(BUILD)/fuzz/%)
fuzz_objs = $(patsubst %.c,$(BUILD)/fuzz/obj/%.o,$(1) $(call SOURCES_OF,$(1)))

$(BUILD)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call run,FUZZ)clang-19 $(TEST_CFLAGS) -fsanitize=fuzzer-no-link -c $< -o $@

$(BUILD)/fuzz/%_fuzz: $$(call fuzz_objs,tests/fuzz/%_fuzz.c)
	$(call run,LINK)clang-19 $(SANITIZE) -fsanitize=fuzzer -o $@ $^ -luring -lfdt $(UNPACK_LIBS) -lm -lpthread

CHECKS += $(FUZZ_TARGETS:tests/fuzz/%_fuzz.c=fuzz/%)
$(foreach t,$(FUZZ_TARGETS),$(eval check.$(t:tests/fuzz/%_fuzz.c=fuzz/%) := \
	tests/fuzz/run.sh $(t:tests/fuzz/%.c=$(BUILD)/fuzz/%) $(FUZZ_RUNS)))

# ---- programs that run in a guest ----

GUEST_TESTS := $(patsubst tests/guest/%.c,%,$(wildcard tests/guest/*.c))
# hello as a static PIE, the other kind that the loader takes. musl-gcc has no -static-pie: the link is spelled out.
PIE_FLAGS := -fPIE -nostartfiles -Wl,-pie,--no-dynamic-linker,-z,text

# 32-bit programs for x86_64 guests, tests/guest/i386/NAME.c as i386-NAME: without a library, in one segment, main is the entry.
# (A linker that makes PIEs by default can't do so with -N.)
I386_TESTS_x86_64 := $(patsubst tests/guest/i386/%.c,i386-%,$(wildcard tests/guest/i386/*.c))
I386_CC := $(if $(filter x86_64,$(HOST_ISA)),gcc -m32,$(GUEST_CC) --target=i386-linux-gnu --ld-path=$(GUEST_LD))
I386_FLAGS := -nostdlib -emain -fpie -N -no-pie -ffreestanding -fno-stack-protector $(if $(filter x86_64,$(HOST_ISA)),-Wl$(comma)--no-warn-rwx-segments)

# $(call guest_tests,ISA): its own tests are in tests/guest/ISA.
define guest_tests
GUEST_TESTS_$(1) := $(GUEST_TESTS) hello-pie omagic $(patsubst tests/guest/$(1)/%.c,%,$(wildcard tests/guest/$(1)/*.c)) $(I386_TESTS_$(1))
GUEST_TEST_CC_$(1) := $(MUSL_CC_$(1)) $(PAYLOAD_CFLAGS) -Itests/guest/$(1) -static -s -MMD -MP
$(BUILD)/$(1)/tests/guest/%: tests/guest/%.c tests/build.mk | $(SYSROOT_$(1):%=%/stamp)
	@mkdir -p $$(@D)
	$$(call run,MUSL)$$(GUEST_TEST_CC_$(1)) -o $$@ $(MUSL_START_$(1)) $$<
$(BUILD)/$(1)/tests/guest/%: tests/guest/$(1)/%.c tests/build.mk | $(SYSROOT_$(1):%=%/stamp)
	@mkdir -p $$(@D)
	$$(call run,MUSL)$$(GUEST_TEST_CC_$(1)) -o $$@ $(MUSL_START_$(1)) $$<
$(BUILD)/$(1)/tests/guest/i386-%: tests/guest/i386/%.c tests/guest/i386/bare.h tests/build.mk
	@mkdir -p $$(@D)
	$$(call run,CC)$(I386_CC) $(PAYLOAD_CFLAGS) $(I386_FLAGS) -o $$@ $$<
$(BUILD)/$(1)/tests/guest/hello-pie: payload/hello.c tests/build.mk | $(SYSROOT_$(1):%=%/stamp)
	@mkdir -p $$(@D)
	$$(call run,MUSL)$$(GUEST_TEST_CC_$(1)) $(PIE_FLAGS) -o $$@ $(foreach o,rcrt1 crti,$(MUSL_LIB_$(1))/$(o).o) $$< \
		$(MUSL_LIB_$(1))/crtn.o
$(BUILD)/$(1)/tests/guest/omagic: tests/guest/bare/omagic.c tests/build.mk | $(SYSROOT_$(1):%=%/stamp)
	@mkdir -p $$(@D)
	$$(call run,MUSL)$(MUSL_CC_$(1)) $(filter-out -Wmissing-prototypes,$(PAYLOAD_CFLAGS)) -Wno-missing-prototypes -Itests/guest/$(1) -static -s -MMD -MP \
		-nostdlib -nostartfiles -Wl,-N $(if $(SYSROOT_$(1)),,-Wl$(comma)--no-warn-rwx-segments) -o $$@ $$<
$(BUILD)/$(1)/tests.img: $$(GUEST_TESTS_$(1):%=$(BUILD)/$(1)/tests/guest/%)
	$$(call fat_image,tests room,tests,$$^)
-include $$(GUEST_TESTS_$(1):%=$(BUILD)/$(1)/tests/guest/%.d)
endef
# The host's as well, whose Linux says what is right.
$(foreach isa,$(sort $(ISAS) $(filter $(HOST_ISA),$(KNOWN_ISAS))),$(eval $(call guest_tests,$(isa))))
CHECK_PROGRAMS += $(ISAS:%=$(BUILD)/%/tests.img) $(GUEST_TESTS_$(HOST_ISA):%=$(BUILD)/$(HOST_ISA)/tests/guest/%)

# ---- busybox, as Debian builds it, and what it works on ----

BUSYBOX_DATA := $(BUILD)/busybox-data/data
$(BUSYBOX_DATA)/all.tar: tests/build.mk tests/busybox/shell.sh
	@rm -rf $(@D) && mkdir -p $(@D) && cp tests/busybox/shell.sh $(@D)/
	$(call run,DATA)cd $(@D) && seq 200 | sed 's/^/the line /' >text && sed -e 5d -e 's/ 77$$/ 78/' text >changed && \
	awk 'BEGIN { for (i = 0; i < 300; i++) print "key" i % 17, i * 7919 % 1000 }' >numbers && \
	head -c 700 numbers | gzip -n9 >bytes && gzip -nc9 text >text.gz && tar --sort=name -cf all.tar text numbers

# $(call busybox,ISA)
define busybox
$(BUILD)/$(1)/busybox: ci/foreign.sh | $(SYSROOT_$(1):%=%/stamp)
	@mkdir -p $$(@D)
	$$(call run,GET)$(if $(SYSROOT_$(1)),cp $(SYSROOT_$(1))/busybox $$@,\
		FOREIGN_DIR=$(BUILD)/foreign ci/foreign.sh get $(1) $(BUILD)/foreign/$(1)/busybox busybox-static && \
		ci/packages.sh unpack $$@.root $(BUILD)/foreign/$(1)/busybox/*.deb && \
		ci/packages.sh busybox $(1) $$@.root $$@ && rm -rf $$@.root)
$(BUILD)/$(1)/busybox.img: $(BUILD)/$(1)/busybox $(BUSYBOX_DATA)/all.tar
	$$(call fat_image,data,data,$(BUSYBOX_DATA)/*)
	@mcopy -m -i $$@ $$< ::/
$(BUILD)/$(1)/shell.cpio: $(BUILD)/$(1)/busybox ci/shell.sh | $(BUILD)/lvmm $(BUILD)/$(1)/guest-kernel.elf
	$$(call run,PACK)ci/shell.sh $(1) $$< $$@
endef
$(foreach isa,$(sort $(ISAS) $(filter $(HOST_ISA),$(KNOWN_ISAS))),$(eval $(call busybox,$(isa))))
CHECK_PROGRAMS += $(ISAS:%=$(BUILD)/%/busybox.img) $(BUILD)/$(HOST_ISA)/busybox $(filter $(BUILD)/$(HOST_ISA)/%,$(ISAS:%=$(BUILD)/%/shell.cpio))
# And of i386, for x86_64 guests.
ifneq ($(filter x86_64,$(ISAS)),)
$(eval $(call busybox,i386))
CHECK_PROGRAMS += $(BUILD)/i386/busybox.img
CHECKS += busybox/tcg-i386
check.busybox/tcg-i386 := tests/places/run.sh busybox tcg i386
endif
CHECKS := $(foreach isa,$(ISAS),busybox/tcg-$(isa)) $(if $(filter $(HOST_ISA),$(ISAS)),busybox/host-kvm) $(CHECKS)
$(foreach isa,$(ISAS),$(eval check.busybox/tcg-$(isa) := tests/places/run.sh busybox tcg $(isa)))
check.busybox/host-kvm := tests/places/run.sh busybox host-kvm $(HOST_ISA)

# Its own tests (tests/busybox_suite), some of them; `make check-long` has all.
CHECKS += $(ISAS:%=busybox/suite-tcg-%) $(if $(filter $(HOST_ISA),$(ISAS)),busybox/suite-host-kvm)
$(foreach isa,$(ISAS),$(eval check.busybox/suite-tcg-$(isa) := tests/busybox_suite/run.sh $(isa) tcg part) \
	$(eval check.busybox-long/suite-tcg-$(isa) := tests/busybox_suite/run.sh $(isa) tcg all))
check.busybox/suite-host-kvm := tests/busybox_suite/run.sh $(HOST_ISA) kvm part
check.busybox-long/suite-host-kvm := tests/busybox_suite/run.sh $(HOST_ISA) kvm all

# ---- Debian's own programs, dynamically linked, from an initramfs: all of them on the host's KVM, some on TCG, whose rest is long ----
# On one CPU as well as on several.

CHECKS += $(ISAS:%=debian/tcg-%) $(if $(filter $(HOST_ISA),$(ISAS)),debian/host-kvm)
$(foreach isa,$(ISAS),$(eval check.debian/tcg-$(isa) := CPUS=$(if $(filter $(HOST_ISA),$(isa)),1,4) tests/debian/run.sh $(isa) tcg part) \
	$(eval check.debian-long/tcg-$(isa) := CPUS=4 TIMEOUT=7000 tests/debian/run.sh $(isa) tcg all))
check.debian/host-kvm := CPUS=2 tests/debian/run.sh $(HOST_ISA) kvm all
# A compiler and make, which take long there: in `make check-long`, where they run as they do elsewhere, too.
DEBIAN_CC := $(patsubst %,debian-cc/tcg-%,$(filter x86_64 aarch64,$(ISAS))) $(if $(filter $(HOST_ISA),$(ISAS)),debian-cc/host-kvm)
$(foreach isa,$(ISAS),$(eval check.debian-cc/tcg-$(isa) := TREE=cc CPUS=4 TIMEOUT=3500 tests/debian/run.sh $(isa) tcg all))
check.debian-cc/host-kvm := TREE=cc CPUS=2 TIMEOUT=3500 tests/debian/run.sh $(HOST_ISA) kvm all
# The same root on ext4: archives, compilers and git on a disk.
DEBIAN_DISK := $(patsubst %,debian-disk/tcg-%,$(filter x86_64 aarch64,$(ISAS))) $(if $(filter $(HOST_ISA),$(ISAS)),debian-disk/host-kvm)
$(foreach isa,$(ISAS),$(eval check.debian-disk/tcg-$(isa) := TREE=disk CPUS=4 TIMEOUT=3500 tests/debian/run.sh $(isa) tcg all))
check.debian-disk/host-kvm := TREE=disk CPUS=2 TIMEOUT=3500 tests/debian/run.sh $(HOST_ISA) kvm all
# Servers that this host's clients use through published ports.
DEBIAN_SERVERS := $(if $(filter $(HOST_ISA),$(ISAS)),debian-servers/host-kvm)
check.debian-servers/host-kvm := CPUS=2 tests/debian/servers.sh kvm all

# ---- Debian's full-screen programs on a terminal of this machine ----

CHECKS += $(if $(filter $(HOST_ISA),$(ISAS)),screens/host-kvm)
check.screens/host-kvm := CPUS=2 tests/screens/run.sh $(HOST_ISA) kvm all
# QEMU's on one CPU: in `make check-long`.
SCREENS := $(patsubst %,screens/tcg-%,$(filter $(HOST_ISA) aarch64,$(ISAS)))
$(foreach isa,$(ISAS),$(eval check.screens/tcg-$(isa) := LIMIT=600 tests/screens/run.sh $(isa) tcg all))

# ---- stress-ng, from a root on ext4: the quick ones of its stressors, and all of them with LONG ----

STRESS := $(if $(filter x86_64,$(filter $(HOST_ISA),$(ISAS))),stress/host-kvm)
CHECKS += $(STRESS)
check.stress/host-kvm := CPUS=2 TIMEOUT=$(if $(LONG),3500,850) tests/stress/run.sh kvm $(if $(LONG),all,quick)
check.stress/tcg-x86_64 := CPUS=2 TIMEOUT=7000 tests/stress/run.sh tcg all

# ---- CPython's own tests, from a root on ext4: all of them long ----

CPYTHON := $(if $(filter $(HOST_ISA),$(ISAS)),cpython/host-kvm cpython/tcg-$(HOST_ISA))
check.cpython/host-kvm := CPUS=2 tests/cpython/run.sh kvm all
check.cpython/tcg-$(HOST_ISA) := tests/cpython/run.sh tcg all

# ---- Node and Java, from a root on ext4 ----

RUNTIMES := $(if $(filter x86_64,$(filter $(HOST_ISA),$(ISAS))),runtimes/host-kvm runtimes/tcg-x86_64)
check.runtimes/host-kvm := CPUS=2 tests/runtimes/run.sh kvm node java
check.runtimes/tcg-x86_64 := tests/runtimes/run.sh tcg node java

# ---- static programs of other languages and libraries: threads above all ----

GOARCH_x86_64 := amd64
GOARCH_aarch64 := arm64
GOARCH_riscv64 := riscv64
GOARCH_loongarch64 := loong64
PROGRAM_CFLAGS := -std=c11 -O2 -Wall -Wextra -Werror -static -s -pthread
# Debian's, as another in the PATH may lack the library.
RUSTC ?= $(firstword $(wildcard /usr/bin/rustc) rustc)
# rustc takes no other version's library than its own: Debian 12 has that of riscv64 and loongarch64 not. Debian's glibc and
# libstdc++ of loongarch64 need vectors (LSX) that QEMU hasn't before 8.1.
PROGRAMS := pthreads-musl goroutines commands
# clang takes no libgomp, gcc is there for the host.
PROGRAMS_x86_64 := pthreads-glibc cxx pool channels children pools openmp
PROGRAMS_aarch64 := pthreads-glibc cxx pool channels children pools
PROGRAMS_riscv64 := pthreads-glibc cxx pool
GUEST_CXX := clang++-19
# $(call cross,ISA): how clang and clang++ link for another ISA
cross = --target=$(1)-linux-gnu --sysroot=$(abspath $(SYSROOT_$(1))) --ld-path=$(GUEST_LD)
# $(call rust_cross,ISA): and rustc
RUST_STD = $(BUILD)/foreign/$(1)/rust
rust_cross = --target $(1)-unknown-linux-gnu -L $(RUST_STD)/usr/lib/rustlib/$(1)-unknown-linux-gnu/lib \
	-C linker=$(GUEST_CC) $(patsubst %,-C link-arg=%,$(call cross,$(1)))

# $(call programs,ISA)
define programs
PROGRAMS_OF_$(1) := $(addprefix $(BUILD)/$(1)/programs/,$(PROGRAMS) $(PROGRAMS_$(1)))
$(BUILD)/$(1)/programs/pthreads-musl: tests/programs/pthreads.c tests/build.mk | $(SYSROOT_$(1):%=%/stamp)
	@mkdir -p $$(@D)
	$$(call run,MUSL)$(MUSL_CC_$(1)) $(PROGRAM_CFLAGS) -o $$@ $(MUSL_START_$(1)) $$<
$(BUILD)/$(1)/programs/pthreads-glibc: tests/programs/pthreads.c tests/build.mk | $(SYSROOT_$(1):%=%/stamp)
	@mkdir -p $$(@D)
	$$(call run,CC)$(if $(SYSROOT_$(1)),$(GUEST_CC) $(call cross,$(1)),gcc) \
		$(PROGRAM_CFLAGS) -o $$@ $$<
$(BUILD)/$(1)/programs/cxx $(BUILD)/$(1)/programs/pool $(BUILD)/$(1)/programs/openmp: $(BUILD)/$(1)/programs/%: tests/programs/%.cpp tests/build.mk \
		| $(SYSROOT_$(1):%=%/stamp)
	@mkdir -p $$(@D)
	$$(call run,CXX)$(if $(SYSROOT_$(1)),$(GUEST_CXX) $(call cross,$(1)),g++) $(filter-out -std=%,$(PROGRAM_CFLAGS)) -std=c++17 \
		$$(if $$(filter openmp,$$*),-fopenmp) -o $$@ $$<
$(BUILD)/$(1)/programs/channels $(BUILD)/$(1)/programs/children $(BUILD)/$(1)/programs/pools: $(BUILD)/$(1)/programs/%: tests/programs/%.rs tests/build.mk | $(SYSROOT_$(1):%=%/stamp $(RUST_STD)/stamp)
	@mkdir -p $$(@D)
	$$(call run,RUST)$(RUSTC) -O $(if $(SYSROOT_$(1)),$(call rust_cross,$(1))) -C target-feature=+crt-static -C strip=symbols -o $$@ $$<
$(BUILD)/$(1)/programs/goroutines $(BUILD)/$(1)/programs/commands: $(BUILD)/$(1)/programs/%: tests/programs/%.go tests/build.mk
	@mkdir -p $$(@D)
	$$(call run,GO)CGO_ENABLED=0 GOOS=linux GOARCH=$(GOARCH_$(1)) GOCACHE=$(abspath $(BUILD))/go-cache GO111MODULE=off \
		go build -trimpath -ldflags '-s -w' -o $$@ $$<
$(RUST_STD)/stamp: ci/foreign.sh
	@FOREIGN_DIR=$(BUILD)/foreign ci/foreign.sh rust $(1) && touch $$@
$(BUILD)/$(1)/programs.img: $$(PROGRAMS_OF_$(1))
	$$(call fat_image,programs room,programs,$$^)
endef
$(foreach isa,$(sort $(ISAS) $(filter $(HOST_ISA),$(KNOWN_ISAS))),$(eval $(call programs,$(isa))))
CHECK_PROGRAMS += $(ISAS:%=$(BUILD)/%/programs.img) $(PROGRAMS_OF_$(HOST_ISA))
CHECKS := $(foreach isa,$(ISAS),programs/tcg-$(isa)) $(if $(filter $(HOST_ISA),$(ISAS)),programs/host-kvm) $(CHECKS)
$(foreach isa,$(ISAS),$(eval check.programs/tcg-$(isa) := CPUS=4 tests/places/run.sh programs tcg $(isa)) \
	$(eval check.programs/tcg-$(isa)-cpus1 := CPUS=1 tests/places/run.sh programs tcg $(isa)))
check.programs/host-kvm := CPUS=2 tests/places/run.sh programs host-kvm $(HOST_ISA)

# ---- the tests of Go's own library ----

# Not -trimpath: Debian's compiled library is taken as it is. The zones of package time are in its test. Go's own vet of its
# library takes a quarter of the time to build them, and says nothing of ours.
GOLANG := strings sort time sync os os/exec io bufio
# Of those, on other ISAs than the host's, what isn't computing alone.
GOLANG_LESS := time sync os os/exec
golang_of = $(if $(filter $(1),$(HOST_ISA))$(LONG),$(GOLANG),$(GOLANG_LESS))
# On several CPUs, with as many threads: a tree of its own.
GOLANG_CPUS := runtime sync sync/atomic
# What needs a network, of which lo is enough, and what waits long: by themselves in `make check-long`, on the host's ISA.
GOLANG_NET := net os/signal
GOLANG_ROOT := $(firstword $(wildcard /usr/lib/go-1.19) $(shell go env GOROOT 2>/dev/null))
# $(call golang_test,ISA,PACKAGE)
define golang_test
$(BUILD)/$(1)/golang/$(subst /,_,$(2)).test: $(wildcard $(GOLANG_ROOT)/VERSION) tests/build.mk
	@mkdir -p $$(@D)
	$$(call run,GO)cd $(GOLANG_ROOT)/src && CGO_ENABLED=0 GOOS=linux GOARCH=$(GOARCH_$(1)) GOCACHE=$(abspath $(BUILD))/go-cache \
		GOFLAGS= go test -c -vet=off -tags=timetzdata -ldflags '-s -w' -o $$(abspath $$@) $(2)
endef
# $(call golang_tree,ISA,TREE,PACKAGE...)
define golang_tree
$(BUILD)/$(1)/golang/$(2).cpio: tests/golang/tree.sh $(BUILD)/$(1)/busybox $(BUILD)/$(1)/golang/inside \
		$(foreach package,$(3),$(BUILD)/$(1)/golang/$(subst /,_,$(package)).test)
	$$(call run,PACK)tests/golang/tree.sh $(GOLANG_ROOT) $$@ $$(filter-out %.sh,$$^)
endef
# $(call golang,ISA)
define golang
$(foreach package,$(sort $(GOLANG) $(GOLANG_CPUS) $(GOLANG_NET)),$(eval $(call golang_test,$(1),$(package))))
$(BUILD)/$(1)/golang/inside: tests/golang/inside.go tests/build.mk
	@mkdir -p $$(@D)
	$$(call run,GO)CGO_ENABLED=0 GOOS=linux GOARCH=$(GOARCH_$(1)) GOCACHE=$(abspath $(BUILD))/go-cache GO111MODULE=off \
		go build -ldflags '-s -w' -o $$@ $$<
$(eval $(call golang_tree,$(1),tree,$(call golang_of,$(1))))
$(eval $(call golang_tree,$(1),cpus,$(GOLANG_CPUS)))
$(eval $(call golang_tree,$(1),net,$(GOLANG_NET)))
endef
$(foreach isa,$(sort $(ISAS) $(filter $(HOST_ISA),$(KNOWN_ISAS))),$(eval $(call golang,$(isa))))

# Where check-programs builds the rest, check-long does what few have time for: compiling them takes longer than running them.
GOLANG_ISAS := $(filter $(HOST_ISA),$(ISAS))
GOLANG_LONG_ISAS := $(filter-out $(GOLANG_ISAS),$(ISAS))
CHECK_PROGRAMS += $(patsubst %,$(BUILD)/%/golang/tree.cpio,$(sort $(GOLANG_ISAS) $(if $(LONG),$(ISAS)) $(filter $(HOST_ISA),$(KNOWN_ISAS))))
CHECK_PROGRAMS += $(patsubst %,$(BUILD)/%/golang/cpus.cpio,$(sort $(if $(LONG),$(ISAS)) $(filter $(HOST_ISA),$(KNOWN_ISAS))))
CHECKS += $(GOLANG_ISAS:%=golang/tcg-%) $(if $(filter $(HOST_ISA),$(ISAS)),golang/host-kvm)
$(foreach isa,$(ISAS),$(eval check.golang/tcg-$(isa) := $(if $(filter $(isa),$(GOLANG_LONG_ISAS)),TIMEOUT=7000) tests/golang/run.sh $(isa) tcg $(call golang_of,$(isa))))
check.golang/host-kvm := tests/golang/run.sh $(HOST_ISA) kvm $(GOLANG)
check.golang/net-host-kvm := LO_ALONE=1 TREE=net tests/golang/run.sh $(HOST_ISA) kvm $(GOLANG_NET)
CHECK_PROGRAMS += $(if $(LONG),$(patsubst %,$(BUILD)/%/golang/net.cpio,$(GOLANG_ISAS)))
# Those of the scheduler, on several CPUs: a part of them, and all that runtime.txt names in `make check-long`, there on each ISA.
CHECKS += $(if $(filter $(HOST_ISA),$(ISAS)),golang/cpus-host-kvm)
$(foreach isa,$(ISAS),$(eval check.golang/cpus-tcg-$(isa) := TREE=cpus CPUS=4 $(if $(LONG),TIMEOUT=7000) tests/golang/run.sh $(isa) tcg $(GOLANG_CPUS)))
check.golang/cpus-host-kvm := TREE=cpus CPUS=2 tests/golang/run.sh $(HOST_ISA) kvm $(GOLANG_CPUS)

# ---- the places where it must run: nested first, as it takes longest ----

NESTED_ISAS := x86_64 aarch64 riscv64
# $(call place,CHECK,PLACE,ISA,CPUS): a check that is called guest/CHECK and one that is called basic/CHECK
define place
PLACES += guest/$(1) basic/$(1)
check.guest/$(1) := CPUS=$(4) tests/places/run.sh guest $(2) $(3)
check.basic/$(1) := tests/places/run.sh basic $(2) $(3)
endef
PLACES :=
# One CPU, as guests have it unless they are told otherwise, on TCG and on this machine's KVM; two on hardware KVM, whose host has
# one for them, so that each stands still wherever it is; four on the kernel with checks.
$(foreach isa,$(filter $(NESTED_ISAS),$(ISAS)),$(eval $(call place,nested-kvm-$(isa),nested-kvm,$(isa),2)))
$(foreach isa,$(filter $(HOST_ISA),$(ISAS)),$(eval $(call place,host-kvm,host-kvm,$(isa),1)))
$(foreach isa,$(ISAS),$(eval $(call place,tcg-$(isa),tcg,$(isa),1)))
# And `make check-long` has each number on each ISA.
GUEST_CPUS := 1 2 4
$(foreach isa,$(ISAS),$(foreach n,$(GUEST_CPUS),$(eval check.guest/tcg-$(isa)-cpus$(n) := CPUS=$(n) tests/places/run.sh guest tcg $(isa))))
# On a kernel that watches itself (guest-kernel/mm/check.h), and there with allocations that fail.
CHECKS += $(CHECKED_ISAS:%=alloc_fail/%)
$(foreach isa,$(ISAS),$(eval check.alloc_fail/$(isa) := tests/alloc_fail/run.sh $(isa)))
# Random processes and system calls from a few seeds; `make check-long` has more.
TORTURE := torture calls hogs
TORTURE_SEEDS := 1 2
TORTURE_LONG_SEEDS := 1000 25
# $(call torture,ISA)
define torture
$(BUILD)/$(1)/torture/torture: tests/torture/maps.c
$(BUILD)/$(1)/torture/%: tests/torture/%.c tests/build.mk | $(SYSROOT_$(1):%=%/stamp)
	@mkdir -p $$(@D)
	$$(call run,MUSL)$(MUSL_CC_$(1)) $(PAYLOAD_CFLAGS) -I. -static -s -pthread -MMD -MP -o $$@ $(MUSL_START_$(1)) $$(filter %.c,$$^)
$(BUILD)/$(1)/torture.img: $(TORTURE:%=$(BUILD)/$(1)/torture/%)
	$$(call fat_image,room tmp torture,torture,$$^)
-include $(TORTURE:%=$(BUILD)/$(1)/torture/%.d)
endef
$(foreach isa,$(sort $(ISAS) $(filter $(HOST_ISA),$(KNOWN_ISAS))),$(eval $(call torture,$(isa))))
CHECK_PROGRAMS += $(ISAS:%=$(BUILD)/%/torture.img) $(BUILD)/$(HOST_ISA)/torture/torture
CHECKS += $(CHECKED_ISAS:%=torture/tcg-%) $(if $(filter $(HOST_ISA),$(ISAS)),torture/host-kvm)
$(foreach isa,$(ISAS),$(eval check.torture/tcg-$(isa) := tests/torture/run.sh $(isa) tcg $(TORTURE_SEEDS)) \
	$(eval check.torture-long/tcg-$(isa) := tests/torture/run.sh $(isa) tcg $(TORTURE_LONG_SEEDS)))
check.torture/host-kvm := tests/torture/run.sh $(HOST_ISA) kvm $(TORTURE_SEEDS)
check.torture-long/host-kvm := tests/torture/run.sh $(HOST_ISA) kvm $(TORTURE_LONG_SEEDS)
PLACES += $(CHECKED_ISAS:%=guest/checked-%)
CHECKS_LONG += $(patsubst %,guest/checked-%,$(filter-out $(HOST_ISA),$(ISAS)))
$(foreach isa,$(ISAS),$(eval check.guest/checked-$(isa) := CPUS=4 tests/places/run.sh checked tcg $(isa)))
# From an ext4 disk and on it, wherever that is cheapest; each test on each ISA in `make check-long`.
PLACES += $(if $(filter $(HOST_ISA),$(ISAS)),guest/ext4-$(HOST_ISA))
$(foreach isa,$(ISAS),$(eval check.guest/ext4-$(isa) := CPUS=2 tests/places/run.sh ext4 any $(isa)))
# From a shared folder and on it.
PLACES += $(if $(filter $(HOST_ISA),$(ISAS)),guest/share-$(HOST_ISA))
$(foreach isa,$(ISAS),$(eval check.guest/share-$(isa) := CPUS=2 tests/places/run.sh share any $(isa)))
# A host whose interrupt controller is older than the one that guests have elsewhere.
ifneq ($(filter aarch64,$(ISAS)),)
PLACES += basic/nested-kvm-gicv2
check.basic/nested-kvm-gicv2 := NESTED_QEMU='-M gic-version=2' NESTED_SAYS=GICv2 tests/places/run.sh basic nested-kvm aarch64
endif
# A host whose KVM has an interrupt controller.
ifneq ($(filter riscv64,$(ISAS)),)
PLACES += basic/nested-kvm-aia
check.basic/nested-kvm-aia := NESTED_QEMU='-cpu rv64,h=true,x-smaia=true,x-ssaia=true' NESTED_SAYS=AIA \
	tests/places/run.sh basic nested-kvm riscv64
endif
# A hypervisor's steps, which are riscv64's.
ifneq ($(filter riscv64,$(ISAS)),)
PLACES += steps/nested-kvm steps/tcg
check.steps/nested-kvm := tests/places/run.sh steps nested-kvm riscv64
check.steps/tcg := tests/places/run.sh steps tcg riscv64
endif
CHECKS := $(PLACES) $(CHECKS)
CHECKS += $(ISAS:%=panic/tcg-%)
$(foreach isa,$(ISAS),$(eval check.panic/tcg-$(isa) := tests/places/panic.sh $(isa)))

# ---- stock Linux ----

# Where Debian's busybox doesn't run (tests/linux/initrd.sh) /init is a program.
$(BUILD)/loongarch64/linux-init: tests/linux/init.c tests/build.mk | $(SYSROOT_loongarch64:%=%/stamp)
	@mkdir -p $(@D)
	$(call run,MUSL)$(MUSL_CC_loongarch64) $(PAYLOAD_CFLAGS) -static -s -o $@ $(MUSL_START_loongarch64) $<
CHECK_PROGRAMS += $(if $(filter loongarch64,$(ISAS)),$(BUILD)/loongarch64/linux-init)

# The MiB that go to a disk and back: 64 for the host's own ISA and with LONG, few elsewhere.
LINUX_MIB := 64
LINUX_LESS_MIB := $(if $(LONG),$(LINUX_MIB),8)
LINUX_NESTED := $(filter $(NESTED_ISAS),$(ISAS))
CHECKS := $(LINUX_NESTED:%=linux/nested-kvm-%) $(ISAS:%=linux/tcg-%) $(CHECKS)
$(foreach isa,$(ISAS),$(eval check.linux/tcg-$(isa) := tests/linux/run.sh tcg $(isa) $(if $(filter $(isa),$(HOST_ISA)),$(LINUX_MIB),$(LINUX_LESS_MIB))))
$(foreach isa,$(LINUX_NESTED),$(eval check.linux/nested-kvm-$(isa) := tests/linux/run.sh nested-kvm $(isa) $(LINUX_LESS_MIB)))
CHECKS_LONG += $(LINUX_NESTED:%=linux/nested-kvm-%) $(patsubst %,linux/tcg-%,$(filter-out $(HOST_ISA),$(ISAS)))
CHECKS += $(if $(filter aarch64,$(ISAS)),linux/gdb)
check.linux/gdb := tests/linux/gdb.sh
CHECKS += $(if $(filter x86_64,$(ISAS)),linux/shares)
check.linux/shares := tests/linux/shares.sh

# ---- the hostile guest, on an lvmm with sanitizers ----

# $(call sanitized_lvmm,NAME,FLAGS): $(BUILD)/NAME-lvmm/lvmm. gcc warns that ThreadSanitizer does not follow fences; those here are
# between us and the guest, which it does not see anyway.
define sanitized_lvmm
$(BUILD)/$(1)-lvmm/%.o: %.c tests/build.mk
	@mkdir -p $$(@D)
	$$(call run,CC)$(CC) -O1 $(TEST_DEBUG) -fno-omit-frame-pointer $(2) $(HOST_CFLAGS) -c $$< -o $$@
$(BUILD)/$(1)-lvmm/lvmm: $(HOST_SRCS:%.c=$(BUILD)/$(1)-lvmm/%.o)
	$$(call run,LINK)$(CC) $(2) -o $$@ $$^ $(HOST_LIBS)
-include $(HOST_SRCS:%.c=$(BUILD)/$(1)-lvmm/%.d)
endef
$(eval $(call sanitized_lvmm,asan,-fsanitize=address$(comma)undefined -fno-sanitize-recover=all))
$(eval $(call sanitized_lvmm,tsan,-fsanitize=thread -Wno-tsan))

HOSTILE_SRCS := $(wildcard tests/hostile/*.c) guest-kernel/lib/string.c
HOSTILE_OBJS := $(HOSTILE_SRCS:%=$(BUILD)/x86_64/hostile/%.o)
$(BUILD)/x86_64/hostile/%.c.o: %.c tests/build.mk
	@mkdir -p $(@D)
	$(call run,CC)$(GUEST_CC) $(GKERNEL_CFLAGS) $(GKERNEL_CFLAGS_x86_64) -Itests/hostile -c $< -o $@
$(BUILD)/x86_64/hostile/start.o: tests/hostile/start.S tests/build.mk
	@mkdir -p $(@D)
	$(call run,AS)$(GUEST_CC) $(GKERNEL_CFLAGS_x86_64) -c $< -o $@
HOSTILE_NOTE := $(BUILD)/x86_64/hostile/tests/hostile/note/note.c.o
$(BUILD)/x86_64/hostile-note.elf: $(HOSTILE_NOTE)
$(BUILD)/x86_64/hostile.elf $(BUILD)/x86_64/hostile-note.elf: payload/gkernel/gkernel.ld $(BUILD)/x86_64/hostile/start.o $(HOSTILE_OBJS)
	$(call run,LINK)$(GUEST_LD) -T $< --defsym=GKERNEL_BASE=0x200000 -z max-page-size=4096 -o $@ $(filter %.o,$^)
-include $(HOSTILE_OBJS:.o=.d) $(HOSTILE_NOTE:.o=.d)

# ---- bare kernels ----

$(BUILD)/x86_64/pc.elf: tests/bare/pc.S payload/gkernel/gkernel.ld tests/build.mk
	@mkdir -p $(@D)
	$(call run,AS)$(GUEST_CC) $(GKERNEL_CFLAGS_x86_64) -c $< -o $@.o
	$(call run,LINK)$(GUEST_LD) -T payload/gkernel/gkernel.ld --defsym=GKERNEL_BASE=0x100000 -z max-page-size=4096 --strip-all \
		-o $@ $@.o
CHECK_PROGRAMS += $(if $(filter x86_64,$(ISAS)),$(BUILD)/x86_64/pc.elf)

ifneq ($(filter x86_64,$(filter $(HOST_ISA),$(ISAS))),)
HOSTILE := $(BUILD)/x86_64/hostile.elf $(BUILD)/x86_64/hostile-note.elf
CHECK_PROGRAMS += $(HOSTILE) $(BUILD)/asan-lvmm/lvmm
CHECKS += hostile
check.hostile := tests/hostile/run.sh $(BUILD)/asan-lvmm/lvmm $(BUILD)/x86_64 8
# For longer, and with the other sanitizer.
CHECK_PROGRAMS += $(if $(LONG),$(BUILD)/tsan-lvmm/lvmm)
check.hostile-long := tests/hostile/run.sh $(BUILD)/asan-lvmm/lvmm $(BUILD)/x86_64 200
check.hostile-threads := tests/hostile/run.sh $(BUILD)/tsan-lvmm/lvmm $(BUILD)/x86_64 30
endif

# ---- the command line ----

# With guests of x86_64.
CLI_TESTS := $(filter-out lib lib_report,$(patsubst tests/cli/%.sh,%,$(wildcard tests/cli/*.sh)))
CHECKS += $(if $(filter x86_64,$(ISAS)),$(CLI_TESTS:%=cli/%))
$(foreach t,$(CLI_TESTS),$(eval check.cli/$(t) := ISAS='$(ISAS)' tests/cli/$(t).sh))

# ---- what tests and fetches ----

CI_TESTS := $(patsubst tests/ci/%.sh,%,$(wildcard tests/ci/*.sh))
CHECKS += $(CI_TESTS:%=ci/%)
$(foreach t,$(CI_TESTS),$(eval check.ci/$(t) := tests/ci/$(t).sh))

# A terminal and a shell on it; a kernel that lacks something; a file system that hangs; a command that is killed in the middle; and
# in guests too: some that are told of changes, one that locks files, one that maps them, and one that races.
CLI_PROGRAMS := $(addprefix $(BUILD)/tests/,pty without dnotified hangfs killat locker mapper racer watcher)
$(addprefix $(BUILD)/tests/,dnotified locker mapper racer watcher): CLI_LDFLAGS := -static
$(CLI_PROGRAMS): $(BUILD)/tests/%: tests/cli/%.c
	@mkdir -p $(@D)
	$(call run,CC)$(CC) $(filter-out -Wmissing-prototypes,$(WARN)) -D_GNU_SOURCE -O1 $(CLI_LDFLAGS) -o $@ $< -lutil
CHECK_PROGRAMS += $(CLI_PROGRAMS)

-include $(shell find $(BUILD)/asan $(BUILD)/tsan $(BUILD)/fuzz/obj -name '*.d' 2>/dev/null)

# ---- quick and long ----

# CHECKS_QUICK: words of CHECKS that `make check-quick` runs. CHECKS_LONG: checks that only `make check-long` runs; a check that
# does more when it has time may stand in both lists and look at LONG in its environment.
CHECKS_QUICK = $(filter unit/% $(addprefix style/,format $(SOURCE_CHECKS)) ci/sources cli/errors cli/streams basic/host-kvm guest/host-kvm \
	busybox/host-kvm basic/tcg-$(HOST_ISA),$(CHECKS))
QUICK_PROGRAMS := $(UNIT_PROGRAMS) $(ISAS:%=$(BUILD)/%/tests.img) $(GUEST_TESTS_$(HOST_ISA):%=$(BUILD)/$(HOST_ISA)/tests/guest/%) \
	$(ISAS:%=$(BUILD)/%/busybox.img)
CHECKS_LONG += $(patsubst %,golang/tcg-%,$(filter-out $(HOST_ISA),$(ISAS))) $(if $(HOSTILE),hostile-long hostile-threads) $(ISAS:%=torture-long/tcg-%) $(if $(filter $(HOST_ISA),$(ISAS)),torture-long/host-kvm)
CHECKS_LONG += $(ISAS:%=golang/cpus-tcg-%) $(if $(filter $(HOST_ISA),$(ISAS)),golang/cpus-host-kvm golang/net-host-kvm) $(ISAS:%=programs/tcg-%-cpus1)
CHECKS_LONG += $(DEBIAN_CC) $(DEBIAN_DISK) $(DEBIAN_SERVERS) $(SCREENS) $(CPYTHON) $(RUNTIMES) $(STRESS) $(if $(STRESS),stress/tcg-x86_64)
CHECKS_LONG += $(ISAS:%=debian-long/tcg-%)
CHECKS_LONG += $(foreach isa,$(ISAS),$(GUEST_CPUS:%=guest/tcg-$(isa)-cpus%))
CHECKS_LONG += $(patsubst %,guest/nested-kvm-%,$(filter $(NESTED_ISAS),$(ISAS)))
CHECKS_LONG += $(ISAS:%=guest/share-%)
CHECKS_LONG += $(ISAS:%=guest/ext4-%) $(if $(filter x86_64,$(ISAS)),cli/ext4_kill cli/share_hung cli/share_races cli/share_told)
CHECKS_LONG += $(ISAS:%=alloc_fail/%)
CHECKS_LONG += $(ISAS:%=busybox-long/suite-tcg-%) $(if $(filter $(HOST_ISA),$(ISAS)),busybox-long/suite-host-kvm)

# LATER: rows that `make check-long` runs alone, as make check has some 25 minutes of two CPUs and these showed nothing there that
# their neighbours hadn't: the same ISA and tests on another backend, or the same backend and tests on another ISA.
LATER := guest/nested-kvm-x86_64 guest/nested-kvm-riscv64 guest/tcg-x86_64 guest/checked-aarch64 alloc_fail/aarch64 torture/tcg-aarch64
LATER += basic/nested-kvm-gicv2 basic/nested-kvm-aia linux/nested-kvm-aarch64 linux/nested-kvm-riscv64
LATER += golang/tcg-x86_64 debian/tcg-riscv64 busybox/suite-tcg-riscv64 busybox/suite-tcg-x86_64
ifneq ($(filter $(HOST_ISA),$(ISAS)),) # on a choice of ISAs without the neighbours nothing is later
CHECKS_LONG += $(filter-out $(CHECKS_LONG),$(filter $(LATER),$(CHECKS)))
CHECKS := $(filter-out $(LATER),$(CHECKS))
endif

# Fuzzing for ten minutes a target, from other seeds than the short runs.
FUZZ_LONG_SEEDS := 2 3
$(foreach seed,$(FUZZ_LONG_SEEDS),$(foreach t,$(FUZZ_TARGETS:tests/fuzz/%_fuzz.c=%), \
	$(eval CHECKS_LONG += fuzz-long/$(t)-$(seed)) \
	$(eval check.fuzz-long/$(t)-$(seed) := FUZZ_SEED=$(seed) FUZZ_SECONDS=300 tests/fuzz/run.sh $(BUILD)/fuzz/$(t)_fuzz 100000000)))

quick-programs: $(QUICK_PROGRAMS)
fuzz-programs: $(FUZZ_PROGRAMS)
cli-programs: $(HOSTILE) $(CLI_PROGRAMS)
quick-list:
	@: $(foreach t,$(CHECKS_QUICK),$(info $(t) $(check.$(t))))
long-list:
	@: $(foreach t,$(CHECKS_LONG),$(info $(t) $(check.$(t))))

check-programs: $(UNIT_PROGRAMS) $(FUZZ_PROGRAMS) $(CHECK_PROGRAMS)
check-list:
	@: $(foreach t,$(CHECKS),$(info $(t) $(check.$(t))))

.PHONY: check-programs check-list quick-programs fuzz-programs cli-programs quick-list long-list
