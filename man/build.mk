# SPDX-License-Identifier: Apache-2.0
# The manual pages are written by hand: nothing is built of them.
