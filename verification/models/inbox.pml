/*
 * Consumers of one message, which is delivered again and again. A worker may die between any two
 * steps.
 *
 * Workers 1 and 2 belong to one consumer, as after a rebalance that one of them has not noticed;
 * worker 3 is another consumer. The claim of a message locks its row, there or not, until the
 * transaction ends, and what the transaction wrote appears at its commit: so all of it is written
 * in the step that commits. An operator may open a parked message again. README.md says what else
 * is left out, and why that is sound.
 *
 * Each property, and the planted bugs that have to break it:
 *
 * I6_one_effect: MUTANT_CHECK_THEN_ACT
 * I6_one_effect: MUTANT_ACT_ON_OLD_SIGHT
 * I7_duplicates_took_effect: MUTANT_FAILED_TAKEN_FOR_DUPLICATE
 * I7_duplicates_took_effect: MUTANT_CACHE_SURVIVES_ROLLBACK
 * completed_stays: MUTANT_LATE_FAILED
 * acks_follow_the_outcome: MUTANT_ACK_BEFORE_COMMIT
 * settles: MUTANT_CLAIM_COMMITTED_FIRST
 * settles: MUTANT_REOPENED_WITHOUT_COPY
 */

#ifndef FAULTS
#define FAULTS 3
#endif
#ifndef ACTS
#define ACTS 1
#endif
#define CONSUMERS 2
#define MAX_ATTEMPTS 2

/*
 * Of a message. In the product what is PARKED or REOPENED is FAILED too: given up, with the whole
 * message kept, and opened again by an operator, with the message still kept.
 */
mtype = { ABSENT, PROCESSING, FAILED, PARKED, REOPENED, COMPLETED }

/* The database, per consumer. */
mtype row[CONSUMERS] = ABSENT; /* as committed */
byte attempts[CONSUMERS];
byte locker[CONSUMERS]; /* the worker whose transaction has the row, or 0 */
byte effects[CONSUMERS];

/* The broker delivers until it is told to stop, and once more now and then. */
bool acknowledged[CONSUMERS];

/* How much is still to come, at most. */
byte faults = FAULTS;
byte acts = ACTS;

bool I6_one_effect = true;
bool I7_duplicates_took_effect = true;
bool completed_stays = true;
bool acks_follow_the_outcome = true;

#define TOOK_EFFECT(c) (row[c] == COMPLETED && effects[c] == 1)
#define GIVEN_UP(c) (row[c] == PARKED && effects[c] == 0)
#define KEPT(c) (GIVEN_UP(c) || row[c] == REOPENED)
#define SETTLED(c) (acknowledged[c] && (TOOK_EFFECT(c) || GIVEN_UP(c)))
ltl settles { <> [] (SETTLED(0) && SETTLED(1)) }

#ifdef MUTANT_CHECK_THEN_ACT
#define ROW_IS_FREE true
#else
#define ROW_IS_FREE (locker[c] == 0)
#endif

#ifdef MUTANT_FAILED_TAKEN_FOR_DUPLICATE
#define IS_DUPLICATE (row[c] == COMPLETED || row[c] == FAILED)
#else
#define IS_DUPLICATE (row[c] == COMPLETED)
#endif

#ifdef MUTANT_LATE_FAILED
#define LATE false
#else
#define LATE (row[c] == COMPLETED)
#endif

#define OR_DIES :: atomic { faults > 0 -> faults--; goto dies }

inline receive() {
  if
  :: !acknowledged[c] -> delivered = true
  :: acknowledged[c] && faults > 0 -> faults--; delivered = true
  :: row[c] == REOPENED -> delivered = false
  fi;
  if
  :: delivered -> printf("worker %d, consumer %d: gets the message\n", _pid, c)
  :: else -> printf("worker %d, consumer %d: takes the reopened message\n", _pid, c)
  fi
}

/* The broker hears of its own deliveries only. */
inline acknowledge() {
  if
  :: delivered ->
    printf("worker %d, consumer %d: acknowledges\n", _pid, c);
    acks_follow_the_outcome = (TOOK_EFFECT(c) || KEPT(c));
    assert(acks_follow_the_outcome);
    acknowledged[c] = true
  :: else
  fi
}

