/* One shard's protocol on paper: epoch, batch, commit of unknown fate, publication, take-over. Two daemons, three messages
 * on a topic (one of them twice), one command, and as many faults as it is told (FAULTS), each at any moment. README.md: which line
 * stands for which line of the code.
 *
 * What is done again was paid for from `faults`, so no run goes in circles, and "all ends well" is a property of every run
 * without any assumption of fairness: `ltl all_ends`. What must hold at a moment is an assert. */

#define DAEMONS 2
#define CONNECTIONS 3          /* of the database; one more than daemons, for what a broken connection leaves behind */
#define MESSAGES 3
#define NOBODY DAEMONS

/* ---- faults on purpose: one at a time, switched at run time; run.sh has their list ---- */
#define MUTATION_fence_off 1
#define MUTATION_epoch_kept 2
#define MUTATION_publish_before_commit 3
#define MUTATION_offset_forgotten 4
#define MUTATION_offset_before 5
#define MUTATION_unknown_is_done 6
#define MUTATION_unknown_is_undone 7
#define MUTATION_published_early 8
#define MUTATION_dedupe_forgotten 9
#define MUTATION_inbox_kept 10
#define MUTATION_catch_up_skipped 11
#define MUTATION_failure_is_delivered 12
#define MUTATION_order_lost 13
#define MUTATION_owner_not_ended 14
#define MUTATION_answered_before_written 15
#define MUTATION_waits_for_ever 16
#define MUTATION_loss_not_noticed 17
#define MUTATION_next_not_dropped 18
#define MUTATION_command_read_again 19
byte mutation;
#define is(name) (mutation == MUTATION_##name)
/* A pipelined conductor decides batch n + 1 on what batch n made of memory while n commits, and drops both when n fails. */
bool pipelined;
c_decl {
\#include <stdlib.h>
}

/* ---- what is true: the database, the brokers ---- */

#define ANSWER 1               /* a department's: known again by its mark */
#define BAD 2                  /* nobody can read it: goes to the dead letters and leaves no mark */
#define COMMAND 3              /* from the inbox */
#define bit_of(x) (1 << (x))
#define content(offset) (offset == 1 -> BAD : ANSWER)   /* the topic: ANSWER, BAD, and ANSWER once more */

byte epoch, owner = NOBODY, published, offset;   /* rows of shard and shard_offset */
byte lock_holder = CONNECTIONS;                  /* the connection that holds the shard's row */
byte journal_length, journalled;                 /* events; the inputs they came from (bits) */
bool inbox, answered;                            /* the command waits; its client was told 202 */
byte landed;                                     /* events whose task a broker has (bits, by seq) */
byte handed;                                     /* events up to it were given to a broker's client at least once */
byte takes;                                      /* how often the shard was taken, whatever `epoch` says */
byte faults;

typedef Batch { byte epoch, take, base, length, inputs, offset, published; bool command };

#define FREE 0
#define PART 1                 /* its statements are coming */
#define WHOLE 2                /* COMMIT has come too */
typedef Connection { byte state; byte client; Batch batch };
Connection connection[CONNECTIONS];

/* ---- what a daemon has in memory ---- */

typedef Daemon {
    bool alive, stopped;       /* stopped: for ever. One that wakes is slow, no more; others may take it for dead */
    byte epoch, take;          /* epoch 0: the shard is not ours */
    byte next, offset;         /* as decided */
    bool marked, command;      /* the answer's mark; the command was taken up */
    byte written;              /* events up to it are committed, as far as it knows */
    byte written_offset; bool written_marked;   /* before the batch under way: for unknown_is_undone */
    byte told;                 /* published_seq as it stands in the database */
    byte sent, acknowledged;
    bool waiting; byte line;   /* a batch is under way, on this connection; */
    byte line_next, line_told; /* what next and told are once it is committed */
    bool prepared;             /* the next batch is decided */
    Batch batch                /* that one, or the one being filled */
};
Daemon daemon[DAEMONS];
/* The broker's client: what was handed over and has not landed, and whether its acknowledgement still counts. */
chan queue[DAEMONS] = [5] of { byte, bool };

