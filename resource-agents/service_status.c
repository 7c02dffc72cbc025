/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "hvc/client.h"
#include "hvc/text.h"
#include "migration_service.h"

#define STATUS_MS 5000 /* a daemon that does not say how it does within it hangs; `status` itself ends within 2 s */

static void describe(const struct hvc_record *data, struct hvc_service_health *health)
{
    const struct hvc_record *hypervisor = hvc_record_record(data, "hypervisor");
    const char *state = hvc_record_text(hypervisor, "health", "");
    const char *words = hvc_record_text(hypervisor, "words", "");
    size_t used = 0;

    (void)snprintf(health->summary, sizeof(health->summary), "version %s, node %s",
                   hvc_record_text(data, "version", "?"), hvc_record_text(data, "node", "?"));
    if (strcmp(state, "down") == 0 || strcmp(state, "hangs") == 0)
        (void)hvc_text_append(health->words, sizeof(health->words), &used, "libvirt %s%s%.300s", state,
                              *words == '\0' ? "" : ": ", words);
    if (hvc_record_type(data, "quorate") == HVC_RECORD_BOOL && !hvc_record_bool(data, "quorate", true))
        (void)hvc_text_append(health->words, sizeof(health->words), &used, "%sthis node has no quorum",
                              used == 0 ? "" : "; ");
}

static int ask(const struct hvc_service_probe *probe, uint64_t deadline_ms, struct hvc_service_health *ret_health,
               struct hvc_error *error)
{
    HVC_CLEANUP(record) struct hvc_record *request = NULL;
    HVC_CLEANUP(record) struct hvc_record *response = NULL;
    HVC_CLEANUP(client) struct hvc_client *client = NULL;
    struct hvc_service_health health = {0};
    struct hvc_record *args = NULL;
    uint64_t own = hvc_deadline_in(STATUS_MS);
    int rc;

    (void)probe;
    if (own > deadline_ms)
        own = deadline_ms;
    request = hvc_request_new("status", &args);
    if (request == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory");
    rc = hvc_client_connect(NULL, own, &client, error);
    if (rc == 0)
        rc = hvc_client_call(client, request, own, &response, error);
    if (rc < 0)
        return rc;
    if (hvc_response_result(response) != HVC_RESULT_OK)
        return hvc_error_set(error, -EIO, "%s", hvc_response_text(response));
    describe(hvc_response_data(response), &health);
    health.pid = (int64_t)hvc_record_u64(hvc_response_data(response), "pid", 0);
    *ret_health = health;
    return 0;
}

const struct hvc_service_probe hvc_service_status = {.ask = ask};
