/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The grammar of MOF (DSP0004, annex A), by recursive descent. After an error: on at the next declaration. */
#include <string.h>

#include "lexer.h"
#include "tree.h"

enum { INCLUDE_DEPTH_MAX = 16 };

struct parser {
    struct mof_run *run;
    struct mof_tree *tree;
    struct mof_lexer lexer;
    struct mof_token token;
    unsigned depth;
};

static void parse_file(struct mof_run *run, struct mof_tree *tree, const char *path, struct mof_place from,
                       unsigned depth);

static void advance(struct parser *p)
{
    p->token = mof_lexer_next(&p->lexer);
}

static bool is_sign(const struct parser *p, char sign)
{
    return p->token.kind == MOF_PUNCTUATION && p->token.sign == sign;
}

static bool is_word(const struct parser *p, const char *word)
{
    return p->token.kind == MOF_NAME && hvc_schema_compare(p->token.text, word) == 0;
}

static bool accept_sign(struct parser *p, char sign)
{
    if (!is_sign(p, sign))
        return false;
    advance(p);
    return true;
}

static bool expected(struct parser *p, const char *what)
{
    if (p->token.kind == MOF_END)
        mof_error(p->run, p->token.place, "%s is missing at the end of the file", what);
    else if (p->token.kind == MOF_PUNCTUATION)
        mof_error(p->run, p->token.place, "%s is expected here, not '%c'", what, p->token.sign);
    else if (p->token.kind != MOF_BROKEN)
        mof_error(p->run, p->token.place, "%s is expected here%s%s%s", what, p->token.text == NULL ? "" : ", not '",
                  p->token.text == NULL ? "" : p->token.text, p->token.text == NULL ? "" : "'");
    return false;
}

static bool want_sign(struct parser *p, char sign)
{
    char what[] = "'x'";

    what[1] = sign;
    return accept_sign(p, sign) || expected(p, what);
}

static bool want_name(struct parser *p, const char *what, const char **ret_name)
{
    if (p->token.kind != MOF_NAME)
        return expected(p, what);
    *ret_name = p->token.text;
    advance(p);
    return true;
}

/* ---- types and values ---- */

/* The type of that name; false when it is none: a class name then. */
static bool type_named(const char *name, uint8_t *ret_type)
{
    for (unsigned type = 0; type < HVC_CIM_REFERENCE; type++)
        if (hvc_schema_compare(hvc_cim_type_name(type), name) == 0) {
            *ret_type = (uint8_t)type;
            return true;
        }
    return false;
}

/* dataType or objectRef ("CLASS REF"). */
static bool read_type(struct parser *p, uint8_t *ret_type, const char **ret_reference)
{
    const char *name;

    if (!want_name(p, "a data type or a class", &name))
        return false;
    if (is_word(p, "ref")) {
        advance(p);
        *ret_type = HVC_CIM_REFERENCE;
        *ret_reference = name;
        return true;
    }
    if (type_named(name, ret_type))
        return true;
    mof_error(p->run, p->token.place, "'%s' is no data type of CIM, and 'REF' does not follow it", name);
    return false;
}

/* String literals one behind the other are one. */
static const char *read_text(struct parser *p)
{
    const char *text = p->token.text;
    size_t length = p->token.length;

    advance(p);
    while (p->token.kind == MOF_STRING) {
        char *joined = mof_alloc(&p->run->arena, length + p->token.length + 1, 1);

        memcpy(joined, text, length);
        memcpy(joined + length, p->token.text, p->token.length);
        text = joined;
        length += p->token.length;
        advance(p);
    }
    return text;
}

static bool read_word_value(struct parser *p, struct mof_value *value)
{
    if (is_word(p, "null"))
        value->kind = MOF_VALUE_NULL;
    else if (is_word(p, "true") || is_word(p, "false")) {
        value->kind = MOF_VALUE_BOOLEAN;
        value->number = is_word(p, "true") ? 1 : 0;
    } else
        return expected(p, "a value");
    advance(p);
    return true;
}

static bool read_value(struct parser *p, struct mof_values *values)
{
    struct mof_value *value = mof_alloc(&p->run->arena, 1, sizeof(*value));

    value->place = p->token.place;
    value->text = p->token.text;
    value->number = p->token.number;
    value->negative = p->token.negative;
    switch (p->token.kind) {
    case MOF_STRING:
        value->kind = MOF_VALUE_STRING;
        value->text = read_text(p);
        break;
    case MOF_INTEGER:
        value->kind = MOF_VALUE_INTEGER;
        advance(p);
        break;
    case MOF_REAL:
        value->kind = MOF_VALUE_REAL;
        advance(p);
        break;
    case MOF_CHAR:
        value->kind = MOF_VALUE_CHAR;
        advance(p);
        break;
    case MOF_END:
    case MOF_NAME:
    case MOF_ALIAS:
    case MOF_PUNCTUATION:
    case MOF_PRAGMA:
    case MOF_BROKEN:
        if (!read_word_value(p, value))
            return false;
    }
    values->list = mof_list_add(&p->run->arena, values->list, &values->count, value);
    return true;
}