#define other(d) (1 - d)
#define runs(d) (daemon[d].alive && !daemon[d].stopped)
#define owns(d) (runs(d) && daemon[d].epoch > 0)

#define clear(b) b.epoch = 0; b.take = 0; b.base = 0; b.length = 0; b.inputs = 0; b.offset = 0; b.published = 0; b.command = false
#define copy(from, to) \
    to.epoch = from.epoch; to.take = from.take; to.base = from.base; to.length = from.length; to.inputs = from.inputs; \
    to.offset = from.offset; to.published = from.published; to.command = from.command

/* A new generation: what is under way counts no more, and may still land. */
inline disregard(d) {
    byte rest, left;
    left = len(queue[d]);
    do
    :: left > 0 -> queue[d]?rest, _; queue[d]!rest, false; left--
    :: left == 0 -> break
    od;
    rest = 0
}
inline no_line(d) {
    daemon[d].waiting = false; daemon[d].line = 0; daemon[d].line_next = 0; daemon[d].line_told = 0
}
/* Nothing in memory is used again: one way out of every doubt. */
inline forget(d) {
    daemon[d].epoch = 0; daemon[d].take = 0; daemon[d].next = 0; daemon[d].offset = 0; daemon[d].marked = false;
    daemon[d].command = false; daemon[d].written = 0; daemon[d].told = 0; daemon[d].sent = 0; daemon[d].acknowledged = 0;
    daemon[d].written_offset = 0; daemon[d].written_marked = false;
    daemon[d].prepared = false; clear(daemon[d].batch);
    no_line(d);
    disregard(d)
}

/* ---- a batch's fate, as its daemon hears it ---- */

byte who;                      /* the client of the connection that is spoken of */
#define heard(c) (daemon[connection[c].client].waiting && daemon[connection[c].client].line == c)

inline commit_is_known(d) {
    daemon[d].written = daemon[d].line_next; daemon[d].told = daemon[d].line_told;
    daemon[d].written_offset = daemon[d].offset; daemon[d].written_marked = daemon[d].marked;
    daemon[d].command = daemon[d].prepared && daemon[d].batch.command;
    no_line(d)
}
inline tell_committed(c) {
    who = connection[c].client;
    if :: heard(c) -> commit_is_known(who) :: else fi;
    who = 0
}
inline tell_fenced(c) {
    who = connection[c].client;
    if :: heard(c) -> forget(who) :: else fi;
    who = 0
}
inline commit_is_unknown(d) {
    if
    :: is(unknown_is_done) -> commit_is_known(d)
    :: is(unknown_is_undone) ->
        daemon[d].next = daemon[d].written; daemon[d].offset = daemon[d].written_offset;
        daemon[d].marked = daemon[d].written_marked; daemon[d].command = false;
        no_line(d)
    :: is(next_not_dropped) && daemon[d].prepared -> no_line(d)
    :: else -> forget(d)
    fi
}
inline tell_unknown(c) {
    who = connection[c].client;
    if :: heard(c) -> commit_is_unknown(who) :: else fi;
    who = 0
}

/* ---- the database's sessions ---- */

#define is_free(c) (lock_holder == CONNECTIONS || lock_holder == c)
#define is_ours(c) (connection[c].batch.epoch == epoch || is(fence_off))

