/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/config.h"

#include <errno.h>
#include <glib.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/limits.h"
#include "hvc/text.h"

enum kind { TEXT, PATH, NUMBER, YES_NO, WORD };

struct key {
    const char *group, *name;
    enum kind kind;
    size_t offset, size; /* of the member; size for texts */
    const char *standard;
    uint64_t min, max; /* of a number; of a text's bytes */
    const char *words; /* of a WORD, blank-separated */
    const char *help;
};

#define MEMBER(member) offsetof(struct hvc_config, member), sizeof(((struct hvc_config *)0)->member)

static const struct key keys[] = {
    {"daemon", "user", TEXT, MEMBER(user), HVC_DAEMON_USER, 0, 31, NULL,
     "User to become when started as root; empty: stay root"},
    {"daemon", "runtime_directory", PATH, MEMBER(runtime_directory), HVC_RUNTIME_DIRECTORY, 1, 0, NULL,
     "Lock file; its owner is how clients know the daemon's user"},
    {"daemon", "state_directory", PATH, MEMBER(state_directory), HVC_STATE_DIRECTORY, 1, 0, NULL,
     "What is kept over a restart"},
    {"daemon", "service", TEXT, MEMBER(service), "hvclusterd", 1, 0, NULL,
     "Name of the IPC service; clients look for hvclusterd"},
    {"daemon", "archive_days", NUMBER, MEMBER(archive_days), "365", 0, 36500, NULL,
     "Days for which ended jobs stay in files of this node, whatever the cluster keeps; 0: none is written"},
    {"daemon", "workers", NUMBER, MEMBER(workers), "16", 1, HVC_WORKERS_MAX, NULL,
     "Blocking operations at one time; further ones wait"},
    {"access", "operate_group", TEXT, MEMBER(operate_group), "haclient", 0, 0, NULL,
     "Members may do everything but administer; empty: only root"},
    {"access", "read_group", TEXT, MEMBER(read_group), "", 0, 0, NULL, "Members may ask and change nothing"},
    {"access", "front_group", TEXT, MEMBER(front_group), HVC_WBEM_USER, 0, 0, NULL,
     "Group of hvcluster-wbemd: may operate, and asks its own clients who they are. It need not exist"},
    {"access", "clients", NUMBER, MEMBER(clients), "128", 1, HVC_IPC_CLIENTS_MAX, NULL, "Connections at one time"},
    {"log", "syslog", YES_NO, MEMBER(log_syslog), "yes", 0, 0, NULL, "Log to syslog, facility daemon"},
    {"log", "file", PATH, MEMBER(log_file), "", 0, 0, NULL, "Log to this file, too"},
    {"log", "level", WORD, MEMBER(log_level), "info", 0, 0, "error warning notice info debug",
     "Least level that is logged"},
    {"cluster", "standalone", YES_NO, MEMBER(standalone), "no", 0, 0, NULL,
     "This host is no cluster node: keep the state here alone, without Corosync"},
    {"cluster", "group", TEXT, MEMBER(group), "hvcluster", 1, 127, NULL,
     "Name of the daemons' group in Corosync, the same on every node"},
    {"cluster", "boot_id_file", PATH, MEMBER(boot_id_file), "", 0, 0, NULL,
     "Its content changes when this node boots; empty: the kernel's. For nodes that share a kernel"},
    {"hypervisor", "uri", TEXT, MEMBER(hypervisor_uri), "qemu:///system", 1, 0, NULL, "libvirt of this node"},
    {"migration", "peer_uri", TEXT, MEMBER(peer_uri), "qemu+tls://%n/system", 1, 0, NULL,
     "libvirt of another node; %n is its name"},
    {"migration", "migrate_uri", TEXT, MEMBER(migrate_uri), "", 0, 0, NULL,
     "Where memory is sent to while no migration network is configured, such as tcp://%n-mig; empty: the address the "
     "target's libvirt names"},
    {"migration", "tls", YES_NO, MEMBER(tls), "yes", 0, 0, NULL, "Encrypt the memory of guests on its way"},
    {"migration", "auto_converge", YES_NO, MEMBER(auto_converge), "yes", 0, 0, NULL,
     "Slow down a guest that changes memory faster than it can be sent"},
    {"migration", "post_copy", YES_NO, MEMBER(post_copy), "no", 0, 0, NULL,
     "A move near its deadline may switch to post-copy: the loss of a node then costs the guest"},
    {"migration", "zero_copy", YES_NO, MEMBER(zero_copy), "no", 0, 0, NULL,
     "Parallel streams in clear are sent from where the pages lie; QEMU may lock all memory of the guest meanwhile"},
    {"migration", "synchronous_writes", YES_NO, MEMBER(synchronous_writes), "no", 0, 0, NULL,
     "While a guest's disks are copied along its writes wait for the target's: slower, and the copy always ends"},
    {"migration", "bandwidth_mib", NUMBER, MEMBER(bandwidth_mib), "0", 0, 1u << 20, NULL,
     "MiB/s of one move; 0: no limit"},
    {"migration", "max_downtime_ms", NUMBER, MEMBER(max_downtime_ms), "0", 0, 60000, NULL,
     "Pause that a switch-over may cost; 0: the hypervisor's own"},
    {"migration", "parallel", NUMBER, MEMBER(parallel), "0", 0, 255, NULL, "Streams of one move; 0 or 1: one"},
    {"migration", "ring_latency_ms", NUMBER, MEMBER(ring_latency_ms), "50", 0, 10000, NULL,
     "Moves are slowed down while a link of Corosync is so many ms slower than usual, or loses messages; 0: never"},
    {"migration", "ring_all", YES_NO, MEMBER(ring_all), "no", 0, 0, NULL,
     "Slow down all moves then, not only those that may take the ring's network"},
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

static const struct key *find_key(const char *group, const char *name)
{
    for (size_t i = 0; i < KEYS; i++) {
        if (strcmp(keys[i].group, group) == 0 && (name == NULL || strcmp(keys[i].name, name) == 0))
            return &keys[i];
    }
    return NULL;
}

static char *member(struct hvc_config *config, const struct key *key)
{
    return (char *)config + key->offset;
}

/* ---- one value ---- */

static bool has_word(const char *words, const char *value)
{
    size_t length = strlen(value);

    for (const char *p = words; length > 0 && (p = strstr(p, value)) != NULL; p += length) {
        if ((p == words || p[-1] == ' ') && (p[length] == ' ' || p[length] == '\0'))
            return true;
    }
    return false;
}

static int set_text(struct hvc_config *config, const struct key *key, const char *value, struct hvc_error *error)
{
    uint64_t max = key->max != 0 ? key->max : key->size - 1;

    if (strlen(value) < key->min || strlen(value) > max)
        return hvc_error_set(error, -EINVAL, "%s has %zu bytes: %" PRIu64 " to %" PRIu64 " are allowed", key->name,
                             strlen(value), key->min, max);
    if (key->kind == PATH && value[0] != '/' && value[0] != '\0')
        return hvc_error_set(error, -EINVAL, "%s is \"%.80s\": it must be an absolute path", key->name, value);
    if (key->kind == WORD && !has_word(key->words, value))
        return hvc_error_set(error, -EINVAL, "%s is \"%.80s\": it must be one of %s", key->name, value, key->words);
    return hvc_text_copy(member(config, key), key->size, value);
}

static int set_value(struct hvc_config *config, const struct key *key, const char *value, struct hvc_error *error)
{
    uint64_t number = 0;
    bool yes = false;

    switch (key->kind) {
    case NUMBER:
        if (hvc_parse_u64(value, key->min, key->max, &number) < 0)
            return hvc_error_set(error, -EINVAL,
                                 "%s is \"%.80s\": it must be a whole number from %" PRIu64 " to %" PRIu64, key->name,
                                 value, key->min, key->max);
        memcpy(member(config, key), &number, sizeof(number));
        return 0;
    case YES_NO:
        if (hvc_parse_bool(value, &yes) < 0)
            return hvc_error_set(error, -EINVAL, "%s is \"%.80s\": it must be yes or no", key->name, value);
        memcpy(member(config, key), &yes, sizeof(yes));
        return 0;
    case TEXT:
    case PATH:
    case WORD:
        break;
    }
    return set_text(config, key, value, error);
}

void hvc_config_defaults(struct hvc_config *ret_config)
{
    struct hvc_error error = {0};

    memset(ret_config, 0, sizeof(*ret_config));
    for (size_t i = 0; i < KEYS; i++) {
        if (set_value(ret_config, &keys[i], keys[i].standard, &error) < 0)
            abort(); /* the table above is wrong: every test of it ends here */
    }
}

/* ---- the file ---- */

/* Line of a key, of its group when name is NULL; of the second one of that name when again is set. 0: not there. GLib
 * does not tell lines. */
static unsigned find_line(const char *text, const char *group, const char *name, bool again)
{
    bool inside = false;
    unsigned line = 1;

    for (const char *p = text; p != NULL && *p != '\0'; line++) {
        const char *end = strchr(p, '\n');
        size_t length = end == NULL ? strlen(p) : (size_t)(end - p);
        const char *start = p + strspn(p, " \t");

        if (*start == '[') {
            inside = strncmp(start + 1, group, strlen(group)) == 0 && start[1 + strlen(group)] == ']';
            if (inside && name == NULL)
                return line;
        } else if (inside && name != NULL && strncmp(start, name, strlen(name)) == 0 &&
                   strchr(" \t=", start[strlen(name)]) != NULL && start < p + length) {
            if (!again)
                return line;
            again = false;
        }
        p = end == NULL ? NULL : end + 1;
    }
    return 0;
}

static void list_keys(const char *group, char *text, size_t size)
{
    const char *last = "";
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < KEYS; i++) {
        if (group != NULL && strcmp(keys[i].group, group) == 0)
            (void)hvc_text_append(text, size, &used, "%s%s", used == 0 ? "" : ", ", keys[i].name);
        if (group == NULL && strcmp(keys[i].group, last) != 0)
            (void)hvc_text_append(text, size, &used, "%s[%s]", used == 0 ? "" : ", ", keys[i].group);
        last = keys[i].group;
    }
}

