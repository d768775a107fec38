package io.rowpost.testkit;

import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.InMemoryTransactor;
import io.rowpost.core.InboxStore;
import io.rowpost.core.OutboxAdmin.Act;
import io.rowpost.core.StoreException;
import java.text.Normalizer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/** Mistakes in claiming and in telling ids apart, each built into a sound store. */
final class BrokenInboxStores {
  static final Act BUG = new Act("bug", "");

  private BrokenInboxStores() {}

  /** A contract whose store a bug is planted in; no surefire pattern matches it. */
  abstract static class Broken extends InboxStoreContract<InMemoryTransaction> {
    abstract InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound);

    @Override
    protected InboxFixture<InMemoryTransaction> open() {
      return new InMemoryInboxFixture(this::breaking);
    }
  }

  /** Looks for the id, then runs, then writes it, whoever wrote it in the meantime. */
  static final class CheckThenAct extends Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        private final Map<List<String>, InMemoryTransaction> underWay = new ConcurrentHashMap<>();

        @Override
        public List<Claim> claim(
            InMemoryTransaction tx, String consumer, List<Entry> entries, Duration window) {
          return entries.stream().map(entry -> claim(tx, consumer, entry, window)).toList();
        }

        private Claim claim(InMemoryTransaction tx, String consumer, Entry entry, Duration window) {
          var key = List.of(consumer, entry.id());
          if (underWay.putIfAbsent(key, tx) == null) {
            tx.onCommit(() -> underWay.remove(key));
            tx.onRollback(() -> underWay.remove(key));
          } else if (admin().get(consumer, entry.id()).isEmpty()) {
            return Claim.NEW;
          }
          return super.claim(tx, consumer, List.of(entry), window).get(0);
        }

        @Override
        public void complete(InMemoryTransaction tx, String consumer, Map<String, Claim> ran) {
          var mine = new LinkedHashMap<>(ran);
          mine.keySet().removeIf(id -> underWay.get(List.of(consumer, id)) != tx);
          super.complete(tx, consumer, mine);
        }
      };
    }
  }

  /** Waits for a concurrent copy, but answers by what it saw before. */
  static final class LookBeforeTheWait extends Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        @Override
        public List<Claim> claim(
            InMemoryTransaction tx, String consumer, List<Entry> entries, Duration window) {
          List<Boolean> unknown =
              entries.stream().map(e -> admin().get(consumer, e.id()).isEmpty()).toList();
          var claims = new ArrayList<>(super.claim(tx, consumer, entries, window));
          for (int i = 0; i < claims.size(); i++) {
            if (unknown.get(i) && claims.get(i) == Claim.COMPLETED) {
              claims.set(i, Claim.NEW);
            }
          }
          return claims;
        }
      };
    }
  }

  /** The id is committed as done before the handler runs. */
  static final class CommittedBeforeTheHandler extends Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        private final InMemoryTransactor own = new InMemoryTransactor();

        @Override
        public List<Claim> claim(
            InMemoryTransaction tx, String consumer, List<Entry> entries, Duration window) {
          return own.<List<Claim>, RuntimeException>inTransaction(
              mine -> {
                List<Claim> claims = super.claim(mine, consumer, entries, window);
                var retries = new LinkedHashMap<String, Claim>();
                for (int i = 0; i < claims.size(); i++) {
                  if (claims.get(i) == Claim.RETRY) {
                    retries.put(entries.get(i).id(), Claim.RETRY);
                  }
                }
                super.complete(mine, consumer, retries);
                return claims;
              });
        }

        @Override
        public void complete(InMemoryTransaction tx, String consumer, Map<String, Claim> ran) {}
      };
    }
  }

  /** Remembers what was completed, though its transaction may still be rolled back. */
  static final class CachedBeforeTheCommit extends Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        private final Set<List<String>> done = ConcurrentHashMap.newKeySet();

        @Override
        public List<Claim> claim(
            InMemoryTransaction tx, String consumer, List<Entry> entries, Duration window) {
          boolean allDone =
              entries.stream().allMatch(e -> done.contains(List.of(consumer, e.id())));
          return allDone
              ? Collections.nCopies(entries.size(), Claim.COMPLETED)
              : super.claim(tx, consumer, entries, window);
        }

        @Override
        public void complete(InMemoryTransaction tx, String consumer, Map<String, Claim> ran) {
          super.complete(tx, consumer, ran);
          ran.keySet().forEach(id -> done.add(List.of(consumer, id)));
        }
      };
    }
  }

  /** What failed before is known, and what is known is done. */
  static final class FailedIsADuplicate extends Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        @Override
        public List<Claim> claim(
            InMemoryTransaction tx, String consumer, List<Entry> entries, Duration window) {
          return super.claim(tx, consumer, entries, window).stream()
              .map(claim -> claim == Claim.RETRY ? Claim.COMPLETED : claim)
              .toList();
        }
      };
    }
  }

  /** An unknown message runs, however old it is. */
  static final class TooOldRuns extends Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        @Override
        public List<Claim> claim(
            InMemoryTransaction tx, String consumer, List<Entry> entries, Duration window) {
          return super.claim(tx, consumer, entries, Duration.ofDays(3650));
        }
      };
    }
  }

  /** A message is too old before it is looked for. */
  static final class KnownIsTooOld extends Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        @Override
        public List<Claim> claim(
            InMemoryTransaction tx, String consumer, List<Entry> entries, Duration window) {
          Instant oldest = Instant.now().minus(window);
          var claims = new ArrayList<>(super.claim(tx, consumer, entries, window));
          for (int i = 0; i < claims.size(); i++) {
            Instant time = entries.get(i).message().time();
            if (time != null && time.isBefore(oldest)) {
              claims.set(i, Claim.TOO_OLD);
            }
          }
          return claims;
        }
      };
    }
  }

  /** A message from the future is taken for one of now. */
  static final class FutureRuns extends Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        @Override
        public List<Claim> claim(
            InMemoryTransaction tx, String consumer, List<Entry> entries, Duration window) {
          return super.claim(tx, consumer, entries.stream().map(this::atMostNow).toList(), window);
        }

        private Entry atMostNow(Entry entry) {
          Instant time = entry.message().time();
          boolean ahead = time != null && time.isAfter(Instant.now());
          return ahead ? new Entry(entry.id(), InboxRules.at(Instant.now())) : entry;
        }
      };
    }
  }

  /** What was given up is tried again by each redelivery. */
  static final class ParkedRunsAgain extends Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        @Override
        public List<Claim> claim(
            InMemoryTransaction tx, String consumer, List<Entry> entries, Duration window) {
          entries.forEach(entry -> admin().retry(consumer, entry.id(), BUG));
          return super.claim(tx, consumer, entries, window);
        }
      };
    }
  }

  /** Claims come in the order in which the ids were locked. */
  static final class ClaimsInOrderOfIds extends Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        @Override
        public List<Claim> claim(
            InMemoryTransaction tx, String consumer, List<Entry> entries, Duration window) {
          return super.claim(
              tx,
              consumer,
              entries.stream().sorted(Comparator.comparing(Entry::id)).toList(),
              window);
        }
      };
    }
  }

  /** Whatever the database says to an insert, the row must be there already. */
  static final class DatabaseErrorIsADuplicate extends Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        @Override
        public List<Claim> claim(
            InMemoryTransaction tx, String consumer, List<Entry> entries, Duration window) {
          try {
            return super.claim(tx, consumer, entries, window);
          } catch (StoreException e) {
            return Collections.nCopies(entries.size(), Claim.COMPLETED);
          }
        }
      };
    }
  }

  /** A second run that succeeds stays under way for ever. */
  static final class RetryNeverCompletes extends Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        @Override
        public void complete(InMemoryTransaction tx, String consumer, Map<String, Claim> ran) {
          if (!ran.containsValue(Claim.RETRY)) {
            super.complete(tx, consumer, ran);
          }
        }
      };
    }
  }

  /** How many rows the completion changed is not looked at. */
  static final class LostClaimCompletes extends Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        @Override
        public void complete(InMemoryTransaction tx, String consumer, Map<String, Claim> ran) {
          try {
            super.complete(tx, consumer, ran);
          } catch (StoreException e) {
            // The handler has run, so all must be well.
          }
        }
      };
    }
  }

  /** An id is known to all consumers once one of them has it. */
  static final class IdWithoutItsConsumer extends Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return naming(sound, consumer -> InboxRules.CONSUMER, id -> id);
    }
  }

  /** The names of consumers compare as a collation compares. */
  static final class ConsumersIgnoreCase extends Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return naming(sound, consumer -> consumer.toLowerCase(Locale.ROOT), id -> id);
    }
  }

  /** Ids compare without their case. */
  static final class IdsIgnoreCase extends Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return naming(sound, consumer -> consumer, id -> id.toLowerCase(Locale.ROOT));
    }
  }

  /** Ids compare without spaces at their ends. */
  static final class IdsIgnoreTrailingSpace extends Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return naming(sound, consumer -> consumer, String::stripTrailing);
    }
  }

  /** Ids compare by what they look like. */
  static final class IdsAreNormalized extends Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return naming(
          sound, consumer -> consumer, id -> Normalizer.normalize(id, Normalizer.Form.NFC));
    }
  }

  /** Long ids are cut to what a column holds. */
  static final class IdsAreCut extends Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return naming(
          sound, consumer -> consumer, id -> id.length() > 255 ? id.substring(0, 255) : id);
    }
  }

  private static InboxStore<InMemoryTransaction> naming(
      InboxStore<InMemoryTransaction> sound,
      UnaryOperator<String> consumerOf,
      UnaryOperator<String> idOf) {
    return new DelegatingInboxStore(sound) {
      @Override
      public List<Claim> claim(
          InMemoryTransaction tx, String consumer, List<Entry> entries, Duration window) {
        return super.claim(
            tx, consumerOf.apply(consumer), entries.stream().map(this::named).toList(), window);
      }

      @Override
      public void complete(InMemoryTransaction tx, String consumer, Map<String, Claim> ran) {
        var named = new LinkedHashMap<String, Claim>();
        ran.forEach((id, claim) -> named.put(idOf.apply(id), claim));
        super.complete(tx, consumerOf.apply(consumer), named);
      }

      @Override
      public Optional<Failure> begin(
          InMemoryTransaction tx,
          String consumer,
          Entry entry,
          Duration window,
          String error,
          int maxAttempts) {
        return super.begin(
            tx, consumerOf.apply(consumer), named(entry), window, error, maxAttempts);
      }

      @Override
      public void end(InMemoryTransaction tx, String consumer, String id) {
        super.end(tx, consumerOf.apply(consumer), idOf.apply(id));
      }

      @Override
      public Failure recordFailure(
          InMemoryTransaction tx, String consumer, Entry entry, String error, int maxAttempts) {
        return super.recordFailure(
            tx, consumerOf.apply(consumer), named(entry), error, maxAttempts);
      }

      @Override
      public void park(InMemoryTransaction tx, String consumer, Entry entry, String reason) {
        super.park(tx, consumerOf.apply(consumer), named(entry), reason);
      }

      private Entry named(Entry entry) {
        return new Entry(idOf.apply(entry.id()), entry.message());
      }
    };
  }
}
