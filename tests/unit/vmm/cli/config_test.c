/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/cli/command_line.c vmm/cli/option.c vmm/cli/options.c vmm/cli/*_words.c vmm/cli/values.c vmm/log.c
// vmm/net/address.c vmm/net/policy.c vmm/net/publish.c
/* config_test.c - the command line: what it means, and the one line for each mistake. */
#include "vmm/cli/command_line.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/vmm/capture.h"

#define WORDS 24
#define WORD 64

static struct config config;
static struct capture capture;
static int status;
static char words[WORDS][WORD];
static char *argv[WORDS + 1];

/* "run|--disk|a b" and so on, cut at each "|"; copies, as a disk's option is cut off in place. */
static int parse(const char *line)
{
    int argc = 1;

    strcpy(words[0], "lvmm");
    for (const char *at = line;; at++) {
        size_t n = strcspn(at, "|");
        ck_assert(argc < WORDS && n < WORD);
        memcpy(words[argc], at, n);
        words[argc++][n] = '\0';
        at += n;
        if (*at == '\0')
            break;
    }
    for (int i = 0; i < argc; i++)
        argv[i] = words[i];
    argv[argc] = NULL;
    status = -1;
    capture_start(&capture);
    int result = config_parse(argc, argv, &config, &status);
    capture_stop(&capture);
    return result;
}

static void accepts(const char *line)
{
    ck_assert_msg(parse(line) == 0, "%s: %s", line, capture.text);
    ck_assert_str_eq(capture.text, "");
}

static void refuses(const char *line, const char *part)
{
    ck_assert_msg(parse(line) == -1, "%s is accepted", line);
    ck_assert_int_eq(status, EXIT_LVMM);
    capture_expect(&capture, part);
}

START_TEST(defaults)
{
    accepts("run");
    ck_assert_int_eq(config.command, COMMAND_RUN);
    ck_assert_ptr_null(config.kernel);
    ck_assert_ptr_null(config.program);
    ck_assert_ptr_null(config.pflash.path);
    ck_assert_uint_eq(config.disk_count, 0);
    ck_assert_uint_eq(config.memory_bytes, 256u << 20);
    ck_assert_uint_eq(config.cpus, 1);
    ck_assert_int_eq(config.accel, ACCEL_AUTO);
    ck_assert_uint_eq(config.timeout_ns, 0);
    ck_assert(!config.no_dax);
    accepts("run|--no-dax|-v|a:/b|ls");
    ck_assert(config.no_dax);
    refuses("run|--no-dax=1|ls", "--no-dax=1: this option takes no value");
    accepts("run|--");
    ck_assert_ptr_null(config.program);
    accepts("doctor");
    ck_assert_int_eq(config.command, COMMAND_DOCTOR);
}
END_TEST

START_TEST(all_options)
{
    accepts(
        "run|--kernel|k.elf|--disk=a.img|--disk|b.img,ro|--pflash|f,ro|--memory|1G|--cpus|3|--append|x y|--accel|tcg|"
        "--arch|x86_64|--verbose|--timeout|2.5|/bin/ls|-l");
    ck_assert_str_eq(config.kernel, "k.elf");
    ck_assert_uint_eq(config.disk_count, 2);
    ck_assert_str_eq(config.disk[0].path, "a.img");
    ck_assert(!config.disk[0].read_only);
    ck_assert_str_eq(config.disk[1].path, "b.img");
    ck_assert(config.disk[1].read_only);
    ck_assert_str_eq(config.pflash.path, "f");
    ck_assert(config.pflash.read_only);
    ck_assert_uint_eq(config.memory_bytes, 1u << 30);
    ck_assert_uint_eq(config.cpus, 3);
    ck_assert_str_eq(config.append, "x y");
    ck_assert_int_eq(config.accel, ACCEL_TCG);
    ck_assert_str_eq(config.arch, "x86_64");
    ck_assert(config.verbose);
    ck_assert_uint_eq(config.timeout_ns, 2500000000u);
    ck_assert_str_eq(config.program[0], "/bin/ls");
    ck_assert_str_eq(config.program[1], "-l");
    ck_assert_ptr_null(config.program[2]);
}
END_TEST

