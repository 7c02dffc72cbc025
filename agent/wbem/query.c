/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "query_lexer.h"

enum kind { COMPARE, LIKE, ISA, IS_NULL, NOT, AND, OR };
enum comparison { EQUAL, DIFFERENT, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL };

struct hvc_query_condition {
    enum kind kind;
    enum comparison comparison;
    const char *name;               /* of a property; of ISA NULL */
    struct hvc_query_token literal; /* of COMPARE, LIKE (its text), ISA (a class) */
    const struct hvc_query_condition *left, *right;
};

struct parser {
    struct hvc_query_lexer lexer;
    struct hvc_query_token token;
    struct hvc_cim_arena *arena;
    struct hvc_error *error;
    struct hvc_query *query;
    const char *alias;
    unsigned depth;
    int rc;
};

static bool fail(struct parser *p, const char *wanted)
{
    if (p->rc == 0)
        p->rc = hvc_error_set(p->error, -EINVAL, "character %zu of the query: %s, not \"%.60s\"", p->token.at + 1,
                              wanted, p->token.kind == HVC_QUERY_END ? "its end" : p->token.text);
    return false;
}

static bool next(struct parser *p)
{
    if (p->rc == 0)
        p->rc = hvc_query_next(&p->lexer, p->arena, &p->token, p->error);
    return p->rc == 0;
}

static bool is_word(const struct parser *p, const char *word)
{
    return p->token.kind == HVC_QUERY_WORD && hvc_schema_compare(p->token.text, word) == 0;
}

static bool is_sign(const struct parser *p, const char *sign)
{
    return p->token.kind == HVC_QUERY_SIGN && strcmp(p->token.text, sign) == 0;
}

/* A name, or the last part of Class.Name. */
static bool read_name(struct parser *p, const char **ret_name, const char *wanted)
{
    if (p->token.kind != HVC_QUERY_WORD)
        return fail(p, wanted);
    *ret_name = p->token.text;
    if (!next(p))
        return false;
    while (is_sign(p, ".")) {
        if (!next(p) || p->token.kind != HVC_QUERY_WORD)
            return fail(p, "the name of a property must stand here");
        *ret_name = p->token.text;
        if (!next(p))
            return false;
    }
    return true;
}

static struct hvc_query_condition *new_condition(struct parser *p, enum kind kind)
{
    struct hvc_query_condition *condition = hvc_cim_alloc(p->arena, 1, sizeof(*condition));

    if (condition == NULL && p->rc == 0)
        p->rc = hvc_error_set(p->error, -ENOMEM, "the query is too large");
    if (condition != NULL)
        condition->kind = kind;
    return condition;
}

static bool is_literal(const struct parser *p)
{
    return p->token.kind == HVC_QUERY_TEXT || p->token.kind == HVC_QUERY_NUMBER || is_word(p, "true") ||
           is_word(p, "false") || is_word(p, "null");
}

static bool read_comparison(struct parser *p, enum comparison *ret_comparison)
{
    static const struct {
        const char *sign;
        enum comparison comparison;
    } signs[] = {{"=", EQUAL},       {"<>", DIFFERENT}, {"!=", DIFFERENT},    {"<", LESS},
                 {"<=", LESS_EQUAL}, {">", GREATER},    {">=", GREATER_EQUAL}};

    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (is_sign(p, signs[i].sign)) {
            *ret_comparison = signs[i].comparison;
            return next(p);
        }
    }
    return fail(p, "a comparison (= <> < <= > >= LIKE ISA IS) must stand here");
}

static enum comparison turned(enum comparison comparison)
{
    static const enum comparison other[] = {
        [EQUAL] = EQUAL,  [DIFFERENT] = DIFFERENT,     [LESS] = GREATER, [LESS_EQUAL] = GREATER_EQUAL,
        [GREATER] = LESS, [GREATER_EQUAL] = LESS_EQUAL};

    return other[comparison];
}

static struct hvc_query_condition *literal_first(struct parser *p)
{
    struct hvc_query_condition *condition = new_condition(p, COMPARE);

    if (condition == NULL)
        return NULL;
    condition->literal = p->token;
    if (!next(p) || !read_comparison(p, &condition->comparison) ||
        !read_name(p, &condition->name, "the name of a property must stand here"))
        return NULL;
    condition->comparison = turned(condition->comparison);
    return condition;
}

