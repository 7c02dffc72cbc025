/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The definition of a guest that is off: stored at the target, then removed at the source, in this order, so that it is
 * nowhere missing. NVRAM is carried along, and kept at the source; a TPM's state is not, and the move is refused.
 */
#include <errno.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/guest_storage.h"
#include "move_private.h"

/* Equal but for what a move writes into them and libvirt's own changes of form. */
static bool same_definition(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static enum hvc_move_end check(struct hvc_move *m, struct hvc_error *error)
{
    const struct hvc_guest_state *source = &m->report.source, *target = &m->report.target;

    hvc_move_ask_ends(m);
    if (!m->report.source_answered)
        return hvc_move_refuse_for(m, &m->source_words, error);
    if (!m->report.target_answered)
        return hvc_move_refuse_for(m, &m->target_words, error);
    if (hvc_guest_is_present(source->guest_class) || hvc_guest_is_present(target->guest_class))
        return hvc_move_refuse(m, -EBUSY, "it is not off; this kind of move is for a guest that is", error);
    if (!source->persistent && target->persistent)
        return HVC_MOVE_MOVED;
    if (!source->persistent && m->definition == NULL)
        return hvc_move_refuse(m, -ENOENT, "it has no stored definition at the source", error);
    if (hvc_move_is_cancelled(m))
        return hvc_move_refuse(m, -ECANCELED, m->cancel_reason, error);
    return HVC_MOVE_UNDER_WAY;
}

/* The definition to be stored: without the mark that another kind of move may have left. */
static int read_definition(struct hvc_move *m, char **ret_xml, struct hvc_guest_devices **ret_devices,
                           struct hvc_error *error)
{
    HVC_CLEANUP(free) char *xml = NULL;
    const struct hvc_transit none = {.present = false};
    int result;

    if (!m->report.source.persistent) {
        *ret_devices = malloc(sizeof(**ret_devices));
        result = *ret_devices == NULL ? hvc_error_set(error, -ENOMEM, "no memory")
                                      : hvc_guest_devices_read(m->definition, *ret_devices, error);
        return result < 0 ? result : hvc_guest_xml_place(m->definition, NULL, 0, &none, ret_xml, error);
    }
    result = hvc_move_read(m, m->request.source, true, &xml, ret_devices, error);
    if (result == 0)
        result = hvc_move_check_devices(m, *ret_devices, error);
    return result < 0 ? result : hvc_guest_xml_place(xml, NULL, 0, &none, ret_xml, error);
}

/* One that a run before this one has stored there is the same; any other is somebody's. */
static int check_target(struct hvc_move *m, const char *xml, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *there = NULL;
    HVC_CLEANUP(free) char *plain = NULL;
    HVC_CLEANUP(free) struct hvc_guest_devices *devices = NULL;
    const struct hvc_transit none = {.present = false};
    int result;

    if (!m->report.target.persistent)
        return 0;
    result = hvc_move_read(m, m->request.target, true, &there, &devices, error);
    if (result == 0)
        result = hvc_guest_xml_place(there, NULL, 0, &none, &plain, error);
    if (result == 0 && !same_definition(plain, xml))
        result = hvc_error_set(error, -EEXIST, "the target has another definition of it; remove the wrong one first");
    return result;
}

static int store(struct hvc_move *m, const char *xml, const struct hvc_guest_devices *devices, struct hvc_error *error)
{
    struct hvc_guest_state there;
    int result = devices->nvram[0] == '\0' ? 0 : hvc_move_carry(m, devices->nvram, error);

    if (result == 0)
        result = hvc_hypervisor_define(m->request.target, xml, hvc_move_work_deadline(), error);
    if (result == 0)
        result = hvc_move_inspect(m, m->request.target, &there, error);
    if (result == 0 && !there.persistent)
        result = hvc_error_set(error, -EIO, "the target took its definition and does not show it");
    return result;
}

enum hvc_move_end hvc_move_run_definition(struct hvc_move *m, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *xml = NULL;
    HVC_CLEANUP(free) struct hvc_guest_devices *devices = NULL;
    struct hvc_error why = {.code = 0};
    enum hvc_move_end end = check(m, error);
    int result = 0;

    if (end != HVC_MOVE_UNDER_WAY)
        return end;
    if (read_definition(m, &xml, &devices, &why) < 0 || check_target(m, xml, &why) < 0)
        return hvc_move_refuse_for(m, &why, error);
    hvc_move_set_phase(m, HVC_MOVE_SWITCHING);
    if (store(m, xml, devices, &why) < 0) {
        (void)hvc_error_set(error, why.code, "guest %s stays defined on %s: %s", m->request.id.name, m->source_name,
                            why.text);
        return HVC_MOVE_STAYED;
    }
    if (m->report.source.persistent)
        result = hvc_hypervisor_undefine(m->request.source, m->request.id.uuid, hvc_move_work_deadline(), &why);
    hvc_move_set_phase(m, HVC_MOVE_PROVING);
    hvc_move_ask_ends(m);
    if (m->report.source_answered && !m->report.source.persistent)
        return HVC_MOVE_MOVED;
    (void)hvc_error_set(error, -EINPROGRESS, "guest %s is defined on %s and still on %s; run the move again: %s",
                        m->request.id.name, m->target_name, m->source_name,
                        result < 0 ? why.text : m->source_words.text);
    return HVC_MOVE_UNPROVEN;
}