inline hang_up(c) {
    if :: lock_holder == c -> lock_holder = CONNECTIONS :: else fi;
    connection[c].state = FREE; connection[c].client = 0; clear(connection[c].batch)
}
/* With what must hold of every batch that is written. */
inline write_batch(c) {
    assert(connection[c].batch.take == takes);                    /* no write under an old epoch */
    assert(connection[c].batch.base == journal_length);           /* dense: no gap, nothing written over */
    assert((journalled & connection[c].batch.inputs) == 0);       /* no input has two effects */
    assert(connection[c].batch.published >= published && connection[c].batch.offset >= offset);
    journal_length = journal_length + connection[c].batch.length;
    journalled = journalled | connection[c].batch.inputs;
    if :: !is(offset_forgotten) && !is(offset_before) -> offset = connection[c].batch.offset :: else fi;
    if :: connection[c].batch.command && !is(inbox_kept) -> assert(inbox); inbox = false :: else fi;
    published = connection[c].batch.published;
    assert(offset < 1 || (journalled & bit_of(ANSWER)));          /* nothing is passed over without a trace */
    assert(offset < 2 || (journalled & bit_of(BAD)));
    assert((landed >> 1 & (1 << published) - 1) == (1 << published) - 1)   /* what is said to be published has arrived */
}

proctype Session(byte c) {
    do
    /* BEGIN and the fence: the shard's row is held from here on, also for a client that stops now */
    :: d_step { connection[c].state == PART && lock_holder == CONNECTIONS && is_ours(c) -> lock_holder = c }
    :: d_step { connection[c].state == WHOLE && is_free(c) && !is_ours(c) -> tell_fenced(c); hang_up(c) }
    /* the row is held by a client that sends no more: statement_timeout */
    :: d_step { connection[c].state == WHOLE && !is_free(c) && !is(waits_for_ever) -> tell_unknown(c); hang_up(c) }
    :: d_step { connection[c].state == WHOLE && is_free(c) && is_ours(c) -> write_batch(c); tell_committed(c); hang_up(c) }
    /* the connection breaks: the daemon's end of it, so that the rest is still done some time, or both */
    :: d_step { connection[c].state == WHOLE && heard(c) && faults > 0 -> faults--; tell_unknown(c) }
    :: d_step { connection[c].state == WHOLE && heard(c) && faults > 0 -> faults--; tell_unknown(c); hang_up(c) }
    od
}

/* ---- the conductor ---- */

/* Nobody's, ours from an earlier life, or a dead member's. */
#define may_take(d) (runs(d) && daemon[d].epoch == 0 && can_take && \
                     (owner == NOBODY && (takes > 0 || d == 0 || daemon[0].stopped) || owner == d || owner == other(d) && !runs(other(d))))
/* SKIP LOCKED: a row that is held is not taken; the former owner's own hold ends with its connection. */
#define can_take (lock_holder == CONNECTIONS || connection[lock_holder].batch.take == takes && !is(owner_not_ended))

inline end_owner() {
    byte c;
    do
    :: c < CONNECTIONS ->
        if
        :: connection[c].state != FREE && connection[c].batch.take == takes && !is(owner_not_ended) -> tell_unknown(c); hang_up(c)
        :: else
        fi;
        c++
    :: else -> break
    od;
    c = 0
}
inline take_shard(d) {
    end_owner();
    if :: is(epoch_kept) && epoch > 0 -> skip :: else -> epoch++ fi;
    takes++;
    owner = d;
    daemon[d].epoch = epoch; daemon[d].take = takes;
    daemon[d].next = journal_length; daemon[d].written = journal_length;
    daemon[d].offset = offset; daemon[d].written_offset = offset;
    daemon[d].marked = (journalled & bit_of(ANSWER)) != 0; daemon[d].written_marked = daemon[d].marked;
    daemon[d].told = published;
    daemon[d].sent = (is(catch_up_skipped) -> journal_length : published);
    daemon[d].acknowledged = daemon[d].sent
}

#define has_line (connection[0].state == FREE || connection[1].state == FREE || connection[2].state == FREE)
#define may_decide(d) (owns(d) && !daemon[d].prepared && (!daemon[d].waiting && has_line || pipelined && daemon[d].waiting))
#define sees_command(d) (inbox && (!daemon[d].command || is(command_read_again)))

