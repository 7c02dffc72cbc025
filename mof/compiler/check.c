/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Classes: who their ancestors are, what they inherit and override, and what must not be. */
#include <string.h>

#include "check_value.h"

enum { UNTOUCHED, IN_WORK, DONE };

struct checker {
    struct mof_run *run;
    struct mof_tree *tree;
};

static void check_class(struct checker *c, struct mof_class *cls);

/* Names become names of C and of XML attributes: ASCII only, though MOF takes more. */
static void check_name(struct checker *c, struct mof_place place, const char *name)
{
    for (const char *at = name; *at != '\0'; at++)
        if ((unsigned char)*at >= 0x80) {
            mof_error(c->run, place, "the name %s has other than ASCII letters, digits and '_'", name);
            return;
        }
}

static bool inherits_from(const struct mof_class *cls, const struct mof_class *ancestor)
{
    for (; cls != NULL; cls = cls->super)
        if (cls == ancestor)
            return true;
    return false;
}

/* ---- properties and parameters ---- */

static const struct mof_class *want_class(struct checker *c, struct mof_place place, const char *name)
{
    const struct mof_class *found = mof_class_find(c->tree, name);

    if (found == NULL)
        mof_error(c->run, place, "there is no class %s", name);
    return found;
}

static void set_target(struct checker *c, struct mof_element *element)
{
    const char *embedded = mof_qualifier_text(&element->qualifiers, "EmbeddedInstance");
    const struct mof_class *found;

    if (embedded != NULL && element->type != HVC_CIM_STRING) {
        mof_error(c->run, element->place, "an embedded instance is a string, %s is not", element->name);
        return;
    }
    if (mof_qualifier_is(&element->qualifiers, "EmbeddedObject", false))
        element->flags |= HVC_SCHEMA_EMBEDDED_OBJECT;
    if (element->type != HVC_CIM_REFERENCE && embedded == NULL)
        return;
    found = want_class(c, element->place, embedded != NULL ? embedded : element->reference);
    element->target = found == NULL ? NULL : found->name;
}

static void check_value_map(struct checker *c, const struct mof_element *element)
{
    const struct mof_qualifier *map = mof_qualifier_find(&element->qualifiers, "ValueMap");
    const struct mof_qualifier *values = mof_qualifier_find(&element->qualifiers, "Values");

    if (map != NULL && values != NULL && map->text_count != values->text_count)
        mof_error(c->run, values->place, "%s has %zu entries in ValueMap and %zu in Values", element->name,
                  map->text_count, values->text_count);
}

static void check_element(struct checker *c, struct mof_element *element)
{
    check_name(c, element->place, element->name);
    if (element->array)
        element->flags |= HVC_SCHEMA_ARRAY;
    set_target(c, element);
    check_value_map(c, element);
    (void)mof_values_text(c->run, &element->initial, element->type, element->array, element->place, element->name,
                          &element->text, &element->text_count);
    if (element->text != NULL)
        element->flags |= HVC_SCHEMA_HAS_DEFAULT;
}

static bool key_type_allowed(const struct mof_element *property)
{
    return !property->array && property->type != HVC_CIM_REAL32 && property->type != HVC_CIM_REAL64 &&
           (property->target == NULL || property->type == HVC_CIM_REFERENCE);
}

static bool has_key(const struct mof_class *cls)
{
    for (size_t i = 0; cls != NULL && i < cls->property_count; i++)
        if ((cls->properties[i]->flags & HVC_SCHEMA_KEY) != 0)
            return true;
    return false;
}

static void check_key(struct checker *c, const struct mof_class *cls, struct mof_element *property,
                      const struct mof_element *overridden)
{
    if (!mof_qualifier_is(&property->qualifiers, "Key", false)) {
        if (overridden != NULL && (overridden->flags & HVC_SCHEMA_KEY) != 0)
            mof_error(c->run, property->place, "%s is a key in the ancestor and stays one", property->name);
        return;
    }
    property->flags |= HVC_SCHEMA_KEY;
    if (!key_type_allowed(property))
        mof_error(c->run, property->place, "%s cannot be a key: no array, real number or embedded instance can",
                  property->name);
    if (has_key(cls->super) && (overridden == NULL || (overridden->flags & HVC_SCHEMA_KEY) == 0))
        mof_error(c->run, property->place, "%s would be one more key: %s has its keys already", property->name,
                  cls->super->name);
}

