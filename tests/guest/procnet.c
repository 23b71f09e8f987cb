/* SPDX-License-Identifier: Apache-2.0 */
/* procnet.c - /proc/net, /proc/sys/net and /sys/class/net (proc(5)), as far as they are of lo and of the test's
 * sockets. */
#define _GNU_SOURCE
#include <stdbool.h>
#include <sys/stat.h>

#include "inet.h"

/* The lines of a file that have `part` in them; blanks count as one. With `from` and `to`, these are put in place of
 * what differs each time: the rest of the line behind that many words. */
static void show_lines(const char *path, const char *part, int words)
{
    FILE *file = fopen(path, "r");
    char line[512];
    int count = 0;

    if (file == NULL) {
        printf("%s: %s\n", path, error_name(errno));
        return;
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        char *save = NULL;
        int n = 0;

        if (strstr(line, part) == NULL)
            continue;
        count++;
        for (char *word = strtok_r(line, " \t\n", &save); word != NULL; word = strtok_r(NULL, " \t\n", &save), n++)
            if (n < words)
                printf("%s ", word);
        printf("of %d\n", n);
    }
    printf("%s: %d\n", path, count);
    fclose(file);
}

/* How long the lines are, which some programs count on. */
static void show_widths(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[512];
    size_t first = 0, others = 0;

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (first == 0)
            first = strlen(line);
        else
            others = strlen(line);
    }
    printf("%s: %zu %zu\n", path, first, others);
    if (file != NULL)
        fclose(file);
}

/* The lines of a local address's socket, whose port is put as PORT. */
static void show_sockets(const char *path, unsigned port, int count)
{
    FILE *file = fopen(path, "r");
    char line[512], wanted[16];
    int found = 0;

    snprintf(wanted, sizeof(wanted), ":%04X", port);
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        char *save = NULL, *at, state[3] = "";
        int n = 0;

        if (sscanf(line, "%*s %*s %*s %2s", state) == 1 && strcmp(state, "06") == 0)
            continue; /* TIME_WAIT: somebody's on this machine who had that port */
        for (char *word = strtok_r(line, " \n", &save); word != NULL; word = strtok_r(NULL, " \n", &save), n++) {
            if (n == 1 && ((at = strstr(word, wanted)) == NULL || at[5] != 0))
                break;
            if (n == 1)
                *at = 0;
            if (n == 1 || n == 3 || n == 4 || n == 7)
                printf("%s ", word);
        }
        if (n > 1)
            found++, printf("of %d\n", n);
    }
    if (found != count)
        printf("%d found\n", found);
    if (file != NULL)
        fclose(file);
}

static void sockets(int family)
{
    const char *tcp = family == AF_INET ? "/proc/net/tcp" : "/proc/net/tcp6";
    const char *udp = family == AF_INET ? "/proc/net/udp" : "/proc/net/udp6";
    int listener = inet_listener(family, 5), a = socket(family, SOCK_STREAM, 0), b = socket(family, SOCK_DGRAM, 0), c;

    show_lines(tcp, "sl", 99);
    show_lines(udp, "sl", 99);
    show_sockets(tcp, inet_port(listener, 0), 1);
    inet_connect(a, family, inet_lo(family), inet_port(listener, 0));
    c = accept(listener, NULL, NULL);
    close(listener);
    show_sockets(tcp, inet_port(a, 0), 1);
    show_sockets(tcp, inet_port(a, 1), 1);
    if (family == AF_INET)
        show_widths(tcp);
    inet_bind(b, family, inet_lo(family), 0);
    show_sockets(udp, inet_port(b, 0), 1);
    if (family == AF_INET)
        show_widths(udp);
    close(a), close(b), close(c);
}

static void show_link(const char *path)
{
    char text[256];
    ssize_t size = readlink(path, text, sizeof(text) - 1);

    text[size < 0 ? 0 : size] = 0;
    printf("%s: %s\n", path, size < 0 ? error_name(errno) : text);
}

static void show_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[256];

    printf("%s:", path);
    if (file == NULL || fgets(line, sizeof(line), file) == NULL)
        strcpy(line, " none\n");
    printf(" %s", line);
    if (file != NULL)
        fclose(file);
}

/* A setting, which the host's administrator may have changed. */
static void show_setting(const char *path, long least, long most)
{
    FILE *file = fopen(path, "r");
    long value = -1;
    char end = 0;

    if (file != NULL) {
        (void)!fscanf(file, "%ld%c", &value, &end);
        fclose(file);
    }
    printf("%s: %s\n", path, end == '\n' && value >= least && value <= most ? "is one" : "isn't one");
}