/* The next message of the topic: an event, or nothing when its mark is there. */
inline read_message(d) {
    if
    :: content(daemon[d].offset) == ANSWER && daemon[d].marked && !is(dedupe_forgotten) -> skip
    :: else ->
        daemon[d].batch.inputs = daemon[d].batch.inputs | bit_of(content(daemon[d].offset));
        daemon[d].batch.length++;
        if :: content(daemon[d].offset) == ANSWER -> daemon[d].marked = true :: else fi
    fi;
    daemon[d].offset++
}
inline read_command(d) {
    daemon[d].batch.inputs = daemon[d].batch.inputs | bit_of(COMMAND);
    daemon[d].batch.length++;
    daemon[d].batch.command = true;
    daemon[d].command = true
}
inline begin_batch(d) {
    clear(daemon[d].batch);
    daemon[d].batch.epoch = daemon[d].epoch; daemon[d].batch.take = daemon[d].take; daemon[d].batch.base = daemon[d].next
}
/* On the first connection that is free. */
inline send_batch(d) {
    if
    :: connection[0].state == FREE -> daemon[d].line = 0
    :: connection[0].state != FREE && connection[1].state == FREE -> daemon[d].line = 1
    :: connection[0].state != FREE && connection[1].state != FREE -> daemon[d].line = 2
    fi;
    connection[daemon[d].line].state = WHOLE; connection[daemon[d].line].client = d;
    copy(daemon[d].batch, connection[daemon[d].line].batch);
    daemon[d].waiting = true; daemon[d].line_next = daemon[d].batch.base + daemon[d].batch.length;
    daemon[d].line_told = daemon[d].batch.published;
    daemon[d].prepared = false; clear(daemon[d].batch)
}
inline end_batch(d) {
    daemon[d].batch.offset = daemon[d].offset;
    daemon[d].batch.published = (is(published_early) -> daemon[d].sent : daemon[d].acknowledged);
    daemon[d].next = daemon[d].next + daemon[d].batch.length;
    if :: is(offset_before) -> offset = daemon[d].offset :: else fi;
    if :: daemon[d].waiting -> daemon[d].prepared = true :: else -> send_batch(d) fi
}

#define to_send(d) (is(publish_before_commit) -> daemon[d].next : daemon[d].written)
inline hand_over(d) {
    byte seq;
    seq = (is(order_lost) -> daemon[d].written : daemon[d].sent + 1);
    assert(seq <= journal_length);            /* nothing leaves that is not committed */
    assert(seq <= handed + 1);                /* nothing leaves for the first time before all that stands above it */
    if :: seq > handed -> handed = seq :: else fi;
    queue[d]!seq, true;
    daemon[d].sent = seq;
    seq = 0
}

proctype Conductor(byte d) {
    do
    :: d_step { may_take(d) -> take_shard(d) }
    /* the heartbeat finds the shard under another epoch */
    :: d_step { owns(d) && !daemon[d].waiting && daemon[d].epoch != epoch && !is(loss_not_noticed) -> forget(d) }
    /* what has come, and no more than two inputs a batch */
    :: d_step { may_decide(d) && sees_command(d) -> begin_batch(d); read_command(d); end_batch(d) }
    :: d_step { may_decide(d) && sees_command(d) && daemon[d].offset < MESSAGES ->
                begin_batch(d); read_command(d); read_message(d); end_batch(d) }
    :: d_step { may_decide(d) && daemon[d].offset < MESSAGES -> begin_batch(d); read_message(d); end_batch(d) }
    :: d_step { may_decide(d) && daemon[d].offset + 1 < MESSAGES ->
                begin_batch(d); read_message(d); read_message(d); end_batch(d) }
    /* how far publication has come, with nothing else */
    :: d_step { may_decide(d) && !daemon[d].waiting && daemon[d].acknowledged > daemon[d].told -> begin_batch(d); end_batch(d) }
    :: d_step { owns(d) && !daemon[d].waiting && daemon[d].prepared && has_line -> send_batch(d) }
    :: d_step { owns(d) && (!daemon[d].waiting || pipelined || is(publish_before_commit)) && daemon[d].sent < to_send(d) && nfull(queue[d]) -> hand_over(d) }
    od
}

