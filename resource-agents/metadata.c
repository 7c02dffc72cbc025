/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "metadata.h"

#include <errno.h>
#include <string.h>

/* The project's version, from the build. */
#ifndef HVC_VERSION
#error "HVC_VERSION comes from CMakeLists.txt"
#endif

static void write_escaped(const char *text, FILE *out)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            (void)fputs("&amp;", out);
            break;
        case '<':
            (void)fputs("&lt;", out);
            break;
        case '>':
            (void)fputs("&gt;", out);
            break;
        case '"':
            (void)fputs("&quot;", out);
            break;
        default:
            (void)fputc(*text, out);
        }
    }
}

static void write_description(const char *element, const char *text, const char *more, FILE *out)
{
    (void)fprintf(out, "<%s lang=\"en\">", element);
    write_escaped(text, out);
    if (more != NULL) {
        (void)fputs("\n", out);
        write_escaped(more, out);
    }
    (void)fprintf(out, "</%s>\n", element);
}

static const char *type_name(enum hvc_parameter_type type)
{
    switch (type) {
    case HVC_PARAMETER_STRING:
        return "string";
    case HVC_PARAMETER_INTEGER:
        return "integer";
    case HVC_PARAMETER_BOOLEAN:
        return "boolean";
    }
    return "string";
}

/* What a row does with a value, in words; the same row decides it in parameters.c. */
static void describe_use(const struct hvc_parameter *row, char *text, size_t size)
{
    static const char *const head[] = {
        [HVC_PARAMETER_HONOURED] = "",
        [HVC_PARAMETER_IGNORED] = "Accepted from VirtualDomain's configuration and without effect: ",
        [HVC_PARAMETER_REFUSED] = "Not supported; a value that asks for it is refused: ",
    };

    if (row->use == HVC_PARAMETER_HONOURED && row->type == HVC_PARAMETER_INTEGER)
        (void)snprintf(text, size, "From %llu to %llu; 0 means not set.", (unsigned long long)row->min,
                       (unsigned long long)row->max);
    else
        (void)snprintf(text, size, "%s%s", head[row->use], row->instead == NULL ? "" : row->instead);
}

static void write_parameter(const struct hvc_parameter *row, FILE *out)
{
    char use[HVC_ERROR_TEXT_MAX];

    describe_use(row, use, sizeof(use));
    (void)fprintf(out, "<parameter name=\"%s\" unique=\"%d\" required=\"%d\" reloadable=\"%d\">\n", row->name,
                  row->unique, row->required, row->reloadable);
    write_description("longdesc", row->longdesc, use[0] == '\0' ? NULL : use, out);
    write_description("shortdesc", row->shortdesc, NULL, out);
    (void)fprintf(out, "<content type=\"%s\"", type_name(row->type));
    if (row->standard != NULL) {
        (void)fputs(" default=\"", out);
        write_escaped(row->standard, out);
        (void)fputs("\"", out);
    }
    (void)fputs("/>\n</parameter>\n", out);
}

static void write_action(const struct hvc_ocf_action *action, FILE *out)
{
    (void)fprintf(out, "<action name=\"%s\" timeout=\"%llus\"", action->name, (unsigned long long)action->timeout_s);
    if (action->interval_s != 0)
        (void)fprintf(out, " interval=\"%llus\" depth=\"0\"", (unsigned long long)action->interval_s);
    (void)fputs("/>\n", out);
}

int hvc_metadata_write(const struct hvc_agent *agent, FILE *out)
{
    /* The DTD of the resource-agents package is of OCF 1.0: the internal subset adds what 1.1 has, and its own
     * declarations come first. */
    (void)fputs("<?xml version=\"1.0\"?>\n"
                "<!DOCTYPE resource-agent SYSTEM \"ra-api-1.dtd\" [\n"
                "<!ATTLIST action name (start|stop|monitor|migrate_to|migrate_from|reload-agent|meta-data|validate-all)"
                " #REQUIRED>\n"
                "<!ATTLIST parameter reloadable (1|0) \"0\">\n"
                "]>\n",
                out);
    (void)fprintf(out, "<resource-agent name=\"%s\" version=\"" HVC_VERSION "\">\n<version>1.1</version>\n",
                  agent->name);
    write_description("longdesc", agent->longdesc, NULL, out);
    write_description("shortdesc", agent->shortdesc, NULL, out);
    (void)fputs("<parameters>\n", out);
    for (const struct hvc_parameter *row = agent->parameters; row->name != NULL; row++)
        write_parameter(row, out);
    (void)fputs("</parameters>\n<actions>\n", out);
    for (const struct hvc_ocf_action *action = agent->actions; action->name != NULL; action++)
        write_action(action, out);
    (void)fputs("</actions>\n</resource-agent>\n", out);
    return fflush(out) != 0 || ferror(out) ? -EIO : 0;
}

int hvc_usage_write(const struct hvc_agent *agent, FILE *out)
{
    (void)fprintf(out, "usage: %s {", agent->name);
    for (const struct hvc_ocf_action *action = agent->actions; action->name != NULL; action++)
        (void)fprintf(out, "%s|", action->name);
    (void)fputs("usage}\n", out);
    return fflush(out) != 0 || ferror(out) ? -EIO : 0;
}

bool hvc_agent_has_action(const struct hvc_agent *agent, const char *action)
{
    for (const struct hvc_ocf_action *row = agent->actions; row->name != NULL; row++)
        if (strcmp(row->name, action) == 0)
            return true;
    return false;
}
