/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate.h"
#include "hvc/clock.h"
#include "hvc/text.h"
#include "tell.h"
#include "watch.h"

enum {
    THREADS = 4,
    FILE_MAX = 1 << 20,
    NAME_MAX_BYTES = 256,
    CONNECTION_BYTES = 32 * 1024,
    CERTIFICATE_MS = 10000,
    SWALLOWED_MAX = 16 << 20 /* of what is refused already */
};

struct endpoint {
    struct hvc_wbemd_http *http;
    struct MHD_Daemon *daemon;
    bool secure;
};

struct hvc_wbemd_http {
    const struct hvc_wbemd_settings *settings;
    struct hvc_wbemd_desk *desk;
    struct hvc_wbemd_access *access;
    struct hvc_wbemd_gate *gate;
    struct hvc_wbemd_watch *watch;
    struct endpoint plain, secure;
    char *certificate, *key, *client_ca; /* contents */
};

/* What has come of one request. */
struct upload {
    char *bytes;
    size_t length, size;
    unsigned refused;            /* the status it is answered with when it has come, 0: none */
    const char *words, *fault;   /* why */
    struct hvc_wbemd_wait *wait; /* a password was asked about: its answer is here when MHD calls again */
};

/* What is known of a connection: a certificate is verified once in CERTIFICATE_MS, not at every request. */
struct session {
    struct hvc_wbemd_watched watched; /* how long it has for what it does now */
    const struct hvc_wbemd_settings *settings;
    bool verified; /* client is its owner */
    uint64_t asked_ms;
    struct hvc_wbemd_client client;
};

/* ---- the time of a connection ---- */

static struct session *session_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info == NULL ? NULL : info->socket_context;
}

static void give_time(struct session *session, uint64_t seconds)
{
    atomic_store_explicit(&session->watched.deadline_ms, hvc_deadline_in(seconds * 1000), memory_order_relaxed);
}

/* What is inside has limits of its own: hvcluster-auth, hvclusterd. */
static void give_any_time(struct session *session)
{
    atomic_store_explicit(&session->watched.deadline_ms, HVC_NO_DEADLINE, memory_order_relaxed);
}

/* ---- answers ---- */

static enum MHD_Result send_bytes(struct MHD_Connection *connection, unsigned status, char *bytes, size_t length,
                                  const char *const *headers)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(length, bytes, MHD_RESPMEM_MUST_FREE);
    enum MHD_Result result;

    if (response == NULL) {
        free(bytes);
        return MHD_NO;
    }
    for (; *headers != NULL; headers += 2)
        if (headers[1] != NULL)
            (void)MHD_add_response_header(response, headers[0], headers[1]);
    result = MHD_queue_response(connection, status, response);
    give_time(session_of(connection), session_of(connection)->settings->answer_s);
    MHD_destroy_response(response);
    return result;
}

/* An error of HTTP with a line of words. */
static enum MHD_Result send_words(struct MHD_Connection *connection, unsigned status, const char *words,
                                  const char *header, const char *value)
{
    const char *const headers[] = {"Content-Type", "text/plain; charset=\"utf-8\"", header, value, NULL};
    size_t length = strlen(words) + 1;
    char *bytes = malloc(length + 1);

    if (bytes == NULL)
        return MHD_NO;
    (void)snprintf(bytes, length + 1, "%s\n", words);
    return send_bytes(connection, status, bytes, length, headers);
}

