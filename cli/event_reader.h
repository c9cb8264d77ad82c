/* event_reader.h - the reader of events.h in parts, for whoever reads with several threads: an input that may
 * be gone through from any place, and single documents. */
#ifndef EQLC_EVENT_READER_H
#define EQLC_EVENT_READER_H

#include "event_copy.h"
#include "event_input.h"
#include "events.h"
#include "json_extract.h"

/* Reads one document at text[0 .. len), with EQLC_JSON_PADDING bytes behind it. On EQLC_JSON_OK *event holds
 * until the reader is used again; its line is 0 and its id NULL if the document has none. Otherwise *document
 * tells where and why. */
eqlc_json_status eqlc_reader_document(eqlc_reader *reader, const char *path, char *text, size_t len,
                                      eqlc_event *event, eqlc_json_document *document);

/* What an event has, of all the fields it might have. */
typedef struct eqlc_event_field {
    uint32_t field;
    eqlm_value value;
} eqlc_event_field;

/* The fields of the event that was read last, where they last. */
const eqlc_event_field *eqlc_reader_fields(const eqlc_reader *reader, const eqlc_event_copy *copy,
                                           uint32_t *n);
/* Room for the values of an event with these fields or others of the same schema, all null: what
 * eqlc_event_get takes. Free it with eqlc_event_room_free. NULL: no memory. */
eqlm_value *eqlc_event_room(const eqlc_reader *reader);
void eqlc_event_room_free(eqlm_value *room);

/* As eqlc_reader_run for an input that is open and stands at the start of a document; it stays open. enough >
 * 0: stops, returning true, when so many lines one after the other were documents. */
bool eqlc_reader_go_on(eqlc_reader *reader, eqlc_event_input *in, const char *path, uint32_t enough,
                       eqlc_event_fn on_event, eqlc_event_error_fn on_error, void *ctx);

/* What documents without an _id are called. */
#define EQLC_LINE_TEXT 24
const char *eqlc_event_line_text(uint64_t line, char room[EQLC_LINE_TEXT]);

#endif
