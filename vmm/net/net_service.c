/* SPDX-License-Identifier: Apache-2.0 */
/* net_service.c - see net_service.h. */
#include "vmm/net/net_service.h"

#include <asm/unistd.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/log.h"

#define END_MS 500 /* it has nothing to do but to close sockets */

void net_service_init(struct net_service *service)
{
    *service = (struct net_service){.socket = -1, .child = {.pid_fd = -1}};
}

int net_service_start(struct net_service *service, const struct net_setup *setup, enum sandbox_level level)
{
    if (setup == NULL)
        return 0;
    int error = net_process_start(setup, level, &service->socket, &service->child.pid);
    if (error == 0) {
        service->child.pid_fd = (int)syscall(__NR_pidfd_open, service->child.pid, 0);
        error = service->child.pid_fd < 0 ? -errno : 0;
    }
    if (error != 0) {
        log_error("the process that is the guest's network can't be started: %s", strerror(-error));
        net_service_end(service);
    }
    return error;
}

void net_service_end(struct net_service *service)
{
    if (service->child.pid == 0)
        return;
    if (service->socket >= 0)
        close(service->socket);
    if (service->child.pid_fd < 0 || !child_ends_within(&service->child, END_MS))
        kill(service->child.pid, SIGKILL);
    waitpid(service->child.pid, NULL, 0);
    if (service->child.pid_fd >= 0)
        close(service->child.pid_fd);
    net_service_init(service);
}
