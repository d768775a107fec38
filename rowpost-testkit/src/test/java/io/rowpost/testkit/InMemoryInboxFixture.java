package io.rowpost.testkit;

import io.rowpost.core.InMemoryInboxStore;
import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.InMemoryTransactor;
import io.rowpost.core.InboxStore;
import io.rowpost.core.Transactor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** An inbox in memory, on the system's clock; broken by what it is made with, or not. */
class InMemoryInboxFixture implements InboxFixture<InMemoryTransaction> {
  private final InMemoryTransactor transactor = new InMemoryTransactor();
  private final InMemoryInboxStore sound = new InMemoryInboxStore();
  private final InboxStore<InMemoryTransaction> store;
  private final List<String> effects = new CopyOnWriteArrayList<>();

  InMemoryInboxFixture(UnaryOperator<InboxStore<InMemoryTransaction>> breaking) {
    this.store = breaking.apply(sound);
  }

  @Override
  public InboxStore<InMemoryTransaction> store() {
    return store;
  }

  @Override
  public Transactor<InMemoryTransaction> transactor() {
    return transactor;
  }

  @Override
  public Map<String, Transactor<InMemoryTransaction>> isolationLevels() {
    return Map.of("READ COMMITTED", transactor());
  }

  @Override
  public @Nullable Transactor<InMemoryTransaction> transactor(Duration timeLimit) {
    return null;
  }

  @Override
  public void hang(InMemoryTransaction tx) {
    throw new UnsupportedOperationException("nothing in memory could end it");
  }

  @Override
  public void writeEffect(InMemoryTransaction tx, String text) {
    tx.onCommit(() -> effects.add(text));
  }

  @Override
  public List<String> effects() {
    return effects;
  }

  @Override
  public List<String> audit() {
    return sound.audit();
  }

  @Override
  public void close() {}
}
