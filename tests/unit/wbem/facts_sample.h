/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A cluster of three nodes: what the golden answers are about. */
#ifndef HVC_TEST_WBEM_FACTS_SAMPLE_H
#define HVC_TEST_WBEM_FACTS_SAMPLE_H

#include "hvc/cim_facts.h"

extern const struct hvc_cim_facts facts_sample;

#endif