/* ---- headers ---- */

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* With M-POST the names have a number in front: Man: http://...; ns=42, then 42-CIMMethod. */
static const char *cim_header(struct MHD_Connection *connection, const char *name)
{
    const char *man = header(connection, "Man");
    const char *number = man == NULL ? NULL : strstr(man, "ns=");
    char prefixed[64];

    if (number == NULL)
        return header(connection, name);
    (void)snprintf(prefixed, sizeof(prefixed), "%.2s-%s", number + 3, name);
    return header(connection, prefixed);
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %41 to A. */
static void decode(const char *from, char *to, size_t size)
{
    size_t used = 0;

    for (; *from != '\0' && used + 1 < size; from++) {
        int high = *from == '%' ? digit(from[1]) : -1;
        int low = high >= 0 ? digit(from[2]) : -1;

        to[used++] = low >= 0 ? (char)(high * 16 + low) : *from;
        from += low >= 0 ? 2 : 0;
    }
    to[used] = '\0';
}

static void address_of(struct MHD_Connection *connection, char text[HVC_AUTH_ORIGIN_MAX])
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

    (void)hvc_text_copy(text, HVC_AUTH_ORIGIN_MAX, "unknown");
    if (info != NULL)
        (void)getnameinfo(info->client_addr,
                          info->client_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in)
                                                                  : sizeof(struct sockaddr_in6),
                          text, HVC_AUTH_ORIGIN_MAX, NULL, 0, NI_NUMERICHOST);
}

/* ---- who it is ---- */

static bool verify(const struct endpoint *endpoint, struct MHD_Connection *connection, struct hvc_wbemd_client *client)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    const gnutls_datum_t *chain;
    unsigned count = 0;
    unsigned status = 0;

    if (info == NULL || gnutls_certificate_verify_peers2(info->tls_session, &status) < 0 || status != 0)
        return false;
    chain = gnutls_certificate_get_peers(info->tls_session, &count);
    return chain != NULL && count > 0 && hvc_wbemd_access_certificate(endpoint->http->access, &chain[0], client) == 0;
}

/* True: the client has a certificate that our authority signed. */
static bool by_certificate(const struct endpoint *endpoint, struct MHD_Connection *connection,
                           struct hvc_wbemd_client *client)
{
    struct session *session = session_of(connection);

    if (session->asked_ms == 0 || hvc_now_ms() - session->asked_ms >= CERTIFICATE_MS) {
        session->verified = verify(endpoint, connection, &session->client);
        session->asked_ms = hvc_now_ms();
    }
    if (session->verified)
        *client = session->client;
    return session->verified;
}

static void go_on(void *connection)
{
    MHD_resume_connection(connection);
}

/* The client waits outside of MHD's threads: MHD calls again when its answer is there. */
static bool step_aside(const struct endpoint *endpoint, struct MHD_Connection *connection, struct upload *upload,
                       struct hvc_auth_call *call)
{
    upload->wait = calloc(1, sizeof(*upload->wait));
    if (upload->wait == NULL) {
        hvc_auth_call_free(call);
        return false;
    }
    upload->wait->call = call;
    upload->wait->done = go_on;
    upload->wait->context = connection;
    MHD_suspend_connection(connection);
    hvc_wbemd_gate_add(endpoint->http->gate, upload->wait);
    return true;
}

/* Who it is, when the connection or the settings say so. */
static bool is_known(const struct endpoint *endpoint, struct MHD_Connection *connection, bool named,
                     struct hvc_wbemd_client *client)
{
    if (endpoint->secure)
        return endpoint->http->client_ca != NULL && by_certificate(endpoint, connection, client);
    if (named || strcmp(endpoint->http->settings->anonymous, "read") != 0)
        return false;
    client->role = HVC_ROLE_READ;
    return true;
}

/* HTTP's status, words and time of a refusal in *refusal; 0: MHD calls again. */
static unsigned by_password(const struct endpoint *endpoint, struct MHD_Connection *connection, struct upload *upload,
                            const char *address, struct hvc_wbemd_client *client, struct hvc_auth_answer *refusal)
{
    char *password = NULL;
    char *user = MHD_basic_auth_get_username_password(connection, &password);
    const struct hvc_auth_request request = {user, password, address};
    struct hvc_auth_call *call = NULL;
    bool named = user != NULL && password != NULL;
    bool known = is_known(endpoint, connection, named, client);

    if (!known && !named)
        hvc_auth_answer_set(refusal, HVC_AUTH_REFUSED, "a user and a password are needed (Basic)");
    else if (!known)
        (void)hvc_wbemd_access_begin(endpoint->http->access, &request, &call, refusal);
    if (password != NULL)
        gnutls_memset(password, 0, strlen(password));
    MHD_free(user);
    MHD_free(password);
    if (known)
        return MHD_HTTP_OK;
    if (call != NULL && step_aside(endpoint, connection, upload, call))
        return 0;
    if (call != NULL)
        hvc_auth_answer_set(refusal, HVC_AUTH_UNAVAILABLE, "passwords cannot be checked: no memory");
    return hvc_wbemd_access_verdict(endpoint->http->access, refusal, client);
}

