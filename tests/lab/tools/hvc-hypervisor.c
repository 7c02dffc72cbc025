/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvc-hypervisor [--uri URI] [--timeout MS] COMMAND...: the hypervisor interface by hand, one call a command. For the
 * lab's scenarios and for a look at what the engine sees. Ends with 0, or 1 and the words of the error on stderr.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/hypervisor.h"
#include "hvc/libvirt_driver.h"
#include "hvc/move.h"
#include "hvc/observe.h"
#include "hvc/process.h"
#include "hvc/text.h"

static const char usage[] =
    "usage: hvc-hypervisor [--uri URI] [--timeout MS] COMMAND\n"
    "  status | host | list | watch SECONDS\n"
    "  inspect|progress|cancel|pause|resume|undefine|post-copy|interrupt UUID\n"
    "  xml UUID [inactive] | define FILE | start FILE [OWNER] | owner UUID [OWNER]\n"
    "  stop UUID shutdown|destroy|kill\n"
    "  downtime UUID MS | bandwidth UUID MIB\n"
    "  migrate UUID TARGET-URI [migrate-uri=URI] [bandwidth=MIB] [downtime=MS] [parallel=N] [tls] [auto-converge]\n"
    "          [post-copy] [compression=NAME]\n"
    "  move UUID SOURCE-NAME TARGET-NAME TARGET-URI [force] [adopt] [attached] [options of migrate]\n"
    "       --uri is the source's, --timeout the deadline; ends with 0 only when the guest is proven at the target;\n"
    "       attached: cancelled when standard input ends; also kind=KIND plan=FILE token=TEXT stop=MS\n"
    "       restart=shutdown|force|turn-off overwrite avoid-removing retain-copies remove-unmanaged\n"
    "  observe UUID [NAME] | process UUID | end-process UUID KILL-FROM-MS   (this node)\n";

struct run {
    struct hvc_hypervisor *h;
    uint64_t deadline_ms;
    char **arguments; /* after the command */
    int count;
    struct hvc_error error;
};

static const char *argument(const struct run *run, int i)
{
    return i < run->count ? run->arguments[i] : NULL;
}

static void print_state(const struct hvc_guest_state *g)
{
    (void)printf("%s %s class=%s words=\"%s\" owner=\"%s\"%s%s%s%s memory=%" PRIu64 "\n", g->id.uuid,
                 g->id.name[0] == '\0' ? "-" : g->id.name, hvc_guest_class_name(g->guest_class), g->words, g->owner,
                 g->persistent ? " persistent" : "", g->autostart ? " autostart" : "",
                 g->migrating_out ? " migrating-out" : "", g->stranded ? " stranded" : "", g->memory_kib);
}

static void print_status(struct hvc_hypervisor *h)
{
    struct hvc_hypervisor_status s;

    hvc_hypervisor_status(h, &s);
    (void)printf("health=%s since=%" PRIu64 " stuck=%u last=\"%s\"\n", hvc_hypervisor_health_name(s.health), s.since_ms,
                 s.stuck_calls, s.last.text);
}

static int run_status(struct run *run)
{
    struct hvc_host_facts facts;
    int result = hvc_hypervisor_host(run->h, run->deadline_ms, &facts, &run->error);

    print_status(run->h);
    return result;
}

static int run_host(struct run *run)
{
    struct hvc_host_facts f;
    int result = hvc_hypervisor_host(run->h, run->deadline_ms, &f, &run->error);

    if (result == 0)
        (void)printf("host=%s hypervisor=%s/%" PRIu64 " libvirt=%" PRIu64 " cpu=%s arch=%s cpus=%u memory=%" PRIu64
                     " free=%" PRIu64 "\n",
                     f.hostname, f.hypervisor, f.hypervisor_version, f.libvirt_version, f.cpu_model, f.architecture,
                     f.cpus, f.memory_kib, f.memory_free_kib);
    return result;
}

