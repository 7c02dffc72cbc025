/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GetSystemCompatibilityInfo, CheckSystemCompatibilityInfo, GetSystemCompatibilityVectors: hvclusterd finds out, these
 * put it into what CIM knows. */
#include <string.h>

#include "error_instance.h"
#include "hvc/record.h"
#include "methods.h"

void hvc_method_migration_service_GetSystemCompatibilityInfo(struct hvc_cim_method_call *call);
void hvc_method_migration_service_CheckSystemCompatibilityInfo(struct hvc_cim_method_call *call);
void hvc_method_migration_service_GetSystemCompatibilityVectors(struct hvc_cim_method_call *call);

enum { NOT_COMPATIBLE = 32784 };

/* What is asked of a guest or a node, by ComputerSystem. */
static void order_about(struct hvc_cim_method_call *call, const char *of_guest, const char *of_node)
{
    const struct hvc_cim_facts *facts = call->facts;
    const struct hvc_facts_guest *guest;
    const struct hvc_facts_node *node;
    struct hvc_cim_ask ask = ask_of(call);
    struct hvc_cim_order *order;

    if (!take_system(call, "ComputerSystem", &guest, &node))
        return;
    if (node != NULL && !is_cluster(&ask) && strcmp(node->name, facts->node) != 0) {
        refuse(call, SITUATION_INVALID, "ComputerSystem is node %s: here only %s is known, ask in " CLUSTER_NAMESPACE,
               node->name, facts->node);
        return;
    }
    order = hvc_cim_method_order(call, guest != NULL ? of_guest : of_node);
    if (order == NULL)
        return;
    order->asks = true;
    if (guest != NULL)
        hvc_cim_order_text(order, "guest", guest->uuid);
    else
        hvc_cim_order_text(order, "node", node->name);
}

/* ---- a blob ---- */

static void get_info(struct hvc_cim_method_call *call)
{
    order_about(call, "guest.compatibility", "host.compatibility");
}

