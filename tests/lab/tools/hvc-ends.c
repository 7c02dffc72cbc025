/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvc-ends UUID MOVES LABEL-A URI-A LABEL-B URI-B: moves a guest to and fro (A -> B first) while one thread an end
 * looks at it as fast as libvirt answers, and tells whether what the engine saw was ever wrong: once the target was
 * seen running the source is never seen running again, once the source was seen absent the target is never absent, an
 * incoming guest is never called running, and nothing is unknown. A look is true at some moment between its begin and
 * its end, so only looks that follow one another are compared. URIs must be reachable from both ends.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "hvc/clock.h"
#include "hvc/hypervisor.h"
#include "hvc/libvirt_driver.h"
#include "hvc/text.h"

#define LOOKS_MAX 200000

struct look {
    uint64_t begin_us, end_us;
    enum hvc_guest_class guest_class;
    bool migrating_out;
};

struct end {
    const char *label, *uri, *uuid;
    struct hvc_hypervisor *h;
    struct look *looks;
    size_t count, seen[HVC_GUEST_CLASS_MAX], failed;
};

static atomic_bool looking;

static uint64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void *look_on(void *argument)
{
    struct end *end = argument;

    while (atomic_load(&looking) && end->count < LOOKS_MAX) {
        struct look *look = &end->looks[end->count];
        struct hvc_guest_state state;

        look->begin_us = now_us();
        if (hvc_hypervisor_inspect(end->h, end->uuid, hvc_deadline_in(5000), &state, NULL) < 0) {
            end->failed++;
            continue;
        }
        look->end_us = now_us();
        look->guest_class = state.guest_class;
        look->migrating_out = state.migrating_out;
        end->seen[state.guest_class]++;
        end->count++;
    }
    return NULL;
}

/* Looks that must not exist: of `later`, after `first` was seen as `seen`, with the class `forbidden`. */
static unsigned forbidden_after(const struct end *first, enum hvc_guest_class seen, const struct end *later,
                                enum hvc_guest_class forbidden, const char *words)
{
    uint64_t since = UINT64_MAX;
    unsigned wrong = 0;

    for (size_t i = 0; i < first->count && since == UINT64_MAX; i++)
        if (first->looks[i].guest_class == seen)
            since = first->looks[i].end_us;
    for (size_t i = 0; i < later->count; i++)
        if (later->looks[i].begin_us > since && later->looks[i].guest_class == forbidden)
            wrong++;
    if (wrong > 0)
        (void)printf("WRONG: %s: %u looks at %s\n", words, wrong, later->label);
    return wrong;
}

/* What no single look may say. */
static unsigned wrong_alone(const struct end *end, bool target)
{
    unsigned wrong = 0;
    bool ran = false;

    for (size_t i = 0; i < end->count; i++) {
        enum hvc_guest_class c = end->looks[i].guest_class;

        ran = ran || c == HVC_GUEST_RUNNING;
        if (c == HVC_GUEST_UNKNOWN || c == HVC_GUEST_FAILED ||
            (target ? c == HVC_GUEST_LEAVING : c == HVC_GUEST_INCOMING) || (target && ran && c != HVC_GUEST_RUNNING)) {
            (void)printf("WRONG: %s is called %s\n", end->label, hvc_guest_class_name(c));
            wrong++;
        }
    }
    return wrong;
}

static void print_seen(const struct end *end)
{
    (void)printf(" %s:", end->label);
    for (int c = 0; c < HVC_GUEST_CLASS_MAX; c++)
        if (end->seen[c] > 0)
            (void)printf(" %s %zu", hvc_guest_class_name((enum hvc_guest_class)c), end->seen[c]);
    if (end->failed > 0)
        (void)printf(" unanswered %zu", end->failed);
}

static void begin_looking(struct end *end, pthread_t *thread)
{
    end->count = end->failed = 0;
    memset(end->seen, 0, sizeof(end->seen));
    if (pthread_create(thread, NULL, look_on, end) != 0)
        abort();
}

static int move(int number, struct end *source, struct end *target, unsigned *wrong)
{
    struct hvc_migrate_options options = {.target_uri = target->uri};
    struct hvc_error error = {.code = 0};
    pthread_t threads[2];
    int result;

    atomic_store(&looking, true);
    begin_looking(source, &threads[0]);
    begin_looking(target, &threads[1]);
    result = hvc_hypervisor_migrate(source->h, source->uuid, &options, hvc_deadline_in(60000), &error);
    atomic_store(&looking, false);
    (void)pthread_join(threads[0], NULL);
    (void)pthread_join(threads[1], NULL);
    (void)printf("move %d %s -> %s%s%s:", number, source->label, target->label, result < 0 ? " failed: " : "",
                 result < 0 ? error.text : "");
    print_seen(source);
    print_seen(target);
    (void)printf("\n");
    *wrong += forbidden_after(target, HVC_GUEST_RUNNING, source, HVC_GUEST_RUNNING, "running at both ends");
    *wrong += forbidden_after(source, HVC_GUEST_ABSENT, target, HVC_GUEST_ABSENT, "absent at both ends");
    *wrong += wrong_alone(source, false) + wrong_alone(target, true) + (unsigned)(source->failed + target->failed);
    return result;
}

int main(int argc, char **argv)
{
    struct end ends[2];
    uint64_t moves;
    unsigned wrong = 0;
    int result = 0;

    if (argc != 7 || hvc_parse_u64(argv[2], 1, 1000, &moves) < 0) {
        (void)fprintf(stderr, "usage: hvc-ends UUID MOVES LABEL-A URI-A LABEL-B URI-B\n");
        return 2;
    }
    for (int i = 0; i < 2; i++) {
        ends[i] = (struct end){.uuid = argv[1], .label = argv[3 + 2 * i], .uri = argv[4 + 2 * i]};
        ends[i].looks = calloc(LOOKS_MAX, sizeof(*ends[i].looks));
        if (ends[i].looks == NULL || hvc_libvirt_open(ends[i].uri, &ends[i].h, NULL) < 0)
            return 2;
    }
    for (int i = 0; i < (int)moves && result == 0; i++)
        result = move(i + 1, &ends[i % 2], &ends[1 - i % 2], &wrong);
    (void)printf("%s: %u looks were wrong\n", result == 0 && wrong == 0 ? "ok" : "not ok", wrong);
    for (int i = 0; i < 2; i++) {
        hvc_hypervisor_close(ends[i].h);
        free(ends[i].looks);
    }
    return result == 0 && wrong == 0 ? 0 : 1;
}
