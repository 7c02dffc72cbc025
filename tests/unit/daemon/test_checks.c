/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts of a check come from where they should, and who does not answer is a finding. */
#include "hvc/checks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "checked_guest.h"
#include "hvc/soft_facts.h"
#include "hvc/text.h"
#include "world_fixture.h"

static struct hvc_hypervisor_ops ops, hung;
static const char *here_xml;  /* the guest's definition at n1 */
static const char *there_xml; /* what n2's libvirt keeps of the guest */

static int read_xml(struct hvc_hypervisor *h, const char *uuid, bool inactive, uint64_t deadline_ms, char **ret_xml,
                    struct hvc_error *error)
{
    (void)uuid, (void)inactive, (void)deadline_ms, (void)error;
    *ret_xml = strdup(h == &world->there.base ? there_xml : here_xml);
    return *ret_xml == NULL ? -ENOMEM : 0;
}

static struct hvc_fit_answer cpu_there, cpu_here; /* of a comparison at n2, and of one at n1 */
static const char *model_there = "";              /* CPU that a guest with host-model gets at n2 */

static int compare_cpu(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, const char *cpu, bool same,
                       uint64_t deadline_ms, struct hvc_fit_answer *ret_answer, struct hvc_error *error)
{
    (void)profile, (void)deadline_ms, (void)error;
    if (h == &world->there.base) {
        assert_true(same); /* the source's own CPU, for a guest that has it */
        assert_string_equal(cpu, "<cpu>of n1</cpu>");
        *ret_answer = cpu_there;
    } else {
        assert_false(same);
        assert_string_equal(cpu, model_there);
        *ret_answer = cpu_here;
    }
    return 0;
}

static struct hvc_check_tsc tsc_there, tsc_here;
static const char *there_uuid = ""; /* of the host whose libvirt answers for n2 */
static const char *awaited;         /* file without which n2's libvirt does not answer; NULL: it does */

static int fits(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, const char *cpu,
                uint64_t deadline_ms, struct hvc_host_fit *ret_fit, struct hvc_error *error)
{
    (void)profile, (void)cpu;
    while (awaited != NULL && h == &world->there.base && access(awaited, F_OK) != 0) {
        if (hvc_deadline_left(deadline_ms) == 0)
            return hvc_error_set(error, -ETIMEDOUT, "libvirtd does not answer");
        (void)usleep(1000);
    }
    memset(ret_fit, 0, sizeof(*ret_fit));
    if (h == &world->there.base)
        memcpy(ret_fit->host_uuid, there_uuid, strlen(there_uuid) + 1);
    ret_fit->tsc = h == &world->there.base ? tsc_there : tsc_here;
    memcpy(ret_fit->host_cpu, "<cpu>of n1</cpu>", sizeof("<cpu>of n1</cpu>"));
    memcpy(ret_fit->model_cpu, model_there, strlen(model_there) + 1);
    ret_fit->type.is = ret_fit->machine.is = ret_fit->emulator.is = HVC_TELL_YES;
    ret_fit->cpu.is = ret_fit->tpm.is = HVC_TELL_MOOT;
    return 0;
}

static int hang(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_guest_state *ret_state,
                struct hvc_error *error)
{
    (void)h, (void)uuid, (void)deadline_ms, (void)ret_state;
    return hvc_error_set(error, -ETIMEDOUT, "libvirtd does not answer");
}

static int setup(void **state)
{
    (void)state;
    make_world();
    ops = *world->here.base.ops;
    ops.read_xml = read_xml;
    ops.fits = fits;
    ops.reaches = reaches;
    ops.compare_cpu = compare_cpu;
    hung = ops;
    hung.inspect = hang;
    world->here.base.ops = world->there.base.ops = &ops;
    put_running(&world->here, UUID, "vm1");
    disk = (struct hvc_fit_answer){.is = HVC_TELL_YES};
    here_xml = there_xml = XML;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    drop_world();
    return 0;
}

