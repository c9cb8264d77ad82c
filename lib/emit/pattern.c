/* pattern.c - a pattern set as a C function.
 *
 * As in ops/pattern.c the first and last eight bytes of the text decide nearly always. The members fall into
 * three lists: short whole texts, found by their length; those with a literal tail, long whole texts among
 * them; those with a literal head alone. In each list, bytes that all members share are compared first, then
 * a switch on the byte that tells most of them apart leaves few to compare in full.
 *
 * Case and `?` are only judged in ASCII: text that has other bytes where a member is compared is left to the
 * library (EQLN_ASK), and so are members that have to be searched for. Sets without folding and `?` are
 * decided by their bytes.
 */
#include "emit/tests.h"

#include "ops/pattern_build.h"

#include <string.h>

enum {
    MOST_MEMBERS = 64, /* of a set; the library's tables are better for more */
    FEW_MEMBERS = 3,          /* members that are compared one after the other */
    MANY_ALIKE = 8,    /* as many when no byte at the ends tells them apart */
    BOTH_ENDS = 16,        /* bytes that the first and last eight are, at most */
    END_BYTES = 16    /* bytes to tell members apart by: 0-7 of the head, 8-15 of the tail */
};

typedef struct eqli_members {
    eqli_pat_draft *at[MOST_MEMBERS];
    uint32_t n;
} eqli_members;

typedef struct eqli_pattern_writer {
    eqli_ctext *s;
    const eqlm_program *p;
    const eqli_set *set;
    eqli_pat_builder b; /* reads the patterns; its arena owns the drafts */
    bool bytewise;      /* bytes decide, whatever they are */
    bool foreign;       /* a member of characters other than ASCII, which text of ASCII never matches */
    bool floating;      /* a member that begins and ends with any text */
    bool asks;
    eqli_members exact, tails, heads;
} eqli_pattern_writer;

/* ---- reading the set
 * --------------------------------------------------------------------------------------- */

static void sort_in(eqli_pattern_writer *w, eqli_pat_draft *d)
{
    if (!d->ascii && !w->bytewise) {
        w->foreign = true;
        return;
    }
    if (!d->exact && !d->head_len && !d->tail_len) {
        w->floating = true;
        return;
    }
    bool by_length = d->exact && (w->bytewise || d->len <= BOTH_ENDS);
    eqli_members *list = by_length ? &w->exact : d->exact || d->tail_len ? &w->tails : &w->heads;
    list->at[list->n++] = d;
}

static eqlm_status read_set(eqli_pattern_writer *w)
{
    eqli_pattern list[MOST_MEMBERS];
    for (uint32_t i = 0; i < w->set->n; i++) {
        const eqlm_value *v = &w->p->consts[w->set->first + i];
        list[i] = (eqli_pattern){ { v->as.str, v->len }, (eqli_pattern_kind)w->set->kinds[i] };
    }
    w->b.fold = w->set->fold;
    w->b.lower = w->set->fold ? UINT64_C(0x2020202020202020) : 0;
    eqli_arena_init(&w->b.arena, &w->p->alloc, SIZE_MAX);
    eqlm_status status = eqli_pat_read(&w->b, list, w->set->n);
    w->bytewise = !w->set->fold;
    for (uint32_t i = 0; i < w->b.n && status == EQLM_OK; i++)
        w->bytewise = w->bytewise && !w->b.drafts[i].odd;
    for (uint32_t i = 0; i < w->b.n && status == EQLM_OK; i++)
        sort_in(w, &w->b.drafts[i]);
    return status;
}

bool eqli_test_patterns_fit(const eqli_test_writer *w, const eqli_set *set)
{
    (void)w;
    return set->n <= MOST_MEMBERS;
}

/* ---- comparing one member
 * ---------------------------------------------------------------------------------- */

/* Eight bytes of a member from `at` on: what to set in the text, which bits to look at, what has to be there.
 * Bytes outside [0, len) do not matter. */
typedef struct eqli_bytes {
    uint64_t mask, care, want;
} eqli_bytes;

