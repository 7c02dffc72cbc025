/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service_status.h"

#include <errno.h>

#include "hvc/client.h"
#include "hvc/text.h"

#define STATUS_MS 5000 /* a daemon that does not say how it does within it hangs; `status` itself ends within 2 s */

/*
 * What is told here is told in the log and is no failure. A failure of this resource makes Pacemaker restart
 * hvclusterd, and in the end keep it away from the node; neither brings back quorum, corosync, room on a disk, or
 * libvirt, the daemon tries again by itself, and guests must not move because of it. So:
 *   - a failure is: nobody listens, or no answer in time (dead, hung, stopped), or it cannot be asked;
 *   - no failure is: no quorum, corosync away or hanging, store full, failing or being refilled, a lost node that is
 *     not fenced yet, libvirt down or hanging, too many clients.
 */
void hvc_service_status_read(const struct hvc_record *data, struct hvc_service_health *health)
{
    const struct hvc_record *hypervisor = hvc_record_record(data, "hypervisor");
    const char *state = hvc_record_text(hypervisor, "health", "");
    const char *words = hvc_record_text(hypervisor, "words", "");
    const struct hvc_record *part = hvc_record_record(data, "cluster_state");
    size_t used = 0;

    memset(health, 0, sizeof(*health));
    health->pid = (int64_t)hvc_record_u64(data, "pid", 0);
    (void)snprintf(health->summary, sizeof(health->summary), "version %s, node %s",
                   hvc_record_text(data, "version", "?"), hvc_record_text(data, "node", "?"));
    if (strcmp(state, "down") == 0 || strcmp(state, "hangs") == 0)
        (void)hvc_text_append(health->words, sizeof(health->words), &used, "libvirt %s%s%.300s", state,
                              *words == '\0' ? "" : ": ", words);
    if (part != NULL && strcmp(hvc_record_text(part, "health", ""), "voting") != 0)
        (void)hvc_text_append(health->words, sizeof(health->words), &used, "%s%.300s", used == 0 ? "" : "; ",
                              hvc_record_text(part, "summary", "it does not say how the cluster's state does"));
    else if (hvc_record_type(part, "doubt") != HVC_RECORD_NONE)
        (void)hvc_text_append(health->words, sizeof(health->words), &used, "%s%.300s", used == 0 ? "" : "; ",
                              hvc_record_text(part, "doubt", ""));
}

static int ask(const struct hvc_service_probe *probe, uint64_t deadline_ms, struct hvc_service_health *ret_health,
               struct hvc_error *error)
{
    HVC_CLEANUP(record) struct hvc_record *request = NULL;
    HVC_CLEANUP(record) struct hvc_record *response = NULL;
    HVC_CLEANUP(client) struct hvc_client *client = NULL;
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
    hvc_service_status_read(hvc_response_data(response), ret_health);
    return 0;
}

const struct hvc_service_probe hvc_service_status = {.ask = ask};
