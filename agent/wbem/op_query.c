/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ExecQuery. */
#include "operation.h"
#include "query.h"

static bool is_language(const char *name)
{
    static const char *const names[] = {"WQL", "DMTF:CQL", "CIM:CQL", "CQL"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (hvc_schema_compare(name, names[i]) == 0)
            return true;
    return false;
}

/* NULL and failed: no query. */
static const struct hvc_schema_class *read_query(struct hvc_cim_call *call, struct hvc_query *ret_query)
{
    const struct hvc_schema_namespace *space = hvc_cim_space(call);
    const char *language = hvc_cim_string(call, "QueryLanguage");
    const char *text = hvc_cim_string(call, "Query");
    const struct hvc_schema_class *cls;
    struct hvc_error error = {0};

    if (hvc_cim_failed(call))
        return NULL;
    if (language == NULL || text == NULL) {
        hvc_cim_fail(call, HVC_CIM_INVALID_PARAMETER, "%.64s needs parameters QueryLanguage and Query",
                     call->request->method);
        return NULL;
    }
    if (!is_language(language)) {
        hvc_cim_fail(call, HVC_CIM_QUERY_LANGUAGE_NOT_SUPPORTED, "this server reads WQL and DMTF:CQL, not \"%.64s\"",
                     language);
        return NULL;
    }
    if (hvc_query_parse(call->arena, text, ret_query, &error) < 0) {
        hvc_cim_fail(call, HVC_CIM_INVALID_QUERY, "%s", error.text);
        return NULL;
    }
    cls = hvc_cim_class(call, space, ret_query->class_name, HVC_CIM_INVALID_QUERY);
    if (cls != NULL && hvc_query_check(ret_query, space, cls, &error) < 0) {
        hvc_cim_fail(call, HVC_CIM_INVALID_QUERY, "%s", error.text);
        return NULL;
    }
    return cls;
}

static uint32_t prepare(struct hvc_cim_call *call)
{
    struct hvc_query query;
    const struct hvc_schema_class *cls = read_query(call, &query);

    return cls == NULL ? 0 : hvc_cim_needs(hvc_cim_space(call), cls->name);
}

static void exec_query(struct hvc_cim_call *call)
{
    struct hvc_cim_list all = {0};
    struct hvc_cim_list fitting = {0};
    struct hvc_query query;
    const struct hvc_schema_class *cls = read_query(call, &query);

    if (cls == NULL)
        return;
    hvc_cim_collect_deep(call, hvc_cim_space(call), cls->name, &all);
    for (uint32_t i = 0; i < all.count; i++)
        if (hvc_query_fits(&query, all.instances[i]))
            hvc_cim_list_add(call, &fitting, all.instances[i]);
    call->result.shape.properties = query.names;
    call->result.shape.property_count = query.name_count;
    hvc_cim_answer(call, HVC_CIM_RESULT_OBJECTS, &fitting);
}

static const struct hvc_cim_operation rows[] = {{"ExecQuery", prepare, exec_query, false, "QueryLanguage Query"}};

const struct hvc_cim_operations hvc_cim_query_operations = {rows, sizeof(rows) / sizeof(rows[0])};
