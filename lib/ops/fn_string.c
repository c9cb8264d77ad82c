/* fn_string.c - the functions of language 8 that look into strings.
 *
 * Positions are bytes inside and UTF-16 units outside. With `~` both texts are folded and the search is made
 * there; folding maps character to character, so a place in the folded text is the place of the same
 * character in the original. */
#include "ops/function.h"

#include <string.h>

#include "base/text.h"
#include "ops/search.h"
#include "ops/value.h"

typedef struct text {
    const char *ptr;
    size_t len;
} text;

static text text_of(const eqlm_value *v)
{
    return (text){ v->len ? v->as.str : "", v->len }; /* a null pointer takes no arithmetic */
}

/* Whether the first n arguments are strings; *has_null if one of them is null. */
static bool are_strings(const eqlm_value *args, uint32_t n, bool *has_null)
{
    *has_null = false;
    for (uint32_t i = 0; i < n; i++) {
        if (args[i].type == EQLM_NULL)
            *has_null = true;
        else if (args[i].type != EQLM_STRING)
            return false;
    }
    return true;
}

/* Common start of the functions of n strings: true when they have an answer to compute. */
static bool begin(const eqlm_value *args, uint32_t n, eqlm_value *out, eqli_op_result *result)
{
    bool has_null;
    *out = eqli_null();
    *result = are_strings(args, n, &has_null) ? EQLI_OP_OK : EQLI_OP_BAD_TYPE;
    return *result == EQLI_OP_OK && !has_null;
}

static eqli_op_result fold_text(text in, eqli_arena *scratch, text *out)
{
    char *folded = eqli_arena_alloc(scratch, EQLI_FOLD_MAX(in.len));
    if (!folded)
        return eqli_op_no_room(scratch);
    out->ptr = folded;
    out->len = eqli_fold_text(folded, in.ptr, in.len);
    return EQLI_OP_OK;
}

/* A text as it is searched: itself, or its folded form. */
typedef struct haystack {
    text original, searched;
    bool shifted; /* a byte of the one need not be the same byte of the other */
} haystack;

static eqli_op_result haystack_init(haystack *h, text s, bool fold, eqli_arena *scratch)
{
    h->original = h->searched = s;
    h->shifted = fold && !eqli_is_ascii(s.ptr, s.len);
    return fold ? fold_text(s, scratch, &h->searched) : EQLI_OP_OK;
}

static eqli_op_result make_needle(eqli_needle *n, text t, bool fold, eqli_arena *scratch)
{
    if (fold) {
        eqli_op_result r = fold_text(t, scratch, &t);
        if (r != EQLI_OP_OK)
            return r;
    }
    return eqli_needle_init(n, t.ptr, t.len, scratch);
}

/* Walks `bytes` of `measured` character by character beside `other`, and returns the bytes passed there. Of
 * the two one is the fold of the other. */
static size_t same_place(text measured, text other, size_t bytes)
{
    const char *p = measured.ptr, *end = p + measured.len, *stop = p + bytes;
    const char *q = other.ptr, *other_end = q + other.len;
    while (p < stop && q < other_end) {
        eqli_utf8_next(&p, end);
        eqli_utf8_next(&q, other_end);
    }
    return (size_t)(q - other.ptr);
}

static size_t to_searched(const haystack *h, size_t i)
{
    return h->shifted ? same_place(h->original, h->searched, i) : i;
}

static size_t to_original(const haystack *h, size_t i)
{
    return h->shifted ? same_place(h->searched, h->original, i) : i;
}