static int take_key(const char *name, const char *text, GKeyFile *file, const char *group, const char *key_name,
                    struct hvc_config *config, struct hvc_error *error)
{
    const struct key *key = find_key(group, key_name);
    unsigned line = find_line(text, group, key_name, false);
    unsigned again = find_line(text, group, key_name, true);
    char *value;
    char known[512];
    int rc;

    if (key == NULL) {
        list_keys(group, known, sizeof(known));
        return hvc_error_set(error, -EINVAL, "%s:%u: [%s] has no key %.80s: there are %s", name, line, group, key_name,
                             known);
    }
    if (again != 0)
        return hvc_error_set(error, -EINVAL, "%s:%u: %s stands in [%s] twice, first in line %u", name, again, key_name,
                             group, line);
    value = g_key_file_get_string(file, group, key_name, NULL);
    if (value == NULL)
        return hvc_error_set(error, -EINVAL, "%s:%u: the value of %s is no text", name, line, key_name);
    rc = set_value(config, key, g_strchomp(value), error);
    g_free(value);
    return rc < 0 ? hvc_error_prefix(error, "%s:%u", name, line) : 0;
}

static int take_group(const char *name, const char *text, GKeyFile *file, const char *group, struct hvc_config *config,
                      struct hvc_error *error)
{
    char **names;
    char known[512];
    int rc = 0;