static void check_override(struct checker *c, const struct mof_element *property, const struct mof_element *overridden)
{
    const char *override = mof_qualifier_text(&property->qualifiers, "Override");
    const struct mof_class *target;
    struct mof_class *own;

    if (override == NULL || hvc_schema_compare(override, property->name) != 0) {
        mof_error(c->run, property->place, "%s stands in %s already: it needs Override(\"%s\")", property->name,
                  overridden->origin, overridden->name);
        return;
    }
    if (property->type != overridden->type || property->array != overridden->array) {
        mof_error(c->run, property->place, "%s overrides a property of type %s%s", property->name,
                  hvc_cim_type_name(overridden->type), overridden->array ? "[]" : "");
        return;
    }
    target = overridden->target == NULL ? NULL : mof_class_find(c->tree, overridden->target);
    if (target == NULL || property->target == NULL)
        return;
    own = mof_class_find(c->tree, property->target);
    check_class(c, own); /* its ancestors are known only then */
    if (!inherits_from(own, target))
        mof_error(c->run, property->place, "%s overrides a reference to %s: %s does not come from it", property->name,
                  target->name, property->target);
}

static void check_property(struct checker *c, struct mof_class *cls, struct mof_element *property)
{
    const struct mof_element *overridden = cls->super == NULL ? NULL : mof_property_find(cls->super, property->name);
    bool reference = property->type == HVC_CIM_REFERENCE;

    mof_check_qualifiers(c->run, c->tree, &property->qualifiers, reference ? HVC_SCOPE_REFERENCE : HVC_SCOPE_PROPERTY,
                         overridden == NULL ? NULL : &overridden->qualifiers);
    check_element(c, property);
    property->flags |= HVC_SCHEMA_LOCAL;
    property->origin = overridden == NULL ? cls->name : overridden->origin;
    check_key(c, cls, property, overridden);
    if (mof_qualifier_is(&property->qualifiers, "Write", false))
        property->flags |= HVC_SCHEMA_WRITE;
    if (reference && (cls->flags & HVC_SCHEMA_ASSOCIATION) == 0)
        mof_error(c->run, property->place, "%s is a reference, and %s is no association", property->name, cls->name);
    if (reference && property->array)
        mof_error(c->run, property->place, "a property cannot be an array of references");
    if (overridden != NULL)
        check_override(c, property, overridden);
    else if (mof_qualifier_text(&property->qualifiers, "Override") != NULL)
        mof_error(c->run, property->place, "%s overrides nothing: no ancestor has it", property->name);
    if (overridden != NULL && property->text == NULL && !property->initial.given) {
        property->text = overridden->text;
        property->text_count = overridden->text_count;
        property->flags |= overridden->flags & HVC_SCHEMA_HAS_DEFAULT;
    }
}

/* ---- methods ---- */

static void check_parameter(struct checker *c, const struct mof_method *method, struct mof_element *parameter,
                            const struct mof_element *overridden)
{
    mof_check_qualifiers(c->run, c->tree, &parameter->qualifiers, HVC_SCOPE_PARAMETER,
                         overridden == NULL ? NULL : &overridden->qualifiers);
    check_element(c, parameter);
    if (mof_qualifier_is(&parameter->qualifiers, "In", true))
        parameter->flags |= HVC_SCHEMA_IN;
    if (mof_qualifier_is(&parameter->qualifiers, "Out", false))
        parameter->flags |= HVC_SCHEMA_OUT;
    if (mof_qualifier_is(&parameter->qualifiers, "Required", false))
        parameter->flags |= HVC_SCHEMA_REQUIRED;
    if ((parameter->flags & (HVC_SCHEMA_IN | HVC_SCHEMA_OUT)) == 0)
        mof_error(c->run, parameter->place, "the parameter %s of %s goes neither in nor out", parameter->name,
                  method->name);
    for (size_t i = 0; method->parameters[i] != parameter; i++)
        if (hvc_schema_compare(method->parameters[i]->name, parameter->name) == 0)
            mof_error(c->run, parameter->place, "%s has two parameters %s", method->name, parameter->name);
}

