/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP and TLS as clients of every kind meet it, over real sockets on loopback: what is refused and how, what is kept
 * open, whom a slow or silent client does not hurt, who a client is. hvclusterd is not there: this program has its own
 * client, to whom nobody answers. hvcluster-auth is a fake.
 */
#include "http.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../auth/fake_helper.h"
#include "../hvc_cmocka.h"
#include "certificates.h"
#include "hvc/client.h"
#include "hvc/clock.h"
#include "talk.h"
#include "wire.h"

enum { CONNECTIONS = 16, PER_ADDRESS = 12, REQUEST_KIB = 16, IDLE_S = 2 };

int hvc_client_connect(const struct hvc_client_options *options, uint64_t deadline_ms, struct hvc_client **ret_client,
                       struct hvc_error *error)
{
    (void)options;
    (void)deadline_ms;
    (void)ret_client;
    return hvc_error_set(error, -ENOTCONN, "hvclusterd does not run here");
}

void hvc_client_close(struct hvc_client *client)
{
    (void)client;
}

int hvc_client_call_text(struct hvc_client *client, const struct hvc_record *request, uint64_t deadline_ms,
                         char **ret_text, size_t *ret_length, struct hvc_error *error)
{
    (void)client;
    (void)request;
    (void)deadline_ms;
    (void)ret_text;
    (void)ret_length;
    return hvc_error_set(error, -EPIPE, "hvclusterd does not run here");
}

/* ---- a server for all tests ---- */

static const char configuration[] = "[roles]\nread_groups = viewers\n"
                                    "[certificate monitor]\nsubject = CN=monitor,O=Example\nrole = read\n";

static struct world {
    char folder[32];
    struct fake_helper *helper;
    sem_t release; /* posted once for each password that may be answered */
    struct hvc_wbemd_settings settings;
    struct hvc_roles *roles;
    struct hvc_wbemd_fetch *fetch;
    struct hvc_wbemd_desk *desk;
    struct hvc_wbemd_access *access;
    struct hvc_wbemd_http *http;
    struct test_certificate authority, stranger, server;
} world;

/* "right" is right; every other password waits until the test lets it be refused. */
static void judge(int fd, void *context)
{
    struct hvc_auth_answer answer = {.verdict = HVC_AUTH_ACCEPTED, .user = "alice", .groups = "viewers\0"};
    static uint8_t bytes[HVC_AUTH_ANSWER_BYTES_MAX];
    char request[HVC_AUTH_REQUEST_BYTES_MAX];
    size_t length = 0;
    ssize_t got = recv(fd, request, sizeof(request), 0);

    (void)context;
    if (got <= 0)
        return;
    if (memmem(request, (size_t)got, "right", 5) == NULL) {
        while (sem_wait(&world.release) != 0)
            continue;
        hvc_auth_answer_set(&answer, HVC_AUTH_REFUSED, "user or password is wrong");
    }
    if (hvc_auth_wire_encode_answer(&answer, bytes, &length) == 0)
        (void)send(fd, bytes, length, MSG_NOSIGNAL);
}

static void make_certificates(void)
{
    struct hvc_wbemd_settings *s = &world.settings;
    time_t now = time(NULL);

    test_certificate_make(&world.authority, "CN=authority", NULL, now - 86400, now + 86400);
    test_certificate_make(&world.stranger, "CN=authority", NULL, now - 86400, now + 86400);
    test_certificate_make(&world.server, "CN=localhost", &world.authority, now - 86400, now + 86400);
    (void)snprintf(s->certificate, sizeof(s->certificate), "%s/server.pem", world.folder);
    (void)snprintf(s->key, sizeof(s->key), "%s/server.key", world.folder);
    (void)snprintf(s->client_ca, sizeof(s->client_ca), "%s/ca.pem", world.folder);
    test_certificate_write(&world.server, s->certificate, s->key);
    test_certificate_write(&world.authority, s->client_ca, NULL);
}

static int start_server(void)
{
    struct hvc_error error = {0};
    int rc = -EADDRINUSE;

    for (unsigned i = 0; i < 10 && rc == -EADDRINUSE; i++) { /* somebody else may be faster */
        world.settings.http_port = talk_free_port();
        world.settings.https_port = talk_free_port();
        rc = hvc_wbemd_http_start(&world.settings, world.desk, world.access, &world.http, &error);
    }
    if (rc < 0)
        print_error("%s\n", error.text);
    return rc;
}