static int run_list(struct run *run)
{
    HVC_CLEANUP(free) struct hvc_guest_state *guests = NULL;
    size_t count = 0;
    int result = hvc_hypervisor_list(run->h, run->deadline_ms, &guests, &count, &run->error);

    for (size_t i = 0; result == 0 && i < count; i++)
        print_state(&guests[i]);
    return result;
}

static int run_inspect(struct run *run)
{
    struct hvc_guest_state guest;
    int result = hvc_hypervisor_inspect(run->h, argument(run, 0), run->deadline_ms, &guest, &run->error);

    if (result == 0)
        print_state(&guest);
    return result;
}

static int run_progress(struct run *run)
{
    struct hvc_migrate_progress p;
    int result = hvc_hypervisor_progress(run->h, argument(run, 0), run->deadline_ms, &p, &run->error);

    if (result == 0)
        (void)printf("phase=%s percent=%u elapsed=%" PRIu64 " total=%" PRIu64 " done=%" PRIu64 " remaining=%" PRIu64
                     " sent=%" PRIu64 " rate=%" PRIu64 " dirty=%" PRIu64 " iteration=%" PRIu64 " downtime=%" PRIu64
                     " left=%" PRId64 "\n",
                     hvc_migrate_phase_name(p.phase), p.percent, p.elapsed_ms, p.total_bytes, p.done_bytes,
                     p.remaining_bytes, p.sent_bytes, p.rate_bytes, p.dirty_rate_bytes, p.iteration,
                     p.expected_downtime_ms, p.estimated_left_ms == UINT64_MAX ? -1 : (int64_t)p.estimated_left_ms);
    return result;
}

static int run_cancel(struct run *run)
{
    return hvc_hypervisor_cancel(run->h, argument(run, 0), run->deadline_ms, &run->error);
}

static int run_pause(struct run *run)
{
    int result = hvc_hypervisor_pause(run->h, argument(run, 0), run->deadline_ms, &run->error);

    if (result < 0)
        print_status(run->h);
    return result;
}

static int run_resume(struct run *run)
{
    return hvc_hypervisor_resume(run->h, argument(run, 0), run->deadline_ms, &run->error);
}

static int run_undefine(struct run *run)
{
    return hvc_hypervisor_undefine(run->h, argument(run, 0), run->deadline_ms, &run->error);
}

static int run_post_copy(struct run *run)
{
    return hvc_hypervisor_post_copy(run->h, argument(run, 0), run->deadline_ms, &run->error);
}

static int run_interrupt(struct run *run)
{
    return hvc_hypervisor_interrupt(run->h, argument(run, 0), run->deadline_ms, &run->error);
}

static int run_owner(struct run *run)
{
    return hvc_hypervisor_set_owner(run->h, argument(run, 0), argument(run, 1), run->deadline_ms, &run->error);
}

static int run_xml(struct run *run)
{
    HVC_CLEANUP(free) char *xml = NULL;
    int result = hvc_hypervisor_read_xml(run->h, argument(run, 0), argument(run, 1) != NULL, run->deadline_ms, &xml,
                                         &run->error);

    if (result == 0)
        (void)printf("%s", xml);
    return result;
}

static int read_file(struct run *run, char **ret_text)
{
    char *text = calloc(1, HVC_XML_MAX + 1);
    FILE *file = argument(run, 0) == NULL ? NULL : fopen(argument(run, 0), "re");

    if (text == NULL || file == NULL || fread(text, 1, HVC_XML_MAX, file) == 0) {
        if (file != NULL)
            (void)fclose(file);
        free(text);
        return hvc_error_set(&run->error, -EINVAL, "no definition in file %s",
                             argument(run, 0) == NULL ? "" : argument(run, 0));
    }
    (void)fclose(file);
    *ret_text = text;
    return 0;
}

static int run_define(struct run *run)
{
    HVC_CLEANUP(free) char *xml = NULL;
    int result = read_file(run, &xml);

    return result < 0 ? result : hvc_hypervisor_define(run->h, xml, run->deadline_ms, &run->error);
}