static eqli_bytes bytes_at(const eqli_pattern_writer *w, const eqli_pat_draft *d, int64_t at)
{
    eqli_bytes x = { 0, 0, 0 };
    for (unsigned i = 0; i < 8; i++) {
        int64_t k = at + i;
        if (k < 0 || k >= (int64_t)d->len)
            continue;
        uint64_t c = d->text[k];
        bool wild = eqli_pat_is_wild(d, (uint32_t)k), letter = w->set->fold && c >= 'a' && c <= 'z';
        x.mask |= (uint64_t)(wild ? 0xff : letter ? 0x20 : 0) << 8 * i;
        x.want |= (uint64_t)(wild ? 0xff : c) << 8 * i;
        x.care |= UINT64_C(0xff) << 8 * i;
    }
    return x;
}

/* The part of a window that the literal [from, from + len) covers. */
static eqli_bytes window_bytes(const eqli_pattern_writer *w, const eqli_pat_draft *d, int64_t at,
                               uint32_t from, uint32_t len)
{
    eqli_bytes x = bytes_at(w, d, at);
    for (unsigned i = 0; i < 8; i++) {
        int64_t k = at + i;
        if (k >= (int64_t)from && k < (int64_t)from + len)
            continue;
        x.mask &= ~(UINT64_C(0xff) << 8 * i);
        x.want &= ~(UINT64_C(0xff) << 8 * i);
        x.care &= ~(UINT64_C(0xff) << 8 * i);
    }
    return x;
}

/* Writes `before` and "(tail | mask) == want", or nothing. */
static bool put_window(eqli_pattern_writer *w, const char *before, const char *variable, eqli_bytes x)
{
    bool whole = x.care == UINT64_MAX;
    if (!x.care)
        return false;
    eqli_ctext_put(w->s, "%s", before);
    if (!whole || x.mask)
        eqli_ctext_put(w->s, x.mask && !whole ? "((" : "(");
    eqli_ctext_put(w->s, "%s", variable);
    if (x.mask)
        eqli_ctext_put(w->s, whole ? " | %x)" : " | %x) & %x)", x.mask, x.care);
    else if (!whole)
        eqli_ctext_put(w->s, " & %x)", x.care);
    eqli_ctext_put(w->s, " == %x", x.want);
    return true;
}

static void open_condition(eqli_pattern_writer *w, const eqli_pat_draft *d)
{
    eqli_ctext_comment_begin(w->s);
    eqli_ctext_comment_piece(w->s, d->text, d->len);
    eqli_ctext_comment_end(w->s);
    eqli_ctext_indent(w->s);
}

/* Blocks of [from, from + len) that the window at one end does not cover. In the text they lie at the same
 * distance from its start, or, from_end, from its end. The last one may overlap what has been compared. */
static void put_blocks(eqli_pattern_writer *w, const eqli_pat_draft *d, uint32_t from, uint32_t len,
                       bool from_end, bool *first)
{
    for (uint32_t done = 8; done < len; done += 8) {
        uint32_t step = done + 8 <= len ? done : len - 8; /* distance of the block from that end */
        uint32_t at = from_end ? from + len - 8 - step : from + step;
        eqli_bytes x = bytes_at(w, d, at);
        eqli_ctext_line(w->s, *first ? "int hit = eqln_block(p + %s%u, %x, %x);"
                                      : "hit = hit == EQLN_YES ? eqln_block(p + %s%u, %x, %x) : hit;",
                         from_end ? "n - " : "", from_end ? step + 8 : step, x.mask, x.want);
        *first = false;
    }
}

/* Bytes decide: one condition. */
static void put_plain_blocks(eqli_pattern_writer *w, const eqli_pat_draft *d, uint32_t from, uint32_t len,
                             bool from_end)
{
    for (uint32_t done = 8; done < len; done += 8) {
        uint32_t step = done + 8 <= len ? done : len - 8;
        uint32_t at = from_end ? from + len - 8 - step : from + step;
        eqli_bytes x = bytes_at(w, d, at);
        eqli_ctext_put(w->s,
                       x.mask ? " && (eqln_load(p + %s%u) | %x) == %x" : " && eqln_load(p + %s%u) == %x",
                       from_end ? "n - " : "", from_end ? step + 8 : step, x.mask ? x.mask : x.want, x.want);
    }
}

