/* tests.c - tests of one text, number or boolean as C functions. */
#include "emit/tests.h"

#include <string.h>

enum { MAX_INTS = 16 }; /* members of a list of numbers that are compared one after the other */

eqli_form eqli_emit_form(const eqli_slot *slot)
{
    const eqli_place *place = &slot->place;
    if (slot->scope || slot->element)
        return EQLI_FORM_NONE;
    bool scalar = place->shape == EQLM_SCALAR;
    switch (place->storage) {
    case EQLM_STORE_GETTER:
        return EQLI_FORM_VALUE;
    case EQLM_STORE_VALUE:
        return scalar ? EQLI_FORM_VALUE : EQLI_FORM_NONE;
    case EQLM_STORE_STR:
    case EQLM_STORE_CSTR:
    case EQLM_STORE_CHARS:
        return scalar ? EQLI_FORM_TEXT : EQLI_FORM_TEXTS;
    case EQLM_STORE_INT:
        return scalar ? EQLI_FORM_INT : EQLI_FORM_NONE;
    case EQLM_STORE_UINT:
        return scalar ? EQLI_FORM_UINT : EQLI_FORM_NONE;
    case EQLM_STORE_FLOAT:
        return scalar ? EQLI_FORM_DOUBLE : EQLI_FORM_NONE;
    case EQLM_STORE_BOOL:
        return scalar ? EQLI_FORM_BOOL : EQLI_FORM_NONE;
    default:
        return EQLI_FORM_NONE;
    }
}

/* ---- which instructions
 * ------------------------------------------------------------------------------------ */

/* Length limits have to leave room for three bytes a unit (write_length). */
static bool length_fits(const eqlm_value *k)
{
    return k->type == EQLM_I64 && k->as.i64 >= 0 && k->as.i64 <= INT32_MAX;
}

static eqli_test_kind text_test(const eqli_test_writer *w, eqli_form form)
{
    const eqli_insn *in = &w->p->insns[w->pc];
    eqli_as as = EQLI_MODE_AS(in->mode);
    bool fits = true;
    if (form != EQLI_FORM_TEXT && form != EQLI_FORM_TEXTS && form != EQLI_FORM_VALUE)
        return EQLI_TEST_NONE;
    if (as != EQLI_AS_RAW && as != EQLI_AS_STR && as != EQLI_AS_ANY && as != EQLI_AS_VERSION)
        return EQLI_TEST_NONE;
    if (in->op == EQLI_OP_TEXT_LENGTH)
        fits = length_fits(&w->p->consts[in->b]);
    if (in->op == EQLI_OP_MATCH)
        fits = eqli_test_patterns_fit(w, &w->p->sets[in->b]);
    return fits ? EQLI_TEST_TEXT : EQLI_TEST_NONE;
}

/* Integers that a double holds exactly, so that comparing as doubles is comparing the numbers. */
static bool is_exact(int64_t v)
{
    return v >= -(INT64_C(1) << 53) && v <= INT64_C(1) << 53;
}

static eqli_test_kind compare_test(const eqli_insn *in, const eqlm_value *k, eqli_form form)
{
    eqli_as as = EQLI_MODE_AS(in->mode);
    /* Not their order: compilers warn of `x <= true`. */
    if (k->type == EQLM_BOOL && (as == EQLI_AS_RAW || as == EQLI_AS_BOOL) && EQLI_MODE_CMP(in->mode) <= EQLI_CMP_NE)
        return form == EQLI_FORM_BOOL || form == EQLI_FORM_VALUE ? EQLI_TEST_BOOL : EQLI_TEST_NONE;
    if (as != EQLI_AS_RAW && as != EQLI_AS_NUM)
        return EQLI_TEST_NONE;
    if (form == EQLI_FORM_DOUBLE)
        return (k->type == EQLM_I64 && is_exact(k->as.i64)) || k->type == EQLM_F64 ? EQLI_TEST_DOUBLE
                                                                                     : EQLI_TEST_NONE;
    if (k->type != EQLM_I64)
        return EQLI_TEST_NONE;
    return form == EQLI_FORM_INT || form == EQLI_FORM_UINT || form == EQLI_FORM_VALUE ? EQLI_TEST_INT
                                                                                      : EQLI_TEST_NONE;
}

static eqli_test_kind in_test(const eqli_test_writer *w, eqli_form form)
{
    const eqli_insn *in = &w->p->insns[w->pc];
    const eqli_set *set = &w->p->sets[in->b];
    if (set->n > MAX_INTS)
        return EQLI_TEST_NONE;
    for (uint32_t i = 0; i < set->n; i++) {
        eqli_insn each = { .mode = in->mode };
        if (compare_test(&each, &w->p->consts[set->first + i], form) != EQLI_TEST_INT)
            return EQLI_TEST_NONE;
    }
    return EQLI_TEST_INT;
}

eqli_test_kind eqli_test_of(const eqli_test_writer *w, eqli_form form)
{
    const eqli_insn *in = &w->p->insns[w->pc];
    if (form == EQLI_FORM_NONE)
        return EQLI_TEST_NONE;
    switch (in->op) {
    case EQLI_OP_EXISTS:
        return EQLI_TEST_EXISTS;
    case EQLI_OP_EQUAL_TEXT:
    case EQLI_OP_TEXT_LENGTH:
    case EQLI_OP_MATCH:
        return text_test(w, form);
    case EQLI_OP_COMPARE:
        return compare_test(in, &w->p->consts[in->b], form);
    case EQLI_OP_IN:
        return in_test(w, form);
    default:
        return EQLI_TEST_NONE;
    }
}

