/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A class with one of everything. */
#ifndef HVC_TEST_WBEM_SAMPLE_H
#define HVC_TEST_WBEM_SAMPLE_H

#include "hvc/schema.h"

extern const struct hvc_schema_class sample_base;      /* CIM_Base */
extern const struct hvc_schema_class sample_class;     /* Msvm_Sample : CIM_Base */
extern const struct hvc_schema_namespace sample_space; /* root/sample with both */

#endif