static unsigned identify(const struct endpoint *endpoint, struct MHD_Connection *connection, struct upload *upload,
                         const char *address, struct hvc_wbemd_client *client, struct hvc_auth_answer *refusal)
{
    char words[HVC_AUTH_WORDS_MAX + 64];
    unsigned status;

    if (upload->wait != NULL) {
        *refusal = upload->wait->answer;
        status = hvc_wbemd_access_verdict(endpoint->http->access, refusal, client);
    } else
        status = by_password(endpoint, connection, upload, address, client, refusal);
    if (status != MHD_HTTP_OK && status != 0) /* without the name: it may be a password in the wrong field */
        hvc_wbemd_tell(HVC_MESSAGE_CIM_LOGIN_REFUSED, "address=%s status=%u words=%s", address, status,
                       hvc_message_quote(refusal->words, words, sizeof(words)));
    return status;
}

static enum MHD_Result send_refusal(struct MHD_Connection *connection, unsigned status,
                                    const struct hvc_auth_answer *refusal)
{
    char seconds[16];

    (void)snprintf(seconds, sizeof(seconds), "%u", (unsigned)refusal->retry_after_s);
    if (status == MHD_HTTP_UNAUTHORIZED)
        return send_words(connection, status, refusal->words, "WWW-Authenticate",
                          "Basic realm=\"hvcluster\", charset=\"UTF-8\"");
    return send_words(connection, status, refusal->words, "Retry-After",
                      status == MHD_HTTP_TOO_MANY_REQUESTS ? seconds : NULL);
}

/* ---- a request ---- */

static enum MHD_Result answer(const struct endpoint *endpoint, struct MHD_Connection *connection, const char *method,
                              struct upload *upload)
{
    const char *named = cim_header(connection, "CIMMethod"), *object = cim_header(connection, "CIMObject");
    struct hvc_wbemd_request request = {.bytes = upload->bytes == NULL ? "" : upload->bytes, .length = upload->length};
    struct hvc_wbemd_answer result;
    struct hvc_auth_answer refusal = {.verdict = HVC_AUTH_REFUSED};
    struct hvc_wbemd_client client = {.role = HVC_ROLE_NONE};
    char address[HVC_AUTH_ORIGIN_MAX];
    char decoded[NAME_MAX_BYTES], decoded_object[NAME_MAX_BYTES]; /* of which the namespace counts */
    char warning[600];
    unsigned status;

    address_of(connection, address);
    status = identify(endpoint, connection, upload, address, &client, &refusal);
    if (status == 0)
        return MHD_YES;
    if (status != MHD_HTTP_OK)
        return send_refusal(connection, status, &refusal);
    if (named != NULL)
        decode(named, decoded, sizeof(decoded));
    if (object != NULL)
        decode(object, decoded_object, sizeof(decoded_object));
    request.method = named == NULL ? NULL : decoded;
    request.object = object == NULL ? NULL : decoded_object;
    request.user = client.user;
    request.address = address;
    request.role = client.role;
    hvc_wbemd_answer(endpoint->http->desk, &request, &result);
    if (result.http != 200)
        return send_words(connection, result.http, result.words, "CIMError", result.fault);
    if (result.stale[0] != '\0')
        (void)snprintf(warning, sizeof(warning), "110 hvcluster \"%s\"", result.stale);
    else
        (void)snprintf(warning, sizeof(warning), "199 hvcluster \"%.560s\"", result.why);
    for (char *p = warning; *p != '\0'; p++)
        *p = (unsigned char)*p < ' ' ? ' ' : *p;
    {
        bool extended = strcmp(method, "M-POST") == 0;
        const char *const headers[] = {"Content-Type",
                                       "application/xml; charset=\"utf-8\"",
                                       "Cache-Control",
                                       "no-cache",
                                       extended ? "42-CIMOperation" : "CIMOperation",
                                       "MethodResponse",
                                       "Ext",
                                       extended ? "" : NULL,
                                       "Man",
                                       extended ? "http://www.dmtf.org/cim/mapping/http/v1.0 ; ns=42" : NULL,
                                       "Warning",
                                       result.stale[0] == '\0' && result.why[0] == '\0' ? NULL : warning,
                                       NULL};

        return send_bytes(connection, MHD_HTTP_OK, result.bytes, result.length, headers);
    }
}

