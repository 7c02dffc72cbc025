/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cimxml_grammar.h"

#include <ctype.h>
#include <libxml/parser.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../hvc_cmocka.h"

/*
 * The content of an element is a regular expression over the names of its children, each with a blank behind it; so
 * "(A )?(B )*" is an A that may be missing and any number of Bs. Words in capitals with a dollar stand for groups of
 * elements. An attribute is NAME=FORM, with a question mark behind the name when it may be missing.
 */
static const struct group {
    const char *name, *words;
} groups[] = {
    {"$PROPERTY", "(PROPERTY |PROPERTY.ARRAY |PROPERTY.REFERENCE )"},
    {"$PARAMETER", "(PARAMETER |PARAMETER.ARRAY |PARAMETER.REFERENCE |PARAMETER.REFARRAY )"},
    {"$REFERRED", "(CLASSPATH |LOCALCLASSPATH |CLASSNAME |INSTANCEPATH |LOCALINSTANCEPATH |INSTANCENAME )"},
    {"$RETURNED", "((CLASSNAME )*|(INSTANCENAME )*|(VALUE )*|(VALUE.OBJECTWITHPATH )*|(VALUE.OBJECTWITHLOCALPATH )*|"
                  "(VALUE.OBJECT )*|(OBJECTPATH )*|(QUALIFIER.DECLARATION )*|(VALUE.ARRAY )?|(VALUE.REFERENCE )?|"
                  "(CLASS )*|(INSTANCE )*|(INSTANCEPATH )*|(VALUE.NAMEDINSTANCE )*|(VALUE.INSTANCEWITHPATH )*)"},
    {"$ANYVALUE", "(VALUE |VALUE.ARRAY |VALUE.REFERENCE |VALUE.REFARRAY |CLASSNAME |INSTANCENAME |CLASS |INSTANCE |"
                  "VALUE.NAMEDINSTANCE )?"},
};

#define CIM_NAME "[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*"
#define TYPE     "boolean|string|char16|uint8|sint8|uint16|sint16|uint32|sint32|uint64|sint64|datetime|real32|real64"

static const struct group forms[] = {
    {"name", CIM_NAME},
    {"text", ".*"},
    {"type", TYPE},
    {"valuetype", TYPE "|reference"},
    {"keytype", "string|boolean|numeric"},
    {"flag", "true|false"},
    {"embedded", "object|instance"},
    {"number", "[0-9]+"},
    {"two", "2\\.[0-9]+"},
    {"one", "1\\.[0-9]+"},
};

#define FLAVORS "OVERRIDABLE?=flag TOSUBCLASS?=flag TOINSTANCE?=flag TRANSLATABLE?=flag "
#define FEATURE "CLASSORIGIN?=name PROPAGATED?=flag "