static struct hvc_query_condition *is_null(struct parser *p, struct hvc_query_condition *condition)
{
    struct hvc_query_condition *other;

    condition->kind = IS_NULL;
    if (!next(p))
        return NULL;
    if (is_word(p, "null"))
        return next(p) ? condition : NULL;
    if (!is_word(p, "not") || !next(p) || !is_word(p, "null")) {
        (void)fail(p, "NULL or NOT NULL must stand here");
        return NULL;
    }
    other = new_condition(p, NOT);
    if (other == NULL || !next(p))
        return NULL;
    other->left = condition;
    return other;
}

static struct hvc_query_condition *isa(struct parser *p, struct hvc_query_condition *condition)
{
    condition->kind = ISA;
    if (!next(p))
        return NULL;
    if (p->token.kind != HVC_QUERY_WORD && p->token.kind != HVC_QUERY_TEXT) {
        (void)fail(p, "the name of a class must stand here");
        return NULL;
    }
    condition->literal = p->token;
    return next(p) ? condition : NULL;
}

static struct hvc_query_condition *like(struct parser *p, struct hvc_query_condition *condition)
{
    condition->kind = LIKE;
    if (!next(p))
        return NULL;
    if (p->token.kind != HVC_QUERY_TEXT) {
        (void)fail(p, "a pattern in quotes must stand here");
        return NULL;
    }
    condition->literal = p->token;
    return next(p) ? condition : NULL;
}

static struct hvc_query_condition *name_first(struct parser *p)
{
    struct hvc_query_condition *condition = new_condition(p, COMPARE);

    if (condition == NULL || !read_name(p, &condition->name, "a property or a value must stand here"))
        return NULL;
    if (is_word(p, "isa"))
        return isa(p, condition);
    if (is_word(p, "like"))
        return like(p, condition);
    if (is_word(p, "is"))
        return is_null(p, condition);
    if (!read_comparison(p, &condition->comparison))
        return NULL;
    if (!is_literal(p)) {
        (void)fail(p, "a value (text in quotes, number, TRUE, FALSE, NULL) must stand here");
        return NULL;
    }
    condition->literal = p->token;
    return next(p) ? condition : NULL;
}

static struct hvc_query_condition *either(struct parser *p);

static struct hvc_query_condition *one(struct parser *p)
{
    struct hvc_query_condition *condition = NULL;

    if (++p->depth > HVC_QUERY_DEPTH_MAX) {
        (void)fail(p, "at most 32 parentheses and NOTs may be open");
        return NULL;
    }
    if (is_word(p, "not")) {
        condition = new_condition(p, NOT);
        if (condition != NULL && next(p))
            condition->left = one(p);
        if (condition != NULL && condition->left == NULL)
            condition = NULL;
    } else if (is_sign(p, "(")) {
        if (next(p))
            condition = either(p);
        if (condition != NULL && !is_sign(p, ")"))
            condition = fail(p, ") must stand here") ? condition : NULL;
        else if (condition != NULL && !next(p))
            condition = NULL;
    } else
        condition = is_literal(p) ? literal_first(p) : name_first(p);
    p->depth--;
    return condition;
}

/* left-associative chains of one word */
static struct hvc_query_condition *chain(struct parser *p, const char *word, enum kind kind,
                                         struct hvc_query_condition *(*part)(struct parser *))
{
    struct hvc_query_condition *condition = part(p);

    while (condition != NULL && p->rc == 0 && is_word(p, word)) {
        struct hvc_query_condition *both = new_condition(p, kind);

        if (both == NULL || !next(p))
            return NULL;
        both->left = condition;
        both->right = part(p);
        condition = both->right == NULL ? NULL : both;
    }
    return condition;
}

static struct hvc_query_condition *both(struct parser *p)
{
    return chain(p, "and", AND, one);
}

static struct hvc_query_condition *either(struct parser *p)
{
    return chain(p, "or", OR, both);
}

static bool read_names(struct parser *p)
{
    struct hvc_query *query = p->query;

    if (is_sign(p, "*"))
        return next(p);
    query->names = hvc_cim_alloc(p->arena, HVC_QUERY_NAMES_MAX, sizeof(*query->names));
    if (query->names == NULL) {
        p->rc = hvc_error_set(p->error, -ENOMEM, "the query is too large");
        return false;
    }
    for (;;) {
        if (query->name_count == HVC_QUERY_NAMES_MAX)
            return fail(p, "at most 128 properties may be selected");
        if (!read_name(p, &query->names[query->name_count++], "* or the name of a property must stand here"))
            return false;
        if (!is_sign(p, ","))
            return true;
        if (!next(p))
            return false;
    }
}

