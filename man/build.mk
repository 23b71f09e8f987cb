# SPDX-License-Identifier: Apache-2.0
# The manual pages are written by hand, but for that of the system calls.

SYSCALLS_PAGE := $(BUILD)/man/lvmm-syscalls.7
$(SYSCALLS_PAGE): man/syscalls.sh man/syscalls.txt guest-kernel/abi/syscalls.def
	@mkdir -p $(@D)
	@man/syscalls.sh >$@
