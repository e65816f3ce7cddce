/* A conductor on the fakes, without troubles but those that a test asks for: one daemon, one shard or two, a clock that
 * moves by turns. Commands are of case n1 where nothing else is said. */
#ifndef YJS_TESTS_SIMULATION_CONDUCTOR_SCENE_H
#define YJS_TESTS_SIMULATION_CONDUCTOR_SCENE_H

#include "conductor/conductor.h"
#include "simulation/bus_fake.h"
#include "simulation/store_fake.h"

#define SCENE_LEADERLESS_US (5 * TIME_SECOND_US)
#define INTAKE TEXT("441300.intake.v1")

struct scene {
    struct store_truth store;
    struct bus_truth bus;
    struct conductor *conductor;
    int64_t now_us;
    const struct definition *published;   /* the last one */
    bool is_damaged;              /* the journal of case n1 */
    bool is_huge;                 /* likewise, and a hundred events of a shard: larger than what may be read at once */
    int64_t damaged_seq;          /* the event of a shard that can't be read; 0: none */
    bool is_short;                /* of memory, whenever case n1 is read */
    bool is_slow;                 /* the store */
    bool loses_reading, is_reading_lost;   /* the store's second connection */
    int calendars_asked;
    bool is_strange;              /* the bus */
    bool is_leaderless;           /* partition 0 of every topic: what is handed over lands so much later */
    uint32_t publications_most;   /* conductor_settings */
    int64_t tasks_check_us;
    uint32_t times_read;          /* the journal, for what is to be published */
    uint32_t read_unnamed;        /* messages that were read before their name stood in the store */
};
extern struct scene scene;

/* cmocka's set up and tear down: the parts, with one shard or two, and no daemon yet. */
int scene_set_up(void **state);
int scene_set_up_two_shards(void **state);
int scene_tear_down(void **state);
/* The daemon, afresh. `crashed`: its last run ended by a signal. */
void scene_start(bool crashed);
/* So many turns, five milliseconds each. */
void scene_turns(int count);

void scene_publish_calendar(void);
void scene_publish(struct text source);
/* A thing whose first step ends by itself after a minute; `steps` are the others. */
void scene_publish_pause(const char *steps);
/* Case `number` of that thing begins. */
void scene_submit(struct text number, const char *thing);
/* Case n1 of the thing of scene_publish_pause. */
void scene_begin_case(const char *steps);
/* A command of case n1, awaited. False: it was refused. */
bool scene_command(const char *rest);
/* So many messages, or commands, that are none. */
void scene_send_rubbish(int count);
void scene_command_rubbish(int count);
bool scene_waits(int64_t command);
/* Of a case that nobody has: the timer goes when it is looked at. */
const struct fake_case *scene_timer(void);
/* The incident that case n1's timer was refused; NULL: there was none. */
const struct store_incident *scene_incident(void);

/* Case n1 comes to its end when so much time has passed, within so many turns. */
void scene_expect_closed_after(int64_t us, int count);
/* Nothing was so wrong that all shards were dropped and taken afresh. */
void scene_expect_no_drop(void);

#endif
