package io.rowpost.testkit;

import io.rowpost.core.InMemoryOutboxStore;
import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.InMemoryTransactor;
import io.rowpost.core.OutboxStore;
import io.rowpost.core.Transactor;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/** An outbox in memory on a clock that stands still until it is moved. */
class InMemoryOutboxFixture implements OutboxFixture<InMemoryTransaction> {
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
  private final InMemoryTransactor transactor = new InMemoryTransactor();
  private final InMemoryOutboxStore sound;
  private final OutboxStore<InMemoryTransaction> store;

  InMemoryOutboxFixture(boolean keepSent) {
    this(keepSent, sound -> sound);
  }

  /** With a store around the sound one. */
  InMemoryOutboxFixture(boolean keepSent, UnaryOperator<OutboxStore<InMemoryTransaction>> around) {
    sound =
        keepSent ? InMemoryOutboxStore.keepingSent(now::get) : new InMemoryOutboxStore(now::get);
    store = around.apply(sound);
  }

  @Override
  public OutboxStore<InMemoryTransaction> store() {
    return store;
  }

  @Override
  public Transactor<InMemoryTransaction> transactor() {
    return transactor;
  }

  @Override
  public void elapse(Duration time) {
    now.updateAndGet(instant -> instant.plus(time));
  }

  @Override
  public List<String> audit() {
    return sound.audit();
  }

  @Override
  public void close() {}
}
