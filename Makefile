# SPDX-License-Identifier: Apache-2.0
# lvmm: `make run` shows it, `make check` tests it, `make help` lists the rest. Each folder says what it adds in its build.mk.

BUILD := build
HOST_ISA := $(shell uname -m)
ISAS := x86_64
PREFIX ?= /usr/local
DESTDIR ?=

CC := gcc
GUEST_CC := clang-19
GUEST_LD := ld.lld-19
WARN := -std=c11 -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
CFLAGS ?= -O2 -g
HOST_CFLAGS := $(WARN) -D_GNU_SOURCE -I. -MMD -MP
HOST_LIBS := -luring -lfdt

# As many jobs as there are CPUs, unless the caller said otherwise.
ifeq ($(filter -j% --jobserver%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

all: # the default goal; filled below

# Filled by the build.mk files: HOST_SRCS, and files that `all` and `check` need.
HOST_SRCS :=
ALL :=
CHECKS :=
include vmm/build.mk devices/build.mk boot/build.mk kvmarch/build.mk guest-kernel/build.mk payload/build.mk tests/build.mk ci/build.mk man/build.mk

# ---- lvmm: linked statically, so that it starts without a dynamic loader and runs in an initramfs ----

HOST_OBJS := $(HOST_SRCS:%.c=$(BUILD)/host/%.o)

$(BUILD)/host/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(HOST_CFLAGS) -c $< -o $@

$(BUILD)/lvmm: $(HOST_OBJS)
	$(CC) $(CFLAGS) -static -o $@ $(HOST_OBJS) $(HOST_LIBS)

-include $(HOST_OBJS:.o=.d)

all: $(BUILD)/lvmm $(ALL)

clean:
	rm -rf $(BUILD)

.PHONY: all clean