static struct hvc_checks *run_kind(const char *target, unsigned kind, unsigned origin)
{
    struct hvc_checks_request request = {
        .guest = UUID, .kind = (uint8_t)kind, .target = target, .origin = (uint8_t)origin};
    struct hvc_checks *checks = NULL;

    assert_int_equal(hvc_checks_run(&world->operations, &request, hvc_deadline_in(20000), &checks, NULL), 0);
    return checks;
}

static struct hvc_checks *run(const char *target)
{
    return run_kind(target, HVC_KIND_LIVE, HVC_ORIGIN_OPERATOR);
}

/* The words of a finding, NULL: it was not made. */
static const char *words_of(const struct hvc_checks *checks, unsigned code)
{
    for (uint32_t i = 0; i < checks->reports[0].count; i++) {
        if (checks->reports[0].findings[i].code == code)
            return checks->reports[0].findings[i].text;
    }
    return NULL;
}

static bool found(const struct hvc_checks *checks, unsigned code)
{
    return words_of(checks, code) != NULL;
}

/* The boot id under which the state knows n2. */
static uint64_t state_boot(void)
{
    return hvc_service_node(keeper->service, 2)->boot_id;
}

/* The cluster keeps a definition of the guest; its hash. */
static const uint8_t *keep_definition(void)
{
    struct hvc_command command = {.kind = HVC_COMMAND_DOCUMENT, .by = "test"};
    static uint8_t hash[32];

    keeper->base.ops->hash(XML, strlen(XML), hash);
    memcpy(command.document.hash, hash, sizeof(hash));
    command.document.size = (uint32_t)strlen(XML);
    command.document.length = (uint32_t)strlen(XML);
    command.document.bytes = (const uint8_t *)XML;
    propose(&command);
    command = (struct hvc_command){.kind = HVC_COMMAND_GUEST, .by = "test"};
    assert_int_equal(hvc_parse_uuid_bytes(UUID, command.guest.uuid), 0);
    memcpy(command.guest.name, "vm1", 4);
    command.guest.node = 1;
    memcpy(command.guest.document, hash, sizeof(hash));
    propose(&command);
    return hash;
}

static void the_source_is_found_and_every_other_node_is_a_target(void **state)
{
    struct hvc_checks *checks = run(NULL);

    (void)state;
    assert_string_equal(checks->source, "n1");
    assert_string_equal(checks->name, "vm1");
    assert_int_equal(checks->memory_kib, 1024);
    assert_int_equal(checks->count, 1);
    assert_string_equal(checks->reports[0].node, "n2");
    assert_non_null(hvc_checks_of(checks, 2));
    assert_null(hvc_checks_of(checks, 1));
    assert_false(found(checks, HVC_CHECK_DISK_MISSING));
    assert_false(found(checks, HVC_CHECK_TARGET_LIBVIRT));
    hvc_checks_free(checks);
}

static void a_disk_that_the_target_does_not_reach_is_told_with_its_words(void **state)
{
    struct hvc_checks *checks;

    (void)state;
    disk = (struct hvc_fit_answer){HVC_TELL_NO, "No such file or directory"};
    checks = run("n2");
    assert_true(found(checks, HVC_CHECK_DISK_MISSING));
    assert_non_null(strstr(words_of(checks, HVC_CHECK_DISK_MISSING), "No such file"));
    assert_true(hvc_checks_words(&checks->reports[0])[0] != '\0');
    assert_false(hvc_check_is_movable(&checks->reports[0]));
    hvc_checks_free(checks);
}

static bool definition_missing(unsigned kind, unsigned origin)
{
    struct hvc_checks *checks = run_kind("n2", kind, origin);
    bool missing = found(checks, HVC_CHECK_DEFINITION_MISSING);

    hvc_checks_free(checks);
    return missing;
}

