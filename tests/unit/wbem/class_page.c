/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "class_page.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 4096 };

static char words[512];

/* The text of a line without Markdown's stars, backslashes and tags, and without blanks around it. */
static void plain(char *line)
{
    char *to = line;
    bool tag = false;

    for (const char *at = line; *at != '\0'; at++) {
        if (*at == '<' || *at == '>')
            tag = *at == '<';
        else if (!tag && *at != '*' && *at != '\\' && (to != line || !isspace((unsigned char)*at)))
            *to++ = *at;
    }
    while (to > line && isspace((unsigned char)to[-1]))
        to--;
    *to = '\0';
}

static void copy(char *to, size_t size, const char *from, size_t length)
{
    (void)snprintf(to, size, "%.*s", (int)length, from);
}

/* "= 5;", "= "text";" of the Syntax, or what follows "always set to" in a paragraph: false when they differ. */
static bool take_value(struct page_property *property, const char *text)
{
    char value[PAGE_VALUE_SIZE];
    size_t length = strspn(text, "0123456789");

    if (*text == '"')
        copy(value, sizeof(value), text + 1, strcspn(text + 1, "\""));
    else if (strncmp(text, "Null", 4) == 0)
        copy(value, sizeof(value), "NULL", 4);
    else
        copy(value, sizeof(value), text, length);
    if (property->promised)
        return strcmp(property->value, value) == 0;
    property->promised = true;
    copy(property->value, sizeof(property->value), value, sizeof(value));
    return true;
}

/* "uint16   OperationalStatus[] = 2;" */
static bool read_declaration(const char *line, struct class_page *page)
{
    struct page_property *property;
    size_t type = strcspn(line, " "), name;
    const char *at = line + type + strspn(line + type, " ");

    name = strcspn(at, " [;");
    if (line[strlen(line) - 1] != ';' || type == 0 || name == 0 || page->count == PAGE_PROPERTIES_MAX)
        return false;
    property = &page->properties[page->count++];
    copy(property->type, sizeof(property->type), line, type);
    copy(property->name, sizeof(property->name), at, name);
    property->array = at[name] == '[';
    at = strstr(at, " = ");
    return at == NULL || take_value(property, at + 3);
}

const struct page_property *class_page_find(const struct class_page *page, const char *name)
{
    for (size_t i = 0; i < page->count; i++)
        if (strcmp(page->properties[i].name, name) == 0)
            return &page->properties[i];
    return NULL;
}

/* "Degraded (3)": a line of a value map. */
static void take_map(struct page_property *property, const char *line)
{
    const char *open = strrchr(line, '(');
    char *end = NULL;
    unsigned long number;

    if (open == NULL || open < line + 2 || strchr(line, '.') != NULL || !isdigit((unsigned char)open[1]) ||
        property->map_count == PAGE_MAP_MAX)
        return;
    number = strtoul(open + 1, &end, 10);
    if (strcmp(end, ")") != 0)
        return;
    property->map[property->map_count].number = number;
    copy(property->map[property->map_count].word, PAGE_NAME_SIZE, line, (size_t)(open - line) - 1);
    property->map_count++;
}

/* A line of the paragraphs of a property; false: the page says something else of it elsewhere. */
static bool read_line(struct page_property *property, const char *line)
{
    static const char type[] = "Data type: ", access[] = "Access type: ", qualifiers[] = "Qualifiers: ";
    const char *at;

    if (strncmp(line, type, sizeof(type) - 1) == 0) {
        at = line + sizeof(type) - 1;
        return strncmp(at, property->type, strlen(property->type)) == 0 &&
               (strstr(at, " array") != NULL) == property->array;
    }
    if (strncmp(line, access, sizeof(access) - 1) == 0)
        property->writable = strcmp(line + sizeof(access) - 1, "Read/write") == 0;
    if (strncmp(line, qualifiers, sizeof(qualifiers) - 1) == 0) {
        at = strstr(line, "MaxLen (");
        property->key = strncmp(line + sizeof(qualifiers) - 1, "Key", 3) == 0;
        property->longest = at == NULL ? 0 : strtoul(at + 8, NULL, 10);
        return true;
    }
    take_map(property, line);
    at = strstr(line, "always set to ");
    return at == NULL || take_value(property, at + 14);
}

enum place { BEFORE, OPENING, SYNTAX, AFTER };

static enum place read_syntax(enum place place, const char *line, const char *class_name, struct class_page *page,
                              bool *good)
{
    if (place == BEFORE && strncmp(line, "class ", 6) == 0 && strncmp(line + 6, class_name, strlen(class_name)) == 0 &&
        strstr(line, " : ") != NULL)
        return OPENING;
    if (place == OPENING)
        return SYNTAX;
    if (place == SYNTAX && strcmp(line, "};") == 0)
        return AFTER;
    if (place == SYNTAX)
        *good = read_declaration(line, page);
    return place;
}

const char *class_page_read(const char *path, const char *class_name, struct class_page *page)
{
    const struct page_property *next = NULL; /* the line before was its name */
    struct page_property *property = NULL;
    enum place place = BEFORE;
    char line[LINE_SIZE];
    FILE *file = fopen(path, "r");
    size_t sections = 0;
    bool good = true;

    memset(page, 0, sizeof(*page));
    if (file == NULL)
        return "it cannot be opened";
    words[0] = '\0';
    while (words[0] == '\0' && fgets(line, sizeof(line), file) != NULL) {
        plain(line);
        if (line[0] == '\0')
            continue;
        if (place != AFTER) {
            place = read_syntax(place, line, class_name, page, &good);
        } else if (next != NULL && strncmp(line, "Data type: ", 11) == 0) {
            property = &page->properties[next - page->properties];
            sections++;
        }
        if (place == AFTER && property != NULL)
            good = read_line(property, line);
        next = class_page_find(page, line);
        if (!good)
            (void)snprintf(words, sizeof(words), "it contradicts itself, or is read wrong, at \"%.200s\"", line);
    }
    (void)fclose(file);
    if (words[0] == '\0' && (page->count == 0 || sections != page->count))
        (void)snprintf(words, sizeof(words), "its Syntax has %zu properties of %s, and it describes %zu of them",
                       page->count, class_name, sections);
    return words[0] == '\0' ? NULL : words;
}
