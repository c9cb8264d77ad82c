#include "rules/need.h"

#include "base/text.h"

#include <string.h>

/* ---- Tests --------------------------------------------------------------------------------------------- */

uint32_t eqli_test_slot(const eqlm_program *p, const eqli_insn *in)
{
    const eqli_op_info *info = &eqli_op_table[in->op];
    if (info->group != EQLI_GROUP_TEST || info->a != EQLI_ARG_SLOT)
        return EQLI_NO_FIELD;
    const eqli_slot *s = &p->slots[in->a];
    return s->scope == 0 && !s->element && s->parent == EQLI_NO_FIELD ? in->a : EQLI_NO_FIELD;
}

static bool asks_for_text(const eqli_insn *in)
{
    eqli_as as = EQLI_MODE_AS(in->mode);
    return as == EQLI_AS_STR || as == EQLI_AS_ANY || as == EQLI_AS_RAW;
}

bool eqli_test_members(const eqlm_program *p, const eqli_insn *in, eqli_members *out)
{
    eqli_as as = EQLI_MODE_AS(in->mode);
    *out = (eqli_members) { .program = p };
    switch (in->op) {
    case EQLI_OP_EQUAL_TEXT:
        out->first = in->b;
        out->n = 1;
        return asks_for_text(in);
    case EQLI_OP_MATCH:
        out->first = p->sets[in->b].first;
        out->n = p->sets[in->b].n;
        out->kinds = p->sets[in->b].kinds;
        return asks_for_text(in);
    case EQLI_OP_REGEX:
        out->first = p->sets[in->b].first;
        out->n = 1;
        out->regex = p->sets[in->b].regex;
        return asks_for_text(in);
    case EQLI_OP_COMPARE: /* a boolean reads as the text true or false, and only those texts read as booleans
                           */
        out->first = in->b;
        out->n = 1;
        out->numbers = as == EQLI_AS_NUM;
        return EQLI_MODE_CMP(in->mode) == EQLI_CMP_EQ && (as == EQLI_AS_BOOL || as == EQLI_AS_NUM);
    case EQLI_OP_IN:
        out->first = p->sets[in->b].first;
        out->n = p->sets[in->b].n;
        out->numbers = true;
        return as == EQLI_AS_NUM;
    default:
        return false;
    }
}

static eqlm_str member_text(const eqli_members *m, uint32_t i)
{
    const eqlm_value *v = &m->program->consts[m->first + i];
    if (v->type == EQLM_BOOL)
        return v->as.boolean ? (eqlm_str) { "true", 4 } : (eqlm_str) { "false", 5 };
    return (eqlm_str) { v->as.str, v->len };
}

static bool is_wild(char c)
{
    return c == '*' || c == '?';
}

static eqli_pattern_kind member_kind(const eqli_members *m, uint32_t i)
{
    eqli_pattern_kind kind = m->kinds ? (eqli_pattern_kind)m->kinds[i] : EQLI_PAT_EXACT;
    if (m->regex)
        return EQLI_PAT_CONTAINS;
    eqlm_str s = member_text(m, i);
    if (kind != EQLI_PAT_GLOB)
        return kind;
    for (size_t k = 0; k < s.len; k++) {
        if (is_wild(s.ptr[k]))
            return EQLI_PAT_GLOB;
    }
    return EQLI_PAT_EXACT;
}

bool eqli_members_exact(const eqli_members *m)
{
    if (m->numbers)
        return true;
    for (uint32_t i = 0; i < m->n; i++) {
        eqlm_str s = member_text(m, i);
        if (member_kind(m, i) != EQLI_PAT_EXACT || eqli_utf8_check(s.ptr, s.len) != s.len)
            return false;
    }
    return true;
}

/* ---- Fragments ----------------------------------------------------------------------------------------- */

typedef struct fragment {
    const char *text;
    size_t len;
    bool head, tail; /* lies at the start, at the end of the value */
} fragment;

/* The member folded, in the buffer. *ok false: its bytes are not UTF-8, so they say nothing about characters.
 */
