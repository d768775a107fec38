package io.rowpost.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What is refused since a mistake of the caller would cost data later. */
class RefusalsTest {
  private final InMemoryOutboxStore store = new InMemoryOutboxStore();

  @Test
  void anOutboxWithoutATransactorOpensNoTransaction() {
    TransactionalOutbox<InMemoryTransaction> outbox = TransactionalOutbox.builder(store).build();
    RowpostException refusal =
        catchThrowableOfType(
            RowpostException.class,
            () ->
                outbox.<Optional<Void>, RuntimeException>executeWithOutbox(
                    tx -> {
                      throw new AssertionError("the work has begun");
                    },
                    nothing -> record()));
    assertThat(refusal.code()).isEqualTo("ROWPOST-103");
  }

  @Test
  void anOutboxInMemoryServesRelaysOfOneName() {
    assertThat(store.lease(request("one"))).isInstanceOf(Lease.Attempt.Granted.class);
    RowpostException refusal =
        catchThrowableOfType(RowpostException.class, () -> store.lease(request("another")));
    assertThat(refusal.code()).isEqualTo("ROWPOST-304");
    assertThat(store.lease(request("one"))).isInstanceOf(Lease.Attempt.Held.class);
  }

  private static Lease.Request request(String relay) {
    return new Lease.Request(relay, UUID.randomUUID(), Duration.ofHours(1), null, null);
  }

  /** As a database does with a deadlock, and no thread waits for itself for ever. */
  @Test
  void aWaitThatCouldNeverEndIsRefused() {
    var transactor = new InMemoryTransactor();
    OutboxRecord record = record();
    InMemoryTransaction first = transactor.begin();
    InMemoryTransaction second = transactor.begin();
    assertThat(store.appendIfAbsent(first, record)).isTrue();

    StoreException refusal =
        catchThrowableOfType(StoreException.class, () -> store.appendIfAbsent(second, record));

    assertThat(refusal.code()).isEqualTo("ROWPOST-290");
    assertThat(refusal.outcome()).isEqualTo(StoreException.Outcome.ROLLED_BACK);
    transactor.rollback(first);
    assertThat(store.appendIfAbsent(second, record)).isTrue();
    transactor.commit(second);
  }

  @Test
  void aPublishWhoseFailureNobodyCanClassSaysSo() {
    try (var broker =
        InMemoryMessageBroker.builder()
            .executor(
                task -> {
                  throw new IllegalStateException("full");
                })
            .build()) {
      assertThatThrownBy(() -> broker.publish(Message.of(record())).toCompletableFuture().join())
          .hasCauseInstanceOf(PublishException.class)
          .hasMessageContaining("ROWPOST-320");
    }
  }

  private static OutboxRecord record() {
    return OutboxRecord.to("orders").type("Created").payload("{}").build();
  }
}
