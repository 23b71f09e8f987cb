/* SPDX-License-Identifier: Apache-2.0 */
/*
 * permissions.c - who may do what to a file and in a directory: owner, group, supplementary group, others, root without
 * capabilities; sticky directories; access(2) with real and effective IDs. Files are made by who is to own them.
 */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tree.h"

enum { OWNER = 1000, GROUP = 2000, OTHER = 1001, OTHER_GROUP = 2001 };

static const struct {
    const char *name;
    unsigned user, group, more;
} people[] = {{"root", 0, 0, 0},
              {"owner", OWNER, OTHER_GROUP, OTHER_GROUP},
              {"group", OTHER, GROUP, OTHER_GROUP},
              {"member", OTHER, OTHER_GROUP, GROUP},
              {"other", OTHER, OTHER_GROUP, OTHER_GROUP}};

static void act(unsigned user, unsigned group, unsigned more)
{
    gid_t list[] = {more, 3, 65533};

    if (seteuid(0) != 0 || setgroups(3, list) != 0 || setegid(group) != 0 || seteuid(user) != 0)
        exit(3);
}

static char opened(const char *name, int how)
{
    int fd = open(name, how, 0600);
    char letter = error_letter(fd);

    close(fd);
    return letter;
}

static void files(void)
{
    printf("files: r w rw; access r w x rw rx, with effective IDs too\n");
    for (unsigned mode = 0; mode < 01000; mode += mode < 0100 ? 1 : 077) {
        act(OWNER, GROUP, GROUP);
        unlink("f");
        tree_file("f", "x", mode);
        printf("%04o", mode);
        for (unsigned i = 0; i < 5; i++) {
            act(people[i].user, people[i].group, people[i].more);
            printf(" %c%c%c", opened("f", O_RDONLY), opened("f", O_WRONLY), opened("f", O_RDWR));
            static const int wanted[] = {F_OK, R_OK, W_OK, X_OK, R_OK | W_OK, R_OK | X_OK};
            for (unsigned k = 0; k < 6; k++)
                printf("%c%c", error_letter(access("f", wanted[k])),
                       error_letter(syscall(SYS_faccessat2, AT_FDCWD, "f", wanted[k], AT_EACCESS)));
        }
        printf("\n");
    }
    act(0, 0, 0);
}

/* What can be done in a directory with this mode. */
static void in_directory(void)
{
    struct stat st;
    char text[10];

    printf("%c", opened("d", O_RDONLY));
    printf("%c", opened("d/f", O_RDONLY));
    printf("%c", opened("d/none", O_RDONLY));
    printf("%c", error_letter(stat("d/f", &st)));
    printf("%c", error_letter(stat("d/none/x", &st)));
    printf("%c", error_letter(stat("d/.", &st)));
    printf("%c", error_letter(stat("d/..", &st)));
    printf("%c", error_letter(readlink("d/l", text, sizeof(text))));
    printf("%c", opened("d/l", O_RDONLY));
    printf("%c", opened("d/new", O_RDWR | O_CREAT | O_EXCL));
    printf("%c", error_letter(mkdir("d/newdir", 0755)));
    printf("%c", error_letter(mkdir("d/f", 0755)));
    printf("%c", error_letter(symlink("x", "d/newlink")));
    printf("%c", error_letter(link("d/f", "d/newname")));
    printf("%c", error_letter(mknod("d/newfifo", S_IFIFO | 0600, 0)));
    printf("%c", error_letter(mknod("d/newdev", S_IFCHR | 0600, 0x103)));
    printf("%c", error_letter(rename("d/f", "d/g")));
    printf("%c", error_letter(rename("d/g", "d/f")));
    printf("%c", error_letter(rename("d/none", "d/f")));
    printf("%c", error_letter(rename("d/f", "d/f")));
    printf("%c", error_letter(rmdir("d/f")));
    printf("%c", error_letter(rmdir("d/sub")));
    printf("%c", error_letter(unlink("d/none")));
    printf("%c", error_letter(unlink("d/f")));
    printf("%c", opened("d", O_RDWR | O_TMPFILE));
    printf("%c", error_letter(chdir("d")));
    printf("%c", error_letter(access("f", F_OK)));
    act(0, 0, 0);
    if (chdir("/dev/shm/lvmm-permissions") != 0)
        exit(4);
}

static void directories(unsigned sticky)
{
    static const unsigned modes[] = {0,    0111, 0222, 0333, 0444, 0555, 0666, 0777, 0700, 0070,
                                     0007, 0300, 0030, 0003, 0500, 0050, 0005, 0755, 0773};

    printf("directories, %o\n", sticky);
    for (unsigned m = 0; m < sizeof(modes) / sizeof(modes[0]); m++) {
        for (unsigned i = 0; i < 5; i++) {
            act(OWNER, GROUP, GROUP);
            umask(0777 & ~modes[m]);
            mkdir("d", modes[m] | sticky);
            umask(0);
            act(0, GROUP, GROUP);        /* whose group mustn't be root's: tmpfs gives it on */
            tree_file("d/f", "x", 0666); /* or fs.protected_hardlinks would say who may link it */
            mkdir("d/sub", 0755);
            if (symlink("f", "d/l") != 0)
                exit(4);
            printf("%04o %-6s ", modes[m], people[i].name);
            act(people[i].user, people[i].group, people[i].more);
            in_directory();
            printf("\n");
            tree_clear();
            mkdir("base", 0777);
        }
    }
}

