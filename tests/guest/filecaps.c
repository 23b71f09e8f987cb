/* SPDX-License-Identifier: Apache-2.0 */
/* filecaps.c - capabilities that a program's file gives (capabilities(7)): at execve, with each set of who executes it;
 * and when the file loses them. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "mounting.h"

#define CAPABILITY "security.capability"
#define PROGRAM "m/program"

enum { CHOWN = 1 << 0, KILL = 1 << 5, SETUID = 1 << 7, NET_RAW = 1 << 13, ALL = CHOWN | KILL | SETUID | NET_RAW };

struct value {
    uint32_t revision, permitted, inheritable, high[2], root;
};

static uint32_t value_size(const struct value *value)
{
    return value->revision >> 24 == 3 ? 24 : 20;
}

static void file_set(uint32_t effective, uint32_t permitted, uint32_t inheritable)
{
    const struct value value = {0x02000000 | effective, permitted, inheritable, {0, 0}, 0};

    printf("file: %x %x%s\n", permitted, inheritable, effective != 0 ? ", effective" : "");
    if (setxattr(PROGRAM, CAPABILITY, &value, value_size(&value), 0) != 0)
        printf("setxattr: %s\n", error_name(errno));
}

/* What the executed program tells. */
static void tell(void)
{
    char line[200];
    FILE *in = fopen("/proc/self/status", "r");

    printf("   ");
    while (fgets(line, sizeof(line), in) != NULL) {
        char name[4];
        unsigned long long set;

        if (sscanf(line, "Cap%3[A-Za-z]: %llx", name, &set) == 2 && strcmp(name, "Bnd") != 0)
            printf(" %s %llx", name, set & ALL);
    }
    fclose(in);
    printf(", user %u, secure %lu, dumpable %d\n", (unsigned)geteuid(), getauxval(AT_SECURE),
           prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
    fflush(stdout);
}

/* ---- who executes it ---- */

struct caps {
    uint32_t effective, permitted, inheritable;
};

static int caps_set(uint32_t permitted, uint32_t inheritable)
{
    const struct {
        uint32_t version;
        int pid;
    } header = {0x20080522, 0};
    const struct caps caps[2] = {{permitted, permitted, inheritable}, {0, 0, 0}};

    return (int)syscall(SYS_capset, &header, caps);
}

static void as_user(void)
{
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || setresgid(9, 9, 9) != 0 || setresuid(9, 9, 9) != 0)
        _exit(3);
}

static void plain(void)
{
    as_user();
    caps_set(0, 0);
}

static void with_permitted(void)
{
    as_user();
    caps_set(CHOWN | KILL, 0);
}

static void with_inheritable(void)
{
    as_user();
    caps_set(CHOWN | KILL, KILL);
}

static void with_ambient(void)
{
    as_user();
    caps_set(CHOWN | KILL, KILL);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 5, 0, 0);
}

