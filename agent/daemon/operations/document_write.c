/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "document_write.h"

#include <string.h>

#include "cluster_call.h"

/* The part at offset; *ret_next is the byte that is wanted next. */
static enum hvc_result write_part(struct hvc_operations *operations, struct hvc_call *call, struct hvc_command *command,
                                  uint64_t *ret_next)
{
    uint32_t left = command->document.size - command->document.offset;
    struct hvc_answer answer = {0};
    enum hvc_result result;
    char text[256];

    command->document.length = left < HVC_DOCUMENT_PART_MAX ? left : HVC_DOCUMENT_PART_MAX;
    result = hvc_cluster_propose(operations, call, command, &answer);
    if (result != HVC_RESULT_OK)
        return result;
    if (hvc_answer_is_good(&answer) || answer.code == HVC_ANSWER_NO_DOCUMENT) { /* the latter: go on from there */
        *ret_next = answer.value;
        return HVC_RESULT_OK;
    }
    hvc_answer_text(&answer, text, sizeof(text));
    return hvc_call_say(call, hvc_cluster_result_of(&answer), "the document cannot be kept: %s; nothing was changed",
                        text);
}

enum hvc_result hvc_document_write(struct hvc_operations *operations, struct hvc_call *call, const char *bytes,
                                   size_t length, uint8_t ret_hash[HVC_STORE_HASH_SIZE])
{
    struct hvc_command command;
    enum hvc_result result = HVC_RESULT_OK;
    uint64_t next = 0;

    if (length == 0 || length > HVC_XML_MAX)
        return hvc_call_say(call, HVC_RESULT_INVALID, "a document has 1 to %d bytes, this one has %zu", HVC_XML_MAX,
                            length);
    hvc_cluster_command(operations, call, HVC_COMMAND_DOCUMENT, &command);
    operations->keeper->ops->hash(bytes, length, command.document.hash);
    command.document.size = (uint32_t)length;
    do {
        if (!hvc_call_wait(call, 0))
            return hvc_call_say(call, HVC_RESULT_TIMEOUT, "not all parts of the document were kept in time");
        command.document.offset = (uint32_t)next;
        command.document.bytes = (const uint8_t *)bytes + next;
        result = write_part(operations, call, &command, &next);
    } while (result == HVC_RESULT_OK && next < length);
    if (result == HVC_RESULT_OK)
        memcpy(ret_hash, command.document.hash, sizeof(command.document.hash));
    return result;
}
