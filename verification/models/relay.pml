/*
 * Relays with a lease. Whoever owns it may be paused, killed or replaced between any two steps.
 *
 * Message m has key m % KEYS and follows message m - KEYS. All are committed when the model begins:
 * an owner reads one at a time, whenever it likes, so a late append looks the same as a late read.
 *
 * Turns of the store are single steps, since each transaction begins with a lock on the relay's
 * row. A hand-over and the broker's answer are one step too: between them only the memory of the
 * owner could change. README.md says what else is left out, and why that is sound.
 *
 * Each property, and the planted bugs that have to break it:
 *
 * I2_sent_is_confirmed: MUTANT_SETTLE_BEFORE_PUBLISH
 * I5_first_publishes_in_order: MUTANT_UNFENCED_FETCH
 * I5_first_publishes_in_order: MUTANT_NO_DEADLINE
 * I5_first_publishes_in_order: MUTANT_SUCCESSOR_PAST_PARKED_HEAD
 * I5_first_publishes_in_order: MUTANT_SKIPPED_FAILED_HEAD
 * I5_first_publishes_in_order: MUTANT_CONTINUED_BEFORE_COMMIT
 * I9_only_the_owner_settles: MUTANT_NO_TOKEN
 * terminal_states_stay: MUTANT_OUTCOME_OVER_DISCARD
 * terminal_states_stay: MUTANT_ACT_ON_OLD_SIGHT
 * drains: MUTANT_STRANDED_IN_FLIGHT
 */

#ifndef OWNERS
#define OWNERS 3
#endif
#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef ACTS
#define ACTS 1
#endif
#define KEYS 2
#define MESSAGES 4

/*
 * Of a message in the database. In a pipeline these are outcomes, before it is QUEUED, or 0.
 * FAILED blocks its key; what is PASSED_OVER failed as well, and lets its key go on without it.
 */
mtype = { STREAM, PARKED, FAILED, PASSED_OVER, DISCARDED, SENT, QUEUED }

/* The database. */
mtype status[MESSAGES] = STREAM;
bool inFlight[MESSAGES]; /* parked, and with an owner */
byte holder;             /* who acquired the lease last */
bool leaseEnded = true;  /* others may acquire it */

/* The broker: what it has, and what of that its answer told somebody. */
bool published[MESSAGES];
bool confirmed[MESSAGES];

/* How much is still to come, at most. */
byte faults = FAULTS;
byte acts = ACTS;

/* Who believes to have the lease; process 0 is the world around the owners. */
bool owns[OWNERS + 1];

bool I2_sent_is_confirmed = true;
bool I5_first_publishes_in_order = true;
bool I9_only_the_owner_settles = true;
bool terminal_states_stay = true;

#define FIRST(m) (m < KEYS)
#define BLOCKS(m) (status[m] == PARKED || status[m] == FAILED)
#define GIVEN_UP(m) (status[m] == PASSED_OVER || status[m] == DISCARDED)

/* Everything is sent or given up, or stands behind what is given up. */
#define DONE(m) (status[m] == SENT || status[m] == FAILED || GIVEN_UP(m))
#define DONE_BEHIND(head, m) (DONE(m) || (status[m] == PARKED && status[head] == FAILED))
ltl drains { <> [] (DONE(0) && DONE(1) && DONE_BEHIND(0, 2) && DONE_BEHIND(1, 3)) }

/*
 * In the product each acquisition draws a new owner and token. Here a process forgets everything
 * before it acquires again, so that its number tells the same.
 */
#define HAS_LEASE (owns[_pid] && holder == _pid)

#ifdef MUTANT_NO_TOKEN
#define MAY_SETTLE owns[_pid]
#else
#define MAY_SETTLE HAS_LEASE
#endif

/* What was discarded on its way to the broker stays so, whatever became of it. */
#ifdef MUTANT_OUTCOME_OVER_DISCARD
#define MAY_CHANGE(m) true
#else
#define MAY_CHANGE(m) (status[m] != DISCARDED)
#endif

#ifdef MUTANT_UNFENCED_FETCH
#define MAY_FETCH owns[_pid]
#else
#define MAY_FETCH HAS_LEASE
#endif

/*
 * By the owner's clock, whose deadline comes before the database lets others in. But the clock may
 * stand still, as on a suspended machine, and its owner never sees the lease end. Only once a key
 * went on without a message has the order to rest on clocks.
 */