START_TEST(short_forms)
{
    accepts("run|-m|1G|-e|A=1|-eB|--env=C=d|-w|/tmp|-u1000:50|--hostname|box|-it|--rm|--|/bin/ls|-e");
    ck_assert_uint_eq(config.memory_bytes, 1u << 30);
    ck_assert_uint_eq(config.env_count, 3);
    ck_assert_str_eq(config.env[0], "A=1");
    ck_assert_str_eq(config.env[1], "B");
    ck_assert_str_eq(config.env[2], "C=d");
    ck_assert_str_eq(config.workdir, "/tmp");
    ck_assert_str_eq(config.user, "1000:50");
    ck_assert_str_eq(config.hostname, "box");
    ck_assert_str_eq(config.program[1], "-e");
    accepts("run|--hostname|a-b|-it|--append||-it|--hostname|--i|-it|-im|1G"); /* behind values that aren't options */
    ck_assert_uint_eq(config.memory_bytes, 1u << 30);
    refuses("run|-m", "-m: this option needs a value");
    refuses("run|-it|-m", "-m: this option needs a value");
    refuses("run|-ix", "-ix: unknown option");
    refuses("run|-cpus|2", "-cpus: unknown option; it has two dashes: --cpus");
    refuses("run|-m|12Q", "--memory 12Q: not a size");
    refuses("run|-e|", "--env : has no name");
    refuses("run|-e|=b", "--env =b: has no name");
    refuses("run|-w|tmp", "--workdir tmp: not an absolute path");
    refuses("run|-u|a:b:c", "--user a:b:c: not a user");
    refuses("run|--hostname|", "--hostname : not a name");
    refuses("run|--wor|/tmp", "--wor: unknown option; write it in full: --workdir");
    refuses("doctor|-m|1G", "-m: unknown option");
}
END_TEST

START_TEST(many_variables)
{
    char *line[2 * CONFIG_ENV + 5] = {words[0], words[1]};
    char letter[] = "-e", value[] = "A=1";
    int argc = 2;

    strcpy(words[0], "lvmm");
    strcpy(words[1], "run");
    for (unsigned i = 0; i < CONFIG_ENV; i++) {
        line[argc++] = letter;
        line[argc++] = value;
    }
    ck_assert_int_eq(config_parse(argc, line, &config, &status), 0);
    ck_assert_uint_eq(config.env_count, CONFIG_ENV);
    line[argc++] = letter;
    line[argc++] = value;
    capture_start(&capture);
    ck_assert_int_eq(config_parse(argc, line, &config, &status), -1);
    capture_stop(&capture);
    capture_expect(&capture, "--env A=1: too many of these; at most 256");
}
END_TEST

START_TEST(traces)
{
    accepts("run");
    ck_assert(!config.trace && !config.stats && config.trace_file == NULL);
    accepts("run|--trace|--trace-raw|--stats|--trace-file|t.txt|a");
    ck_assert(config.trace && config.trace_raw && config.stats && config.trace_calls == NULL);
    ck_assert_str_eq(config.trace_file, "t.txt");
    refuses("run|--trace-file|", "--trace-file: the value is empty");
    refuses("run|--trace-file", "--trace-file: this option needs a value");
    accepts("run|--trace=openat,%file|a");
    ck_assert(config.trace);
    ck_assert_str_eq(config.trace_calls, "openat,%file");
    refuses("run|--trace-raw=x", "this option takes no value");
    refuses("run|--stats=1", "this option takes no value");
    accepts("run|a");
    ck_assert(!config.init);
    accepts("run|--init|a");
    ck_assert(config.init);
    refuses("run|--init=1", "this option takes no value");
}
END_TEST

START_TEST(where_nothing_is)
{
    accepts("run");
    ck_assert_int_eq(config.unmapped, UNMAPPED_IGNORE);
    accepts("run|--unmapped|end");
    ck_assert_int_eq(config.unmapped, UNMAPPED_END);
    accepts("run|--unmapped|end|--unmapped=ignore");
    ck_assert_int_eq(config.unmapped, UNMAPPED_IGNORE);
}
END_TEST