static bool read_query(struct parser *p)
{
    if (!next(p))
        return false;
    if (!is_word(p, "select"))
        return fail(p, "SELECT must stand here");
    if (!next(p) || !read_names(p))
        return false;
    if (!is_word(p, "from"))
        return fail(p, "FROM must stand here");
    if (!next(p))
        return false;
    if (p->token.kind != HVC_QUERY_WORD)
        return fail(p, "the name of a class must stand here");
    p->query->class_name = p->token.text;
    if (!next(p))
        return false;
    if (p->token.kind == HVC_QUERY_WORD && !is_word(p, "where") && !next(p)) /* an alias: names end behind it */
        return false;
    if (is_word(p, "where")) {
        if (!next(p))
            return false;
        p->query->where = either(p);
        if (p->query->where == NULL)
            return false;
    }
    return p->token.kind == HVC_QUERY_END || fail(p, "the end of the query, AND or OR must stand here");
}

int hvc_query_parse(struct hvc_cim_arena *arena, const char *text, struct hvc_query *ret_query, struct hvc_error *error)
{
    struct hvc_query query = {0};
    struct parser p = {.lexer = {text, 0}, .arena = arena, .error = error, .query = &query};

    if (strlen(text) > HVC_QUERY_LENGTH_MAX)
        return hvc_error_set(error, -EINVAL, "the query is longer than %d characters", HVC_QUERY_LENGTH_MAX);
    if (!read_query(&p))
        return p.rc == 0 ? hvc_error_set(error, -EINVAL, "the query makes no sense") : p.rc;
    *ret_query = query;
    return 0;
}

/* ---- names and types ---- */

struct check {
    const struct hvc_schema_namespace *space;
    const struct hvc_schema_class *cls;
    struct hvc_error *error;
};

static bool is_number(unsigned type)
{
    return type >= HVC_CIM_UINT8 && type <= HVC_CIM_SINT64;
}

/* Digits with a sign or without, of a number that a CIM integer can be. */
static bool is_number_text(const char *text)
{
    const char *digits = *text == '-' ? text + 1 : text;
    char *end;

    if (*digits < '0' || *digits > '9')
        return false;
    errno = 0;
    (void)strtoull(digits, &end, 10);
    return *end == '\0' && errno == 0;
}

static const struct hvc_schema_element *find_property(const struct check *check, const char *name)
{
    const struct hvc_schema_element *element = hvc_schema_property_find(check->cls, name);

    if (element == NULL)
        (void)hvc_error_set(check->error, -EINVAL, "class %s has no property \"%.100s\"", check->cls->name, name);
    return element;
}

/* What the property can be compared with; NULL: it is just that. */
static const char *misfit(const struct hvc_schema_element *element, const struct hvc_query_token *literal)
{
    bool flag = hvc_schema_compare(literal->text, "true") == 0 || hvc_schema_compare(literal->text, "false") == 0;

    if (literal->kind == HVC_QUERY_WORD && hvc_schema_compare(literal->text, "null") == 0)
        return NULL;
    if ((element->flags & HVC_SCHEMA_ARRAY) != 0 || element->type == HVC_CIM_REFERENCE)
        return "NULL";
    if (is_number(element->type))
        return literal->kind != HVC_QUERY_WORD && is_number_text(literal->text) ? NULL : "a whole number or NULL";
    if (element->type == HVC_CIM_BOOLEAN)
        return flag ? NULL : "TRUE, FALSE or NULL";
    return literal->kind == HVC_QUERY_TEXT ? NULL : "a text in quotes or NULL";
}

static int check_compare(const struct check *check, const struct hvc_query_condition *c)
{
    const struct hvc_schema_element *element = find_property(check, c->name);
    const char *fit = element == NULL ? NULL : misfit(element, &c->literal);

    if (element == NULL)
        return -EINVAL;
    if (fit == NULL)
        return 0;
    return hvc_error_set(check->error, -EINVAL, "property %s of %s is a %s%s: it is compared with %s, not \"%.60s\"",
                         element->name, check->cls->name, hvc_cim_type_name(element->type),
                         (element->flags & HVC_SCHEMA_ARRAY) != 0 ? "[]" : "", fit, c->literal.text);
}