/* ---- the broker and its client ---- */

inline fail(d) {
    if
    :: counts && is(failure_is_delivered) -> daemon[d].acknowledged = seq
    :: counts && !is(failure_is_delivered) -> daemon[d].sent = daemon[d].acknowledged; disregard(d)
    :: else
    fi
}
/* What was handed over lands in order, or fails, or lands and is reported as failed. */
proctype Delivery(byte d) {
    byte seq;
    bool counts;
    do
    :: d_step { nempty(queue[d]) -> queue[d]?seq, counts; landed = landed | bit_of(seq);
                if :: counts -> daemon[d].acknowledged = seq :: else fi; seq = 0; counts = false }
    :: d_step { nempty(queue[d]) && faults > 0 ->
                faults--; queue[d]?seq, counts; landed = landed | bit_of(seq); fail(d); seq = 0; counts = false }
    :: d_step { nempty(queue[d]) && faults > 0 -> faults--; queue[d]?seq, counts; fail(d); seq = 0; counts = false }
    od
}

/* ---- what happens to a daemon as a whole ---- */

proctype Fate(byte d) {
    do
    :: d_step { runs(d) && faults > 0 ->                           /* kill -9 */
                faults--; forget(d); daemon[d].alive = false;
                do :: nempty(queue[d]) -> queue[d]?_, _ :: empty(queue[d]) -> break od }
    :: d_step { !daemon[d].alive -> daemon[d].alive = true }
    :: d_step { runs(d) && faults > 0 && !daemon[other(d)].stopped -> faults--; daemon[d].stopped = true }
    /* stopped in the middle of a pipeline that is being sent */
    :: d_step { runs(d) && faults > 0 && !daemon[other(d)].stopped && daemon[d].waiting ->
                faults--; daemon[d].stopped = true; connection[daemon[d].line].state = PART }
    /* takes the other for dead, and it is not: two daemons that both think they own the shard */
    :: d_step { runs(d) && faults > 0 && daemon[d].epoch == 0 && owner == other(d) && can_take -> faults--; take_shard(d) }
    /* gives the shard away in order */
    :: d_step { owns(d) && faults > 0 && !daemon[d].waiting && lock_holder == CONNECTIONS ->
                faults--;
                if
                :: daemon[d].epoch == epoch ->
                    owner = NOBODY;
                    if :: daemon[d].acknowledged > published -> published = daemon[d].acknowledged :: else fi
                :: else
                fi;
                forget(d) }
    od
}

/* A client's command: 202 when it stands in the inbox. */
proctype Web() {
    if
    :: d_step { !is(answered_before_written) -> inbox = true; answered = true }
    :: d_step { is(answered_before_written) -> answered = true };
       if :: inbox = true :: d_step { faults > 0 -> faults-- } fi
    fi
}

#define has(input) ((journalled & bit_of(input)) != 0)
#define all_landed (landed >> 1 == (1 << journal_length) - 1)
#define done (has(ANSWER) && has(BAD) && answered && has(COMMAND) && !inbox && offset == MESSAGES && \
              published == journal_length && all_landed)
/* Every input has its effect, every task was published, and the database knows it. */
ltl all_ends { <> done }

init {
    d_step {
        c_code {
            now.mutation = getenv("MUTATION") ? (unsigned char)atoi(getenv("MUTATION")) : 0;
            now.faults = getenv("FAULTS") ? (unsigned char)atoi(getenv("FAULTS")) : 2;
            now.pipelined = getenv("PIPELINED") != NULL;
        };
        daemon[0].alive = true; daemon[1].alive = true
    };
    atomic {
        run Conductor(0); run Conductor(1);
        run Session(0); run Session(1); run Session(2);
        run Delivery(0); run Delivery(1);
        run Fate(0); run Fate(1);
        run Web()
    }
}