START_TEST(the_programs_options_are_its_own)
{
    accepts("run|--verbose|/bin/sh|--memory|12Q|--help|--|-x");
    ck_assert_str_eq(config.program[1], "--memory");
    ck_assert_str_eq(config.program[5], "-x");
    accepts("run|--|--verbose|--help");
    ck_assert_str_eq(config.program[0], "--verbose");
    ck_assert(!config.verbose);
    accepts("run|--|a|--|b");
    ck_assert_str_eq(config.program[1], "--");
    refuses("run|", "PROGRAM is empty");
}
END_TEST

START_TEST(only_a_final_ro_or_rw_is_an_option)
{
    accepts("run|--disk|a,b.img|--disk|a,ro,b|--disk|x,ro,ro|--disk|a,rw|--disk|x,ro,rw|--disk|x,RO");
    ck_assert_str_eq(config.disk[0].path, "a,b.img");
    ck_assert_str_eq(config.disk[1].path, "a,ro,b");
    ck_assert(!config.disk[1].read_only);
    ck_assert_str_eq(config.disk[2].path, "x,ro");
    ck_assert(config.disk[2].read_only);
    ck_assert_str_eq(config.disk[3].path, "a");
    ck_assert(!config.disk[3].read_only);
    ck_assert_str_eq(config.disk[4].path, "x,ro");
    ck_assert(!config.disk[4].read_only);
    ck_assert_str_eq(config.disk[5].path, "x,RO");
    accepts("run|--disk|a,cow|--disk|a,cow=b|--disk|a,cow=b,c,part=2|--disk|a,part=3,cow=b|--disk|a,ro,part=0|--disk|"
            "a,part=4,rw|--disk|a,part=1");
    ck_assert(config.disk[0].cow && !config.disk[0].read_only && config.disk[0].changes == NULL);
    ck_assert_uint_eq(config.disk[0].part, CONFIG_PART_NONE);
    ck_assert(config.disk[1].cow);
    ck_assert_str_eq(config.disk[1].changes, "b");
    ck_assert_str_eq(config.disk[2].changes, "b,c");
    ck_assert_uint_eq(config.disk[2].part, 2);
    ck_assert_str_eq(config.disk[3].changes, "b");
    ck_assert_uint_eq(config.disk[3].part, 3);
    ck_assert(config.disk[4].read_only && config.disk[4].part == 0);
    ck_assert(!config.disk[5].read_only && config.disk[5].part == 4);
    ck_assert(!config.disk[6].cow && config.disk[6].part == 1);
    for (unsigned i = 0; i < 7; i++)
        ck_assert_str_eq(config.disk[i].path, "a");
    accepts("run|--disk|a,cow,b|--disk|a,part=x|--disk|a,part=|--disk|a,cow=b,rw|--disk|a,part=99999");
    ck_assert_str_eq(config.disk[0].path, "a,cow,b");
    ck_assert_str_eq(config.disk[1].path, "a,part=x");
    ck_assert_str_eq(config.disk[2].path, "a,part=");
    ck_assert_str_eq(config.disk[3].path, "a,cow=b"); /* one mode, the last */
    ck_assert_str_eq(config.disk[4].path, "a,part=99999");
    refuses("run|--disk|,ro", "--disk: the file name is empty");
    refuses("run|--disk|,cow", "--disk: the file name is empty");
    refuses("run|--disk|,cow=x", "--disk: the file name is empty");
    refuses("run|--disk|,part=1,ro", "--disk: the file name is empty");
    refuses("run|--disk|a,cow=", "--disk a,cow=: the name of the file that keeps the changes is empty");
    refuses("run|--disk|,rw", "--disk: the file name is empty");
    refuses("run|--pflash|", "--pflash: the file name is empty");
    refuses("run|--disk|1|--disk|2|--disk|3|--disk|4|--disk|5|--disk|6|--disk|7|--disk|8",
            "--disk 8: too many disks; at most 7");
}
END_TEST

