/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "hvc/bytes.h"
#include "hvc/text.h"
#include "roles.h"

enum { LINE_MAX_BYTES = 8192 };

static const char blanks[] = " \t\r";
static const char certificate_head[] = "certificate ";

enum section { OTHER, ROLES, CERTIFICATE };

struct parser {
    const char *name; /* of the file */
    unsigned line;
    enum section section;
    bool seen_roles;
    unsigned seen_line[HVC_ROLE_COUNT]; /* of the keys of [roles] */
    struct hvc_roles *roles;
    struct hvc_error *error;
};

#define REFUSE(parser, ...) refuse((parser), (parser)->line, __VA_ARGS__)

__attribute__((format(printf, 3, 4))) static int refuse(const struct parser *parser, unsigned line, const char *format,
                                                        ...)
{
    char words[HVC_ERROR_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(words, sizeof(words), format, arguments);
    va_end(arguments);
    return hvc_error_set(parser->error, -EINVAL, "%s:%u: %s", parser->name, line, words);
}

/* Without the blanks around it; cuts in place. */
static char *trim(char *text)
{
    size_t length;

    text += strspn(text, blanks);
    length = strlen(text);
    while (length > 0 && strchr(blanks, text[length - 1]) != NULL)
        text[--length] = '\0';
    return text;
}

/* ---- [roles] ---- */

static int add_group(struct parser *parser, enum hvc_role role, const char *group)
{
    struct hvc_roles *roles = parser->roles;
    unsigned *count = &roles->group_count[role];

    if (group[0] == '\0')
        return REFUSE(parser, "there is a comma without a group's name beside it");
    for (unsigned other = 0; other < HVC_ROLE_COUNT; other++) {
        for (unsigned i = 0; i < roles->group_count[other]; i++) {
            if (strcmp(roles->groups[other][i], group) == 0)
                return REFUSE(parser,
                              "group %s stands in %s_groups already: let it stand in one place, each role may "
                              "do what those below it may",
                              group, hvc_role_name((enum hvc_role)other));
        }
    }
    if (*count == HVC_ROLE_GROUPS_MAX)
        return REFUSE(parser, "%s_groups names more than %d groups", hvc_role_name(role), HVC_ROLE_GROUPS_MAX);
    if (hvc_text_copy(roles->groups[role][*count], HVC_ROLE_NAME_MAX, group) < 0)
        return REFUSE(parser, "the group's name \"%.40s...\" is too long: %d bytes are allowed", group,
                      HVC_ROLE_NAME_MAX - 1);
    (*count)++;
    return 0;
}

static int take_groups(struct parser *parser, enum hvc_role role, char *value)
{
    int rc = 0;

    if (parser->seen_line[role] != 0)
        return REFUSE(parser, "%s_groups stands in [roles] twice, first in line %u", hvc_role_name(role),
                      parser->seen_line[role]);
    parser->seen_line[role] = parser->line;
    while (rc == 0 && value != NULL && value[0] != '\0') {
        char *comma = strchr(value, ',');

        if (comma != NULL)
            *comma = '\0';
        rc = add_group(parser, role, trim(value));
        if (rc == 0 && comma != NULL && trim(comma + 1)[0] == '\0')
            rc = add_group(parser, role, "");
        value = comma == NULL ? NULL : comma + 1;
    }
    return rc;
}

/* ---- [certificate NAME] ---- */

static struct hvc_roles_certificate *newest(struct parser *parser)
{
    return &parser->roles->certificates[parser->roles->certificate_count - 1];
}

static int set_subject(struct parser *parser, bool by_cn, const char *value)
{
    struct hvc_roles_certificate *row = newest(parser);

    if (row->subject[0] != '\0')
        return REFUSE(parser, "[certificate %s] has a subject or cn already: there is one for each", row->name);
    if (value[0] == '\0')
        return REFUSE(parser, "%s is empty", by_cn ? "cn" : "subject");
    if (!by_cn && strchr(value, '=') == NULL)
        return REFUSE(parser,
                      "subject is \"%.80s\": it must be a distinguished name such as CN=monitor,O=Example; a "
                      "common name alone is for cn",
                      value);
    if (hvc_text_copy(row->subject, sizeof(row->subject), value) < 0)
        return REFUSE(parser, "%s is too long: %d bytes are allowed", by_cn ? "cn" : "subject",
                      HVC_ROLE_SUBJECT_MAX - 1);
    row->by_cn = by_cn;
    return 0;
}

static int set_role(struct parser *parser, const char *value)
{
    struct hvc_roles_certificate *row = newest(parser);

    if (row->role != HVC_ROLE_NONE)
        return REFUSE(parser, "role stands in [certificate %s] twice", row->name);
    for (unsigned role = HVC_ROLE_READ; role < HVC_ROLE_COUNT; role++) {
        if (strcmp(value, hvc_role_name((enum hvc_role)role)) == 0) {
            row->role = (enum hvc_role)role;
            return 0;
        }
    }
    return REFUSE(parser, "role is \"%.80s\": it must be read, operate or admin", value);
}

/* ---- keys ---- */

static int take_read(struct parser *parser, char *value)
{
    return take_groups(parser, HVC_ROLE_READ, value);
}

static int take_operate(struct parser *parser, char *value)
{
    return take_groups(parser, HVC_ROLE_OPERATE, value);
}

static int take_admin(struct parser *parser, char *value)
{
    return take_groups(parser, HVC_ROLE_ADMIN, value);
}

static int take_subject(struct parser *parser, char *value)
{
    return set_subject(parser, false, value);
}

static int take_cn(struct parser *parser, char *value)
{
    return set_subject(parser, true, value);
}

static int take_role(struct parser *parser, char *value)
{
    return set_role(parser, value);
}

static const struct key {
    enum section section;
    const char *name;
    int (*take)(struct parser *parser, char *value);
} keys[] = {
    {ROLES, "read_groups", take_read},   {ROLES, "operate_groups", take_operate},
    {ROLES, "admin_groups", take_admin}, {CERTIFICATE, "subject", take_subject},
    {CERTIFICATE, "cn", take_cn},        {CERTIFICATE, "role", take_role},
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

static int take_key(struct parser *parser, char *text)
{
    char *equals = strchr(text, '=');
    char known[128] = "";
    size_t used = 0;

    if (parser->section == OTHER)
        return 0;
    if (equals == NULL)
        return REFUSE(parser, "\"%.80s\" is neither [group] nor key = value", text);
    *equals = '\0';
    text = trim(text);
    for (size_t i = 0; i < KEYS; i++) {
        if (keys[i].section != parser->section)
            continue;
        if (strcmp(keys[i].name, text) == 0)
            return keys[i].take(parser, trim(equals + 1));
        (void)hvc_text_append(known, sizeof(known), &used, "%s%s", used == 0 ? "" : ", ", keys[i].name);
    }
    return REFUSE(parser, "there is no key \"%.80s\" here: there are %s", text, known);
}

/* ---- groups ---- */

/* The section before is over: is anything missing in it? */
static int close_section(const struct parser *parser)
{
    const struct hvc_roles *roles = parser->roles;
    const struct hvc_roles_certificate *row;

    if (parser->section != CERTIFICATE)
        return 0;
    row = &roles->certificates[roles->certificate_count - 1];
    if (row->subject[0] == '\0')
        return refuse(parser, row->line, "[certificate %s] has neither subject nor cn", row->name);
    if (row->role == HVC_ROLE_NONE)
        return refuse(parser, row->line, "[certificate %s] has no role: read, operate or admin", row->name);
    for (unsigned i = 0; i + 1 < roles->certificate_count; i++) {
        const struct hvc_roles_certificate *other = &roles->certificates[i];

        if (other->by_cn == row->by_cn && strcmp(other->subject, row->subject) == 0)
            return refuse(parser, row->line, "[certificate %s] has the %s of [certificate %s] in line %u", row->name,
                          row->by_cn ? "cn" : "subject", other->name, other->line);
    }
    return 0;
}

static int open_certificate(struct parser *parser, const char *name)
{
    struct hvc_roles *roles = parser->roles;
    struct hvc_roles_certificate *row;

    if (name[0] == '\0')
        return REFUSE(parser, "[certificate] wants a name of its own: [certificate NAME]");
    for (unsigned i = 0; i < roles->certificate_count; i++) {
        if (strcmp(roles->certificates[i].name, name) == 0)
            return REFUSE(parser, "[certificate %s] stands there twice, first in line %u", name,
                          roles->certificates[i].line);
    }
    if (roles->certificate_count == HVC_ROLE_CERTIFICATES_MAX)
        return REFUSE(parser, "there are more than %d [certificate] groups", HVC_ROLE_CERTIFICATES_MAX);
    row = &roles->certificates[roles->certificate_count];
    if (hvc_text_copy(row->name, sizeof(row->name), name) < 0)
        return REFUSE(parser, "the name of this [certificate] is too long: %d bytes are allowed",
                      HVC_ROLE_NAME_MAX - 1);
    row->line = parser->line;
    roles->certificate_count++;
    parser->section = CERTIFICATE;
    return 0;
}

static bool is_certificate(const char *group)
{
    size_t length = sizeof(certificate_head) - 1;

    return strncmp(group, certificate_head, length) == 0 || strcmp(group, "certificate") == 0;
}

bool hvc_roles_owns_group(const char *group)
{
    return strcmp(group, "roles") == 0 || is_certificate(group);
}

static int open_section(struct parser *parser, char *text)
{
    char *end = strchr(text, ']');
    int rc = close_section(parser);

    if (rc < 0)
        return rc;
    parser->section = OTHER;
    if (end == NULL)
        return REFUSE(parser, "\"%.80s\" begins a group and has no ]", text);
    *end = '\0';
    if (hvc_roles_owns_group(text + 1) && trim(end + 1)[0] != '\0')
        return REFUSE(parser, "there is something behind [%s]", text + 1);
    if (is_certificate(text + 1))
        return open_certificate(parser, trim(text + sizeof(certificate_head) - 1));
    if (strcmp(text + 1, "roles") != 0)
        return 0;
    if (parser->seen_roles)
        return REFUSE(parser, "[roles] stands there twice");
    parser->seen_roles = true;
    parser->section = ROLES;
    return 0;
}

/* ---- the file ---- */

static int take_line(struct parser *parser, const char *start, size_t length)
{
    char line[LINE_MAX_BYTES];
    char *text;

    if (length >= sizeof(line))
        return REFUSE(parser, "the line has %zu bytes: %d are allowed", length, LINE_MAX_BYTES - 1);
    memcpy(line, start, length);
    line[length] = '\0';
    text = trim(line);
    if (text[0] == '\0' || text[0] == '#')
        return 0;
    if (text[0] == '[')
        return open_section(parser, text);
    if (parser->section != OTHER && !hvc_bytes_is_text(text, strlen(text), true, NULL))
        return REFUSE(parser, "the line is no UTF-8 text");
    return take_key(parser, text);
}

int hvc_roles_parse(const char *name, const char *text, struct hvc_roles **ret_roles, struct hvc_error *error)
{
    struct hvc_roles *roles = calloc(1, sizeof(*roles));
    struct parser parser = {.name = name, .roles = roles, .error = error};
    int rc = 0;

    if (roles == NULL)
        return hvc_error_set(error, -ENOMEM, "%s: no memory", name);
    for (const char *p = text; rc == 0 && *p != '\0';) {
        size_t length = strcspn(p, "\n");

        parser.line++;
        rc = take_line(&parser, p, length);
        p += length + (p[length] == '\n' ? 1 : 0);
    }
    if (rc == 0)
        rc = close_section(&parser);
    if (rc < 0)
        hvc_roles_free(roles);
    else
        *ret_roles = roles;
    return rc;
}
