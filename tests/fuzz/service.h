/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two fuzzers of engine/service share; each ends the program when something does not hold. */
#ifndef FUZZ_SERVICE_H
#define FUZZ_SERVICE_H

#include "hvc/service.h"

/* An empty one with small tables. Memory of the former one in the same place is used again. */
void fuzz_service_new(struct hvc_service **ret_service);
void fuzz_service_free(struct hvc_service **service);

/* The whole snapshot; valid until the next call. */
const uint8_t *fuzz_service_snapshot(struct hvc_service *service, size_t *ret_length);

/* Makes target what source is, by a snapshot; both give the same snapshot and digest then. */
void fuzz_service_refill(struct hvc_service *source, struct hvc_service *target);

/* Asks for everything there is to ask for: effects, blockers, loads, lists. */
void fuzz_service_walk(const struct hvc_service *service);

#endif