static void has_share(unsigned number, const char *host, const char *guest, enum share_mode mode, const char *changes)
{
    const struct config_share *share = &config.share[number];

    ck_assert_uint_lt(number, config.share_count);
    ck_assert_str_eq(share->host, host);
    ck_assert_str_eq(share->guest, guest);
    ck_assert_int_eq(share->mode, mode);
    if (changes == NULL)
        ck_assert_ptr_null(share->changes);
    else
        ck_assert_str_eq(share->changes, changes);
}

START_TEST(shared_folders)
{
    accepts("run|--disk|d|-v|.:/mnt|--volume|/a b:/x//y/./z/:ro|-v=odd:/c:cow|-vq:/q:cow=k:1");
    ck_assert_uint_eq(config.share_count, 4);
    has_share(0, ".", "/mnt", SHARE_RW, NULL);
    has_share(1, "/a b", "/x/y/z", SHARE_RO, NULL);
    has_share(2, "=odd", "/c", SHARE_COW, NULL);
    has_share(3, "q", "/q", SHARE_COW, "k:1");
    ck_assert(!config_has_root(&config));

    accepts("run|-v|.:/mnt:rw|--root|/srv,a,cow=k,ro");
    has_share(0, "/srv,a", "/", SHARE_COW, "k,ro");
    has_share(1, ".", "/mnt", SHARE_RW, NULL);
    ck_assert(config_has_root(&config));
    accepts("run|-v|.:/mnt:ro,root|-v|a:/a:cow=k,root|-v|b:/b:cow=k,root/|--root|/srv,a");
    has_share(1, ".", "/mnt", SHARE_RO, NULL);
    has_share(2, "a", "/a", SHARE_COW, "k");
    has_share(3, "b", "/b", SHARE_COW, "k,root/");
    ck_assert(config.share[0].all_rights && config.share[1].all_rights && config.share[2].all_rights);
    ck_assert(!config.share[3].all_rights);
    accepts("run|--root|/srv,a");
    has_share(0, "/srv,a", "/", SHARE_COW, NULL);
    accepts("run|--root|/srv,rw");
    has_share(0, "/srv", "/", SHARE_RW, NULL);
}
END_TEST

START_TEST(mistakes_in_shared_folders)
{
    refuses("run|-v|a", "-v a: doesn't say where the guest has it; HOST:GUEST");
    refuses("run|-v|:/a", "-v : the name of the host's folder is empty");
    refuses("run|-v|a:b", "-v a: b is not an absolute path of the guest");
    refuses("run|-v|a:", "-v a: \"\" is not an absolute path");
    refuses("run|-v|a:/b/../c", "-v a: the guest's path has a .. in it");
    refuses("run|-v|a:/.", "-v a: / is the guest's root file system; --root a gives it that");
    refuses("run|-v|a:/b:wr", "-v a: mode wr is unknown; it is ro, rw, cow or cow=FOLDER");
    refuses("run|-v|a:/b:", "-v a: mode \"\" is unknown");
    refuses("run|-v|a:/b:cow=", "-v a: the name of the folder that keeps the changes is empty");
    refuses("run|-v|a:/b|-v|c:/b/", "-v c: the guest has another folder at /b already");
    refuses("run|--root|a|--root|b", "--root b: is given twice");
    refuses("run|--root|", "--root : the name of the host's folder is empty");
    refuses("run|--root|a|--disk|b", "--root a: the root file system is that of --disk b already");
    refuses("run|--root|a|--initrd|b", "--root a: the root file system is that of --initrd b already");
}
END_TEST

START_TEST(many_shared_folders)
{
    static char list[SHARE_MAX + 1][16];
    char *words_of_all[2 * SHARE_MAX + 5] = {"lvmm", "run"};
    int argc = 2;

    for (unsigned i = 0; i <= SHARE_MAX; i++) {
        snprintf(list[i], sizeof(list[i]), "a:/%u", i);
        words_of_all[argc++] = "-v";
        words_of_all[argc++] = list[i];
    }
    capture_start(&capture);
    int result = config_parse(argc, words_of_all, &config, &status);
    capture_stop(&capture);
    ck_assert_int_eq(result, -1);
    capture_expect(&capture, "-v a: too many shared folders; at most 32");
}
END_TEST

