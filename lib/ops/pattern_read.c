/* pattern_read.c - takes patterns apart: what stands at their ends, what between, which bytes every match
 * must have. */
#include "ops/pattern_build.h"

#include "base/text.h"

bool eqli_pat_next_inner(const eqli_pat_draft *d, uint32_t *at, uint32_t *start)
{
    if (d->floats) {
        *start = *at;
        *at = d->len;
        return *start < *at;
    }
    uint32_t end = d->len - d->tail_len;
    while (*at < end && d->text[*at] == '*')
        ++*at;
    *start = *at;
    while (*at < end && d->text[*at] != '*')
        ++*at;
    return *start < *at;
}

static void split_glob(eqli_pat_draft *d)
{
    const unsigned char *star = d->len ? memchr(d->text, '*', d->len) : NULL;
    if (!star) {
        d->exact = true;
        d->head_len = d->len;
        return;
    }
    d->head_len = (uint32_t)(star - d->text);
    while (d->text[d->len - 1 - d->tail_len] != '*')
        d->tail_len++;
    uint32_t at = d->head_len, start;
    while (eqli_pat_next_inner(d, &at, &start))
        d->n_inner++;
}

static void split(eqli_pat_draft *d, eqli_pattern_kind kind)
{
    switch (kind) {
    case EQLI_PAT_GLOB:
        d->glob = true;
        split_glob(d);
        break;
    case EQLI_PAT_EXACT:
        d->exact = true;
        d->head_len = d->len;
        break;
    case EQLI_PAT_PREFIX:
        d->head_len = d->len;
        break;
    case EQLI_PAT_SUFFIX:
        d->tail_len = d->len;
        break;
    case EQLI_PAT_CONTAINS:
        d->floats = true;
        d->n_inner = 1;
        break;
    }
}

static void read_ends(eqli_pat_draft *d, uint64_t lower)
{
    uint32_t tail_len = d->exact ? d->len : d->tail_len;
    for (uint32_t i = 0; i < 8 && i < d->head_len; i++) {
        if (eqli_pat_is_wild(d, i))
            continue;
        d->head_mask |= UINT64_C(0xff) << 8 * i;
        d->head |= (uint64_t)d->text[i] << 8 * i;
    }
    for (uint32_t i = 0; i < 8 && i < tail_len; i++) {
        uint32_t at = d->len - 1 - i;
        if (eqli_pat_is_wild(d, at))
            continue;
        d->tail_mask |= UINT64_C(0xff) << (56 - 8 * i);
        d->tail |= (uint64_t)d->text[at] << (56 - 8 * i);
    }
    d->head = (d->head | lower) & d->head_mask;
    d->tail = (d->tail | lower) & d->tail_mask;
}

/* Takes the rarest run of `width` literal bytes of the inner segments as the member's gram. */
static bool find_gram(eqli_pat_draft *d, uint32_t width, uint64_t lower)
{
    uint32_t at = d->head_len, start, best = UINT32_MAX;
    while (eqli_pat_next_inner(d, &at, &start)) {
        uint32_t cost = 0, gram = 0, n = 0; /* of the last n bytes, all literal */
        for (uint32_t i = start; i < at; i++) {
            if (eqli_pat_is_wild(d, i)) {
                cost = n = 0;
                continue;
            }
            cost += eqli_pat_commonness(d->text[i]);
            gram = gram >> 8 | (uint32_t)d->text[i] << (8 * width - 8);
            if (n < width)
                n++;
            else
                cost -= eqli_pat_commonness(d->text[i - width]);
            if (n == width && cost < best) {
                best = cost;
                d->gram = gram | ((uint32_t)lower & (width == 4 ? UINT32_MAX : 0xffff));
                d->gram_width = width;
            }
        }
    }
    return best != UINT32_MAX;
}

void eqli_pat_choose_gram(eqli_pat_draft *d, uint64_t lower)
{
    if (!find_gram(d, 4, lower))
        find_gram(d, 2, lower);
}

static uint32_t count_chars(const char *p, size_t len)
{
    uint32_t n = 0;
    for (const char *end = p + len; p < end; n++)
        eqli_utf8_next(&p, end);
    return n;
}

static void measure(eqli_pat_builder *b, eqli_pat_draft *d)
{
    uint32_t stars = 0;
    for (uint32_t i = 0; d->glob && i < d->len; i++) {
        stars += d->text[i] == '*';
        d->wild = d->wild || d->text[i] == '?';
    }
    d->min = d->len - stars;
    d->ascii = eqli_is_ascii((const char *)d->text, d->len);
    d->chars = (d->ascii ? d->len : count_chars((const char *)d->text, d->len)) - stars;
    d->odd = d->wild || (!d->ascii && eqli_utf8_check((const char *)d->text, d->len) < d->len);
    read_ends(d, b->lower);
    b->segs += d->n_inner;
    b->lit_bytes += 2 * (uint64_t)d->min;
}

static bool never_matches(const eqli_pat_draft *d)
{
    return d->floats && d->len == 0;
}

static bool always_matches(const eqli_pat_draft *d)
{
    return !d->exact && !d->floats && d->min == 0;
}

static eqlm_status read_pattern(eqli_pat_builder *b, const eqli_pattern *p, eqli_pat_draft *d)
{
    size_t len = p->text.len;
    if (len > INT32_MAX / 4)
        return EQLM_E_LIMIT;
    char *text = eqli_arena_alloc(&b->arena, EQLI_FOLD_MAX(len));
    if (!text)
        return EQLM_E_NOMEM;
    if (b->fold && len)
        len = eqli_fold_text(text, p->text.ptr, len);
    else if (len)
        memcpy(text, p->text.ptr, len);
    *d = (eqli_pat_draft) { .text = (const unsigned char *)text, .len = (uint32_t)len };
    split(d, p->kind);
    measure(b, d);
    return EQLM_OK;
}

eqlm_status eqli_pat_read(eqli_pat_builder *b, const eqli_pattern *patterns, size_t n)
{
    if (n > INT32_MAX / 2)
        return EQLM_E_LIMIT;
    b->drafts = eqli_arena_array(&b->arena, n, sizeof *b->drafts);
    if (!b->drafts)
        return EQLM_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        eqli_pat_draft *d = &b->drafts[b->n];
        eqlm_status status = read_pattern(b, &patterns[i], d);
        if (status != EQLM_OK)
            return status;
        b->always = b->always || always_matches(d);
        b->n += !never_matches(d);
    }
    if (b->always)
        b->n = 0;
    return EQLM_OK;
}
