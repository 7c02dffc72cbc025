/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include "../hvc_cmocka.h"

const char compiled_qualifiers[] =
    "Qualifier Abstract : boolean = false, Scope(class, association, indication), Flavor(EnableOverride, Restricted);\n"
    "Qualifier Association : boolean = false, Scope(association), Flavor(DisableOverride, ToSubclass);\n"
    "Qualifier Description : string = null, Scope(any), Flavor(EnableOverride, ToSubclass, Translatable);\n"
    "Qualifier EmbeddedInstance : string = null, Scope(property, method, parameter);\n"
    "Qualifier EmbeddedObject : boolean = false, Scope(property, method, parameter);\n"
    "Qualifier Implemented : boolean = false, Scope(method), Flavor(Restricted);\n"
    "Qualifier In : boolean = true, Scope(parameter), Flavor(DisableOverride, ToSubclass);\n"
    "Qualifier Indication : boolean = false, Scope(class, indication), Flavor(DisableOverride, ToSubclass);\n"
    "Qualifier Key : boolean = false, Scope(property, reference), Flavor(DisableOverride, ToSubclass);\n"
    "Qualifier MaxLen : uint32 = null, Scope(property, method, parameter);\n"
    "Qualifier Out : boolean = false, Scope(parameter), Flavor(DisableOverride, ToSubclass);\n"
    "Qualifier Override : string = null, Scope(property, reference, method), Flavor(EnableOverride, Restricted);\n"
    "Qualifier Provider : string = null, Scope(class, association, indication), Flavor(Restricted);\n"
    "Qualifier Required : boolean = false, Scope(property, reference, method, parameter);\n"
    "Qualifier ValueMap : string[] = null, Scope(property, method, parameter);\n"
    "Qualifier Values : string[] = null, Scope(property, method, parameter), Flavor(Translatable);\n"
    "Qualifier Write : boolean = false, Scope(property, reference);\n";

void compile_text(struct compiled *c, bool qualifiers, const char *text)
{
    *c = (struct compiled){0};
    c->run.messages = open_memstream(&c->messages, &c->messages_length);
    assert_non_null(c->run.messages);
    if (qualifiers)
        mof_parse_text(&c->run, &c->tree, "qualifiers.mof", compiled_qualifiers, sizeof(compiled_qualifiers) - 1);
    mof_parse_text(&c->run, &c->tree, "t.mof", text, strlen(text));
    if (c->run.errors == 0)
        mof_check(&c->run, &c->tree);
}

const char *compiled_messages(struct compiled *c)
{
    assert_int_equal(fflush(c->run.messages), 0);
    return c->messages;
}

void compiled_free(struct compiled *c)
{
    assert_int_equal(fclose(c->run.messages), 0);
    free(c->messages);
    mof_arena_free(&c->run.arena);
}
