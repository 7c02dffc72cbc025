/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sessions of docs/cim-sessions.md: every command there is run, against this server with the recorded answers of
 * hvclusterd (tests/golden/wbem_facts), and must print what stands below it. HVC_GOLDEN_UPDATE=1 writes that anew.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../auth/fake_helper.h"
#include "../hvc_cmocka.h"
#include "certificates.h"
#include "http.h"
#include "hvc/client.h"
#include "talk.h"
#include "wire.h"

#define DOCUMENT "docs/cim-sessions.md"
#define HTTP     "localhost:5988"
#define HTTPS    "localhost:5989"

enum { LARGE = 1 << 18 };

static char *read_file(const char *name)
{
    char *text = calloc(LARGE, 1);
    char path[512];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", getenv("HVC_SOURCE_DIR"), name);
    file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s cannot be read", path);
    assert_true(fread(text, 1, LARGE - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    return text;
}

/* ---- hvclusterd, as it was recorded ---- */

int hvc_client_connect(const struct hvc_client_options *options, uint64_t deadline_ms, struct hvc_client **ret_client,
                       struct hvc_error *error)
{
    static int client;

    (void)options;
    (void)deadline_ms;
    (void)error;
    *ret_client = (struct hvc_client *)(void *)&client; /* never looked into */
    return 0;
}

void hvc_client_close(struct hvc_client *client)
{
    (void)client;
}

static const char *file_of(const struct hvc_record *request)
{
    const struct hvc_record *args = hvc_record_record(request, "args");
    const char *operation = hvc_record_text(request, "op", "");

    if (strcmp(operation, "guest.known") == 0)
        return hvc_record_text(args, "after", NULL) == NULL ? "guest.known" : "guest.known.next";
    if (strcmp(operation, "job.list") != 0)
        return operation;
    if (hvc_record_text(args, "kind", NULL) != NULL || hvc_record_u64(args, "before", 0) != 0)
        return NULL; /* no staged ones, and none older than those */
    return strcmp(hvc_record_text(args, "state", ""), "ended") == 0 ? "job.list.ended" : "job.list.active";
}

int hvc_client_call_text(struct hvc_client *client, const struct hvc_record *request, uint64_t deadline_ms,
                         char **ret_text, size_t *ret_length, struct hvc_error *error)
{
    static const char none[] = "{\"version\":1,\"result\":\"ok\",\"text\":\"done\",\"data\":{\"id\":12,\"jobs\":[]}}";
    const char *name = file_of(request);
    char path[256];

    (void)client;
    (void)deadline_ms;
    (void)error;
    (void)snprintf(path, sizeof(path), "tests/golden/wbem_facts/%s.json", name == NULL ? "" : name);
    if (name == NULL || strcmp(name, "service.set") == 0 || strcmp(name, "job.create") == 0)
        *ret_text = strdup(none);
    else
        *ret_text = read_file(path);
    assert_non_null(*ret_text);
    *ret_length = strlen(*ret_text);
    return 0;
}

/* ---- the server ---- */

static struct world {
    char folder[32];
    struct fake_helper *helper;
    struct hvc_wbemd_settings settings;
    struct hvc_roles *roles;
    struct hvc_wbemd_fetch *fetch;
    struct hvc_wbemd_desk *desk;
    struct hvc_wbemd_access *access;
    struct hvc_wbemd_http *http;
    struct test_certificate authority, server;
} world;

/* Everybody is an operator here. */
static void accept_all(int fd, void *context)
{
    const struct hvc_auth_answer answer = {.verdict = HVC_AUTH_ACCEPTED, .user = "bob", .groups = "haclient\0"};
    static uint8_t bytes[HVC_AUTH_ANSWER_BYTES_MAX];
    char request[HVC_AUTH_REQUEST_BYTES_MAX];
    size_t length = 0;

    (void)context;
    if (recv(fd, request, sizeof(request), 0) > 0 && hvc_auth_wire_encode_answer(&answer, bytes, &length) == 0)
        (void)send(fd, bytes, length, MSG_NOSIGNAL);
}

static int start_server(struct hvc_wbemd_settings *s)
{
    struct hvc_error error = {0};
    int rc = -EADDRINUSE;

    for (unsigned i = 0; i < 10 && rc == -EADDRINUSE; i++) { /* somebody else may be faster */
        s->http_port = talk_free_port();
        s->https_port = talk_free_port();
        rc = hvc_wbemd_http_start(s, world.desk, world.access, &world.http, &error);
    }
    if (rc < 0)
        print_error("%s\n", error.text);
    return rc;
}

static int begin(void **state)
{
    struct hvc_wbemd_settings *s = &world.settings;
    struct hvc_wbemd_desk_options desk = {.settings = s, .host = "n1"};
    time_t now = time(NULL);

    (void)state;
    (void)snprintf(world.folder, sizeof(world.folder), "/tmp/hvc-sessions-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    world.helper = fake_helper_start(accept_all, NULL);
    hvc_wbemd_settings_default(s);
    (void)snprintf(s->auth_socket, sizeof(s->auth_socket), "%s", fake_helper_path(world.helper));
    (void)snprintf(s->http_address, sizeof(s->http_address), "127.0.0.1");
    (void)snprintf(s->https_address, sizeof(s->https_address), "127.0.0.1");
    (void)snprintf(s->anonymous, sizeof(s->anonymous), "read");
    (void)snprintf(s->certificate, sizeof(s->certificate), "%s/server.pem", world.folder);
    (void)snprintf(s->key, sizeof(s->key), "%s/server.key", world.folder);
    test_certificate_make(&world.authority, "CN=authority", NULL, now - 86400, now + 86400);
    test_certificate_make(&world.server, "CN=localhost", &world.authority, now - 86400, now + 86400);
    test_certificate_write(&world.server, s->certificate, s->key);
    assert_int_equal(hvc_roles_parse("test.conf", "[roles]\noperate_groups = haclient\n", &world.roles, NULL), 0);
    world.fetch = desk.fetch = hvc_wbemd_fetch_new("test", "/nonexistent", 5000);
    world.desk = hvc_wbemd_desk_new(&desk);
    assert_int_equal(hvc_wbemd_access_new(s, world.roles, &world.access, NULL), 0);
    return start_server(s);
}

static int end(void **state)
{
    (void)state;
    hvc_wbemd_http_stop(world.http);
    hvc_wbemd_desk_free(world.desk);
    hvc_wbemd_fetch_free(world.fetch);
    hvc_wbemd_access_free(world.access);
    hvc_roles_free(world.roles);
    (void)fake_helper_stop(world.helper);
    test_certificate_free(&world.authority);
    test_certificate_free(&world.server);
    assert_int_equal(unlink(world.settings.certificate), 0);
    assert_int_equal(unlink(world.settings.key), 0);
    return rmdir(world.folder);
}

/* ---- the document ---- */

/* Writes text with every `from` as `to`. */
static void put_replaced(FILE *out, const char *text, const char *from, const char *to)
{
    for (const char *at = strstr(text, from); at != NULL; at = strstr(text, from)) {
        (void)fprintf(out, "%.*s%s", (int)(at - text), text, to);
        text = at + strlen(from);
    }
    (void)fputs(text, out);
}

/* A copy of text with the addresses of the document as those of this server, or back; free() it. */
static char *translated(const char *text, bool back)
{
    char http[32], https[32], *half = NULL, *whole = NULL;
    size_t length = 0;
    FILE *out;

    (void)snprintf(http, sizeof(http), "localhost:%u", (unsigned)world.settings.http_port);
    (void)snprintf(https, sizeof(https), "localhost:%u", (unsigned)world.settings.https_port);
    out = open_memstream(&half, &length);
    put_replaced(out, text, back ? http : HTTP, back ? HTTP : http);
    assert_int_equal(fclose(out), 0);
    out = open_memstream(&whole, &length);
    put_replaced(out, half, back ? https : HTTPS, back ? HTTPS : https);
    assert_int_equal(fclose(out), 0);
    free(half);
    return whole;
}

/* Runs a command and writes what it printed, on either stream, with no blank at the end of a line. */
static void put_run(FILE *out, const char *command)
{
    char *real = translated(command, false), *copy, line[8192];
    char whole[16384];
    FILE *printed;

    (void)snprintf(whole, sizeof(whole), "{ %s; } 2>&1 </dev/null", real);
    (void)fflush(NULL);
    printed = popen(whole, "r"); // NOLINT(cert-env33-c): the commands are the project's own
    assert_non_null(printed);
    while (fgets(line, sizeof(line), printed) != NULL) {
        size_t length = strlen(line);

        while (length > 0 && isspace((unsigned char)line[length - 1]))
            line[--length] = '\0';
        copy = translated(line, true);
        if (length > 0)
            (void)fprintf(out, "%s\n", copy);
        free(copy);
    }
    (void)pclose(printed); /* some of them fail, as the document says */
    free(real);
}

/* The document with what its commands print now. */
static char *replayed(char *document, unsigned *ret_commands)
{
    bool session = false;
    char *rest = document, *line, *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    while ((line = strsep(&rest, "\n")) != NULL && (rest != NULL || line[0] != '\0')) {
        if (strncmp(line, "```", 3) == 0)
            session = strcmp(line, "```console") == 0;
        if (!session || line[0] == '`' || line[0] == '$')
            (void)fprintf(out, "%s\n", line);
        if (session && line[0] == '$') {
            put_run(out, line + 2);
            (*ret_commands)++;
        }
    }
    assert_int_equal(fclose(out), 0);
    return text;
}

static void every_session_of_the_document_goes_as_it_says(void **state)
{
    char *document = read_file(DOCUMENT), *want = strdup(document), *have;
    unsigned commands = 0;
    char path[512];
    FILE *file;

    (void)state;
    have = replayed(document, &commands);
    if (getenv("HVC_GOLDEN_UPDATE") != NULL) {
        (void)snprintf(path, sizeof(path), "%s/" DOCUMENT, getenv("HVC_SOURCE_DIR"));
        file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(have, file) >= 0);
        assert_int_equal(fclose(file), 0);
    } else
        assert_string_equal(have, want);
    assert_true(commands >= 10);
    free(have);
    free(want);
    free(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_session_of_the_document_goes_as_it_says),
    };

    return cmocka_run_group_tests_name("wbem.sessions", tests, begin, end);
}
