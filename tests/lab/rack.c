/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvc-lab-rack FOLDER: the rack of one lab, PID 1 of the lab's own PID namespace. Its network namespace is the switch,
 * and it is the power switch: it makes the nodes as children, each PID 1 of a nested PID namespace, so that it learns
 * from waitpid when a node is really gone (the kernel lets the init of a namespace be reaped only after every process
 * in it). When the rack is killed, everything of the lab dies with it: no process, namespace or mount survives.
 *
 * Power requests come over FOLDER/switch/power.sock, one line each, and are answered by one line:
 *     on NODE WHO | off NODE WHO | reboot NODE WHO | status NODE WHO   ->   ok on|off   or   error: TEXT
 * "off" and "reboot" answer when the node is really off (and, for reboot, made again). A node whose folder holds a file
 * "jammed" cannot be switched by anybody but the lab itself (WHO = lab): a power switch that fails.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "rack.h"

enum { CLIENTS_MAX = 64, REQUEST_MAX = 128, PATH_TEXT = 256 };

enum node_state {
    NODE_OFF,
    NODE_PLUGGING, /* its PID 1 waits while the cables are put in */
    NODE_ON,
    NODE_DYING, /* killed, not yet reaped */
};

struct node {
    char name[RACK_NAME_MAX];
    enum node_state state;
    pid_t init, plug; /* 0: none */
    int go_fd;        /* a byte lets PID 1 boot; -1: none */
    bool again;       /* make it again once it is off */
};

enum verb { VERB_NONE, VERB_ON, VERB_OFF, VERB_REBOOT, VERB_STATUS };

struct client {
    int fd; /* -1: free */
    char request[REQUEST_MAX];
    size_t used;
    enum verb verb; /* VERB_NONE until the line is complete */
    struct node *node;
};

static struct {
    const char *folder;
    struct node nodes[RACK_NODES_MAX];
    size_t count;
    struct client clients[CLIENTS_MAX];
} rack;

static void report(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void report(const char *format, ...)
{
    struct timespec now;
    struct tm local;
    char stamp[32], text[512];
    va_list args;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)strftime(stamp, sizeof(stamp), "%H:%M:%S", localtime_r(&now.tv_sec, &local));
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fprintf(stderr, "%s.%03ld %s\n", stamp, now.tv_nsec / 1000000, text);
}

static void node_path(const struct node *node, const char *file, char ret_path[PATH_TEXT])
{
    (void)snprintf(ret_path, PATH_TEXT, "%s/nodes/%s/%s", rack.folder, node->name, file);
}

/* The pid file (the rack's view of the pid) exists exactly while the node has power. */
static void show_power(const struct node *node)
{
    char path[PATH_TEXT], fresh[PATH_TEXT];
    FILE *file;

    node_path(node, "init.pid", path);
    if (node->state != NODE_ON) {
        (void)unlink(path);
        return;
    }
    node_path(node, "init.pid.new", fresh);
    file = fopen(fresh, "we");
    if (!file || fprintf(file, "%d\n", (int)node->init) < 0 || fclose(file) != 0 || rename(fresh, path) != 0)
        report("%s: %s: %s", node->name, path, strerror(errno));
}

static void node_gone(struct node *node)
{
    char plugged[PATH_TEXT];

    if (node->go_fd >= 0)
        (void)close(node->go_fd);
    node->go_fd = -1;
    node->init = 0;
    node->state = NODE_OFF;
    show_power(node);
    node_path(node, "plugged", plugged);
    (void)unlink(plugged);
}

static int node_on(struct node *node)
{
    char program[PATH_TEXT], pid[16];

    if (node->state != NODE_OFF)
        return 0;
    node->init = rack_make_node(rack.folder, node->name, &node->go_fd);
    if (node->init < 0) {
        int r = node->init;

        node->init = 0;
        return r;
    }
    node->state = NODE_PLUGGING;
    (void)snprintf(program, sizeof(program), "%s/lab/machine/plug", rack.folder);
    (void)snprintf(pid, sizeof(pid), "%d", (int)node->init);
    node->plug = rack_spawn(program, rack.folder, node->name, pid);
    if (node->plug < 0) {
        int r = node->plug;

        node->plug = 0;
        node->state = NODE_DYING;
        (void)kill(node->init, SIGKILL);
        return r;
    }
    return 0;
}

static void node_off(struct node *node)
{
    if (node->state == NODE_OFF || node->state == NODE_DYING)
        return;
    rack_unplug(node->name);
    node->state = NODE_DYING;
    (void)kill(node->init, SIGKILL);
    report("%s: power off", node->name);
}

