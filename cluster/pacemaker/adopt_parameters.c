/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "adopt_parameters.h"

#include <stdio.h>
#include <string.h>

#include "hvc/text.h"

enum rule {

    PATH,      /* an absolute path is */
    PATHS,     /* absolute paths separated by blanks are */
    NUMBER,    /* a whole number of the range is */
    BOOLEAN,   /* a boolean is */
    OPTIONS,   /* of virsh migrate: those that VirtualSystem takes are */
    NEUTRAL,   /* only these words are: they ask for nothing */
    OURS_ONLY, /* VirtualDomain has no such parameter: of value `neutral` it is dropped on the way back */
};

struct row {
    const char *name;
    enum rule rule;
    uint64_t max;           /* of NUMBER */
    const char *neutral[3]; /* of NEUTRAL and OURS_ONLY; "false" stands for every word that means it */
    const char *why;        /* of a refusal: what to do */
};

#define NODES  "nodes reach each other by peer_uri in hvclusterd.conf, one setting for all guests"
#define STREAM "the migration network is set once for all guests: migrate_uri in hvclusterd.conf"
#define UTILIZATION                                                                                                    \
    "VirtualSystem writes no utilization: what stands in the resource now stays, keep it right by hand with "          \
    "crm_resource --utilization"
#define CONFIG "the XML in config is the administrator's: change it there, on all nodes"
#define DISK   "start creates and writes no disks: prepare them before"

static const struct row rows[] = {
    {"config", PATH, 0, {NULL}, "it has to be an absolute path"},
    {"hypervisor",
     NEUTRAL,
     0,
     {"qemu:///system", "qemu+unix:///system"},
     "only QEMU guests of the node's own libvirt "
     "are managed"},
    {"force_stop", BOOLEAN, 0, {NULL}, "it has to be a boolean"},
    {"migration_transport", NEUTRAL, 0, {"tls"}, NODES},
    {"migration_user", NEUTRAL, 0, {NULL}, "nodes know each other by their TLS certificates, not by users"},
    {"migration_downtime", NUMBER, 2000000, {NULL}, "it has to be a whole number of ms from 0 to 2000000"},
    {"migration_speed", NUMBER, 1048576, {NULL}, "it has to be a whole number of MiB/s from 0 to 1048576"},
    {"migration_network_suffix",
     NEUTRAL,
     0,
     {NULL},
     "the migration network is set once for all guests: "
     "migrate_uri=tcp://%nSUFFIX in hvclusterd.conf"},
    {"migrateuri", NEUTRAL, 0, {NULL}, STREAM},
    {"migrate_options",
     OPTIONS,
     0,
     {NULL},
     "of virsh's options only --live, --p2p, --verbose, --abort-on-error, "
     "--auto-converge, --tls, --postcopy and --postcopy-after-precopy are taken"},
    {"monitor_scripts", PATHS, 0, {NULL}, "VirtualSystem runs programs by absolute paths, without arguments and shell"},
    {"autoset_utilization_cpu", NEUTRAL, 0, {"false"}, UTILIZATION},
    {"autoset_utilization_host_memory", NEUTRAL, 0, {"false"}, UTILIZATION},
    {"autoset_utilization_hv_memory", NEUTRAL, 0, {"false"}, UTILIZATION},
    {"unset_utilization_cpu", NEUTRAL, 0, {"false"}, UTILIZATION},
    {"unset_utilization_host_memory", NEUTRAL, 0, {"false"}, UTILIZATION},
    {"unset_utilization_hv_memory", NEUTRAL, 0, {"false"}, UTILIZATION},
    {"migrateport", NEUTRAL, 0, {NULL}, "libvirt chooses a free port of its range (migration_port_min in qemu.conf)"},
    {"remoteuri", NEUTRAL, 0, {NULL}, NODES},
    {"save_config_on_stop", NEUTRAL, 0, {"false"}, CONFIG},
    {"sync_config_on_stop", NEUTRAL, 0, {"false"}, CONFIG},
    {"snapshot",
     NEUTRAL,
     0,
     {NULL},
     "stop shuts the guest down: a saved memory image would be restored where it may "
     "be stale"},
    {"backingfile", NEUTRAL, 0, {NULL}, DISK},
    {"stateless", NEUTRAL, 0, {"false"}, DISK},
    {"copyindirs", NEUTRAL, 0, {NULL}, DISK},
    {"shutdown_mode", NEUTRAL, 0, {"acpi"}, "guests are asked by ACPI"},
    {"start_resources",
     NEUTRAL,
     0,
     {"false"},
     "let libvirt start pools and networks (virsh pool-autostart, virsh "
     "net-autostart)"},
    {"shutdown_timeout", OURS_ONLY, 0, {"0"}, "VirtualDomain uses all of the stop operation's timeout"},
    {"migration_at_deadline", OURS_ONLY, 0, {"force"}, "VirtualDomain lets the operation fail"},
    {"migration_post_copy", OURS_ONLY, 0, {"false"}, "write migrate_options=--postcopy instead"},
    {"on_io_error", OURS_ONLY, 0, {"fail"}, "VirtualDomain's monitor does not know a degraded guest"},
};

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