/* A whole text that the windows cover, so that the subject, if it is longer, has more characters; or bytes
 * decide. */
static void write_exact(eqli_pattern_writer *w, const eqli_pat_draft *d)
{
    open_condition(w, d);
    eqli_ctext_put(w->s, "if (n == %u", d->len);
    put_window(w, " && ", "tail", window_bytes(w, d, (int64_t)d->len - 8, 0, d->len));
    if (d->len > 8)
        put_window(w, " && ", "head", bytes_at(w, d, 0));
    if (d->len > 16)
        put_plain_blocks(w, d, 0, d->len - 8, false);
    eqli_ctext_put(w->s, ")\n");
    w->s->depth++;
    eqli_ctext_line(w->s, "return EQLN_YES;");
    w->s->depth--;
}

/* A whole text that is longer. The subject may be longer still: characters of other scripts fold to ASCII. */
static void write_long(eqli_pattern_writer *w, const eqli_pat_draft *d)
{
    bool first = true;
    open_condition(w, d);
    eqli_ctext_put(w->s, "if (n >= %u", d->len);
    put_window(w, " && ", "tail", bytes_at(w, d, (int64_t)d->len - 8));
    put_window(w, " && ", "head", bytes_at(w, d, 0));
    eqli_ctext_put(w->s, ") {\n");
    w->s->depth++;
    put_blocks(w, d, 0, d->len - 8, false, &first);
    eqli_ctext_line(w->s, "if (n > %u)", d->len);
    eqli_ctext_line(w->s, "\thit = eqln_ascii(p, n) ? EQLN_NO : EQLN_ASK;");
    eqli_ctext_line(w->s, "if (hit != EQLN_NO)");
    eqli_ctext_line(w->s, "\treturn hit;");
    w->s->depth--;
    eqli_ctext_line(w->s, "}");
}

/* head*tail, either of them perhaps empty, perhaps with literals between them. */
static void write_ends(eqli_pattern_writer *w, const eqli_pat_draft *d)
{
    uint32_t tail = d->len - d->tail_len;
    bool search = d->n_inner > 0, more = d->head_len > 8 || d->tail_len > 8;
    if (d->exact) {
        write_long(w, d);
        return;
    }
    open_condition(w, d);
    eqli_ctext_put(w->s, "if (n >= %u", d->min);
    put_window(w, " && ", "tail", window_bytes(w, d, (int64_t)d->len - 8, tail, d->tail_len));
    put_window(w, " && ", "head", window_bytes(w, d, 0, 0, d->head_len));
    if (w->bytewise && !search) {
        put_plain_blocks(w, d, tail, d->tail_len, true);
        put_plain_blocks(w, d, 0, d->head_len, false);
        more = false;
    }
    eqli_ctext_put(w->s, more && !search ? ") {\n" : ")\n");
    w->s->depth++;
    if (search) {
        eqli_ctext_line(w->s, "return EQLN_ASK;");
        w->asks = true;
    } else if (!more) {
        eqli_ctext_line(w->s, "return EQLN_YES;");
    } else {
        bool first = true;
        put_blocks(w, d, tail, d->tail_len, true, &first);
        put_blocks(w, d, 0, d->head_len, false, &first);
        eqli_ctext_line(w->s, "if (hit != EQLN_NO)");
        eqli_ctext_line(w->s, "\treturn hit;");
    }
    w->s->depth--;
    if (more && !search)
        eqli_ctext_line(w->s, "}");
}

/* ---- telling members apart
 * --------------------------------------------------------------------------------- */

static uint64_t window_mask(const eqli_pat_draft *d, bool tail)
{
    return tail ? d->tail_mask : d->head_mask;
}

static uint64_t window_of(const eqli_pat_draft *d, bool tail)
{
    return tail ? d->tail : d->head;
}

