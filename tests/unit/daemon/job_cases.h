/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests on the hypervisors of the fake world, and jobs of the fake keeper in a phase that a test wants. */
#ifndef HVC_JOB_CASES_H
#define HVC_JOB_CASES_H

#include "operation_cases.h"

#include "hvc/text.h"

#define VM1 "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c01"
#define VM2 "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c02"
#define VM3 "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c03"
#define VM4 "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c04"

static inline struct hvc_guest_state *put_guest(struct fake_hypervisor *where, const char *uuid, const char *name,
                                                enum hvc_guest_class guest_class)
{
    struct hvc_guest_state *guest = &where->guests[where->count++];

    memset(guest, 0, sizeof(*guest));
    (void)hvc_text_copy(guest->id.uuid, sizeof(guest->id.uuid), uuid);
    (void)hvc_text_copy(guest->id.name, sizeof(guest->id.name), name);
    (void)hvc_text_copy(guest->words, sizeof(guest->words), hvc_guest_class_name(guest_class));
    guest->guest_class = guest_class;
    guest->persistent = guest_class == HVC_GUEST_ABSENT;
    guest->memory_kib = 1024;
    return guest;
}

/* A report from node 1 about job 1; runs_on -1: not proven. */
static inline void report_phase(uint64_t job, unsigned from, unsigned to, int runs_on, const char *words)
{
    struct hvc_command command = {.kind = HVC_COMMAND_JOB_REPORT};

    command.report.job = job;
    command.report.from = (uint8_t)from;
    command.report.to = (uint8_t)to;
    command.report.located = runs_on >= 0;
    command.report.runs_on = runs_on > 0 ? (uint32_t)runs_on : 0;
    (void)hvc_text_copy(command.report.text, sizeof(command.report.text), words);
    assert_int_equal(give(&command).code, HVC_ANSWER_OK);
}

/* Nodes 1 and 2 of the fake keeper are members from here on: only members move. */
static inline void set_members(unsigned count)
{
    struct hvc_command command = {.kind = HVC_COMMAND_MEMBERS};

    command.members.count = (uint16_t)count;
    for (unsigned i = 0; i < count; i++)
        command.members.item[i] = (struct hvc_command_member){.node = i + 1, .boot_id = 100 + i};
    assert_int_equal(give(&command).code, HVC_ANSWER_OK);
}

static inline int begin_jobs(void **state)
{
    (void)begin(state);
    set_members(2);
    put_guest(&world->here, VM1, "vm1", HVC_GUEST_RUNNING);
    put_guest(&world->there, VM2, "vm2", HVC_GUEST_RUNNING);
    put_guest(&world->here, VM3, "vm3", HVC_GUEST_ABSENT);
    for (size_t i = 0; i < world->facts.count; i++)
        world->facts.nodes[i].pacemaker_online = true;
    world->facts.pacemaker_answers = true;
    return 0;
}

#endif