static int run_start(struct run *run)
{
    HVC_CLEANUP(free) char *xml = NULL;
    int result = read_file(run, &xml);

    return result < 0 ? result : hvc_hypervisor_start(run->h, xml, argument(run, 1), run->deadline_ms, &run->error);
}

static int run_stop(struct run *run)
{
    static const char *const steps[] = {"shutdown", "destroy", "kill"};

    for (int i = 0; i < 3; i++)
        if (argument(run, 1) != NULL && strcmp(argument(run, 1), steps[i]) == 0)
            return hvc_hypervisor_stop(run->h, argument(run, 0), (enum hvc_stop_step)i, run->deadline_ms, &run->error);
    return hvc_error_set(&run->error, -EINVAL, "stop UUID shutdown|destroy|kill");
}

static int run_number(struct run *run,
                      int (*set)(struct hvc_hypervisor *, const char *, uint64_t, uint64_t, struct hvc_error *))
{
    uint64_t value;

    if (hvc_parse_u64(argument(run, 1), 0, UINT64_MAX, &value) < 0)
        return hvc_error_set(&run->error, -EINVAL, "a number is wanted");
    return set(run->h, argument(run, 0), value, run->deadline_ms, &run->error);
}

static int run_downtime(struct run *run)
{
    return run_number(run, hvc_hypervisor_set_downtime);
}

static int run_bandwidth(struct run *run)
{
    return run_number(run, hvc_hypervisor_set_bandwidth);
}

static int take_option(const char *word, struct hvc_migrate_options *o)
{
    static const struct {
        const char *name;
        int kind;
    } names[] = {{"migrate-uri=", 0}, {"bandwidth=", 1}, {"downtime=", 2}, {"parallel=", 3}};
    uint64_t number = 0;

    if (strncmp(word, "compression=", 12) == 0) {
        for (unsigned c = 0; c < HVC_COMPRESSION_COUNT; c++)
            if (strcmp(word + 12, hvc_compression_name(c)) == 0)
                return (int)(o->compression = (enum hvc_compression)c) * 0;
        return -EINVAL;
    }
    if (strcmp(word, "tls") == 0)
        return (int)(o->tls = true) - 1;
    if (strcmp(word, "auto-converge") == 0)
        return (int)(o->auto_converge = true) - 1;
    if (strcmp(word, "post-copy") == 0)
        return (int)(o->post_copy_allowed = true) - 1;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t length = strlen(names[i].name);

        if (strncmp(word, names[i].name, length) != 0)
            continue;
        if (names[i].kind == 0) {
            o->migrate_uri = word + length;
            return 0;
        }
        if (hvc_parse_u64(word + length, 0, UINT32_MAX, &number) < 0)
            return -EINVAL;
        if (names[i].kind == 1)
            o->bandwidth_mib = number;
        else if (names[i].kind == 2)
            o->max_downtime_ms = number;
        else
            o->parallel = (unsigned)number;
        return 0;
    }
    return -EINVAL;
}

static int run_migrate(struct run *run)
{
    struct hvc_migrate_options options = {.target_uri = argument(run, 1)};
    uint64_t begin = hvc_now_ms();
    int result;

    for (int i = 2; i < run->count; i++)
        if (take_option(run->arguments[i], &options) < 0)
            return hvc_error_set(&run->error, -EINVAL, "unknown option %s", run->arguments[i]);
    result = hvc_hypervisor_migrate(run->h, argument(run, 0), &options, run->deadline_ms, &run->error);
    (void)printf("migrated in %" PRIu64 " ms: %s\n", hvc_now_ms() - begin, result == 0 ? "ok" : "failed");
    return result;
}