/* A number of /proc/net/snmp: the word's place in the first line of that protocol is the number's in the second. */
static long count_of(const char *protocol, const char *name)
{
    FILE *file = fopen("/proc/net/snmp", "r");
    char names[1024], values[1024], *save_name, *save_value;
    long found = -1;

    while (file != NULL && fgets(names, sizeof(names), file) != NULL && fgets(values, sizeof(values), file) != NULL) {
        char *word = strtok_r(names, " \n", &save_name), *value = strtok_r(values, " \n", &save_value);

        for (bool is_it = word != NULL && strcmp(word, protocol) == 0; is_it && word != NULL && value != NULL;
             word = strtok_r(NULL, " \n", &save_name), value = strtok_r(NULL, " \n", &save_value))
            if (strcmp(word, name) == 0)
                found = atol(value);
    }
    if (file != NULL)
        fclose(file);
    return found;
}

/* A connection that both close is none that was reset, whoever is first; others on this machine may have such
 * meanwhile. */
static void ends_uncounted(void)
{
    enum { MANY = 64 };
    int listener = inet_listener(AF_INET, 5);
    long before = count_of("Tcp:", "EstabResets");

    for (int i = 0; i < MANY; i++) {
        int a = socket(AF_INET, SOCK_STREAM, 0), b;

        inet_connect(a, AF_INET, inet_lo(AF_INET), inet_port(listener, 0));
        b = accept(listener, NULL, NULL);
        close(i % 2 ? a : b), close(i % 2 ? b : a);
    }
    close(listener);
    show_bool("closed, not reset", count_of("Tcp:", "EstabResets") - before < MANY / 2);
}

/* Others on this machine may make them grow as well. */
static void counts(void)
{
    const struct {
        const char *protocol, *name;
        long least;
    } count[] = {{"Tcp:", "ActiveOpens", 2}, {"Tcp:", "PassiveOpens", 1}, {"Tcp:", "AttemptFails", 1},
                 {"Tcp:", "EstabResets", 1}, {"Udp:", "InDatagrams", 1},  {"Udp:", "OutDatagrams", 2},
                 {"Udp:", "NoPorts", 1}};
    struct linger linger = {1, 0};
    long before[7];
    int listener = inet_listener(AF_INET, 5), a = socket(AF_INET, SOCK_STREAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
    int c, d = socket(AF_INET, SOCK_DGRAM, 0);
    unsigned port = inet_port(listener, 0);
    char byte;

    for (int i = 0; i < 7; i++)
        before[i] = count_of(count[i].protocol, count[i].name);
    inet_connect(a, AF_INET, inet_lo(AF_INET), port);
    c = accept(listener, NULL, NULL);
    show_bool("CurrEstab", count_of("Tcp:", "CurrEstab") >= 2);
    setsockopt(a, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    close(a), close(c), close(listener);
    a = socket(AF_INET, SOCK_STREAM, 0);
    show("refused", inet_connect(a, AF_INET, inet_lo(AF_INET), port));
    close(a);
    inet_bind(b, AF_INET, inet_lo(AF_INET), 0);
    inet_connect(d, AF_INET, inet_lo(AF_INET), inet_port(b, 0));
    show("sent", send(d, "x", 1, 0));
    show("received", recv(b, &byte, 1, 0));
    close(b);
    show("sent to nobody", send(d, "x", 1, 0));
    close(d);
    for (int i = 0; i < 7; i++)
        show_bool(count[i].name, count_of(count[i].protocol, count[i].name) >= before[i] + count[i].least);
}

/* What a line of /proc/net/protocols says: how many sockets there are, and with `shows` what they can do. */
static long sockets_of(const char *protocol, bool shows)
{
    FILE *file = fopen("/proc/net/protocols", "r");
    char line[256], name[32], can[128];
    long count = -1, found;

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "%31s %*u %ld %*d %*s %*u %*s %127[^\n]", name, &found, can) != 3 ||
            strcmp(name, protocol) != 0)
            continue;
        count = found;
        if (shows)
            printf("%s: %s\n", name, can);
    }
    if (file != NULL)
        fclose(file);
    return count;
}

static long sockets_used(void)
{
    FILE *file = fopen("/proc/net/sockstat", "r");
    long used = -1;

    if (file != NULL) {
        (void)!fscanf(file, "sockets: used %ld", &used);
        fclose(file);
    }
    return used;
}

struct kind {
    const char *name;
    int family, type, protocol;
    bool binds, listens;
};