/* What the headers alone tell to be wrong: 0, or the status, words and the CIMError. */
static unsigned check_headers(const struct endpoint *endpoint, struct MHD_Connection *connection, const char *method,
                              const char **ret_words, const char **ret_fault)
{
    const char *length = header(connection, "Content-Length");
    const char *type = header(connection, "Content-Type");
    const char *operation = cim_header(connection, "CIMOperation");
    uint64_t bytes = 0;

    *ret_fault = NULL;
    if (strcmp(method, "POST") != 0 && strcmp(method, "M-POST") != 0) {
        *ret_words = "CIM-XML comes by POST or M-POST";
        return MHD_HTTP_METHOD_NOT_ALLOWED;
    }
    if (length != NULL &&
        (hvc_parse_u64(length, 0, UINT64_MAX, &bytes) < 0 || bytes > endpoint->http->settings->request_kib << 10)) {
        *ret_words = "the request is larger than request_kib in hvcluster-wbemd.conf";
        return MHD_HTTP_CONTENT_TOO_LARGE;
    }
    if (type != NULL && strncasecmp(type, "application/xml", 15) != 0 && strncasecmp(type, "text/xml", 8) != 0) {
        *ret_words = "the content must be application/xml or text/xml";
        return MHD_HTTP_UNSUPPORTED_MEDIA_TYPE;
    }
    if (operation != NULL && strcasecmp(operation, "MethodCall") != 0) {
        *ret_words = "header CIMOperation must be MethodCall";
        *ret_fault = "unsupported-operation";
        return MHD_HTTP_BAD_REQUEST;
    }
    return 0;
}

/* False: more than a request may be, or no memory. */
static bool take(struct upload *upload, const char *bytes, size_t count, size_t limit)
{
    size_t wanted = upload->size == 0 ? 8192 : upload->size;
    char *bigger;

    if (upload->length + count > limit)
        return false;
    while (wanted < upload->length + count)
        wanted *= 2;
    if (wanted > upload->size) {
        bigger = realloc(upload->bytes, wanted);
        if (bigger == NULL)
            return false;
        upload->bytes = bigger;
        upload->size = wanted;
    }
    memcpy(upload->bytes + upload->length, bytes, count);
    upload->length += count;
    return true;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *words, const char *fault)
{
    bool method = status == MHD_HTTP_METHOD_NOT_ALLOWED;

    return send_words(connection, status, words, method ? "Allow" : "CIMError", method ? "POST, M-POST" : fault);
}

/* Who sends on while the connection is closed loses the answer: what it brings is thrown away first. Not what waits for
 * our word before it comes, nor what would never end. */
static bool is_swallowed(struct MHD_Connection *connection)
{
    const char *length = header(connection, "Content-Length");
    uint64_t bytes = 0;

    return header(connection, "Expect") == NULL && length != NULL &&
           hvc_parse_u64(length, 1, SWALLOWED_MAX, &bytes) == 0;
}

