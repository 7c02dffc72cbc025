/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding things in the tables. */
#include "hvc/schema.h"

const char *hvc_cim_type_name(unsigned type)
{
    static const char *const names[HVC_CIM_TYPE_COUNT] = {
        "boolean", "uint8",  "sint8",  "uint16", "sint16", "uint32",   "sint32",    "uint64",
        "sint64",  "real32", "real64", "char16", "string", "datetime", "reference",
    };

    return type < HVC_CIM_TYPE_COUNT ? names[type] : "invalid";
}

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

int hvc_schema_compare(const char *a, const char *b)
{
    if (a == b) /* names of one table */
        return 0;
    while (*a != '\0' && (*a == *b || lower(*a) == lower(*b))) {
        a++;
        b++;
    }
    return lower(*a) - lower(*b);
}

const struct hvc_schema_class *hvc_schema_class_find(const struct hvc_schema_namespace *space, const char *name)
{
    size_t low = 0;
    size_t high = space->class_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = hvc_schema_compare(name, space->classes[middle]->name);

        if (order == 0)
            return space->classes[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* Names are looked for in lists at every value of every instance. Most differ in their first letter, of which the case
 * is one bit. */
static bool is_same(const char *a, const char *b)
{
    return ((*a ^ *b) & ~('a' ^ 'A')) == 0 && hvc_schema_compare(a, b) == 0;
}

static const struct hvc_schema_element *find_element(const struct hvc_schema_element *list, size_t count,
                                                     const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (is_same(list[i].name, name))
            return &list[i];
    return NULL;
}

const struct hvc_schema_element *hvc_schema_property_find(const struct hvc_schema_class *cls, const char *name)
{
    return find_element(cls->properties, cls->property_count, name);
}

const struct hvc_schema_method *hvc_schema_method_find(const struct hvc_schema_class *cls, const char *name)
{
    for (size_t i = 0; i < cls->method_count; i++)
        if (is_same(cls->methods[i].name, name))
            return &cls->methods[i];
    return NULL;
}

const struct hvc_schema_element *hvc_schema_parameter_find(const struct hvc_schema_method *method, const char *name)
{
    return find_element(method->parameters, method->parameter_count, name);
}

const struct hvc_schema_qualifier *hvc_schema_qualifier_find(const struct hvc_schema_qualifier *list, uint16_t count,
                                                             const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (is_same(list[i].name, name))
            return &list[i];
    return NULL;
}

const struct hvc_schema_qualifier_type *hvc_schema_qualifier_type_find(const struct hvc_schema_namespace *space,
                                                                       const char *name)
{
    for (size_t i = 0; i < space->qualifier_type_count; i++)
        if (is_same(space->qualifier_types[i].name, name))
            return &space->qualifier_types[i];
    return NULL;
}

bool hvc_schema_is_a(const struct hvc_schema_class *cls, const char *name)
{
    for (; cls != NULL; cls = cls->super)
        if (is_same(cls->name, name))
            return true;
    return false;
}
