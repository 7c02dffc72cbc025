/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The namespaces: each is an object library (mof/CMakeLists.txt) that wants the providers its classes name. */
#ifndef HVC_SCHEMAS_H
#define HVC_SCHEMAS_H

#include "hvc/schema.h"

extern const struct hvc_schema_namespace hvc_schema_cluster; /* root/HyperVCluster/v2 */
extern const struct hvc_schema_namespace hvc_schema_host;    /* root/virtualization/v2 */
extern const struct hvc_schema_namespace hvc_schema_interop; /* root/interop */

#endif
