/* SPDX-License-Identifier: Apache-2.0 */
/* remounts.c - what a tmpfs that is mounted can be told to be (MS_REMOUNT), and how /proc shows mounts and options. */
#define _GNU_SOURCE
#include <limits.h>
#include <sys/statvfs.h>

#include "mounting.h"

static char here[PATH_MAX];

static void figures(const char *path)
{
    struct statvfs st;
    struct stat root;

    if (statvfs(path, &st) != 0 || stat(path, &root) != 0) {
        printf("  %s: %s\n", path, error_name(errno));
        return;
    }
    printf("  %llu KiB, %llu left; %llu inodes, %llu left; %o %u:%u\n",
           (unsigned long long)(st.f_blocks * st.f_frsize / 1024),
           (unsigned long long)(st.f_bfree * st.f_frsize / 1024), (unsigned long long)st.f_files,
           (unsigned long long)st.f_ffree, root.st_mode, root.st_uid, root.st_gid);
}

/* Field number `which` and those behind it, of the last line of the file that has this path as field `place`. */
static void line_of(const char *file, const char *name, int place, int which)
{
    static char line[2 * PATH_MAX], found[2 * PATH_MAX];
    char path[2 * PATH_MAX], at[2 * PATH_MAX];
    FILE *in = fopen(file, "r");

    snprintf(path, sizeof(path), "%s/%s", here, name);
    strcpy(found, "not there\n");
    while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
        char *field = line;
        int i = 0;

        strcpy(at, line);
        for (char *token = strtok(at, " "); token != NULL; token = strtok(NULL, " "), i++)
            if (i == place && strcmp(token, path) == 0) {
                for (i = 0; i < which; i++)
                    field = strchr(field, ' ') + 1;
                strcpy(found, field);
                break;
            }
    }
    if (in != NULL)
        fclose(in);
    printf("  %s: %s", strrchr(file, '/') + 1, found);
}

static void shown(const char *name)
{
    line_of("/proc/self/mounts", name, 1, 2);
    line_of("/proc/self/mountinfo", name, 4, 5);
}

static long again(const char *options, unsigned long flags)
{
    long result = mount("none", "dir", NULL, MS_REMOUNT | flags, options);

    printf("%s: %s\n", options != NULL ? options : "nothing", result == 0 ? "done" : error_name(errno));
    return result;
}

static void sizes(void)
{
    static char bytes[1 << 18];

    show("mount", tmpfs("dir", 0, "size=1m,nr_inodes=20,mode=750,uid=3,gid=4"));
    figures("dir");
    shown("dir");
    again("size=2m", 0);
    figures("dir");
    again("nr_inodes=30", 0);
    figures("dir");
    again("size=512k,nr_inodes=25", 0);
    figures("dir");
    shown("dir");
    int fd = open("dir/file", O_CREAT | O_RDWR, 0600);
    show("write", write(fd, bytes, sizeof(bytes)));
    again("size=128k", 0);
    figures("dir");
    again("size=256k", 0);
    show("no more", write(fd, bytes, 1));
    again("nr_inodes=1", 0);
    again("nr_inodes=2", 0);
    show("no more files", open("dir/other", O_CREAT | O_RDWR, 0600));
    figures("dir");
    again("size=1m,nosuch", 0);
    again("size=x", 0);
    again("nr_inodes=5%", 0);
    again("mode=9", 0);
    again("uid=nobody", 0);
    again("noswap", 0);
    figures("dir");
    again("mode=700,uid=7,gid=8", 0);
    figures("dir");
    shown("dir");
    again(NULL, 0);
    again("", 0);
    figures("dir");
    again("size=5m", MS_BIND);
    figures("dir");
    again("size=1m,nr_inodes=10", MS_RDONLY);
    close(fd);
    figures("dir");
    again("size=1m,nr_inodes=10", MS_RDONLY);
    figures("dir");
    shown("dir");
    show("make", open("dir/other", O_CREAT | O_RDWR, 0600));
    again("size=0", MS_NOEXEC);
    figures("dir");
    shown("dir");
    again("nr_inodes=0", 0);
    figures("dir");
    again("size=1m", 0);
    again("nr_inodes=10", 0);
    again("size=0,nr_inodes=0", 0);
    again("nr_blocks=64", 0);
    show("umount", umount("dir"));
}

static void lines(void)
{
    show("default", tmpfs("dir", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME, "mode=1777"));
    shown("dir");
    mkdir("dir/deep", 0755);
    mkdir("dir/deep/er one", 0755);
    tree_file("dir/deep/file", "x", 0644);
    show("bind of a directory", mount("dir/deep/er one", "empty", NULL, MS_BIND, NULL));
    line_of("/proc/self/mountinfo", "empty", 4, 3);
    show("read-only", mount("none", "empty", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOATIME, NULL));
    line_of("/proc/self/mountinfo", "empty", 4, 3);
    line_of("/proc/self/mounts", "empty", 1, 2);
    show("bind of a file", mount("dir/deep/file", "file", NULL, MS_BIND, NULL));
    line_of("/proc/self/mountinfo", "file", 4, 3);
    show("move what it is of", rename("dir/deep/er one", "dir/moved"));
    show("move what it lies in", rename("dir/deep", "dir/moved too"));
    line_of("/proc/self/mountinfo", "empty", 4, 3);
    line_of("/proc/self/mountinfo", "file", 4, 3);
    show("remove it", unlink("dir/moved too/file"));
    line_of("/proc/self/mountinfo", "file", 4, 3);
    show("umount", umount("file"));
    show("umount", umount("empty"));
    show("umount", umount("dir"));
    show("pseudo-terminals", mount("none", "dir", "devpts", MS_NOATIME, "newinstance"));
    shown("dir");
    again("mode=620,gid=5,ptmxmode=0666", 0);
    shown("dir");
    again("mode=9", 0);
    again("max=100", 0);
    shown("dir");
    show("umount", umount("dir"));
}

static void all(void)
{
    if (getcwd(here, sizeof(here)) == NULL)
        return;
    sizes();
    lines();
}

int main(void)
{
    mounting_alone("remounts", NULL, all);
    return 0;
}