static int begin(void **state)
{
    struct hvc_wbemd_settings *s = &world.settings;
    struct hvc_wbemd_desk_options desk = {.settings = s, .host = "localhost"};

    (void)state;
    (void)snprintf(world.folder, sizeof(world.folder), "/tmp/hvc-http-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    assert_int_equal(sem_init(&world.release, 0, 0), 0);
    world.helper = fake_helper_start(judge, NULL);
    hvc_wbemd_settings_default(s);
    (void)snprintf(s->auth_socket, sizeof(s->auth_socket), "%s", fake_helper_path(world.helper));
    (void)snprintf(s->http_address, sizeof(s->http_address), "127.0.0.1");
    (void)snprintf(s->https_address, sizeof(s->https_address), "127.0.0.1");
    (void)snprintf(s->anonymous, sizeof(s->anonymous), "read");
    s->connections = CONNECTIONS;
    s->connections_per_address = PER_ADDRESS;
    s->request_kib = REQUEST_KIB;
    s->idle_s = IDLE_S;
    s->password_cache_ms = 0;
    make_certificates();
    assert_int_equal(hvc_roles_parse("test.conf", configuration, &world.roles, NULL), 0);
    world.fetch = desk.fetch = hvc_wbemd_fetch_new("test", "/nonexistent", 1000);
    world.desk = hvc_wbemd_desk_new(&desk);
    assert_int_equal(hvc_wbemd_access_new(s, world.roles, &world.access, NULL), 0);
    return start_server();
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
    test_certificate_free(&world.stranger);
    test_certificate_free(&world.server);
    assert_int_equal(unlink(world.settings.certificate), 0);
    assert_int_equal(unlink(world.settings.key), 0);
    assert_int_equal(unlink(world.settings.client_ca), 0);
    return rmdir(world.folder);
}

/* ---- requests ---- */

#define BODY(class_name)                                                                                               \
    "<?xml version=\"1.0\" encoding=\"utf-8\"?><CIM CIMVERSION=\"2.0\" DTDVERSION=\"2.0\"><MESSAGE ID=\"7\" "          \
    "PROTOCOLVERSION=\"1.0\"><SIMPLEREQ><IMETHODCALL NAME=\"EnumerateClassNames\"><LOCALNAMESPACEPATH>"                \
    "<NAMESPACE NAME=\"root\"/><NAMESPACE NAME=\"interop\"/></LOCALNAMESPACEPATH>"                                     \
    "<IPARAMVALUE NAME=\"ClassName\"><CLASSNAME NAME=\"" class_name "\"/></IPARAMVALUE></IMETHODCALL></SIMPLEREQ>"     \
    "</MESSAGE></CIM>"
#define GOOD    BODY("CIM_ManagedElement")
#define HEADERS "CIMOperation: MethodCall\r\nCIMMethod: EnumerateClassNames\r\nCIMObject: root%2Finterop\r\n"
#define XML     "Content-Type: application/xml; charset=\"utf-8\"\r\n"
#define RIGHT   "Authorization: Basic YWxpY2U6cmlnaHQ=\r\n" /* alice:right */
#define WRONG   "Authorization: Basic YWxpY2U6d3Jvbmc=\r\n" /* alice:wrong */

static void say_request(struct talk *talk, const char *method, const char *headers, const char *body)
{
    static char text[REQUEST_KIB * 2048];
    int length = snprintf(text, sizeof(text), "%s / HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %zu\r\n\r\n%s",
                          method, headers, strlen(body), body);

    assert_true(length > 0 && (size_t)length < sizeof(text));
    (void)talk_say(talk, text, (size_t)length); /* may be refused before it is whole */
}

static int ask(struct talk *talk, const char *headers, struct talk_answer *answer)
{
    assert_non_null(talk);
    say_request(talk, "POST", headers, GOOD);
    talk_hear(talk, answer);
    return answer->status;
}

static struct talk_answer heard;

static void assert_served(void)
{
    struct talk *talk = talk_open((unsigned)world.settings.http_port, NULL);

    assert_int_equal(ask(talk, XML HEADERS, &heard), 200);
    talk_close(talk);
}

static void what_is_wrong_has_its_status_and_the_service_stays_up(void **state)
{
    static const struct {
        const char *method, *headers, *body;
        int status;
        const char *words; /* in the answer */
    } cases[] = {
        {"POST", XML HEADERS, GOOD, 200, "CIMOperation: MethodResponse"},
        {"POST", "", GOOD, 200, "<SIMPLERSP>"},
        {"M-POST",
         XML "Man: http://www.dmtf.org/cim/mapping/http/v1.0 ; ns=73\r\n73-CIMOperation: MethodCall\r\n"
             "73-CIMMethod: EnumerateClassNames\r\n73-CIMObject: root/interop\r\n",
         GOOD, 200, "42-CIMOperation: MethodResponse"},
        {"M-POST",
         XML "Man: http://www.dmtf.org/cim/mapping/http/v1.0 ; ns=73\r\n73-CIMOperation: MethodCall\r\n"
             "73-CIMMethod: GetClass\r\n",
         GOOD, 400, "CIMError: header-mismatch"},
        {"GET", "", "", 405, "Allow: POST, M-POST"},
        {"PUT", XML HEADERS, GOOD, 405, "CIM-XML comes by POST or M-POST"},
        {"POST", "Content-Type: text/html\r\n" HEADERS, GOOD, 415, "must be application/xml or text/xml"},
        {"POST", XML "CIMOperation: Something\r\n", GOOD, 400, "CIMError: unsupported-operation"},
        {"POST", XML "CIMOperation: MethodCall\r\nCIMMethod: GetClass\r\n", GOOD, 400, "CIMError: header-mismatch"},
        {"POST", XML "CIMOperation: MethodCall\r\nCIMObject: root%2Fvirtualization%2Fv2\r\n", GOOD, 400,
         "header CIMObject names another namespace than the body"},
        {"POST", XML "CIMObject: root/interop/v2:CIM_X.Name=\"root/interop\"\r\n", GOOD, 400,
         "CIMError: header-mismatch"},
        {"POST", XML "CIMObject: /ROOT/Interop:CIM_X.Name=\"a\"\r\n", GOOD, 200, "<SIMPLERSP>"},
        {"POST", XML "CIMOperation: MethodCall\r\nCIMMethod: %45numerateClassNames\r\n", GOOD, 200, "<SIMPLERSP>"},
        {"POST", XML HEADERS, "", 400, "CIMError: request-not-well-formed"},
        {"POST", XML HEADERS, "<CIM><MESSAGE>", 400, "CIMError: request-not-well-formed"},
        {"POST", XML HEADERS, "<!DOCTYPE CIM [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><CIM>&b;</CIM>", 400,
         "CIMError: request-not-well-formed"},
        {"POST", XML HEADERS, "<CIM CIMVERSION=\"1.0\" DTDVERSION=\"2.0\"/>", 400, "CIMError: unsupported-cim-version"},
        {"POST", XML HEADERS,
         BODY("Gr\xc3\xb6\xc3\x9f"
              "e \xe2\x82\xac"),
         200,
         "there is no class &quot;Gr\xc3\xb6\xc3\x9f"
         "e \xe2\x82\xac&quot;"},
        {"POST", XML HEADERS, BODY("Gr\xf6\xdf"), 400, "CIMError: request-not-well-formed"}, /* not UTF-8 */
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct talk *talk = talk_open((unsigned)world.settings.http_port, NULL);

        assert_non_null(talk);
        say_request(talk, cases[i].method, cases[i].headers, cases[i].body);
        talk_hear(talk, &heard);
        if (heard.status != cases[i].status || strstr(heard.text, cases[i].words) == NULL)
            fail_msg("case %zu gave: %.400s", i, heard.text);
        talk_close(talk);
    }
    assert_served();
}

static void what_is_too_large_is_refused_before_it_comes(void **state)
{
    static const char *const lengths[] = {"16385", "1073741824", "18446744073709551615"};
    char text[256];

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(lengths); i++) {
        struct talk *talk = talk_open((unsigned)world.settings.http_port, NULL);
        int length =
            snprintf(text, sizeof(text),
                     "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n" XML "Content-Length: %s\r\n\r\n",
                     lengths[i]);

        assert_non_null(talk);
        assert_true(talk_say(talk, text, (size_t)length));
        talk_hear(talk, &heard);
        assert_int_equal(heard.status, 413);
        talk_close(talk);
    }
    assert_served();
}

