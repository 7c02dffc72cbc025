/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An asker that answers what a test laid out, in that order, and keeps what it was asked. */
#ifndef HVC_TEST_FAKE_ASKER_H
#define HVC_TEST_FAKE_ASKER_H

#include <errno.h>
#include <string.h>

#include "ask.h"

#define FAKE_REPLIES 8

struct fake_asker {
    struct hvc_asker asker; /* first: the agent gets a pointer to it */
    struct {
        int rc; /* 0: the answer; else its error */
        struct hvc_answer answer;
    } replies[FAKE_REPLIES];
    size_t laid_out;
    struct {
        struct hvc_question question; /* its texts are gone but for those below */
        char operation[32], xml[256], uuid[64], name[64], resource[64], target[64], source[64], config[128],
            end_action[16];
    } asked[FAKE_REPLIES];
    size_t count;
};

static inline void fake_keep(char *target, size_t size, const char *text)
{
    (void)snprintf(target, size, "%s", text == NULL ? "" : text);
}

static inline int fake_ask(struct hvc_asker *asker, const struct hvc_question *question, uint64_t deadline_ms,
                           struct hvc_answer *ret_answer, struct hvc_error *error)
{
    struct fake_asker *fake = (struct fake_asker *)asker;
    size_t i = fake->count;

    (void)deadline_ms;
    if (i == FAKE_REPLIES || i == fake->laid_out)
        return hvc_error_set(error, -ENOTCONN, "nobody listens");
    fake->count++;
    fake->asked[i].question = *question;
    fake_keep(fake->asked[i].operation, sizeof(fake->asked[i].operation), question->operation);
    fake_keep(fake->asked[i].xml, sizeof(fake->asked[i].xml), question->xml);
    fake_keep(fake->asked[i].uuid, sizeof(fake->asked[i].uuid), question->uuid);
    fake_keep(fake->asked[i].name, sizeof(fake->asked[i].name), question->name);
    fake_keep(fake->asked[i].resource, sizeof(fake->asked[i].resource), question->resource);
    fake_keep(fake->asked[i].target, sizeof(fake->asked[i].target), question->target);
    fake_keep(fake->asked[i].source, sizeof(fake->asked[i].source), question->source);
    fake_keep(fake->asked[i].config, sizeof(fake->asked[i].config), question->config);
    fake_keep(fake->asked[i].end_action, sizeof(fake->asked[i].end_action), question->end_action);
    if (fake->replies[i].rc < 0)
        return hvc_error_set(error, fake->replies[i].rc, "it says %s", strerror(-fake->replies[i].rc));
    *ret_answer = fake->replies[i].answer;
    return 0;
}

static inline void fake_init(struct fake_asker *fake)
{
    memset(fake, 0, sizeof(*fake));
    fake->asker.ask = fake_ask;
}

static inline struct hvc_answer *fake_reply(struct fake_asker *fake, enum hvc_result result, const char *text)
{
    struct hvc_answer *answer = &fake->replies[fake->laid_out++].answer;

    answer->result = result;
    answer->guest_class = HVC_GUEST_CLASS_MAX;
    fake_keep(answer->text, sizeof(answer->text), text);
    return answer;
}

static inline void fake_error(struct fake_asker *fake, int rc)
{
    fake->replies[fake->laid_out++].rc = rc;
}

#define FAKE_UUID "c7a5fdbd-cdaf-9455-926a-d65c16db1809"

/* guest vm1 of the class, owned by owner ("" for nobody) */
static inline struct hvc_answer *fake_guest(struct fake_asker *fake, enum hvc_guest_class guest_class,
                                            const char *owner)
{
    struct hvc_answer *answer = fake_reply(fake, HVC_RESULT_OK, "ok");

    answer->guest_class = guest_class;
    fake_keep(answer->uuid, sizeof(answer->uuid), FAKE_UUID);
    fake_keep(answer->name, sizeof(answer->name), "guest1");
    fake_keep(answer->owner, sizeof(answer->owner), owner);
    fake_keep(answer->words, sizeof(answer->words), "words of libvirt");
    return answer;
}

#endif
