/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fence_hvclab: the lab's fence agent (Fence Agent API: options as name=value lines on standard input) and the client
 * of the power switch. Without standard input it takes the action and the node as arguments: fence_hvclab off n1 [WHO].
 * The answer comes only when the switch says that the node is really off.
 */
#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "hvc/cleanup.h"
#include "hvc/text.h"

static const char default_socket[] = "/run/hvc-lab/switch/power.sock";

struct options {
    char action[32], node[64], who[80], socket[108];
};

static const char metadata[] =
    "<?xml version=\"1.0\" ?>\n"
    "<resource-agent name=\"fence_hvclab\" shortdesc=\"Power switch of the hvcluster lab\">\n"
    "<longdesc>Switches a node of the lab off and on through the lab's power switch.</longdesc>\n"
    "<parameters>\n"
    "<parameter name=\"action\" unique=\"0\" required=\"1\"><content type=\"string\" default=\"reboot\"/>"
    "<shortdesc lang=\"en\">Fencing action</shortdesc></parameter>\n"
    "<parameter name=\"plug\" unique=\"0\" required=\"1\" obsoletes=\"port\"><content type=\"string\"/>"
    "<shortdesc lang=\"en\">Name of the node</shortdesc></parameter>\n"
    "<parameter name=\"port\" unique=\"0\" required=\"1\" deprecated=\"1\"><content type=\"string\"/>"
    "<shortdesc lang=\"en\">Name of the node</shortdesc></parameter>\n"
    "<parameter name=\"path\" unique=\"0\" required=\"0\">"
    "<content type=\"string\" default=\"/run/hvc-lab/switch/power.sock\"/>"
    "<shortdesc lang=\"en\">Socket of the power switch</shortdesc></parameter>\n"
    "</parameters>\n"
    "<actions>\n"
    "<action name=\"on\" automatic=\"0\"/>\n<action name=\"off\"/>\n<action name=\"reboot\"/>\n"
    "<action name=\"status\"/>\n<action name=\"monitor\"/>\n<action name=\"metadata\"/>\n"
    "</actions>\n"
    "</resource-agent>\n";

static int take_option(struct options *options, const char *name, const char *value)
{
    if (strcmp(name, "action") == 0 || strcmp(name, "option") == 0)
        return hvc_text_copy(options->action, sizeof(options->action), value);
    if (strcmp(name, "plug") == 0 || strcmp(name, "port") == 0)
        return hvc_text_copy(options->node, sizeof(options->node), value);
    if (strcmp(name, "nodename") == 0 && options->node[0] == '\0')
        return hvc_text_copy(options->node, sizeof(options->node), value);
    if (strcmp(name, "path") == 0)
        return hvc_text_copy(options->socket, sizeof(options->socket), value);
    return 0; /* the cluster passes more than an agent needs */
}

static int read_options(struct options *options)
{
    char line[512];

    while (fgets(line, sizeof(line), stdin)) {
        char *value = strchr(line, '=');

        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#' || !value)
            continue;
        *value++ = '\0';
        if (take_option(options, line, value) < 0) {
            fprintf(stderr, "fence_hvclab: the value of %s is too long\n", line);
            return -EINVAL;
        }
    }
    return 0;
}

/* One request, one line of answer. */
static int ask_switch(const struct options *options, const char *verb, char *ret_answer, size_t size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    HVC_CLEANUP(fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char request[160];
    size_t used = 0;
    ssize_t n = 1;
    int length = snprintf(request, sizeof(request), "%s %s %s\n", verb, options->node, options->who);

    if (hvc_text_copy(address.sun_path, sizeof(address.sun_path), options->socket) < 0)
        return -ENAMETOOLONG;
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        send(fd, request, (size_t)length, MSG_NOSIGNAL) != length)
        return -errno;
    while (used < size - 1 && (n = recv(fd, ret_answer + used, size - 1 - used, 0)) > 0)
        used += (size_t)n;
    ret_answer[used] = '\0';
    ret_answer[strcspn(ret_answer, "\n")] = '\0';
    return used > 0 ? 0 : -ECONNRESET;
}

static int switch_node(const struct options *options)
{
    char answer[256];
    int r;

    if (options->node[0] == '\0' || strpbrk(options->node, " \t")) {
        fprintf(stderr, "fence_hvclab: which node? give plug=NAME\n");
        return 1;
    }
    r = ask_switch(options, options->action, answer, sizeof(answer));
    if (r < 0) {
        fprintf(stderr, "fence_hvclab: %s: %s\n", options->socket, strerror(-r));
        return 1;
    }
    if (strncmp(answer, "ok ", 3) != 0) {
        fprintf(stderr, "fence_hvclab: %s %s: %s\n", options->action, options->node, answer);
        return 1;
    }
    if (strcmp(options->action, "status") == 0)
        return strcmp(answer, "ok on") == 0 ? 0 : 2; /* the API's code for "is off" */
    return 0;
}

static int act(const struct options *options)
{
    static const char *const switching[] = {"on", "off", "reboot", "status"};

    if (strcmp(options->action, "metadata") == 0)
        return fputs(metadata, stdout) < 0;
    if (strcmp(options->action, "monitor") == 0) {
        if (access(options->socket, W_OK) == 0)
            return 0;
        fprintf(stderr, "fence_hvclab: %s: %s\n", options->socket, strerror(errno));
        return 1;
    }
    for (size_t i = 0; i < sizeof(switching) / sizeof(switching[0]); i++)
        if (strcmp(options->action, switching[i]) == 0)
            return switch_node(options);
    fprintf(stderr, "fence_hvclab: there is no action '%s'\n", options->action);
    return 1;
}

int main(int argc, char **argv)
{
    struct options options = {.action = "reboot"};
    struct utsname host;

    (void)snprintf(options.socket, sizeof(options.socket), "%s", default_socket);
    (void)snprintf(options.who, sizeof(options.who), "%s", uname(&host) == 0 ? host.nodename : "unknown");
    if (argc == 3 && strcmp(argv[1], "-o") == 0) /* how Pacemaker asks for the meta-data */
        return hvc_text_copy(options.action, sizeof(options.action), argv[2]) < 0 || act(&options) != 0;
    if (argc == 1)
        return read_options(&options) < 0 ? 1 : act(&options);
    if (argc < 3 || argc > 5 || hvc_text_copy(options.action, sizeof(options.action), argv[1]) < 0 ||
        hvc_text_copy(options.node, sizeof(options.node), argv[2]) < 0 ||
        (argc > 3 && hvc_text_copy(options.who, sizeof(options.who), argv[3]) < 0) ||
        (argc > 4 && hvc_text_copy(options.socket, sizeof(options.socket), argv[4]) < 0)) {
        fprintf(stderr, "usage: fence_hvclab ACTION NODE [WHO [SOCKET]]\n");
        return 2;
    }
    return act(&options);
}