/* ... and who sends it all the same hears why: a connection that is closed while the client sends has no answer. */
static void what_is_too_large_and_comes_is_thrown_away_and_refused(void **state)
{
    static char bytes[3000000];
    struct talk *talk = talk_open((unsigned)world.settings.http_port, NULL);
    static const char head[] = "POST / HTTP/1.1\r\nHost: localhost\r\n" XML "Content-Length: 3000000\r\n\r\n";

    (void)state;
    memset(bytes, ' ', sizeof(bytes));
    assert_non_null(talk);
    assert_true(talk_say(talk, head, strlen(head)));
    assert_true(talk_say(talk, bytes, sizeof(bytes)));
    talk_hear(talk, &heard);
    assert_int_equal(heard.status, 413);
    talk_close(talk);
    assert_served();
}

/* Whether it says so or not, and whether it takes the answer or not: it cannot bring a gigabyte. */
static void a_gigabyte_is_not_taken(void **state)
{
    static const char *const heads[] = {"Content-Length: 1073741824\r\n\r\n",
                                        "Transfer-Encoding: chunked\r\n\r\n40000000\r\n"};
    static char bytes[1 << 20];
    char head[256];

    (void)state;
    memset(bytes, ' ', sizeof(bytes));
    for (size_t i = 0; i < HVC_COUNT(heads); i++) {
        struct talk *talk = talk_open((unsigned)world.settings.http_port, NULL);
        int length = snprintf(head, sizeof(head), "POST / HTTP/1.1\r\nHost: localhost\r\n" XML "%s", heads[i]);
        unsigned taken = 0;

        assert_non_null(talk);
        assert_true(talk_say(talk, head, (size_t)length));
        while (taken < 1024 && talk_say(talk, bytes, sizeof(bytes)))
            taken++;
        assert_true(taken < 64); /* what lies in the sockets' buffers, and what is thrown away */
        talk_close(talk);
        assert_served();
    }
}