/* ---- their functions
 * --------------------------------------------------------------------------------------- */

static const char *cmp_sign(uint8_t mode)
{
    static const char *const signs[] = { "==", "!=", "<", "<=", ">", ">=", "", "" };
    return signs[EQLI_MODE_CMP(mode)];
}

static void write_equal(eqli_test_writer *w, const eqlm_value *k)
{
    if (!k->len) {
        eqli_ctext_line(w->s, "(void)p;");
        eqli_ctext_line(w->s, "return n == 0;");
        return;
    }
    eqli_ctext_put(w->s, "\treturn n == %u && memcmp(p, ", k->len);
    eqli_ctext_quote(w->s, k->as.str, k->len);
    eqli_ctext_put(w->s, ", %u) == 0;\n", k->len);
}

/* UTF-16 units: there are at most as many as bytes, and a third of them at least. Of ASCII there is one a
 * byte. */
static void write_length(eqli_test_writer *w, const eqli_insn *in, bool *asks)
{
    const eqlm_value *k = &w->p->consts[in->b];
    uint32_t limit = (uint32_t)k->as.i64;
    if (!limit) {
        static const char *const answers[] = { "n == 0", "n != 0",   "EQLN_NO", "n == 0",
                                               "n != 0", "EQLN_YES", "",        "" };
        eqli_ctext_line(w->s, "(void)p, (void)n;");
        eqli_ctext_line(w->s, "return %s;", answers[EQLI_MODE_CMP(in->mode)]);
        return;
    }
    *asks = true;
    eqli_ctext_line(w->s, "size_t units = n < %u ? 0 : n / 3 > %u ? %u : n;", limit, limit, limit + 1);
    eqli_ctext_line(w->s, "if (units == n && !eqln_ascii(p, n))");
    eqli_ctext_line(w->s, "\treturn EQLN_ASK;");
    eqli_ctext_line(w->s, "return units %s %u;", cmp_sign(in->mode), limit);
}

static void write_double(eqli_test_writer *w, const eqli_insn *in)
{
    const eqlm_value *k = &w->p->consts[in->b];
    eqlm_value exact = k->type == EQLM_I64 ? eqli_f64((double)k->as.i64) : *k;
    uint64_t bits;
    memcpy(&bits, &exact.as.f64, sizeof bits);
    eqli_ctext_line(w->s, "uint64_t bits = %x;", bits);
    eqli_ctext_line(w->s, "double k;");
    eqli_ctext_line(w->s, "memcpy(&k, &bits, sizeof k);");
    eqli_ctext_line(w->s, "return x %s k;", cmp_sign(in->mode));
}

static void write_ints(eqli_test_writer *w, const eqli_set *set)
{
    eqli_ctext_put(w->s, "\treturn ");
    for (uint32_t i = 0; i < set->n; i++)
        eqli_ctext_put(w->s, "%sx == %d", i ? " || " : "", w->p->consts[set->first + i].as.i64);
    eqli_ctext_put(w->s, ";\n");
}

static const char *const parameters[] = {
    [EQLI_TEST_TEXT] = "const char *p, size_t n",
    [EQLI_TEST_INT] = "int64_t x",
    [EQLI_TEST_DOUBLE] = "double x",
    [EQLI_TEST_BOOL] = "bool x",
};

void eqli_test_write(eqli_test_writer *w, eqli_test_kind kind, bool *asks)
{
    const eqli_insn *in = &w->p->insns[w->pc];
    *asks = false;
    if (kind == EQLI_TEST_NONE || kind == EQLI_TEST_EXISTS)
        return;
    bool large = in->op == EQLI_OP_MATCH;
    eqli_ctext_put(w->s, "\n%s int %s__t%u(%s)\n{\n", large ? "static" : "EQLN_INLINE", w->name, w->pc,
                    parameters[kind]);
    w->s->depth = 1;
    switch (in->op) {
    case EQLI_OP_EQUAL_TEXT:
        write_equal(w, &w->p->consts[in->b]);
        break;
    case EQLI_OP_TEXT_LENGTH:
        write_length(w, in, asks);
        break;
    case EQLI_OP_MATCH:
        eqli_test_write_patterns(w, &w->p->sets[in->b], asks);
        break;
    case EQLI_OP_IN:
        write_ints(w, &w->p->sets[in->b]);
        break;
    default:
        if (kind == EQLI_TEST_DOUBLE)
            write_double(w, in);
        else if (kind == EQLI_TEST_BOOL)
            eqli_ctext_line(w->s, "return x %s %s;", cmp_sign(in->mode),
                             w->p->consts[in->b].as.boolean ? "true" : "false");
        else
            eqli_ctext_line(w->s, "return x %s %d;", cmp_sign(in->mode), w->p->consts[in->b].as.i64);
        break;
    }
    w->s->depth = 0;
    eqli_ctext_line(w->s, "}");
}
