package io.rowpost.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends outgoing messages in the transaction that saves the data they speak of. Thread-safe.
 *
 * <pre>{@code
 * outbox.append(connection, OutboxRecord.to("orders.events").key(id).type("OrderCreated").payload(json).build());
 * }</pre>
 *
 * The transaction is an explicit argument, as in River's {@code InsertTx}: what commits together is
 * visible in the code, and nothing depends on proxies or thread-locals.
 *
 * @param <T> the transaction handle, {@code java.sql.Connection} for JDBC
 */
public final class TransactionalOutbox<T> {
  private static final Logger log = LoggerFactory.getLogger(TransactionalOutbox.class);

  private final OutboxStore<T> store;
  private final @Nullable Transactor<T> transactor;
  private final String source;
  private final int maxPayloadBytes;
  private final Runnable wakeUp;

  /** Warned of once, until it works again. */
  private volatile boolean wakeUpFails;

  private TransactionalOutbox(Builder<T> builder) {
    this.store = builder.store;
    this.transactor = builder.transactor;
    this.source = builder.source;
    this.maxPayloadBytes = builder.maxPayloadBytes;
    this.wakeUp = builder.wakeUp;
  }

  /** Starts an outbox over a store. */
  public static <T> Builder<T> builder(OutboxStore<T> store) {
    return new Builder<>(store);
  }

  /**
   * Appends records to the caller's transaction, in one round trip, in the order given.
   *
   * <p>The caller commits. Nothing looks for a repeated id: an id appended twice is published twice
   * and absorbed by the receiver's inbox.
   *
   * @throws RejectedException before any SQL, if a payload is over the limit
   * @throws RowpostException ROWPOST-102 if the connection would commit each statement by itself
   * @throws StoreException if the database refused
   */
  public void append(T tx, OutboxRecord... records) {
    append(tx, List.of(records));
  }

  /** Appends records as {@link #append(Object, OutboxRecord...)} does; none at all is fine. */
  public void append(T tx, List<OutboxRecord> records) {
    Objects.requireNonNull(tx, "tx");
    if (records.isEmpty()) {
      return;
    }
    var complete = new ArrayList<OutboxRecord>(records.size());
    for (OutboxRecord record : records) {
      complete.add(complete(record));
    }
    FaultPoint.APPEND_BEGINS.pass();
    store.append(tx, complete);
    FaultPoint.APPEND_DONE.pass();
    tellOfAppend();
  }

  /**
   * Appends a record unless its id was appended by this method before; the transaction stays
   * usable.
   *
   * <p>Makes a retry safe after a commit of unknown outcome. Ids are remembered for the outbox's
   * retention, at least 24 hours.
   *
   * @return false if the id is known and nothing was appended
   */
  public boolean appendIfAbsent(T tx, OutboxRecord record) {
    OutboxRecord complete = complete(record);
    FaultPoint.APPEND_BEGINS.pass();
    boolean appended = store.appendIfAbsent(Objects.requireNonNull(tx, "tx"), complete);
    FaultPoint.APPEND_DONE.pass();
    tellOfAppend();
    return appended;
  }

  /**
   * Runs work and appends a record in one transaction of its own, then wakes the relay.
   *
   * <p>On PostgreSQL the append and the commit of a {@code JdbcTransactor} are one round trip.
   *
   * @return what the work returned
   * @throws X what the work threw; nothing was saved and nothing appended
   */
  public <R, X extends Exception> R executeWithOutbox(
      OutboxRecord record, Transactor.Work<T, R, X> work) throws X {
    Objects.requireNonNull(record, "record");
    return executeWithOutbox(work, result -> record);
  }

  /**
   * Runs work and appends the record made from its result, such as a generated id, in one
   * transaction of its own, then wakes the relay.
   *
   * @return what the work returned
   * @throws X what the work threw; nothing was saved and nothing appended
   */
  public <R, X extends Exception> R executeWithOutbox(
      Transactor.Work<T, R, X> work, Function<? super R, OutboxRecord> record) throws X {
    Appended<R> appended =
        transactor()
            .<Appended<R>, X>inTransaction(
                tx -> {
                  R result = work.run(tx);
                  return new Appended<>(result, complete(record.apply(result)));
                },
                new LastAppend<R>());
    tellOfAppend();
    return appended.result;
  }

