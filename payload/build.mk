# SPDX-License-Identifier: Apache-2.0
# What runs in a VM: programs (payload/*.c), a bare-metal kernel (payload/gkernel), and the images that they lie on.

PAYLOAD_CFLAGS := -std=gnu11 -Wall -Wextra -Werror -O2
PAYLOADS := $(patsubst payload/%.c,%,$(wildcard payload/*.c))
MUSL_CC_x86_64 := musl-gcc
MUSL_LIB_x86_64 := /usr/lib/x86_64-linux-musl

GKERNEL_CFLAGS := $(WARN) -O2 -g -ffreestanding -nostdlibinc -fno-stack-protector -fno-pic -fno-asynchronous-unwind-tables \
	-ffunction-sections -Iguest-kernel -I. -MMD -MP
GKERNEL_CFLAGS_x86_64 := --target=x86_64-unknown-none-elf -march=x86-64 -mno-red-zone -mgeneral-regs-only
GKERNEL_BASE_x86_64 := 0x200000

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
$(BUILD)/$(1)/payload/%: payload/%.c payload/build.mk
	@mkdir -p $$(@D)
	$$(call run,MUSL)$(MUSL_CC_$(1)) $(PAYLOAD_CFLAGS) -static -s -MMD -MP -o $$@ $$<
$(BUILD)/$(1)/hello.img: $(PAYLOADS:%=$(BUILD)/$(1)/payload/%)
	$$(call fat_image,sbin,sbin,$$^)

GKERNEL_OBJS_$(1) := $$(patsubst %,$(BUILD)/$(1)/gkernel/%.o,payload/gkernel/main.c payload/gkernel/$(1).c \
	payload/gkernel/$(1).S guest-kernel/lib/fdt.c guest-kernel/lib/string.c)
$(BUILD)/$(1)/gkernel/%.o: % payload/build.mk
	@mkdir -p $$(@D)
	$$(call run,CC)$(GUEST_CC) $(GKERNEL_CFLAGS) $(GKERNEL_CFLAGS_$(1)) -c $$< -o $$@
$(BUILD)/$(1)/gkernel.elf: $$(GKERNEL_OBJS_$(1)) payload/gkernel/gkernel.ld
	$$(call run,LINK)$(GUEST_LD) -T payload/gkernel/gkernel.ld --defsym=GKERNEL_BASE=$(GKERNEL_BASE_$(1)) --gc-sections \
		-z max-page-size=4096 --strip-all -o $$@ $$(GKERNEL_OBJS_$(1))

ALL += $(BUILD)/$(1)/hello.img $(PAYLOADS:%=$(BUILD)/$(1)/payload/%) $(BUILD)/$(1)/gkernel.elf
-include $$(GKERNEL_OBJS_$(1):.o=.d) $(PAYLOADS:%=$(BUILD)/$(1)/payload/%.d)
endef
$(foreach isa,$(ISAS),$(eval $(call payload,$(isa))))

# A flash as it leaves the factory, but for its first word.
$(BUILD)/pfld.img:
	@mkdir -p $(@D)
	$(call run,IMAGE){ printf pfld && head -c 4194300 /dev/zero | tr '\0' '\377'; } >$@
ALL += $(BUILD)/pfld.img
