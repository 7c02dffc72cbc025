/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tokens of MOF (DSP0004, annex A: the grammar and its lexical elements). */
#ifndef HVC_MOF_LEXER_H
#define HVC_MOF_LEXER_H

#include <stdint.h>

#include "source.h"

enum mof_token_kind {
    MOF_END, /* of the file */
    MOF_NAME,
    MOF_STRING,  /* text: decoded */
    MOF_CHAR,    /* number: UTF-16 code unit */
    MOF_INTEGER, /* number and negative */
    MOF_REAL,    /* text: as written */
    MOF_ALIAS,   /* text: without the dollar sign */
    MOF_PUNCTUATION,
    MOF_PRAGMA, /* "#pragma" */
    MOF_BROKEN  /* an error was said */
};

struct mof_token {
    enum mof_token_kind kind;
    struct mof_place place;
    const char *text; /* NAME, STRING, REAL, ALIAS */
    size_t length;
    uint64_t number;
    bool negative;
    char sign; /* of PUNCTUATION */
};

struct mof_lexer {
    struct mof_run *run;
    const char *file, *text, *at, *end, *line_start;
    unsigned line;
};

struct mof_lexer mof_lexer(struct mof_run *run, const char *file, const char *text, size_t length);
struct mof_token mof_lexer_next(struct mof_lexer *lexer);

#endif