  /** It is a hint: that it fails must not look as if the append had, or its commit. */
  private void tellOfAppend() {
    try {
      wakeUp.run();
      wakeUpFails = false;
    } catch (Throwable e) {
      if (!wakeUpFails) {
        wakeUpFails = true;
        log.warn("The wake-up failed; relays poll meanwhile: {}", ErrorText.brief(e));
      }
      log.debug("The wake-up failed", e);
    }
  }

  private record Appended<R>(R result, OutboxRecord record) {}

  /** Nothing comes behind the append but the commit. */
  private final class LastAppend<R> implements Transactor.LastAct<T, Appended<R>> {
    @Override
    public void run(T tx, Appended<R> appended) {
      FaultPoint.APPEND_BEGINS.pass();
      store.append(tx, List.of(appended.record));
      FaultPoint.APPEND_DONE.pass();
    }

    @Override
    public void runAndCommit(T tx, Appended<R> appended) {
      FaultPoint.APPEND_BEGINS.pass();
      store.appendAndCommit(tx, appended.record);
    }
  }

  private Transactor<T> transactor() {
    if (transactor == null) {
      throw new RowpostException(
          "ROWPOST-103",
          "Nothing was executed: this outbox has no transactor, so it cannot open a transaction.",
          "build it with TransactionalOutbox.builder(store).transactor(...), or append to a"
              + " transaction of your own.",
          null);
    }
    return transactor;
  }

  private OutboxRecord complete(OutboxRecord record) {
    int size = record.payload().length;
    if (size > maxPayloadBytes) {
      throw Fields.rejected(
          "ROWPOST-114",
          "payload",
          "is %,d bytes, the limit is %,d (maxPayloadBytes)".formatted(size, maxPayloadBytes),
          "store the document and send a reference, or raise this limit and the broker's together.");
    }
    return record.source() == null ? record.withSource(source) : record;
  }

  /**
   * Settings of an outbox. Not thread-safe.
   *
   * @param <T> the transaction handle
   */
  public static final class Builder<T> {
    private final OutboxStore<T> store;
    private @Nullable Transactor<T> transactor;
    private String source = "/rowpost";
    private int maxPayloadBytes = 1 << 20;
    private Runnable wakeUp = () -> {};

    private Builder(OutboxStore<T> store) {
      this.store = Objects.requireNonNull(store, "store");
    }

    /** Sets how {@code executeWithOutbox} opens its transactions; without it, it is refused. */
    public Builder<T> transactor(Transactor<T> transactor) {
      this.transactor = Objects.requireNonNull(transactor, "transactor");
      return this;
    }

    /**
     * Sets the CloudEvents source of records that name none: a URI reference, by default /rowpost.
     */
    public Builder<T> source(String source) {
      Fields.name("source", source, Fields.MAX_TEXT);
      this.source = source;
      return this;
    }

    /** Sets the largest payload in bytes; 1 to 64 MiB, 1 MiB by default, which is Kafka's too. */
    public Builder<T> maxPayloadBytes(int maxPayloadBytes) {
      Settings.require(
          maxPayloadBytes >= 1 && maxPayloadBytes <= 64 << 20,
          "maxPayloadBytes",
          maxPayloadBytes,
          "1 to 67,108,864");
      this.maxPayloadBytes = maxPayloadBytes;
      return this;
    }

    /**
     * Sets whom to tell of an append: a relay of this process, by {@link OutboxRelay#wakeUp()}.
     *
     * <p>Called on the thread that appends, or by {@code executeWithOutbox} after its commit, so it
     * must be quick; what it throws is logged and ignored.
     */
    public Builder<T> wakeUp(Runnable wakeUp) {
      this.wakeUp = Objects.requireNonNull(wakeUp, "wakeUp");
      return this;
    }

    /** Makes the outbox. */
    public TransactionalOutbox<T> build() {
      return new TransactionalOutbox<>(this);
    }
  }
}
