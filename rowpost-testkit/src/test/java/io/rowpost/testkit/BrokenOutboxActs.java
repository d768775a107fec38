package io.rowpost.testkit;

import static io.rowpost.testkit.DelegatingOutboxStore.breaking;

import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.InMemoryTransactor;
import io.rowpost.core.Lease;
import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxAdmin.Act;
import io.rowpost.core.OutboxAdmin.Counts;
import io.rowpost.core.OutboxAdmin.Discarded;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxAdmin.Item;
import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStatus;
import io.rowpost.core.OutboxStore;
import io.rowpost.core.Transactor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Mistakes in appending, in what operators do, and in cleaning. */
final class BrokenOutboxActs {
  private static final Act BUG = new Act("bug", "");

  private BrokenOutboxActs() {}

  /** The record is committed at once, not with the caller's data. */
  static final class AppendOutsideTheTransaction extends BrokenOutboxStores.Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new DelegatingOutboxStore(sound) {
        private final InMemoryTransactor own = new InMemoryTransactor();

        @Override
        public void append(InMemoryTransaction tx, List<OutboxRecord> records) {
          own.inTransaction(
              mine -> {
                super.append(mine, records);
                return true;
              });
        }
      };
    }
  }

  /** The last append is written, and nobody commits. */
  static final class LastAppendLeftOpen extends BrokenOutboxStores.Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new DelegatingOutboxStore(sound) {
        @Override
        public void appendAndCommit(InMemoryTransaction tx, OutboxRecord record) {
          append(tx, List.of(record));
        }
      };
    }
  }

  /** The work is committed, and the last append is forgotten. */
  static final class LastAppendLost extends BrokenOutboxStores.Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new DelegatingOutboxStore(sound) {
        @Override
        public void appendAndCommit(InMemoryTransaction tx, OutboxRecord record) {
          new InMemoryTransactor().commit(tx);
        }
      };
    }
  }

  /** A transactor that commits what was done, whatever failed after it. */
  static final class FailureCommitted extends BrokenOutboxStores.Broken {
    private final InMemoryTransactor sound = new InMemoryTransactor();

    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> store) {
      return store;
    }

    @Override
    protected OutboxFixture<InMemoryTransaction> open(boolean keepSent) {
      return new InMemoryOutboxFixture(keepSent) {
        @Override
        public Transactor<InMemoryTransaction> transactor() {
          return new Transactor<>() {
            @Override
            public <R, X extends Exception> R inTransaction(Work<InMemoryTransaction, R, X> work)
                throws X {
              InMemoryTransaction tx = sound.begin();
              try {
                return work.run(tx);
              } finally {
                sound.commit(tx);
              }
            }
          };
        }
      };
    }
  }

  /** Known ids are remembered before their transaction commits. */
  static final class IdTakenByARollback extends BrokenOutboxStores.Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new DelegatingOutboxStore(sound) {
        private final Set<UUID> known = ConcurrentHashMap.newKeySet();

        @Override
        public boolean appendIfAbsent(InMemoryTransaction tx, OutboxRecord record) {
          if (!known.add(record.id())) {
            return false;
          }
          append(tx, List.of(record));
          return true;
        }
      };
    }
  }

  /** First looks, then writes: two that look at the same moment both write. */
  static final class CheckThenAppend extends BrokenOutboxStores.Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new DelegatingOutboxStore(sound) {
        private final Set<UUID> known = ConcurrentHashMap.newKeySet();

        @Override
        public boolean appendIfAbsent(InMemoryTransaction tx, OutboxRecord record) {
          if (known.contains(record.id())) {
            return false;
          }
          append(tx, List.of(record));
          tx.onCommit(() -> known.add(record.id()));
          return true;
        }
      };
    }
  }

  /** Headers come back in another order. */
  static final class HeadersSorted extends BrokenOutboxStores.Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new DelegatingOutboxStore(sound) {
        @Override
        public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
          return holding(
              super.settleAndFetch(lease, turn),
              entries -> entries.stream().map(this::sorted).toList());
        }

        private Entry sorted(Entry entry) {
          OutboxRecord record = entry.record();
          OutboxRecord changed =
              OutboxRecord.restore(
                  record.id(),
                  record.topic(),
                  record.key(),
                  record.type(),
                  record.source(),
                  record.contentType(),
                  new TreeMap<>(record.headers()),
                  record.traceparent(),
                  record.payload(),
                  java.util.Objects.requireNonNull(record.createdAt()),
                  record.availableAt(),
                  record.status(),
                  record.attempts(),
                  record.lastError());
          return new Entry(changed, entry.position(), entry.origin());
        }
      };
    }
  }

  /** An act is done to the record as it is now, not as the operator saw it. */
  static final class ActOnAnOldSight extends BrokenOutboxStores.Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return withAdmin(
          sound,
          "retry",
          (admin, arguments) -> {
            Item seen = (Item) arguments[0];
            return admin.find(Filter.ALL, seen.position() - 1, 1).stream()
                .anyMatch(
                    now ->
                        now.position() == seen.position() && admin.retry(now, (Act) arguments[1]));
          });
    }
  }

  /** Whether the record is at the broker right now is not looked at. */
  static final class DiscardIgnoresInFlight extends BrokenOutboxStores.Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return withAdmin(
          sound,
          "discard",
          (admin, arguments) -> {
            Discarded done = admin.discard((Item) arguments[0], (Act) arguments[1]);
            return done == Discarded.NOT_CHANGED ? done : Discarded.DISCARDED;
          });
    }
  }

  /** A retry of all opens what was discarded too. */
  static final class DiscardedIsNotTerminal extends BrokenOutboxStores.Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return withAdmin(
          sound,
          "discard",
          (admin, arguments) -> {
            Item item = (Item) arguments[0];
            return admin.letContinue(item, (Act) arguments[1])
                ? Discarded.DISCARDED
                : Discarded.NOT_CHANGED;
          });
    }
  }

  /** A replay appends copies under new ids, which no inbox can absorb. */
  static final class ReplayUnderNewIds extends BrokenOutboxStores.Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return withAdmin(
          sound,
          "replay",
          (admin, arguments) -> {
            List<OutboxRecord> copies =
                admin.find((Filter) arguments[0], 0, 1000).stream()
                    .filter(item -> item.status() == OutboxStatus.SENT)
                    .map(item -> admin.get(item.id()).orElseThrow())
                    .map(
                        old ->
                            OutboxRecord.to(old.topic())
                                .key(old.key())
                                .type(old.type())
                                .payload(old.payload())
                                .build())
                    .toList();
            new InMemoryTransactor()
                .inTransaction(
                    tx -> {
                      sound.append(tx, copies);
                      return true;
                    });
            return copies.size();
          });
    }
  }

  /** A driver writes a question mark for what is no Unicode text. */
  static final class FilterByQuestionMark extends BrokenOutboxStores.Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return withAdmin(
          sound,
          "find",
          (admin, arguments) -> {
            Filter filter = (Filter) arguments[0];
            String topic = filter.topic();
            if (topic != null) {
              byte[] encoded = topic.getBytes(StandardCharsets.UTF_8);
              filter = filter.topic(new String(encoded, StandardCharsets.UTF_8));
            }
            return admin.find(filter, (Long) arguments[1], (Integer) arguments[2]);
          });
    }
  }

  /** Cleaning goes by age alone. */
  static final class PurgeRemovesUnsent extends BrokenOutboxStores.Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return withAdmin(
          sound,
          "purge",
          (admin, arguments) -> {
            for (Item item : admin.find(Filter.ALL, 0, 1000)) {
              admin.discard(item, BUG);
            }
            return admin.purge((Duration) arguments[0]);
          });
    }
  }

  /** What waits behind its key is not counted as pending. */
  static final class WaitingIsNotPending extends BrokenOutboxStores.Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return withAdmin(
          sound,
          "counts",
          (admin, arguments) -> {
            Counts counts = admin.counts();
            return new Counts(
                counts.pending() - counts.waiting(),
                counts.waiting(),
                counts.failed(),
                counts.discarded(),
                counts.sent());
          });
    }
  }

  private interface BrokenAct {
    Object run(OutboxAdmin sound, Object[] arguments);
  }

  private static OutboxStore<InMemoryTransaction> withAdmin(
      OutboxStore<InMemoryTransaction> sound, String act, BrokenAct broken) {
    OutboxAdmin admin =
        breaking(sound.admin(), act, arguments -> broken.run(sound.admin(), arguments));
    return new DelegatingOutboxStore(sound) {
      @Override
      public OutboxAdmin admin() {
        return admin;
      }
    };
  }
}
