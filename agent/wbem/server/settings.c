/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "settings.h"

#include <errno.h>
#include <glib.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "hvc/limits.h"
#include "hvc/text.h"

struct key {
    const char *group, *name;
    size_t offset;
    const char *standard; /* NULL: a number */
    uint64_t number, min, max;
    const char *words; /* blank-separated; NULL: any text */
    const char *help;
};

#define AT(member) offsetof(struct hvc_wbemd_settings, member)

static const struct key keys[] = {
    {"http", "address", AT(http_address), "127.0.0.1", 0, 0, 0, NULL,
     "Where HTTP is served: an address of this node; empty: not at all. Passwords travel in clear"},
    {"http", "port", AT(http_port), NULL, 5988, 1, 65535, NULL, "Its port"},
    {"https", "address", AT(https_address), "::", 0, 0, 0, NULL, "Where HTTPS is served; empty: not at all"},
    {"https", "port", AT(https_port), NULL, 5989, 1, 65535, NULL, "Its port"},
    {"https", "certificate", AT(certificate), HVC_CONFIG_DIRECTORY "/wbem/server.pem", 0, 0, 0, NULL,
     "The server's certificate and those that signed it, PEM"},
    {"https", "key", AT(key), HVC_CONFIG_DIRECTORY "/wbem/server.key", 0, 0, 0, NULL, "Its key, PEM"},
    {"https", "client_ca", AT(client_ca), "", 0, 0, 0, NULL,
     "Who signs certificates of clients, PEM; what they may do: [certificate NAME]. Empty: passwords only"},
    {"access", "anonymous", AT(anonymous), "none", 0, 0, 0, "none read",
     "Who comes over HTTP without a password may do this"},
    {"access", "auth_socket", AT(auth_socket), HVC_AUTH_SOCKET, 0, 0, 0, NULL, "Where hvcluster-auth checks passwords"},
    {"access", "password_cache_ms", AT(password_cache_ms), NULL, 10000, 0, HVC_AUTH_CACHE_MAX_MS, NULL,
     "So many ms an accepted password is taken again without asking for it; 0: it is always asked for"},
    {"daemon", "service", AT(service), "hvclusterd", 0, 0, 0, NULL, "Name of hvclusterd's IPC service"},
    {"daemon", "runtime_directory", AT(runtime_directory), HVC_RUNTIME_DIRECTORY, 0, 0, 0, NULL,
     "Its owner is the user hvclusterd runs as"},
    {"daemon", "timeout_ms", AT(timeout_ms), NULL, 5000, 100, 60000, NULL, "How long hvclusterd may take to answer"},
    {"limits", "connections", AT(connections), NULL, 256, 1, 4096, NULL, "Connections at one time, of each of both"},
    {"limits", "connections_per_address", AT(connections_per_address), NULL, 64, 1, 4096, NULL,
     "Of them from one address; above: closed at once, so that one client does not take all"},
    {"limits", "request_kib", AT(request_kib), NULL, 1024, 4, 16384, NULL, "Largest request, KiB; above: 413"},
    {"limits", "answer_mib", AT(answer_mib), NULL, 128, 1, 1024, NULL, "Largest answer, MiB"},
    {"limits", "idle_s", AT(idle_s), NULL, 30, 1, 3600, NULL, "A connection without a byte is closed after this"},
    {"limits", "header_s", AT(header_s), NULL, HVC_CIM_HEADER_S, 1, 3600, NULL,
     "The headers of a request, before them the handshake of TLS, take no longer than this; above: closed"},
    {"limits", "body_s", AT(body_s), NULL, HVC_CIM_BODY_S, 1, 3600, NULL, "Nor does its body; above: closed"},
    {"limits", "answer_s", AT(answer_s), NULL, HVC_CIM_ANSWER_S, 1, 86400, NULL,
     "Nor does a client to take its answer; above: closed"},
    {"limits", "enumerations", AT(enumerations), NULL, 32, 1, 1024, NULL, "Enumerations left open at one time"},
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

static char *text_of(struct hvc_wbemd_settings *settings, const struct key *key)
{
    return (char *)settings + key->offset;
}

static uint64_t number_of(const struct hvc_wbemd_settings *settings, const struct key *key)
{
    uint64_t number;

    memcpy(&number, (const char *)settings + key->offset, sizeof(number));
    return number;
}

static void set_number(struct hvc_wbemd_settings *settings, const struct key *key, uint64_t number)
{
    memcpy(text_of(settings, key), &number, sizeof(number));
}

void hvc_wbemd_settings_default(struct hvc_wbemd_settings *settings)
{
    memset(settings, 0, sizeof(*settings));
    for (size_t i = 0; i < KEYS; i++) {
        if (keys[i].standard == NULL)
            set_number(settings, &keys[i], keys[i].number);
        else
            (void)hvc_text_copy(text_of(settings, &keys[i]), HVC_WBEMD_TEXT_MAX, keys[i].standard);
    }
}

static const struct key *find(const char *group, const char *name)
{
    for (size_t i = 0; i < KEYS; i++)
        if (strcmp(keys[i].group, group) == 0 && strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

static bool is_one_of(const char *words, const char *value)
{
    size_t length = strlen(value);

    while (words != NULL && *words != '\0') {
        size_t word = strcspn(words, " ");

        if (word == length && strncmp(words, value, word) == 0)
            return true;
        words += word + (words[word] == ' ' ? 1 : 0);
    }
    return words == NULL;
}

static int set(struct hvc_wbemd_settings *settings, const struct key *key, const char *value, const char *path,
               struct hvc_error *error)
{
    uint64_t number = 0;

    if (key->standard == NULL) {
        if (hvc_parse_u64(value, key->min, key->max, &number) < 0)
            return hvc_error_set(error, -EINVAL,
                                 "%s: [%s] %s takes a number from %" PRIu64 " to %" PRIu64 ", not \"%.60s\"", path,
                                 key->group, key->name, key->min, key->max, value);
        set_number(settings, key, number);
        return 0;
    }
    if (!is_one_of(key->words, value))
        return hvc_error_set(error, -EINVAL, "%s: [%s] %s takes one of: %s; not \"%.60s\"", path, key->group, key->name,
                             key->words, value);
    if (hvc_text_copy(text_of(settings, key), HVC_WBEMD_TEXT_MAX, value) < 0)
        return hvc_error_set(error, -EINVAL, "%s: [%s] %s is longer than %d bytes", path, key->group, key->name,
                             HVC_WBEMD_TEXT_MAX - 1);
    return 0;
}

static int take_group(GKeyFile *file, const char *group, const char *path, struct hvc_wbemd_settings *settings,
                      struct hvc_error *error)
{
    gchar **names = g_key_file_get_keys(file, group, NULL, NULL);
    int rc = 0;

    for (gchar **name = names; rc == 0 && name != NULL && *name != NULL; name++) {
        const struct key *key = find(group, *name);
        gchar *value = g_key_file_get_string(file, group, *name, NULL);

        if (key == NULL)
            rc = hvc_error_set(error, -EINVAL, "%s: there is no key %.60s in [%.60s]; --print-config shows them", path,
                               *name, group);
        else
            rc = set(settings, key, value == NULL ? "" : value, path, error);
        g_free(value);
    }
    g_strfreev(names);
    return rc;
}

static int take_groups(GKeyFile *file, const char *path, struct hvc_wbemd_settings *settings, struct hvc_error *error)
{
    gchar **groups = g_key_file_get_groups(file, NULL);
    int rc = 0;

    for (gchar **group = groups; rc == 0 && *group != NULL; group++)
        if (!hvc_roles_owns_group(*group))
            rc = take_group(file, *group, path, settings, error);
    g_strfreev(groups);
    return rc;
}

int hvc_wbemd_settings_read(const char *path, struct hvc_wbemd_settings *settings, struct hvc_roles **ret_roles,
                            struct hvc_error *error)
{
    GKeyFile *file = g_key_file_new();
    struct hvc_roles *roles = NULL;
    GError *words = NULL;
    gchar *text = NULL;
    gsize length = 0;
    int rc;

    if (!g_file_get_contents(path, &text, &length, &words) ||
        !g_key_file_load_from_data(file, text, length, G_KEY_FILE_NONE, &words)) {
        rc = hvc_error_set(error, g_error_matches(words, G_FILE_ERROR, G_FILE_ERROR_NOENT) ? -ENOENT : -EINVAL,
                           "%s: %s", path, words->message);
        g_error_free(words);
    } else
        rc = hvc_roles_parse(path, text, &roles, error);
    if (rc == 0)
        rc = take_groups(file, path, settings, error);
    if (rc < 0)
        hvc_roles_free(roles);
    else
        *ret_roles = roles;
    g_free(text);
    g_key_file_free(file);
    return rc;
}

void hvc_wbemd_settings_print(FILE *out, const struct hvc_wbemd_settings *settings, const struct hvc_roles *roles)
{
    const char *group = "";

    for (size_t i = 0; i < KEYS; i++) {
        if (strcmp(group, keys[i].group) != 0)
            (void)fprintf(out, "%s[%s]\n", i == 0 ? "" : "\n", keys[i].group);
        group = keys[i].group;
        (void)fprintf(out, "# %s\n", keys[i].help);
        if (keys[i].standard == NULL)
            (void)fprintf(out, "%s=%" PRIu64 "\n", keys[i].name, number_of(settings, &keys[i]));
        else
            (void)fprintf(out, "%s=%s\n", keys[i].name, (const char *)settings + keys[i].offset);
    }
    (void)fputc('\n', out);
    hvc_roles_print(out, roles);
}