static int check_condition(const struct check *check, const struct hvc_query_condition *c)
{
    int rc = 0;

    if (c == NULL)
        return 0;
    switch (c->kind) {
    case COMPARE:
        return check_compare(check, c);
    case LIKE:
    case IS_NULL:
        return find_property(check, c->name) == NULL ? -EINVAL : 0;
    case ISA:
        if (hvc_schema_class_find(check->space, c->literal.text) != NULL)
            return 0;
        return hvc_error_set(check->error, -EINVAL, "there is no class \"%.100s\" in %s", c->literal.text,
                             check->space->name);
    case NOT:
    case AND:
    case OR:
        break;
    }
    rc = check_condition(check, c->left);
    return rc < 0 ? rc : check_condition(check, c->right);
}

int hvc_query_check(const struct hvc_query *query, const struct hvc_schema_namespace *space,
                    const struct hvc_schema_class *cls, struct hvc_error *error)
{
    const struct check check = {space, cls, error};

    for (uint32_t i = 0; i < query->name_count;
         i++) /* WMI's own, __CLASS and the like, may be selected: nothing comes */
        if (strncmp(query->names[i], "__", 2) != 0 && find_property(&check, query->names[i]) == NULL)
            return -EINVAL;
    return check_condition(&check, query->where);
}

/* ---- evaluation ---- */

/* <0, 0, >0 */
static int compare_numbers(const char *a, const char *b)
{
    bool a_negative = a[0] == '-';
    bool b_negative = b[0] == '-';
    uint64_t left = strtoull(a_negative ? a + 1 : a, NULL, 10);
    uint64_t right = strtoull(b_negative ? b + 1 : b, NULL, 10);

    if (a_negative != b_negative)
        return left == 0 && right == 0 ? 0 : (a_negative ? -1 : 1);
    if (left == right)
        return 0;
    return (left < right) != a_negative ? -1 : 1;
}

static bool holds(enum comparison comparison, int order)
{
    static const struct {
        bool less, equal, greater;
    } rows[] = {
        [EQUAL] = {false, true, false},     [DIFFERENT] = {true, false, true}, [LESS] = {true, false, false},
        [LESS_EQUAL] = {true, true, false}, [GREATER] = {false, false, true},  [GREATER_EQUAL] = {false, true, true}};

    return order < 0 ? rows[comparison].less : (order == 0 ? rows[comparison].equal : rows[comparison].greater);
}

static bool compare(const struct hvc_query_condition *c, const struct hvc_cim_value *value)
{
    bool null_literal = c->literal.kind == HVC_QUERY_WORD && hvc_schema_compare(c->literal.text, "null") == 0;
    bool null_value = value == NULL || value->null;

    if (null_literal)
        return (c->comparison == EQUAL && null_value) || (c->comparison == DIFFERENT && !null_value);
    if (null_value || value->array || value->text == NULL)
        return false;
    if (is_number(value->type))
        return holds(c->comparison, compare_numbers(value->text[0], c->literal.text));
    if (value->type == HVC_CIM_STRING || value->type == HVC_CIM_BOOLEAN)
        return holds(c->comparison, hvc_schema_compare(value->text[0], c->literal.text));
    return holds(c->comparison, strcmp(value->text[0], c->literal.text)); /* datetime: its order is that of the text */
}

static bool fits(const struct hvc_query_condition *c, const struct hvc_cim_instance *instance)
{
    const struct hvc_cim_value *value = c->name == NULL ? NULL : hvc_cim_get(instance, c->name);
    bool null = value == NULL || value->null;

    switch (c->kind) {
    case COMPARE:
        return compare(c, value);
    case LIKE:
        return !null && !value->array && value->text != NULL && hvc_query_like(value->text[0], c->literal.text);
    case ISA:
        return hvc_schema_is_a(instance->cls, c->literal.text);
    case IS_NULL:
        return null;
    case NOT:
        return !fits(c->left, instance);
    case AND:
        return fits(c->left, instance) && fits(c->right, instance);
    case OR:
        return fits(c->left, instance) || fits(c->right, instance);
    }
    return false;
}

bool hvc_query_fits(const struct hvc_query *query, const struct hvc_cim_instance *instance)
{
    return query->where == NULL || fits(query->where, instance);
}
