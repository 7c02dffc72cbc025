/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The providers' picture from hvclusterd's answers. Pure. */
#ifndef HVC_WBEMD_FACTS_H
#define HVC_WBEMD_FACTS_H

#include "hvc/cim_facts.h"
#include "hvc/cim_server.h"
#include "hvc/record.h"

/* Empty, with no NULL text in it. */
void hvc_wbemd_facts_clear(struct hvc_cim_facts *facts);

/* One part (a bit of HVC_FACTS_*) from the data of its operation; of guests and jobs piece by piece (adds). Texts are
 * copied into the arena. False: no memory. */
bool hvc_wbemd_facts_take(struct hvc_cim_arena *arena, struct hvc_cim_facts *facts, uint32_t part,
                          const struct hvc_record *data);

/* The part as another picture has it: texts and lists stay the other's. */
void hvc_wbemd_facts_share(struct hvc_cim_facts *facts, const struct hvc_cim_facts *other, uint32_t part);

/* The operation that tells a part. */
const char *hvc_wbemd_facts_operation(uint32_t part);

#endif
