/* SPDX-License-Identifier: Apache-2.0 */
/* service.c - see service.h. */
#include "core/service.h"

#include "core/log.h"
#include "core/wait.h"

static struct {
    void (*work)(void);
    bool wanted;
} services[SERVICES_MAX];
static bool woken;
static struct wait_queue queue;

void service_wake(void)
{
    woken = true;
    wait_wake_all(&queue, 0);
}

void service_request(void (*work)(void))
{
    unsigned i = 0;

    while (i < SERVICES_MAX && services[i].work != work && services[i].work != NULL)
        i++;
    if (i == SERVICES_MAX)
        panic("there are more than %u services", SERVICES_MAX);
    services[i].work = work;
    services[i].wanted = true;
    service_wake();
}

void service_wait(void)
{
    while (!woken)
        (void)wait_on(&queue, WAIT_FOREVER, 0);
    woken = false;
    for (unsigned i = 0; i < SERVICES_MAX && services[i].work != NULL; i++) {
        if (!services[i].wanted)
            continue;
        services[i].wanted = false;
        services[i].work();
    }
}
