package io.rowpost.testkit;

import static io.rowpost.testkit.BrokenInboxStores.BUG;

import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.InMemoryTransactor;
import io.rowpost.core.InboxAdmin;
import io.rowpost.core.InboxRecord;
import io.rowpost.core.InboxStatus;
import io.rowpost.core.InboxStore;
import io.rowpost.core.Message;
import io.rowpost.core.OutboxAdmin.Act;
import io.rowpost.core.Transactor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Mistakes in recording failures, in what operators do, and in cleaning. */
final class BrokenInboxActs {
  private BrokenInboxActs() {}

  /** What a run wrote is committed although it failed. */
  static final class FailedRunIsCommitted extends InboxStoreContract<InMemoryTransaction> {
    @Override
    protected InboxFixture<InMemoryTransaction> open() {
      return new InMemoryInboxFixture(UnaryOperator.identity()) {
        @Override
        public Transactor<InMemoryTransaction> transactor() {
          return new CommittingTransactor();
        }
      };
    }
  }

  private static final class CommittingTransactor implements Transactor<InMemoryTransaction> {
    private final InMemoryTransactor sound = new InMemoryTransactor();

    @Override
    public <R, X extends Exception> R inTransaction(Work<InMemoryTransaction, R, X> work) throws X {
      InMemoryTransaction tx = sound.begin();
      try {
        return work.run(tx);
      } finally {
        sound.commit(tx);
      }
    }
  }