/* The headers are there. */
static enum MHD_Result begin(const struct endpoint *endpoint, struct MHD_Connection *connection, const char *method,
                             void **state)
{
    struct upload *upload;
    const char *words = NULL, *fault = NULL;
    unsigned status = check_headers(endpoint, connection, method, &words, &fault);

    give_time(session_of(connection), endpoint->http->settings->body_s);
    if (status != 0 && !is_swallowed(connection))
        return refuse(connection, status, words, fault);
    upload = calloc(1, sizeof(*upload));
    if (upload == NULL)
        return MHD_NO;
    upload->refused = status;
    upload->words = words;
    upload->fault = fault;
    *state = upload;
    return MHD_YES;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *bytes, size_t *count, void **state)
{
    const struct endpoint *endpoint = context;
    struct session *session = session_of(connection);
    struct upload *upload = *state;

    (void)url;
    (void)version;
    if (session == NULL) /* no memory for one */
        return MHD_NO;
    if (upload == NULL)
        return begin(endpoint, connection, method, state);
    if (*count > 0) {
        /* without a length it cannot be refused before it comes: the connection is closed */
        if (upload->refused == 0 && !take(upload, bytes, *count, (size_t)endpoint->http->settings->request_kib << 10))
            return MHD_NO;
        *count = 0;
        return MHD_YES;
    }
    if (upload->refused != 0)
        return refuse(connection, upload->refused, upload->words, upload->fault);
    give_any_time(session);
    return answer(endpoint, connection, method, upload);
}

static void forget(void *context, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
    struct session *session = session_of(connection);
    struct upload *upload = *state;

    (void)context;
    (void)code;
    if (session != NULL) /* the next request begins within idle_s, or libmicrohttpd closes */
        give_time(session, session->settings->idle_s + session->settings->header_s);
    if (upload == NULL)
        return;
    free(upload->bytes);
    free(upload->wait);
    free(upload);
    *state = NULL;
}

static void note_connection(void *context, struct MHD_Connection *connection, void **state,
                            enum MHD_ConnectionNotificationCode code)
{
    const struct endpoint *endpoint = context;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct session *session = *state;

    if (code == MHD_CONNECTION_NOTIFY_CLOSED && session != NULL) { /* the socket is closed after this */
        hvc_wbemd_watch_remove(endpoint->http->watch, &session->watched);
        free(session);
        *state = NULL;
    }
    if (code != MHD_CONNECTION_NOTIFY_STARTED || info == NULL)
        return;
    session = calloc(1, sizeof(*session));
    if (session == NULL)
        return; /* closed at its first request */
    session->watched.fd = info->connect_fd;
    session->settings = endpoint->http->settings;
    give_time(session, session->settings->header_s);
    hvc_wbemd_watch_add(endpoint->http->watch, &session->watched);
    *state = session;
}

/* ---- starting and stopping ---- */

static int read_file(const char *path, char **ret_text, struct hvc_error *error)
{
    FILE *file = fopen(path, "re");
    char *text = file == NULL ? NULL : malloc(FILE_MAX + 1);
    size_t length;

    if (text == NULL) {
        int code = file == NULL ? errno : ENOMEM;

        if (file != NULL)
            (void)fclose(file);
        return hvc_error_set(error, -code, "cannot read %s: %s", path, strerror(code));
    }
    length = fread(text, 1, FILE_MAX, file);
    (void)fclose(file);
    text[length] = '\0';
    *ret_text = text;
    return 0;
}

static int resolve(const char *address, uint64_t port, struct addrinfo **ret_info, struct hvc_error *error)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    char text[16];
    int rc;

    (void)snprintf(text, sizeof(text), "%u", (unsigned)port);
    rc = getaddrinfo(address, text, &hints, ret_info);
    return rc == 0 ? 0 : hvc_error_set(error, -EINVAL, "\"%s\" is no address: %s", address, gai_strerror(rc));
}