static void a_target_that_keeps_another_definition_is_told_with_what_differs(void **state)
{
    struct hvc_checks *checks;

    (void)state;
    world->here.guests[0].persistent = true;
    there_xml = "<domain type='kvm'><name>vm1</name><uuid>" UUID "</uuid><memory>2048</memory></domain>";
    assert_false(definition_missing(HVC_KIND_LIVE, HVC_ORIGIN_OPERATOR)); /* n2 keeps none */
    world->there.guests[0] =
        (struct hvc_guest_state){.id = {UUID, "vm1"}, .guest_class = HVC_GUEST_ABSENT, .persistent = true};
    world->there.count = 1;
    checks = run("n2");
    assert_non_null(words_of(checks, HVC_CHECK_DEFINITION_MISSING));
    assert_non_null(strstr(words_of(checks, HVC_CHECK_DEFINITION_MISSING), "the first: - devices/disk"));
    assert_false(hvc_check_is_movable(&checks->reports[0]));
    hvc_checks_free(checks);
    assert_false(definition_missing(HVC_KIND_LIVE_STORAGE, HVC_ORIGIN_OPERATOR)); /* it is stored anew there */
    assert_false(definition_missing(HVC_KIND_LIVE, HVC_ORIGIN_PACEMAKER));
    there_xml = XML;
    assert_false(definition_missing(HVC_KIND_LIVE, HVC_ORIGIN_OPERATOR));
}

#define XML_WITH(cpu) "<domain type='kvm'><name>vm1</name><uuid>" UUID "</uuid><memory>1024</memory>" cpu "</domain>"

static void a_guest_with_its_hosts_cpu_moves_only_to_an_equal_one(void **state)
{
    static const struct {
        uint8_t is;
        bool found;
    } cases[] = {{HVC_TELL_YES, false}, {HVC_TELL_NO, true}, {HVC_TELL_UNKNOWN, true}};

    (void)state;
    here_xml = there_xml = XML_WITH("<cpu mode='host-passthrough'/>");
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_checks *checks;

        cpu_there = (struct hvc_fit_answer){cases[i].is, "its CPU has more than the source's"};
        checks = run("n2");
        assert_int_equal(found(checks, HVC_CHECK_CPU_DIFFERS), cases[i].found);
        hvc_checks_free(checks);
    }
}

static void the_counters_of_both_hosts_are_compared(void **state)
{
    struct hvc_checks *checks;

    (void)state;
    here_xml = there_xml = XML_WITH("<cpu mode='host-passthrough' migratable='off'/>");
    cpu_there = (struct hvc_fit_answer){.is = HVC_TELL_YES};
    tsc_here = (struct hvc_check_tsc){.hz = 2000000000, .invariant = true};
    tsc_there = (struct hvc_check_tsc){.hz = 3000000000};
    checks = run("n2");
    assert_true(found(checks, HVC_CHECK_TSC_BOUND));
    hvc_checks_free(checks);
    here_xml = there_xml = XML_WITH("<clock><timer name='tsc' frequency='2000000000'/></clock>");
    checks = run("n2");
    assert_non_null(strstr(words_of(checks, HVC_CHECK_TSC_DIFFERS), "3000000000 Hz there"));
    hvc_checks_free(checks);
    here_xml = there_xml = XML;
    checks = run("n2");
    assert_non_null(strstr(words_of(checks, HVC_CHECK_TSC_CHANGES), "the guest has 2000000000 Hz"));
    hvc_checks_free(checks);
    tsc_here = tsc_there = (struct hvc_check_tsc){0};
}

static void a_cpu_that_the_guest_would_get_there_is_compared_with_the_way_back(void **state)
{
    struct hvc_checks *checks;

    (void)state;
    here_xml = there_xml = XML_WITH("<cpu mode='host-model'/>");
    model_there = "<cpu>of n2</cpu>";
    world->here.guests[0].persistent = true;
    cpu_here = (struct hvc_fit_answer){.is = HVC_TELL_YES};
    checks = run("n2");
    assert_false(found(checks, HVC_CHECK_CPU_NO_WAY_BACK));
    hvc_checks_free(checks);
    cpu_here = (struct hvc_fit_answer){HVC_TELL_NO, "libvirt compares them as incompatible"};
    checks = run("n2");
    assert_true(found(checks, HVC_CHECK_CPU_NO_WAY_BACK));
    hvc_checks_free(checks);
    model_there = "";
}

