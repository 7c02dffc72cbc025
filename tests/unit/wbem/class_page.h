/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the class page of a Windows class promises of its properties, read from the page itself: its "Syntax" and its
 * paragraphs, as plain text or as Markdown. What one page says in two places must agree; it does not have to be true.
 */
#ifndef HVC_TEST_WBEM_CLASS_PAGE_H
#define HVC_TEST_WBEM_CLASS_PAGE_H

#include <stdbool.h>
#include <stddef.h>

enum { PAGE_NAME_SIZE = 64, PAGE_VALUE_SIZE = 128, PAGE_PROPERTIES_MAX = 64, PAGE_MAP_MAX = 32 };

struct page_property {
    char name[PAGE_NAME_SIZE];
    char type[PAGE_NAME_SIZE]; /* "uint16" */
    bool array, writable, key;
    bool promised;               /* there is a value */
    char value[PAGE_VALUE_SIZE]; /* without quotes; "NULL" */
    unsigned long longest;       /* MaxLen; 0: nothing is said */
    struct {
        unsigned long number;
        char word[PAGE_NAME_SIZE];
    } map[PAGE_MAP_MAX]; /* "Degraded (3)" in the value map */
    size_t map_count;
};

struct class_page {
    struct page_property properties[PAGE_PROPERTIES_MAX];
    size_t count;
};

/* 0, or what is wrong with the page, in words: a static buffer, valid until the next call. */
const char *class_page_read(const char *path, const char *class_name, struct class_page *page);

/* NULL: the page has none of that name. */
const struct page_property *class_page_find(const struct class_page *page, const char *name);

#endif
