/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "check_value.h"

/* ---- values ---- */

struct range {
    bool is_signed;
    unsigned bits;
};

static bool range_of(uint8_t type, struct range *ret)
{
    static const struct range ranges[HVC_CIM_TYPE_COUNT] = {
        [HVC_CIM_UINT8] = {false, 8},   [HVC_CIM_SINT8] = {true, 8},    [HVC_CIM_UINT16] = {false, 16},
        [HVC_CIM_SINT16] = {true, 16},  [HVC_CIM_UINT32] = {false, 32}, [HVC_CIM_SINT32] = {true, 32},
        [HVC_CIM_UINT64] = {false, 64}, [HVC_CIM_SINT64] = {true, 64},
    };

    *ret = type < HVC_CIM_TYPE_COUNT ? ranges[type] : (struct range){0};
    return ret->bits != 0;
}

static bool integer_fits(const struct mof_value *value, const struct range *range)
{
    uint64_t most = range->bits == 64 ? UINT64_MAX : (UINT64_C(1) << range->bits) - 1;

    if (!range->is_signed)
        return value->number <= most && (!value->negative || value->number == 0);
    return value->number <= most / 2 + (value->negative ? 1 : 0);
}

static const char *print_integer(struct mof_run *run, const struct mof_value *value)
{
    char text[32];
    int length =
        snprintf(text, sizeof(text), "%s%" PRIu64, value->negative && value->number != 0 ? "-" : "", value->number);

    return mof_copy_text(&run->arena, text, (size_t)length);
}

static bool is_digits(const char *text, size_t from, size_t to, bool stars)
{
    for (size_t i = from; i < to; i++)
        if ((text[i] < '0' || text[i] > '9') && !(stars && text[i] == '*'))
            return false;
    return true;
}

/* yyyymmddhhmmss.mmmmmmsutc or ddddddddhhmmss.mmmmmm:000 (DSP0004 2.2.1). */
static bool is_datetime(const char *text)
{
    return strlen(text) == 25 && is_digits(text, 0, 14, true) && text[14] == '.' && is_digits(text, 15, 21, true) &&
           (text[21] == '+' || text[21] == '-' || text[21] == ':') && is_digits(text, 22, 25, false);
}

/* NULL: not of that type. */
static const char *value_text(struct mof_run *run, const struct mof_value *value, uint8_t type)
{
    struct range range;

    if (range_of(type, &range))
        return value->kind == MOF_VALUE_INTEGER && integer_fits(value, &range) ? print_integer(run, value) : NULL;
    switch (type) {
    case HVC_CIM_BOOLEAN:
        return value->kind != MOF_VALUE_BOOLEAN ? NULL : value->number != 0 ? "TRUE" : "FALSE";
    case HVC_CIM_STRING:
        return value->kind == MOF_VALUE_STRING ? value->text : NULL;
    case HVC_CIM_DATETIME:
        return value->kind == MOF_VALUE_STRING && is_datetime(value->text) ? value->text : NULL;
    case HVC_CIM_REAL32:
    case HVC_CIM_REAL64:
        if (value->kind == MOF_VALUE_INTEGER)
            return print_integer(run, value);
        return value->kind == MOF_VALUE_REAL ? value->text : NULL;
    case HVC_CIM_CHAR16: {
        char one[2] = {(char)value->number, '\0'};

        /* more than ASCII has no use here and would need an encoding of its own */
        return value->kind == MOF_VALUE_CHAR && value->number < 0x80 ? mof_copy_text(&run->arena, one, 1) : NULL;
    }
    default:
        return NULL; /* a reference: only NULL */
    }
}

bool mof_values_text(struct mof_run *run, const struct mof_values *values, uint8_t type, bool array,
                     struct mof_place place, const char *what, const char ***ret_text, size_t *ret_count)
{
    *ret_text = NULL;
    *ret_count = 0;
    if (!values->given || (!values->array && values->count == 1 && values->list[0]->kind == MOF_VALUE_NULL))
        return true;
    if (values->array != array) {
        mof_error(run, place, "%s %s an array, its value %s one", what, array ? "is" : "is not",
                  array ? "is not" : "is");
        return false;
    }
    for (size_t i = 0; i < values->count; i++) {
        const char *text = value_text(run, values->list[i], type);

        if (text == NULL) {
            mof_error(run, values->list[i]->place, "this is no %s, which %s is", hvc_cim_type_name(type), what);
            return false;
        }
        *ret_text = mof_list_add(&run->arena, (void *)*ret_text, ret_count, (void *)(uintptr_t)text);
    }
    if (values->count == 0) /* an empty array is a value */
        *ret_text = mof_alloc(&run->arena, 1, sizeof(**ret_text));
    return true;
}

/* ---- qualifiers ---- */