static const struct rule {
    const char *name, *content, *attributes; /* content "#": text */
} rules[] = {
    {"CIM", "(MESSAGE |DECLARATION )", "CIMVERSION=two DTDVERSION=two "},
    {"MESSAGE", "SIMPLERSP ", "ID=text PROTOCOLVERSION=one "},
    {"SIMPLERSP", "(METHODRESPONSE |IMETHODRESPONSE )", ""},
    {"METHODRESPONSE", "(ERROR |(RETURNVALUE )?(PARAMVALUE )*)", "NAME=name "},
    {"IMETHODRESPONSE", "(ERROR |(IRETURNVALUE )?(PARAMVALUE )*)", "NAME=name "},
    {"ERROR", "(INSTANCE )*", "CODE=number DESCRIPTION?=text "},
    {"RETURNVALUE", "(VALUE |VALUE.REFERENCE )?", "PARAMTYPE?=valuetype EmbeddedObject?=embedded "},
    {"IRETURNVALUE", "$RETURNED", ""},
    {"PARAMVALUE", "$ANYVALUE", "NAME=name PARAMTYPE?=valuetype EmbeddedObject?=embedded "},
    {"CLASS", "(QUALIFIER )*$PROPERTY*(METHOD )*", "NAME=name SUPERCLASS?=name "},
    {"INSTANCE", "(QUALIFIER )*$PROPERTY*", "CLASSNAME=name "},
    {"QUALIFIER", "(VALUE |VALUE.ARRAY )?", "NAME=name TYPE=type PROPAGATED?=flag " FLAVORS},
    {"QUALIFIER.DECLARATION", "(SCOPE )?(VALUE |VALUE.ARRAY )?",
     "NAME=name TYPE=type ISARRAY?=flag ARRAYSIZE?=number " FLAVORS},
    {"SCOPE", "",
     "CLASS?=flag ASSOCIATION?=flag REFERENCE?=flag PROPERTY?=flag METHOD?=flag PARAMETER?=flag INDICATION?=flag "},
    {"PROPERTY", "(QUALIFIER )*(VALUE )?", "NAME=name TYPE=type EmbeddedObject?=embedded " FEATURE},
    {"PROPERTY.ARRAY", "(QUALIFIER )*(VALUE.ARRAY )?",
     "NAME=name TYPE=type ARRAYSIZE?=number EmbeddedObject?=embedded " FEATURE},
    {"PROPERTY.REFERENCE", "(QUALIFIER )*(VALUE.REFERENCE )?", "NAME=name REFERENCECLASS?=name " FEATURE},
    {"METHOD", "(QUALIFIER )*$PARAMETER*", "NAME=name TYPE?=type " FEATURE},
    {"PARAMETER", "(QUALIFIER )*", "NAME=name TYPE=type "},
    {"PARAMETER.ARRAY", "(QUALIFIER )*", "NAME=name TYPE=type ARRAYSIZE?=number "},
    {"PARAMETER.REFERENCE", "(QUALIFIER )*", "NAME=name REFERENCECLASS?=name "},
    {"PARAMETER.REFARRAY", "(QUALIFIER )*", "NAME=name REFERENCECLASS?=name ARRAYSIZE?=number "},
    {"VALUE", "#", ""},
    {"VALUE.ARRAY", "(VALUE |VALUE.NULL )*", ""},
    {"VALUE.NULL", "", ""},
    {"VALUE.REFERENCE", "$REFERRED", ""},
    {"VALUE.REFARRAY", "(VALUE.REFERENCE |VALUE.NULL )*", ""},
    {"VALUE.OBJECT", "(CLASS |INSTANCE )", ""},
    {"VALUE.NAMEDINSTANCE", "INSTANCENAME INSTANCE ", ""},
    {"VALUE.INSTANCEWITHPATH", "INSTANCEPATH INSTANCE ", ""},
    {"VALUE.OBJECTWITHPATH", "(CLASSPATH CLASS |INSTANCEPATH INSTANCE )", ""},
    {"VALUE.OBJECTWITHLOCALPATH", "(LOCALCLASSPATH CLASS |LOCALINSTANCEPATH INSTANCE )", ""},
    {"OBJECTPATH", "(INSTANCEPATH |CLASSPATH )", ""},
    {"NAMESPACEPATH", "HOST LOCALNAMESPACEPATH ", ""},
    {"LOCALNAMESPACEPATH", "(NAMESPACE )+", ""},
    {"HOST", "#", ""},
    {"NAMESPACE", "", "NAME=name "},
    {"CLASSPATH", "NAMESPACEPATH CLASSNAME ", ""},
    {"LOCALCLASSPATH", "LOCALNAMESPACEPATH CLASSNAME ", ""},
    {"CLASSNAME", "", "NAME=name "},
    {"INSTANCEPATH", "NAMESPACEPATH INSTANCENAME ", ""},
    {"LOCALINSTANCEPATH", "LOCALNAMESPACEPATH INSTANCENAME ", ""},
    {"INSTANCENAME", "((KEYBINDING )*|(KEYVALUE )?|(VALUE.REFERENCE )?)", "CLASSNAME=name "},
    {"KEYBINDING", "(KEYVALUE |VALUE.REFERENCE )", "NAME=name "},
    {"KEYVALUE", "#", "VALUETYPE?=keytype TYPE?=type "},
};

