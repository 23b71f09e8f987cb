/* SPDX-License-Identifier: Apache-2.0 */
/* kernel_check.c - see kernel_check.h. */
#include "vmm/cli/kernel_check.h"

#include "vmm/cli/files.h"
#include "vmm/log.h"
#include "vmm/tracer.h"

/* Our guest kernel has its programs from the first disk; another kernel may do without one. */
static int check_disk(const struct config *config, const struct plan *plan, const struct backend_job *job)
{
    const char *program = config->program != NULL ? config->program[0] : NULL;

    if (plan->linux_guest && program != NULL) {
        log_error(
            "PROGRAM %s: is for lvmm's own guest kernel; Linux runs the init of its initrd or root file system, or "
            "with --append init=%s this one",
            program, program);
        return EXIT_LVMM;
    }
    if (plan->bare || job->disk_count > 0 || plan->initrd_size != 0 || config_has_root(config))
        return 0;
    switch (program != NULL ? files_guess(program) : FILES_UNKNOWN) {
    case FILES_DISK_IMAGE:
        log_error("PROGRAM %s: is a disk image: lvmm run --disk %s", program, program);
        break;
    case FILES_PROGRAM:
        log_error(
            "PROGRAM %s: is a program of this host; lvmm run --root / -- PROGRAM runs it there, or copy it onto a "
            "disk image (README.md shows how): lvmm run --disk FILE -- /PROGRAM",
            program);
        break;
    default:
        log_error("no --disk: give the image of a disk that has the program on it, e.g. lvmm run --disk root.img -- "
                  "/bin/prog; see 'lvmm run --help'");
    }
    return EXIT_LVMM;
}

/* No other kernel tells of its system calls. */
static int check_trace(const struct config *config, const struct plan *plan, const struct backend_job *job)
{
    const char *option = tracer_option(config);

    if (!plan->bare || option == NULL)
        return 0;
    log_error("%s: --kernel %s is not lvmm's own guest kernel, and no other tells of its system calls", option,
              job->kernel.path);
    return EXIT_LVMM;
}

/* Options that only our own guest kernel follows: any other decides that by itself, and takes no PROGRAM. */
static int check_own_options(const struct config *config, const struct plan *plan, const struct backend_job *job)
{
    const struct {
        const char *option;
        bool given;
    } own[] = {{"--root-size", config->root_bytes != 0}, {"--init", config->init},
               {"--env", config->env_count != 0},        {"--workdir", config->workdir != NULL},
               {"--user", config->user != NULL},         {"--hostname", config->hostname != NULL},
               {"--root", config_has_root(config)}};

    for (unsigned i = 0; plan->bare && i < sizeof(own) / sizeof(own[0]); i++) {
        if (!own[i].given)
            continue;
        log_error("%s: --kernel %s is not lvmm's own guest kernel, and no other takes it", own[i].option,
                  job->kernel.path);
        return EXIT_LVMM;
    }
    return 0;
}

int kernel_check(const struct config *config, const struct plan *plan, const struct backend_job *job)
{
    int status = check_trace(config, plan, job);

    status = status != 0 ? status : check_own_options(config, plan, job);
    return status != 0 ? status : check_disk(config, plan, job);
}
