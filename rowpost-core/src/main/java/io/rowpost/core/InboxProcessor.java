package io.rowpost.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An idempotent consumer: each message takes effect once, however often it is delivered.
 *
 * <p>Deduplication, the handler's writes and completion commit in one transaction. Thread-safe.
 *
 * <pre>{@code
 * var inbox = InboxProcessor.builder(store, transactor, "payments").build();
 * inbox.subscribe(broker, "orders.events", (tx, message) -> paymentStore.save(tx, paymentFor(message)));
 * }</pre>
 *
 * <h2>What a failure does</h2>
 *
 * <ul>
 *   <li>The handler throws: everything is rolled back, FAILED and the attempt are recorded in a
 *       second transaction, and the exception asks for a redelivery. After the last attempt the
 *       whole message is parked instead, and its delivery may be acknowledged.
 *   <li>The database fails, by itself or in the commit: everything is rolled back, no attempt is
 *       counted, and the exception asks for a redelivery.
 *   <li>The process dies: nothing is committed, and the broker delivers again, as {@linkplain
 *       Message#redelivered() redelivered}. Such a message runs alone, and its run is counted
 *       before it begins, in a transaction of its own, with code ROWPOST-408. If the run ends,
 *       whatever way, that is taken back. If it ends its process again, the count remains, and
 *       where it says {@link Builder#maxAttempts} the message is parked without running.
 * </ul>
 *
 * <p>An exception therefore always means "deliver again, before any later message of the key";
 * every {@link InboxResult} means "acknowledge". Order of effects holds with one call at a time per
 * key.
 *
 * <p>The id by which a message is known is its own, in lower case, if that is a UUID; otherwise
 * {@code <source or topic>/<id>} with {@code %} and {@code /} of the id escaped. A message whose id
 * is longer than 512 characters, or no storable text, is refused and parked as FAILED with code
 * ROWPOST-403, under {@code sha256:} and the hash of its id. So is one without an id, with code
 * ROWPOST-402, under {@code position:} and its {@linkplain Message#position() position}.
 *
 * @param <T> the transaction handle
 */
public final class InboxProcessor<T> {
  private static final Logger log = LoggerFactory.getLogger(InboxProcessor.class);

  /** Two handlers that share a consumer would each see a part of the messages only. */
  private static final Set<Subscribed> SUBSCRIBED = ConcurrentHashMap.newKeySet();

  private static final int RETRY_PARKED_LIMIT = 1000;

  private final InboxStore<T> store;
  private final Transactor<T> transactor;
  private final String consumer;
  private final InboxRuns<T> runs;
  private final InboxLog consumerLog;
  private final @Nullable Function<? super Message, String> messageId;

  private InboxProcessor(Builder<T> builder) {
    this.store = builder.store;
    this.transactor = builder.transactor;
    this.consumer = builder.consumer;
    this.runs = new InboxRuns<>(store, transactor, consumer, builder.maxAttempts, builder.window);
    this.consumerLog = new InboxLog(log, consumer);
    this.messageId = builder.messageId;
  }

  /**
   * Starts a processor.
   *
   * @param store the inbox, in the database of the handler's own writes
   * @param transactor opens the transactions, READ COMMITTED or stricter; a time limit for handlers
   *     is its business
   * @param consumer whose inbox: 1 to 100 letters, digits and {@code . _ : / -}. Two consumers each
   *     run every message; renaming one makes it run everything again.
   */
  public static <T> Builder<T> builder(
      InboxStore<T> store, Transactor<T> transactor, String consumer) {
    return new Builder<>(store, transactor, consumer);
  }

  /**
   * Runs the handler unless the message has taken effect, in one transaction of its own.
   *
   * <p>Not to be called inside a transaction of the caller: the effect would depend on it, and a
   * failure could not be recorded beside it.
   *
   * @return what was done; the delivery may be acknowledged
   * @throws X what the handler threw, after the rollback and the record of the failure
   * @throws RejectedException ROWPOST-402 if the message has neither an id nor a position; nothing
   *     was done
   * @throws StoreException if the database failed; no attempt was counted
   */
  public <X extends Exception> InboxResult process(Message message, MessageHandler<T, X> handler)
      throws X {
    DedupId id = DedupId.of(message, messageId);
    var entry = new InboxStore.Entry(id.id(), message);
    if (id.refusal() != null) {
      return refuse(entry, id.refusal());
    }
    return message.redelivered() ? runs.runCounted(entry, handler) : runs.run(entry, handler);
  }

  /**
   * Processes the messages of one poll in one transaction, which a database rewards many times
   * over.
   *
   * <p>If anything fails, all of it is rolled back and the messages are processed one by one; then
   * a failed one holds up the later ones of its topic and key, and nobody else. So it is from the
   * beginning where one has failed before, which comes last then, with its key, or is {@linkplain
   * Message#redelivered() redelivered} and not known to be done.
   *
   * @param messages in the order of delivery; may repeat a message
   * @return counts, and what is to be delivered again, in order
   */
  public <X extends Exception> BatchResult processAll(
      List<Message> messages, MessageHandler<T, X> handler) {
    if (messages.size() > 1) {
      try {
        Optional<BatchResult> result = together(messages, handler);
        if (result.isPresent()) {
          consumerLog.storeWorks();
          return result.get();
        }
      } catch (OneByOne e) {
        return oneByOne(inOrder(messages, e.last), handler);
      } catch (Throwable e) {
        log.debug("Inbox {}: {} messages go one by one", consumer, messages.size(), e);
      }
    }
    return oneByOne(messages, handler);
  }

  /** A listener that processes what it gets, for a subscription made by hand. */
  public <X extends Exception> MessageListener listener(MessageHandler<T, X> handler) {
    Objects.requireNonNull(handler, "handler");
    return messages -> processAll(messages, handler).redeliver();
  }

  /**
   * Subscribes this consumer to a topic, with its name as the group.
   *
   * @return the subscription; close it before another handler takes the topic over, also when the
   *     broker itself was closed
   * @throws RowpostException ROWPOST-406 if this process has a subscription of the same consumer,
   *     store and topic: each handler would miss what the other one took
   */
  public <X extends Exception> MessageBroker.Subscription subscribe(
      MessageBroker broker, String topic, MessageHandler<T, X> handler) {
    var subscribed = new Subscribed(store, consumer, topic);
    if (!SUBSCRIBED.add(subscribed)) {
      throw new RowpostException(
          "ROWPOST-406",
          "Nothing was subscribed: consumer \"%s\" already handles topic \"%s\" in this process."
                  .formatted(consumer, topic)
              + " A message that one of two handlers has completed is a duplicate for the other.",
          "give each handler a consumer name of its own, or close the first subscription.",
          null);
    }
    MessageBroker.Subscription subscription;
    try {
      subscription = broker.subscribe(topic, consumer, listener(handler));
    } catch (Throwable e) {
      SUBSCRIBED.remove(subscribed);
      throw e;
    }
    var open = new AtomicBoolean(true);
    return () -> {
      try {
        subscription.close();
      } finally {
        if (open.getAndSet(false)) {
          SUBSCRIBED.remove(subscribed);
        }
      }
    };
  }

  /**
   * Runs parked messages that an operator has reopened ({@link InboxAdmin#retry}), at most 1,000,
   * in the order of their parking.
   *
   * <p>A failure is recorded as always and holds up the later ones of the same topic and key. Each
   * run is counted before it begins, since it may have ended a process before.
   *
   * @return how many took effect
   * @throws StoreException if the database failed
   */
  public <X extends Exception> int retryParked(MessageHandler<T, X> handler) {
    InboxAdmin admin = store.admin();
    var held = new HashSet<Object>();
    var watched = new Watched<>(handler);
    int processed = 0;
    for (String id : admin.reopened(consumer, RETRY_PARKED_LIMIT)) {
      Message message = admin.parked(consumer, id).orElse(null);
      if (message == null || held.contains(unit(message))) {
        continue;
      }
      try {
        watched.begun = false;
        InboxResult result = runs.runCounted(new InboxStore.Entry(id, message), watched);
        processed += result == InboxResult.PROCESSED ? 1 : 0;
      } catch (Throwable e) {
        if (e instanceof StoreException failure && isStoresFault(failure, watched.begun)) {
          throw failure;
        }
        held.add(unit(message));
        consumerLog.failed(message, e);
      }
    }
    return processed;
  }

  private InboxResult refuse(InboxStore.Entry entry, String reason) {
    log.error("Inbox {}: {}", consumer, reason);
    return transactor.<InboxResult, RuntimeException>inTransaction(
        tx -> {
          store.park(tx, consumer, entry, reason);
          return InboxResult.FAILED;
        });
  }

  /** One transaction for all; empty, with nothing committed, where one by one is the better way. */
  private <X extends Exception> Optional<BatchResult> together(
      List<Message> messages, MessageHandler<T, X> handler) throws X {
    var entries = new LinkedHashMap<String, InboxStore.Entry>();
    for (Message message : messages) {
      DedupId id = DedupId.of(message, messageId);
      if (id.refusal() != null) {
        return Optional.empty();
      }
      entries.putIfAbsent(id.id(), new InboxStore.Entry(id.id(), message));
    }
    List<InboxStore.Entry> unique = List.copyOf(entries.values());
    BatchResult result =
        transactor.<BatchResult, X>inTransaction(
            tx -> {
              List<InboxStore.Claim> claims = runs.claim(tx, unique);
              requireNoneRunsAlone(unique, claims);
              var ran = new LinkedHashMap<String, InboxStore.Claim>();
              var tally = new Tally();
              tally.duplicates = messages.size() - unique.size();
              for (int i = 0; i < unique.size(); i++) {
                tally.count(runs.apply(tx, unique.get(i), claims.get(i), handler, ran));
              }
              runs.complete(tx, ran);
              return tally.result();
            });
    FaultPoint.INBOX_COMMIT_DONE.pass();
    return Optional.of(result);
  }

  /** Whoever failed before, or may have ended a process, is likely to do so again. */
  private void requireNoneRunsAlone(List<InboxStore.Entry> entries, List<InboxStore.Claim> claims) {
    var failed = new HashSet<Object>();
    boolean doubtful = false;
    for (int i = 0; i < claims.size(); i++) {
      Message message = entries.get(i).message();
      switch (claims.get(i)) {
        case RETRY -> failed.add(unit(message));
        case NEW -> doubtful |= message.redelivered();
        case COMPLETED, PARKED, TOO_OLD, FROM_FUTURE -> {}
      }
    }
    if (doubtful || !failed.isEmpty()) {
      throw new OneByOne(failed);
    }
  }

  private <X extends Exception> BatchResult oneByOne(
      List<Message> messages, MessageHandler<T, X> handler) {
    var tally = new Tally();
    var held = new HashSet<Object>(); // units that may not run now: one before them failed
    var watched = new Watched<>(handler);
    boolean unreached = false;
    for (int i = 0; i < messages.size(); i++) {
      Message message = messages.get(i);
      if (!held.isEmpty() && held.contains(unit(message))) {
        tally.redeliver.add(message);
        continue;
      }
      watched.begun = false;
      try {
        tally.count(process(message, watched));
        unreached = false;
        consumerLog.storeWorks();
      } catch (Throwable e) {
        held.add(unit(message));
        tally.redeliver.add(message);
        if (isStoresFault(e, watched.begun)) {
          consumerLog.storeFailed(message, e);
        } else {
          consumerLog.failed(message, e);
        }
        boolean unreachedAgain = unreached;
        unreached = e instanceof StoreException && !watched.begun;
        if (unreached && unreachedAgain) {
          // The database is away: do not wait for its time limits once per message.
          tally.redeliver.addAll(messages.subList(i + 1, messages.size()));
          break;
        }
      }
    }
    return tally.result();
  }

  private boolean isStoresFault(Throwable error, boolean begun) {
    return (error instanceof StoreException && !begun) || store.isTransient(error);
  }

  /**
   * What keeps its order: a key of a topic, or else one message with its repetitions, which are
   * known by what they are deduplicated by.
   */
  private Object unit(Message message) {
    if (message.key() != null) {
      return List.of(message.topic(), message.key());
    }
    try {
      return DedupId.of(message, messageId).id();
    } catch (RejectedException e) {
      return message; // without an id and a position it repeats none
    }
  }

  /** A handler of which one sees whether it was called. For one thread. */
  private static final class Watched<T, X extends Exception> implements MessageHandler<T, X> {
    private final MessageHandler<T, X> handler;
    private boolean begun;

    Watched(MessageHandler<T, X> handler) {
      this.handler = handler;
    }

    @Override
    public void handle(T tx, Message message) throws X {
      begun = true;
      handler.handle(tx, message);
    }
  }

  /**
   * Rolls a batch back that holds a message likely to fail: alone, it fails only once. What failed
   * before comes last, with its key: should it end the process now, the others are done.
   */
  private static final class OneByOne extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient Set<Object> last;

    OneByOne(Set<Object> last) {
      super("a message of the batch failed before, or may have", null, false, false);
      this.last = last;
    }
  }

  private List<Message> inOrder(List<Message> messages, Set<Object> last) {
    return messages.stream()
        .sorted(Comparator.comparing(message -> last.contains(unit(message))))
        .toList();
  }

  private record Subscribed(InboxStore<?> store, String consumer, String topic) {}

  private static final class Tally {
    private int processed;
    private int duplicates;
    private int failed;
    private int tooOld;
    private final List<Message> redeliver = new ArrayList<>();

    void count(InboxResult result) {
      switch (result) {
        case PROCESSED -> processed++;
        case DUPLICATE -> duplicates++;
        case FAILED -> failed++;
        case TOO_OLD -> tooOld++;
      }
    }

    BatchResult result() {
      return new BatchResult(processed, duplicates, failed, tooOld, List.copyOf(redeliver));
    }
  }

  /**
   * Outcome of a batch; the counts and the redeliveries together are its messages.
   *
   * @param processed effects committed
   * @param duplicates effects committed by an earlier delivery, repetitions in the batch included
   * @param failed given up and parked, now or earlier
   * @param tooOld refused as older than the window, and parked
   * @param redeliver what is to be delivered again, in order and before any later message of its
   *     key
   */
  public record BatchResult(
      int processed, int duplicates, int failed, int tooOld, List<Message> redeliver) {}

  /** Settings of a processor; each setter checks its bounds. Not thread-safe. */
  public static final class Builder<T> {
    private final InboxStore<T> store;
    private final Transactor<T> transactor;
    private final String consumer;
    private int maxAttempts = 10;
    private Duration window = Duration.ofDays(7);
    private @Nullable Function<? super Message, String> messageId;

    private Builder(InboxStore<T> store, Transactor<T> transactor, String consumer) {
      this.store = Objects.requireNonNull(store, "store");
      this.transactor = Objects.requireNonNull(transactor, "transactor");
      Settings.requireName("consumer", consumer);
      this.consumer = consumer;
    }

    /**
     * Sets after how many runs that failed, or are known to have ended their process, a message is
     * given up and parked; 1 to 1,000, 10 by default.
     */
    public Builder<T> maxAttempts(int maxAttempts) {
      Settings.require(
          maxAttempts >= 1 && maxAttempts <= 1000, "maxAttempts", maxAttempts, "1 to 1,000");
      this.maxAttempts = maxAttempts;
      return this;
    }

    /**
     * Sets how long messages are remembered at least; 1 minute to 10 years, 7 days by default.
     *
     * <p>Longer than the longest delay between two deliveries of one message. An unknown message
     * older than this is refused, so it must also exceed what the broker keeps for new groups.
     */
    public Builder<T> window(Duration window) {
      Settings.requireBetween("window", window, Duration.ofMinutes(1), Duration.ofDays(3650));
      this.window = window;
      return this;
    }

    /**
     * Sets how to find a message's id where the producer's own is not the one to trust.
     *
     * <p>Must be the same for every delivery of a message and differ between any two messages of
     * the consumer. Taken as it is: nothing is put before it. Where it throws, or returns null or a
     * blank, the message has no id.
     */
    public Builder<T> messageId(Function<? super Message, String> messageId) {
      this.messageId = Objects.requireNonNull(messageId, "messageId");
      return this;
    }

    /** Makes the processor. */
    public InboxProcessor<T> build() {
      return new InboxProcessor<>(this);
    }
  }
}
