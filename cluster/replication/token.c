/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "internal.h"

bool hvc_token_is_set(const struct hvc_token *token)
{
    static const uint8_t none[HVC_TOKEN_ID_SIZE];

    return memcmp(token->id, none, sizeof(none)) != 0;
}

static uint32_t token_home(const struct hvc_tokens *t, const uint8_t *id)
{
    return hvc_crc32c(0, id, HVC_TOKEN_ID_SIZE) % t->buckets;
}

void hvc_tokens_reset(struct hvc_tokens *t)
{
    memset(t->bucket, 0, t->buckets * sizeof(*t->bucket));
    t->head = 0;
    t->count = 0;
    t->floor = 0;
}

static uint32_t token_bucket(const struct hvc_tokens *t, const uint8_t *id)
{
    uint32_t at = token_home(t, id);

    while (t->bucket[at] != 0 && memcmp(t->answer[t->bucket[at] - 1].token.id, id, HVC_TOKEN_ID_SIZE) != 0)
        at = (at + 1) % t->buckets;
    return at;
}

const struct hvc_answer *hvc_tokens_find(const struct hvc_tokens *t, const struct hvc_token *token)
{
    uint32_t at = token_bucket(t, token->id);

    return t->bucket[at] != 0 ? &t->answer[t->bucket[at] - 1] : NULL;
}

/* Linear probing without tombstones: entries behind the hole move up when their home allows it. */
static void token_remove(struct hvc_tokens *t, uint32_t hole)
{
    uint32_t at = hole;

    for (;;) {
        uint32_t home;

        at = (at + 1) % t->buckets;
        if (t->bucket[at] == 0)
            break;
        home = token_home(t, t->answer[t->bucket[at] - 1].token.id);
        if ((at + t->buckets - home) % t->buckets >= (at + t->buckets - hole) % t->buckets) {
            t->bucket[hole] = t->bucket[at];
            hole = at;
        }
    }
    t->bucket[hole] = 0;
}

void hvc_tokens_add(struct hvc_tokens *t, const struct hvc_answer *answer)
{
    uint32_t position;

    if (t->count == t->capacity) {
        const struct hvc_answer *oldest = &t->answer[t->head];

        t->floor = oldest->index;
        token_remove(t, token_bucket(t, oldest->token.id));
        t->head = (t->head + 1) % t->capacity;
        t->count--;
    }
    position = (t->head + t->count) % t->capacity;
    t->answer[position] = *answer;
    t->bucket[token_bucket(t, answer->token.id)] = position + 1;
    t->count++;
}

void hvc_tokens_copy(struct hvc_tokens *target, const struct hvc_tokens *source)
{
    hvc_tokens_reset(target);
    for (uint32_t i = 0; i < source->count; i++)
        hvc_tokens_add(target, &source->answer[(source->head + i) % source->capacity]);
    target->floor = source->floor;
}

void hvc_tokens_write(const struct hvc_tokens *t, uint32_t first, uint32_t count, struct hvc_writer *w)
{
    for (uint32_t i = first; i < first + count; i++) {
        const struct hvc_answer *answer = &t->answer[(t->head + i) % t->capacity];

        hvc_write_bytes(w, answer->token.id, sizeof(answer->token.id));
        hvc_write(w, 8, answer->token.birth);
        hvc_write(w, 8, answer->index);
        hvc_write(w, 8, answer->value);
        hvc_write(w, 4, (uint32_t)answer->code);
    }
}

int hvc_tokens_read(struct hvc_tokens *t, uint32_t count, struct hvc_reader *r)
{
    for (uint32_t i = 0; i < count; i++) {
        struct hvc_answer answer;

        hvc_read_copy(r, answer.token.id, sizeof(answer.token.id));
        answer.token.birth = hvc_read(r, 8);
        answer.index = hvc_read(r, 8);
        answer.value = hvc_read(r, 8);
        answer.code = (int32_t)(uint32_t)hvc_read(r, 4);
        if (r->bad || t->count == t->capacity || hvc_tokens_find(t, &answer.token) != NULL)
            return -EBADMSG;
        hvc_tokens_add(t, &answer);
    }
    return 0;
}