void mof_check_qualifier_types(struct mof_run *run, struct mof_tree *tree)
{
    for (size_t i = 0; i < tree->qualifier_type_count; i++) {
        struct mof_qualifier_type *type = tree->qualifier_types[i];

        (void)mof_values_text(run, &type->initial, type->type, type->array, type->place, type->name, &type->text,
                              &type->text_count);
    }
}

static const char *scope_name(uint8_t scope)
{
    switch (scope) {
    case HVC_SCOPE_CLASS:
        return "a class";
    case HVC_SCOPE_ASSOCIATION:
        return "an association";
    case HVC_SCOPE_INDICATION:
        return "an indication";
    case HVC_SCOPE_PROPERTY:
        return "a property";
    case HVC_SCOPE_REFERENCE:
        return "a reference";
    case HVC_SCOPE_METHOD:
        return "a method";
    default:
        return "a parameter";
    }
}

/* "Name" alone: true for a boolean (DSP0004 5.6.1.1), else the declared default. */
static bool short_value(struct mof_run *run, struct mof_qualifier *qualifier)
{
    if (qualifier->type->type == HVC_CIM_BOOLEAN && !qualifier->type->array) {
        qualifier->text = mof_list_add(&run->arena, NULL, &qualifier->text_count, (void *)(uintptr_t) "TRUE");
        return true;
    }
    if (qualifier->type->text == NULL) {
        mof_error(run, qualifier->place, "the qualifier %s needs a value", qualifier->name);
        return false;
    }
    qualifier->text = qualifier->type->text;
    qualifier->text_count = qualifier->type->text_count;
    return true;
}

static void resolve(struct mof_run *run, const struct mof_tree *tree, struct mof_qualifier *qualifier, uint8_t scope)
{
    struct mof_qualifier_type *type = mof_qualifier_type_find(tree, qualifier->name);

    qualifier->type = type;
    if (type == NULL) {
        mof_error(run, qualifier->place, "the qualifier %s is not declared", qualifier->name);
        return;
    }
    qualifier->name = type->name;
    if ((type->scope & scope) == 0)
        mof_error(run, qualifier->place, "the qualifier %s may not stand at %s", type->name, scope_name(scope));
    if (qualifier->overridable)
        qualifier->flavor |= type->flavor & (uint8_t)~HVC_SCHEMA_DISABLE_OVERRIDE;
    else
        qualifier->flavor |= type->flavor;
    if (qualifier->values.given)
        (void)mof_values_text(run, &qualifier->values, type->type, type->array, qualifier->place, type->name,
                              &qualifier->text, &qualifier->text_count);
    else
        (void)short_value(run, qualifier);
}

static bool same_text(const struct mof_qualifier *a, const struct mof_qualifier *b)
{
    if (a->text_count != b->text_count)
        return false;
    for (size_t i = 0; i < a->text_count; i++)
        if (strcmp(a->text[i], b->text[i]) != 0)
            return false;
    return true;
}

static void inherit(struct mof_run *run, struct mof_qualifiers *qualifiers, const struct mof_qualifier *from)
{
    struct mof_qualifier *own = mof_qualifier_find(qualifiers, from->name);

    if (from->type == NULL || (from->flavor & HVC_SCHEMA_RESTRICTED) != 0)
        return;
    if (own == NULL) {
        own = mof_alloc(&run->arena, 1, sizeof(*own));
        *own = *from;
        own->propagated = true;
        qualifiers->list = mof_list_add(&run->arena, qualifiers->list, &qualifiers->count, own);
    } else if ((from->flavor & HVC_SCHEMA_DISABLE_OVERRIDE) != 0 && !same_text(own, from)) {
        mof_error(run, own->place, "the qualifier %s may not get another value than it has in the ancestor (%s:%u)",
                  own->name, from->place.file, from->place.line);
    }
}

void mof_check_qualifiers(struct mof_run *run, const struct mof_tree *tree, struct mof_qualifiers *qualifiers,
                          uint8_t scope, const struct mof_qualifiers *inherited)
{
    for (size_t i = 0; i < qualifiers->count; i++)
        resolve(run, tree, qualifiers->list[i], scope);
    for (size_t i = 0; inherited != NULL && i < inherited->count; i++)
        inherit(run, qualifiers, inherited->list[i]);
}

bool mof_qualifier_is(const struct mof_qualifiers *qualifiers, const char *name, bool otherwise)
{
    const char *text = mof_qualifier_text(qualifiers, name);

    return text == NULL ? otherwise : strcmp(text, "TRUE") == 0;
}

const char *mof_qualifier_text(const struct mof_qualifiers *qualifiers, const char *name)
{
    const struct mof_qualifier *qualifier = mof_qualifier_find(qualifiers, name);

    return qualifier == NULL || qualifier->text_count == 0 ? NULL : qualifier->text[0];
}
