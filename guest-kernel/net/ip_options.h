/* SPDX-License-Identifier: Apache-2.0 */
/* ip_options.h - options in the header of IPv4 (RFC 791), as IP_OPTIONS takes them: checked, kept and told again. No
 * packet here has them. */
#ifndef GK_NET_IP_OPTIONS_H
#define GK_NET_IP_OPTIONS_H

#include <stdint.h>

#define IP_OPTIONS_MOST 40u

/* Whether a header may have them, by Linux's rules; what is behind the end of the list becomes zeros, as is the place
 * that a route's record begins with. `size`: a multiple of 4, IP_OPTIONS_MOST at most. 0, -EINVAL. */
int ip_options_check(uint8_t *bytes, uint32_t size);

#endif
