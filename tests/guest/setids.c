/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setids.c - execve(2) of files with set-user-ID and set-group-ID bits, on a file system of its own: IDs, capabilities,
 * AT_SECURE, whether it may be looked into; and where the bits don't count.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

#include "mounting.h"

enum { USER = 1000, GROUP = 2000, OTHER = 1001, OTHER_GROUP = 2001 };

/* What the program is when it runs. */
static int tell(void)
{
    struct {
        uint32_t version;
        int pid;
    } header = {0x20080522, 0};
    struct {
        uint32_t effective, permitted, inheritable;
    } caps[2] = {{0, 0, 0}, {0, 0, 0}};
    uid_t user[3];
    gid_t group[3];
    int signal = -1;

    getresuid(&user[0], &user[1], &user[2]);
    getresgid(&group[0], &group[1], &group[2]);
    syscall(SYS_capget, &header, caps);
    prctl(PR_GET_PDEATHSIG, &signal);
    printf("  %u %u %u, %u %u %u, setuid %u %u, secure %lu, dumpable %d, signal %d, auxv %lu %lu\n", user[0], user[1],
           user[2], group[0], group[1], group[2], caps[0].permitted >> 7 & 1, caps[0].effective >> 7 & 1,
           getauxval(AT_SECURE), prctl(PR_GET_DUMPABLE) == 1, signal, getauxval(AT_EUID), getauxval(AT_EGID));
    return 0;
}

static void copy(int from, const char *path, unsigned mode, unsigned user, unsigned group)
{
    char room[4096];
    ssize_t got;

    unlink(path);
    act_as(user, group);
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL, mode);
    act_as(0, 0); /* or writing would take the bits away */
    for (off_t at = 0; (got = pread(from, room, sizeof(room), at)) > 0; at += got)
        if (write(to, room, (size_t)got) != got)
            exit(5);
    close(to);
}

enum how { PLAIN, NO_NEW_PRIVS, SHARED, AT_FD };

static const char *name;

static void run_as(unsigned real, unsigned effective, unsigned group, enum how how)
{
    int status;

    printf("%s as %u %u %u%s:\n", name, real, effective, group,
           how == NO_NEW_PRIVS ? ", no new privileges"
           : how == AT_FD      ? ", by descriptor"
                               : "");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int fd = open(name, O_PATH);
        if (setgroups(0, NULL) != 0 || setresgid(group, group, group) != 0 || setresuid(real, effective, real) != 0)
            _exit(6);
        prctl(PR_SET_PDEATHSIG, 10);
        if (how == NO_NEW_PRIVS)
            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        char *argv[] = {(char *)"x", (char *)"tell", NULL}, *envp[] = {NULL};
        if (how == AT_FD)
            syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
        else
            execve(name, argv, envp);
        printf("  %s\n", error_name(errno));
        fflush(stdout);
        _exit(0);
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        printf("status %x\n", status);
}

static void runs(const char *path)
{
    name = path;
    run_as(0, 0, 0, PLAIN);
    run_as(OTHER, OTHER, OTHER_GROUP, PLAIN);
    run_as(USER, USER, GROUP, PLAIN);
    run_as(OTHER, 0, OTHER_GROUP, PLAIN);
    run_as(0, OTHER, OTHER_GROUP, PLAIN);
    run_as(OTHER, OTHER, OTHER_GROUP, NO_NEW_PRIVS);
    run_as(OTHER, 0, OTHER_GROUP, NO_NEW_PRIVS);
    run_as(OTHER, OTHER, OTHER_GROUP, AT_FD);
}

int main(int argc, char **argv)
{
    static const unsigned modes[] = {0755, 04755, 02755, 02745, 06755, 04711, 04750};

    if (argc >= 2 && strcmp(argv[1], "tell") == 0)
        return tell();
    int program = open(argv[0], O_RDONLY);
    mounting_begin("lvmm-setids");
    mkdir("dir", 0755);
    show("mount", tmpfs("dir", 0, "mode=0777"));
    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        printf("root's, %o\n", modes[i]);
        copy(program, "dir/run", modes[i], 0, 0);
        runs("dir/run");
        printf("a user's, %o\n", modes[i]);
        copy(program, "dir/run", modes[i], USER, GROUP);
        runs("dir/run");
    }
    copy(program, "dir/run", 06755, 0, 0);
    tree_file("dir/script", "#!/dev/shm/lvmm-setids/dir/run tell\n", 06755);
    runs("dir/script");
    show("plain", mount("none", "dir", NULL, MS_REMOUNT | MS_BIND | MS_NOSUID, NULL));
    runs("dir/run");
    runs("dir/script");
    show("unmount", umount2("dir", MNT_DETACH)); /* Linux may still be at the end of the last program */
    tree_leave("lvmm-setids");
    return 0;
}
