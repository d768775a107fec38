package io.rowpost.testkit;

import io.rowpost.core.FailureClass;
import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.InboxAdmin;
import io.rowpost.core.InboxStatus;
import io.rowpost.core.InboxStore;
import io.rowpost.core.Lease;
import io.rowpost.core.Message;
import io.rowpost.core.MessageListener;
import io.rowpost.core.MessagePublisher;
import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxAdmin.Act;
import io.rowpost.core.OutboxAdmin.Item;
import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Origin;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStatus;
import io.rowpost.core.OutboxStore;
import io.rowpost.core.PublishException;
import io.rowpost.core.Transactor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;

/** Bugs for simulated worlds: those of the contracts' tests, and some that need a whole world. */
final class BrokenSimulations {
  private BrokenSimulations() {}

  /** A bug, and a guarantee that it breaks; others may break too. */
  record Bug(String name, String breaks, SimParts parts) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Bug> all() {
    return List.of(
        outbox("settle before publish", "I-2", new BrokenOutboxStores.SettledBeforePublish()),
        outbox("no token", "I-9", new BrokenOutboxStores.NoToken()),
        outbox("settle without fence", "I-9", new BrokenOutboxStores.LateMark()),
        outbox("unfenced fetch", "I-9", new BrokenOutboxStores.UnfencedFetch()),
        outbox("lease for everyone", "I-9", new BrokenOutboxStores.LeaseForEveryone()),
        outbox("finished record reopened", "I-9", new BrokenOutboxStores.FinishedRecordReopened()),
        outbox(
            "successor past a parked head",
            "I-5",
            new BrokenOutboxStores.SuccessorPastParkedHead()),
        outbox("skipped failed head", "I-5", new BrokenOutboxStores.SkippedFailedHead()),
        outbox("parked passes the stream", "I-5", new BrokenOutboxStores.ParkedPassesTheStream()),
        outbox("locking fetch", "I-5", LockingFetch::new),
        outbox("low-water bound over a gap", "I-10", new BrokenOutboxStores.BoundOverAGap()),
        outbox("late commit skipped", "I-10", new BrokenOutboxStores.LateCommitSkipped()),
        outbox("stranded in flight", "I-10", new BrokenOutboxStores.StrandedInFlight()),
        outbox("notify only", "I-10", NotifyOnly::new),
        outbox("outage burns attempts", "I-11", new BrokenOutboxStores.WaitingBurnsAttempts()),
        outbox(
            "append outside the transaction",
            "I-3",
            new BrokenOutboxActs.AppendOutsideTheTransaction()),
        outbox(
            "successor without the effect",
            "I-8",
            new BrokenOutboxActs.AppendOutsideTheTransaction()),
        outbox("replay under new ids", "I-3", new BrokenOutboxActs.ReplayUnderNewIds()),
        outbox("purge removes unsent", "I-2", new BrokenOutboxActs.PurgeRemovesUnsent()),
        outbox("discarded is not terminal", "I-13", new BrokenOutboxActs.DiscardedIsNotTerminal()),
        outbox("both operators retry", "I-13", BothOperatorsRetry::new),
        inbox("check-then-act inbox", "I-6", new BrokenInboxStores.CheckThenAct()),
        inbox("offset before effect", "I-2", new BrokenInboxStores.CommittedBeforeTheHandler()),
        inbox("FAILED taken for a duplicate", "I-2", new BrokenInboxStores.FailedIsADuplicate()),
        inbox("cache survives a rollback", "I-2", new BrokenInboxStores.CachedBeforeTheCommit()),
        inbox(
            "database error is a duplicate",
            "I-2",
            new BrokenInboxStores.DatabaseErrorIsADuplicate()),
        inbox("id without its consumer", "I-2", new BrokenInboxStores.IdWithoutItsConsumer()),
        inbox("late FAILED over COMPLETED", "I-9", new BrokenInboxActs.LateFailureOverCompletion()),
        inbox("database error counts", "I-11", new BrokenInboxActs.DatabaseErrorCountsAsAttempt()),
        inbox("one attempt too many", "I-11", new BrokenInboxActs.OneAttemptTooMany()),
        inbox("deaths are not counted", "I-12", new BrokenInboxCounts.BeginCountsNothing()),
        inbox("deaths are counted for ever", "I-11", new BrokenInboxCounts.BeginNeverParks()),
        inbox("ends take nothing back", "I-11", new BrokenInboxCounts.EndTakesNothingBack()),
        inbox("retention too short", "I-14", RetentionTooShort::new),
        inbox("fresh is too old", "I-2", FreshIsTooOld::new),
        new Bug("failed run is committed", "I-2", new CommitsFailures()),
        new Bug("acknowledgement before effect", "I-2", new AcknowledgesAll()),
        new Bug("outage is the record's fault", "I-11", new OutageIsTheRecordsFault()),
        new Bug("handed over twice", "I-4", new HandsOverTwice()));
  }

