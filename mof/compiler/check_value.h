/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values and qualifiers: of the right type, in text form, where they may stand. */
#ifndef HVC_MOF_CHECK_VALUE_H
#define HVC_MOF_CHECK_VALUE_H

#include "tree.h"

/* Values as text of a type. False after an error; *ret_text is NULL for no value and for NULL. */
bool mof_values_text(struct mof_run *run, const struct mof_values *values, uint8_t type, bool array,
                     struct mof_place place, const char *what, const char ***ret_text, size_t *ret_count);

void mof_check_qualifier_types(struct mof_run *run, struct mof_tree *tree);

/* Resolves the qualifiers of one place and adds those that it has from the place it overrides (NULL: none). */
void mof_check_qualifiers(struct mof_run *run, const struct mof_tree *tree, struct mof_qualifiers *qualifiers,
                          uint8_t scope, const struct mof_qualifiers *inherited);

/* Value of a boolean qualifier in force here, or otherwise. */
bool mof_qualifier_is(const struct mof_qualifiers *qualifiers, const char *name, bool otherwise);
/* First text of a qualifier's value, NULL: not there or NULL. */
const char *mof_qualifier_text(const struct mof_qualifiers *qualifiers, const char *name);

#endif
