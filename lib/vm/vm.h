/* vm.h - scratch of one thread for evaluating programs. */
#ifndef EQLI_VM_H
#define EQLI_VM_H

#include "event/read.h"
#include "program/program.h"

/* One field occurrence of the leaf being tried: its values and the one chosen now. */
typedef struct eqli_load_state {
    eqli_values values;
    uint32_t at;
    bool missing;
} eqli_load_state;

typedef struct eqli_regex_entry {
    const eqli_regex *regex;
    const eqlm_program *program; /* held, so that the pointers stay unique */
    eqli_regex_cache *cache;
} eqli_regex_entry;

/* Code from pc until control comes to `end`; UINT32_MAX: until RETURN_TRUE. */
typedef struct eqli_stretch {
    uint32_t pc, end;
} eqli_stretch;

struct eqlm_vm {
    eqlm_alloc alloc;
    eqli_arena scratch; /* of the leaf being evaluated */
    eqli_arena keep;    /* results of eqlm_eval */
    eqlm_value *regs;
    uint32_t n_regs;
    eqli_load_state *loads; /* EQLI_MAX_LOADS, made on first need */
    /* 0: the event; k: element object of the k-th SEARCH; EQLI_SCOPE_ALIAS + i: what alias i captured */
    const void *scope[EQLI_SCOPE_ALIAS + EQLI_MAX_ALIASES];
    eqlm_value element[EQLI_MAX_SCOPES + 1]; /* the element itself */
    /* Answers LINEAGE; set by the stream that knows the processes. */
    eqli_op_result (*lineage)(void *ctx, const eqlm_program *p, uint32_t lineage, const void *event,
                              bool *out);
    void *lineage_ctx;
    eqli_ip ip; /* the address read last, from ip_text */
    uint8_t ip_text_len;
    char ip_text[45];
    eqlm_profile *profile; /* of eqlm_rules_match, or NULL */
    uint64_t errors;
    eqli_regex_entry *regexes; /* open addressing by pointer; size is a power of two */
    uint32_t n_regexes, regexes_size;
    eqlm_value *results; /* of eqlm_eval, all different */
    uint32_t n_results, cap_results;
    uint32_t *result_at; /* 2 * cap_results: by hash, number of the result + 1; in use if there are many */
    /* Answers of tests that several programs share, while one event is looked at: by number of the test, the
     * present `moment` and in the lowest bit the answer. */
    uint32_t *answers;
    uint32_t n_answers, moment;
    void *block; /* of whoever runs many programs at once */
    size_t block_size;
};

/* The automaton of a program's regular expression in this vm, made on first use. NULL: no memory. */
eqli_regex_cache *eqli_vm_regex(eqlm_vm *vm, const eqlm_program *p, const eqli_regex *re);
void eqli_vm_forget_regexes(eqlm_vm *vm);

/* Runs branch code from `pc` to a RETURN. `event` is scope 0. */
eqli_op_result eqli_vm_run(eqlm_vm *vm, const eqlm_program *p, uint32_t pc, const void *event, bool *out);
/* Runs stretches of a region that begins at `start`, until one does not come to its end: holds when all do.
 * Of programs that have tests in common, shared[i] is the number of the test at start + i if it is one, or 0;
 * NULL: there are none. */
eqli_op_result eqli_vm_run_all(eqlm_vm *vm, const eqlm_program *p, const eqli_stretch *stretches, uint32_t n,
                               const uint32_t *shared, uint32_t start, const void *event, bool *out);
/* Answers the test at `pc`, which is in no SEARCH and no LEAF, alone. */
eqli_op_result eqli_vm_test(eqlm_vm *vm, const eqlm_program *p, uint32_t pc, const void *event, bool *out);
/* The status of a fatal result, or of OK. */
static inline eqlm_status eqli_vm_status(eqli_op_result r)
{
    return (eqlm_status)r;
}
eqlm_status eqli_vm_make_room(eqlm_vm *vm, uint32_t n_regs);
/* Makes room for what the program needs; call before eqli_vm_run. */
static inline eqlm_status eqli_vm_prepare(eqlm_vm *vm, const eqlm_program *p)
{
    vm->scratch.max = p->max_scratch;
    return p->n_regs <= vm->n_regs ? EQLM_OK : eqli_vm_make_room(vm, p->n_regs);
}
/* Forgets the answers of shared tests, for the next event, and makes room for those numbered 1 to n. False:
 * no memory. */
bool eqli_vm_forget_answers(eqlm_vm *vm, uint32_t n);
/* At least size bytes that stay until the next call; what they hold is undefined. NULL: no memory. */
void *eqli_vm_block(eqlm_vm *vm, size_t size);

#endif
