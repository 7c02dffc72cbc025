/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sample.h"

static const char *const yes[] = {"TRUE"};
static const char *const five[] = {"5"};
static const char *const what[] = {"What it \"is\" & does"};
static const char *const maps[] = {"1", "2.."};
static const struct hvc_schema_qualifier key[] = {
    {"Key", HVC_CIM_BOOLEAN, false, HVC_SCHEMA_DISABLE_OVERRIDE, false, {yes, 1}}};
static const struct hvc_schema_qualifier described[] = {
    {"Description", HVC_CIM_STRING, false, HVC_SCHEMA_TRANSLATABLE, true, {what, 1}},
    {"ValueMap", HVC_CIM_STRING, true, 0, false, {maps, 2}},
    {"MaxLen", HVC_CIM_UINT32, false, HVC_SCHEMA_RESTRICTED, false, {NULL, 0}},
};
static const struct hvc_schema_element properties[] = {
    {"Name", "CIM_Base", NULL, HVC_CIM_STRING, HVC_SCHEMA_KEY, 0, {NULL, 0}, key, 1},
    {"Number", "CIM_Base", NULL, HVC_CIM_UINT16, HVC_SCHEMA_KEY, 0, {NULL, 0}, key, 1},
    {"State", "CIM_Base", NULL, HVC_CIM_UINT16, HVC_SCHEMA_LOCAL | HVC_SCHEMA_HAS_DEFAULT, 0, {five, 1}, described, 3},
    {"Words", "Msvm_Sample", NULL, HVC_CIM_STRING, HVC_SCHEMA_LOCAL | HVC_SCHEMA_ARRAY, 0, {NULL, 0}, NULL, 0},
    {"Friend", "Msvm_Sample", "CIM_Base", HVC_CIM_REFERENCE, HVC_SCHEMA_LOCAL, 0, {NULL, 0}, NULL, 0},
    {"Inside", "Msvm_Sample", "CIM_Base", HVC_CIM_STRING, HVC_SCHEMA_LOCAL, 0, {NULL, 0}, NULL, 0},
    {"Since", "Msvm_Sample", NULL, HVC_CIM_DATETIME, HVC_SCHEMA_LOCAL, 0, {NULL, 0}, NULL, 0},
};
static const struct hvc_schema_element parameters[] = {
    {"Where", NULL, NULL, HVC_CIM_STRING, HVC_SCHEMA_IN, 0, {NULL, 0}, NULL, 0},
    {"List", NULL, NULL, HVC_CIM_UINT8, HVC_SCHEMA_IN | HVC_SCHEMA_ARRAY, 0, {NULL, 0}, NULL, 0},
    {"Who", NULL, "CIM_Base", HVC_CIM_REFERENCE, HVC_SCHEMA_IN, 0, {NULL, 0}, NULL, 0},
    {"Many", NULL, "CIM_Base", HVC_CIM_REFERENCE, HVC_SCHEMA_IN | HVC_SCHEMA_ARRAY, 0, {NULL, 0}, NULL, 0},
};
static const struct hvc_schema_method methods[] = {
    {"Go", "Msvm_Sample", HVC_CIM_UINT32, HVC_SCHEMA_LOCAL, parameters, 4, described, 1, NULL},
    {"Old", "CIM_Base", HVC_CIM_UINT32, 0, NULL, 0, NULL, 0, NULL},
};

const struct hvc_schema_class sample_base = {
    .name = "CIM_Base", .flags = HVC_SCHEMA_ABSTRACT, .properties = properties, .property_count = 3};
const struct hvc_schema_class sample_class = {.name = "Msvm_Sample",
                                              .super = &sample_base,
                                              .properties = properties,
                                              .property_count = 7,
                                              .methods = methods,
                                              .method_count = 2,
                                              .qualifiers = described,
                                              .qualifier_count = 1};

static const struct hvc_schema_class *const classes[] = {&sample_base, &sample_class};
const struct hvc_schema_namespace sample_space = {.name = "root/sample", .classes = classes, .class_count = 2};