/* Bytes of a window that all members fix to the same. */
static uint64_t common_bytes(const eqli_members *m, bool tail)
{
    uint64_t mask = UINT64_MAX;
    for (uint32_t i = 0; i < m->n; i++) {
        uint64_t differ = window_of(m->at[i], tail) ^ window_of(m->at[0], tail);
        mask &= window_mask(m->at[i], tail);
        for (unsigned k = 0; k < 64; k += 8) {
            if (differ >> k & 0xff)
                mask &= ~(UINT64_C(0xff) << k);
        }
    }
    return mask;
}

static uint8_t byte_of(const eqli_pat_draft *d, unsigned position)
{
    return (uint8_t)(window_of(d, position >= 8) >> position % 8 * 8);
}

static unsigned count_bytes(const eqli_members *m, unsigned position)
{
    uint64_t seen[4] = { 0 };
    unsigned n = 0;
    for (uint32_t i = 0; i < m->n; i++) {
        const eqli_pat_draft *d = m->at[i];
        uint8_t c = byte_of(d, position);
        if (!(window_mask(d, position >= 8) >> position % 8 * 8 & 0xff))
            return 0;
        n += !(seen[c / 64] >> c % 64 & 1);
        seen[c / 64] |= UINT64_C(1) << c % 64;
    }
    return n;
}

typedef void (*eqli_write_member)(eqli_pattern_writer *w, const eqli_pat_draft *d);

static void write_all(eqli_pattern_writer *w, const eqli_members *m, eqli_write_member write)
{
    if (m->n > MANY_ALIKE) {
        eqli_ctext_line(w->s, "return EQLN_ASK;");
        w->asks = true;
        return;
    }
    for (uint32_t i = 0; i < m->n; i++)
        write(w, m->at[i]);
}

static void write_tree(eqli_pattern_writer *w, const eqli_members *m, eqli_write_member write,
                       unsigned depth);

/* A case for each value of the byte. */
static void write_switch(eqli_pattern_writer *w, const eqli_members *m, unsigned position,
                         eqli_write_member write, unsigned depth)
{
    eqli_ctext_line(w->s, w->b.lower ? "switch ((%s >> %u & 0xff) | 0x20) {" : "switch (%s >> %u & 0xff) {",
                     position >= 8 ? "tail" : "head", position % 8 * 8);
    for (unsigned c = 0; c < 256; c++) {
        eqli_members part = { .n = 0 };
        for (uint32_t i = 0; i < m->n; i++) {
            if (byte_of(m->at[i], position) == c)
                part.at[part.n++] = m->at[i];
        }
        if (!part.n)
            continue;
        eqli_ctext_line(w->s, "case %u:", c);
        w->s->depth++;
        write_tree(w, &part, write, depth + 1);
        eqli_ctext_line(w->s, "break;");
        w->s->depth--;
    }
    eqli_ctext_line(w->s, "default:");
    eqli_ctext_line(w->s, "\tbreak;");
    eqli_ctext_line(w->s, "}");
}

/* Each level of switches uses up a position, so this ends. */
static void write_tree(eqli_pattern_writer *w, const eqli_members *m, eqli_write_member write, unsigned depth)
{
    unsigned best = 0, best_n = 1;
    for (unsigned position = 0; position < END_BYTES; position++) {
        unsigned n = count_bytes(m, position);
        if (n > best_n) {
            best_n = n;
            best = position;
        }
    }
    uint64_t tail = common_bytes(m, true), head = common_bytes(m, false);
    bool shared = m->n > 1 && depth == 0 && (tail || head);
    if (shared) {
        eqli_ctext_indent(w->s);
        eqli_ctext_put(w->s, "if (");
        bool any = put_window(w, "", "tail", (eqli_bytes){ w->b.lower & tail, tail, m->at[0]->tail & tail });
        put_window(w, any ? " && " : "", "head",
                   (eqli_bytes) { w->b.lower & head, head, m->at[0]->head & head });
        eqli_ctext_put(w->s, ") {\n");
        w->s->depth++;
    }
    if (m->n <= FEW_MEMBERS || best_n == 1)
        write_all(w, m, write);
    else
        write_switch(w, m, best, write, depth);
    if (shared) {
        w->s->depth--;
        eqli_ctext_line(w->s, "}");
    }
}

