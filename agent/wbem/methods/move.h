/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A move as a client asks for it, and as hvclusterd is asked for it. */
#ifndef HVC_WBEM_METHODS_MOVE_H
#define HVC_WBEM_METHODS_MOVE_H

#include "methods.h"

enum { /* MigrationType; 2 to 4 are CIM's own, the others Hyper-V's */
       TYPE_LIVE = 2,
       TYPE_RESUME = 3,
       TYPE_RESTART = 4,
       TYPE_SYSTEM = 32768,
       TYPE_STORAGE = 32769,
       TYPE_STAGED = 32770,
       TYPE_BOTH = 32771,
       TYPE_DEEP_CHECK = 32772
};

struct move {
    const struct hvc_facts_guest *guest;
    const struct hvc_facts_node *target; /* NULL: storage alone */
    unsigned type;
    const char *kind;                        /* of job.create */
    bool storage;                            /* disks go somewhere */
    bool planned;                            /* to where a planned system has them */
    const struct hvc_cim_instance *settings; /* NULL: as usual */
    const char *plan;                        /* hvc/storage_plan.h; NULL: none */
};

/* The kind that the type and the guest's state ask for. False and refused: there is none. */
bool take_type(struct hvc_cim_method_call *call, struct move *move, bool check);
/* DestinationPlannedVirtualSystemId, when the target is known: what its planned system makes of the move. */
bool take_planned(struct hvc_cim_method_call *call, struct move *move);
/* NewSystemSettingData and NewResourceSettingData, and files beside disks: where they shall be. */
bool take_plan(struct hvc_cim_method_call *call, struct move *move);
/* Settings as arguments of job.create; a setting that cannot be carried out is refused. */
void add_settings(struct hvc_cim_method_call *call, const struct move *move, struct hvc_cim_order *order);

#endif
