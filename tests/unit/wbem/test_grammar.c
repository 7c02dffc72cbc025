/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every golden answer against the grammar of CIM-XML, and the grammar against documents that are wrong. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "cimxml_grammar.h"

enum { LARGE = 4 << 20 };

/* How many there are. */
static size_t check_files(const char *names)
{
    static char text[LARGE];
    char pattern[512];
    size_t answers = 0;
    glob_t found;

    (void)snprintf(pattern, sizeof(pattern), "%s/tests/golden/%s", getenv("HVC_SOURCE_DIR"), names);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        FILE *file;
        const char *words;
        size_t length;

        if (strstr(found.gl_pathv[i], ".request.xml") != NULL)
            continue;
        file = fopen(found.gl_pathv[i], "r");
        assert_non_null(file);
        length = fread(text, 1, LARGE, file);
        assert_int_equal(fclose(file), 0);
        assert_true(length < LARGE);
        words = cimxml_grammar_check(text, length);
        if (words != NULL)
            fail_msg("%s: %s", found.gl_pathv[i], words);
        answers++;
    }
    globfree(&found);
    return answers;
}

static void every_golden_answer_is_cim_xml(void **state)
{
    (void)state;
    assert_true(check_files("wbem/*.xml") > 60);
    assert_int_equal(check_files("cimxml/method.xml"), 1); /* the others there are pieces of the codec side by side */
    assert_int_equal(check_files("cimxml/error.xml"), 1);
}

#define FRAME(inside)                                                                                                  \
    "<CIM CIMVERSION=\"2.0\" DTDVERSION=\"2.0\"><MESSAGE ID=\"1\" PROTOCOLVERSION=\"1.0\"><SIMPLERSP>" inside          \
    "</SIMPLERSP></MESSAGE></CIM>"
#define GIVES(inside)    FRAME("<IMETHODRESPONSE NAME=\"X\"><IRETURNVALUE>" inside "</IRETURNVALUE></IMETHODRESPONSE>")
#define INSTANCE(inside) GIVES("<INSTANCE CLASSNAME=\"A\">" inside "</INSTANCE>")