static char said[1024];

/* ---- matching ---- */

/* Compiled once; a program of tests ends with them. */
struct pattern {
    const void *of; /* the rule or form; NULL: not yet */
    regex_t compiled;
};
static struct pattern contents[HVC_COUNT(rules)], values[HVC_COUNT(forms)];

/* The whole text. */
static bool fits(struct pattern *pattern, const void *of, const char *expression, const char *text)
{
    if (pattern->of == NULL) {
        char whole[4096];

        (void)snprintf(whole, sizeof(whole), "^(%s)$", expression);
        assert_int_equal(regcomp(&pattern->compiled, whole, REG_EXTENDED | REG_NOSUB), 0);
        pattern->of = of;
    }
    return regexec(&pattern->compiled, text, 0, NULL, 0) == 0;
}

/* The content of a rule with its groups written out and the dots of names made literal. */
static void expand(const char *content, char *out, size_t size)
{
    size_t used = 0;

    for (const char *p = content; *p != '\0';) {
        const char *words = NULL;
        size_t length = 1;

        for (size_t i = 0; i < HVC_COUNT(groups) && words == NULL; i++)
            if (strncmp(p, groups[i].name, strlen(groups[i].name)) == 0) {
                words = groups[i].words;
                length = strlen(groups[i].name);
            }
        for (const char *q = words == NULL ? p : words; q < (words == NULL ? p + 1 : words + strlen(words)); q++) {
            assert_true(used + 3 < size);
            if (*q == '.')
                out[used++] = '\\';
            out[used++] = *q;
        }
        p += length;
    }
    out[used] = '\0';
}

static const struct rule *rule_of(const xmlNode *node)
{
    for (size_t i = 0; i < HVC_COUNT(rules); i++)
        if (strcmp(rules[i].name, (const char *)node->name) == 0)
            return &rules[i];
    return NULL;
}

/* Names of the child elements, each with a blank behind it. Children that are all the same are cut down to two: more
 * mean nothing else to the expressions above. */
static bool list_children(const xmlNode *node, char *out, size_t size, bool *ret_text)
{
    const xmlNode *before = NULL;
    size_t used = 0;
    unsigned same = 0;

    *ret_text = false;
    out[0] = '\0';
    for (const xmlNode *child = node->children; child != NULL; child = child->next) {
        if (child->type == XML_TEXT_NODE) {
            for (const xmlChar *p = child->content; *p != '\0'; p++)
                *ret_text = *ret_text || isspace(*p) == 0;
            continue;
        }
        if (child->type != XML_ELEMENT_NODE)
            return false; /* no comments, CDATA, processing instructions */
        same = before != NULL && xmlStrEqual(before->name, child->name) ? same + 1 : 0;
        before = child;
        if (same < 2)
            used += (size_t)snprintf(out + used, size - used, "%s ", (const char *)child->name);
        assert_true(used < size);
    }
    return true;
}

static bool has_form(const char *text, const char *name)
{
    for (size_t i = 0; i < HVC_COUNT(forms); i++)
        if (strcmp(forms[i].name, name) == 0)
            return fits(&values[i], &forms[i], forms[i].words, text);
    fail_msg("a rule names the form %s, which there is not", name);
    return false;
}

