/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as a query: refused with words, or it has a class and says of any text whether it is like a pattern. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "query.h"
#include "query_lexer.h"

static const struct hvc_schema_element properties[] = {
    {"Name", "Msvm_Sample", NULL, HVC_CIM_STRING, HVC_SCHEMA_KEY, 0, {NULL, 0}, NULL, 0},
    {"Number", "Msvm_Sample", NULL, HVC_CIM_SINT64, 0, 0, {NULL, 0}, NULL, 0},
    {"Words", "Msvm_Sample", NULL, HVC_CIM_STRING, HVC_SCHEMA_ARRAY, 0, {NULL, 0}, NULL, 0},
};
static const struct hvc_schema_class sample = {.name = "Msvm_Sample", .properties = properties, .property_count = 3};
static const struct hvc_schema_class *const classes[] = {&sample};
static const struct hvc_schema_namespace space = {.name = "root/sample", .classes = classes, .class_count = 1};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hvc_cim_arena *arena = hvc_cim_arena_new(1 << 22);
    const char *text = arena == NULL ? NULL : hvc_cim_copy(arena, (const char *)data, size);
    struct hvc_cim_instance *instance = text == NULL ? NULL : hvc_cim_instance_new(arena, &sample);
    struct hvc_error error = {0};
    struct hvc_query query;
    int rc;

    if (instance == NULL) {
        hvc_cim_arena_free(arena);
        return 0;
    }
    (void)hvc_cim_set(instance, "Name", hvc_cim_text(arena, "a sample"));
    (void)hvc_cim_set(instance, "Number", hvc_cim_number(arena, HVC_CIM_SINT64, 5));
    rc = hvc_query_parse(arena, text, &query, &error);
    if ((rc < 0) != (error.text[0] != '\0') || (rc == 0 && query.class_name == NULL))
        abort();
    if (rc == 0 && hvc_query_check(&query, &space, &sample, &error) == 0)
        (void)hvc_query_fits(&query, instance);
    if (strlen(text) < 512)
        (void)hvc_query_like("a sample", text);
    hvc_cim_arena_free(arena);
    return 0;
}
