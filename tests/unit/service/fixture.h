/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A service in memory of the test, with short ways to feed it commands and to look at its bytes. */
#ifndef HVC_TEST_SERVICE_FIXTURE_H
#define HVC_TEST_SERVICE_FIXTURE_H

#include "hvc/service.h"

struct fixture {
    void *memory;
    size_t size;
    struct hvc_service *service;
    struct hvc_service_config config;
    uint64_t epoch, index, now_ms;
};

/* Five nodes, twelve guests, ten kept jobs ... */
struct hvc_service_config small_config(void);

void fixture_open(struct fixture *f, const struct hvc_service_config *config);
void fixture_close(struct fixture *f);

/* Encodes and applies; the command is refused by the encoder: fails the test. */
struct hvc_answer give(struct fixture *f, struct hvc_command *command);
struct hvc_answer give_bytes(struct fixture *f, const void *bytes, size_t length);

/* A command of a kind, from node 1, with the fixture's time. */
struct hvc_command command_of(const struct fixture *f, unsigned kind);

/* Nodes 1..count, all members, memory_kib each; guests as wanted. */
void add_nodes(struct fixture *f, unsigned count, uint64_t memory_kib);
void set_members(struct fixture *f, unsigned bits); /* bit n-1: node n, boot id 100 + n */
void uuid_of(unsigned number, uint8_t ret_uuid[16]);
void add_guest(struct fixture *f, unsigned number, uint32_t node, uint64_t memory_kib);
void set_setting(struct fixture *f, uint32_t node, unsigned setting, uint64_t value);
/* Id of the job; an answer that is not good fails the test. */
uint64_t add_job(struct fixture *f, unsigned guest, uint32_t target);
struct hvc_answer try_job(struct fixture *f, unsigned guest, unsigned kind, uint32_t source, uint32_t target);
/* Network number 10.N.0.0/16 of the cluster; its id. Its limit, 0: none. */
uint32_t add_network(struct fixture *f, uint8_t n, uint32_t limit);
void set_limit(struct fixture *f, uint32_t network, uint32_t limit);
/* Its checks are over and found these networks, 0: the end of them. */
struct hvc_answer report_ways(struct fixture *f, uint64_t job, unsigned to, uint32_t first, uint32_t second);
struct hvc_answer report(struct fixture *f, uint64_t job, unsigned to, int runs_on); /* runs_on -1: not located */
/* From its present phase to its end at the target, phase by phase. */
void finish_job(struct fixture *f, uint64_t job);
unsigned phase_of(const struct fixture *f, uint64_t job);

/* The snapshot in malloc'ed memory. */
uint8_t *snapshot_of(struct fixture *f, size_t *ret_length);
int load_snapshot(struct fixture *f, const uint8_t *bytes, size_t length, size_t chunk);

/* A small generator of numbers that are the same on every machine: splitmix64. */
uint64_t random_next(uint64_t *seed);
uint64_t random_below(uint64_t *seed, uint64_t bound);

#endif
