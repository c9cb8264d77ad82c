/* pipeline.c - items that several threads work on at once and that come out in the order they went in. */
#include "pipeline.h"

#include "util.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

typedef struct worker {
    eqlc_pipeline *pipeline;
    unsigned number;
    pthread_t thread;
} worker;

/* Items are counted as they pass: taken <= begun <= filled <= taken + n_items. */
struct eqlc_pipeline {
    eqlc_pipeline_hooks hooks;
    void *const *items;
    bool *worked; /* by item */
    size_t n_items;
    unsigned n_workers;
    worker workers[EQLC_MAX_JOBS];
    pthread_mutex_t lock;
    pthread_cond_t filling; /* what the other threads wait for */
    pthread_cond_t room;    /* what the first one waits for: an item was taken, or it has halted */
    size_t filled, begun, taken;
    unsigned n_busy; /* threads in a hook */
    bool taking, halted, quit;
};

static bool can_take(const eqlc_pipeline *p)
{
    return !p->halted && !p->taking && p->taken < p->begun && p->worked[p->taken % p->n_items];
}

static bool can_work(const eqlc_pipeline *p)
{
    return !p->halted && p->begun < p->filled;
}

static void take(eqlc_pipeline *p)
{
    bool goes_on;

    p->taking = true;
    pthread_mutex_unlock(&p->lock);
    goes_on = p->hooks.take(p->hooks.ctx, p->items[p->taken % p->n_items]);
    pthread_mutex_lock(&p->lock);
    p->taking = false;
    p->taken += goes_on;
    p->halted = !goes_on;
}

static void work(eqlc_pipeline *p, unsigned thread)
{
    size_t i = p->begun++ % p->n_items;

    p->worked[i] = false;
    pthread_mutex_unlock(&p->lock);
    p->hooks.work(p->hooks.ctx, thread, p->items[i]);
    pthread_mutex_lock(&p->lock);
    p->worked[i] = true;
}

/* Does one thing if there is one to do; what is taken makes room, so that comes first. */
static bool step(eqlc_pipeline *p, unsigned thread)
{
    bool takes = can_take(p);

    if (!takes && !can_work(p))
        return false;
    p->n_busy++;
    if (takes)
        take(p);
    else
        work(p, thread);
    p->n_busy--;
    if (takes || p->halted)
        pthread_cond_signal(&p->room);
    /* A thread looks again for what it has made possible, but for the first one, which may have to read. */
    if (thread == 0 && (can_take(p) || can_work(p)))
        pthread_cond_signal(&p->filling);
    return true;
}

static void *run_worker(void *arg)
{
    worker *w = arg;
    eqlc_pipeline *p = w->pipeline;

    pthread_mutex_lock(&p->lock);
    while (!p->quit)
        if (!step(p, w->number))
            pthread_cond_wait(&p->filling, &p->lock);
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

eqlc_pipeline *eqlc_pipeline_new(unsigned n, void *const *items, size_t n_items,
                                 const eqlc_pipeline_hooks *hooks)
{
    eqlc_pipeline *p = eqlc_alloc(sizeof *p);
    sigset_t all, before;

    *p = (eqlc_pipeline) { .hooks = *hooks, .items = items, .n_items = n_items, .n_workers = n - 1 };
    p->worked = eqlc_alloc(n_items * sizeof *p->worked);
    if (pthread_mutex_init(&p->lock, NULL) != 0 || pthread_cond_init(&p->filling, NULL) != 0 ||
        pthread_cond_init(&p->room, NULL) != 0)
        eqlc_die("out of memory");
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before); /* signals are for the first thread, which waits for input */
    for (unsigned i = 0; i < p->n_workers; i++) {
        p->workers[i] = (worker) { .pipeline = p, .number = i + 1 };
        if (pthread_create(&p->workers[i].thread, NULL, run_worker, &p->workers[i]) != 0)
            eqlc_die("cannot start a thread");
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return p;
}

void eqlc_pipeline_free(eqlc_pipeline *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->quit = true;
    pthread_cond_broadcast(&p->filling);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->n_workers; i++)
        pthread_join(p->workers[i].thread, NULL);
    pthread_cond_destroy(&p->filling);
    pthread_cond_destroy(&p->room);
    pthread_mutex_destroy(&p->lock);
    free(p->worked);
    free(p);
}

void *eqlc_pipeline_next(eqlc_pipeline *p)
{
    void *item;

    pthread_mutex_lock(&p->lock);
    while (!p->halted && p->filled - p->taken == p->n_items)
        if (!step(p, 0))
            pthread_cond_wait(&p->room, &p->lock);
    item = p->halted ? NULL : p->items[p->filled % p->n_items];
    pthread_mutex_unlock(&p->lock);
    return item;
}

void eqlc_pipeline_put(eqlc_pipeline *p)
{
    pthread_mutex_lock(&p->lock);
    p->filled++;
    pthread_cond_signal(&p->filling);
    pthread_mutex_unlock(&p->lock);
}

bool eqlc_pipeline_drain(eqlc_pipeline *p)
{
    bool halted;

    pthread_mutex_lock(&p->lock);
    while (!p->halted && p->taken < p->filled)
        if (!step(p, 0))
            pthread_cond_wait(&p->room, &p->lock);
    halted = p->halted;
    pthread_mutex_unlock(&p->lock);
    return !halted;
}

bool eqlc_pipeline_rests(eqlc_pipeline *p)
{
    bool rests;

    pthread_mutex_lock(&p->lock);
    rests = p->halted || p->taken == p->filled;
    pthread_mutex_unlock(&p->lock);
    return rests;
}

void *eqlc_pipeline_left(eqlc_pipeline *p, size_t i)
{
    void *item;

    pthread_mutex_lock(&p->lock);
    while (p->n_busy)
        pthread_cond_wait(&p->room, &p->lock);
    item = i < p->filled - p->taken ? p->items[(p->taken + i) % p->n_items] : NULL;
    pthread_mutex_unlock(&p->lock);
    return item;
}

void eqlc_pipeline_resume(eqlc_pipeline *p, size_t n)
{
    pthread_mutex_lock(&p->lock);
    p->taken += n;
    if (p->begun < p->taken)
        p->begun = p->taken;
    p->halted = false;
    pthread_cond_broadcast(&p->filling);
    pthread_mutex_unlock(&p->lock);
}