  private static Bug outbox(String name, String breaks, BrokenOutboxStores.Broken contract) {
    return outbox(name, breaks, contract::breaking);
  }

  private static Bug outbox(
      String name, String breaks, UnaryOperator<OutboxStore<InMemoryTransaction>> breaking) {
    return new Bug(
        name,
        breaks,
        new SimParts() {
          @Override
          OutboxStore<InMemoryTransaction> outbox(OutboxStore<InMemoryTransaction> sound) {
            return breaking.apply(sound);
          }
        });
  }

  private static Bug inbox(String name, String breaks, BrokenInboxStores.Broken contract) {
    return inbox(name, breaks, contract::breaking);
  }

  private static Bug inbox(
      String name, String breaks, UnaryOperator<InboxStore<InMemoryTransaction>> breaking) {
    return new Bug(
        name,
        breaks,
        new SimParts() {
          @Override
          InboxStore<InMemoryTransaction> inbox(InboxStore<InMemoryTransaction> sound) {
            return breaking.apply(sound);
          }
        });
  }

  /** Rows that others happen to have locked are left for the next fetch: SKIP LOCKED. */
  private static final class LockingFetch extends DelegatingOutboxStore {
    private final Set<Long> wereLocked = new HashSet<>();
    private final List<Entry> locked = new ArrayList<>();

    LockingFetch(OutboxStore<InMemoryTransaction> sound) {
      super(sound);
    }

    @Override
    public Lease.Attempt lease(Lease.Request request) {
      Lease.Attempt attempt = super.lease(request);
      if (attempt instanceof Lease.Attempt.Granted) {
        locked.clear();
      }
      return attempt;
    }

    @Override
    public boolean probe(Lease lease, long changes) {
      return !locked.isEmpty() || super.probe(lease, changes);
    }

    @Override
    public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
      OutboxBatch batch = super.settleAndFetch(lease, turn);
      return turn.limit() == 0 ? batch : holding(batch, this::withoutLocked);
    }

