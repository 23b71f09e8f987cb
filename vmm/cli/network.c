/* SPDX-License-Identifier: Apache-2.0 */
/* network.c - see network.h. */
#include "vmm/cli/network.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "vmm/log.h"
#include "vmm/net/net_process.h"

static int open_log(const char *path, int *out)
{
    *out = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
    if (path == NULL || *out >= 0)
        return 0;
    int error = -errno;
    log_error("--net-log %s: %s", path, strerror(-error));
    return error;
}

int network_try(const struct config *config)
{
    const struct config_net *net = &config->net;
    struct net_setup setup = {.policy = {.mode = net->mode, .rule_count = net->rule_count},
                              .port_count = net->port_count};

    memcpy(setup.policy.rule, net->rule, sizeof(net->rule));
    memcpy(setup.port, net->port, sizeof(net->port));
    if (!net_setup_is_wanted(&setup))
        return 0;
    int error = open_log(net->log, &setup.log_fd);
    if (error == 0)
        error = net_setup_open(&setup);
    net_setup_close(&setup);
    if (setup.log_fd >= 0)
        close(setup.log_fd);
    if (error == 0)
        log_error("--net, --allow and -p: guests have no network yet");
    return error == 0 ? -ENOTSUP : error;
}