#define RESTS_ON_CLOCKS (GIVEN_UP(0) || GIVEN_UP(1) || GIVEN_UP(2) || GIVEN_UP(3))
#ifdef MUTANT_NO_DEADLINE
#define MAY_HAND_OVER owns[_pid]
#else
#define MAY_HAND_OVER (owns[_pid] && (!RESTS_ON_CLOCKS || (HAS_LEASE && !leaseEnded)))
#endif

/* Those who stand by are alike, so the first of them stands for all. */
#define STANDS_BY_FIRST (!owns[_pid] && (_pid == 1 || owns[_pid - 1]))

#define DECIDED(m) (slot[m] != 0 && slot[m] != QUEUED)
#define ANY_DECIDED (DECIDED(0) || DECIDED(1) || DECIDED(2) || DECIDED(3))
#define UNREAD(m) (status[m] == STREAM && slot[m] == 0)
#define DUE(m) (status[m] == PARKED && !inFlight[m])

#ifdef MUTANT_SKIPPED_FAILED_HEAD
#define LEADS(m) (FIRST(m) || status[m - KEYS] != PARKED)
#else
#define LEADS(m) (FIRST(m) || !BLOCKS(m - KEYS))
#endif

/* Whoever owns the lease next begins with a head whose failure was not committed. */
#ifdef MUTANT_CONTINUED_BEFORE_COMMIT
#define HELD_BY(head) (slot[head] == QUEUED)
#else
#define HELD_BY(head) (slot[head] == QUEUED || slot[head] == PASSED_OVER)
#endif

inline acquire() {
  d_step {
    STANDS_BY_FIRST && leaseEnded ->
    printf("owner %d acquires the lease\n", _pid);
    owns[_pid] = true;
    holder = _pid;
    leaseEnded = false;
#ifndef MUTANT_STRANDED_IN_FLIGHT
    for (i : 0 .. MESSAGES - 1) {
      inFlight[i] = false
    }
    i = 0;
#endif
    blocked[0] = BLOCKS(0) || BLOCKS(2);
    blocked[1] = BLOCKS(1) || BLOCKS(3)
  }
}

inline renew() {
  d_step {
    HAS_LEASE && leaseEnded ->
    printf("owner %d renews the lease before anyone acquires it\n", _pid);
    leaseEnded = false
  }
}

inline forget() {
  owns[_pid] = false;
  for (i : 0 .. MESSAGES - 1) {
    slot[i] = 0
  }
  i = 0;
  blocked[0] = false;
  blocked[1] = false
}

inline isRefused() {
  d_step {
    owns[_pid] && !HAS_LEASE ->
    printf("owner %d is refused by the fence\n", _pid);
    forget()
  }
}

/* By a crash or a broken connection. When its lease ends is a matter of time only. */
inline dies() {
  d_step {
    HAS_LEASE && faults > 0 ->
    printf("owner %d dies\n", _pid);
    faults--;
    leaseEnded = true;
    forget()
  }
}

inline mark(m, outcome) {
  I9_only_the_owner_settles = HAS_LEASE;
  assert(I9_only_the_owner_settles);
  I2_sent_is_confirmed = (outcome != SENT || confirmed[m]);
  assert(I2_sent_is_confirmed);
  printf("owner %d settles %d as %e\n", _pid, m, outcome);
  if
  :: MAY_CHANGE(m) ->
    terminal_states_stay = (status[m] == STREAM || status[m] == PARKED);
    assert(terminal_states_stay);
    status[m] = outcome
  :: else
  fi;
  inFlight[m] = false
}

inline settle() {
  d_step {
    MAY_SETTLE && ANY_DECIDED ->
    for (i : 0 .. MESSAGES - 1) {
      if
      :: DECIDED(i) ->
        mark(i, slot[i]);
        slot[i] = 0
      :: else
      fi
    }
    for (i : 0 .. KEYS - 1) {
      if
      :: !BLOCKS(i) && !BLOCKS(i + KEYS) -> blocked[i] = false
      :: else
      fi
    }
    i = 0
  }
}

inline takeIn(m) {
#ifdef MUTANT_SETTLE_BEFORE_PUBLISH
  mark(m, SENT);
#endif
  slot[m] = QUEUED
}

/* A key whose parked message an operator discarded may stay blocked here: that only parks more. */
inline fetchNew() {
  d_step {
    MAY_FETCH && !ANY_DECIDED && (UNREAD(0) || UNREAD(1) || UNREAD(2) || UNREAD(3)) ->
    do
    :: UNREAD(i) -> break
    :: else -> i++
    od;
    printf("owner %d fetches %d\n", _pid, i);
    if
    :: blocked[i % KEYS] -> slot[i] = PARKED
    :: else -> takeIn(i)
    fi;
    i = 0
  }
}