static unsigned digit(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

/* Hexadecimal digits as bytes, each in decimal. */
static void take_info(struct hvc_cim_method_call *call, const struct hvc_cim_order_answer *answers, uint32_t count)
{
    const char *text = answers->data == NULL ? "" : hvc_record_text(answers->data, "info", "");
    uint32_t length = (uint32_t)(strlen(text) / 2);
    uint64_t *bytes = hvc_cim_alloc(call->arena, length + 1u, sizeof(*bytes));

    take_answers(call, answers, count);
    if (refused(call) || bytes == NULL)
        return;
    if (length == 0 || text[strspn(text, "0123456789abcdef")] != '\0') {
        refuse(call, SITUATION_FAILED, "hvclusterd gave no compatibility information");
        return;
    }
    for (uint32_t i = 0; i < length; i++)
        bytes[i] = (uint64_t)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
    hvc_cim_method_out(call, "CompatibilityInfo", hvc_cim_numbers(call->arena, HVC_CIM_UINT8, bytes, length));
}

static void check_info(struct hvc_cim_method_call *call)
{
    static const char digits[] = "0123456789abcdef";
    const struct hvc_cim_facts *facts = call->facts;
    const struct hvc_cim_value *info = given(call, "CompatibilityInfo");
    char *text = info == NULL ? NULL : hvc_cim_alloc(call->arena, (size_t)info->count * 2 + 1, 1);
    struct hvc_cim_order *order;

    if (info == NULL || info->count == 0) {
        refuse(call, SITUATION_INVALID,
               "CompatibilityInfo is NULL or empty: it has to be what "
               "GetSystemCompatibilityInfo gave");
        return;
    }
    for (uint32_t i = 0; text != NULL && i < info->count; i++) {
        unsigned byte = 0;

        for (const char *p = info->text[i]; *p != '\0'; p++)
            byte = byte * 10 + (unsigned)(*p - '0'); /* a uint8 in decimal: it was checked when it came in */
        text[(size_t)i * 2] = digits[byte >> 4 & 15];
        text[(size_t)i * 2 + 1] = digits[byte & 15];
    }
    order = hvc_cim_method_order(call, "host.check-compatibility");
    if (order == NULL)
        return;
    order->asks = true;
    hvc_cim_order_text(order, "node", facts->node);
    hvc_cim_order_text(order, "info", text);
}

static void take_reasons(struct hvc_cim_method_call *call, const struct hvc_cim_order_answer *answers, uint32_t count)
{
    size_t reasons = answers->data == NULL ? 0 : hvc_record_list_count(answers->data, "reasons");
    const char **texts = hvc_cim_alloc(call->arena, reasons + 1, sizeof(*texts));
    uint32_t told = 0;

    take_answers(call, answers, count);
    if (refused(call) || texts == NULL)
        return;
    for (size_t i = 0; i < reasons; i++) {
        const struct hvc_record *reason = hvc_record_list_at(answers->data, "reasons", i);
        const char *severity = hvc_record_text(reason, "severity", "error");
        const char *code = hvc_record_text(reason, "code", "");
        const struct error_words words = {.id = hvc_cim_copy(call->arena, code, strlen(code)),
                                          .message =
                                              hvc_cim_format(call->arena, "%s: %s", hvc_record_text(reason, "name", ""),
                                                             hvc_record_text(reason, "text", "")),
                                          .cause = hvc_cim_copy(call->arena, severity, strlen(severity)),
                                          .source = hvc_cim_copy(call->arena, hvc_record_text(reason, "guest", ""),
                                                                 strlen(hvc_record_text(reason, "guest", ""))),
                                          .high = strcmp(severity, "error") == 0};

        texts[told] = error_instance_text(call, &words);
        told += texts[told] != NULL;
    }
    if (told > 0)
        hvc_cim_method_out(call, "Reasons", hvc_cim_texts(call->arena, texts, told));
    if (!hvc_record_bool(answers->data, "compatible", false)) {
        call->value = NOT_COMPATIBLE;
        call->words = hvc_cim_copy(call->arena, answers->words, strlen(answers->words));
    }
}

/* ---- vectors ---- */

static void get_vectors(struct hvc_cim_method_call *call)
{
    order_about(call, "guest.vectors", "host.vectors");
}

static const char *vector_text(const struct hvc_cim_method_call *call, const struct hvc_record *vector)
{
    struct hvc_cim_ask ask;
    struct hvc_cim_instance *instance = new_instance(call, "Msvm_CompatibilityVector", &ask);

    if (instance == NULL)
        return NULL;
    put_number(&ask, instance, "VectorId", hvc_record_u64(vector, "id", 0));
    put_number(&ask, instance, "CompareOperation", hvc_record_u64(vector, "operation", 0));
    put_number(&ask, instance, "CompatibilityInfo", hvc_record_u64(vector, "info", 0));
    return ask.failed ? NULL : instance_text(call->arena, instance);
}

static void take_vectors(struct hvc_cim_method_call *call, const struct hvc_cim_order_answer *answers, uint32_t count)
{
    size_t vectors = answers->data == NULL ? 0 : hvc_record_list_count(answers->data, "vectors");
    const char **texts = hvc_cim_alloc(call->arena, vectors + 1, sizeof(*texts));
    uint32_t told = 0;

    take_answers(call, answers, count);
    for (size_t i = 0; !refused(call) && texts != NULL && i < vectors; i++) {
        texts[told] = vector_text(call, hvc_record_list_at(answers->data, "vectors", i));
        told += texts[told] != NULL;
    }
    if (refused(call))
        return;
    if (told == 0)
        refuse(call, SITUATION_FAILED, "hvclusterd gave no vectors");
    else
        hvc_cim_method_out(call, "CompatibilityVectors", hvc_cim_texts(call->arena, texts, told));
}

#define SYSTEM_NEEDS HVC_FACTS_STATUS | HVC_FACTS_NODES | HVC_FACTS_GUESTS

static const struct hvc_cim_method info_method = {
    .needs = SYSTEM_NEEDS, .codes = CODES_MS, .perform = get_info, .complete = take_info};
static const struct hvc_cim_method check_method = {
    .needs = HVC_FACTS_STATUS, .codes = CODES_MS, .perform = check_info, .complete = take_reasons};
static const struct hvc_cim_method vectors_method = {
    .needs = SYSTEM_NEEDS, .codes = CODES_MS, .perform = get_vectors, .complete = take_vectors};

void hvc_method_migration_service_GetSystemCompatibilityInfo(struct hvc_cim_method_call *call)
{
    call->is = &info_method;
}

void hvc_method_migration_service_CheckSystemCompatibilityInfo(struct hvc_cim_method_call *call)
{
    call->is = &check_method;
}

void hvc_method_migration_service_GetSystemCompatibilityVectors(struct hvc_cim_method_call *call)
{
    call->is = &vectors_method;
}
