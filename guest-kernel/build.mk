# SPDX-License-Identifier: Apache-2.0
# The guest kernel, once per ISA: freestanding C11, position-dependent, no vector registers. Linked as one unit (-flto), as
# the seams between files cost a third of a short system call.

# What a debugger gets: lines and functions, as types and variables would make the link half as long again. GK_DEBUG=-g has all.
GK_DEBUG ?= -gline-tables-only

# For a quick loop: LTO=thin keeps what it has made of the files that didn't change.
LTO ?= full
GK_LTO_full := --lto-partitions=2
GK_LTO_thin = --thinlto-cache-dir=$(BUILD)/$(1)/lto

# What a boot goes through lies side by side: ci/boot_order.sh writes the list.
GK_ORDER := --symbol-ordering-file=guest-kernel/boot.order --no-warn-symbol-ordering

GK_CFLAGS := $(WARN) -O2 $(GK_DEBUG) -ffreestanding -nostdlibinc -fno-stack-protector -fno-strict-aliasing -flto=$(LTO) \
	-fno-pic -fomit-frame-pointer -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections -Iguest-kernel -I. -MMD -MP
GK_CFLAGS_loongarch64 := --target=loongarch64-unknown-none-gnusf -march=loongarch64 -mno-lsx -DPAGE_SHIFT=14
GK_ASFLAGS_loongarch64 := -mabi=lp64s -mfpu=64 -mlasx
GK_CFLAGS_x86_64 := --target=x86_64-unknown-none-elf -march=x86-64 -mcmodel=kernel -mno-red-zone -mgeneral-regs-only
GK_CFLAGS_aarch64 := --target=aarch64-unknown-none-elf -march=armv8-a -mgeneral-regs-only
GK_CFLAGS_riscv64 := --target=riscv64-unknown-none-elf -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany \
	-mno-relax -mno-strict-align -msmall-data-limit=0