static void chunks_that_become_too_large_end_the_connection(void **state)
{
    static const char head[] = "POST / HTTP/1.1\r\nHost: localhost\r\n" XML "Transfer-Encoding: chunked\r\n\r\n";
    static char chunk[1024 + 7];
    struct talk *talk = talk_open((unsigned)world.settings.http_port, NULL);
    bool taken = true;

    (void)state;
    (void)snprintf(chunk, sizeof(chunk), "400\r\n%01024d", 0);
    memcpy(chunk + 5 + 1024 - 1, "\r\n", 2);
    assert_non_null(talk);
    assert_true(talk_say(talk, head, sizeof(head) - 1));
    for (unsigned i = 0; i < 1024 && taken; i++)
        taken = talk_say(talk, chunk, 5 + 1024 + 1);
    talk_hear(talk, &heard);
    assert_true(heard.status == 0 || heard.status == 400 || heard.status == 413);
    talk_close(talk);
    assert_served();
}

static void a_connection_is_kept_for_the_next_request(void **state)
{
    struct talk *talk = talk_open((unsigned)world.settings.http_port, NULL);

    (void)state;
    assert_non_null(talk);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(ask(talk, XML HEADERS, &heard), 200);
        assert_null(strstr(heard.text, "Connection: close"));
    }
    say_request(talk, "POST", XML HEADERS, GOOD); /* two at once: answered in turn */
    say_request(talk, "POST", XML HEADERS, BODY("Nothing"));
    talk_hear(talk, &heard);
    assert_non_null(strstr(heard.body, "CLASSNAME NAME=\"CIM_"));
    talk_hear(talk, &heard);
    assert_non_null(strstr(heard.body, "there is no class &quot;Nothing&quot;"));
    assert_int_equal(ask(talk, XML "Connection: close\r\n", &heard), 200);
    talk_hear(talk, &heard);
    assert_int_equal(heard.status, 0);
    talk_close(talk);
}

static void half_a_request_hurts_nobody_and_is_ended(void **state)
{
    static const char half[] = "POST / HTTP/1.1\r\nHost: localhost\r\n" XML "Content-Length: 400\r\n\r\n<CIM>";
    struct talk *silent[8];

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(silent); i++) {
        silent[i] = talk_open_from(4, (unsigned)world.settings.http_port);
        assert_non_null(silent[i]);
        assert_true(talk_say(silent[i], half, i % 2 == 0 ? sizeof(half) - 1 : 20)); /* a body, or a head, cut */
    }
    assert_served();
    for (size_t i = 0; i < HVC_COUNT(silent); i++) {
        talk_hear(silent[i], &heard); /* ends after idle_s */
        assert_true(heard.status == 0 || heard.status == 408);
        talk_close(silent[i]);
    }
}

/* ---- the time of one request ---- */

