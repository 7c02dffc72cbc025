/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a request: refused with words and a fault, or every text in it is of its type and its instances and
 * paths can be written. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "hvc/cimxml.h"
#include "text_buffer.h"

static void write_back(struct hvc_cim_arena *arena, const struct hvc_cimxml_request *request)
{
    struct hvc_text_buffer out = {.limit = 1 << 22};

    hvc_cimxml_begin(&out, request);
    for (uint32_t i = 0; i < request->parameter_count; i++) {
        const struct hvc_cimxml_parameter *parameter = &request->parameters[i];
        const struct hvc_cim_instance *inside = NULL;
        struct hvc_error error = {0};

        if (parameter->kind == HVC_CIMXML_PATH)
            hvc_cimxml_put_instance_name(&out, parameter->path);
        if (parameter->kind != HVC_CIMXML_VALUE)
            continue;
        hvc_cimxml_out_parameter(&out, parameter->name, &parameter->value, false);
        if (parameter->value.type == HVC_CIM_STRING && parameter->value.count > 0 &&
            hvc_cimxml_read_instance(arena, parameter->value.text[0], &inside, &error) < 0 && error.text[0] == '\0')
            abort();
    }
    hvc_cimxml_end(&out, request);
    if (!out.failed && strlen(out.bytes) != out.length)
        abort();
    hvc_text_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hvc_cim_arena *arena = hvc_cim_arena_new(1 << 22);
    const struct hvc_cimxml_request *request = NULL;
    enum hvc_cimxml_fault fault = HVC_CIMXML_FAULT_NONE;
    struct hvc_error error = {0};
    int rc;

    if (arena == NULL)
        return 0;
    rc = hvc_cimxml_read(arena, (const char *)data, size, &request, &fault, &error);
    if ((rc < 0) != (fault != HVC_CIMXML_FAULT_NONE) || (rc < 0) != (error.text[0] != '\0'))
        abort(); /* refused without a word */
    if (rc == 0)
        write_back(arena, request);
    hvc_cim_arena_free(arena);
    return 0;
}