static void print_report(struct hvc_move *move)
{
    struct hvc_move_report r;

    hvc_move_report(move, &r);
    (void)printf("phase=%s end=%s elapsed=%" PRIu64 " percent=%u remaining=%" PRIu64 " iteration=%" PRIu64
                 " limit=%" PRIu64 " downtime=%" PRIu64 " disks=%" PRIu64 "/%" PRIu64
                 "%s%s%s%s source=%s%s target=%s%s\n",
                 hvc_move_phase_name(r.phase), hvc_move_end_name(r.end), r.elapsed_ms, r.progress.percent,
                 r.progress.remaining_bytes, r.progress.iteration, r.downtime_limit_ms, r.downtime_ms,
                 r.progress.disk_done_bytes, r.progress.disk_total_bytes, r.forced ? " forced" : "",
                 r.post_copied ? " post-copied" : "", r.aborted ? " aborted" : "", r.cancelled ? " cancelled" : "",
                 hvc_guest_class_name(r.source.guest_class), r.source_answered ? "" : "(silent)",
                 hvc_guest_class_name(r.target.guest_class), r.target_answered ? "" : "(silent)");
    (void)fflush(stdout);
}

struct reporter {
    struct hvc_move *move;
    bool attached; /* standard input that ends cancels the move, as a client of the daemon does that goes away */
    atomic_bool ended;
};

static void *report_until_ended(void *argument)
{
    struct reporter *reporter = argument;

    while (!atomic_load(&reporter->ended)) {
        struct pollfd input = {.fd = reporter->attached ? STDIN_FILENO : -1, .events = POLLIN};
        char byte;

        print_report(reporter->move);
        if (poll(&input, 1, 100) > 0 && read(STDIN_FILENO, &byte, 1) == 0) {
            hvc_move_cancel(reporter->move, "standard input has ended");
            reporter->attached = false;
        }
    }
    return NULL;
}

static int run_reported(struct hvc_move *move, bool attached, struct run *run)
{
    struct reporter reporter = {.move = move, .attached = attached};
    pthread_t thread;
    enum hvc_move_end end;
    int result = pthread_create(&thread, NULL, report_until_ended, &reporter);

    if (result != 0)
        return hvc_error_set(&run->error, -result, "no thread");
    end = hvc_move_run(move, run->deadline_ms, &run->error);
    atomic_store(&reporter.ended, true);
    (void)pthread_join(thread, NULL);
    print_report(move);
    if (end != HVC_MOVE_MOVED && end != HVC_MOVE_PREPARED)
        return run->error.code;
    if (run->error.text[0] != '\0')
        (void)printf("note: %s\n", run->error.text);
    return 0;
}

/* The number of a name in a list; -EINVAL. */
static int number_named(const char *name, const char *(*name_of)(unsigned number), unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(name_of(i), name) == 0)
            return (int)i;
    return -EINVAL;
}

static const char *kind_name(unsigned kind)
{
    return hvc_job_kind_info(kind)->name;
}

static const char *restart_name(unsigned mode)
{
    static const char *const names[] = {"shutdown", "force", "turn-off"};

    return names[mode];
}

static const char *after(const char *word, const char *name)
{
    size_t length = strlen(name);

    return strncmp(word, name, length) == 0 ? word + length : NULL;
}

static int read_plan(struct run *run, const char *path, struct hvc_storage_plan *plan)
{
    static char text[HVC_PLAN_TEXT_MAX];
    FILE *file = fopen(path, "re");
    size_t length = file == NULL ? 0 : fread(text, 1, sizeof(text), file);

    if (file != NULL)
        (void)fclose(file);
    return hvc_storage_plan_parse(text, length, plan, &run->error);
}

static const struct {
    const char *name;
    uint32_t flag;
} move_flags[] = {
    {"overwrite", HVC_OPTION_OVERWRITE},
    {"avoid-removing", HVC_OPTION_AVOID_REMOVING},
    {"retain-copies", HVC_OPTION_RETAIN_COPIES},
    {"remove-unmanaged", HVC_OPTION_REMOVE_UNMANAGED},
};