GK_SRCS := $(wildcard guest-kernel/core/*.c guest-kernel/mm/*.c guest-kernel/vfs/*.c guest-kernel/fs/*.c guest-kernel/fs/ext4/*.c guest-kernel/fs/fuse/*.c guest-kernel/drv/*.c guest-kernel/net/*.c \
	guest-kernel/ipc/*.c guest-kernel/sys/*.c guest-kernel/lib/*.c) guest-kernel/vdso/image.S

# What runs seldom, or waits anyway, is compiled for size: little is inlined there, which saves a quarter of the link's time
# and an eighth of the kernel's text. What a short system call or a page fault goes through isn't among it.
# Most of it is compiled by itself, too, which saves another quarter; what the boot looks into is in the link with the rest.
# So is what it goes through once (a mount, an exec): QEMU translates each instruction of that before it is run for the only time.
GK_SMALL := core/log core/log_ring core/smp drv/pci drv/serial16550 drv/virtio_pci fs/fat32_alloc fs/fat32_bpb fs/fat32_slots \
	fs/fat32_time lib/elf vfs/mount $(addprefix sys/,exec exec_cred exec_image exec_place)
GK_SELDOM := $(patsubst guest-kernel/%.c,%,$(wildcard guest-kernel/fs/proc_*.c guest-kernel/fs/ext4/jbd2_*.c guest-kernel/fs/fuse/*.c)) \
	$(patsubst guest-kernel/%.c,%,$(wildcard guest-kernel/ipc/*.c)) core/pid core/system core/terminal lib/names lib/printf mm/memlock mm/remote mm/area_seal vfs/nameless \
	$(addprefix fs/,devfs devpts devpts_options fat32_check fat32_claim fat32_moved fat32_order fat32_scan sysfs tmpfs_options tmpfs_remount tmpfs_xattr) \
	$(addprefix fs/ext4/ext4_,acl damage feature group indirect inline journal mount options super superblock symlink xattr xattr_value) \
	$(addprefix vfs/,acl direct dnotify entry fuse_port eventpoll eventpoll_paths flusher fs_context inode_attr inode_flags inode_punch inode_xattr lock lock_wait memory_file mount_attr mount_config mount_detached mount_hidden mount_ids mount_ops mount_part mount_peers notify path_print poller readdir rename seal sparse watch watch_file writeback) \
	$(addprefix drv/,byte_ring disk_ioctl disk_node kmsg ldisc ldisc_echo virtio_fs pty pty_master pty_slave tty_ioctl tty_settings) \
	arch/x86_64/signal_i386 \
	$(addprefix sys/,advice aio alarm attr barriers cachestat call_kinds children copy cpuclock cwd dirent epoll fcntl fiemap filename flock fsopen futex_boost futex_pair futex_pi futex_waitv getdents i386 i386_ipc i386_siginfo i386_signal i386_stat identity info inode_ioctl inotify ipc_user lease limit listmount look_again memfd missing mlock mount_flags mount_request mount_setattr mounting move_mount mq_calls mrelease open_tree pidfd policy poll posixtimer prctl priority reach return_page rusage script session sigevent signalfd statmount sysv_msg sysv_sem sysv_shm target timerfd trace trace_memory used ustat xattr)
$(foreach file,$(GK_SMALL) $(GK_SELDOM),$(if $(wildcard guest-kernel/$(file).c),,$(error GK_SELDOM: there is no guest-kernel/$(file).c)))

# The vDSO, which exec maps into every program, is built of vdso/vdso.c and an ISA's arch/<isa>/vdso/, and the kernel has its
# bytes. One segment, nothing in it to be written or relocated. An ISA without that folder has an empty one. Where handlers of
# signals return through it (sigreturn.S), that place is its entry point.
VDSO_CFLAGS := $(filter-out -flto=% -fno-pic -fno-asynchronous-unwind-tables,$(GK_CFLAGS)) -fPIC \
	-fasynchronous-unwind-tables
VDSO_LDFLAGS := -shared -soname=linux-vdso.so.1 --hash-style=both --eh-frame-hdr --build-id=sha1 -Bsymbolic --no-undefined \
	--gc-sections --no-rosegment -z norelro -z rodynamic -z max-page-size=4096

# $(call guest_vdso,ISA)
define guest_vdso
VDSO_OBJS_$(1) := $$(patsubst guest-kernel/%,$(BUILD)/$(1)/vdso/%.o,guest-kernel/vdso/vdso.c $$(wildcard guest-kernel/arch/$(1)/vdso/*.[cS]))
$(BUILD)/$(1)/vdso/%.o: guest-kernel/% $(BUILD)/gk-$(1).flags
	@mkdir -p $$(@D)
	$$(call run,CC)$(GUEST_CC) $(VDSO_CFLAGS) $$(filter --target=% -march=% -mabi=% -mno-lsx -DPAGE_SHIFT=%,$(GK_CFLAGS_$(1))) -Iguest-kernel/arch/$(1) -c $$< -o $$@
ifneq ($$(wildcard guest-kernel/arch/$(1)/vdso/symbols.map),)
$(BUILD)/$(1)/vdso.so: $$(VDSO_OBJS_$(1)) guest-kernel/arch/$(1)/vdso/symbols.map
	$$(call run,LINK)$(GUEST_LD) $(VDSO_LDFLAGS) $$(if $$(wildcard guest-kernel/arch/$(1)/vdso/sigreturn.S),-e vdso_sigreturn) \
		--version-script=guest-kernel/arch/$(1)/vdso/symbols.map -o $$@.debug $$(VDSO_OBJS_$(1))
	@llvm-strip-19 --strip-all -o $$@ $$@.debug
-include $$(VDSO_OBJS_$(1):.o=.d)
else
$(BUILD)/$(1)/vdso.so:
	@mkdir -p $$(@D) && : >$$@
endif
endef

# $(call guest_kernel,ISA)
define guest_kernel
$(call guest_vdso,$(1))
$(GK_SMALL:%=$(BUILD)/$(1)/gk/%.c.o): GK_SIZE := -Os
$(GK_SELDOM:%=$(BUILD)/$(1)/gk/%.c.o): GK_SIZE := -Os -fno-lto
GK_OBJS_$(1) := $$(patsubst guest-kernel/%,$(BUILD)/$(1)/gk/%.o,$(GK_SRCS) $$(wildcard guest-kernel/arch/$(1)/*.c guest-kernel/arch/$(1)/*.S))
$(BUILD)/$(1)/gk/%.o: guest-kernel/% $(BUILD)/gk-$(1).flags
	@mkdir -p $$(@D)
	$$(call run,CC)$(GUEST_CC) $(GK_CFLAGS) $(GK_CFLAGS_$(1)) $$(if $$(filter %.S,$$<),$(GK_ASFLAGS_$(1))) -Iguest-kernel/arch/$(1) \
		-I$(BUILD)/$(1) $$(GK_SIZE) -c $$< -o $$@
$(BUILD)/$(1)/gk/vdso/image.S.o: $(BUILD)/$(1)/vdso.so
$(BUILD)/$(1)/guest-kernel.elf: $$(GK_OBJS_$(1)) guest-kernel/arch/$(1)/kernel.ld guest-kernel/boot.order
	$$(call run,LINK)$(GUEST_LD) -T guest-kernel/arch/$(1)/kernel.ld --gc-sections -z max-page-size=4096 $(GK_ORDER) $(GK_LTO_$(LTO)) -o $$@.debug $$(GK_OBJS_$(1))
	@llvm-strip-19 --strip-all -o $$@ $$@.debug
ALL += $(BUILD)/$(1)/guest-kernel.elf
-include $$(GK_OBJS_$(1):.o=.d)
endef

# The kernel of test builds, which watches itself (mm/check.h) and stops at undefined behaviour. Not linked as one unit, which
# would take long. What UndefinedBehaviorSanitizer says of pointers to functions needs data in front of each of them; what
# firmware hands over to arch/ isn't aligned.
GK_CHECK_CFLAGS := -DGK_CHECKS -fsanitize=undefined -fno-sanitize=function -fsanitize-trap=undefined
GK_CHECK_CFLAGS_arch := -fno-sanitize=alignment
# How long the kernel is held is counted everywhere (core/hold.h) but where CPUs wait for each other, and in the checks.
GK_CHECK_COUNT := -fsanitize-coverage=trace-pc
GK_CHECK_UNCOUNTED := core/hold.c core/kick.c core/klock.c core/smp.c mm/check.c

# It is built and used for one ISA of those that are made, x86_64 if it is among them, or for all with LONG: QEMU on x86_64 keeps
# that order of memory for each.
CHECKED_ISAS := $(or $(if $(LONG),$(ISAS)),$(filter x86_64,$(ISAS)),$(firstword $(ISAS)))

# $(call guest_kernel_checked,ISA)
define guest_kernel_checked
GK_CHECKED_OBJS_$(1) := $$(GK_OBJS_$(1):$(BUILD)/$(1)/gk/%=$(BUILD)/$(1)/gk-checked/%)
$(BUILD)/$(1)/gk-checked/%.o: guest-kernel/% $(BUILD)/gk-checked-$(1).flags
	@mkdir -p $$(@D)
	$$(call run,CC)$(GUEST_CC) $(filter-out -flto=%,$(GK_CFLAGS)) $(GK_CFLAGS_$(1)) $$(if $$(filter %.S,$$<),$(GK_ASFLAGS_$(1)),$(GK_CHECK_CFLAGS)) \
		$$(if $$(findstring /arch/,$$<),$(GK_CHECK_CFLAGS_arch),$$(if $$(filter %.S $(GK_CHECK_UNCOUNTED:%=guest-kernel/%),$$<),,$(GK_CHECK_COUNT))) \
		-Iguest-kernel/arch/$(1) -I$(BUILD)/$(1) -c $$< -o $$@
$(BUILD)/$(1)/gk-checked/vdso/image.S.o: $(BUILD)/$(1)/vdso.so
$(BUILD)/$(1)/guest-kernel-checked.elf: $$(GK_CHECKED_OBJS_$(1)) guest-kernel/arch/$(1)/kernel.ld
	$$(call run,LINK)$(GUEST_LD) -T guest-kernel/arch/$(1)/kernel.ld --gc-sections -z max-page-size=4096 -o $$@.debug $$(GK_CHECKED_OBJS_$(1))
	@llvm-strip-19 --strip-all -o $$@ $$@.debug
CHECK_PROGRAMS += $(if $(filter $(1),$(CHECKED_ISAS)),$(BUILD)/$(1)/guest-kernel-checked.elf)
-include $$(GK_CHECKED_OBJS_$(1):.o=.d)
endef
$(foreach isa,$(ISAS),$(eval $(call remember,gk-$(isa),$(GUEST_CC) $(GK_CFLAGS) $(GK_CFLAGS_$(isa)) $(GK_ASFLAGS_$(isa)) $(GK_SMALL) : $(GK_SELDOM))))
$(foreach isa,$(ISAS),$(eval $(call remember,gk-checked-$(isa),$(GUEST_CC) $(GK_CFLAGS) $(GK_CFLAGS_$(isa)) $(GK_ASFLAGS_$(isa)) $(GK_CHECK_CFLAGS) : $(GK_CHECK_CFLAGS_arch) : $(GK_CHECK_COUNT) : $(GK_CHECK_UNCOUNTED))))
$(foreach isa,$(ISAS),$(eval $(call guest_kernel,$(isa))))
$(foreach isa,$(ISAS),$(eval $(call guest_kernel_checked,$(isa))))