static void check_method_override(struct checker *c, const struct mof_method *method,
                                  const struct mof_method *overridden)
{
    const char *override = mof_qualifier_text(&method->qualifiers, "Override");

    if (override == NULL || hvc_schema_compare(override, method->name) != 0)
        mof_error(c->run, method->place, "%s stands in %s already: it needs Override(\"%s\")", method->name,
                  overridden->origin, overridden->name);
    if (method->type != overridden->type || method->parameter_count != overridden->parameter_count) {
        mof_error(c->run, method->place, "%s overrides a method with %zu parameters that returns %s", method->name,
                  overridden->parameter_count, hvc_cim_type_name(overridden->type));
        return;
    }
    for (size_t i = 0; i < method->parameter_count; i++) {
        const struct mof_element *own = method->parameters[i];
        const struct mof_element *old = overridden->parameters[i];

        if (hvc_schema_compare(own->name, old->name) != 0 || own->type != old->type || own->array != old->array)
            mof_error(c->run, own->place, "parameter %zu of the overridden method is %s %s%s", i + 1,
                      hvc_cim_type_name(old->type), old->name, old->array ? "[]" : "");
    }
}

/* "hvc_method_PROVIDER_Name": what the linker must find. */
static const char *function_name(struct checker *c, const char *provider, const char *name)
{
    size_t size = strlen(provider) + strlen(name) + sizeof("hvc_method__");
    char *text = mof_alloc(&c->run->arena, size, 1);

    (void)snprintf(text, size, "hvc_method_%s_%s", provider, name);
    return text;
}

static void check_method(struct checker *c, struct mof_class *cls, struct mof_method *method)
{
    const struct mof_method *overridden = cls->super == NULL ? NULL : mof_method_find(cls->super, method->name);

    check_name(c, method->place, method->name);
    mof_check_qualifiers(c->run, c->tree, &method->qualifiers, HVC_SCOPE_METHOD,
                         overridden == NULL ? NULL : &overridden->qualifiers);
    method->origin = overridden == NULL ? cls->name : overridden->origin;
    method->flags = HVC_SCHEMA_LOCAL;
    for (size_t i = 0; i < method->parameter_count; i++)
        check_parameter(c, method, method->parameters[i],
                        overridden != NULL && i < overridden->parameter_count ? overridden->parameters[i] : NULL);
    if (overridden != NULL)
        check_method_override(c, method, overridden);
    else if (mof_qualifier_text(&method->qualifiers, "Override") != NULL)
        mof_error(c->run, method->place, "%s overrides nothing: no ancestor has it", method->name);
    if (!mof_qualifier_is(&method->qualifiers, "Implemented", false))
        return;
    if (cls->provider == NULL)
        mof_error(c->run, method->place, "%s is Implemented, and %s has no Provider that could", method->name,
                  cls->name);
    else
        method->function = function_name(c, cls->provider, method->name);
}

/* ---- a class ---- */

static bool is_own_name(const char *name)
{
    static const char *const foreign[] = {"CIM_", "PRS_"};

    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        if (strncmp(name, foreign[i], strlen(foreign[i])) == 0)
            return false;
    return true;
}

/* Provider("hvcluster:NAME"), NAME being a part of names in C. Another one's provider is not asked. */
static void set_provider(struct checker *c, struct mof_class *cls)
{
    static const char prefix[] = "hvcluster:";
    const char *text = mof_qualifier_text(&cls->qualifiers, "Provider");
    const struct mof_qualifier *qualifier = mof_qualifier_find(&cls->qualifiers, "Provider");

    if (text == NULL)
        return;
    if (strncmp(text, prefix, sizeof(prefix) - 1) != 0 || text[sizeof(prefix) - 1] == '\0' ||
        strspn(text + sizeof(prefix) - 1, "abcdefghijklmnopqrstuvwxyz_0123456789") != strlen(text + sizeof(prefix) - 1))
        mof_error(c->run, qualifier->place, "a provider is \"%sNAME\" with NAME of a-z, 0-9 and '_'", prefix);
    else
        cls->provider = text + sizeof(prefix) - 1;
}