/* ---- the function
 * ------------------------------------------------------------------------------------------ */

/* Whole texts of the subject's length. */
static void write_lengths(eqli_pattern_writer *w)
{
    uint32_t longest = 0;
    for (uint32_t i = 0; i < w->exact.n; i++)
        longest = w->exact.at[i]->len > longest ? w->exact.at[i]->len : longest;
    if (w->exact.n <= FEW_MEMBERS) {
        write_all(w, &w->exact, write_exact);
        return;
    }
    eqli_ctext_line(w->s, "switch (n) {");
    for (uint32_t len = 0; len <= longest; len++) {
        eqli_members part = { .n = 0 };
        for (uint32_t i = 0; i < w->exact.n; i++) {
            if (w->exact.at[i]->len == len)
                part.at[part.n++] = w->exact.at[i];
        }
        if (!part.n)
            continue;
        eqli_ctext_line(w->s, "case %u:", len);
        w->s->depth++;
        write_tree(w, &part, write_exact, 1);
        eqli_ctext_line(w->s, "break;");
        w->s->depth--;
    }
    eqli_ctext_line(w->s, "default:");
    eqli_ctext_line(w->s, "\tbreak;");
    eqli_ctext_line(w->s, "}");
}

static uint32_t least_bytes(const eqli_pattern_writer *w)
{
    uint32_t least = UINT32_MAX;
    for (uint32_t i = 0; i < w->b.n; i++) {
        const eqli_pat_draft *d = &w->b.drafts[i];
        uint32_t n = w->bytewise ? d->min : d->chars;
        least = n < least ? n : least;
    }
    return least;
}

static void write_function(eqli_pattern_writer *w)
{
    uint32_t least = least_bytes(w);
    bool windows = w->exact.n || w->tails.n || w->heads.n;
    if (least)
        eqli_ctext_line(w->s, "if (n < %u)\n\t\treturn EQLN_NO;", least);
    if (windows) {
        eqli_ctext_line(w->s, least < 8 ? "uint64_t head = eqln_head(p, n), tail = eqln_tail(p, n);"
                                         : "uint64_t head = eqln_load(p), tail = eqln_load(p + n - 8);");
        eqli_ctext_line(w->s, "(void)head, (void)tail;");
    }
    if (windows && !w->bytewise) {
        eqli_ctext_line(w->s, "if ((head | tail) & EQLN_NOT_ASCII)");
        eqli_ctext_line(w->s, "\treturn EQLN_ASK;");
        w->asks = true;
    }
    if (w->tails.n)
        write_tree(w, &w->tails, write_ends, 0);
    if (w->heads.n)
        write_tree(w, &w->heads, write_ends, 0);
    if (w->exact.n)
        write_lengths(w);
    if (!windows)
        eqli_ctext_line(w->s, "(void)p;");
    w->asks = w->asks || w->floating || w->foreign;
    if (w->floating)
        eqli_ctext_line(w->s, "return EQLN_ASK;");
    else if (w->foreign)
        eqli_ctext_line(w->s, "return eqln_ascii(p, n) ? EQLN_NO : EQLN_ASK;");
    else
        eqli_ctext_line(w->s, "return EQLN_NO;");
}

void eqli_test_write_patterns(eqli_test_writer *w, const eqli_set *set, bool *asks)
{
    eqli_pattern_writer x = { .s = w->s, .p = w->p, .set = set };
    eqlm_status status = read_set(&x);
    if (status != EQLM_OK && w->status == EQLM_OK)
        w->status = status;
    if (status == EQLM_OK && x.b.n) {
        write_function(&x);
    } else if (status == EQLM_OK) {
        eqli_ctext_line(w->s, "(void)p, (void)n;");
        eqli_ctext_line(w->s, x.b.always ? "return EQLN_YES;" : "return EQLN_NO;");
    }
    eqli_arena_clear(&x.b.arena);
    *asks = x.asks;
}