START_TEST(memory_and_cpus)
{
    accepts("run|--memory|64m");
    ck_assert_uint_eq(config.memory_bytes, 64u << 20);
    accepts("run|--memory|16777216");
    ck_assert_uint_eq(config.memory_bytes, 16u << 20);
    accepts("run|--memory|4K"); /* what a machine takes is the plan's to say */
    refuses("run|--memory|12Q", "--memory 12Q: not a size; give a number with K, M, G or T, e.g. 256M");
    refuses("run|--memory|20000000T", "--memory 20000000T: more than any machine has");
    refuses("run|--memory|1000", "--memory 1000: that is 1000 bytes; 1000M?");
    refuses("run|--memory|4096", "--memory 4096: that is 4096 bytes; 4096M?");
    refuses("run|--memory|0", "--memory 0: is none at all; e.g. 256M");
    refuses("run|--memory|0K", "--memory 0K: is none at all");
    refuses("run|--memory|9000001", "--memory 9000001: not a multiple of 4K");
    refuses("run|--memory|1K", "--memory 1K: not a multiple of 4K");
    refuses("run|--cpus|0", "--cpus 0: not a number of CPUs");
    refuses("run|--cpus|-1", "--cpus -1: not a number of CPUs");
    refuses("run|--cpus|2K", "--cpus 2K: not a number of CPUs");
    refuses("run|--cpus|65536", "--cpus 65536: not a number of CPUs");
}
END_TEST

START_TEST(limits)
{
    accepts("run|/bin/ls");
    ck_assert_uint_eq(config.cpu_time_ns, 0);
    ck_assert_uint_eq(config.max_output, METER_NO_LIMIT);
    ck_assert_uint_eq(config.max_disk, METER_NO_LIMIT);
    ck_assert_uint_eq(config.max_procs, 0);
    ck_assert_ptr_null(config.report);
    accepts("run|--cpu-time|5s|--max-output|0|--max-disk=1M|--max-procs|64|--report|r");
    ck_assert_uint_eq(config.cpu_time_ns, 5000000000u);
    ck_assert_uint_eq(config.timeout_ns, 0);
    ck_assert_uint_eq(config.max_output, 0);
    ck_assert_uint_eq(config.max_disk, 1 << 20);
    ck_assert_uint_eq(config.max_procs, 64);
    ck_assert_str_eq(config.report, "r");
    refuses("run|--cpu-time|", "--cpu-time : not a time");
    refuses("run|--cpu-time|1y", "--cpu-time 1y: not a time");
    refuses("run|--max-output|-1", "--max-output -1: not a size");
    refuses("run|--max-output|18446744073709551615", "--max-output 18446744073709551615: not a size");
    refuses("run|--max-disk|1.5G", "--max-disk 1.5G: not a size");
    refuses("run|--max-procs|0", "--max-procs 0: not a number of processes");
    refuses("run|--max-procs|4294967296", "--max-procs 4294967296: not a number of processes");
    refuses("run|--max-procs|1K", "--max-procs 1K: not a number of processes");
    refuses("run|--report|", "--report: the value is empty");
}
END_TEST