static void set_class_flags(struct checker *c, struct mof_class *cls)
{
    static const struct {
        const char *name;
        uint16_t flag;
    } rows[] = {{"Abstract", HVC_SCHEMA_ABSTRACT},
                {"Association", HVC_SCHEMA_ASSOCIATION},
                {"Indication", HVC_SCHEMA_INDICATION}};
    const uint16_t kinds = HVC_SCHEMA_ASSOCIATION | HVC_SCHEMA_INDICATION;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (mof_qualifier_is(&cls->qualifiers, rows[i].name, false))
            cls->flags |= rows[i].flag;
    if (cls->super != NULL && (cls->flags & kinds) != (cls->super->flags & kinds))
        mof_error(c->run, cls->place,
                  "%s and its superclass %s are not of one kind: association, indication or neither", cls->name,
                  cls->super->name);
}

static uint8_t class_scope(const struct mof_class *cls)
{
    if (mof_qualifier_find(&cls->qualifiers, "Association") != NULL ||
        (cls->super != NULL && (cls->super->flags & HVC_SCHEMA_ASSOCIATION) != 0))
        return HVC_SCOPE_ASSOCIATION;
    if (mof_qualifier_find(&cls->qualifiers, "Indication") != NULL ||
        (cls->super != NULL && (cls->super->flags & HVC_SCHEMA_INDICATION) != 0))
        return HVC_SCOPE_INDICATION;
    return HVC_SCOPE_CLASS;
}

static void check_twice(struct checker *c, const struct mof_class *cls)
{
    for (size_t i = 0; i < cls->property_count; i++) {
        if (mof_property_find(cls, cls->properties[i]->name) != cls->properties[i])
            mof_error(c->run, cls->properties[i]->place, "%s has two properties %s", cls->name,
                      cls->properties[i]->name);
        if (mof_method_find(cls, cls->properties[i]->name) != NULL)
            mof_error(c->run, cls->properties[i]->place, "%s has a property and a method %s", cls->name,
                      cls->properties[i]->name);
    }
    for (size_t i = 0; i < cls->method_count; i++)
        if (mof_method_find(cls, cls->methods[i]->name) != cls->methods[i])
            mof_error(c->run, cls->methods[i]->place, "%s has two methods %s", cls->name, cls->methods[i]->name);
}

static struct mof_qualifiers propagated(struct checker *c, const struct mof_qualifiers *from)
{
    struct mof_qualifiers copy = {0};

    mof_check_qualifiers(c->run, c->tree, &copy, HVC_SCOPE_ANY, from);
    return copy;
}

/* The ancestors' first, each at its place; what is overridden is replaced there. */
static void add_inherited_properties(struct checker *c, struct mof_class *cls)
{
    struct mof_element **all = NULL;
    size_t count = 0;

    for (size_t i = 0; i < cls->super->property_count; i++) {
        struct mof_element *property = mof_property_find(cls, cls->super->properties[i]->name);

        if (property == NULL) {
            property = mof_alloc(&c->run->arena, 1, sizeof(*property));
            *property = *cls->super->properties[i];
            property->flags &= (uint16_t)~HVC_SCHEMA_LOCAL;
            property->qualifiers = propagated(c, &cls->super->properties[i]->qualifiers);
        }
        all = mof_list_add(&c->run->arena, all, &count, property);
    }
    for (size_t i = 0; i < cls->property_count; i++)
        if (mof_property_find(cls->super, cls->properties[i]->name) == NULL)
            all = mof_list_add(&c->run->arena, all, &count, cls->properties[i]);
    cls->properties = all;
    cls->property_count = count;
}