  /** A late failure opens what a concurrent copy has completed. */
  static final class LateFailureOverCompletion extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        @Override
        public Failure recordFailure(
            InMemoryTransaction tx, String consumer, Entry entry, String error, int maxAttempts) {
          admin().forget(consumer, entry.id(), BUG);
          return super.recordFailure(tx, consumer, entry, error, maxAttempts);
        }
      };
    }
  }

  /** A failed run leaves nothing at all. */
  static final class AttemptNotCounted extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        @Override
        public Failure recordFailure(
            InMemoryTransaction tx, String consumer, Entry entry, String error, int maxAttempts) {
          return new Failure(InboxStatus.FAILED, 1, false);
        }
      };
    }
  }

  /** No run is the last one. */
  static final class AttemptsNeverEnd extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return attempting(sound, maxAttempts -> Integer.MAX_VALUE);
    }
  }

  /** The last run is one too late. */
  static final class OneAttemptTooMany extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return attempting(sound, maxAttempts -> maxAttempts + 1);
    }
  }

  private static InboxStore<InMemoryTransaction> attempting(
      InboxStore<InMemoryTransaction> sound, UnaryOperator<Integer> attempts) {
    return new DelegatingInboxStore(sound) {
      @Override
      public Failure recordFailure(
          InMemoryTransaction tx, String consumer, Entry entry, String error, int maxAttempts) {
        return super.recordFailure(tx, consumer, entry, error, attempts.apply(maxAttempts));
      }
    };
  }

  /** A message that an operator opened again has used its attempts up already. */
  static final class RetryKeepsItsAttempts extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        private final Map<String, Integer> failures = new ConcurrentHashMap<>();

        @Override
        public Failure recordFailure(
            InMemoryTransaction tx, String consumer, Entry entry, String error, int maxAttempts) {
          int all = failures.merge(entry.id(), 1, Integer::sum);
          return super.recordFailure(
              tx, consumer, entry, error, all >= maxAttempts ? 1 : maxAttempts);
        }
      };
    }
  }

  /** Whatever ends a run is the message's fault. */
  static final class DatabaseErrorCountsAsAttempt extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        @Override
        public boolean isTransient(Throwable error) {
          return false;
        }
      };
    }
  }

  /** Whatever ends a run is the database's fault. */
  static final class EveryErrorIsTheDatabases extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        @Override
        public boolean isTransient(Throwable error) {
          return true;
        }
      };
    }
  }

  /** A message is parked without its payload. */
  static final class ParkedWithoutPayload extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return keeping(sound, m -> keyed(m, m.key(), new byte[0]));
    }
  }

  /** A message is parked with what an encoder makes of its key. */
  static final class ParkedKeyIsEncoded extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return keeping(sound, m -> keyed(m, encoded(m.key()), m.payload()));
    }

    private static @Nullable String encoded(@Nullable String text) {
      return text == null
          ? null
          : new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }
  }

  private static Message keyed(Message m, @Nullable String key, byte[] payload) {
    return new Message(
        m.id(),
        m.topic(),
        key,
        m.type(),
        m.source(),
        m.contentType(),
        m.headers(),
        m.traceparent(),
        m.time(),
        payload);
  }

  private static InboxStore<InMemoryTransaction> keeping(
      InboxStore<InMemoryTransaction> sound, UnaryOperator<Message> kept) {
    return new DelegatingInboxStore(sound) {
      @Override
      public Failure recordFailure(
          InMemoryTransaction tx, String consumer, Entry entry, String error, int maxAttempts) {
        var changed = new Entry(entry.id(), kept.apply(entry.message()));
        return super.recordFailure(tx, consumer, changed, error, maxAttempts);
      }
    };
  }

  /** An error is cut to what a usual column holds. */
  static final class ErrorIsCut extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        @Override
        public Failure recordFailure(
            InMemoryTransaction tx, String consumer, Entry entry, String error, int maxAttempts) {
          String cut = error.substring(0, Math.min(255, error.length()));
          return super.recordFailure(tx, consumer, entry, cut, maxAttempts);
        }
      };
    }
  }

  /** A message that is refused again is parked over what has become of it. */
  static final class ParkedOverCompletion extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        @Override
        public void park(InMemoryTransaction tx, String consumer, Entry entry, String reason) {
          boolean known = admin().get(consumer, entry.id()).isPresent();
          if (known) {
            admin().forget(consumer, entry.id(), BUG);
          }
          super.park(tx, consumer, entry, reason);
        }
      };
    }
  }

  /** What an operator opened is shown without its message, so nothing runs it. */
  static final class ReopenedWithoutItsMessage extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return withAdmin(
          new DelegatingInboxAdmin(sound.admin()) {
            @Override
            public Optional<Message> parked(String consumer, String messageId) {
              return get(consumer, messageId)
                  .filter(InboxRecord::parked)
                  .flatMap(row -> super.parked(consumer, messageId));
            }
          },
          sound);
    }
  }

  /** What was parked last comes first. */
  static final class ReopenedNewestFirst extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return withAdmin(
          new DelegatingInboxAdmin(sound.admin()) {
            @Override
            public List<String> reopened(String consumer, int limit) {
              var ids = new ArrayList<>(super.reopened(consumer, limit));
              Collections.reverse(ids);
              return ids;
            }
          },
          sound);
    }
  }

  /** A retry says that it did something, whatever it did. */
  static final class RetryAlwaysSaysYes extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return withAdmin(
          new DelegatingInboxAdmin(sound.admin()) {
            @Override
            public boolean retry(String consumer, String messageId, Act act) {
              super.retry(consumer, messageId, act);
              return true;
            }
          },
          sound);
    }
  }

  /** A discarded message runs when it is delivered again. */
  static final class DiscardedIsNotTerminal extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return withAdmin(
          new DelegatingInboxAdmin(sound.admin()) {
            @Override
            public boolean discard(String consumer, String messageId, Act act) {
              return super.retry(consumer, messageId, act);
            }
          },
          sound);
    }
  }

  /** Discarded messages are still counted as an operator's work. */
  static final class DiscardedIsStillWork extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return withAdmin(
          new DelegatingInboxAdmin(sound.admin()) {
            @Override
            public Counts counts(@Nullable String consumer) {
              Counts counts = super.counts(consumer);
              return new Counts(
                  counts.processing(), counts.completed(), counts.failed(), counts.failed());
            }
          },
          sound);
    }
  }

  /** A forgotten message stays known. */
  static final class ForgetForgetsNothing extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return withAdmin(
          new DelegatingInboxAdmin(sound.admin()) {
            @Override
            public boolean forget(String consumer, String messageId, Act act) {
              return get(consumer, messageId)
                  .filter(row -> row.status() == InboxStatus.COMPLETED)
                  .isPresent();
            }
          },
          sound);
    }
  }

  /** Nobody can see later who made a message run twice. */
  static final class ForgetIsNotAudited extends InboxStoreContract<InMemoryTransaction> {
    @Override
    protected InboxFixture<InMemoryTransaction> open() {
      return new InMemoryInboxFixture(UnaryOperator.identity()) {
        @Override
        public List<String> audit() {
          return super.audit().stream().filter(line -> !line.contains(" forget ")).toList();
        }
      };
    }
  }

  /** Rows are purged as soon as their messages are older than the window, by whatever clock. */
  static final class PurgeWithoutMargin extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return withAdmin(
          new DelegatingInboxAdmin(sound.admin()) {
            @Override
            public long purge(Duration window) {
              return super.purge(window.minus(PURGE_MARGIN));
            }
          },
          sound);
    }
  }

  /** An age in microseconds is a long, whatever was asked for. */
  static final class PurgeOverflows extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return withAdmin(
          new DelegatingInboxAdmin(sound.admin()) {
            @Override
            public long purge(Duration window) {
              long micros = window.toSeconds() * 1_000_000;
              return super.purge(micros < 0 ? Duration.ZERO : window);
            }
          },
          sound);
    }
  }

  /** A driver writes a question mark for what is no Unicode text. */
  static final class LookUpByQuestionMark extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return withAdmin(
          new DelegatingInboxAdmin(sound.admin()) {
            @Override
            public boolean forget(String consumer, String messageId, Act act) {
              byte[] encoded = messageId.getBytes(StandardCharsets.UTF_8);
              return super.forget(consumer, new String(encoded, StandardCharsets.UTF_8), act);
            }
          },
          sound);
    }
  }

  /** Rows are purged by what the consumer's clock says of their arrival. */
  static final class PurgeOfTheTimeless extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return withAdmin(
          new DelegatingInboxAdmin(sound.admin()) {
            @Override
            public long purge(Duration window) {
              long timeless =
                  find(null, InboxStatus.COMPLETED, null, 1000).stream()
                      .filter(row -> row.messageTime() == null)
                      .filter(row -> forget(row.consumer(), row.messageId(), BUG))
                      .count();
              return timeless + super.purge(window);
            }
          },
          sound);
    }
  }

  /** Cleaning goes by age alone. */
  static final class PurgeOfParked extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return withAdmin(
          new DelegatingInboxAdmin(sound.admin()) {
            @Override
            public long purge(Duration window) {
              for (InboxRecord row : find(null, InboxStatus.FAILED, null, 1000)) {
                discard(row.consumer(), row.messageId(), BUG);
              }
              return super.purge(window);
            }
          },
          sound);
    }
  }

  /** A page begins with the last row of the page before. */
  static final class PagesOverlap extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return withAdmin(
          new DelegatingInboxAdmin(sound.admin()) {
            @Override
            public List<InboxRecord> find(
                @Nullable String consumer,
                @Nullable InboxStatus status,
                @Nullable InboxRecord after,
                int limit) {
              List<InboxRecord> page = super.find(consumer, status, after, limit);
              if (after == null) {
                return page;
              }
              var overlapping = new ArrayList<InboxRecord>();
              overlapping.add(after);
              overlapping.addAll(page.subList(0, Math.min(page.size(), limit - 1)));
              return overlapping;
            }
          },
          sound);
    }
  }

  /** A page is as long as whoever asks likes. */
  static final class PagesHaveNoLimit extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return withAdmin(
          new DelegatingInboxAdmin(sound.admin()) {
            @Override
            public List<String> reopened(String consumer, int limit) {
              return super.reopened(consumer, Math.min(1000, Math.max(1, limit)));
            }
          },
          sound);
    }
  }

  private static InboxStore<InMemoryTransaction> withAdmin(
      InboxAdmin admin, InboxStore<InMemoryTransaction> sound) {
    return new DelegatingInboxStore(sound) {
      @Override
      public InboxAdmin admin() {
        return admin;
      }
    };
  }
}
