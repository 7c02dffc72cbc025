/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest_lookup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/definition_file.h"

static void name_guest(struct hvc_lookup *lookup, struct hvc_question *question)
{
    question->uuid = lookup->identity.uuid;
    question->name = lookup->identity.name;
    question->xml = NULL;
}

int hvc_lookup_by_file(struct hvc_lookup *lookup, struct hvc_question *question, struct hvc_error *error)
{
    int rc = hvc_identity_load(lookup->ocf, &lookup->identity, error);

    if (rc == -ENOENT)
        return hvc_error_set(error, rc, "resource %s has no guest noted here", lookup->ocf->resource);
    if (rc == 0)
        name_guest(lookup, question);
    return rc;
}

int hvc_lookup_by_xml(struct hvc_lookup *lookup, struct hvc_question *question, struct hvc_error *error)
{
    if (*lookup->config == '\0')
        return hvc_error_set(error, -ENOENT, "parameter config is missing");
    if (lookup->xml == NULL) {
        int rc = hvc_read_definition(lookup->config, &lookup->xml, error);

        if (rc < 0)
            return rc;
    }
    question->xml = lookup->xml;
    question->uuid = NULL;
    question->name = NULL;
    return 0;
}

int hvc_lookup_by_mark(struct hvc_lookup *lookup, struct hvc_question *question, struct hvc_error *error)
{
    const struct hvc_question list = {.operation = "guest.list", .resource = lookup->ocf->resource};
    const struct hvc_ask_plan plan = {
        .falls_back = 1u << HVC_RESULT_UNREACHABLE | 1u << HVC_RESULT_DENIED | 1u << HVC_RESULT_INTERNAL |
                      1u << HVC_RESULT_TIMEOUT,
    };
    struct hvc_answer answer;
    int rc = hvc_ask(lookup->ways, &list, &plan, lookup->deadline_ms, &answer, error);

    if (rc < 0)
        return rc;
    if (answer.result == HVC_RESULT_NOT_FOUND)
        return hvc_error_set(error, -ENOENT, "%s", answer.text);
    if (answer.result != HVC_RESULT_OK)
        return hvc_error_set(error, -EIO, "%s", answer.text);
    memcpy(lookup->identity.uuid, answer.uuid, sizeof(answer.uuid));
    memcpy(lookup->identity.name, answer.name, sizeof(answer.name));
    name_guest(lookup, question);
    return 0;
}

typedef int (*way_fn)(struct hvc_lookup *, struct hvc_question *, struct hvc_error *);

int hvc_lookup(struct hvc_lookup *lookup, enum hvc_lookup_order order, struct hvc_question *question,
               struct hvc_error *error)
{
    static const way_fn ways[][2] = {
        [HVC_LOOKUP_FILE_FIRST] = {hvc_lookup_by_file, hvc_lookup_by_xml},
        [HVC_LOOKUP_XML_FIRST] = {hvc_lookup_by_xml, hvc_lookup_by_file},
    };
    struct hvc_error first = {0};
    struct hvc_error second = {0};
    struct hvc_error third = {0};
    int rc;

    if (ways[order][0](lookup, question, &first) == 0 || ways[order][1](lookup, question, &second) == 0)
        return 0;
    rc = hvc_lookup_by_mark(lookup, question, &third);
    if (rc == 0)
        return 0;
    return hvc_error_set(error, rc, "%s; %s; %s", order == HVC_LOOKUP_XML_FIRST ? first.text : second.text,
                         order == HVC_LOOKUP_XML_FIRST ? second.text : first.text, third.text);
}

void hvc_lookup_end(struct hvc_lookup *lookup)
{
    free(lookup->xml);
    lookup->xml = NULL;
}
