/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding declarations; names compare without case. */
#include "tree.h"

struct mof_class *mof_class_find(const struct mof_tree *tree, const char *name)
{
    for (size_t i = 0; i < tree->class_count; i++)
        if (hvc_schema_compare(tree->classes[i]->name, name) == 0)
            return tree->classes[i];
    return NULL;
}

struct mof_qualifier_type *mof_qualifier_type_find(const struct mof_tree *tree, const char *name)
{
    for (size_t i = 0; i < tree->qualifier_type_count; i++)
        if (hvc_schema_compare(tree->qualifier_types[i]->name, name) == 0)
            return tree->qualifier_types[i];
    return NULL;
}

struct mof_qualifier *mof_qualifier_find(const struct mof_qualifiers *qualifiers, const char *name)
{
    for (size_t i = 0; i < qualifiers->count; i++)
        if (hvc_schema_compare(qualifiers->list[i]->name, name) == 0)
            return qualifiers->list[i];
    return NULL;
}

struct mof_element *mof_property_find(const struct mof_class *cls, const char *name)
{
    for (size_t i = 0; i < cls->property_count; i++)
        if (hvc_schema_compare(cls->properties[i]->name, name) == 0)
            return cls->properties[i];
    return NULL;
}

struct mof_method *mof_method_find(const struct mof_class *cls, const char *name)
{
    for (size_t i = 0; i < cls->method_count; i++)
        if (hvc_schema_compare(cls->methods[i]->name, name) == 0)
            return cls->methods[i];
    return NULL;
}
