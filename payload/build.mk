# SPDX-License-Identifier: Apache-2.0
# What runs in a VM: programs (payload/*.c), a bare-metal kernel (payload/gkernel), and the images that they lie on.

PAYLOAD_CFLAGS := -std=gnu11 -Wall -Wextra -Werror -O2
PAYLOADS := $(patsubst payload/%.c,%,$(wildcard payload/*.c))

# The host's own musl, and for other ISAs clang with Debian's musl of that ISA (SYSROOT_ISA; lld takes symbols from an
# archive whatever its place on the command line). A program is MUSL_CC FLAGS MUSL_START SOURCE.
MUSL_CC_$(HOST_ISA) := musl-gcc
MUSL_LIB_$(HOST_ISA) := /usr/lib/$(HOST_ISA)-linux-musl

# QEMU 7.2, as in Debian 12, has no LSX.
MUSL_FLAGS_loongarch64 := -mno-lsx

# $(call foreign,ISA)
define foreign
SYSROOT_$(1) := $(BUILD)/foreign/$(1)/sysroot
MUSL_LIB_$(1) := $$(SYSROOT_$(1))/usr/lib/$(1)-linux-musl
MUSL_START_$(1) := $$(addprefix $$(MUSL_LIB_$(1))/,crt1.o crti.o crtn.o)
MUSL_CC_$(1) := $(GUEST_CC) --target=$(1)-linux-musl $(MUSL_FLAGS_$(1)) --sysroot=$$(SYSROOT_$(1)) -nostdlib -nostdlibinc \
	-isystem $$(SYSROOT_$(1))/usr/include/$(1)-linux-musl --ld-path=$(GUEST_LD) \
	$$(MUSL_LIB_$(1))/libc.a $$(SYSROOT_$(1))/libgcc.a
$$(SYSROOT_$(1))/stamp: ci/foreign.sh
	@FOREIGN_DIR=$(BUILD)/foreign ci/foreign.sh sysroot $(1) && touch $$@
endef
$(foreach isa,$(filter-out $(HOST_ISA),$(ISAS)),$(eval $(call foreign,$(isa))))

GKERNEL_CFLAGS := $(WARN) -O2 -g -ffreestanding -nostdlibinc -fno-stack-protector -fno-pic -fno-asynchronous-unwind-tables \
	-ffunction-sections -Iguest-kernel -I. -MMD -MP
GKERNEL_CFLAGS_x86_64 := --target=x86_64-unknown-none-elf -march=x86-64 -mno-red-zone -mgeneral-regs-only
GKERNEL_BASE_x86_64 := 0x200000
# With the MMU off all memory is device memory, where nothing may be unaligned.
GKERNEL_CFLAGS_aarch64 := --target=aarch64-unknown-none-elf -march=armv8-a -mgeneral-regs-only -mstrict-align
GKERNEL_BASE_aarch64 := 0x40200000
GKERNEL_CFLAGS_riscv64 := --target=riscv64-unknown-none-elf -march=rv64imac -mabi=lp64 -mcmodel=medany -msmall-data-limit=0
GKERNEL_BASE_riscv64 := 0x80200000
GKERNEL_CFLAGS_loongarch64 := --target=loongarch64-unknown-none-gnusf -march=loongarch64 -mno-lsx
GKERNEL_BASE_loongarch64 := 0x400000

# mkfs.fat lies in /usr/sbin, which is not in everybody's PATH.
export PATH := $(PATH):/usr/sbin

# $(call fat_image,FOLDERS,FOLDER,FILES): makes $@, a sparse FAT32 file system of 64 MiB with FILES in FOLDER. The serial
# number and the times are fixed, so that the same files give the same image.
define fat_image
	$(call run,IMAGE)rm -f $@ && truncate -s 64M $@ && \
	mkfs.fat --invariant -F 32 -n LVMM $@ >/dev/null && \
	mmd -i $@ $(1:%=::/%) && \
	mcopy -m -i $@ $(3) ::/$(2)/
endef

# $(call payload,ISA)
define payload
$(BUILD)/$(1)/payload/%: payload/%.c payload/build.mk | $(SYSROOT_$(1):%=%/stamp)
	@mkdir -p $$(@D)
	$$(call run,MUSL)$(MUSL_CC_$(1)) $(PAYLOAD_CFLAGS) -static -s -MMD -MP -o $$@ $(MUSL_START_$(1)) $$<
$(BUILD)/$(1)/hello.img: $(PAYLOADS:%=$(BUILD)/$(1)/payload/%)
	$$(call fat_image,sbin,sbin,$$^)

ALL += $(BUILD)/$(1)/hello.img $(PAYLOADS:%=$(BUILD)/$(1)/payload/%)
-include $(PAYLOADS:%=$(BUILD)/$(1)/payload/%.d)
endef
$(foreach isa,$(ISAS),$(eval $(call payload,$(isa))))

HAVE_16550 := x86_64 riscv64 loongarch64

# $(call gkernel,ISA), for the ISAs that it has been written for
define gkernel
GKERNEL_OBJS_$(1) := $$(patsubst %,$(BUILD)/$(1)/gkernel/%.o,payload/gkernel/main.c payload/gkernel/$(1).c \
	payload/gkernel/$(1).S $(if $(filter $(1),$(HAVE_16550)),payload/gkernel/serial16550.c) guest-kernel/lib/fdt.c \
	guest-kernel/lib/string.c)
$(BUILD)/$(1)/gkernel/%.o: % payload/build.mk
	@mkdir -p $$(@D)
	$$(call run,CC)$(GUEST_CC) $(GKERNEL_CFLAGS) $(GKERNEL_CFLAGS_$(1)) -c $$< -o $$@
$(BUILD)/$(1)/gkernel.elf: $$(GKERNEL_OBJS_$(1)) payload/gkernel/gkernel.ld
	$$(call run,LINK)$(GUEST_LD) -T payload/gkernel/gkernel.ld --defsym=GKERNEL_BASE=$(GKERNEL_BASE_$(1)) --gc-sections \
		-z max-page-size=4096 --strip-all -o $$@ $$(GKERNEL_OBJS_$(1))

ALL += $(BUILD)/$(1)/gkernel.elf
-include $$(GKERNEL_OBJS_$(1):.o=.d)
endef
GKERNEL_ISAS := $(patsubst payload/gkernel/%.S,%,$(wildcard payload/gkernel/*.S))
$(foreach isa,$(filter $(GKERNEL_ISAS),$(ISAS)),$(eval $(call gkernel,$(isa))))

# A flash as it leaves the factory, but for its first word.
$(BUILD)/pfld.img:
	@mkdir -p $(@D)
	$(call run,IMAGE){ printf pfld && head -c 4194300 /dev/zero | tr '\0' '\377'; } >$@
ALL += $(BUILD)/pfld.img

# The steps of a hypervisor, one small guest each (payload/hv-steps/README.md).
HV_STEPS := $(patsubst payload/hv-steps/%.S,%,$(wildcard payload/hv-steps/*.S))
$(BUILD)/riscv64/hv-steps/%.elf: payload/hv-steps/%.S payload/hv-steps/step.inc payload/gkernel/gkernel.ld payload/build.mk
	@mkdir -p $(@D)
	$(call run,AS)$(GUEST_CC) $(GKERNEL_CFLAGS_riscv64) -c $< -o $(@:.elf=.o)
	$(call run,LINK)$(GUEST_LD) -T payload/gkernel/gkernel.ld -e _start --defsym=GKERNEL_BASE=$(GKERNEL_BASE_riscv64) \
		-z max-page-size=4096 -o $@ $(@:.elf=.o)
ALL += $(if $(filter riscv64,$(ISAS)),$(HV_STEPS:%=$(BUILD)/riscv64/hv-steps/%.elf))