/* Each attribute that the rule names is there, unless it may be missing, and has its form; and no other. */
static bool attributes_fit(const xmlNode *node, const struct rule *rule)
{
    unsigned known = 0, present = 0;
    char list[512], *save = NULL;

    for (const xmlAttr *attribute = node->properties; attribute != NULL; attribute = attribute->next)
        present++;
    (void)snprintf(list, sizeof(list), "%s", rule->attributes);
    for (char *word = strtok_r(list, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        char *form = strchr(word, '=');
        bool may_miss;
        xmlChar *value;

        assert_non_null(form);
        may_miss = form[-1] == '?';
        form[may_miss ? -1 : 0] = '\0';
        value = xmlGetNoNsProp(node, (const xmlChar *)word);
        if (value == NULL && !may_miss) {
            (void)snprintf(said, sizeof(said), "line %ld: %s has no %s", xmlGetLineNo(node), rule->name, word);
            return false;
        }
        known += value == NULL ? 0 : 1;
        if (value != NULL && !has_form((const char *)value, form + 1)) {
            (void)snprintf(said, sizeof(said), "line %ld: %s of %s is \"%.200s\", no %s", xmlGetLineNo(node), word,
                           rule->name, (const char *)value, form + 1);
            xmlFree(value);
            return false;
        }
        xmlFree(value);
    }
    if (known == present)
        return true;
    (void)snprintf(said, sizeof(said), "line %ld: %s has an attribute that it cannot have", xmlGetLineNo(node),
                   rule->name);
    return false;
}

static bool content_fits(const xmlNode *node, const struct rule *rule)
{
    char expression[2048];
    static char children[65536];
    bool has_text = false;
    bool text = rule->content[0] == '#';

    expand(text ? "" : rule->content, expression, sizeof(expression));
    if (list_children(node, children, sizeof(children), &has_text) && (text || !has_text) &&
        fits(&contents[rule - rules], rule, expression, children))
        return true;
    (void)snprintf(said, sizeof(said), "line %ld: %s cannot have in it: %.400s%s", xmlGetLineNo(node), rule->name,
                   children, has_text ? "and text" : "");
    return false;
}

static bool check(const xmlNode *node);

/* An embedded object is a document of its own in the text. */
static bool embedded_fits(const xmlNode *value)
{
    const xmlNode *outer =
        strcmp((const char *)value->parent->name, "VALUE.ARRAY") == 0 ? value->parent->parent : value->parent;
    xmlChar *text = xmlHasProp(outer, (const xmlChar *)"EmbeddedObject") == NULL ? NULL : xmlNodeGetContent(value);
    xmlDocPtr tree;
    bool fine;

    if (text == NULL)
        return true;
    tree = xmlReadMemory((const char *)text, xmlStrlen(text), "embedded", NULL, XML_PARSE_NONET | XML_PARSE_NOERROR);
    xmlFree(text);
    fine = tree != NULL && xmlDocGetRootElement(tree) != NULL;
    if (!fine)
        (void)snprintf(said, sizeof(said), "line %ld: the embedded object is no XML", xmlGetLineNo(value));
    else
        fine = check(xmlDocGetRootElement(tree));
    xmlFreeDoc(tree);
    return fine;
}

static bool check(const xmlNode *node)
{
    const struct rule *rule = rule_of(node);

    if (rule == NULL) {
        (void)snprintf(said, sizeof(said), "line %ld: there is no element %s", xmlGetLineNo(node),
                       (const char *)node->name);
        return false;
    }
    if (!attributes_fit(node, rule) || !content_fits(node, rule))
        return false;
    if (strcmp(rule->name, "VALUE") == 0 && !embedded_fits(node))
        return false;
    for (const xmlNode *child = node->children; child != NULL; child = child->next)
        if (child->type == XML_ELEMENT_NODE && !check(child))
            return false;
    return true;
}

const char *cimxml_grammar_check(const char *document, size_t length)
{
    xmlDocPtr tree = xmlReadMemory(document, (int)length, "answer", NULL,
                                   XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_HUGE);
    const xmlNode *root = tree == NULL ? NULL : xmlDocGetRootElement(tree);
    bool fine = false;

    if (root == NULL)
        (void)snprintf(said, sizeof(said), "it is no XML");
    else if (tree->intSubset != NULL || strcmp((const char *)root->name, "CIM") != 0)
        (void)snprintf(said, sizeof(said), "it is no CIM document without a DTD");
    else
        fine = check(root);
    xmlFreeDoc(tree);
    return fine ? NULL : said;
}