enum { MANY = 64, TRIES = 1000 }; /* others on this machine may come and go as well */

static bool is_gone(const struct kind *kind, long before, long used)
{
    return sockets_used() - used < MANY / 2 && sockets_of(kind->name, false) - before < MANY / 2;
}

/* What many sockets of a kind make of the numbers. False: others went meanwhile, such as those of the last try. */
static bool count_many(const struct kind *kind)
{
    long before = sockets_of(kind->name, false), used = sockets_used(), more, more_used;
    int made[MANY], tries = 0;

    for (int n = 0; n < MANY; n++) {
        made[n] = socket(kind->family, kind->type, kind->protocol);
        if (kind->binds)
            inet_bind(made[n], kind->family, inet_lo(kind->family), 0);
        if (kind->listens)
            listen(made[n], 1);
    }
    more = sockets_of(kind->name, false) - before, more_used = sockets_used() - used;
    for (int n = 0; n < MANY; n++)
        close(made[n]);
    while (!is_gone(kind, before, used) && tries++ < TRIES)
        usleep(1000); /* Linux frees them a little later */
    if (more_used <= MANY / 2 || tries >= TRIES)
        return false;
    printf("%d of them: %s\n", MANY, more > MANY / 2 ? "counted" : "used, and not counted yet");
    return true;
}

/* Those of IP count from when they have a port, and of TCP from when they listen. */
static void protocols(void)
{
    static const struct kind kinds[] = {
        {"UNIX", AF_UNIX, SOCK_DGRAM, 0, false, false},         {"UNIX", AF_UNIX, SOCK_SEQPACKET, 0, false, false},
        {"UNIX-STREAM", AF_UNIX, SOCK_STREAM, 0, false, false}, {"NETLINK", AF_NETLINK, SOCK_RAW, 0, false, false},
        {"UDP", AF_INET, SOCK_DGRAM, 0, false, false},          {"UDP", AF_INET, SOCK_DGRAM, 0, true, false},
        {"UDPv6", AF_INET6, SOCK_DGRAM, 0, true, false},        {"TCP", AF_INET, SOCK_STREAM, 0, false, false},
        {"TCP", AF_INET, SOCK_STREAM, 0, true, false},          {"TCP", AF_INET, SOCK_STREAM, 0, true, true},
        {"TCPv6", AF_INET6, SOCK_STREAM, 0, true, true},        {"RAW", AF_INET, SOCK_RAW, 254, false, false},
        {"RAWv6", AF_INET6, SOCK_RAW, 254, false, false}};

    show_lines("/proc/net/protocols", "protocol", 99);
    sockets_of("PING", true), sockets_of("PINGv6", true);
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        int tries = 0;

        sockets_of(kinds[i].name, true);
        while (!count_many(&kinds[i]) && tries < 20)
            tries++;
        if (tries == 20)
            printf("neither used nor gone\n");
    }
}

int main(void)
{
    struct stat status;

    setvbuf(stdout, NULL, _IONBF, 0);
    inet_each(sockets);
    counts();
    ends_uncounted();
    show_link("/proc/net");
    show_lines("/proc/net/dev", "lo:", 1);
    show_lines("/proc/net/dev", "|", 99);
    show_lines("/proc/net/route", "Iface", 99);
    show_lines("/proc/net/if_inet6", " lo", 99);
    show_lines("/proc/net/arp", "IP address", 99);
    show_lines("/proc/net/snmp", "Tcp: Rto", 4);
    show("netstat", access("/proc/net/netstat", R_OK));
    show_lines("/proc/net/sockstat", "TCP:", 1);
    protocols();
    show_file("/sys/class/net/lo/address");
    show_file("/sys/class/net/lo/mtu");
    show_file("/sys/class/net/lo/ifindex");
    show_file("/sys/class/net/lo/operstate");
    show_file("/sys/class/net/lo/type");
    show_file("/sys/class/net/lo/flags");
    show_link("/sys/class/net/lo");
    show_setting("/proc/sys/net/ipv4/tcp_fin_timeout", 1, 1000000);
    show_setting("/proc/sys/net/ipv4/ip_default_ttl", 1, 255);
    show_setting("/proc/sys/net/ipv4/ip_unprivileged_port_start", 0, 65535);
    show_setting("/proc/sys/net/ipv6/bindv6only", 0, 1);
    show("port range", stat("/proc/sys/net/ipv4/ip_local_port_range", &status));
    printf("%o\n", (unsigned)status.st_mode);
    return 0;
}