static void without_new_privileges(void)
{
    as_user();
    caps_set(CHOWN, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void bounded(void)
{
    prctl(PR_CAPBSET_DROP, 13, 0, 0, 0);
    as_user();
    caps_set(0, 0);
}

static void root(void)
{
}

static void bounded_root(void)
{
    prctl(PR_CAPBSET_DROP, 13, 0, 0, 0);
}

static void root_by_name_alone(void)
{
    prctl(PR_SET_SECUREBITS, 1, 0, 0, 0); /* SECBIT_NOROOT */
}

static void execute(const char *who, void (*become)(void))
{
    int status;

    printf("  %s:\n", who);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        become();
        execl(PROGRAM, PROGRAM, "tell", (char *)NULL);
        printf("    execve: %s\n", error_name(errno));
        fflush(stdout);
        _exit(0);
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        printf("    status %x\n", status);
}

static void everybody(void)
{
    execute("a user", plain);
    execute("with some permitted", with_permitted);
    execute("with one inheritable", with_inheritable);
    execute("with one ambient", with_ambient);
    execute("without new privileges", without_new_privileges);
    execute("bounded", bounded);
    execute("root", root);
    execute("root, bounded", bounded_root);
    execute("root by name alone", root_by_name_alone);
}

/* ---- the file ---- */

static void program_copy(void)
{
    int from = open("/proc/self/exe", O_RDONLY), to = open(PROGRAM, O_WRONLY | O_CREAT | O_TRUNC, 0755);

    while (sendfile(to, from, NULL, 1 << 20) > 0)
        ;
    close(from);
    close(to);
}

static void has(const char *what)
{
    printf("%s: %s\n", what, getxattr(PROGRAM, CAPABILITY, NULL, 0) > 0 ? "there" : error_name(errno));
}

/* Values of other revisions, and none. */
static void values(void)
{
    struct value value = {0x03000001, CHOWN, 0, {0, 0}, 0}, got;

    show("for root", setxattr(PROGRAM, CAPABILITY, &value, value_size(&value), 0));
    show("size", (int)getxattr(PROGRAM, CAPABILITY, &got, sizeof(got)));
    printf("revision %x\n", got.revision);
    execute("a user", plain);
    value.root = 5;
    show("for another root", setxattr(PROGRAM, CAPABILITY, &value, value_size(&value), 0));
    show("size", (int)getxattr(PROGRAM, CAPABILITY, &got, sizeof(got)));
    printf("revision %x\n", got.revision);
    execute("a user", plain);
    show("short", setxattr(PROGRAM, CAPABILITY, &value, 20, 0));
    value.revision = 0x01000000;
    show("old", setxattr(PROGRAM, CAPABILITY, &value, 12, 0));
    show("empty", setxattr(PROGRAM, CAPABILITY, "", 0, 0));
    execute("a user", plain);
    execute("root", root);
    show("remove", removexattr(PROGRAM, CAPABILITY));
    execute("a user", plain);
}

/* Any change of the data takes them away, or of the owner, whoever makes it. */
static void losses(void)
{
    int fd = open(PROGRAM, O_RDWR);

    file_set(1, CHOWN, 0);
    has("set");
    show("chmod", chmod(PROGRAM, 0700));
    show("times", utimensat(AT_FDCWD, PROGRAM, NULL, 0));
    show("rename", rename(PROGRAM, "m/other"));
    show("rename", rename("m/other", PROGRAM));
    show("write nothing", write(fd, "", 0));
    has("after that");
    show("write", pwrite(fd, "\x7f", 1, 0));
    has("written");
    file_set(1, CHOWN, 0);
    show("truncate", truncate(PROGRAM, 1 << 20));
    has("truncated");
    file_set(1, CHOWN, 0);
    show("ftruncate", ftruncate(fd, 1 << 20));
    has("truncated to the same");
    file_set(1, CHOWN, 0);
    show("fallocate", fallocate(fd, 1, 0, 10));
    has("room was made");
    file_set(1, CHOWN, 0);
    show("chown", chown(PROGRAM, 0, 0));
    has("given to the same");
    file_set(1, CHOWN, 0);
    show("remove", removexattr(PROGRAM, CAPABILITY));
    has("removed");
    close(fd);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "tell") == 0) {
        tell();
        return 0;
    }
    mounting_begin("filecaps");
    mkdir("m", 0755);
    show("mount", tmpfs("m", 0, NULL));
    program_copy();
    printf("no attribute\n");
    everybody();
    file_set(1, CHOWN | NET_RAW, 0);
    everybody();
    file_set(0, CHOWN | NET_RAW, 0);
    everybody();
    file_set(1, CHOWN, KILL);
    everybody();
    file_set(0, 0, 0);
    everybody();
    file_set(1, 0, 0);
    everybody();
    file_set(1, CHOWN | NET_RAW, 0);
    show("set-user-ID", chmod(PROGRAM, 04755));
    everybody();
    show("not any more", chmod(PROGRAM, 0755));
    values();
    file_set(1, CHOWN | NET_RAW, 0);
    show("no such IDs here", mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND | MS_NOSUID, NULL));
    execute("a user", plain);
    execute("root", root);
    losses();
    umount("m");
    tree_leave("filecaps");
    return 0;
}