inline skipDuplicate() {
  printf("worker %d, consumer %d: finds a duplicate\n", _pid, c);
  I7_duplicates_took_effect = TOOK_EFFECT(c);
  assert(I7_duplicates_took_effect)
}

inline claim() {
  printf("worker %d, consumer %d: claims the message\n", _pid, c);
  locker[c] = _pid;
#ifdef MUTANT_CLAIM_COMMITTED_FIRST
  row[c] = PROCESSING;
#endif
#ifdef MUTANT_CACHE_SURVIVES_ROLLBACK
  cached = true
#endif
}

/* The handler's effect and the completed row. */
inline commit() {
  printf("worker %d, consumer %d: commits\n", _pid, c);
  effects[c]++;
  I6_one_effect = (effects[c] == 1);
  assert(I6_one_effect);
  row[c] = COMPLETED;
  locker[c] = 0
}

inline rollBack() {
  if
  :: locker[c] == _pid -> locker[c] = 0
  :: else
  fi
}

/* In a transaction of its own, after the rollback. */
inline recordFailure() {
  printf("worker %d, consumer %d: records the failure\n", _pid, c);
  completed_stays = (row[c] != COMPLETED);
  assert(completed_stays);
  attempts[c]++;
  if
  :: attempts[c] == MAX_ATTEMPTS -> row[c] = PARKED
  :: attempts[c] < MAX_ATTEMPTS && row[c] == REOPENED /* and stays so */
  :: else -> row[c] = FAILED
  fi
}

proctype Worker(byte c) {
  bool delivered; /* by the broker, and not taken from what was reopened */
  bool cached; /* only a planted bug remembers anything outside of the database */

end:
waits:
  atomic { receive() };
#ifdef MUTANT_ACK_BEFORE_COMMIT
  atomic { acknowledge() };
#endif
  if
  :: atomic { cached || (ROW_IS_FREE && IS_DUPLICATE) -> skipDuplicate(); goto answers }
  :: atomic { !cached && ROW_IS_FREE && !IS_DUPLICATE && row[c] == PARKED -> goto answers }
  :: atomic {
      !cached && ROW_IS_FREE && !IS_DUPLICATE && row[c] != PARKED && row[c] != PROCESSING ->
      claim()
    }
  OR_DIES
  fi;
  if
  :: skip /* the handler returns */
  :: atomic {
      faults > 0 ->
      printf("worker %d, consumer %d: the handler throws\n", _pid, c);
      faults--;
      rollBack();
      goto fails
    }
  OR_DIES
  fi;
  if
  :: atomic { commit() }
  OR_DIES
  fi;

answers:
  if
  :: atomic { acknowledge(); goto waits }
  OR_DIES
  fi;

fails:
  if
  :: atomic { ROW_IS_FREE && (LATE || row[c] == PARKED) -> goto answers }
  :: atomic {
      ROW_IS_FREE && !LATE && row[c] != PARKED ->
      recordFailure();
      if
      :: row[c] == PARKED -> goto answers
      :: else -> goto waits
      fi
    }
  OR_DIES
  fi;

dies:
  atomic {
    printf("worker %d, consumer %d: dies\n", _pid, c);
    rollBack();
    cached = false;
    goto waits
  }
}

#ifdef MUTANT_ACT_ON_OLD_SIGHT
#define MAY_RETRY(c) (row[c] != ABSENT)
#else
#define MAY_RETRY(c) (row[c] == PARKED)
#endif

/* The message stays kept: the broker, to which it was acknowledged, need not deliver it again. */
inline retry(c) {
  atomic {
    acts > 0 && locker[c] == 0 && MAY_RETRY(c) ->
    printf("an operator retries the message of consumer %d\n", c);
    acts--;
    attempts[c] = 0;
#ifdef MUTANT_REOPENED_WITHOUT_COPY
    row[c] = FAILED
#else
    row[c] = REOPENED
#endif
  }
}

init {
  atomic {
    run Worker(0);
    run Worker(0);
    run Worker(1)
  }
end:
  do
  :: retry(0)
  :: retry(1)
  :: atomic {
      faults > 0 || acts > 0 ->
      printf("nothing fails any more\n");
      faults = 0;
      acts = 0
    }
  od
}
