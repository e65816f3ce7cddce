/* The handlers that the table of routes names: one a route; each answers its request or lets it wait. */
#ifndef YJS_WEB_HANDLERS_H
#define YJS_WEB_HANDLERS_H

struct request;

/* overview.c */
void handle_healthz(struct request *);
void handle_readyz(struct request *);
void handle_metrics(struct request *);
void handle_departments(struct request *);
void handle_department(struct request *);
void handle_statistics(struct request *);
void handle_shards(struct request *);
/* things.c */
void handle_things(struct request *);
void handle_thing(struct request *);
void handle_thing_versions(struct request *);
void handle_thing_source(struct request *);
void handle_thing_check(struct request *);
void handle_thing_publish(struct request *);
void handle_thing_checklist(struct request *);
/* calendar.c */
void handle_calendar_year(struct request *);
void handle_calendar_due(struct request *);
/* submit.c */
void handle_submit(struct request *);
/* uploads.c */
void handle_material_put(struct request *);
/* materials.c */
void handle_material(struct request *);
void handle_material_about(struct request *);
/* veil.c */
void handle_case_form(struct request *);
void handle_disclosures(struct request *);
void handle_reveal(struct request *);
/* cases.c */
void handle_cases(struct request *);
void handle_case(struct request *);
void handle_timeline(struct request *);
void handle_clocks(struct request *);
void handle_figures(struct request *);
void handle_late(struct request *);
void handle_events(struct request *);
void handle_command(struct request *);
/* documents.c */
void handle_documents(struct request *);
void handle_document(struct request *);
/* operate.c: what is done to a case or a step */
void handle_withdraw(struct request *);
void handle_correction(struct request *);
void handle_signal(struct request *);
void handle_rating(struct request *);
void handle_offer(struct request *);
void handle_materials(struct request *);
void handle_objection(struct request *);
void handle_close(struct request *);
void handle_void(struct request *);
void handle_retry(struct request *);
void handle_skip(struct request *);
void handle_reassign(struct request *);
void handle_refuse(struct request *);
void handle_acknowledge(struct request *);
void handle_resolve_dispute(struct request *);
void handle_answer_for(struct request *);
/* tasks.c */
void handle_tasks(struct request *);
void handle_task(struct request *);
void handle_claim(struct request *);
void handle_release(struct request *);
void handle_answer(struct request *);
/* incidents.c */
void handle_incidents(struct request *);
void handle_incident(struct request *);
void handle_incidents_bulk(struct request *);
/* parties.c, progress.c */
void handle_codes(struct request *);
void handle_progress(struct request *);
void handle_history(struct request *);
void handle_party_notices(struct request *);
void handle_signature(struct request *);
void handle_contact(struct request *);
/* consent.c */
void handle_consent(struct request *);
void handle_consent_withdraw(struct request *);
/* notices.c */
void handle_notices(struct request *);
void handle_notice(struct request *);
void handle_notice_retry(struct request *);
/* dead_letters.c */
void handle_dead_letters(struct request *);
void handle_dead_letter(struct request *);
void handle_dead_letter_reveal(struct request *);
void handle_redrive(struct request *);
void handle_discard(struct request *);
/* tokens.c */
void handle_token_create(struct request *);
void handle_tokens(struct request *);
void handle_token_revoke(struct request *);

#endif
