/* SPDX-License-Identifier: Apache-2.0 */
/* system.c - what the system says of itself, as far as that is the same everywhere; random bytes; identities. */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include "isa.h"
#include "show.h"

static void random_bytes(void)
{
    static unsigned char a[5000], b[5000];
    int differ = 0, bits = 0;

    show("getrandom", getrandom(a, sizeof(a), 0));
    show("getrandom", getrandom(b, sizeof(b), GRND_NONBLOCK));
    show("getrandom of nothing", getrandom(b, 0, 0));
    for (size_t i = 0; i < sizeof(a); i++) {
        differ += a[i] != b[i];
        bits += __builtin_popcount(a[i]);
    }
    show_bool("they differ", differ > 4900);
    show_bool("half of the bits are set", bits > 19000 && bits < 21000);
}

int main(void)
{
    struct utsname name;
    struct sysinfo info;
    struct rusage usage;
    struct statfs fs;
    char comm[17] = {0};
    cpu_set_t cpus;

    show("uname", uname(&name));
    printf("  %s\n", name.sysname);
    show_bool("the machine", strcmp(name.machine, ISA_NAME) == 0);
    show_bool("a release", name.release[0] >= '3' && name.release[0] <= '9');
    show("sysinfo", sysinfo(&info));
    show_bool("memory", info.totalram != 0 && info.freeram <= info.totalram && info.mem_unit != 0);
    show("getrusage", getrusage(RUSAGE_SELF, &usage));
    show_bool("memory used", usage.ru_maxrss > 0);
    show("statfs", statfs("/", &fs));
    show_bool("blocks", fs.f_bsize > 0 && fs.f_bfree <= fs.f_blocks);
    show_bool("getpid", getpid() > 0);
    show_bool("gettid is getpid", syscall(SYS_gettid) == getpid());
    show_bool("set_tid_address", syscall(SYS_set_tid_address, &info) == getpid());
    show_bool("uid is euid", getuid() == geteuid() && getgid() == getegid());
    show("umask", (umask(027), umask(022)));
    show("PR_SET_NAME", prctl(PR_SET_NAME, "a name that is too long"));
    show("PR_GET_NAME", prctl(PR_GET_NAME, comm));
    printf("  %s\n", comm);
    show_bool("sched_getaffinity", sched_getaffinity(0, sizeof(cpus), &cpus) == 0 && CPU_COUNT(&cpus) > 0);
    show("sched_yield", sched_yield());
    show("personality", syscall(SYS_personality, 0xffffffff));
    random_bytes();
    return 0;
}
