/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations on the fake keeper, a request with its outcome a row, one after the other on the same state. */
#ifndef HVC_OPERATION_CASES_H
#define HVC_OPERATION_CASES_H

#include "cluster_call.h"
#include "world_fixture.h"

#include <errno.h>

struct operation_case {
    const char *operation, *args; /* args: JSON, "{}" */
    const char *result, *text;    /* text: part of the words */
};

static int begin(void **state)
{
    (void)state;
    make_world();
    return 0;
}

static int end(void **state)
{
    (void)state;
    drop_world();
    return 0;
}

static struct hvc_call *run_request(const char *json)
{
    struct hvc_call *call = fake_call(json);

    hvc_call_run(&world->operations, call);
    (void)hvc_call_response(call);
    return call;
}

static inline struct hvc_call *run(const char *operation, const char *args)
{
    char json[2048];

    (void)snprintf(json, sizeof(json), "{\"op\":\"%s\",\"version\":1,\"args\":%s}", operation, args);
    return run_request(json);
}

static inline void check(const struct operation_case *row)
{
    struct hvc_call *call = run(row->operation, row->args);
    const char *result = hvc_record_text(hvc_call_response(call), "result", "");

    if (strcmp(result, row->result) != 0 || strstr(call->error.text, row->text) == NULL)
        fail_msg("%s %s: %s: %s\nwanted %s: %s", row->operation, row->args, result, call->error.text, row->result,
                 row->text);
    hvc_call_unref(call);
}

#endif
