package io.rowpost.testkit;

import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.InboxStatus;
import io.rowpost.core.InboxStore;
import java.time.Duration;
import java.util.Optional;

/** Mistakes in counting runs before they begin. */
final class BrokenInboxCounts {
  private BrokenInboxCounts() {}

  /** A store whose begin has a bug. */
  private abstract static class BrokenBegin extends BrokenInboxStores.Broken {
    abstract Optional<InboxStore.Failure> begin(Begin sound, Duration window, int maxAttempts);

    interface Begin {
      Optional<InboxStore.Failure> call(Duration window, int maxAttempts);
    }

    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        @Override
        public Optional<Failure> begin(
            InMemoryTransaction tx,
            String consumer,
            Entry entry,
            Duration window,
            String error,
            int maxAttempts) {
          return BrokenBegin.this.begin(
              (w, max) -> super.begin(tx, consumer, entry, w, error, max), window, maxAttempts);
        }
      };
    }
  }

  /** The run is not written down before it begins. */
  static final class BeginCountsNothing extends BrokenBegin {
    @Override
    Optional<InboxStore.Failure> begin(Begin sound, Duration window, int maxAttempts) {
      return Optional.of(new InboxStore.Failure(InboxStatus.FAILED, 1, false));
    }
  }

  /** Runs are counted, and nobody ever looks at the count. */
  static final class BeginNeverParks extends BrokenBegin {
    @Override
    Optional<InboxStore.Failure> begin(Begin sound, Duration window, int maxAttempts) {
      return sound.call(window, Integer.MAX_VALUE);
    }
  }

  /** The last run is one too late. */
  static final class OneRunTooMany extends BrokenBegin {
    @Override
    Optional<InboxStore.Failure> begin(Begin sound, Duration window, int maxAttempts) {
      return sound.call(window, maxAttempts + 1);
    }
  }

  /** A row is made for what is too old, which is then known, and runs. */
  static final class TooOldBegins extends BrokenBegin {
    @Override
    Optional<InboxStore.Failure> begin(Begin sound, Duration window, int maxAttempts) {
      return sound.call(Duration.ofDays(3650), maxAttempts);
    }
  }

  /** What is completed begins anew. */
  static final class CompletedBegins extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        @Override
        public Optional<Failure> begin(
            InMemoryTransaction tx,
            String consumer,
            Entry entry,
            Duration window,
            String error,
            int maxAttempts) {
          admin().forget(consumer, entry.id(), BrokenInboxStores.BUG);
          return super.begin(tx, consumer, entry, window, error, maxAttempts);
        }
      };
    }
  }

  /** A run that has ended stays counted. */
  static final class EndTakesNothingBack extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound) {
        @Override
        public void end(InMemoryTransaction tx, String consumer, String id) {}
      };
    }
  }
}
