/* SPDX-License-Identifier: Apache-2.0 */
/* resolver_config.c - see resolver_config.h. */
#include "vmm/net/resolver_config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/net/policy.h"

#define FILE_MOST (256u << 10)
#define BLANKS " \t\r"

/* The next line without its comment, cut off, or NULL. */
static char *next_line(char **text)
{
    char *line = *text;

    if (*line == '\0')
        return NULL;
    size_t length = strcspn(line, "\n");
    *text = line + length + (line[length] == '\n');
    line[length] = '\0';
    line[strcspn(line, "#;")] = '\0';
    return line;
}

static void take_server(struct net_resolver_config *config, char *line)
{
    char *rest = NULL, *word = strtok_r(line, BLANKS, &rest), *address = strtok_r(NULL, BLANKS, &rest);
    struct net_endpoint *server = &config->server[config->server_count];

    if (word == NULL || address == NULL || strcmp(word, "nameserver") != 0 || config->server_count == NET_SERVERS)
        return;
    server->port = 53;
    if (net_address_parse(address, &server->address) == 0)
        config->server_count++;
}

static void take_host(struct net_resolver_config *config, char *line)
{
    char *rest = NULL, *text = strtok_r(line, BLANKS, &rest), *name;
    struct net_address address;

    if (text == NULL || net_address_parse(text, &address) < 0)
        return;
    while ((name = strtok_r(NULL, BLANKS, &rest)) != NULL && config->host_count < NET_HOSTS) {
        struct net_host_entry *entry = &config->host[config->host_count];

        if (strlen(name) >= sizeof(entry->name) || !net_is_host_name(name))
            continue;
        entry->address = address;
        snprintf(entry->name, sizeof(entry->name), "%s", name);
        config->host_count++;
    }
}

static void each_line(struct net_resolver_config *config, const char *text,
                      void (*take)(struct net_resolver_config *config, char *line))
{
    char *copy = strdup(text), *at = copy, *line;

    while (copy != NULL && (line = next_line(&at)) != NULL)
        take(config, line);
    free(copy);
}

void net_resolver_config_parse(struct net_resolver_config *config, const char *resolv_conf, const char *hosts)
{
    const struct net_endpoint local = {net_address_v4(INADDR_LOOPBACK), 53};

    memset(config, 0, sizeof(*config));
    each_line(config, resolv_conf, take_server);
    if (config->server_count == 0)
        config->server[config->server_count++] = local;
    each_line(config, hosts, take_host);
}

/* To be freed; NULL: it isn't there. */
static char *read_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = malloc(FILE_MOST + 1);
    size_t size = 0;
    ssize_t n = fd < 0 || text == NULL ? 0 : 1;

    while (n > 0 && size < FILE_MOST) {
        n = read(fd, text + size, FILE_MOST - size);
        size += n > 0 ? (size_t)n : 0;
    }
    if (text != NULL)
        text[size] = '\0';
    if (fd >= 0)
        close(fd);
    return text;
}

void net_resolver_config_read(struct net_resolver_config *config)
{
    char *resolv_conf = read_file("/etc/resolv.conf"), *hosts = read_file("/etc/hosts");

    net_resolver_config_parse(config, resolv_conf == NULL ? "" : resolv_conf, hosts == NULL ? "" : hosts);
    free(resolv_conf);
    free(hosts);
}
