/* process.c - the table of processes: names, parents, and which are forgotten first. */
#include "stream/stream.h"

#include <string.h>

#define NAME_SPACE UINT32_MAX /* of the index; programs have the numbers below */

/* ---- lists --------------------------------------------------------------------------------------------- */

static eqli_process_list *list_of(eqlm_stream *s, const eqli_process *p)
{
    return p->idle ? &s->ancestry.idle : &s->ancestry.live;
}

static void take_out(eqlm_stream *s, eqli_process *p)
{
    eqli_process_list *l = list_of(s, p);
    *(p->older ? &p->older->newer : &l->oldest) = p->newer;
    *(p->newer ? &p->newer->older : &l->newest) = p->older;
}

static void append(eqlm_stream *s, eqli_process *p)
{
    p->idle = p->ended && !p->child;
    eqli_process_list *l = list_of(s, p);
    p->older = l->newest;
    p->newer = NULL;
    *(l->newest ? &l->newest->newer : &l->oldest) = p;
    l->newest = p;
}

void eqli_process_list_it(eqlm_stream *s, eqli_process *p, int64_t time)
{
    take_out(s, p);
    p->time = time;
    append(s, p);
}

/* ---- names --------------------------------------------------------------------------------------------- */

eqli_name *eqli_name_find(const eqlm_stream *s, uint64_t hash, const eqli_bytes *bytes)
{
    return (eqli_name *)(void *)eqli_index_find(&s->index, hash, NAME_SPACE, bytes->ptr, bytes->len);
}

eqli_name *eqli_name_new(eqlm_stream *s, uint64_t hash, const eqli_bytes *bytes, bool is_number)
{
    eqli_name *name = eqli_state_new(s, sizeof *name + bytes->len);
    if (!name)
        return NULL;
    name->keyed = (eqli_keyed) { .hash = hash, .space = NAME_SPACE, .len = bytes->len, .at = sizeof *name };
    name->is_number = is_number;
    memcpy(name + 1, bytes->ptr, bytes->len);
    return name;
}

void eqli_name_free(eqlm_stream *s, eqli_name *name)
{
    if (name)
        eqli_state_free(s, name, sizeof *name + name->keyed.len);
}

void eqli_name_forget(eqlm_stream *s, eqli_name *name)
{
    name->process->names[name->is_number] = NULL;
    eqli_index_remove(&s->index, &s->alloc, &name->keyed);
    eqli_name_free(s, name);
}

void eqli_name_add(eqlm_stream *s, eqli_name *name, eqli_process *p)
{
    eqli_index_add(&s->index, &name->keyed);
    p->names[name->is_number] = name;
    name->process = p;
}

void eqli_name_move(eqlm_stream *s, eqli_name *name, eqli_process *p)
{
    eqli_process *old = name->process;
    if (p->names[name->is_number])
        eqli_name_forget(s, p->names[name->is_number]);
    old->names[name->is_number] = NULL;
    p->names[name->is_number] = name;
    name->process = p;
    if (!old->names[0] && !old->names[1] && !old->child && !old->pinned) /* nothing leads to it any more */
        eqli_process_forget(s, old);
}

/* ---- processes ----------------------------------------------------------------------------------------- */

size_t eqli_process_size(const eqlm_stream *s)
{
    return sizeof(eqli_process) + s->ancestry.n_words * sizeof(uint64_t);
}

eqli_process *eqli_process_new(eqlm_stream *s)
{
    eqli_process *p = eqli_state_new(s, eqli_process_size(s));
    if (!p)
        return NULL;
    p->serial = ++s->ancestry.serial;
    s->ancestry.n++;
    append(s, p);
    return p;
}

void eqli_process_free(eqlm_stream *s, eqli_process *p)
{
    if (!p)
        return;
    take_out(s, p);
    s->ancestry.n--;
    eqli_state_free(s, p, eqli_process_size(s));
}

void eqli_process_set_parent(eqlm_stream *s, eqli_process *p, eqli_process *parent)
{
    eqli_process *old = p->parent;
    if (old == parent)
        return;
    if (old) {
        *(p->before ? &p->before->behind : &old->child) = p->behind;
        if (p->behind)
            p->behind->before = p->before;
        if (!old->child && old->ended)
            eqli_process_list_it(s, old, old->time); /* idle from now on */
    }
    p->parent = parent;
    p->before = p->behind = NULL;
    if (!parent)
        return;
    p->behind = parent->child;
    if (parent->child)
        parent->child->before = p;
    parent->child = p;
    if (parent->idle)
        eqli_process_list_it(s, parent, parent->time);
}

void eqli_process_forget(eqlm_stream *s, eqli_process *p)
{
    eqli_process_set_parent(s, p, NULL);
    for (eqli_process *child = p->child; child;) {
        eqli_process *next = child->behind;
        child->parent = child->before = child->behind = NULL;
        child = next;
    }
    for (unsigned i = 0; i < 2; i++) {
        if (p->names[i])
            eqli_name_forget(s, p->names[i]);
    }
    eqli_process_free(s, p);
}

static eqli_process *first_unpinned(const eqli_process_list *l)
{
    eqli_process *p = l->oldest;
    while (p && p->pinned) /* those of the event at hand: two at most */
        p = p->newer;
    return p;
}

bool eqli_ancestry_evict(eqlm_stream *s, int64_t time)
{
    eqli_process *p = first_unpinned(&s->ancestry.idle);
    if (!p) {
        p = first_unpinned(&s->ancestry.live);
        if (!p || (s->oldest && p->time >= time))
            return false;
    }
    eqli_process_forget(s, p);
    s->counts.evicted++;
    return true;
}

void eqli_ancestry_clear(eqlm_stream *s)
{
    while (s->ancestry.live.oldest)
        eqli_process_forget(s, s->ancestry.live.oldest);
    while (s->ancestry.idle.oldest)
        eqli_process_forget(s, s->ancestry.idle.oldest);
}
