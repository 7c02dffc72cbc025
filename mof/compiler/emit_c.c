/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of C for include/hvc/schema.h, to be read by people in a debugger, too. */
#include <stdlib.h>
#include <string.h>

#include "emit.h"

static int by_class_name(const void *a, const void *b)
{
    const struct mof_class *const *left = a;
    const struct mof_class *const *right = b;

    return hvc_schema_compare((*left)->name, (*right)->name);
}

struct mof_class **mof_sorted_classes(struct mof_run *run, const struct mof_tree *tree)
{
    struct mof_class **classes = mof_alloc(&run->arena, tree->class_count + 1, sizeof(struct mof_class *));

    if (tree->class_count > 0)
        memcpy(classes, tree->classes, tree->class_count * sizeof(struct mof_class *));
    qsort(classes, tree->class_count, sizeof(struct mof_class *), by_class_name);
    return classes;
}

/* A literal of C. Trigraphs and digits behind an octal escape cannot hurt: '?' and what is not ASCII are escaped in
 * three octal digits. */
static void put_literal(FILE *out, const char *text)
{
    (void)fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\')
            (void)fprintf(out, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f || c == '?')
            (void)fprintf(out, "\\%03o", c);
        else
            (void)fputc(c, out);
    }
    (void)fputc('"', out);
}

static void put_values(FILE *out, const char **text, size_t count)
{
    if (text == NULL) {
        (void)fputs("{0}", out);
        return;
    }
    (void)fputs("{(const char *const[]){", out);
    for (size_t i = 0; i < count; i++) {
        (void)fputs(i == 0 ? "" : ", ", out);
        put_literal(out, text[i]);
    }
    (void)fprintf(out, "%s}, %zu}", count == 0 ? "NULL" : "", count);
}

static const char *type_word(uint8_t type)
{
    static const char *const words[HVC_CIM_TYPE_COUNT] = {
        "BOOLEAN", "UINT8",  "SINT8",  "UINT16", "SINT16", "UINT32",   "SINT32",    "UINT64",
        "SINT64",  "REAL32", "REAL64", "CHAR16", "STRING", "DATETIME", "REFERENCE",
    };

    return words[type];
}

static void put_qualifiers(FILE *out, const struct mof_qualifiers *qualifiers, const char *indent)
{
    if (qualifiers->count == 0) {
        (void)fputs("NULL, 0", out);
        return;
    }
    (void)fputs("(const struct hvc_schema_qualifier[]){", out);
    for (size_t i = 0; i < qualifiers->count; i++) {
        const struct mof_qualifier *q = qualifiers->list[i];

        (void)fprintf(out, "\n%s    {\"%s\", HVC_CIM_%s, %s, %u, %s, ", indent, q->name, type_word(q->type->type),
                      q->type->array ? "true" : "false", q->flavor, q->propagated ? "true" : "false");
        put_values(out, q->text, q->text_count);
        (void)fputs("},", out);
    }
    (void)fprintf(out, "}, %zu", qualifiers->count);
}

static void put_flags(FILE *out, uint16_t flags)
{
    static const struct {
        uint16_t flag;
        const char *word;
    } rows[] = {
        {HVC_SCHEMA_KEY, "KEY"},
        {HVC_SCHEMA_WRITE, "WRITE"},
        {HVC_SCHEMA_ARRAY, "ARRAY"},
        {HVC_SCHEMA_LOCAL, "LOCAL"},
        {HVC_SCHEMA_IN, "IN"},
        {HVC_SCHEMA_HAS_DEFAULT, "HAS_DEFAULT"},
        {HVC_SCHEMA_OUT, "OUT"},
        {HVC_SCHEMA_REQUIRED, "REQUIRED"},
        {HVC_SCHEMA_EMBEDDED_OBJECT, "EMBEDDED_OBJECT"},
    };
    const char *between = "";

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if ((flags & rows[i].flag) != 0) {
            (void)fprintf(out, "%sHVC_SCHEMA_%s", between, rows[i].word);
            between = " | ";
        }
    if (between[0] == '\0')
        (void)fputc('0', out);
}

static void put_text(FILE *out, const char *text)
{
    if (text == NULL)
        (void)fputs("NULL", out);
    else
        (void)fprintf(out, "\"%s\"", text);
}

static void put_elements(FILE *out, struct mof_element *const *list, size_t count, const char *indent)
{
    for (size_t i = 0; i < count; i++) {
        const struct mof_element *e = list[i];

        (void)fprintf(out, "%s{\"%s\", ", indent, e->name);
        put_text(out, e->origin);
        (void)fputs(", ", out);
        put_text(out, e->target);
        (void)fprintf(out, ", HVC_CIM_%s, ", type_word(e->type));
        put_flags(out, e->flags);
        (void)fprintf(out, ", %u, ", e->array_size);
        put_values(out, e->text, e->text_count);
        (void)fputs(", ", out);
        put_qualifiers(out, &e->qualifiers, indent);
        (void)fputs("},\n", out);
    }
}

static void put_methods(FILE *out, const struct mof_class *cls)
{
    if (cls->method_count == 0)
        return;
    (void)fprintf(out, "static const struct hvc_schema_method methods_%s[] = {\n", cls->name);
    for (size_t i = 0; i < cls->method_count; i++) {
        const struct mof_method *m = cls->methods[i];

        (void)fprintf(out, "    {\"%s\", \"%s\", HVC_CIM_%s, ", m->name, m->origin, type_word(m->type));
        put_flags(out, m->flags);
        if (m->parameter_count == 0)
            (void)fputs(", NULL, 0, ", out);
        else {
            (void)fputs(", (const struct hvc_schema_element[]){\n", out);
            put_elements(out, m->parameters, m->parameter_count, "        ");
            (void)fprintf(out, "    }, %zu, ", m->parameter_count);
        }
        put_qualifiers(out, &m->qualifiers, "        ");
        (void)fprintf(out, ", %s},\n", m->function == NULL ? "NULL" : m->function);
    }
    (void)fputs("};\n", out);
}

