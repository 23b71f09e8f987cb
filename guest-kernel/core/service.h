/* SPDX-License-Identifier: Apache-2.0 */
/* service.h - work that the boot's thread does for others: what can't be done where its need is found, as it waits. */
#ifndef GK_CORE_SERVICE_H
#define GK_CORE_SERVICE_H

#define SERVICES_MAX 8u /* different ones */

/* Has the boot's thread call work() soon, once for all requests until then. Also from interrupt handlers. */
void service_request(void (*work)(void));

/* For the boot's thread: waits until something is requested or service_wake is called, and does what there is. */
void service_wait(void);
void service_wake(void);

#endif
