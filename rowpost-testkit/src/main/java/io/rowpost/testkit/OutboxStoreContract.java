package io.rowpost.testkit;

import io.rowpost.core.OutboxStore;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link OutboxStore} must do; extend it and hand out empty outboxes.
 *
 * <pre>{@code
 * class MyOutboxStoreTest extends OutboxStoreContract<Connection> {
 *   @Override
 *   protected OutboxFixture<Connection> open(boolean keepSent) { ... }
 * }
 * }</pre>
 *
 * <p>Each test opens one outbox and closes it. Those that need other threads start and end them.
 *
 * @param <T> the transaction handle
 */
@Timeout(60)
public abstract class OutboxStoreContract<T> {
  private final List<OutboxScene<T>> scenes = new ArrayList<>();

  /** For subclasses. */
  protected OutboxStoreContract() {}

  /**
   * Opens an empty outbox.
   *
   * @param keepSent whether SENT records are to be kept until they are purged
   */
  protected abstract OutboxFixture<T> open(boolean keepSent);

  @AfterEach
  void closeScenes() {
    scenes.forEach(OutboxScene::close);
  }

  private OutboxScene<T> openScene(boolean keepSent) {
    var scene = new OutboxScene<>(open(keepSent), keepSent);
    scenes.add(scene);
    return scene;
  }

  @Nested
  @DisplayName("append")
  class Append extends OutboxAppendRules<T> {
    private final OutboxScene<T> scene = openScene(false);

    @Override
    OutboxScene<T> scene() {
      return scene;
    }
  }

  @Nested
  @DisplayName("bad input")
  class BadInput extends OutboxBadInputRules<T> {
    private final OutboxScene<T> scene = openScene(false);

    @Override
    OutboxScene<T> scene() {
      return scene;
    }
  }

  @Nested
  @DisplayName("lease")
  class Leases extends OutboxLeaseRules<T> {
    private final OutboxScene<T> scene = openScene(false);

    @Override
    OutboxScene<T> scene() {
      return scene;
    }
  }

  @Nested
  @DisplayName("turn")
  class Turns extends OutboxTurnRules<T> {
    private final OutboxScene<T> scene = openScene(false);

    @Override
    OutboxScene<T> scene() {
      return scene;
    }
  }

  @Nested
  @DisplayName("parking")
  class Parking extends OutboxParkingRules<T> {
    private final OutboxScene<T> scene = openScene(false);

    @Override
    OutboxScene<T> scene() {
      return scene;
    }
  }

  @Nested
  @DisplayName("admin")
  class Admin extends OutboxAdminRules<T> {
    private final OutboxScene<T> scene = openScene(false);

    @Override
    OutboxScene<T> scene() {
      return scene;
    }
  }

  @Nested
  @DisplayName("retention")
  class Retention extends OutboxRetentionRules<T> {
    private final OutboxScene<T> scene = openScene(true);

    @Override
    OutboxScene<T> scene() {
      return scene;
    }
  }

  @Nested
  @DisplayName("relay")
  class Relays extends OutboxRelayRules<T> {
    private final OutboxScene<T> scene = openScene(false);

    @Override
    OutboxScene<T> scene() {
      return scene;
    }
  }
}
