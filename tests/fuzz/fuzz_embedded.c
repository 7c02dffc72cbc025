/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as an embedded instance: refused with words, or it has a class, every property has a name, and its values
 * can be written; what one of them holds may be an instance again. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "hvc/cimxml.h"
#include "text_buffer.h"

enum { DEPTH_MAX = 3 };

static void read_embedded(struct hvc_cim_arena *arena, const char *text, unsigned depth);

static void check_property(struct hvc_cim_arena *arena, const struct hvc_cim_property *property, unsigned depth)
{
    const struct hvc_cim_value *value = property->value;
    struct hvc_text_buffer out = {.limit = 1 << 22};

    if (property->name == NULL || property->name[0] == '\0')
        abort();
    hvc_cimxml_out_parameter(&out, property->name, value, false);
    if (!out.failed && out.bytes != NULL && strlen(out.bytes) != out.length) /* NULL: nothing is written of a null */
        abort();
    hvc_text_free(&out);
    for (uint32_t i = 0; !value->null && value->type == HVC_CIM_STRING && i < value->count; i++)
        if (value->text[i] != NULL)
            read_embedded(arena, value->text[i], depth + 1);
}

static void read_embedded(struct hvc_cim_arena *arena, const char *text, unsigned depth)
{
    const struct hvc_cim_instance *instance = NULL;
    struct hvc_error error = {0};
    int rc = depth > DEPTH_MAX ? 0 : hvc_cimxml_read_instance(arena, text, &instance, &error);

    if ((rc < 0) != (error.text[0] != '\0'))
        abort(); /* refused without a word */
    if (instance == NULL)
        return;
    if (instance->class_name == NULL || instance->class_name[0] == '\0')
        abort();
    for (uint32_t i = 0; i < instance->property_count; i++)
        check_property(arena, &instance->properties[i], depth);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hvc_cim_arena *arena = hvc_cim_arena_new(1 << 22);
    const char *text = arena == NULL ? NULL : hvc_cim_copy(arena, (const char *)data, size);

    if (text != NULL)
        read_embedded(arena, text, 0);
    hvc_cim_arena_free(arena);
    return 0;
}
