/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the answer to `status` says about hvclusterd as a service. Pure. */
#ifndef HVC_SERVICE_STATUS_H
#define HVC_SERVICE_STATUS_H

#include "hvc/record.h"
#include "migration_service.h"

/* Fills *ret_health from the data of the answer. */
void hvc_service_status_read(const struct hvc_record *data, struct hvc_service_health *ret_health);

#endif