const char *adopt_parameter_at(size_t index, bool *ret_both)
{
    if (index >= ROW_COUNT)
        return NULL;
    *ret_both = rows[index].rule != OURS_ONLY;
    return rows[index].name;
}

static bool is_false(const char *value)
{
    bool yes = true;

    return hvc_parse_bool(value, &yes) == 0 && !yes;
}

static bool is_neutral(const struct row *row, const char *value)
{
    if (value[0] == '\0')
        return true;
    for (size_t i = 0; i < sizeof(row->neutral) / sizeof(row->neutral[0]) && row->neutral[i] != NULL; i++) {
        if (strcmp(row->neutral[i], value) == 0 || (strcmp(row->neutral[i], "false") == 0 && is_false(value)))
            return true;
    }
    return false;
}

/* Each word of a list separated by blanks passes the test. */
static bool all_words(const char *value, bool (*test)(const char *word, size_t length))
{
    for (const char *p = value; *p != '\0';) {
        size_t length = strcspn(p, " \t\n");

        if (length > 0 && !test(p, length))
            return false;
        p += length + (p[length] != '\0');
    }
    return true;
}

static bool is_path(const char *word, size_t length)
{
    return length > 1 && word[0] == '/';
}

static bool is_option(const char *word, size_t length)
{
    static const char *const taken[] = {"--live",          "--p2p", "--verbose",  "--abort-on-error",
                                        "--auto-converge", "--tls", "--postcopy", "--postcopy-after-precopy"};

    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        if (strlen(taken[i]) == length && strncmp(taken[i], word, length) == 0)
            return true;
    }
    return false;
}

static bool is_kept(const struct row *row, const char *value)
{
    uint64_t number;
    bool yes;

    switch (row->rule) {
    case PATH:
        return is_path(value, strlen(value));
    case PATHS:
        return all_words(value, is_path);
    case NUMBER:
        return hvc_parse_u64(value, 0, row->max, &number) == 0;
    case BOOLEAN:
        return hvc_parse_bool(value, &yes) == 0;
    case OPTIONS:
        return all_words(value, is_option);
    case NEUTRAL:
    case OURS_ONLY:
        return is_neutral(row, value);
    }
    return false;
}

static const struct row *find(const char *name)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    }
    return NULL;
}

static void say(struct hvc_adopt_line *line, enum hvc_adopt_fate fate, const char *first, const char *rest)
{
    size_t used = 0;

    line->fate = (uint8_t)fate;
    (void)hvc_text_append(line->words, sizeof(line->words), &used, "%.60s%s", first, rest);
}

static void refuse(struct hvc_adopt_line *line, const char *value, const char *why, const char *name)
{
    size_t used = 0;

    line->fate = HVC_ADOPT_REFUSED;
    (void)hvc_text_append(line->words, sizeof(line->words), &used,
                          "%.60s is not kept: %.180s; --without %.40s gives it up", value, why, name);
}

void adopt_parameter_judge(enum hvc_adopt_way way, const char *name, const char *value, struct hvc_adopt_line *line)
{
    const struct row *row = find(name);
    size_t used = 0;

    (void)hvc_text_append(line->what, sizeof(line->what), &used, "parameter %s", name);
    if (row == NULL || (way == HVC_ADOPT_OURS && row->rule == OURS_ONLY))
        refuse(line, value, "the present agent has no such parameter, and neither reads nor understands it", name);
    else if (way == HVC_ADOPT_BACK && row->rule == OURS_ONLY && is_kept(row, value))
        say(line, HVC_ADOPT_DROPPED, value, " is what VirtualDomain does anyway");
    else if (way == HVC_ADOPT_BACK && row->rule == OURS_ONLY)
        refuse(line, value, row->why, name);
    else if (way == HVC_ADOPT_BACK || is_kept(row, value)) /* VirtualDomain takes what it has a name for */
        say(line, HVC_ADOPT_KEPT, value, "");
    else
        refuse(line, value, row->why, name);
}