START_TEST(what_do_changes)
{
    accepts("do|ls|-l");
    ck_assert_int_eq(config.command, COMMAND_DO);
    ck_assert_uint_eq(config.memory_bytes, 0);
    ck_assert_int_eq(config.folder, FOLDER_COW);
    ck_assert_str_eq(config.program[1], "-l");
    accepts("do|--rw|all");
    ck_assert_int_eq(config.folder, FOLDER_RW);
    ck_assert_str_eq(config.program[0], "all");
    accepts("do|--rw=all|ls");
    ck_assert_int_eq(config.folder, FOLDER_RW_ALL);
    accepts("do|--diff|--apply|ls");
    ck_assert(config.diff && config.apply);
    accepts("do|--keep|d|--apply|ls");
    ck_assert_str_eq(config.keep, "d");
    refuses("do|--rw=some|ls", "--rw=some: unknown; --rw, or --rw=all");
    refuses("do|--rw|--apply|ls", "--apply: with --rw changes are made");
    refuses("do|--rw|--diff|ls", "--diff: with --rw nothing is left");
    refuses("do|--rw=all|--keep|d|ls", "--keep d: with --rw nothing is left");
    refuses("do|--keep|d|--diff|ls", "--diff: --keep d has what was changed");
    refuses("do|--disk|x|ls", "--disk: is an option of run: lvmm run --disk ...");
    refuses("run|--apply", "--apply: is an option of do: lvmm do --apply ...");
}
END_TEST

START_TEST(timeouts)
{
    accepts("run|--timeout|0.5");
    ck_assert_uint_eq(config.timeout_ns, 500000000);
    accepts("run|--timeout|2m");
    ck_assert_uint_eq(config.timeout_ns, 120000000000);
    refuses("run|--timeout|soon", "--timeout soon: not a time; give seconds, or a number with s, m, h or d");
    refuses("run|--timeout|20000d", "--timeout 20000d: more than 1000000000 seconds");
}
END_TEST

START_TEST(mistakes)
{
    refuses("flub", "flub: unknown command; there are run, do, doctor, help and version, see 'lvmm help'");
    refuses("run|--bogus", "--bogus: unknown option; see 'lvmm run --help'");
    refuses("run|--bogus=3", "--bogus=3: unknown option");
    refuses("run|-x", "-x: unknown option");
    refuses("run|--verbose|-xyz", "-xyz: unknown option");
    refuses("run|--memory", "--memory: this option needs a value");
    refuses("run|--verbose=1", "--verbose=1: this option takes no value");
    refuses("run|--accel|xen", "--accel xen: unknown; it is auto, kvm or tcg");
    refuses("run|--unmapped|fail", "--unmapped fail: unknown; it is ignore or end");
    refuses("run|--kernel|", "--kernel: the value is empty");
    refuses("run|--arch|", "--arch: the value is empty");
    refuses("run|--memory|x|--timeout|y", "--memory x"); /* the first only */
    refuses("doctor|me", "me: unexpected argument");
    refuses("doctor|--disk|x", "--disk: is an option of run: lvmm run --disk ...");
    refuses("--memory=1G|run", "--memory=1G: is an option of run: lvmm run --memory=1G ...");
    refuses("", "the command is empty; there are run, do, doctor");
    refuses("run|--memory|16777216T", "--memory 16777216T: more than any machine has");
    refuses("--", "no command");
    refuses("--flub", "--flub: unknown option; see 'lvmm --help'");
    refuses("run|--disk|a\nb|--memory|a\nb", "--memory a?b: not a size");
}
END_TEST

/* getopt would take the beginning of a name for the name, until there is another option that begins so. */
START_TEST(names_are_written_in_full)
{
    refuses("run|--mem|1G", "--mem: unknown option; write it in full: --memory; see 'lvmm run --help'");
    refuses("run|--mem=1G", "--mem=1G: unknown option; write it in full: --memory;");
    refuses("run|--verb", "--verb: unknown option; write it in full: --verbose;");
    refuses("run|--mem", "--mem: unknown option; write it in full: --memory;");
    refuses("run|--verb=1", "--verb=1: unknown option; write it in full: --verbose;");
    refuses("run|--a|x", "--a: unknown option; write it in full: --append or --accel or --arch or --allow;");
    refuses("run|--hel", "--hel: unknown option; write it in full: --help;");
    refuses("--vers", "--vers: unknown option; write it in full: --version; see 'lvmm --help'");
    refuses("run|--=1", "--=1: unknown option; see");
    accepts("run|--append|--mem|--memory|1G"); /* a value that looks like one */
    ck_assert_str_eq(config.append, "--mem");
    accepts("run|--append=--mem=1|x|--mem");
    ck_assert_str_eq(config.append, "--mem=1");
}
END_TEST