static void what_is_wrong_is_found(void **state)
{
    static const struct {
        const char *document, *words; /* NULL: it is right */
    } cases[] = {
        {INSTANCE("<PROPERTY NAME=\"P\" TYPE=\"uint8\"><VALUE>1</VALUE></PROPERTY>"), NULL},
        {FRAME("<IMETHODRESPONSE NAME=\"X\"></IMETHODRESPONSE>"), NULL},
        {"<CIM", "it is no XML"},
        {"<!DOCTYPE CIM []>" GIVES(""), "without a DTD"},
        {"<INSTANCE CLASSNAME=\"A\"/>", "it is no CIM document"},
        {"<CIM DTDVERSION=\"2.0\"/>", "CIM has no CIMVERSION"},
        {"<CIM CIMVERSION=\"3.0\" DTDVERSION=\"2.0\"/>", "CIMVERSION of CIM is \"3.0\", no two"},
        {"<CIM CIMVERSION=\"2.0\" DTDVERSION=\"2.0\"/>", "CIM cannot have in it"},
        {FRAME(""), "SIMPLERSP cannot have in it"},
        {FRAME("<IMETHODRESPONSE NAME=\"X\"><ERROR CODE=\"1\"/><IRETURNVALUE/></IMETHODRESPONSE>"),
         "IMETHODRESPONSE cannot have in it: ERROR IRETURNVALUE"},
        {FRAME("<IMETHODRESPONSE NAME=\"X\"><ERROR CODE=\"one\"/></IMETHODRESPONSE>"), "is \"one\", no number"},
        {FRAME("<IMETHODRESPONSE NAME=\"X\"><PARAMVALUE NAME=\"a\"/><IRETURNVALUE/></IMETHODRESPONSE>"),
         "IMETHODRESPONSE cannot have in it"},
        {FRAME("<METHODRESPONSE NAME=\"X\"><IRETURNVALUE/></METHODRESPONSE>"), "METHODRESPONSE cannot have in it"},
        {GIVES("<INSTANCE CLASSNAME=\"A\"/><CLASSNAME NAME=\"A\"/>"), "IRETURNVALUE cannot have in it"},
        {GIVES("<VALUE.NAMEDINSTANCE><INSTANCE CLASSNAME=\"A\"/></VALUE.NAMEDINSTANCE>"),
         "VALUE.NAMEDINSTANCE cannot have in it"},
        {GIVES("<VALUE.OBJECTWITHPATH><INSTANCENAME CLASSNAME=\"A\"/><INSTANCE CLASSNAME=\"A\"/>"
               "</VALUE.OBJECTWITHPATH>"),
         "VALUE.OBJECTWITHPATH cannot have in it"},
        {GIVES("<THING/>"), "IRETURNVALUE cannot have in it: THING"},
        {GIVES("words"), "IRETURNVALUE cannot have in it: and text"},
        {INSTANCE("<PROPERTY NAME=\"P\" TYPE=\"int\"/>"), "TYPE of PROPERTY is \"int\", no type"},
        {INSTANCE("<PROPERTY TYPE=\"uint8\"/>"), "PROPERTY has no NAME"},
        {INSTANCE("<PROPERTY NAME=\"a b\" TYPE=\"uint8\"/>"), "NAME of PROPERTY is \"a b\", no name"},
        {INSTANCE("<PROPERTY NAME=\"P\" TYPE=\"uint8\" COLOUR=\"red\"/>"), "PROPERTY has an attribute"},
        {INSTANCE("<PROPERTY NAME=\"P\" TYPE=\"uint8\"><VALUE.ARRAY/></PROPERTY>"), "PROPERTY cannot have in it"},
        {INSTANCE("<PROPERTY NAME=\"P\" TYPE=\"uint8\"><VALUE>1</VALUE><VALUE>2</VALUE></PROPERTY>"),
         "PROPERTY cannot have in it"},
        {INSTANCE("<PROPERTY NAME=\"P\" TYPE=\"uint8\"/><QUALIFIER NAME=\"Q\" TYPE=\"boolean\"/>"),
         "INSTANCE cannot have in it"},
        {INSTANCE("<PROPERTY.REFERENCE NAME=\"P\"><VALUE.REFERENCE/></PROPERTY.REFERENCE>"),
         "VALUE.REFERENCE cannot have in it"},
        {INSTANCE("<PROPERTY NAME=\"P\" TYPE=\"string\" EmbeddedObject=\"instance\"><VALUE>&lt;INSTANCE/&gt;</VALUE>"
                  "</PROPERTY>"),
         "INSTANCE has no CLASSNAME"},
        {INSTANCE("<PROPERTY NAME=\"P\" TYPE=\"string\" EmbeddedObject=\"yes\"/>"), "is \"yes\", no embedded"},
        {GIVES("<INSTANCENAME CLASSNAME=\"A\"><KEYBINDING NAME=\"K\"/></INSTANCENAME>"),
         "KEYBINDING cannot have in it"},
        {GIVES("<INSTANCENAME CLASSNAME=\"A\"><KEYBINDING NAME=\"K\"><KEYVALUE VALUETYPE=\"uint8\">1</KEYVALUE>"
               "</KEYBINDING></INSTANCENAME>"),
         "is \"uint8\", no keytype"},
        {GIVES("<INSTANCE CLASSNAME=\"A\"><!-- --></INSTANCE>"), "INSTANCE cannot have in it"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        const char *words = cimxml_grammar_check(cases[i].document, strlen(cases[i].document));

        if (cases[i].words == NULL ? words != NULL : words == NULL || strstr(words, cases[i].words) == NULL)
            fail_msg("'%s' gave '%s', not '%s'", cases[i].document, words == NULL ? "nothing" : words,
                     cases[i].words == NULL ? "nothing" : cases[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_golden_answer_is_cim_xml),
        cmocka_unit_test(what_is_wrong_is_found),
    };

    return cmocka_run_group_tests_name("wbem.grammar", tests, NULL, NULL);
}
