/* SPDX-License-Identifier: Apache-2.0 */
/* lock_in.c - see lock_in.h. */
#include "vmm/lock_in.h"

#include "vmm/log.h"
#include "vmm/sandbox/sandbox.h"

int lock_in_check(const struct config *config)
{
    char why[256];

    if (sandbox_check(config->sandbox, why, sizeof(why)) == 0)
        return 0;
    log_error("--sandbox=full: %s", why);
    return EXIT_LVMM;
}

bool lock_in_has_processes(const struct backend_job *job)
{
    if (job->share_count > 0 || job->net != NULL)
        return true;
    for (unsigned i = 0; i < job->disk_count; i++)
        if (job->disk[i].host != VIRTIO_BLK_HOST_OWN)
            return true;
    return false;
}

int lock_in(const struct backend_job *job, const struct sandbox_list *list, const struct sandbox_folder *folder,
            bool signals_others, struct sandbox_held *held)
{
    const struct sandbox sandbox = {.level = job->config->sandbox,
                                    .list = list,
                                    .folders = folder,
                                    .folder_count = folder != NULL,
                                    .signals_others = signals_others,
                                    .names_call = log_is_verbose()};
    char text[256];
    int error = sandbox_enter(&sandbox, held, text, sizeof(text));

    if (error != 0)
        log_error("%s", text);
    else if (log_is_verbose())
        log_detail("locked in: %s", sandbox_describe(&sandbox, held, text, sizeof(text)));
    return error;
}