/* The head of a key's queue, and what may follow it at once. */
inline fetchDue(m) {
  d_step {
    MAY_FETCH && !ANY_DECIDED && DUE(m) && LEADS(m) ->
    printf("owner %d fetches %d, which was parked\n", _pid, m);
    inFlight[m] = true;
    takeIn(m);
    if
    :: FIRST(m) && DUE(m + KEYS) ->
      printf("owner %d fetches %d, which was parked behind it\n", _pid, m + KEYS);
      inFlight[m + KEYS] = true;
      takeIn(m + KEYS)
    :: else
    fi
  }
}

inline refuse(m, outcome) {
  printf("owner %d hands over %d and is refused: %e\n", _pid, m, outcome);
  faults--;
  slot[m] = outcome
}

/* Parks the head of a chain, and the chain behind it. */
inline park(m, outcome) {
  refuse(m, outcome);
#ifndef MUTANT_SUCCESSOR_PAST_PARKED_HEAD
  blocked[m % KEYS] = true;
  if
  :: FIRST(m) && slot[m + KEYS] == QUEUED -> slot[m + KEYS] = PARKED
  :: else
  fi
#endif
}

/*
 * A successor may come first if its head was given up, if only in the memory of this owner; but
 * then its head may not come at all.
 */
inline publish(m) {
  printf("owner %d hands over %d\n", _pid, m);
  I5_first_publishes_in_order = (published[m]
    || (FIRST(m)
      -> !published[m + KEYS]
      : (published[m - KEYS] || GIVEN_UP(m - KEYS) || slot[m - KEYS] == PASSED_OVER)));
  assert(I5_first_publishes_in_order);
  published[m] = true
}

inline handOver(m) {
  atomic {
    MAY_HAND_OVER && slot[m] == QUEUED && (FIRST(m) || !HELD_BY(m - KEYS)) ->
    if
    :: publish(m); confirmed[m] = true; slot[m] = SENT
    :: faults > 0 -> faults--; publish(m) /* its answer is lost: it will be handed over again */
    :: faults > 0 -> park(m, PARKED) /* to be tried again */
    :: faults > 0 -> park(m, FAILED) /* after the last attempt */
    :: faults > 0 -> refuse(m, PASSED_OVER) /* after it, with OnFailed.CONTINUE */
    fi
  }
}

proctype Owner() {
  mtype slot[MESSAGES]; /* the pipeline */
  bool blocked[KEYS];
  byte i;

end:
  do
  :: acquire()
  :: renew()
  :: isRefused()
  :: dies()
  :: settle()
  :: fetchNew()
  :: fetchDue(0)
  :: fetchDue(1)
  :: fetchDue(2)
  :: fetchDue(3)
  :: handOver(0)
  :: handOver(1)
  :: handOver(2)
  :: handOver(3)
  od
}

#ifdef MUTANT_ACT_ON_OLD_SIGHT
#define MAY_RETRY(m) (status[m] != STREAM)
#else
#define MAY_RETRY(m) (status[m] == FAILED)
#endif

inline retry(m) {
  d_step {
    acts > 0 && MAY_RETRY(m) ->
    printf("an operator retries %d\n", m);
    terminal_states_stay = (status[m] != SENT && status[m] != DISCARDED);
    assert(terminal_states_stay);
    acts--;
    status[m] = PARKED
  }
}

inline discard(m) {
  d_step {
    acts > 0 && BLOCKS(m) ->
    printf("an operator discards %d\n", m);
    acts--;
    status[m] = DISCARDED
  }
}

inline letContinue(m) {
  d_step {
    acts > 0 && status[m] == FAILED ->
    printf("an operator lets the key go on without %d\n", m);
    acts--;
    status[m] = PASSED_OVER
  }
}

init {
  byte i;

  atomic {
    for (i : 1 .. OWNERS) {
      run Owner()
    }
    i = 0
  }
end:
  do
  :: d_step {
      !leaseEnded && faults > 0 ->
      printf("owner %d is paused for longer than its lease\n", holder);
      faults--;
      leaseEnded = true
    }
  :: retry(0)
  :: retry(1)
  :: retry(2)
  :: retry(3)
  :: discard(0)
  :: discard(1)
  :: discard(2)
  :: discard(3)
  :: letContinue(0)
  :: letContinue(1)
  :: letContinue(2)
  :: letContinue(3)
  :: d_step {
      faults > 0 || acts > 0 ->
      printf("nothing fails any more\n");
      faults = 0;
      acts = 0
    }
  od
}