eqli_op_result eqli_fn_between(const eqlm_value *args, uint32_t n_args, bool fold, eqli_arena *scratch,
                               eqlm_value *out)
{
    eqli_op_result r;
    if (!begin(args, 3, out, &r))
        return r;
    text s = text_of(&args[0]), left = text_of(&args[1]), right = text_of(&args[2]);
    bool greedy = n_args > 3 && args[3].type == EQLM_BOOL && args[3].as.boolean;
    if (!s.len || !left.len || !right.len) {
        *out = args[0];
        return EQLI_OP_OK;
    }
    haystack h;
    eqli_needle l, e;
    if ((r = haystack_init(&h, s, fold, scratch)) != EQLI_OP_OK ||
        (r = make_needle(&l, left, fold, scratch)) != EQLI_OP_OK ||
        (r = make_needle(&e, right, fold, scratch)) != EQLI_OP_OK)
        return r;
    *out = eqli_string(s.ptr, 0);
    size_t start = eqli_needle_find(&l, h.searched.ptr, h.searched.len, 0, false);
    if (start == SIZE_MAX)
        return EQLI_OP_OK;
    start += l.len;
    size_t end = eqli_needle_find(&e, h.searched.ptr, h.searched.len, start, greedy);
    if (end == SIZE_MAX)
        return EQLI_OP_OK;
    start = to_original(&h, start);
    end = to_original(&h, end);
    *out = eqli_string(s.ptr + start, end - start);
    return EQLI_OP_OK;
}

static bool starts_with(text s, text t)
{
    return t.len <= s.len && (!t.len || memcmp(s.ptr, t.ptr, t.len) == 0) &&
           eqli_is_boundary(s.ptr, s.len, t.len);
}

static bool starts_with_folded(text s, text t)
{
    const char *p = s.ptr, *s_end = p + s.len, *q = t.ptr, *t_end = q + t.len;
    while (p < s_end && q < t_end) {
        if (eqli_fold_char(eqli_utf8_next(&p, s_end)) != eqli_fold_char(eqli_utf8_next(&q, t_end)))
            return false;
    }
    return q == t_end;
}

eqli_op_result eqli_fn_starts_with(const eqlm_value *args, uint32_t n_args, bool fold, eqli_arena *scratch,
                                   eqlm_value *out)
{
    eqli_op_result r;
    (void)n_args;
    (void)scratch;
    if (!begin(args, 2, out, &r))
        return r;
    text s = text_of(&args[0]), t = text_of(&args[1]);
    *out = eqli_bool(fold ? starts_with_folded(s, t) : starts_with(s, t));
    return EQLI_OP_OK;
}

eqli_op_result eqli_fn_ends_with(const eqlm_value *args, uint32_t n_args, bool fold, eqli_arena *scratch,
                                 eqlm_value *out)
{
    eqli_op_result r;
    (void)n_args;
    if (!begin(args, 2, out, &r))
        return r;
    text s = text_of(&args[0]), t = text_of(&args[1]);
    if (fold &&
        ((r = fold_text(s, scratch, &s)) != EQLI_OP_OK || (r = fold_text(t, scratch, &t)) != EQLI_OP_OK))
        return r;
    *out = eqli_bool(t.len <= s.len && (!t.len || memcmp(s.ptr + s.len - t.len, t.ptr, t.len) == 0) &&
                     eqli_is_boundary(s.ptr, s.len, s.len - t.len));
    return EQLI_OP_OK;
}

eqli_op_result eqli_fn_string_contains(const eqlm_value *args, uint32_t n_args, bool fold,
                                       eqli_arena *scratch, eqlm_value *out)
{
    eqli_op_result r;
    (void)n_args;
    if (!begin(args, 2, out, &r))
        return r;
    text s = text_of(&args[0]), t = text_of(&args[1]);
    if (!t.len || !s.len) {
        *out = eqli_bool(false);
        return EQLI_OP_OK;
    }
    haystack h;
    eqli_needle n;
    if ((r = haystack_init(&h, s, fold, scratch)) != EQLI_OP_OK ||
        (r = make_needle(&n, t, fold, scratch)) != EQLI_OP_OK)
        return r;
    *out = eqli_bool(eqli_needle_find(&n, h.searched.ptr, h.searched.len, 0, false) != SIZE_MAX);
    return EQLI_OP_OK;
}

/* An integer argument; false if it is null or not given. Larger ones than any length mean the same as
 * INT64_MAX. */