/* In a sticky directory only the owner of the file, or of the directory, moves it. */
static void sticky(void)
{
    static const unsigned owners[] = {0, OWNER, OTHER};

    printf("sticky: directory's owner, file's, who: unlink, rename, over it, exchange\n");
    for (unsigned n = 0; n < 27; n++) {
        unsigned dir = owners[n / 9], file = owners[n / 3 % 3], who = owners[n % 3];
        act(dir, GROUP, GROUP);
        mkdir("s", 01777);
        act(file, GROUP, GROUP);
        tree_file("s/file", "x", 0666);
        tree_file("s/second", "x", 0666);
        tree_file("s/third", "x", 0666);
        mkdir("s/dir", 0777);
        act(who, GROUP, GROUP);
        tree_file("s/mine", "x", 0666);
        printf("%u %u %u: ", dir, file, who);
        printf("%c", error_letter(unlink("s/file")));
        printf("%c", error_letter(rename("s/second", "s/other")));
        printf("%c", error_letter(rename("s/mine", "s/third")));
        printf("%c", error_letter(syscall(SYS_renameat2, AT_FDCWD, "s/mine", AT_FDCWD, "s/third", 2)));
        printf("%c", error_letter(rename("s/third", "s/mine")));
        printf("%c\n", error_letter(rmdir("s/dir")));
        act(0, 0, 0);
        tree_clear();
    }
}

/* Real IDs, which access(2) asks for, on the way as well; another process, as they can't be had back. */
static void real_ids(void)
{
    static const struct {
        unsigned real, effective;
    } ids[] = {{0, 0}, {OWNER, 0}, {0, OWNER}, {OWNER, OTHER}, {OTHER, OWNER}, {OTHER, OTHER}};

    act(OWNER, GROUP, GROUP);
    mkdir("mine", 0700);
    tree_file("mine/f", "x", 0600);
    tree_file("secret", "x", 0600);
    tree_file("run", "x", 0100);
    act(0, 0, 0);
    for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            if (setresuid(ids[i].real, ids[i].effective, 0) != 0)
                _exit(9);
            printf("real %u effective %u:", ids[i].real, ids[i].effective);
            static const char *const names[] = {"mine/f", "mine/none", "secret", "run", "/", "."};
            for (unsigned k = 0; k < 6; k++) {
                printf(" %c%c%c", error_letter(access(names[k], R_OK)), error_letter(access(names[k], W_OK)),
                       error_letter(access(names[k], X_OK)));
                printf("%c", error_letter(syscall(SYS_faccessat2, AT_FDCWD, names[k], R_OK, AT_EACCESS)));
            }
            printf("\n");
            fflush(stdout);
            _exit(0);
        }
        int status;
        if (waitpid(child, &status, 0) != child || status != 0)
            printf("status %x\n", status);
    }
    show("bad mode", access("run", 8));
    show("bad flags", syscall(SYS_faccessat2, AT_FDCWD, "run", 0, 0x4000));
    int fd = open("secret", O_PATH);
    show("of the descriptor", syscall(SYS_faccessat2, fd, "", W_OK, AT_EMPTY_PATH));
    show("without the flag", syscall(SYS_faccessat2, fd, "", W_OK, 0));
    close(fd);
    tree_clear();
}

/* Directories with the bit for it give their group on. */
static void groups(void)
{
    struct stat st;

    mkdir("g", 0777);
    act(OWNER, GROUP, GROUP);
    mkdir("s", 02777);
    if (stat("s", &st) == 0)
        printf("made with it: %o\n", st.st_mode);
    tree_file("g/f", "x", 0666);
    umask(027);
    tree_file("g/masked", "x", 0666);
    mkdir("g/maskeddir", 07777);
    mknod("g/fifo", S_IFIFO | 0777, 0);
    umask(0);
    act(0, 0, 0);
    static const char *const names[] = {"g/f", "g/masked", "g/maskeddir", "g/fifo"};
    for (unsigned i = 0; i < 4; i++)
        if (stat(names[i], &st) == 0)
            printf("%s: %o %u %u\n", names[i], st.st_mode, st.st_uid, st.st_gid);
    act(OWNER, OTHER_GROUP, OTHER_GROUP);
    show("a device, as root alone", mknod("g/dev", S_IFBLK | 0600, 0x701));
    show("what stands for nothing", mknod("g/whiteout", S_IFCHR | 0600, 0));
    show("root's", chroot("g"));
    act(0, 0, 0);
    tree_clear();
}

int main(void)
{
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    tree_enter("lvmm-permissions");
    if (rmdir("/dev/shm/lvmm-permissions") != 0 || mkdir("/dev/shm/lvmm-permissions", 0777) != 0 ||
        chdir("/dev/shm/lvmm-permissions") != 0)
        return 2;
    files();
    tree_clear();
    directories(0);
    directories(01000);
    tree_clear();
    sticky();
    real_ids();
    groups();
    tree_leave("lvmm-permissions");
    return 0;
}