static bool fold_member(eqli_counts *c, const eqli_members *m, uint32_t i, size_t *len, bool *ok)
{
    eqlm_str s = m->regex ? (eqlm_str) { "", 0 } : member_text(m, i);
    *ok = eqli_utf8_check(s.ptr, s.len) == s.len;
    *len = 0;
    if (s.len > SIZE_MAX / 4)
        return false;
    size_t want = EQLI_FOLD_MAX(s.len) + EQLI_REGEX_FACTOR + 8;
    if (want > c->cap) {
        void *buffer = eqli_mem_resize(&c->alloc, c->buffer, c->cap, 2 * want, 1);
        if (!buffer)
            return false;
        c->buffer = buffer;
        c->cap = 2 * want;
    }
    if (m->regex)
        return eqli_regex_factor(m->regex, c->buffer, len);
    *len = s.len ? eqli_fold_text(c->buffer, s.ptr, s.len) : 0;
    return true;
}

/* The next piece without wildcards of a folded member, from *at on; its bytes are brought into key form. */
static bool next_fragment(char *text, size_t len, eqli_pattern_kind kind, size_t *at, fragment *out)
{
    size_t start = *at;
    if (kind == EQLI_PAT_GLOB) {
        while (start < len && is_wild(text[start]))
            start++;
    }
    if (start >= len)
        return false;
    size_t end = start;
    while (end < len && !(kind == EQLI_PAT_GLOB && is_wild(text[end])))
        end++;
    *out = (fragment) { text + start, end - start, start == 0, end == len };
    out->head = start == 0 && kind != EQLI_PAT_SUFFIX && kind != EQLI_PAT_CONTAINS;
    out->tail = end == len && kind != EQLI_PAT_PREFIX && kind != EQLI_PAT_CONTAINS;
    for (size_t i = start; i < end; i++)
        text[i] = (char)((unsigned char)text[i] | 0x20);
    *at = end;
    return true;
}

static uint32_t gram3(const char *p)
{
    return eqli_pat_load16(p) | (uint32_t)(unsigned char)p[2] << 16;
}

static uint32_t gram_tag_at(const fragment *f, size_t i)
{
    return eqli_gram_tag(f->len >= 4 ? eqli_pat_load32(f->text + i) : gram3(f->text + i));
}

/* ---- Counts -------------------------------------------------------------------------------------------- */

bool eqli_counts_init(eqli_counts *c, const eqlm_alloc *alloc, uint32_t n_slots, uint64_t expected)
{
    *c = (eqli_counts) { .alloc = *alloc, .n_slots = n_slots, .size = 1 << 10 };
    while (c->size < expected && c->size < 1 << 20)
        c->size *= 2;
    c->cells = eqli_mem_new(alloc, c->size * sizeof *c->cells);
    c->totals = eqli_mem_new(alloc, n_slots * sizeof *c->totals);
    return c->cells && c->totals;
}

void eqli_counts_clear(eqli_counts *c)
{
    eqli_mem_free(&c->alloc, c->cells, c->size * sizeof *c->cells);
    eqli_mem_free(&c->alloc, c->totals, c->n_slots * sizeof *c->totals);
    eqli_mem_free(&c->alloc, c->buffer, c->cap);
}

static uint16_t *cell(const eqli_counts *c, uint32_t slot, uint32_t tag)
{
    return &c->cells[eqli_tag(tag, slot) & (c->size - 1)];
}

static void count(eqli_counts *c, uint32_t slot, uint32_t tag)
{
    uint16_t *n = cell(c, slot, tag);
    *n = (uint16_t)(*n + (*n != UINT16_MAX));
}

static float part_of(const eqli_counts *c, uint32_t slot, uint32_t tag)
{
    return ((float)*cell(c, slot, tag) + 1) / ((float)c->totals[slot] + 4);
}

static uint32_t whole_tag(const fragment *f)
{
    eqli_key_text t;
    eqli_key_text_init(&t, f->text, f->len);
    return eqli_exact_tag(&t);
}

bool eqli_counts_add(eqli_counts *c, uint32_t slot, const eqli_members *m)
{
    for (uint32_t i = 0; i < m->n && m->numbers; i++) {
        c->totals[slot]++;
        count(c, slot, eqli_number_tag(&m->program->consts[m->first + i]));
    }
    for (uint32_t i = 0; i < m->n && !m->numbers; i++) {
        size_t len, at = 0;
        bool ok;
        fragment f;
        if (!fold_member(c, m, i, &len, &ok))
            return false;
        eqli_pattern_kind kind = member_kind(m, i);
        c->totals[slot]++;
        while (next_fragment(c->buffer, len, kind, &at, &f)) {
            if (kind == EQLI_PAT_EXACT)
                count(c, slot, whole_tag(&f));
            for (size_t k = 0; k + 4 <= f.len; k++)
                count(c, slot, eqli_gram_tag(eqli_pat_load32(f.text + k)));
            for (size_t k = 0; k + 3 <= f.len; k++)
                count(c, slot, eqli_gram_tag(gram3(f.text + k)) ^ 1);
        }
    }
    return true;
}

