/* reference.h - what a sequence or sample means, written down for a whole list of events at once: every key
 * tuple on its own, every rule as it stands in the language reference. Slow, small, and without anything in
 * common with the engine. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REF_MAX_EVENTS = 64,
    REF_MAX_TERMS = 12,
    REF_MAX_KEYS = 3,
    REF_MAX_VALUES = 3,
    REF_MAX_MATCHES = 4096
};

typedef struct ref_event {
    int64_t time; /* ns */
    char category;
    int x;                      /* -1: missing */
    int k[REF_MAX_VALUES], n_k; /* a field of several numbers */
    int j[REF_MAX_VALUES], n_j; /* another one */
    const char *s;              /* one text, NULL: missing */
} ref_event;

typedef struct ref_key {
    char field; /* 'k', 'j' or 's' */
    bool optional;
} ref_key;

typedef struct ref_term {
    bool missing;
    char category; /* '*': any */
    int x;         /* -1: no condition; else the event's x must be it */
    bool same_x;   /* the event's x must be that of the first positive event */
    ref_key keys[REF_MAX_KEYS];
} ref_term;

typedef struct ref_query {
    ref_term terms[REF_MAX_TERMS];
    int n_terms, n_keys;
    bool has_until;
    ref_term until;
    int64_t maxspan; /* ms; -1: none */
    int samples_per_key;
} ref_query;

typedef struct ref_value {
    int kind; /* 0: null, 1: number, 2: text */
    int number;
    const char *text;
} ref_value;

typedef struct ref_match {
    int events[REF_MAX_TERMS]; /* -1: a missing event */
    ref_value key[REF_MAX_KEYS];
    int last;
} ref_match;

/* Matches in the order of their last event, then of their keys. Returns how many. */
size_t ref_sequences(const ref_query *q, const ref_event *events, int n, ref_match *out);
/* In key order; last is not used. */
size_t ref_samples(const ref_query *q, const ref_event *events, int n, ref_match *out);
/* The order of key tuples. */
int ref_compare_keys(const ref_value *a, const ref_value *b, int n);

#endif