static void who_does_not_answer_is_a_finding(void **state)
{
    struct hvc_checks *checks;

    (void)state;
    world->there.base.ops = &hung;
    checks = run("n2");
    assert_true(found(checks, HVC_CHECK_TARGET_LIBVIRT));
    hvc_checks_free(checks);
    world->there.base.ops = &ops;
    world->facts.quorate = false;
    checks = run("n2");
    assert_true(found(checks, HVC_CHECK_NO_QUORUM));
    hvc_checks_free(checks);
    world->operations.keeper = NULL;
    checks = run("n2");
    assert_true(found(checks, HVC_CHECK_SERVICE_NOT_KNOWN));
    hvc_checks_free(checks);
    world->here.base.ops = &hung;
    checks = run("n2");
    assert_true(found(checks, HVC_CHECK_GUEST_STATE_NOT_KNOWN));
    hvc_checks_free(checks);
}

/* What n2 tells every second, beside what its libvirt says and the state knows (boot id 0). */
static void another_boot_or_another_host_at_the_targets_name_is_told(void **state)
{
    static struct hvc_soft_facts facts[2];
    static const struct {
        uint64_t boot, age_ms;
        const char *uuid;
        bool found;
        const char *says;
    } cases[] = {
        {0, 900, "", false, ""},
        {0, 900, "0b6e4d5e-7d3a-4c0f-9a53-0000000000aa", false, ""},
        {77, 900, "", true, "hvclusterd there has started anew"},
        {0, 900, "0b6e4d5e-7d3a-4c0f-9a53-0000000000bb", true,
         "node id 2 is host 0b6e4d5e-7d3a-4c0f-9a53-0000000000aa, and the libvirt that answers is host "
         "0b6e4d5e-7d3a-4c0f-9a53-0000000000bb"},
        {77, HVC_SOFT_OLD_MS + 1, "0b6e4d5e-7d3a-4c0f-9a53-0000000000bb", false, ""}, /* old: proves nothing */
    };

    (void)state;
    keeper->soft = facts;
    keeper->soft_count = 2;
    facts[0].node = 1;
    facts[1].node = 2;
    assert_int_equal(hvc_parse_uuid_bytes("0b6e4d5e-7d3a-4c0f-9a53-0000000000aa", facts[1].host_uuid), 0);
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_checks *checks;

        facts[1].boot_id = cases[i].boot + state_boot();
        facts[1].age_ms = cases[i].age_ms;
        there_uuid = cases[i].uuid;
        checks = run("n2");
        assert_int_equal(found(checks, HVC_CHECK_TARGET_BOOT), cases[i].found);
        if (cases[i].found)
            assert_non_null(strstr(words_of(checks, HVC_CHECK_TARGET_BOOT), cases[i].says));
        hvc_checks_free(checks);
    }
    there_uuid = "";
}

static void a_definition_that_the_target_does_not_hold_yet_is_told(void **state)
{
    static struct hvc_soft_facts facts[2];
    struct hvc_checks *checks;

    (void)state;
    keeper->soft = facts;
    keeper->soft_count = 2;
    facts[0].node = 1;
    facts[1] = (struct hvc_soft_facts){.node = 2, .boot_id = state_boot(), .missing_total = 1, .missing_count = 1};
    facts[1].missing[0] = hvc_soft_document(keep_definition());
    checks = run("n2");
    assert_true(found(checks, HVC_CHECK_DEFINITION_MISSING));
    assert_non_null(strstr(words_of(checks, HVC_CHECK_DEFINITION_MISSING), "still being fetched"));
    hvc_checks_free(checks);
    facts[1].missing_total = facts[1].missing_count = 0;
    checks = run("n2");
    assert_false(found(checks, HVC_CHECK_DEFINITION_MISSING));
    hvc_checks_free(checks);
}

