/* SPDX-License-Identifier: Apache-2.0 */
/* network.c - see network.h. */
#include "vmm/cli/network.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/log.h"

static int open_log(const char *path, int *out)
{
    *out = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
    if (path == NULL || *out >= 0)
        return 0;
    int error = -errno;
    log_error("--net-log %s: %s", path, strerror(-error));
    return error;
}

static void network_close(struct net_setup *setup)
{
    net_setup_close(setup);
    if (setup->log_fd >= 0)
        close(setup->log_fd);
    free(setup);
}

int network_open(const struct config *config, bool dry, struct noted *noted, struct net_setup **out)
{
    const struct config_net *net = &config->net;
    struct net_setup *setup = calloc(1, sizeof(*setup));

    *out = NULL;
    if (setup == NULL) {
        log_error("--net: no memory");
        return EXIT_LVMM;
    }
    setup->log_fd = -1;
    setup->policy.mode = net->mode;
    setup->policy.rule_count = net->rule_count;
    memcpy(setup->policy.rule, net->rule, sizeof(net->rule));
    setup->port_count = net->port_count;
    memcpy(setup->port, net->port, sizeof(net->port));
    setup->noted = noted;
    int error = 0;
    bool is_wanted = net_setup_is_wanted(setup);
    if (is_wanted && !dry) {
        error = open_log(net->log, &setup->log_fd);
        if (error == 0)
            error = net_setup_open(setup);
    }
    if (!is_wanted || error != 0) {
        network_close(setup);
        return error != 0 ? EXIT_LVMM : 0;
    }
    net_setup_tell(setup, &setup->told);
    *out = setup;
    return 0;
}
