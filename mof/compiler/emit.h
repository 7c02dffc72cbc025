/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is made of a checked tree. */
#ifndef HVC_MOF_EMIT_H
#define HVC_MOF_EMIT_H

#include "tree.h"

/* C: one object `const struct hvc_schema_namespace hvc_schema_<identifier>`. The same tree gives the same bytes. */
void mof_emit_c(struct mof_run *run, const struct mof_tree *tree, const char *name, const char *identifier, FILE *out);

/* Documentation: one page of Markdown, the classes of our own schema (Msvm_) in full, the ancestors by name. */
void mof_emit_doc(struct mof_run *run, const struct mof_tree *tree, const char *name, FILE *out);

/* The classes by name, without case. */
struct mof_class **mof_sorted_classes(struct mof_run *run, const struct mof_tree *tree);

#endif