/* Sockets of this process, of the server and of the test. */
static unsigned open_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(folder);
    while (readdir(folder) != NULL)
        count++;
    assert_int_equal(closedir(folder), 0);
    return count;
}

static void await_files(unsigned count)
{
    uint64_t deadline_ms = hvc_deadline_in(20000);

    while (open_files() != count && hvc_deadline_left(deadline_ms) > 0)
        (void)poll(NULL, 0, 5);
    assert_int_equal(open_files(), count);
}

/* Until the server has closed its side; how long it had it. */
static uint64_t drip(unsigned port, const char *bytes, size_t length, bool takes)
{
    unsigned files = open_files();
    uint64_t begin_ms = hvc_now_ms();
    int fd = talk_socket(1, port, false);
    char byte;

    assert_true(fd >= 0);
    await_files(files + 2);
    assert_int_equal(send(fd, bytes, length - 1, MSG_NOSIGNAL), (ssize_t)length - 1);
    while (open_files() > files + 1 && hvc_now_ms() - begin_ms < 20000) {
        if (takes)
            (void)recv(fd, &byte, 1, MSG_DONTWAIT);
        else
            (void)send(fd, bytes + length - 1, 1, MSG_NOSIGNAL); /* the last byte again and again */
        (void)poll(NULL, 0, 20);
    }
    assert_int_equal(close(fd), 0);
    return hvc_now_ms() - begin_ms;
}

static void restart(uint64_t header_s, uint64_t body_s, uint64_t answer_s)
{
    hvc_wbemd_http_stop(world.http);
    world.http = NULL;
    world.settings.header_s = header_s;
    world.settings.body_s = body_s;
    world.settings.answer_s = answer_s;
    assert_int_equal(start_server(), 0);
}

#define HEAD "POST / HTTP/1.1\r\nHost: localhost\r\n" XML

static void a_client_that_sends_a_byte_now_and_then_is_ended(void **state)
{
    static const struct {
        const char *what, *bytes; /* the last one comes again and again */
        bool secure;
        uint64_t header_s, body_s, limit_ms;
    } cases[] = {
        {"headers", HEAD "X: a", false, 1, 3600, 1000},
        {"the line of the request", "POST /a", false, 1, 3600, 1000},
        {"a body", HEAD "Content-Length: 10000\r\n\r\n<CIM> ", false, 3600, 1, 1000},
        {"the extension of a chunk", HEAD "Transfer-Encoding: chunked\r\n\r\n5;x", false, 3600, 1, 1000},
        {"a trailer", HEAD "Transfer-Encoding: chunked\r\n\r\n1\r\n<\r\n0\r\nX: a", false, 3600, 1, 1000},
        {"a handshake", "\x16\x03\x01\x3f\xff\x01\x01\x3f\xfb\x03\x03", true, 1, 3600, 1000},
        {"the second request", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n" HEAD "X: a", false, 1,
         3600, 1000},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        const struct hvc_wbemd_settings *s = &world.settings;
        uint64_t took_ms;

        restart(cases[i].header_s, cases[i].body_s, 3600);
        took_ms = drip((unsigned)(cases[i].secure ? s->https_port : s->http_port), cases[i].bytes,
                       strlen(cases[i].bytes), false);
        if (took_ms < cases[i].limit_ms || took_ms >= 20000)
            fail_msg("%s: ended after %llu ms", cases[i].what, (unsigned long long)took_ms);
    }
    restart(3600, 3600, 3600);
    assert_served();
}

#define LARGE_ANSWER                                                                                                   \
    "<CIM CIMVERSION=\"2.0\" DTDVERSION=\"2.0\"><MESSAGE ID=\"7\" PROTOCOLVERSION=\"1.0\"><SIMPLEREQ>"                 \
    "<IMETHODCALL NAME=\"EnumerateClasses\"><LOCALNAMESPACEPATH><NAMESPACE NAME=\"root\"/>"                            \
    "<NAMESPACE NAME=\"HyperVCluster\"/><NAMESPACE NAME=\"v2\"/></LOCALNAMESPACEPATH>"                                 \
    "<IPARAMVALUE NAME=\"DeepInheritance\"><VALUE>TRUE</VALUE></IPARAMVALUE>"                                          \
    "<IPARAMVALUE NAME=\"IncludeQualifiers\"><VALUE>TRUE</VALUE></IPARAMVALUE>"                                        \
    "<IPARAMVALUE NAME=\"LocalOnly\"><VALUE>FALSE</VALUE></IPARAMVALUE></IMETHODCALL></SIMPLEREQ></MESSAGE></CIM>"