static void a_node_or_a_guest_that_is_not_there_is_told(void **state)
{
    struct hvc_checks *checks = run("n9");

    (void)state;
    assert_true(found(checks, HVC_CHECK_TARGET_UNKNOWN));
    hvc_checks_free(checks);
    world->here.count = 0;
    checks = run("n2");
    assert_true(found(checks, HVC_CHECK_GUEST_NOT_FOUND));
    hvc_checks_free(checks);
}

static void a_request_without_sense_is_refused(void **state)
{
    struct hvc_checks_request request = {.guest = "vm1"};
    struct hvc_checks *checks = NULL;
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(hvc_checks_run(&world->operations, &request, hvc_deadline_in(1000), &checks, &error), -EINVAL);
    request = (struct hvc_checks_request){.guest = UUID, .kind = HVC_KIND_COUNT};
    assert_int_equal(hvc_checks_run(&world->operations, &request, hvc_deadline_in(1000), &checks, &error), -EINVAL);
    assert_null(checks);
}

/* A folder that stands for /, with one check of the site's own. */
static void put_plugin(char *root, size_t size, const char *name, const char *script, mode_t mode)
{
    char path[256];
    FILE *file;

    (void)snprintf(root, size, "/tmp/hvc-checks-XXXXXX");
    assert_non_null(mkdtemp(root));
    for (const char *folder = "/etc/hvcluster/checks.d", *end = folder; end != NULL;) {
        end = strchr(end + 1, '/');
        (void)snprintf(path, sizeof(path), "%s%.*s", root, end == NULL ? 64 : (int)(end - folder), folder);
        assert_int_equal(mkdir(path, 0755), 0);
    }
    (void)snprintf(path, sizeof(path), "%s/etc/hvcluster/checks.d/%s", root, name);
    file = fopen(path, "we");
    assert_non_null(file);
    (void)fputs(script, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void drop_plugin(const char *root, const char *name)
{
    static const char *const folders[] = {"/etc/hvcluster/checks.d", "/etc/hvcluster", "/etc", ""};
    char path[256];

    (void)snprintf(path, sizeof(path), "%s/etc/hvcluster/checks.d/%s", root, name);
    assert_int_equal(unlink(path), 0);
    for (size_t i = 0; i < HVC_COUNT(folders); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", root, folders[i]);
        assert_int_equal(rmdir(path), 0);
    }
}

/* With a deadline that far away. */
static struct hvc_checks *run_for(unsigned origin, uint64_t ms)
{
    struct hvc_checks_request request = {
        .guest = UUID, .kind = HVC_KIND_LIVE, .target = "n2", .origin = (uint8_t)origin};
    struct hvc_checks *checks = NULL;

    assert_int_equal(hvc_checks_run(&world->operations, &request, hvc_deadline_in(ms), &checks, NULL), 0);
    return checks;
}

enum { LONG = 60000 };

static void a_check_of_the_sites_own_says_no_by_its_words_its_crash_or_its_silence(void **state)
{
    static const struct {
        const char *name, *script;
        mode_t mode;
        const char *words; /* NULL: it lets the move through */
        unsigned origin;
        uint64_t ms;
    } rows[] = {
        {"50-site", "#!/bin/sh\n[ \"$*\" = \"vm1 " UUID " live n1 n2\" ]\n", 0755, NULL, HVC_ORIGIN_OPERATOR, LONG},
        {"50-site", "#!/bin/sh\nprintf '%s is being\\tbacked up\\nby\\n' \"$1\"\nexit 1\n", 0755,
         "50-site: vm1 is being?backed up;", HVC_ORIGIN_OPERATOR, LONG},
        {"50-site", "#!/bin/sh\nexit 3\n", 0755, "50-site: exit status 3", HVC_ORIGIN_OPERATOR, LONG},
        {"50-site", "#!/bin/sh\nkill -9 $$\n", 0755, "50-site: a signal ended it", HVC_ORIGIN_OPERATOR, LONG},
        {"50-site", "#!/bin/sh\nexec sleep 600\n", 0755, "50-site: it did not end in the ", HVC_ORIGIN_OPERATOR, 3000},
        {"50-site", "#!/bin/sh\n", 0755, "50-site: it was not run", HVC_ORIGIN_OPERATOR, 0},
        {"50-site", "#!/nowhere/sh\n", 0755, "50-site: ", HVC_ORIGIN_OPERATOR, LONG},
        {"50-site", "#!/bin/sh\n", 0777, "50-site: others than root may write it", HVC_ORIGIN_OPERATOR, LONG},
        {"50-site", "#!/bin/sh\nexit 3\n", 0755, NULL, HVC_ORIGIN_PACEMAKER, LONG},
        {"50-site.dpkg-old", "#!/bin/sh\nexit 3\n", 0755, NULL, HVC_ORIGIN_OPERATOR, LONG},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct hvc_checks *checks;
        char root[64];
        const char *words;

        put_plugin(root, sizeof(root), rows[i].name, rows[i].script, rows[i].mode);
        world->operations.root = root;
        checks = run_for(rows[i].origin, rows[i].ms);
        words = words_of(checks, HVC_CHECK_SITE_FORBIDS);
        if ((words == NULL) != (rows[i].words == NULL) || (words != NULL && strstr(words, rows[i].words) == NULL))
            fail_msg("row %zu: %s", i, words == NULL ? "nothing" : words);
        hvc_checks_free(checks);
        drop_plugin(root, rows[i].name);
    }
    world->operations.root = NULL;
}

static void put_foreign(const char *resource, const char *config)
{
    struct hvc_fact_foreign *foreign = &world->foreign[world->foreign_count++];

    (void)hvc_text_copy(foreign->resource, sizeof(foreign->resource), resource);
    (void)hvc_text_copy(foreign->agent, sizeof(foreign->agent), "ocf:heartbeat:VirtualDomain");
    (void)hvc_text_copy(foreign->config, sizeof(foreign->config), config);
}

static void a_guest_that_another_agent_runs_does_not_leave_its_node(void **state)
{
    (void)state;
    put_foreign("db", "/nowhere/db.xml");
    put_foreign("web", "/nowhere/vm1.xml");
    for (unsigned kind = 0; kind < HVC_KIND_COUNT; kind++) {
        struct hvc_checks *checks = run_kind("n2", kind, HVC_ORIGIN_OPERATOR);
        const char *words = words_of(checks, HVC_CHECK_RESOURCE_FOREIGN);

        assert_int_equal(words == NULL, kind == HVC_KIND_STORAGE); /* which stays */
        if (words != NULL) {
            assert_non_null(strstr(words, "resource web (ocf:heartbeat:VirtualDomain, config=/nowhere/vm1.xml)"));
            assert_non_null(strstr(words, "hvcluster adopt"));
            assert_int_equal(checks->reports[0].verdict, HVC_REASON_GIVE_UP);
        }
        hvc_checks_free(checks);
    }
}

static bool foreign_is_found(unsigned origin)
{
    struct hvc_checks *checks = run_kind("n2", HVC_KIND_LIVE, origin);
    bool is = found(checks, HVC_CHECK_RESOURCE_FOREIGN) || found(checks, HVC_CHECK_RESOURCE_NOT_KNOWN);

    hvc_checks_free(checks);
    return is;
}

static void the_resource_of_the_guest_itself_and_moves_of_pacemakers_are_not_asked_about(void **state)
{
    (void)state;
    put_foreign("web", "/nowhere/vm1.xml");
    assert_true(foreign_is_found(HVC_ORIGIN_OPERATOR));
    assert_true(foreign_is_found(HVC_ORIGIN_DRAIN));
    assert_false(foreign_is_found(HVC_ORIGIN_PACEMAKER));
    (void)hvc_text_copy(world->here.guests[0].owner, sizeof(world->here.guests[0].owner), "web");
    assert_false(foreign_is_found(HVC_ORIGIN_OPERATOR)); /* its agent is judged with the simulation */
}

static void a_configuration_or_a_file_that_cannot_be_read_is_told_and_keeps_the_guest(void **state)
{
    struct hvc_checks *checks;

    (void)state;
    put_foreign("web", "/"); /* no file, which is as good as one that may not be read */
    checks = run("n2");
    assert_non_null(words_of(checks, HVC_CHECK_RESOURCE_NOT_KNOWN));
    assert_non_null(strstr(words_of(checks, HVC_CHECK_RESOURCE_NOT_KNOWN), "resource web"));
    assert_non_null(strstr(words_of(checks, HVC_CHECK_RESOURCE_NOT_KNOWN), "no regular file"));
    assert_false(hvc_check_is_movable(&checks->reports[0]));
    hvc_checks_free(checks);
    (void)hvc_text_copy(world->here.guests[0].owner, sizeof(world->here.guests[0].owner), "ours");
    assert_false(foreign_is_found(HVC_ORIGIN_OPERATOR)); /* it is known whose the guest is */
    world->here.guests[0].owner[0] = '\0';
    world->foreign_result = -ETIMEDOUT;
    checks = run("n2");
    assert_non_null(strstr(words_of(checks, HVC_CHECK_RESOURCE_NOT_KNOWN), "pacemaker runs but does not answer"));
    assert_int_equal(checks->reports[0].findings[0].severity, HVC_CHECK_ERROR);
    hvc_checks_free(checks);
    world->foreign_result = 0;
    (void)hvc_error_set(&world->facts.pacemaker_error, -ETIMEDOUT, "it hangs"); /* asked for the nodes */
    checks = run("n2");
    assert_non_null(strstr(words_of(checks, HVC_CHECK_RESOURCE_NOT_KNOWN), "it hangs"));
    hvc_checks_free(checks);
}

/* n2's libvirt answers when the site's check has run, and not before. */
static void a_libvirt_that_hangs_takes_no_time_from_the_sites_own_checks(void **state)
{
    struct hvc_checks *checks;
    char root[64], ran[128];

    (void)state;
    put_plugin(root, sizeof(root), "50-site", "#!/bin/sh\n: >\"${0%/checks.d/*}/ran\"\n", 0755);
    (void)snprintf(ran, sizeof(ran), "%s/etc/hvcluster/ran", root);
    awaited = ran;
    world->operations.root = root;
    checks = run_for(HVC_ORIGIN_OPERATOR, LONG);
    awaited = NULL;
    world->operations.root = NULL;
    assert_int_equal(unlink(ran), 0);
    drop_plugin(root, "50-site");
    assert_false(found(checks, HVC_CHECK_SITE_FORBIDS));
    assert_false(found(checks, HVC_CHECK_CAPABILITIES_NOT_KNOWN));
    hvc_checks_free(checks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_source_is_found_and_every_other_node_is_a_target, setup, teardown),
        cmocka_unit_test_setup_teardown(a_disk_that_the_target_does_not_reach_is_told_with_its_words, setup, teardown),
        cmocka_unit_test_setup_teardown(a_target_that_keeps_another_definition_is_told_with_what_differs, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_guest_with_its_hosts_cpu_moves_only_to_an_equal_one, setup, teardown),
        cmocka_unit_test_setup_teardown(the_counters_of_both_hosts_are_compared, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cpu_that_the_guest_would_get_there_is_compared_with_the_way_back, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(who_does_not_answer_is_a_finding, setup, teardown),
        cmocka_unit_test_setup_teardown(another_boot_or_another_host_at_the_targets_name_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_definition_that_the_target_does_not_hold_yet_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_node_or_a_guest_that_is_not_there_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_request_without_sense_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_guest_that_another_agent_runs_does_not_leave_its_node, setup, teardown),
        cmocka_unit_test_setup_teardown(the_resource_of_the_guest_itself_and_moves_of_pacemakers_are_not_asked_about,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_configuration_or_a_file_that_cannot_be_read_is_told_and_keeps_the_guest,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_check_of_the_sites_own_says_no_by_its_words_its_crash_or_its_silence, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_libvirt_that_hangs_takes_no_time_from_the_sites_own_checks, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
