/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions and answers as records of the IPC. Pure but for memory. */
#ifndef HVC_ASK_CODEC_H
#define HVC_ASK_CODEC_H

#include "ask.h"
#include "hvc/record.h"

/* The request; NULL when there is no memory (other failures show when it is sent). Free with hvc_record_free. */
struct hvc_record *hvc_ask_encode(const struct hvc_question *question);

/* What a response (checked by hvc_client_call or hvc_response_parse) says. Of a guest.list, the one guest that belongs
 * to the question's resource; none and several are results of their own: NOT_FOUND and REFUSED. */
void hvc_ask_decode(const struct hvc_question *question, const struct hvc_record *response,
                    struct hvc_answer *ret_answer);

#endif
