/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One call of a method, from the bytes of its request to its answer, without hvclusterd. */
#ifndef METHOD_TALK_H
#define METHOD_TALK_H

#include "hvc/cim_facts.h"
#include "hvc/cim_server.h"

#include "text_buffer.h"

enum { METHOD_TALK_MAX = 1 << 20 };

extern const struct hvc_cim_server_options method_talk_options;

/* Two lines: "> " and what hvclusterd is asked to do, each order held against its table of operations; "< " and what
 * the method answers, and why. object: whose method it is, see method_request.h; says: what hvclusterd says to the last
 * order, a word of hvc/results.h and its data. */
void method_talk(struct hvc_cim_server *server, const char *request, const char *object, const char *says,
                 struct hvc_text_buffer *out);
/* The same with a picture of one's own. */
void method_talk_about(struct hvc_cim_server *server, const char *request, const struct hvc_cim_facts *facts,
                       const char *says, struct hvc_text_buffer *out);

#endif