static int start(struct endpoint *endpoint, const char *address, uint64_t port, struct hvc_error *error)
{
    const struct hvc_wbemd_http *http = endpoint->http;
    const struct hvc_wbemd_settings *s = http->settings;
    struct addrinfo *info = NULL;
    /* with epoll one thread takes all connections that come at the same time, and the others stand idle */
    unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | (endpoint->secure ? MHD_USE_TLS : 0);
    int rc = resolve(address, port, &info, error);

    if (rc < 0)
        return rc;
    if (info->ai_family == AF_INET6)
        flags |= MHD_USE_DUAL_STACK;
    {
        struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, http->certificate},
                                       {MHD_OPTION_HTTPS_MEM_KEY, 0, http->key},
                                       {MHD_OPTION_END, 0, NULL},
                                       {MHD_OPTION_END, 0, NULL}};
        const struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};

        if (http->client_ca != NULL)
            tls[2] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0, http->client_ca};
        endpoint->daemon = MHD_start_daemon(
            flags, (uint16_t)port, NULL, NULL, handle, endpoint, MHD_OPTION_SOCK_ADDR, info->ai_addr,
            MHD_OPTION_NOTIFY_COMPLETED, forget, NULL, MHD_OPTION_NOTIFY_CONNECTION, note_connection, endpoint,
            MHD_OPTION_CONNECTION_LIMIT, (unsigned)s->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
            (unsigned)s->connections_per_address, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)s->idle_s,
            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_THREAD_POOL_SIZE,
            (unsigned)THREADS, MHD_OPTION_ARRAY, endpoint->secure ? tls : none, MHD_OPTION_END);
    }
    freeaddrinfo(info);
    if (endpoint->daemon != NULL)
        return 0;
    return hvc_error_set(error, errno == 0 ? -EIO : -errno, "%s cannot be served at %s port %u: %s",
                         endpoint->secure ? "HTTPS" : "HTTP", address, (unsigned)port,
                         errno == 0 ? "libmicrohttpd refused (certificate and key?)" : strerror(errno));
}

static int start_secure(struct hvc_wbemd_http *http, struct hvc_error *error)
{
    const struct hvc_wbemd_settings *s = http->settings;
    int rc = read_file(s->certificate, &http->certificate, error);

    if (rc == 0)
        rc = read_file(s->key, &http->key, error);
    if (rc == 0 && s->client_ca[0] != '\0')
        rc = read_file(s->client_ca, &http->client_ca, error);
    return rc == 0 ? start(&http->secure, s->https_address, s->https_port, error) : rc;
}

static uint64_t shortest_s(const struct hvc_wbemd_settings *s)
{
    uint64_t seconds = s->header_s < s->body_s ? s->header_s : s->body_s;

    return seconds < s->answer_s ? seconds : s->answer_s;
}

int hvc_wbemd_http_start(const struct hvc_wbemd_settings *settings, struct hvc_wbemd_desk *desk,
                         struct hvc_wbemd_access *access, struct hvc_wbemd_http **ret_http, struct hvc_error *error)
{
    struct hvc_wbemd_http *http = calloc(1, sizeof(*http));
    int rc;

    if (http == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory");
    *http = (struct hvc_wbemd_http){.settings = settings, .desk = desk, .access = access};
    http->plain.http = http;
    http->secure = (struct endpoint){.http = http, .secure = true};
    rc = hvc_wbemd_gate_new(2 * (unsigned)settings->connections, &http->gate, error);
    if (rc == 0)
        rc = hvc_wbemd_watch_new(shortest_s(settings) * 1000, &http->watch, error);
    errno = 0;
    if (rc == 0 && settings->https_address[0] != '\0')
        rc = start_secure(http, error);
    if (rc == 0 && settings->http_address[0] != '\0')
        rc = start(&http->plain, settings->http_address, settings->http_port, error);
    if (rc < 0) {
        hvc_wbemd_http_stop(http);
        return rc;
    }
    *ret_http = http;
    return 0;
}

void hvc_wbemd_http_stop(struct hvc_wbemd_http *http)
{
    if (http == NULL)
        return;
    hvc_wbemd_gate_close(http->gate); /* MHD does not stop while connections are suspended */
    if (http->plain.daemon != NULL)
        MHD_stop_daemon(http->plain.daemon);
    if (http->secure.daemon != NULL)
        MHD_stop_daemon(http->secure.daemon);
    hvc_wbemd_gate_free(http->gate);
    hvc_wbemd_watch_free(http->watch);
    free(http->certificate);
    if (http->key != NULL)
        gnutls_memset(http->key, 0, strlen(http->key));
    free(http->key);
    free(http->client_ca);
    free(http);
}
