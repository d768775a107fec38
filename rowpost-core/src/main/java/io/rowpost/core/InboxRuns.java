package io.rowpost.core;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs of a consumer's handler, one message at a time: claimed, completed, failed, counted.
 *
 * <p>A run that ends leaves its own record. One that ends the process leaves none, so where that
 * may have happened before, the next run is counted ahead, and its end takes the count back.
 */
final class InboxRuns<T> {
  private static final Logger log = LoggerFactory.getLogger(InboxProcessor.class);

  /** As a database rolls back one of several copies that fail together, again and again. */
  private static final int RECORD_TRIES = 10;

  /** Where it stays it is true: a run that ends takes it back. */
  private static final String PROCESS_ENDED =
      "ROWPOST-408 The process ended while it handled this message.\n"
          + "  Fix: find out from its log or its exit code why it ended, mend the handler, and retry"
          + " the message.";

  private final InboxStore<T> store;
  private final Transactor<T> transactor;
  private final String consumer;
  private final int maxAttempts;
  private final Duration window;

  InboxRuns(
      InboxStore<T> store,
      Transactor<T> transactor,
      String consumer,
      int maxAttempts,
      Duration window) {
    this.store = store;
    this.transactor = transactor;
    this.consumer = consumer;
    this.maxAttempts = maxAttempts;
    this.window = window;
  }

  /** Runs a message that nobody suspects. */
  <X extends Exception> InboxResult run(InboxStore.Entry entry, MessageHandler<T, X> handler)
      throws X {
    return run(entry, handler, Counting.NEVER);
  }

  /** Runs a message that may end the process: if it does, the run is counted. */
  <X extends Exception> InboxResult runCounted(InboxStore.Entry entry, MessageHandler<T, X> handler)
      throws X {
    while (true) {
      try {
        return countAndRun(entry, handler);
      } catch (Reopened e) {
        log.debug("Inbox {}: message {} is counted anew", consumer, ErrorText.inLine(entry.id()));
      }
    }
  }

  private <X extends Exception> InboxResult countAndRun(
      InboxStore.Entry entry, MessageHandler<T, X> handler) throws X {
    FaultPoint.INBOX_COUNT_BEGINS.pass();
    Optional<InboxStore.Failure> counted =
        transactor.<Optional<InboxStore.Failure>, RuntimeException>inTransaction(
            tx -> store.begin(tx, consumer, entry, window, PROCESS_ENDED, maxAttempts));
    FaultPoint.INBOX_COUNT_DONE.pass();
    if (counted.isPresent() && counted.get().parked()) {
      logGivenUp(entry, counted.get(), null);
      return InboxResult.FAILED;
    }
    return run(entry, handler, counted.isPresent() ? Counting.DONE : Counting.NOTHING_TO_RUN);
  }

  /** What was counted ahead of a run. */
  private enum Counting {
    /** Nothing: nobody suspects the message. */
    NEVER,
    /** The run that comes. */
    DONE,
    /** Nothing: the message was done, parked or refused, and no run was to come. */
    NOTHING_TO_RUN
  }