/* The cables are in (or could not be put in). */
static void plug_ended(struct node *node, int status)
{
    node->plug = 0;
    if (node->state != NODE_PLUGGING)
        return;
    if (status != 0 || write(node->go_fd, "g", 1) != 1) {
        report("%s: the network could not be plugged in (status %d)", node->name, status);
        node->state = NODE_DYING;
        (void)kill(node->init, SIGKILL);
        return;
    }
    (void)close(node->go_fd);
    node->go_fd = -1;
    node->state = NODE_ON;
    show_power(node);
    report("%s: power on", node->name);
}

static void answer(struct client *client, const char *text)
{
    if (client->fd < 0)
        return;
    (void)send(client->fd, text, strlen(text), MSG_NOSIGNAL);
    (void)close(client->fd);
    client->fd = -1;
}

/* Answers everybody whose wish about this node has come true or never will. */
static void answer_waiting(const struct node *node)
{
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        struct client *c = &rack.clients[i];

        if (c->fd < 0 || c->node != node || c->verb == VERB_NONE)
            continue;
        if (node->state == NODE_OFF && c->verb == VERB_OFF)
            answer(c, "ok off\n");
        else if (node->state == NODE_ON && (c->verb == VERB_ON || c->verb == VERB_REBOOT))
            answer(c, "ok on\n");
        else if (node->state == NODE_OFF && !node->again)
            answer(c, "error: the node does not stay on; see rack.log of the lab\n");
    }
}

static void child_ended(pid_t pid, int status)
{
    for (size_t i = 0; i < rack.count; i++) {
        struct node *node = &rack.nodes[i];

        if (pid == node->plug)
            plug_ended(node, status);
        else if (pid == node->init) {
            report("%s: off (status %#x)", node->name, (unsigned)status);
            node_gone(node);
            if (node->again) {
                int r = node_on(node);

                node->again = false;
                if (r < 0)
                    report("%s: cannot be made: %s", node->name, strerror(-r));
            }
        } else
            continue;
        answer_waiting(node);
    }
}

static void reap(void)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        child_ended(pid, status);
}

static struct node *find_node(const char *name)
{
    for (size_t i = 0; i < rack.count; i++)
        if (strcmp(rack.nodes[i].name, name) == 0)
            return &rack.nodes[i];
    return NULL;
}

static bool is_jammed(const struct node *node)
{
    char path[PATH_TEXT];

    node_path(node, "jammed", path);
    return access(path, F_OK) == 0;
}

/* Somebody who hung up (a fence agent whose node was switched off meanwhile) wishes nothing any more. */
static bool hung_up(const struct client *client)
{
    struct pollfd p = {.fd = client->fd, .events = POLLIN};

    return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR)) != 0;
}

static void carry_out(struct client *client)
{
    struct node *node = client->node;

    switch (client->verb) {
    case VERB_ON: {
        int r = node->state == NODE_DYING ? 0 : node_on(node);

        if (node->state == NODE_DYING)
            node->again = true;
        if (r < 0)
            report("%s: cannot be made: %s", node->name, strerror(-r));
        break;
    }
    case VERB_OFF:
        node->again = false;
        node_off(node);
        break;
    case VERB_REBOOT:
        if (node->state == NODE_OFF) {
            int r = node_on(node);

            if (r < 0)
                report("%s: cannot be made: %s", node->name, strerror(-r));
        } else {
            node->again = true;
            node_off(node);
        }
        break;
    case VERB_STATUS:
        answer(client, node->state == NODE_OFF ? "ok off\n" : "ok on\n");
        return;
    case VERB_NONE:
        return;
    }
    answer_waiting(node);
}

static void understand(struct client *client)
{
    static const struct {
        const char *word;
        enum verb verb;
    } verbs[] = {{"on", VERB_ON}, {"off", VERB_OFF}, {"reboot", VERB_REBOOT}, {"status", VERB_STATUS}};
    char verb[REQUEST_MAX], name[REQUEST_MAX], who[REQUEST_MAX];

    if (sscanf(client->request, "%127s %127s %127s", verb, name, who) != 3) {
        answer(client, "error: a request is VERB NODE WHO\n");
        return;
    }
    client->node = find_node(name);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verbs[i].word, verb) == 0)
            client->verb = verbs[i].verb;
    if (!client->node || client->verb == VERB_NONE) {
        answer(client, client->node ? "error: no such verb\n" : "error: no such node\n");
        return;
    }
    if (client->verb != VERB_STATUS)
        report("%s: %s wants: %s", name, who, verb);
    if (strcmp(who, "lab") != 0 && is_jammed(client->node)) {
        report("%s: the power switch is jammed", name);
        answer(client, "error: the power switch of this node is jammed\n");
        return;
    }
    if (hung_up(client))
        answer(client, "");
    else
        carry_out(client);
}