/* 1: it is none of a kind of move. */
static int take_kind_option(struct run *run, const char *word, struct hvc_move_request *request)
{
    static struct hvc_storage_plan plan;
    const char *value;
    int number = 0;

    for (size_t i = 0; i < sizeof(move_flags) / sizeof(move_flags[0]); i++)
        if (strcmp(word, move_flags[i].name) == 0)
            return (request->flags |= move_flags[i].flag) == 0;
    if ((value = after(word, "kind=")) != NULL && (number = number_named(value, kind_name, HVC_KIND_COUNT)) >= 0)
        request->kind = (enum hvc_job_kind)number;
    else if ((value = after(word, "restart=")) != NULL &&
             (number = number_named(value, restart_name, HVC_RESTART_COUNT)) >= 0)
        request->restart = (enum hvc_restart_mode)number;
    else if ((value = after(word, "plan=")) != NULL)
        request->plan = (number = read_plan(run, value, &plan)) < 0 ? NULL : &plan;
    else if ((value = after(word, "token=")) != NULL)
        request->token = value;
    else if ((value = after(word, "stop=")) != NULL)
        return hvc_parse_u64(value, 1, UINT32_MAX, &request->stop_ms);
    else
        return 1;
    return number < 0 ? number : 0;
}

static int run_move(struct run *run)
{
    struct hvc_move_request request = {.source = run->h,
                                       .source_name = argument(run, 1),
                                       .target_name = argument(run, 2),
                                       .options = {.target_uri = argument(run, 3)}};
    struct hvc_move *move = NULL;
    bool attached = false;
    int result;

    if (hvc_text_copy(request.id.uuid, sizeof(request.id.uuid), argument(run, 0)) < 0)
        return hvc_error_set(&run->error, -EINVAL, "no UUID");
    (void)snprintf(request.id.name, sizeof(request.id.name), "%s", argument(run, 0));
    for (int i = 4; i < run->count; i++) {
        if (strcmp(run->arguments[i], "force") == 0)
            request.force = true;
        else if (strcmp(run->arguments[i], "adopt") == 0)
            request.adopt = true;
        else if (strcmp(run->arguments[i], "attached") == 0)
            attached = true;
        else if ((result = take_kind_option(run, run->arguments[i], &request)) < 0 ||
                 (result > 0 && take_option(run->arguments[i], &request.options) < 0))
            return run->error.code < 0 ? run->error.code
                                       : hvc_error_set(&run->error, -EINVAL, "unknown option %s", run->arguments[i]);
    }
    result = hvc_libvirt_open(argument(run, 3), &request.target, &run->error);
    if (result == 0)
        result = hvc_move_new(&request, &move, &run->error);
    if (result == 0)
        result = run_reported(move, attached, run);
    hvc_move_free(move);
    hvc_hypervisor_close(request.target);
    return result;
}

static int run_observe(struct run *run)
{
    struct hvc_guest_id id = {.name = ""};
    struct hvc_guest_state state;
    int result;

    if (hvc_text_copy(id.uuid, sizeof(id.uuid), argument(run, 0)) < 0 ||
        (argument(run, 1) != NULL && hvc_text_copy(id.name, sizeof(id.name), argument(run, 1)) < 0))
        return hvc_error_set(&run->error, -EINVAL, "no UUID or name");
    result = hvc_guest_observe(run->h, &id, run->deadline_ms, &state, &run->error);
    if (result < 0)
        return result;
    (void)printf("by=%s pid=%" PRId64 " ", state.source == HVC_SOURCE_LIBVIRT ? "libvirt" : "process", state.pid);
    print_state(&state);
    print_status(run->h);
    return 0;
}

static int run_process(struct run *run)
{
    struct hvc_process p;
    int result = hvc_process_find(HVC_PROC, argument(run, 0), &p, &run->error);

    if (result == 0)
        (void)printf("pid=%" PRId64 " start=%" PRIu64 " name=%s%s%s%s\n", p.pid, p.start_ticks, p.name,
                     p.incoming ? " incoming" : "", p.stopped ? " stopped" : "", p.dying ? " dying" : "");
    return result;
}