  /** Ends a run that was to be none: since it was looked at, an operator has reopened it. */
  private static final class Reopened extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Reopened() {
      super("a message was reopened before its run was counted", null, false, false);
    }
  }

  private <X extends Exception> InboxResult run(
      InboxStore.Entry entry, MessageHandler<T, X> handler, Counting counting) throws X {
    boolean counted = counting == Counting.DONE;
    var ran = new LinkedHashMap<String, InboxStore.Claim>();
    var lostBy = new AtomicReference<@Nullable Throwable>();
    InboxResult result;
    try {
      result =
          transactor.<InboxResult, X>inTransaction(
              tx -> {
                ran.clear();
                try {
                  return inTransaction(tx, entry, handler, counting, ran);
                } catch (Throwable e) {
                  lostBy.set(store.isLost(tx, e) ? e : null);
                  throw e;
                }
              });
    } catch (Throwable e) {
      if (ran.isEmpty() || e == lostBy.get() || store.isTransient(e)) {
        if (counted) {
          takeBack(entry, e);
        }
        throw e;
      }
      InboxResult answer = answerFailure(entry, e, counted);
      if (answer == null) {
        throw e;
      }
      return answer;
    }
    FaultPoint.INBOX_COMMIT_DONE.pass();
    return result;
  }

  private <X extends Exception> InboxResult inTransaction(
      T tx,
      InboxStore.Entry entry,
      MessageHandler<T, X> handler,
      Counting counting,
      Map<String, InboxStore.Claim> ran)
      throws X {
    InboxStore.Claim claim = claim(tx, List.of(entry)).get(0);
    if (counting == Counting.NOTHING_TO_RUN && runs(claim)) {
      throw new Reopened();
    }
    InboxResult applied = apply(tx, entry, claim, handler, ran);
    if (counting == Counting.DONE) {
      store.end(tx, consumer, entry.id());
    }
    complete(tx, ran);
    return applied;
  }

  private static boolean runs(InboxStore.Claim claim) {
    return claim == InboxStore.Claim.NEW || claim == InboxStore.Claim.RETRY;
  }

  List<InboxStore.Claim> claim(T tx, List<InboxStore.Entry> entries) {
    FaultPoint.INBOX_CLAIM_BEGINS.pass();
    List<InboxStore.Claim> claims = store.claim(tx, consumer, entries, window);
    FaultPoint.INBOX_CLAIM_DONE.pass();
    return claims;
  }

  void complete(T tx, Map<String, InboxStore.Claim> ran) {
    if (!ran.isEmpty()) {
      store.complete(tx, consumer, ran);
      FaultPoint.INBOX_COMPLETE_DONE.pass();
    }
  }

  /** Does what a claim asks for; notes in {@code ran} that the handler has begun. */
  <X extends Exception> InboxResult apply(
      T tx,
      InboxStore.Entry entry,
      InboxStore.Claim claim,
      MessageHandler<T, X> handler,
      Map<String, InboxStore.Claim> ran)
      throws X {
    switch (claim) {
      case NEW, RETRY -> {
        ran.put(entry.id(), claim);
        handler.handle(tx, entry.message());
        FaultPoint.INBOX_HANDLER_DONE.pass();
        return InboxResult.PROCESSED;
      }
      case COMPLETED -> {
        return InboxResult.DUPLICATE;
      }
      case PARKED -> {
        return InboxResult.FAILED;
      }
      case TOO_OLD -> {
        String reason =
            "TOO_OLD: message time %s is older than the inbox window of %s, so a repeat could not be"
                    .formatted(entry.message().time(), window)
                + " told from a first delivery";
        store.park(tx, consumer, entry, reason);
        return InboxResult.TOO_OLD;
      }
      case FROM_FUTURE -> {
        String reason =
            "FROM_FUTURE: message time %s is more than a day ahead of this database's clock"
                .formatted(entry.message().time());
        store.park(tx, consumer, entry, reason);
        return InboxResult.FAILED;
      }
    }
    throw new IllegalStateException("claim " + claim);
  }

  /** Returns what to answer the broker, or null for "deliver again". */
  private @Nullable InboxResult answerFailure(
      InboxStore.Entry entry, Throwable error, boolean counted) {
    String text = ErrorText.of(error);
    InboxStore.Failure failure = recordFailure(entry, text, error, counted);
    if (failure == null) {
      return null;
    }
    if (failure.status() == InboxStatus.COMPLETED) {
      log.info(
          "Inbox {}: message {} failed here, and a copy of it has taken effect: {}",
          consumer,
          ErrorText.inLine(entry.id()),
          ErrorText.brief(error));
      return InboxResult.DUPLICATE;
    }
    if (!failure.parked()) {
      return null;
    }
    logGivenUp(entry, failure, error);
    return InboxResult.FAILED;
  }

  private void logGivenUp(
      InboxStore.Entry entry, InboxStore.Failure failure, @Nullable Throwable error) {
    log.error(
        "Inbox {}: message {} of topic {} has FAILED after {} attempts{} and is parked; retry or"
            + " discard it by InboxAdmin",
        consumer,
        ErrorText.inLine(entry.id()),
        ErrorText.inLine(entry.message().topic()),
        failure.attempts(),
        error == null ? ", the last of which ended its process," : "",
        error);
  }

  /**
   * Null if the store does not take it, noted in the error.
   *
   * <p>Copies that fail together meet again here, and a database may pick one to roll back. Where
   * no transaction begins there is nothing to wait for: the message comes again, uncounted. So it
   * does where a commit is in doubt, since one failure is not counted twice.
   */
  private InboxStore.@Nullable Failure recordFailure(
      InboxStore.Entry entry, String text, Throwable error, boolean counted) {
    for (int tries = 1; ; tries++) {
      var begun = new AtomicBoolean();
      try {
        FaultPoint.INBOX_FAILURE_BEGINS.pass();
        InboxStore.Failure failure =
            transactor.<InboxStore.Failure, RuntimeException>inTransaction(
                tx -> {
                  begun.set(true);
                  if (counted) {
                    store.end(tx, consumer, entry.id());
                  }
                  return store.recordFailure(tx, consumer, entry, text, maxAttempts);
                });
        FaultPoint.INBOX_FAILURE_DONE.pass();
        return failure;
      } catch (RuntimeException e) {
        if (tries == RECORD_TRIES || !begun.get() || !store.isTransient(e) || isInDoubt(e)) {
          error.addSuppressed(e);
          return null;
        }
      }
    }
  }

  private static boolean isInDoubt(RuntimeException e) {
    return e instanceof StoreException failure
        && failure.outcome() == StoreException.Outcome.UNKNOWN;
  }

  /** As far as the store lets it; once, since a try that failed may have been committed. */
  private void takeBack(InboxStore.Entry entry, Throwable error) {
    try {
      transactor.<Boolean, RuntimeException>inTransaction(
          tx -> {
            store.end(tx, consumer, entry.id());
            return true;
          });
    } catch (RuntimeException e) {
      error.addSuppressed(e);
    }
  }
}