static void put_class(FILE *out, const struct mof_class *cls)
{
    if (cls->property_count > 0) {
        (void)fprintf(out, "static const struct hvc_schema_element properties_%s[] = {\n", cls->name);
        put_elements(out, cls->properties, cls->property_count, "    ");
        (void)fputs("};\n", out);
    }
    put_methods(out, cls);
    (void)fprintf(out, "static const struct hvc_schema_class class_%s = {\n    \"%s\", ", cls->name, cls->name);
    (void)fprintf(out, cls->super == NULL ? "NULL" : "&class_%s", cls->super == NULL ? "" : cls->super->name);
    (void)fprintf(out, ", %u, ", cls->flags);
    if (cls->property_count == 0)
        (void)fputs("NULL, 0, ", out);
    else
        (void)fprintf(out, "properties_%s, %zu, ", cls->name, cls->property_count);
    if (cls->method_count == 0)
        (void)fputs("NULL, 0, ", out);
    else
        (void)fprintf(out, "methods_%s, %zu, ", cls->name, cls->method_count);
    put_qualifiers(out, &cls->qualifiers, "    ");
    if (cls->provider == NULL)
        (void)fputs(", NULL};\n\n", out);
    else
        (void)fprintf(out, ", &hvc_provider_%s};\n\n", cls->provider);
}

/* ---- what the linker must find ---- */

static bool provider_before(struct mof_class *const *classes, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (classes[i]->provider != NULL && strcmp(classes[i]->provider, classes[index]->provider) == 0)
            return true;
    return false;
}

static bool function_before(struct mof_class *const *classes, size_t index, size_t method)
{
    const char *name = classes[index]->methods[method]->function;

    for (size_t i = 0; i <= index; i++)
        for (size_t j = 0; j < (i == index ? method : classes[i]->method_count); j++)
            if (classes[i]->methods[j]->function != NULL && strcmp(classes[i]->methods[j]->function, name) == 0)
                return true;
    return false;
}

static void put_externs(FILE *out, struct mof_class *const *classes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (classes[i]->provider == NULL)
            continue;
        if (!provider_before(classes, i))
            (void)fprintf(out, "extern const struct hvc_cim_provider hvc_provider_%s;\n", classes[i]->provider);
        for (size_t j = 0; j < classes[i]->method_count; j++)
            if (classes[i]->methods[j]->function != NULL && !function_before(classes, i, j))
                (void)fprintf(out, "void %s(struct hvc_cim_method_call *call);\n", classes[i]->methods[j]->function);
    }
    (void)fputc('\n', out);
}

static int by_type_name(const void *a, const void *b)
{
    const struct mof_qualifier_type *const *left = a;
    const struct mof_qualifier_type *const *right = b;

    return hvc_schema_compare((*left)->name, (*right)->name);
}

static void put_qualifier_types(struct mof_run *run, const struct mof_tree *tree, FILE *out)
{
    size_t count = tree->qualifier_type_count;
    struct mof_qualifier_type **types = mof_alloc(&run->arena, count + 1, sizeof(*types));

    if (count > 0)
        memcpy(types, tree->qualifier_types, count * sizeof(*types));
    qsort(types, count, sizeof(*types), by_type_name);
    (void)fputs("static const struct hvc_schema_qualifier_type qualifier_types[] = {\n", out);
    for (size_t i = 0; i < count; i++) {
        const struct mof_qualifier_type *t = types[i];

        (void)fprintf(out, "    {\"%s\", HVC_CIM_%s, %s, %u, %u, ", t->name, type_word(t->type),
                      t->array ? "true" : "false", t->scope, t->flavor);
        put_values(out, t->text, t->text_count);
        (void)fputs("},\n", out);
    }
    (void)fputs("};\n\n", out);
}

/* Ancestors first: C wants what it points to above. */
static void put_with_ancestors(FILE *out, const struct mof_class *cls, struct mof_class **done, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        if (done[i] == cls)
            return;
    if (cls->super != NULL)
        put_with_ancestors(out, cls->super, done, count);
    put_class(out, cls);
    done[(*count)++] = (struct mof_class *)(uintptr_t)cls;
}

void mof_emit_c(struct mof_run *run, const struct mof_tree *tree, const char *name, const char *identifier, FILE *out)
{
    struct mof_class **classes = mof_sorted_classes(run, tree);
    struct mof_class **done = mof_alloc(&run->arena, tree->class_count + 1, sizeof(*done));
    size_t count = 0;

    (void)fprintf(out, "/* Made by hvc-mofc from the MOF files of %s. Not to be edited. */\n", name);
    (void)fputs("#include \"hvc/schema.h\"\n\n", out);
    put_externs(out, classes, tree->class_count);
    put_qualifier_types(run, tree, out);
    for (size_t i = 0; i < tree->class_count; i++)
        put_with_ancestors(out, classes[i], done, &count);
    (void)fputs("static const struct hvc_schema_class *const classes[] = {\n", out);
    for (size_t i = 0; i < tree->class_count; i++)
        (void)fprintf(out, "    &class_%s,\n", classes[i]->name);
    (void)fprintf(out, "};\n\nextern const struct hvc_schema_namespace hvc_schema_%s;\n", identifier);
    (void)fprintf(out,
                  "const struct hvc_schema_namespace hvc_schema_%s = {\n    \"%s\", classes, %zu, qualifier_types, "
                  "%zu};\n",
                  identifier, name, tree->class_count, tree->qualifier_type_count);
}