static int run_end_process(struct run *run)
{
    uint64_t ms;

    if (hvc_parse_u64(argument(run, 1), 0, UINT32_MAX, &ms) < 0)
        return hvc_error_set(&run->error, -EINVAL, "end-process UUID KILL-FROM-MS");
    return hvc_process_end(argument(run, 0), hvc_deadline_in(ms), run->deadline_ms, &run->error);
}

static void print_event(void *context, enum hvc_guest_event event, const struct hvc_guest_id *id)
{
    static const char *const names[] = {
        [HVC_EVENT_GUEST_CHANGED] = "changed",
        [HVC_EVENT_GUEST_JOB_DONE] = "job-done",
        [HVC_EVENT_HYPERVISOR_LOST] = "lost",
        [HVC_EVENT_HYPERVISOR_BACK] = "back",
    };

    (void)context;
    (void)printf("%s %s\n", names[event], id == NULL ? "" : id->name);
    (void)fflush(stdout);
}

static int run_watch(struct run *run)
{
    uint64_t seconds;
    int result;

    if (hvc_parse_u64(argument(run, 0), 1, 100000, &seconds) < 0)
        return hvc_error_set(&run->error, -EINVAL, "watch SECONDS");
    result = hvc_hypervisor_watch(run->h, print_event, NULL, &run->error);
    if (result == 0)
        (void)poll(NULL, 0, (int)seconds * 1000);
    return result;
}

static const struct {
    const char *name;
    int least; /* arguments */
    int (*run)(struct run *run);
} commands[] = {
    {"status", 0, run_status},
    {"host", 0, run_host},
    {"list", 0, run_list},
    {"watch", 1, run_watch},
    {"inspect", 1, run_inspect},
    {"progress", 1, run_progress},
    {"cancel", 1, run_cancel},
    {"pause", 1, run_pause},
    {"resume", 1, run_resume},
    {"undefine", 1, run_undefine},
    {"post-copy", 1, run_post_copy},
    {"interrupt", 1, run_interrupt},
    {"xml", 1, run_xml},
    {"define", 1, run_define},
    {"start", 1, run_start},
    {"owner", 1, run_owner},
    {"stop", 2, run_stop},
    {"downtime", 2, run_downtime},
    {"bandwidth", 2, run_bandwidth},
    {"migrate", 2, run_migrate},
    {"move", 4, run_move},
    {"observe", 1, run_observe},
    {"process", 1, run_process},
    {"end-process", 2, run_end_process},
};

static int run_command(const char *name, struct run *run)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(commands[i].name, name) == 0 && run->count >= commands[i].least)
            return commands[i].run(run);
    (void)fputs(usage, stderr);
    return hvc_error_set(&run->error, -EINVAL, "no such command: %s", name);
}

int main(int argc, char **argv)
{
    const char *uri = "qemu:///system";
    uint64_t timeout_ms = 30000;
    struct run run = {.error = {.code = 0}};
    int next = 1;
    int result;

    while (next + 1 < argc && strncmp(argv[next], "--", 2) == 0) {
        if (strcmp(argv[next], "--uri") == 0)
            uri = argv[next + 1];
        else if (strcmp(argv[next], "--timeout") != 0 || hvc_parse_u64(argv[next + 1], 1, UINT32_MAX, &timeout_ms) < 0)
            break;
        next += 2;
    }
    if (next >= argc || strncmp(argv[next], "--", 2) == 0) {
        (void)fputs(usage, stderr);
        return 2;
    }
    result = hvc_libvirt_open(uri, &run.h, &run.error);
    if (result == 0) {
        run.arguments = argv + next + 1;
        run.count = argc - next - 1;
        run.deadline_ms = hvc_deadline_in(timeout_ms);
        result = run_command(argv[next], &run);
    }
    if (result < 0)
        (void)fprintf(stderr, "hvc-hypervisor: %s: %s\n", strerror(-result), run.error.text);
    hvc_hypervisor_close(run.h);
    return result < 0 ? 1 : 0;
}
