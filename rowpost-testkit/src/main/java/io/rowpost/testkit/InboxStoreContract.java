package io.rowpost.testkit;

import io.rowpost.core.InboxStore;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link InboxStore} must do: each message takes effect once, whatever is delivered when
 * and whatever fails where; extend it and hand out empty inboxes.
 *
 * <pre>{@code
 * class MyInboxStoreTest extends InboxStoreContract<Connection> {
 *   @Override
 *   protected InboxFixture<Connection> open() { ... }
 * }
 * }</pre>
 *
 * <p>Each test opens one inbox and closes it. Those that need other threads start and end them.
 *
 * @param <T> the transaction handle
 */
@Timeout(120)
public abstract class InboxStoreContract<T> {
  private final List<InboxFixture<T>> fixtures = new ArrayList<>();

  /** For subclasses. */
  protected InboxStoreContract() {}

  /** Opens an empty inbox. */
  protected abstract InboxFixture<T> open();

  @AfterEach
  void closeFixtures() {
    fixtures.forEach(InboxFixture::close);
    fixtures.clear();
  }

  private InboxFixture<T> openFixture() {
    InboxFixture<T> fixture = open();
    fixtures.add(fixture);
    return fixture;
  }

  @Nested
  @DisplayName("effects")
  class Effects extends InboxEffectRules<T> {
    Effects() {
      super(openFixture());
    }
  }

  @Nested
  @DisplayName("races")
  class Races extends InboxRaceRules<T> {
    Races() {
      super(openFixture());
    }
  }

  @Nested
  @DisplayName("batches")
  class Batches extends InboxBatchRules<T> {
    Batches() {
      super(openFixture());
    }
  }

  @Nested
  @DisplayName("deaths")
  class Deaths extends InboxDeathRules<T> {
    Deaths() {
      super(openFixture());
    }
  }

  @Nested
  @DisplayName("retention")
  class Retention extends InboxRetentionRules<T> {
    Retention() {
      super(openFixture());
    }
  }

  @Nested
  @DisplayName("keeping")
  class Keeping extends InboxKeepingRules<T> {
    Keeping() {
      super(openFixture());
    }
  }

  @Nested
  @DisplayName("bad input")
  class BadInput extends InboxBadInputRules<T> {
    BadInput() {
      super(openFixture());
    }
  }

  @Nested
  @DisplayName("admin")
  class Admin extends InboxAdminRules<T> {
    Admin() {
      super(openFixture());
    }
  }
}