    private List<Entry> withoutLocked(List<Entry> entries) {
      var kept = new ArrayList<>(locked);
      locked.clear();
      for (Entry entry : entries) {
        boolean isLocked =
            entry.origin() == Origin.NEW
                && entry.position() % 3 == 0
                && wereLocked.add(entry.position());
        (isLocked ? locked : kept).add(entry);
      }
      return kept;
    }
  }

  /** The outbox is read when somebody says that there is something, and only then. */
  private static final class NotifyOnly extends DelegatingOutboxStore {
    private boolean notified;

    NotifyOnly(OutboxStore<InMemoryTransaction> sound) {
      super(sound);
    }

    @Override
    public void append(InMemoryTransaction tx, List<OutboxRecord> records) {
      super.append(tx, records);
      tx.onCommit(() -> notified = true);
    }

    @Override
    public Lease.Attempt lease(Lease.Request request) {
      Lease.Attempt attempt = super.lease(request);
      if (attempt instanceof Lease.Attempt.Granted) {
        notified = false;
      }
      return attempt;
    }

    @Override
    public boolean probe(Lease lease, long changes) {
      return notified;
    }

    @Override
    public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
      Turn heard =
          new Turn(
              turn.settled(),
              notified ? turn.limit() : 0,
              notified ? turn.newLimit() : 0,
              turn.keyLimit(),
              turn.byteLimit(),
              turn.renewFor());
      OutboxBatch batch = super.settleAndFetch(lease, heard);
      notified = notified && batch.more();
      return batch;
    }
  }

  /** Who saw that a record had failed hears that he has retried it, whoever else did. */
  private static final class BothOperatorsRetry extends DelegatingOutboxStore {
    BothOperatorsRetry(OutboxStore<InMemoryTransaction> sound) {
      super(sound);
    }

    @Override
    public OutboxAdmin admin() {
      OutboxAdmin admin = super.admin();
      return breaking(
          admin,
          "retry",
          arguments -> {
            Item item = (Item) arguments[0];
            return admin.retry(item, (Act) arguments[1]) || item.status() == OutboxStatus.FAILED;
          });
    }
  }

  /** A purge of all that is done, however young. */
  private static final class RetentionTooShort extends DelegatingInboxStore {
    RetentionTooShort(InboxStore<InMemoryTransaction> sound) {
      super(sound);
    }

    @Override
    public InboxAdmin admin() {
      return new DelegatingInboxAdmin(super.admin()) {
        @Override
        public long purge(Duration window) {
          return find(null, InboxStatus.COMPLETED, null, 1000).stream()
              .filter(row -> forget(row.consumer(), row.messageId(), BrokenInboxStores.BUG))
              .count();
        }
      };
    }
  }

  /** A window of milliseconds, whatever was asked for. */
  private static final class FreshIsTooOld extends DelegatingInboxStore {
    FreshIsTooOld(InboxStore<InMemoryTransaction> sound) {
      super(sound);
    }

    @Override
    public List<Claim> claim(
        InMemoryTransaction tx, String consumer, List<InboxStore.Entry> entries, Duration window) {
      return super.claim(tx, consumer, entries, Duration.ofMillis(100));
    }
  }

  /** What a run wrote is committed although it failed. */
  private static final class CommitsFailures extends SimParts {
    @Override
    Transactor<InMemoryTransaction> transactor(Transactor<InMemoryTransaction> sound) {
      return new Transactor<>() {
        @Override
        public <R, X extends Exception> R inTransaction(Work<InMemoryTransaction, R, X> work)
            throws X {
          Callable<R> outcome =
              sound.<Callable<R>, RuntimeException>inTransaction(
                  tx -> {
                    try {
                      R result = work.run(tx);
                      return () -> result;
                    } catch (Exception failure) {
                      return () -> {
                        throw failure;
                      };
                    }
                  });
          try {
            return outcome.call();
          } catch (Exception failure) {
            @SuppressWarnings("unchecked") // the work threw nothing else
            X thrown = (X) failure;
            throw thrown;
          }
        }
      };
    }
  }

  /** The broker hears that all is well, whatever the inbox said. */
  private static final class AcknowledgesAll extends SimParts {
    @Override
    MessageListener listener(MessageListener sound) {
      return messages -> {
        sound.onMessages(messages);
        return List.of();
      };
    }
  }

  /** Every failure is said to be the record's. */
  private static final class OutageIsTheRecordsFault extends SimParts {
    @Override
    MessagePublisher publisher(MessagePublisher sound) {
      return new MessagePublisher() {
        @Override
        public CompletionStage<Void> publish(Message message) {
          var answer = new CompletableFuture<Void>();
          sound
              .publish(message)
              .whenComplete(
                  (done, error) -> {
                    if (error == null) {
                      answer.complete(null);
                    } else {
                      answer.completeExceptionally(
                          new PublishException(FailureClass.RECORD, "It failed.", "none.", null));
                    }
                  });
          return answer;
        }

        @Override
        public Duration sendTimeout() {
          return sound.sendTimeout();
        }
      };
    }
  }

  /** A client that sends again what was acknowledged, to be on the safe side. */
  private static final class HandsOverTwice extends SimParts {
    @Override
    MessagePublisher publisher(MessagePublisher sound) {
      return new MessagePublisher() {
        @Override
        public CompletionStage<Void> publish(Message message) {
          return sound.publish(message).thenCompose(done -> sound.publish(message));
        }

        @Override
        public Duration sendTimeout() {
          return sound.sendTimeout();
        }
      };
    }
  }
}
