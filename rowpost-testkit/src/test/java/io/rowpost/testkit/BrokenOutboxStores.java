package io.rowpost.testkit;

import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.Lease;
import io.rowpost.core.LeaseLostException;
import io.rowpost.core.OutboxAdmin.Act;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Origin;
import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxStatus;
import io.rowpost.core.OutboxStore;
import io.rowpost.core.Settlement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Mistakes that outboxes have made, each built into a sound store. */
final class BrokenOutboxStores {
  private BrokenOutboxStores() {}

  /** A contract whose store a bug is planted in; no surefire pattern matches it. */
  abstract static class Broken extends OutboxStoreContract<InMemoryTransaction> {
    abstract OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound);

    @Override
    protected OutboxFixture<InMemoryTransaction> open(boolean keepSent) {
      return new InMemoryOutboxFixture(keepSent, this::breaking) {
        @Override
        public int size(int full) {
          return Math.max(20, full / 50);
        }
      };
    }
  }

  /** Whoever calls is taken for the owner. */
  static final class NoToken extends Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new CurrentLease(sound) {
        @Override
        public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
          return super.settleAndFetch(current(lease), turn);
        }
      };
    }
  }

  /** Settling is fenced, reading is not. */
  static final class UnfencedFetch extends Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new CurrentLease(sound) {
        @Override
        public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
          return super.settleAndFetch(turn.settled().isEmpty() ? current(lease) : lease, turn);
        }
      };
    }
  }

  /** Reading is fenced; the outcome of a send is written whoever sent. */
  static final class LateMark extends Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new CurrentLease(sound) {
        @Override
        public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
          try {
            return super.settleAndFetch(lease, turn);
          } catch (LeaseLostException e) {
            super.settleAndFetch(current(lease), Turn.settle(turn.settled()));
            throw e;
          }
        }
      };
    }
  }

  private static class CurrentLease extends DelegatingOutboxStore {
    private volatile @Nullable Lease granted;

    CurrentLease(OutboxStore<InMemoryTransaction> sound) {
      super(sound);
    }

    @Override
    public Lease.Attempt lease(Lease.Request request) {
      Lease.Attempt attempt = super.lease(request);
      if (attempt instanceof Lease.Attempt.Granted grant) {
        granted = grant.lease();
      }
      return attempt;
    }

    Lease current(Lease lease) {
      Lease latest = granted;
      return latest == null ? lease : latest;
    }
  }

  /** Who asks gets the lease. */
  static final class LeaseForEveryone extends Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new DelegatingOutboxStore(sound) {
        @Override
        public Lease.Attempt lease(Lease.Request request) {
          Lease.Attempt attempt = super.lease(request);
          return attempt instanceof Lease.Attempt.Held held
              ? super.lease(
                  new Lease.Request(
                      request.relay(), request.owner(), request.duration(), null, held))
              : attempt;
        }
      };
    }
  }

  /** What a dead owner had in flight stays in flight. */
  static final class StrandedInFlight extends Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new DelegatingOutboxStore(sound) {
        private final Set<Long> inFlight = ConcurrentHashMap.newKeySet();

        @Override
        public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
          turn.settled().forEach(settled -> inFlight.remove(settled.entry().position()));
          OutboxBatch batch = super.settleAndFetch(lease, turn);
          return holding(
              batch,
              entries ->
                  entries.stream()
                      .filter(
                          entry -> entry.origin() == Origin.NEW || inFlight.add(entry.position()))
                      .toList());
        }
      };
    }
  }

  /** A new owner sends what is parked before it has read what stands in front of it. */
  static final class ParkedPassesTheStream extends Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new DelegatingOutboxStore(sound) {
        private final Deque<Entry> read = new ArrayDeque<>();

        @Override
        public Lease.Attempt lease(Lease.Request request) {
          Lease.Attempt attempt = super.lease(request);
          if (attempt instanceof Lease.Attempt.Granted granted) {
            read.clear();
            read.addAll(super.settleAndFetch(granted.lease(), Turn.fetch(10_000)).entries());
          }
          return attempt;
        }

        @Override
        public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
          OutboxBatch batch = super.settleAndFetch(lease, turn);
          var entries = new ArrayList<>(batch.entries());
          while (entries.size() < turn.limit() && !read.isEmpty()) {
            entries.add(read.remove());
          }
          return holding(batch, parked -> entries);
        }
      };
    }
  }

  /** A record that waits behind its key comes back on its own. */
  static final class SuccessorPastParkedHead extends Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new DelegatingOutboxStore(sound) {
        private final Map<Long, Entry> loose = new ConcurrentHashMap<>();

        @Override
        public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
          var settled = new ArrayList<Settled>();
          for (Settled outcome : turn.settled()) {
            Entry entry = outcome.entry();
            Entry asRead = loose.getOrDefault(entry.position(), entry);
            if (asRead.origin() == Origin.NEW
                && entry.record().key() != null
                && outcome.settlement() instanceof Settlement.Waiting) {
              loose.put(entry.position(), entry);
            } else {
              loose.remove(entry.position());
              settled.add(new Settled(asRead, outcome.settlement()));
            }
          }
          OutboxBatch batch = super.settleAndFetch(lease, settling(turn, settled));
          return holding(
              batch,
              entries ->
                  Stream.concat(
                          entries.stream(),
                          loose.values().stream()
                              .map(e -> new Entry(e.record(), e.position(), Origin.DUE)))
                      .toList());
        }
      };
    }
  }

  /** A record that failed for good lets its key go on, whatever the policy says. */
  static final class SkippedFailedHead extends Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new DelegatingOutboxStore(sound) {
        @Override
        public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
          return super.settleAndFetch(
              lease,
              settling(
                  turn,
                  outcome ->
                      outcome.settlement() instanceof Settlement.Failed failed
                          ? new Settled(
                              outcome.entry(), new Settlement.Failed(failed.error(), false))
                          : outcome));
        }
      };
    }
  }

  /** What waits counts an attempt, so an outage gives records up. */
  static final class WaitingBurnsAttempts extends Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new DelegatingOutboxStore(sound) {
        @Override
        public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
          return super.settleAndFetch(
              lease,
              settling(
                  turn,
                  outcome ->
                      outcome.settlement() instanceof Settlement.Waiting waiting
                              && outcome.entry().origin() != Origin.EARLY
                          ? new Settled(
                              outcome.entry(),
                              new Settlement.Retry(waiting.delay(), waiting.reason()))
                          : outcome));
        }
      };
    }
  }

  /** A second outcome of a FAILED record opens it again. */
  static final class FinishedRecordReopened extends Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new DelegatingOutboxStore(sound) {
        @Override
        public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
          for (Settled outcome : turn.settled()) {
            sound.admin().find(Filter.of(OutboxStatus.FAILED), 0, 1000).stream()
                .filter(item -> item.position() == outcome.entry().position())
                .forEach(item -> sound.admin().retry(item, new Act("bug", "")));
          }
          return super.settleAndFetch(lease, turn);
        }
      };
    }
  }

  /** New records come by their ids. */
  static final class OrderByUuid extends Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new DelegatingOutboxStore(sound) {
        @Override
        public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
          return holding(
              super.settleAndFetch(lease, turn),
              entries ->
                  entries.stream()
                      .sorted(Comparator.comparing(entry -> entry.record().id()))
                      .toList());
        }
      };
    }
  }

  /** Only positions above the last one read are read: "id > last". */
  static final class LateCommitSkipped extends Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new LowWater(sound, 0, true);
    }
  }

  /** The low-water bound passes gaps that are a few positions old. */
  static final class BoundOverAGap extends Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new LowWater(sound, 5, true);
    }
  }

  /** What one owner has passed the next one does not look at. */
  static final class BoundOutlivesItsLease extends Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new LowWater(sound, 0, false);
    }
  }

  private static final class LowWater extends DelegatingOutboxStore {
    private final int patience;
    private final boolean beginsAnew;
    private long highest;

    LowWater(OutboxStore<InMemoryTransaction> sound, int patience, boolean beginsAnew) {
      super(sound);
      this.patience = patience;
      this.beginsAnew = beginsAnew;
    }

    @Override
    public Lease.Attempt lease(Lease.Request request) {
      Lease.Attempt attempt = super.lease(request);
      if (beginsAnew && attempt instanceof Lease.Attempt.Granted) {
        highest = 0;
      }
      return attempt;
    }

    @Override
    public synchronized OutboxBatch settleAndFetch(Lease lease, Turn turn) {
      return holding(
          super.settleAndFetch(lease, turn),
          entries -> {
            var kept = new ArrayList<Entry>();
            for (Entry entry : entries) {
              boolean isNew = entry.origin() == Origin.NEW || entry.origin() == Origin.EARLY;
              if (!isNew || entry.position() > highest - patience) {
                kept.add(entry);
              }
              highest = isNew ? Math.max(highest, entry.position()) : highest;
            }
            return kept;
          });
    }
  }

  /** A record is settled as sent when it is read. */
  static final class SettledBeforePublish extends Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new DelegatingOutboxStore(sound) {
        @Override
        public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
          OutboxBatch batch = super.settleAndFetch(lease, turn);
          super.settleAndFetch(
              lease, Turn.settle(batch.entries().stream().map(OutboxScene::sent).toList()));
          return batch;
        }
      };
    }
  }

  /** An empty outbox is taken for empty until the lease is renewed. */
  static final class LostWakeUp extends Broken {
    @Override
    OutboxStore<InMemoryTransaction> breaking(OutboxStore<InMemoryTransaction> sound) {
      return new DelegatingOutboxStore(sound) {
        @Override
        public boolean probe(Lease lease, long changes) {
          return false;
        }
      };
    }
  }
}
