/* run_profile.c - `eqlc run --profile`: which rules take the time of a run. */
#include "run_profile.h"

#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t now(void *ctx)
{
    struct timespec t;

    (void)ctx;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void eqlc_profile_init(eqlm_profile *p, size_t n)
{
    *p = (eqlm_profile) { .size = sizeof *p, .now = now, .n = (uint32_t)n };
    p->programs = eqlc_alloc(n * sizeof *p->programs);
    memset(p->programs, 0, n * sizeof *p->programs);
}

void eqlc_profile_clear(eqlm_profile *p)
{
    free(p->programs);
    *p = (eqlm_profile) { .n = 0 };
}

/* What is measured when there is nothing to do between two looks at the clock. */
static uint64_t clock_time(void)
{
    uint64_t least = UINT64_MAX;

    for (int i = 0; i < 1000; i++) {
        uint64_t t = now(NULL);

        t = now(NULL) - t;
        least = t < least ? t : least;
    }
    return least;
}

static int by_time(const void *x, const void *y)
{
    const eqlc_profile_row *a = x, *b = y;

    if (a->counts.time != b->counts.time)
        return a->counts.time > b->counts.time ? -1 : 1;
    if (a->counts.runs != b->counts.runs)
        return a->counts.runs > b->counts.runs ? -1 : 1;
    return (a->rule > b->rule) - (a->rule < b->rule);
}

static double share_of(uint64_t part, uint64_t all)
{
    return all ? 100.0 * (double)part / (double)all : 0;
}

static void print_json(const eqlc_profile_row *row, uint64_t all)
{
    eqlc_buf b = { NULL, 0, 0 };

    eqlc_buf_text(&b, "{\"rule\":{\"id\":");
    eqlc_buf_json_cstr(&b, row->rule->id);
    eqlc_buf_text(&b, ",\"name\":");
    eqlc_buf_json_cstr(&b, row->rule->name);
    eqlc_buf_text(&b, ",\"path\":");
    eqlc_buf_json_cstr(&b, row->rule->path);
    eqlc_buf_format(&b, "},\"share\":%.2f,\"nanoseconds\":%llu,\"evaluations\":%llu,\"matches\":%llu",
                    share_of(row->counts.time, all), (unsigned long long)row->counts.time,
                    (unsigned long long)row->counts.runs, (unsigned long long)row->matches);
    if (row->in_stream)
        eqlc_buf_format(&b, ",\"partials\":%llu,\"state_bytes\":%llu,\"peak_bytes\":%llu",
                        (unsigned long long)row->partials, (unsigned long long)row->bytes,
                        (unsigned long long)row->peak);
    eqlc_buf_text(&b, "}\n");
    fwrite(b.data, 1, b.len, stderr);
    eqlc_buf_clear(&b);
}

static void print_line(double share, uint64_t time, const char *runs, const char *matches, const char *state,
                       const char *peak, const char *name)
{
    fprintf(stderr, "%6.2f %9.3f %12s %10s %9s %9s  %s\n", share, (double)time / 1e6, runs, matches, state,
            peak, name);
}

static const char *size_text(uint64_t bytes, char out[32])
{
    if (bytes < 10240)
        snprintf(out, 32, "%llu B", (unsigned long long)bytes);
    else if (bytes < 10240 * 1024)
        snprintf(out, 32, "%llu KB", (unsigned long long)bytes / 1024);
    else
        snprintf(out, 32, "%llu MB", (unsigned long long)bytes / 1024 / 1024);
    return out;
}

static void print_text(const eqlc_profile_row *row, uint64_t all)
{
    char runs[32], matches[32], partials[32] = "-", peak[32] = "-";
    eqlc_buf name = { NULL, 0, 0 };

    eqlc_rule_label(&name, row->rule);
    if (row->in_stream) {
        eqlc_count_text(row->partials, partials);
        size_text(row->peak, peak);
    }
    print_line(share_of(row->counts.time, all), row->counts.time, eqlc_count_text(row->counts.runs, runs),
               eqlc_count_text(row->matches, matches), partials, peak, name.data);
    eqlc_buf_clear(&name);
}

/* Looking at the clock takes time as well, inside and outside of what is measured. */
static void take_off(eqlc_profile_row *rows, size_t n, uint64_t *time, uint64_t *accounted)
{
    uint64_t least = clock_time();

    *accounted = 0;
    for (size_t i = 0; i < n; i++) {
        eqlm_profile_counts *c = &rows[i].counts;
        uint64_t inside = c->runs * least;

        *time -= 2 * inside < *time ? 2 * inside : *time;
        c->time -= inside < c->time ? inside : c->time;
        *accounted += c->time;
    }
    *time = *time > *accounted ? *time : *accounted;
}

void eqlc_profile_print(eqlc_profile_row *rows, size_t n, uint64_t time, eqlc_profiling format)
{
    uint64_t accounted = 0;
    size_t n_idle = 0;
    char count[32];

    take_off(rows, n, &time, &accounted);
    if (n > 0)
        qsort(rows, n, sizeof *rows, by_time);
    if (format == EQLC_PROFILE_TEXT)
        fprintf(stderr, "%6s %9s %12s %10s %9s %9s  %s\n", "share%", "ms", "evaluations", "matches",
                "partials", "peak", "rule");
    for (size_t i = 0; i < n; i++) {
        n_idle += rows[i].counts.runs == 0;
        if (format == EQLC_PROFILE_JSON)
            print_json(&rows[i], time);
        else if (rows[i].counts.runs)
            print_text(&rows[i], time);
    }
    if (format == EQLC_PROFILE_JSON)
        return;
    print_line(share_of(time - accounted, time), time - accounted, "-", "-", "-", "-",
               "(finding the rules to evaluate, order of events, expiry)");
    if (n_idle)
        fprintf(stderr, "%s other %s not evaluated on any event\n", eqlc_count_text(n_idle, count),
                n_idle == 1 ? "rule was" : "rules were");
}