static void a_client_that_takes_a_byte_of_its_answers_now_and_then_is_ended(void **state)
{
    static char text[16384];
    uint64_t took_ms;
    size_t length = 0;

    (void)state;
    restart(3600, 3600, 1);
    for (unsigned times = 0; times < 8; times++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, HEAD "Content-Length: %zu\r\n\r\n%s",
                                   sizeof(LARGE_ANSWER) - 1, LARGE_ANSWER);
    assert_true(length < sizeof(text));
    took_ms = drip((unsigned)world.settings.http_port, text, length + 1, true);
    if (took_ms < 1000 || took_ms >= 20000)
        fail_msg("ended after %llu ms", (unsigned long long)took_ms);
    restart(3600, 3600, 3600);
    assert_served();
}

static void slow_clients_do_not_hold_others_up(void **state)
{
    static const char head[] = "POST / HTTP/1.1\r\nHost: localhost\r\n" XML "X: ";
    struct talk *slow[8];

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(slow); i++) {
        slow[i] = talk_open_from(5, (unsigned)world.settings.http_port);
        assert_non_null(slow[i]);
    }
    for (size_t at = 0; at < sizeof(head) - 1; at++) {
        for (size_t i = 0; i < HVC_COUNT(slow); i++)
            assert_true(talk_say(slow[i], &head[at], 1));
        if (at % 20 == 0)
            assert_served();
    }
    for (size_t i = 0; i < HVC_COUNT(slow); i++)
        talk_close(slow[i]);
}

static void clients_that_do_not_read_their_answers_hold_up_nobody(void **state)
{
    struct talk *deaf[8];

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(deaf); i++) {
        deaf[i] = talk_open_from(6, (unsigned)world.settings.http_port);
        assert_non_null(deaf[i]);
        for (unsigned times = 0; times < 8; times++)
            say_request(deaf[i], "POST", XML, LARGE_ANSWER);
        assert_true(talk_wait(deaf[i], 20000)); /* the first answer is on its way */
    }
    for (unsigned i = 0; i < 8; i++)
        assert_served();
    for (size_t i = 0; i < HVC_COUNT(deaf); i++)
        talk_close(deaf[i]); /* in the middle of an answer */
    assert_served();
}

static void more_connections_than_allowed_wait_until_silent_ones_are_closed(void **state)
{
    struct talk *talks[CONNECTIONS * 2];
    struct talk *late;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(talks); i++) /* of many addresses */
        assert_non_null(talks[i] = talk_open_from(2 + (unsigned)i / 4, (unsigned)world.settings.http_port));
    late = talk_open((unsigned)world.settings.http_port, NULL);
    assert_int_equal(ask(late, XML HEADERS, &heard), 200);
    talk_close(late);
    for (size_t i = 0; i < HVC_COUNT(talks); i++)
        talk_close(talks[i]);
    assert_served();
}

static void ten_thousand_connections_of_one_client_hold_up_no_other(void **state)
{
    static const char half[] = "POST / HTTP/1.1\r\nHost: localhost\r\n" XML "Content-Length: 400\r\n\r\n<CIM>";
    static int fds[10000];
    struct rlimit files;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = files.rlim_max; /* of both sides */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    assert_true(files.rlim_cur > HVC_COUNT(fds) + 256);
    for (size_t i = 0; i < HVC_COUNT(fds); i++) {
        fds[i] = talk_socket(2, (unsigned)world.settings.http_port, true);
        assert_true(fds[i] >= 0);
        (void)send(fds[i], half, i % 2 == 0 ? sizeof(half) - 1 : 20, MSG_NOSIGNAL); /* when it is connected already */
        if (i % 1000 == 999)
            assert_served();
    }
    for (size_t i = 0; i < HVC_COUNT(fds); i++)
        assert_int_equal(close(fds[i]), 0);
    assert_served();
}

/* ---- who it is ---- */

