/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run of the compiler over a text, with its messages kept. */
#ifndef HVC_TEST_MOF_FIXTURE_H
#define HVC_TEST_MOF_FIXTURE_H

#include "lexer.h"
#include "tree.h"

struct compiled {
    struct mof_run run;
    struct mof_tree tree;
    char *messages;
    size_t messages_length;
};

/* The qualifiers of CIM that the tests use. */
extern const char compiled_qualifiers[];

/* Parses the qualifiers (when asked for) and the text under the name "t.mof", checks if nothing was wrong so far. */
void compile_text(struct compiled *c, bool qualifiers, const char *text);
/* The messages so far. */
const char *compiled_messages(struct compiled *c);
void compiled_free(struct compiled *c);

#endif
