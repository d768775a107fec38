package io.rowpost.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.InboxAdmin;
import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxRecord;
import io.rowpost.core.InboxStore;
import io.rowpost.core.Message;
import io.rowpost.core.MessageHandler;
import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.StoreException;
import io.rowpost.core.Transactor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * The words in which the rules of {@link InboxStoreContract} are told.
 *
 * @param <T> the transaction handle
 */
abstract class InboxRules<T> {
  static final String CONSUMER = "payments";
  static final OutboxAdmin.Act ACT = new OutboxAdmin.Act("ann", "the card terminal is back");
  static final Duration WEEK = Duration.ofDays(7);

  /** Long enough for any real wait of these tests, and an end to those that hang. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final int MAX_DELIVERIES = 1000;

  final InboxFixture<T> fixture;

  InboxRules(InboxFixture<T> fixture) {
    this.fixture = fixture;
  }

  final InboxStore<T> store() {
    return fixture.store();
  }

  /** As after a handler, of what was NEW. */
  final boolean complete(T tx, Message message) {
    store().complete(tx, CONSUMER, Map.of(message.id(), InboxStore.Claim.NEW));
    return true;
  }

  final List<String> effects() {
    return fixture.effects();
  }

  final InboxAdmin admin() {
    return store().admin();
  }

  final InboxRecord row(Message message) {
    return admin().get(CONSUMER, message.id()).orElseThrow();
  }

  final InboxProcessor.Builder<T> builder() {
    return builder(CONSUMER);
  }

  final InboxProcessor.Builder<T> builder(String consumer) {
    return InboxProcessor.builder(store(), fixture.transactor(), consumer);
  }

  final void charge(T tx, Message message) {
    fixture.writeEffect(tx, message.id());
  }

  /** Writes its effect and then fails, so that what is left of it shows. */
  final MessageHandler<T, IOException> failing(String error) {
    return (tx, message) -> {
      charge(tx, message);
      throw new IOException(error);
    };
  }

  final <R> R inTransaction(Transactor.Work<T, R, RuntimeException> work) {
    return fixture.transactor().<R, RuntimeException>inTransaction(work);
  }

  /** Fails a message for good, so that it is parked. */
  final void park(Message message) {
    InboxProcessor<T> hasty = builder().maxAttempts(1).build();
    List<Message> redeliver = hasty.processAll(List.of(message), failing("no")).redeliver();
    assertThat(redeliver).as("a message given up is not delivered again").isEmpty();
  }

  /**
   * Delivers as a broker does: until an answer comes, as long as the database asks for patience.
   */
  static <R> R deliver(Callable<R> delivery) throws Exception {
    for (int i = 0; ; i++) {
      try {
        return delivery.call();
      } catch (StoreException e) {
        if (i == MAX_DELIVERIES) {
          throw e;
        }
      }
    }
  }

  static Message message(@Nullable String key) {
    return message(UUID.randomUUID().toString(), key, ago(Duration.ZERO));
  }

  static Message at(@Nullable Instant time) {
    return message(UUID.randomUUID().toString(), "k", time);
  }

  static Message message(String id, @Nullable String key, @Nullable Instant time) {
    return new Message(
        id,
        "orders.events",
        key,
        "OrderCreated",
        "/shop",
        "application/json",
        Map.of("tenant", "acme"),
        null,
        time,
        "{\"amount\": 42}".getBytes(StandardCharsets.UTF_8));
  }

  static List<Message> messages(int count, int keys) {
    var messages = new ArrayList<Message>();
    for (int i = 0; i < count; i++) {
      messages.add(message("k" + i % keys));
    }
    return messages;
  }

  static Instant ago(Duration age) {
    return Instant.now().minus(age).truncatedTo(ChronoUnit.MICROS);
  }

  /** Polls of growing size; what is to be delivered again comes first in the next one. */
  static <T> void deliverInPolls(
      InboxProcessor<T> inbox, List<Message> deliveries, MessageHandler<T, IOException> handler) {
    List<Message> again = List.of();
    int next = 0;
    for (int polls = 0; next < deliveries.size() || !again.isEmpty(); polls++) {
      assertThat(polls).as("polls until %s were done", again).isLessThan(MAX_DELIVERIES);
      var poll = new ArrayList<>(again);
      int end = Math.min(next + polls % 20 + 1, deliveries.size());
      poll.addAll(deliveries.subList(next, end));
      next = end;
      again = inbox.processAll(poll, handler).redeliver();
    }
  }

  @SuppressWarnings("InfiniteRecursion") // the point of it
  static int overflow(int depth) {
    return overflow(depth + 1) + 1;
  }

  static List<String> ids(List<Message> messages) {
    return messages.stream().map(Message::id).toList();
  }

  static <A, R> List<Callable<R>> calls(List<A> arguments, Delivery<A, R> delivery) {
    var calls = new ArrayList<Callable<R>>();
    for (A argument : arguments) {
      calls.add(() -> delivery.run(argument));
    }
    return calls;
  }

  static <A> List<List<A>> slices(List<A> all, int count) {
    var slices = new ArrayList<List<A>>();
    for (int i = 0; i < count; i++) {
      slices.add(all.subList(i * all.size() / count, (i + 1) * all.size() / count));
    }
    return slices;
  }

  /** A call with an argument. */
  @FunctionalInterface
  interface Delivery<A, R> {
    R run(A argument) throws Exception;
  }
}