static bool read_integer(const eqlm_value *args, uint32_t n_args, uint32_t i, int64_t *out,
                         eqli_op_result *result)
{
    *result = EQLI_OP_OK;
    if (i >= n_args || args[i].type == EQLM_NULL)
        return false;
    if (args[i].type == EQLM_I64)
        *out = args[i].as.i64;
    else if (args[i].type == EQLM_U64)
        *out = args[i].as.u64 > INT64_MAX ? INT64_MAX : (int64_t)args[i].as.u64;
    else
        *result = EQLI_OP_BAD_TYPE;
    return *result == EQLI_OP_OK;
}

/* First byte of the first character at or behind UTF-16 offset `units`. */
static size_t offset_at_least(text s, uint64_t units)
{
    if (units > s.len)
        return s.len;
    size_t i = eqli_utf16_offset(s.ptr, s.len, (size_t)units);
    if (i < s.len && eqli_utf16_len(s.ptr, i) < units) { /* inside a surrogate pair */
        const char *p = s.ptr + i;
        eqli_utf8_next(&p, s.ptr + s.len);
        i = (size_t)(p - s.ptr);
    }
    return i;
}

eqli_op_result eqli_fn_index_of(const eqlm_value *args, uint32_t n_args, bool fold, eqli_arena *scratch,
                                eqlm_value *out)
{
    eqli_op_result r;
    int64_t start = 0;
    if (!begin(args, 2, out, &r))
        return r;
    read_integer(args, n_args, 2, &start, &r);
    if (r != EQLI_OP_OK)
        return r;
    uint64_t first = start > 0 ? (uint64_t)start : 0;
    text s = text_of(&args[0]), t = text_of(&args[1]);
    if (!t.len) {
        uint64_t length = eqli_utf16_len(s.ptr, s.len);
        *out = eqli_i64((int64_t)(first < length ? first : length));
        return EQLI_OP_OK;
    }
    haystack h;
    eqli_needle n;
    if ((r = haystack_init(&h, s, fold, scratch)) != EQLI_OP_OK ||
        (r = make_needle(&n, t, fold, scratch)) != EQLI_OP_OK)
        return r;
    size_t from = to_searched(&h, offset_at_least(s, first));
    size_t at = eqli_needle_find(&n, h.searched.ptr, h.searched.len, from, false);
    if (at != SIZE_MAX)
        *out = eqli_i64((int64_t)eqli_utf16_len(s.ptr, to_original(&h, at)));
    return EQLI_OP_OK;
}

eqli_op_result eqli_fn_length(const eqlm_value *args, uint32_t n_args, bool fold, eqli_arena *scratch,
                              eqlm_value *out)
{
    eqli_op_result r;
    (void)n_args;
    (void)fold;
    (void)scratch;
    if (begin(args, 1, out, &r))
        *out = eqli_i64((int64_t)eqli_utf16_len(args[0].as.str, args[0].len));
    return r;
}

/* A slice index as in Python: negative counts from the end, and what lies outside is moved to the border. */
static size_t slice_index(int64_t i, size_t length)
{
    if (i >= 0)
        return (uint64_t)i < length ? (size_t)i : length;
    uint64_t back = 0 - (uint64_t)i;
    return back < length ? length - (size_t)back : 0;
}

eqli_op_result eqli_fn_substring(const eqlm_value *args, uint32_t n_args, bool fold, eqli_arena *scratch,
                                 eqlm_value *out)
{
    eqli_op_result r;
    int64_t first = 0, last = INT64_MAX;
    (void)fold;
    (void)scratch;
    if (!begin(args, 1, out, &r))
        return r;
    bool has_first = read_integer(args, n_args, 1, &first, &r);
    if (r == EQLI_OP_OK)
        read_integer(args, n_args, 2, &last, &r);
    if (r != EQLI_OP_OK || !has_first) /* a null start: null (decision 9) */
        return r;
    text s = text_of(&args[0]);
    size_t length = eqli_utf16_len(s.ptr, s.len);
    size_t from = slice_index(first, length), to = slice_index(last, length);
    /* Whole characters: the range may begin or end within one of two units. */
    size_t start = from < to ? offset_at_least(s, from) : 0;
    size_t end = from < to ? eqli_utf16_offset(s.ptr, s.len, to) : 0;
    *out = start < end ? eqli_string(s.ptr + start, end - start) : eqli_string("", 0);
    return EQLI_OP_OK;
}