static void wrong_passwords_that_wait_hold_up_nobody(void **state)
{
    struct talk *waiting[8]; /* twice as many as threads */

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(waiting); i++) {
        waiting[i] = talk_open_from(7, (unsigned)world.settings.http_port);
        assert_non_null(waiting[i]);
        say_request(waiting[i], "POST", XML HEADERS WRONG, GOOD);
    }
    for (unsigned i = 0; i < 8; i++)
        assert_served();
    for (size_t i = 0; i < HVC_COUNT(waiting); i++)
        assert_false(talk_wait(waiting[i], 0));
    for (size_t i = 0; i < HVC_COUNT(waiting); i++)
        assert_int_equal(sem_post(&world.release), 0);
    for (size_t i = 0; i < HVC_COUNT(waiting); i++) {
        talk_hear(waiting[i], &heard);
        assert_int_equal(heard.status, 401);
        assert_non_null(strstr(heard.text, "WWW-Authenticate: Basic realm=\"hvcluster\", charset=\"UTF-8\""));
        assert_non_null(strstr(heard.body, "user or password is wrong"));
        assert_int_equal(ask(waiting[i], XML HEADERS RIGHT, &heard), 200); /* the same connection */
        talk_close(waiting[i]);
    }
}

static void a_client_that_leaves_while_its_password_is_checked_hurts_nobody(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct talk *talk = talk_open((unsigned)world.settings.http_port, NULL);

        assert_non_null(talk);
        say_request(talk, "POST", XML HEADERS WRONG, GOOD);
        assert_false(talk_wait(talk, 20)); /* it waits for the verdict */
        talk_close(talk);
        assert_int_equal(sem_post(&world.release), 0);
    }
    assert_served();
}