/* Behind "{": constants up to "}". */
static bool read_array(struct parser *p, struct mof_values *values)
{
    values->given = values->array = true;
    if (accept_sign(p, '}'))
        return true;
    do {
        if (!read_value(p, values))
            return false;
    } while (accept_sign(p, ','));
    return want_sign(p, '}');
}

static bool read_initial(struct parser *p, struct mof_values *values)
{
    if (accept_sign(p, '{'))
        return read_array(p, values);
    values->given = true;
    return read_value(p, values);
}

/* "[" and "]" behind a name. */
static bool read_array_mark(struct parser *p, bool *ret_array, unsigned *ret_size)
{
    if (!accept_sign(p, '['))
        return true;
    *ret_array = true;
    if (p->token.kind == MOF_INTEGER) {
        if (p->token.negative || p->token.number == 0 || p->token.number > UINT16_MAX) {
            mof_error(p->run, p->token.place, "the size of an array is a number from 1 to %d", UINT16_MAX);
            return false;
        }
        *ret_size = (unsigned)p->token.number;
        advance(p);
    }
    return want_sign(p, ']');
}

/* ---- qualifiers ---- */

static bool read_flavor(struct parser *p, uint8_t *flavor, bool *overridable)
{
    if (is_word(p, "enableoverride")) {
        *overridable = true;
        *flavor &= (uint8_t)~HVC_SCHEMA_DISABLE_OVERRIDE;
    } else if (is_word(p, "disableoverride"))
        *flavor |= HVC_SCHEMA_DISABLE_OVERRIDE;
    else if (is_word(p, "restricted"))
        *flavor |= HVC_SCHEMA_RESTRICTED;
    else if (is_word(p, "tosubclass"))
        *flavor &= (uint8_t)~HVC_SCHEMA_RESTRICTED;
    else if (is_word(p, "translatable"))
        *flavor |= HVC_SCHEMA_TRANSLATABLE;
    else
        return expected(p, "EnableOverride, DisableOverride, Restricted, ToSubclass or Translatable");
    advance(p);
    return true;
}

static bool is_flavor(const struct parser *p)
{
    return p->token.kind == MOF_NAME;
}

static bool read_qualifier(struct parser *p, struct mof_qualifiers *qualifiers)
{
    struct mof_qualifier *qualifier = mof_alloc(&p->run->arena, 1, sizeof(*qualifier));
    struct mof_qualifier *other;

    qualifier->place = p->token.place;
    if (!want_name(p, "the name of a qualifier", &qualifier->name))
        return false;
    if (accept_sign(p, '(')) {
        qualifier->values.given = true;
        if (!read_value(p, &qualifier->values) || !want_sign(p, ')'))
            return false;
    } else if (accept_sign(p, '{') && !read_array(p, &qualifier->values)) {
        return false;
    }
    if (accept_sign(p, ':')) {
        do {
            if (!read_flavor(p, &qualifier->flavor, &qualifier->overridable))
                return false;
        } while (is_flavor(p));
    }
    other = mof_qualifier_find(qualifiers, qualifier->name);
    if (other != NULL) {
        mof_error(p->run, qualifier->place, "the qualifier %s stands here twice", qualifier->name);
        return false;
    }
    qualifiers->list = mof_list_add(&p->run->arena, qualifiers->list, &qualifiers->count, qualifier);
    return true;
}

static bool read_qualifiers(struct parser *p, struct mof_qualifiers *qualifiers)
{
    if (!accept_sign(p, '['))
        return true;
    do {
        if (!read_qualifier(p, qualifiers))
            return false;
    } while (accept_sign(p, ','));
    return want_sign(p, ']');
}

/* ---- classes ---- */

static bool read_parameter(struct parser *p, struct mof_method *method)
{
    struct mof_element *parameter = mof_alloc(&p->run->arena, 1, sizeof(*parameter));

    if (!read_qualifiers(p, &parameter->qualifiers))
        return false;
    parameter->place = p->token.place;
    if (!read_type(p, &parameter->type, &parameter->reference) ||
        !want_name(p, "the name of a parameter", &parameter->name) ||
        !read_array_mark(p, &parameter->array, &parameter->array_size))
        return false;
    method->parameters = mof_list_add(&p->run->arena, method->parameters, &method->parameter_count, parameter);
    return true;
}

