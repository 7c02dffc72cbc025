/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as requests to the server of CIM, through prepare and perform with the unit tests' picture of a cluster:
 * whatever they ask, there is an answer that is XML, an error has words, a change ends in orders, and a missing fact is
 * never an empty list. A zero byte ends a request; up to four meet one server, so that what one left open is pulled.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "facts_sample.h"
#include "fuzz.h"
#include "hvc/cim_server.h"
#include "hvc/schemas.h"
#include "text_buffer.h"
#include "xml_tree.h"

enum { REQUESTS_MAX = 4, ARENA_BYTES = 8 << 20, ANSWER_BYTES = 4 << 20 };

static const struct hvc_schema_namespace *const spaces[] = {&hvc_schema_interop, &hvc_schema_cluster, &hvc_schema_host};
static const struct hvc_cim_server_options options = {.spaces = spaces,
                                                      .space_count = 3,
                                                      .host = "n1.example.org",
                                                      .open_max = 2,
                                                      .idle_max_s = 600,
                                                      .idle_s = 60,
                                                      .context_start = 1};

static void check_answer(const struct hvc_cim_call *call, const struct hvc_text_buffer *out)
{
    struct hvc_cim_arena *arena = hvc_cim_arena_new((size_t)64 << 20);
    struct hvc_xml_node *root = NULL;
    struct hvc_error error = {0};
    int rc = arena == NULL ? 0 : hvc_xml_tree_read(arena, out->bytes, out->length, &root, &error);

    if (strlen(out->bytes) != out->length || rc == -EINVAL)
        abort();
    if (call->result.status != HVC_CIM_OK && (call->result.words == NULL || call->result.words[0] == '\0'))
        abort();
    if (call->order_count > 0 && (call->orders[0].operation == NULL || !hvc_cim_is_change(call->request)))
        abort();
    hvc_cim_arena_free(arena);
}

static void answer(struct hvc_cim_server *server, const char *bytes, size_t length, uint32_t missing)
{
    struct hvc_cim_call call = {.server = server, .now_ms = 1000, .facts = &facts_sample, .missing_words = "no quorum"};
    struct hvc_text_buffer out = {.limit = ANSWER_BYTES};
    enum hvc_cimxml_fault fault = HVC_CIMXML_FAULT_NONE;
    struct hvc_error error = {0};
    uint32_t needs;

    call.arena = hvc_cim_arena_new(ARENA_BYTES);
    if (call.arena == NULL)
        return;
    if (hvc_cimxml_read(call.arena, bytes, length, &call.request, &fault, &error) == 0) {
        needs = hvc_cim_prepare(&call);
        call.facts_missing = needs & missing;
        if (call.result.status == HVC_CIM_OK)
            hvc_cim_perform(&call);
        if (call.facts_missing == needs && needs != 0 && call.result.status == HVC_CIM_OK && call.result.count == 0 &&
            call.result.kind != HVC_CIM_RESULT_NOTHING)
            abort(); /* nothing was known, and it said "nothing is there" */
        hvc_cim_result_write(&call, &out);
        if (!out.failed)
            check_answer(&call, &out);
        hvc_text_free(&out);
    }
    hvc_cim_arena_free(call.adopted);
    if (!call.kept)
        hvc_cim_arena_free(call.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;

    for (uint32_t missing = 0; missing != 2; missing++) {
        struct hvc_cim_server *server = hvc_cim_server_new(&options);
        size_t at = 0;

        for (unsigned i = 0; server != NULL && i < REQUESTS_MAX && at < size; i++) {
            const char *end = memchr(bytes + at, 0, size - at);
            size_t length = end == NULL ? size - at : (size_t)(end - bytes) - at;

            answer(server, bytes + at, length, missing == 0 ? 0 : UINT32_MAX);
            at += length + 1;
        }
        hvc_cim_server_free(server);
    }
    return 0;
}
