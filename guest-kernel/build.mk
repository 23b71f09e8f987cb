# SPDX-License-Identifier: Apache-2.0
# The guest kernel, once per ISA: freestanding C11, position-dependent, no vector registers. Linked as one unit (-flto), as
# the seams between files cost a third of a short system call.

GK_CFLAGS := $(WARN) -O2 -g -ffreestanding -nostdlibinc -fno-stack-protector -fno-strict-aliasing -flto \
	-fno-pic -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections -Iguest-kernel -I. -MMD -MP
GK_CFLAGS_x86_64 := --target=x86_64-unknown-none-elf -march=x86-64 -mcmodel=kernel -mno-red-zone -mgeneral-regs-only
GK_SRCS := $(wildcard guest-kernel/core/*.c guest-kernel/mm/*.c guest-kernel/vfs/*.c guest-kernel/fs/*.c guest-kernel/drv/*.c \
	guest-kernel/sys/*.c guest-kernel/lib/*.c)

# $(call guest_kernel,ISA)
define guest_kernel
GK_OBJS_$(1) := $$(patsubst guest-kernel/%,$(BUILD)/$(1)/gk/%.o,$(GK_SRCS) $$(wildcard guest-kernel/arch/$(1)/*.c guest-kernel/arch/$(1)/*.S))
$(BUILD)/$(1)/gk/%.o: guest-kernel/%
	@mkdir -p $$(@D)
	$$(call run,CC)$(GUEST_CC) $(GK_CFLAGS) $(GK_CFLAGS_$(1)) -Iguest-kernel/arch/$(1) -c $$< -o $$@
$(BUILD)/$(1)/guest-kernel.elf: $$(GK_OBJS_$(1)) guest-kernel/arch/$(1)/kernel.ld
	$$(call run,LINK)$(GUEST_LD) -T guest-kernel/arch/$(1)/kernel.ld --gc-sections -z max-page-size=4096 -o $$@.debug $$(GK_OBJS_$(1))
	@llvm-strip-19 --strip-all -o $$@ $$@.debug
ALL += $(BUILD)/$(1)/guest-kernel.elf
-include $$(GK_OBJS_$(1):.o=.d)
endef
$(foreach isa,$(ISAS),$(eval $(call guest_kernel,$(isa))))
