/* emit.h - the program under construction: instructions with labels, constants, sets, slots. Everything grows
 * in the arena of the compilation; eqli_emit_finish copies it to its final size. */
#ifndef EQLI_EMIT_H
#define EQLI_EMIT_H

#include "codegen/codegen.h"

typedef struct eqli_emit {
    eqli_cx *cx;
    eqli_insn *insns; /* targets are labels until finish */
    uint32_t n_insns, cap_insns;
    uint32_t *labels; /* label -> instruction */
    uint32_t n_labels, cap_labels;
    eqlm_value *consts;
    uint32_t n_consts, cap_consts;
    eqli_set *sets;
    const eqli_node **set_nodes; /* the operator each set comes from, for messages */
    uint32_t n_sets, cap_sets;
    eqli_slot *slots;
    uint32_t n_slots, cap_slots;
    uint32_t *slot_index; /* open addressing, slot + 1 */
    uint32_t slot_index_size;
    eqli_stage *stages; /* until last */
    uint32_t n_stages, cap_stages;
    eqli_key *keys;
    uint32_t n_keys, cap_keys;
    eqli_alias aliases[EQLI_MAX_ALIASES];
    uint32_t n_aliases;
    uint32_t *alias_captures[EQLI_MAX_ALIASES]; /* slots, while aliases[i].n grows */
    uint32_t cap_alias_captures[EQLI_MAX_ALIASES];
    eqli_lineage_query lineages[EQLI_MAX_LINEAGES];
    uint32_t n_lineages;
    uint32_t n_regs;
    uint32_t n_loads;     /* of the leaf being emitted */
    bool typed;
} eqli_emit;

/* All of these may be called after a failure (cx->nomem, cx->failed) and then do nothing useful but nothing
 * bad. */
uint32_t eqli_emit_label(eqli_emit *e);
void eqli_emit_place(eqli_emit *e, uint32_t label);
uint32_t eqli_emit_insn(eqli_emit *e, eqli_insn in);
uint32_t eqli_emit_const(eqli_emit *e, eqlm_value v);
/* Slot of a field node; array: slot of the array its variable runs over (EQLI_NO_FIELD outside). */
uint32_t eqli_emit_slot(eqli_emit *e, const eqli_field_ref *field, uint32_t array);
/* Slot of a field of the event by name. */
uint32_t eqli_emit_event_slot(eqli_emit *e, eqlm_str name);
/* Slot of the value of `field` that alias number `alias` captured. */
uint32_t eqli_emit_alias_slot(eqli_emit *e, const eqli_field_ref *field, uint32_t alias);
void eqli_emit_stage(eqli_emit *e, eqli_stage stage);
void eqli_emit_key(eqli_emit *e, eqli_key key);
/* New set over the constants `members`; kind of pattern only for EQLI_SET_PATTERNS. */
uint32_t eqli_emit_set(eqli_emit *e, eqli_set_kind kind, bool fold, eqli_pattern_kind pattern,
                       eqli_node *const *members, uint32_t n, const eqli_node *owner);
eqlm_program *eqli_emit_finish(eqli_emit *e, const eqli_query *q);

#endif