static gnutls_certificate_credentials_t credentials_of(const struct test_certificate *certificate)
{
    gnutls_certificate_credentials_t credentials;
    gnutls_x509_crt_t crt;

    assert_int_equal(gnutls_certificate_allocate_credentials(&credentials), 0);
    if (certificate == NULL)
        return credentials;
    crt = certificate->crt;
    assert_int_equal(gnutls_certificate_set_x509_key(credentials, &crt, 1, certificate->key), 0);
    /* what the server says it trusts is not asked: a stranger shows his, too */
    gnutls_certificate_set_flags(credentials, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
    return credentials;
}

static void a_certificate_says_who_a_client_is_when_our_authority_signed_it_and_it_is_valid(void **state)
{
    static const struct {
        const char *subject; /* NULL: none */
        bool stranger;
        int from_h, until_h;
        const char *headers;
        int status;
        const char *words;
    } cases[] = {
        {"CN=monitor,O=Example", false, -1, 1, "", 200, "<SIMPLERSP>"},
        {"CN=monitor,O=Example", false, -2, -1, "", 401, "a user and a password are needed"}, /* expired */
        {"CN=monitor,O=Example", false, 1, 2, "", 401, "a user and a password are needed"},   /* not yet valid */
        {"CN=nobody", false, -1, 1, "", 200, "has role none"},
        {NULL, false, 0, 0, "", 401, "WWW-Authenticate: Basic"},
        {NULL, false, 0, 0, RIGHT, 200, "<SIMPLERSP>"},
        {"CN=monitor,O=Example", false, -2, -1, RIGHT, 200, "<SIMPLERSP>"}, /* the password counts */
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct test_certificate certificate;
        gnutls_certificate_credentials_t credentials;
        time_t now = time(NULL);
        struct talk *talk;

        if (cases[i].subject != NULL)
            test_certificate_make(&certificate, cases[i].subject, &world.authority, now + cases[i].from_h * 3600,
                                  now + cases[i].until_h * 3600);
        credentials = credentials_of(cases[i].subject == NULL ? NULL : &certificate);
        talk = talk_open((unsigned)world.settings.https_port, credentials);
        for (unsigned times = 0; times < 3; times++) /* what is known of the connection is used again */
            (void)ask(talk, cases[i].headers, &heard);
        if (heard.status != cases[i].status || strstr(heard.text, cases[i].words) == NULL)
            fail_msg("case %zu gave: %.400s", i, heard.text);
        talk_close(talk);
        gnutls_certificate_free_credentials(credentials);
        if (cases[i].subject != NULL)
            test_certificate_free(&certificate);
    }
}

static void a_certificate_of_another_authority_with_the_same_name_makes_no_client(void **state)
{
    struct test_certificate certificate;
    gnutls_certificate_credentials_t credentials;
    time_t now = time(NULL);
    struct talk *talk;

    (void)state;
    test_certificate_make(&certificate, "CN=monitor,O=Example", &world.stranger, now - 3600, now + 3600);
    credentials = credentials_of(&certificate);
    talk = talk_open((unsigned)world.settings.https_port, credentials);
    assert_int_equal(ask(talk, "", &heard), 401);
    talk_close(talk);
    gnutls_certificate_free_credentials(credentials);
    test_certificate_free(&certificate);
}

static void bytes_that_are_no_handshake_hurt_nobody(void **state)
{
    struct talk *talk = talk_open((unsigned)world.settings.https_port, NULL);

    (void)state;
    assert_non_null(talk);
    say_request(talk, "POST", XML HEADERS, GOOD); /* HTTP where TLS is spoken */
    (void)talk_wait(talk, 5000);
    talk_close(talk);
    assert_served();
}

static void without_hvclusterd_the_reason_is_an_error_of_cim(void **state)
{
    static const char body[] =
        "<CIM CIMVERSION=\"2.0\" DTDVERSION=\"2.0\"><MESSAGE ID=\"7\" PROTOCOLVERSION=\"1.0\"><SIMPLEREQ>"
        "<IMETHODCALL NAME=\"EnumerateInstances\"><LOCALNAMESPACEPATH><NAMESPACE NAME=\"root\"/>"
        "<NAMESPACE NAME=\"HyperVCluster\"/><NAMESPACE NAME=\"v2\"/></LOCALNAMESPACEPATH>"
        "<IPARAMVALUE NAME=\"ClassName\"><CLASSNAME NAME=\"Msvm_VirtualSystemMigrationService\"/></IPARAMVALUE>"
        "</IMETHODCALL></SIMPLEREQ></MESSAGE></CIM>";
    struct talk *talk = talk_open((unsigned)world.settings.http_port, NULL);

    (void)state;
    assert_non_null(talk);
    say_request(talk, "POST", XML, body);
    talk_hear(talk, &heard);
    assert_int_equal(heard.status, 200);
    assert_non_null(strstr(heard.body, "<ERROR CODE=\"1\""));
    assert_non_null(strstr(heard.body, "hvclusterd does not run here"));
    talk_close(talk);
}

static void the_end_answers_whoever_still_waits(void **state)
{
    struct talk *talk = talk_open((unsigned)world.settings.http_port, NULL);

    (void)state;
    assert_non_null(talk);
    say_request(talk, "POST", XML HEADERS WRONG, GOOD);
    assert_false(talk_wait(talk, 50));
    hvc_wbemd_http_stop(world.http);
    world.http = NULL;
    talk_hear(talk, &heard);
    assert_true(heard.status == 503 || heard.status == 0); /* told, when there was still time to */
    talk_close(talk);
    assert_int_equal(sem_post(&world.release), 0);
    assert_int_equal(start_server(), 0);
    assert_served();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_has_its_status_and_the_service_stays_up),
        cmocka_unit_test(what_is_too_large_is_refused_before_it_comes),
        cmocka_unit_test(what_is_too_large_and_comes_is_thrown_away_and_refused),
        cmocka_unit_test(a_gigabyte_is_not_taken),
        cmocka_unit_test(chunks_that_become_too_large_end_the_connection),
        cmocka_unit_test(a_connection_is_kept_for_the_next_request),
        cmocka_unit_test(half_a_request_hurts_nobody_and_is_ended),
        cmocka_unit_test(a_client_that_sends_a_byte_now_and_then_is_ended),
        cmocka_unit_test(a_client_that_takes_a_byte_of_its_answers_now_and_then_is_ended),
        cmocka_unit_test(slow_clients_do_not_hold_others_up),
        cmocka_unit_test(clients_that_do_not_read_their_answers_hold_up_nobody),
        cmocka_unit_test(more_connections_than_allowed_wait_until_silent_ones_are_closed),
        cmocka_unit_test(ten_thousand_connections_of_one_client_hold_up_no_other),
        cmocka_unit_test(wrong_passwords_that_wait_hold_up_nobody),
        cmocka_unit_test(a_client_that_leaves_while_its_password_is_checked_hurts_nobody),
        cmocka_unit_test(a_certificate_says_who_a_client_is_when_our_authority_signed_it_and_it_is_valid),
        cmocka_unit_test(a_certificate_of_another_authority_with_the_same_name_makes_no_client),
        cmocka_unit_test(bytes_that_are_no_handshake_hurt_nobody),
        cmocka_unit_test(without_hvclusterd_the_reason_is_an_error_of_cim),
        cmocka_unit_test(the_end_answers_whoever_still_waits),
    };

    return cmocka_run_group_tests_name("wbem.http", tests, begin, end);
}
