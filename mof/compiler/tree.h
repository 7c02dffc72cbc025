/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands in MOF files: declarations in the order they were written, and (after mof_check) how they hang together.
 * Everything lies in the arena of the run.
 */
#ifndef HVC_MOF_TREE_H
#define HVC_MOF_TREE_H

#include <stdint.h>

#include "hvc/schema.h"
#include "source.h"

enum mof_value_kind {
    MOF_VALUE_NULL,
    MOF_VALUE_BOOLEAN,
    MOF_VALUE_INTEGER,
    MOF_VALUE_REAL,
    MOF_VALUE_STRING,
    MOF_VALUE_CHAR
};

struct mof_value {
    enum mof_value_kind kind;
    struct mof_place place;
    const char *text; /* STRING, REAL */
    uint64_t number;  /* INTEGER, CHAR; BOOLEAN: 0 or 1 */
    bool negative;
};

/* A constant or an array of constants. */
struct mof_values {
    bool given, array;
    struct mof_value **list;
    size_t count;
};

struct mof_qualifier {
    struct mof_place place;
    const char *name;
    struct mof_values values;
    uint8_t flavor;   /* as written */
    bool overridable; /* EnableOverride was written */
    bool propagated;  /* after the check: comes from an ancestor */
    struct mof_qualifier_type *type;
    const char **text; /* after the check: values as text */
    size_t text_count;
};

struct mof_qualifiers {
    struct mof_qualifier **list;
    size_t count;
};

/* A property, a reference, or a parameter. */
struct mof_element {
    struct mof_place place;
    const char *name;
    uint8_t type;
    const char *reference; /* class of a reference */
    bool array;
    unsigned array_size;
    struct mof_values initial;
    struct mof_qualifiers qualifiers;
    /* after the check */
    const char *origin;
    const char *target;
    uint16_t flags;
    const char **text;
    size_t text_count;
};

struct mof_method {
    struct mof_place place;
    const char *name;
    uint8_t type;
    struct mof_element **parameters;
    size_t parameter_count;
    struct mof_qualifiers qualifiers;
    /* after the check */
    const char *origin;
    uint16_t flags;
    const char *function; /* C name, NULL: not implemented */
};

struct mof_class {
    struct mof_place place;
    const char *name, *super_name;
    struct mof_qualifiers qualifiers;
    struct mof_element **properties;
    size_t property_count;
    struct mof_method **methods;
    size_t method_count;
    /* after the check: complete, with what is inherited */
    struct mof_class *super;
    uint16_t flags;
    unsigned state; /* of the check */
    const char *provider;
};

struct mof_qualifier_type {
    struct mof_place place;
    const char *name;
    uint8_t type;
    bool array;
    struct mof_values initial;
    uint8_t scope, flavor;
    const char **text;
    size_t text_count;
};

struct mof_tree {
    struct mof_class **classes;
    size_t class_count;
    struct mof_qualifier_type **qualifier_types;
    size_t qualifier_type_count;
    const char **files; /* read so far */
    size_t file_count;
};

struct mof_class *mof_class_find(const struct mof_tree *tree, const char *name);
struct mof_qualifier_type *mof_qualifier_type_find(const struct mof_tree *tree, const char *name);
struct mof_qualifier *mof_qualifier_find(const struct mof_qualifiers *qualifiers, const char *name);
struct mof_element *mof_property_find(const struct mof_class *cls, const char *name);
struct mof_method *mof_method_find(const struct mof_class *cls, const char *name);

/* Reads a file and what it includes into the tree; says what is wrong, goes on at the next declaration. */
void mof_parse(struct mof_run *run, struct mof_tree *tree, const char *path);

/* The same for a text in memory; name is for messages and for what it includes. */
void mof_parse_text(struct mof_run *run, struct mof_tree *tree, const char *name, const char *text, size_t length);

/* Resolves names, inherits, applies qualifiers, and refuses what is wrong or what the C side cannot do. */
void mof_check(struct mof_run *run, struct mof_tree *tree);

#endif
