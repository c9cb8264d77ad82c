/* pack.c - numbers and texts as bytes, and back. */
#include "pack.h"

#include <stdlib.h>
#include <string.h>

void eqlc_pack(eqlc_buf *b, uint64_t n, unsigned size)
{
    char bytes[8];

    for (unsigned i = 0; i < size; i++)
        bytes[i] = (char)(n >> (8 * i) & 0xFF);
    eqlc_buf_add(b, bytes, size);
}

void eqlc_pack_text(eqlc_buf *b, const char *text, size_t len)
{
    eqlc_pack(b, len, 8);
    eqlc_buf_add(b, text, len);
}

static uint64_t bits_of(const eqlm_value *v)
{
    uint64_t bits = 0;

    if (v->type == EQLM_BOOL)
        return v->as.boolean;
    memcpy(&bits, &v->as.u64, sizeof bits);
    return bits;
}

static void pack_value(eqlc_buf *b, const eqlm_value *v)
{
    eqlc_pack(b, v->type, 1);
    if (v->type == EQLM_STRING)
        eqlc_pack_text(b, v->as.str, v->len);
    else
        eqlc_pack(b, bits_of(v), 8);
}

void eqlc_pack_doc(eqlc_buf *b, const eqlc_doc *doc)
{
    const eqlc_event *e = &doc->event;

    eqlc_pack(b, doc->number, 8);
    eqlc_pack_text(b, e->index, strlen(e->index));
    eqlc_pack_text(b, e->id, strlen(e->id));
    eqlc_pack(b, e->line, 8);
    eqlc_pack(b, e->has_time, 1);
    eqlc_pack(b, (uint64_t)e->time, 8);
    pack_value(b, &e->timestamp);
    pack_value(b, &e->tiebreaker);
    eqlc_pack(b, e->source != NULL, 1);
    if (e->source)
        eqlc_pack_text(b, e->source, e->source_len);
}

static const char *take(eqlc_unpacker *u, uint64_t size)
{
    const char *at = u->at;

    if (u->bad || size > (uint64_t)(u->end - u->at)) {
        u->bad = true;
        return NULL;
    }
    u->at += size;
    return at;
}

uint64_t eqlc_unpack(eqlc_unpacker *u, unsigned size)
{
    const char *bytes = take(u, size);
    uint64_t n = 0;

    for (unsigned i = 0; bytes && i < size; i++)
        n |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
    return n;
}

eqlm_str eqlc_unpack_text(eqlc_unpacker *u)
{
    uint64_t len = eqlc_unpack(u, 8);
    const char *text = take(u, len);

    return text ? (eqlm_str) { text, (size_t)len } : (eqlm_str) { "", 0 };
}

static eqlm_value unpack_value(eqlc_unpacker *u)
{
    eqlm_value v = { .type = (uint32_t)eqlc_unpack(u, 1) };

    if (v.type == EQLM_STRING) {
        eqlm_str text = eqlc_unpack_text(u);

        u->bad |= text.len > UINT32_MAX;
        v.as.str = text.ptr;
        v.len = (uint32_t)text.len;
        return v;
    }
    uint64_t bits = eqlc_unpack(u, 8);
    u->bad |= v.type > EQLM_STRING;
    if (v.type == EQLM_BOOL)
        v.as.boolean = bits != 0;
    else
        memcpy(&v.as.u64, &bits, sizeof bits);
    return v;
}

eqlc_doc *eqlc_unpack_doc(eqlc_unpacker *u)
{
    eqlc_event e = { .values = NULL };
    uint64_t number = eqlc_unpack(u, 8);
    eqlm_str text = eqlc_unpack_text(u), source = { NULL, 0 };
    char *index = eqlc_copy(text.ptr, text.len), *id;

    text = eqlc_unpack_text(u);
    id = eqlc_copy(text.ptr, text.len);
    e.index = index;
    e.id = id;
    e.line = eqlc_unpack(u, 8);
    e.has_time = eqlc_unpack(u, 1) != 0;
    e.time = (int64_t)eqlc_unpack(u, 8);
    e.timestamp = unpack_value(u);
    e.tiebreaker = unpack_value(u);
    if (eqlc_unpack(u, 1))
        source = eqlc_unpack_text(u);
    e.source = source.ptr;
    e.source_len = source.len;
    eqlc_doc *doc = u->bad ? NULL : eqlc_doc_new(&e, number, source.ptr != NULL);
    free(index);
    free(id);
    return doc;
}