static void add_inherited_methods(struct checker *c, struct mof_class *cls)
{
    struct mof_method **all = NULL;
    size_t count = 0;

    for (size_t i = 0; i < cls->super->method_count; i++) {
        struct mof_method *method = mof_method_find(cls, cls->super->methods[i]->name);

        if (method == NULL) {
            method = mof_alloc(&c->run->arena, 1, sizeof(*method));
            *method = *cls->super->methods[i];
            method->flags = 0;
            method->function = NULL; /* of another provider */
            method->qualifiers = propagated(c, &cls->super->methods[i]->qualifiers);
        }
        all = mof_list_add(&c->run->arena, all, &count, method);
    }
    for (size_t i = 0; i < cls->method_count; i++)
        if (mof_method_find(cls->super, cls->methods[i]->name) == NULL)
            all = mof_list_add(&c->run->arena, all, &count, cls->methods[i]);
    cls->methods = all;
    cls->method_count = count;
}

static void check_shape(struct checker *c, const struct mof_class *cls)
{
    size_t references = 0;

    for (size_t i = 0; i < cls->property_count; i++)
        references += cls->properties[i]->type == HVC_CIM_REFERENCE ? 1 : 0;
    if ((cls->flags & HVC_SCHEMA_ASSOCIATION) != 0 && references < 2 && (cls->flags & HVC_SCHEMA_ABSTRACT) == 0)
        mof_error(c->run, cls->place, "the association %s has fewer than two references", cls->name);
    if (cls->provider != NULL && (cls->flags & HVC_SCHEMA_ABSTRACT) != 0)
        mof_error(c->run, cls->place, "%s is abstract and has a provider of instances", cls->name);
    if (cls->provider != NULL && !has_key(cls) && (cls->flags & HVC_SCHEMA_INDICATION) == 0)
        mof_error(c->run, cls->place, "%s has a provider and no key by which an instance could be named", cls->name);
    if (cls->provider == NULL && is_own_name(cls->name) && has_key(cls) &&
        (cls->flags & (HVC_SCHEMA_ABSTRACT | HVC_SCHEMA_INDICATION)) == 0)
        mof_error(c->run, cls->place, "%s can have instances, and no Provider says who gives them", cls->name);
}

static void find_super(struct checker *c, struct mof_class *cls)
{
    if (cls->super_name == NULL)
        return;
    cls->super = mof_class_find(c->tree, cls->super_name);
    if (cls->super == NULL)
        mof_error(c->run, cls->place, "there is no class %s, which %s names as its superclass", cls->super_name,
                  cls->name);
    else
        check_class(c, cls->super);
    if (cls->super != NULL && cls->super->state == IN_WORK) {
        mof_error(c->run, cls->place, "%s is its own ancestor", cls->name);
        cls->super = NULL;
    }
}

static void check_class(struct checker *c, struct mof_class *cls)
{
    uint8_t scope;

    if (cls->state != UNTOUCHED)
        return;
    cls->state = IN_WORK;
    find_super(c, cls);
    check_name(c, cls->place, cls->name);
    if (strchr(cls->name, '_') == NULL)
        mof_error(c->run, cls->place, "the name of a class is SCHEMA_NAME, %s is not", cls->name);
    scope = class_scope(cls);
    mof_check_qualifiers(c->run, c->tree, &cls->qualifiers, scope, cls->super == NULL ? NULL : &cls->super->qualifiers);
    set_class_flags(c, cls);
    set_provider(c, cls);
    check_twice(c, cls);
    for (size_t i = 0; i < cls->property_count; i++)
        check_property(c, cls, cls->properties[i]);
    for (size_t i = 0; i < cls->method_count; i++)
        check_method(c, cls, cls->methods[i]);
    if (cls->super != NULL) {
        add_inherited_properties(c, cls);
        add_inherited_methods(c, cls);
    }
    check_shape(c, cls);
    cls->state = DONE;
}

void mof_check(struct mof_run *run, struct mof_tree *tree)
{
    struct checker c = {run, tree};

    mof_check_qualifier_types(run, tree);
    for (size_t i = 0; i < tree->class_count; i++)
        check_class(&c, tree->classes[i]);
}