/* How often a fragment of so many bytes is met by chance: longer texts, more places. */
static float by_chance(size_t len, bool anchored)
{
    static const float chance[] = { 0.06f, 0.03f, 0.015f, 0.008f, 0.004f };
    float p = chance[len - EQLI_LIT_MIN < 4 ? len - EQLI_LIT_MIN : 4];
    return anchored ? p / 4 : p;
}

/* The least common gram of a fragment of at least EQLI_LIT_MIN bytes. */
static float rarest_gram(const eqli_counts *c, uint32_t slot, const fragment *f, size_t *at)
{
    size_t width = f->len >= 4 ? 4 : 3;
    float best = 2;
    for (size_t i = 0; i + width <= f->len; i++) {
        float p = part_of(c, slot, gram_tag_at(f, i) ^ (width == 3));
        if (p < best) {
            best = p;
            *at = i;
        }
    }
    return best;
}

static void need_head(const fragment *f, eqli_need *out)
{
    unsigned k = f->len >= 8 ? 0 : f->len >= 4 ? 1 : 2, width = k == 0 ? 8 : k == 1 ? 4 : 3;
    eqli_key_text t;
    eqli_key_text_init(&t, f->text, f->len);
    out->class = (uint8_t)((f->head ? EQLI_LIT_HEAD8 : EQLI_LIT_TAIL8) + k);
    out->tag = f->head ? eqli_head_tag(&t, width) : eqli_tail_tag(&t, width);
    out->len = (uint8_t)(f->len < EQLI_LIT_MAX ? f->len : EQLI_LIT_MAX);
    out->at = 0;
    out->text = f->head ? f->text : f->text + f->len - out->len;
}

/* Comparing a window around the gram is enough, and bounds the work at each place of the text. */
static void need_float(const fragment *f, size_t gram, eqli_need *out)
{
    size_t from = gram > EQLI_LIT_MAX / 2 ? gram - EQLI_LIT_MAX / 2 : 0;
    size_t len = f->len - from < EQLI_LIT_MAX ? f->len - from : EQLI_LIT_MAX;
    out->class = f->len >= 4 ? EQLI_LIT_FLOAT4 : EQLI_LIT_FLOAT3;
    out->tag = gram_tag_at(f, gram);
    out->len = (uint8_t)len;
    out->at = (uint8_t)(gram - from);
    out->text = f->text + from;
}

eqli_need_result eqli_need_of(eqli_counts *c, uint32_t slot, const eqli_members *m, uint32_t i,
                              uint8_t shortest, eqli_need *out)
{
    size_t len, at = 0, gram = 0;
    bool ok;
    fragment f = { "", 0, true, true };
    eqli_need_result result = EQLI_NEED_NONE;
    if (m->numbers) {
        uint32_t tag = eqli_number_tag(&m->program->consts[m->first + i]);
        *out = (eqli_need) { .class = EQLI_LIT_EXACT, .tag = tag, .p = part_of(c, slot, tag), .text = "" };
        return EQLI_NEED_OK;
    }
    if (!fold_member(c, m, i, &len, &ok))
        return EQLI_NEED_NOMEM;
    if (!ok)
        return EQLI_NEED_NONE;
    eqli_pattern_kind kind = member_kind(m, i);
    out->p = 1;
    if (kind == EQLI_PAT_EXACT) {
        next_fragment(c->buffer, len, kind, &at, &f);
        *out = (eqli_need) { .class = EQLI_LIT_EXACT, .tag = whole_tag(&f), .text = f.text };
        out->p = part_of(c, slot, out->tag);
        return EQLI_NEED_OK;
    }
    while (next_fragment(c->buffer, len, kind, &at, &f)) {
        bool anchored = f.head || f.tail;
        if (f.len < EQLI_LIT_MIN || (!anchored && (f.len < shortest || shortest == EQLI_FLOAT_NONE)))
            continue;
        float p = rarest_gram(c, slot, &f, &gram) + by_chance(f.len, anchored);
        if (p >= out->p)
            continue;
        if (anchored)
            need_head(&f, out);
        else
            need_float(&f, gram, out);
        out->p = p;
        result = EQLI_NEED_OK;
    }
    return result;
}
