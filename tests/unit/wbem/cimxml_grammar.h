/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a document is CIM-XML as DSP0201 2.4 and DSP0203 2.4 describe it, as far as servers write it: which elements
 * stand in which, how often and in which order, which attributes they have and of which form. Tables of our own.
 */
#ifndef HVC_TEST_CIMXML_GRAMMAR_H
#define HVC_TEST_CIMXML_GRAMMAR_H

#include <stddef.h>

/* NULL: it is; otherwise what is wrong where, good until the next call. */
const char *cimxml_grammar_check(const char *document, size_t length);

#endif
