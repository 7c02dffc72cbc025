/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The schema for people: every class of our own with properties, value maps and methods. */
#include <string.h>

#include "check_value.h"
#include "emit.h"

static const char *describe(const struct mof_qualifiers *qualifiers)
{
    const char *text = mof_qualifier_text(qualifiers, "Description");

    return text == NULL ? "" : text;
}

/* Text in a cell of a table. */
static void put_cell(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|')
            (void)fputs("\\|", out);
        else if (*text == '\n')
            (void)fputs("<br>", out);
        else
            (void)fputc(*text, out);
    }
}

static void put_value_map(FILE *out, const struct mof_qualifiers *qualifiers)
{
    const struct mof_qualifier *map = mof_qualifier_find(qualifiers, "ValueMap");
    const struct mof_qualifier *values = mof_qualifier_find(qualifiers, "Values");

    if (map == NULL)
        return;
    (void)fputs(" Values: ", out);
    for (size_t i = 0; i < map->text_count; i++) {
        (void)fputs(i == 0 ? "" : ", ", out);
        put_cell(out, map->text[i]);
        if (values != NULL && i < values->text_count) {
            (void)fputc(' ', out);
            put_cell(out, values->text[i]);
        }
    }
    (void)fputc('.', out);
}

static void put_type(FILE *out, const struct mof_element *element)
{
    if (element->type == HVC_CIM_REFERENCE)
        (void)fprintf(out, "%s REF", element->reference);
    else if (element->target != NULL)
        (void)fprintf(out, "string (%s)", element->target);
    else
        (void)fputs(hvc_cim_type_name(element->type), out);
    if (element->array)
        (void)fputs("[]", out);
}

static void put_property(FILE *out, const struct mof_element *property)
{
    (void)fprintf(out, "| %s | ", property->name);
    put_type(out, property);
    (void)fprintf(out, " | %s | %s | ",
                  (property->flags & HVC_SCHEMA_KEY) != 0     ? "key"
                  : (property->flags & HVC_SCHEMA_WRITE) != 0 ? "read, write"
                                                              : "read",
                  property->origin);
    put_cell(out, describe(&property->qualifiers));
    put_value_map(out, &property->qualifiers);
    (void)fputs(" |\n", out);
}

static void put_method(FILE *out, const struct mof_method *method)
{
    (void)fprintf(out, "\n#### %s\n\n%s", method->name, describe(&method->qualifiers));
    put_value_map(out, &method->qualifiers);
    (void)fprintf(out, "\n\nReturns %s; from %s; %s.\n", hvc_cim_type_name(method->type), method->origin,
                  method->function == NULL ? "not implemented" : "implemented");
    if (method->parameter_count == 0)
        return;
    (void)fputs("\n| parameter | type | way | |\n|---|---|---|---|\n", out);
    for (size_t i = 0; i < method->parameter_count; i++) {
        const struct mof_element *p = method->parameters[i];
        unsigned way = p->flags & (HVC_SCHEMA_IN | HVC_SCHEMA_OUT);

        (void)fprintf(out, "| %s | ", p->name);
        put_type(out, p);
        (void)fprintf(out, " | %s | ", way == HVC_SCHEMA_IN ? "in" : way == HVC_SCHEMA_OUT ? "out" : "in, out");
        put_cell(out, describe(&p->qualifiers));
        put_value_map(out, &p->qualifiers);
        (void)fputs(" |\n", out);
    }
}

static void put_class(FILE *out, const struct mof_class *cls)
{
    (void)fprintf(out, "\n### %s\n\n%s\n\n", cls->name, describe(&cls->qualifiers));
    (void)fprintf(out, "%s%s", (cls->flags & HVC_SCHEMA_ABSTRACT) != 0 ? "Abstract. " : "",
                  (cls->flags & HVC_SCHEMA_ASSOCIATION) != 0 ? "Association. " : "");
    (void)fputs("Ancestors:", out);
    for (const struct mof_class *at = cls->super; at != NULL; at = at->super)
        (void)fprintf(out, " %s%s", at->name, at->super == NULL ? "" : ",");
    (void)fprintf(out, "%s.\n", cls->super == NULL ? " none" : "");
    if (cls->property_count > 0)
        (void)fputs("\n| property | type | access | from | |\n|---|---|---|---|---|\n", out);
    for (size_t i = 0; i < cls->property_count; i++)
        put_property(out, cls->properties[i]);
    for (size_t i = 0; i < cls->method_count; i++)
        put_method(out, cls->methods[i]);
}

void mof_emit_doc(struct mof_run *run, const struct mof_tree *tree, const char *name, FILE *out)
{
    struct mof_class **classes = mof_sorted_classes(run, tree);
    const char *between = " ";

    (void)fprintf(out, "# %s\n\nMade by hvc-mofc from the MOF files; %zu classes.\n", name, tree->class_count);
    for (size_t i = 0; i < tree->class_count; i++)
        if (strncmp(classes[i]->name, "CIM_", 4) != 0)
            put_class(out, classes[i]);
    (void)fputs("\n### Ancestors in the schema of CIM\n\n", out);
    for (size_t i = 0; i < tree->class_count; i++)
        if (strncmp(classes[i]->name, "CIM_", 4) == 0) {
            (void)fprintf(out, "%s%s", i == 0 ? "" : between, classes[i]->name);
            between = ", ";
        }
    (void)fputc('\n', out);
}
