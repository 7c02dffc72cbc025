/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of a query, and the patterns of LIKE. */
#ifndef HVC_WBEM_QUERY_LEXER_H
#define HVC_WBEM_QUERY_LEXER_H

#include "hvc/cim.h"
#include "hvc/error.h"

enum hvc_query_token_kind {
    HVC_QUERY_END,
    HVC_QUERY_WORD,
    HVC_QUERY_TEXT, /* without its quotes */
    HVC_QUERY_NUMBER,
    HVC_QUERY_SIGN
};

struct hvc_query_token {
    enum hvc_query_token_kind kind;
    const char *text;
    size_t at; /* of its first byte */
};

struct hvc_query_lexer {
    const char *text;
    size_t at;
};

int hvc_query_next(struct hvc_query_lexer *lexer, struct hvc_cim_arena *arena, struct hvc_query_token *ret_token,
                   struct hvc_error *error);

/* % any text, _ one character, [abc] [a-z] [^a] one of; ASCII without case. Time: text times pattern at most. */
bool hvc_query_like(const char *text, const char *pattern);

#endif
