/* Faults on purpose, one at a time, so that the simulation can be seen to find them: each stands where the code could
 * have been written wrongly. Compiled only into the tests' conductor (YJS_MUTATIONS, tests/simulation); elsewhere
 * mutation_is is false and leaves nothing behind. */
#ifndef YJS_CONDUCTOR_MUTATION_H
#define YJS_CONDUCTOR_MUTATION_H

#include <stdbool.h>

#ifdef YJS_MUTATIONS
/* X(name, what is done wrongly) */
#define MUTATIONS(X) \
    X(fence_off, "the store does not look at epochs") \
    X(inbox_kept, "the store keeps commands that are done") \
    X(publish_before_commit, "messages leave before their batch is committed") \
    X(offset_forgotten, "a batch does not move the offsets") \
    X(offset_ahead, "a batch moves an offset past the message behind") \
    X(offsets_ignored, "a taken shard is read from the beginning") \
    X(unknown_is_done, "a commit of unknown fate counts as done") \
    X(refused_is_done, "a refused batch counts as done") \
    X(away_is_done, "a batch that was not written counts as done") \
    X(fenced_is_done, "a fenced batch counts as done") \
    X(failure_is_delivered, "a failed delivery counts as an acknowledgement") \
    X(overtaken, "the bus leaves what lies behind a failed message under way") \
    X(all_acknowledged, "what was handed over counts as acknowledged") \
    X(catch_up_skips, "a take-over begins one event too late") \
    X(cache_kept, "cases of a shard that is lost stay in memory") \
    X(cache_unbounded, "the cache is never trimmed") \
    X(open_leaks, "what is taken back still counts as open") \
    X(elements_unwritten, "elements' rows are not written") \
    X(case_unwritten, "a case's row is written at its start only") \
    X(timer_unmoved, "a timer is not moved for something earlier") \
    X(timer_late, "a timer stands later than what is due") \
    X(clock_ahead, "a batch is decided with a clock of the future") \
    X(forward_lost, "an answer on a wrong partition is dropped") \
    X(forward_omitted, "an answer on a wrong partition is applied there") \
    X(seq_gap, "a number in the journal is left out") \
    X(answer_omitted, "a command is done without an answer") \
    X(dead_letter_lost, "a dead letter is not kept") \
    X(identity_lost, "an answer's source and id are forgotten") \
    X(children_lost, "what a case asks of another is dropped") \
    X(numbers_forgotten, "an application without a number gets another one when it comes again") \
    X(calendar_unfinished, "a shard is done with a calendar when the first cases are") \
    X(calendar_unreckoned, "a published calendar is taken up, and open cases stay as they are") \
    X(shares_uneven, "shards go to whom their hash likes best, however many he has") \
    X(own_name_ignored, "what stands under our name from an earlier life is left") \
    X(inbox_again, "a command that the batch under way takes is taken again") \
    X(left_tasks_forgotten, "tasks that have left their topic are not published again") \
    X(blame_kept, "an input that was refused as deadly is refused whenever it comes again") \
    X(timer_incident_kept, "the incident of a timer that was refused is never closed") \
    X(goes_on_after_loss, "the batch decided upon one that was lost is written all the same")

enum mutation {
    MUTATION_none,
#define X(name, what) MUTATION_##name,
    MUTATIONS(X)
#undef X
    MUTATION_COUNT
};
extern enum mutation mutation_now;   /* tests/simulation/mutations.c */
#define mutation_is(name) (mutation_now == MUTATION_##name)
#else
#define mutation_is(name) false
#endif

#endif