    if (find_key(group, NULL) == NULL) {
        list_keys(NULL, known, sizeof(known));
        return hvc_error_set(error, -EINVAL, "%s:%u: there is no group [%.80s]: there are %s", name,
                             find_line(text, group, NULL, false), group, known);
    }
    names = g_key_file_get_keys(file, group, NULL, NULL);
    for (char **at = names; rc == 0 && at != NULL && *at != NULL; at++)
        rc = take_key(name, text, file, group, *at, config, error);
    g_strfreev(names);
    return rc;
}

int hvc_config_parse(const char *name, const char *text, struct hvc_config *ret_config, struct hvc_error *error)
{
    struct hvc_config config;
    GKeyFile *file = g_key_file_new();
    GError *words = NULL;
    char **groups = NULL;
    int rc = 0;

    hvc_config_defaults(&config);
    if (!g_key_file_load_from_data(file, text, strlen(text), G_KEY_FILE_NONE, &words)) {
        rc = hvc_error_set(error, -EINVAL, "%s: %s", name, words->message);
        g_error_free(words);
    } else {
        groups = g_key_file_get_groups(file, NULL);
    }
    for (char **at = groups; rc == 0 && at != NULL && *at != NULL; at++)
        rc = take_group(name, text, file, *at, &config, error);
    g_strfreev(groups);
    g_key_file_free(file);
    if (rc == 0)
        *ret_config = config;
    return rc;
}

int hvc_config_read(const char *path, bool required, struct hvc_config *ret_config, struct hvc_error *error)
{
    GError *words = NULL;
    char *text = NULL;
    gsize length = 0;
    int rc;

    if (!g_file_get_contents(path, &text, &length, &words)) {
        bool absent = g_error_matches(words, G_FILE_ERROR, G_FILE_ERROR_NOENT);

        rc = hvc_error_set(error, absent ? -ENOENT : -EACCES, "%s", words->message);
        g_error_free(words);
        if (absent && !required)
            hvc_config_defaults(ret_config);
        return rc;
    }
    if (strlen(text) != length)
        rc = hvc_error_set(error, -EINVAL, "%s: holds a zero byte, it is no text", path);
    else
        rc = hvc_config_parse(path, text, ret_config, error);
    g_free(text);
    return rc;
}

void hvc_config_print(FILE *out, const struct hvc_config *config)
{
    struct hvc_config copy = *config;
    const char *group = "";

    (void)fputs("# Configuration of hvclusterd; see hvclusterd(8). Every key has its default here.\n", out);
    for (size_t i = 0; i < KEYS; i++) {
        const char *at = member(&copy, &keys[i]);
        uint64_t number = 0;
        bool yes = false;

        if (strcmp(group, keys[i].group) != 0)
            (void)fprintf(out, "\n[%s]\n", keys[i].group);
        group = keys[i].group;
        (void)fprintf(out, "# %s\n", keys[i].help);
        if (keys[i].kind == NUMBER) {
            memcpy(&number, at, sizeof(number));
            (void)fprintf(out, "%s = %" PRIu64 "\n", keys[i].name, number);
        } else if (keys[i].kind == YES_NO) {
            memcpy(&yes, at, sizeof(yes));
            (void)fprintf(out, "%s = %s\n", keys[i].name, yes ? "yes" : "no");
        } else {
            (void)fprintf(out, "%s =%s%s\n", keys[i].name, *at == '\0' ? "" : " ", at);
        }
    }
}