START_TEST(help_takes_one_command)
{
    refuses("help|flub", "flub: unknown command");
    refuses("help|run|x", "x: unexpected argument; see 'lvmm help'");
    refuses("help|help|x", "x: unexpected argument");
    refuses("version|x", "x: unexpected argument");
}
END_TEST

START_TEST(no_words_at_all)
{
    capture_start(&capture);
    ck_assert_int_eq(config_parse(1, (char *[]){words[0], NULL}, &config, &status), -1);
    capture_stop(&capture);
    ck_assert_int_eq(status, EXIT_LVMM);
    capture_expect(&capture, "no command; try 'lvmm run --disk FILE'");
}
END_TEST

/* They end well, and say nothing on stderr. */
START_TEST(help_and_version)
{
    static const char *const lines[] = {
        "--help",  "--version", "run|--help", "run|--version", "doctor|--help", "run|--disk|x|--help", "help",
        "version", "help|run",  "help|do",    "help|doctor",   "help|help",     "help|version"};

    freopen("/dev/null", "w", stdout);
    for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        ck_assert_int_eq(parse(lines[i]), -1);
        ck_assert_int_eq(status, 0);
        ck_assert_str_eq(capture.text, "");
    }
}
END_TEST

START_TEST(network)
{
    accepts("run");
    ck_assert_int_eq(config.net.mode, NET_NONE);
    accepts("run|--net|public|--allow|10.0.0.0/8|--deny|example.com:25|-p|8080:80|-p|[::1]:8080:80|-p|8080:80/udp"
            "|--net-log|f");
    ck_assert_int_eq(config.net.mode, NET_PUBLIC);
    ck_assert_uint_eq(config.net.rule_count, 2);
    ck_assert(config.net.rule[0].allow && !config.net.rule[1].allow);
    ck_assert_str_eq(config.net.rule[1].name, "example.com");
    ck_assert_uint_eq(config.net.rule[1].port, 25);
    ck_assert_uint_eq(config.net.port_count, 3);
    ck_assert_uint_eq(config.net.port[0].guest_port, 80);
    ck_assert_str_eq(config.net.log, "f");
    accepts("run|-p|0:80|-p|0:81");
    refuses("run|--net|some", "--net some: unknown; it is none, public or all");
    refuses("run|--allow|1.2.3.4/33", "--allow 1.2.3.4/33: neither a host nor a range");
    refuses("run|--deny|a b:80", "--deny a b:80: neither a host nor a range");
    refuses("run|--allow|x.com:0", "--allow x.com:0: that port is none");
    refuses("run|-p|80", "-p 80: not [ADDRESS:]PORT:GUESTPORT");
    refuses("run|-p|8080:80|-p|8080:81", "-p 8080:81: leads that port of this host to another one already");
    refuses("run|--net-log|f", "--net-log f: the guest has no network");
    refuses("run|--net-log|", "--net-log: the value is empty");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/config");
    TCase *tc = tcase_create("config");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tc, defaults);
    tcase_add_test(tc, network);
    tcase_add_test(tc, all_options);
    tcase_add_test(tc, where_nothing_is);
    tcase_add_test(tc, the_programs_options_are_its_own);
    tcase_add_test(tc, short_forms);
    tcase_add_test(tc, many_variables);
    tcase_add_test(tc, traces);
    tcase_add_test(tc, only_a_final_ro_or_rw_is_an_option);
    tcase_add_test(tc, shared_folders);
    tcase_add_test(tc, mistakes_in_shared_folders);
    tcase_add_test(tc, many_shared_folders);
    tcase_add_test(tc, memory_and_cpus);
    tcase_add_test(tc, limits);
    tcase_add_test(tc, what_do_changes);
    tcase_add_test(tc, timeouts);
    tcase_add_test(tc, mistakes);
    tcase_add_test(tc, names_are_written_in_full);
    tcase_add_test(tc, help_takes_one_command);
    tcase_add_test(tc, no_words_at_all);
    tcase_add_test(tc, help_and_version);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