/* Behind "(". */
static bool read_method(struct parser *p, struct mof_class *cls, struct mof_method *method)
{
    if (!is_sign(p, ')')) {
        do {
            if (!read_parameter(p, method))
                return false;
        } while (accept_sign(p, ','));
    }
    if (!want_sign(p, ')') || !want_sign(p, ';'))
        return false;
    cls->methods = mof_list_add(&p->run->arena, cls->methods, &cls->method_count, method);
    return true;
}

static bool read_property(struct parser *p, struct mof_class *cls, struct mof_element *property)
{
    if (!read_array_mark(p, &property->array, &property->array_size))
        return false;
    if (accept_sign(p, '=') && !read_initial(p, &property->initial))
        return false;
    if (!want_sign(p, ';'))
        return false;
    cls->properties = mof_list_add(&p->run->arena, cls->properties, &cls->property_count, property);
    return true;
}

static bool read_feature(struct parser *p, struct mof_class *cls)
{
    struct mof_element *property = mof_alloc(&p->run->arena, 1, sizeof(*property));
    struct mof_method *method;

    if (!read_qualifiers(p, &property->qualifiers))
        return false;
    property->place = p->token.place;
    if (!read_type(p, &property->type, &property->reference) ||
        !want_name(p, "the name of a property or a method", &property->name))
        return false;
    if (!accept_sign(p, '('))
        return read_property(p, cls, property);
    method = mof_alloc(&p->run->arena, 1, sizeof(*method));
    *method = (struct mof_method){
        .place = property->place, .name = property->name, .type = property->type, .qualifiers = property->qualifiers};
    if (property->type == HVC_CIM_REFERENCE) {
        mof_error(p->run, property->place, "a method returns a value, not a reference");
        return false;
    }
    return read_method(p, cls, method);
}

/* Behind the word "class". */
static bool read_class(struct parser *p, struct mof_qualifiers qualifiers)
{
    struct mof_class *cls = mof_alloc(&p->run->arena, 1, sizeof(*cls));
    struct mof_class *other;

    cls->qualifiers = qualifiers;
    cls->place = p->token.place;
    if (!want_name(p, "the name of a class", &cls->name))
        return false;
    if (accept_sign(p, ':') && !want_name(p, "the name of the superclass", &cls->super_name))
        return false;
    if (!want_sign(p, '{'))
        return false;
    while (!is_sign(p, '}'))
        if (!read_feature(p, cls))
            return false;
    advance(p);
    if (!want_sign(p, ';'))
        return false;
    other = mof_class_find(p->tree, cls->name);
    if (other != NULL) {
        mof_error(p->run, cls->place, "class %s stands already at %s:%u", cls->name, other->place.file,
                  other->place.line);
        return true;
    }
    p->tree->classes = mof_list_add(&p->run->arena, p->tree->classes, &p->tree->class_count, cls);
    return true;
}

/* ---- declarations of qualifiers ---- */

static bool read_scope(struct parser *p, uint8_t *ret_scope)
{
    static const struct {
        const char *word;
        uint8_t scope;
    } words[] = {
        {"class", HVC_SCOPE_CLASS},
        {"association", HVC_SCOPE_ASSOCIATION},
        {"indication", HVC_SCOPE_INDICATION},
        {"property", HVC_SCOPE_PROPERTY},
        {"reference", HVC_SCOPE_REFERENCE},
        {"method", HVC_SCOPE_METHOD},
        {"parameter", HVC_SCOPE_PARAMETER},
        {"any", HVC_SCOPE_ANY},
        {"schema", 0}, /* of DSP0004 2.3; there is nothing it could stand at */
    };

    if (!is_word(p, "scope"))
        return expected(p, "'scope'");
    advance(p);
    if (!want_sign(p, '('))
        return false;
    do {
        size_t i = 0;

        while (i < sizeof(words) / sizeof(words[0]) && !is_word(p, words[i].word))
            i++;
        if (i == sizeof(words) / sizeof(words[0]))
            return expected(p, "class, association, indication, property, reference, method, parameter or any");
        *ret_scope |= words[i].scope;
        advance(p);
    } while (accept_sign(p, ','));
    return want_sign(p, ')');
}

static bool read_default_flavor(struct parser *p, struct mof_qualifier_type *type)
{
    bool overridable = false;

    if (!is_word(p, "flavor"))
        return expected(p, "'flavor'");
    advance(p);
    if (!want_sign(p, '('))
        return false;
    do {
        if (!read_flavor(p, &type->flavor, &overridable))
            return false;
    } while (accept_sign(p, ','));
    return want_sign(p, ')');
}