static void hear(struct client *client)
{
    char *end;
    ssize_t n = recv(client->fd, client->request + client->used, sizeof(client->request) - 1 - client->used, 0);

    if (n <= 0 || client->verb != VERB_NONE) {
        (void)close(client->fd);
        client->fd = -1;
        return;
    }
    client->used += (size_t)n;
    client->request[client->used] = '\0';
    end = strchr(client->request, '\n');
    if (end) {
        *end = '\0';
        understand(client);
    } else if (client->used == sizeof(client->request) - 1)
        answer(client, "error: the request is too long\n");
}

static void welcome(int listen_fd)
{
    int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0)
        return;
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        if (rack.clients[i].fd >= 0)
            continue;
        rack.clients[i] = (struct client){.fd = fd};
        return;
    }
    (void)close(fd);
}

static int listen_for_power(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/switch/power.sock", rack.folder);
    (void)unlink(address.sun_path);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, CLIENTS_MAX) != 0) {
        report("%s: %s", address.sun_path, strerror(errno));
        return -errno;
    }
    return fd;
}

static int find_nodes(void)
{
    char path[PATH_TEXT];
    struct dirent *entry;
    DIR *dir;

    (void)snprintf(path, sizeof(path), "%s/nodes", rack.folder);
    dir = opendir(path);
    if (!dir)
        return -errno;
    while ((entry = readdir(dir)) && rack.count < RACK_NODES_MAX) {
        struct node *node = &rack.nodes[rack.count];

        if (entry->d_name[0] == '.' || strlen(entry->d_name) >= sizeof(node->name))
            continue;
        *node = (struct node){.state = NODE_OFF, .go_fd = -1};
        (void)snprintf(node->name, sizeof(node->name), "%.*s", RACK_NAME_MAX - 1, entry->d_name);
        rack.count++;
    }
    (void)closedir(dir);
    return 0;
}

static void serve(int listen_fd, int signal_fd)
{
    for (;;) {
        struct pollfd polls[CLIENTS_MAX + 2] = {{.fd = listen_fd, .events = POLLIN},
                                                {.fd = signal_fd, .events = POLLIN}};
        struct signalfd_siginfo info;

        for (size_t i = 0; i < CLIENTS_MAX; i++)
            polls[i + 2] = (struct pollfd){.fd = rack.clients[i].fd, .events = POLLIN};
        if (poll(polls, CLIENTS_MAX + 2, -1) < 0)
            continue;
        if ((polls[1].revents & POLLIN) && read(signal_fd, &info, sizeof(info)) > 0)
            reap();
        for (size_t i = 0; i < CLIENTS_MAX; i++)
            if (polls[i + 2].revents && rack.clients[i].fd == polls[i + 2].fd && rack.clients[i].fd >= 0)
                hear(&rack.clients[i]);
        if (polls[0].revents & POLLIN)
            welcome(listen_fd);
    }
}

static int run(const char *folder, int ready_fd)
{
    char program[PATH_TEXT];
    sigset_t child;
    int listen_fd, signal_fd, status;

    (void)prctl(PR_SET_NAME, "hvc-lab-rack");
    rack.folder = folder;
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        rack.clients[i].fd = -1;
    (void)snprintf(program, sizeof(program), "%s/lab/machine/switch", folder);
    status = rack_run(program, folder, NULL, NULL);
    if (status != 0) {
        report("%s ended with %d", program, status);
        return 1;
    }
    (void)sigemptyset(&child);
    (void)sigaddset(&child, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &child, NULL);
    signal_fd = signalfd(-1, &child, SFD_CLOEXEC);
    listen_fd = listen_for_power();
    if (signal_fd < 0 || listen_fd < 0 || find_nodes() < 0)
        return 1;
    report("ready: %zu nodes", rack.count);
    if (write(ready_fd, "r", 1) != 1)
        return 1;
    (void)close(ready_fd);
    serve(listen_fd, signal_fd);
    return 0;
}

int main(int argc, char **argv)
{
    int r;

    if (argc != 2 || argv[1][0] != '/' || strlen(argv[1]) > 64) {
        fprintf(stderr, "usage: hvc-lab-rack FOLDER (an absolute path of at most 64 characters)\n");
        return 2;
    }
    r = rack_start(argv[1], run);
    if (r < 0)
        fprintf(stderr, "hvc-lab-rack: the rack did not start: %s; see %s/rack.log\n", strerror(-r), argv[1]);
    return r < 0;
}