/* Behind the word "qualifier". */
static bool read_qualifier_type(struct parser *p)
{
    struct mof_qualifier_type *type = mof_alloc(&p->run->arena, 1, sizeof(*type));
    const char *reference = NULL;
    unsigned size = 0;

    type->place = p->token.place;
    if (!want_name(p, "the name of a qualifier", &type->name) || !want_sign(p, ':') ||
        !read_type(p, &type->type, &reference) || !read_array_mark(p, &type->array, &size))
        return false;
    if (reference != NULL || size != 0) {
        mof_error(p->run, type->place, "a qualifier is of a plain type or an unbounded array of one");
        return false;
    }
    if (accept_sign(p, '=') && !read_initial(p, &type->initial))
        return false;
    if (!want_sign(p, ',') || !read_scope(p, &type->scope))
        return false;
    if (accept_sign(p, ',') && !read_default_flavor(p, type))
        return false;
    if (!want_sign(p, ';'))
        return false;
    if (mof_qualifier_type_find(p->tree, type->name) != NULL) {
        mof_error(p->run, type->place, "the qualifier %s is declared twice", type->name);
        return true;
    }
    p->tree->qualifier_types =
        mof_list_add(&p->run->arena, p->tree->qualifier_types, &p->tree->qualifier_type_count, type);
    return true;
}

/* ---- files ---- */

/* Behind "#pragma". Only include means something here; a locale or a namespace is for other compilers. */
static bool read_pragma(struct parser *p)
{
    struct mof_place place = p->token.place;
    const char *name;
    const char *value;

    advance(p);
    if (!want_name(p, "the name of a directive", &name) || !want_sign(p, '('))
        return false;
    if (p->token.kind != MOF_STRING)
        return expected(p, "a string");
    value = read_text(p);
    if (!is_sign(p, ')'))
        return expected(p, "')'");
    if (hvc_schema_compare(name, "include") == 0) {
        const char *path = mof_find_file(p->run, value, place);

        if (path != NULL)
            parse_file(p->run, p->tree, path, place, p->depth + 1);
    } else if (hvc_schema_compare(name, "locale") != 0 && hvc_schema_compare(name, "instancelocale") != 0 &&
               hvc_schema_compare(name, "namespace") != 0) {
        mof_error(p->run, place, "the directive %s is not known: include, locale, instancelocale or namespace", name);
    }
    advance(p);
    return true;
}

static bool read_declaration(struct parser *p)
{
    struct mof_qualifiers qualifiers = {0};

    if (p->token.kind == MOF_PRAGMA)
        return read_pragma(p);
    if (is_word(p, "qualifier")) {
        advance(p);
        return read_qualifier_type(p);
    }
    if (!read_qualifiers(p, &qualifiers))
        return false;
    if (is_word(p, "instance")) {
        mof_error(p->run, p->token.place, "instances are not taken from MOF here: the providers give them");
        return false;
    }
    if (!is_word(p, "class"))
        return expected(p, "'class', 'qualifier' or '#pragma'");
    advance(p);
    return read_class(p, qualifiers);
}

/* To what looks like the end of a declaration: a semicolon behind a closing brace, or one outside braces. */
static void recover(struct parser *p)
{
    bool closed = false;

    while (p->token.kind != MOF_END && p->token.kind != MOF_PRAGMA) {
        if (is_sign(p, ';') && closed) {
            advance(p);
            return;
        }
        closed = is_sign(p, '}');
        advance(p);
    }
}

static void parse_text(struct mof_run *run, struct mof_tree *tree, const char *name, const char *text, size_t length,
                       unsigned depth)
{
    struct parser p = {.run = run, .tree = tree, .depth = depth};

    name = mof_copy_text(&run->arena, name, strlen(name));
    tree->files = mof_list_add(&run->arena, (void *)tree->files, &tree->file_count, (void *)(uintptr_t)name);
    p.lexer = mof_lexer(run, name, text, length);
    advance(&p);
    while (p.token.kind != MOF_END)
        if (!read_declaration(&p))
            recover(&p);
}

static void parse_file(struct mof_run *run, struct mof_tree *tree, const char *path, struct mof_place from,
                       unsigned depth)
{
    size_t length = 0;
    char *text;

    for (size_t i = 0; i < tree->file_count; i++)
        if (strcmp(tree->files[i], path) == 0)
            return; /* an include of what is there already, as in DMTF's schema */
    if (depth > INCLUDE_DEPTH_MAX) {
        mof_error(run, from, "files are included deeper than %d levels", INCLUDE_DEPTH_MAX);
        return;
    }
    text = mof_read_file(run, path, from, &length);
    if (text != NULL)
        parse_text(run, tree, path, text, length, depth);
}

void mof_parse(struct mof_run *run, struct mof_tree *tree, const char *path)
{
    parse_file(run, tree, path, (struct mof_place){0}, 0);
}

void mof_parse_text(struct mof_run *run, struct mof_tree *tree, const char *name, const char *text, size_t length)
{
    parse_text(run, tree, name, text, length, 0);
}
