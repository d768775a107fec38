package io.rowpost.verification;

import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStore;
import io.rowpost.core.RowpostException;
import io.rowpost.core.StoreException;
import io.rowpost.core.StoreException.Outcome;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.jdbc.JdbcOutboxStore;
import io.rowpost.jdbc.JdbcTransactor;
import io.rowpost.verification.Event.Kind;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * An application that appends, in a process of its own.
 *
 * <p>Commands: {@code mark} makes it say {@code MARK id} of the next append that has committed;
 * {@code poison TYPE} gives that type to the next message, see {@link ConsumerChild}, and makes it
 * say {@code POISONED id}; {@code side TOPIC} lets it append to that topic too, under keys of its
 * own, until {@code side}, and {@code oversized} a large message there, of which it says {@code
 * OVERSIZED id}; {@code complain} makes it say {@code REFUSED why} of the next transaction that the
 * database refuses; {@code open} and {@code commit} are those of an {@link IdleWriter}, {@code bulk
 * MESSAGES KEYS} is a {@link BulkAppend}; {@code finish} ends the appending.
 */
final class ApplicationChild {
  static final String PLAIN = "Numbered";
  static final String CONTENT_TYPE = "application/octet-stream";

  /** The header of each message that tells the hash of its payload. */
  static final String HASH = "hash";

  static final String REFUSED = "REFUSED ";

  private static final int MOST_FILLING = 400;
  private static final int OVERSIZED_FILLING = 2 * SideChain.SMALL_MESSAGE_BYTES;

  /** Of so many appends, one goes aside. */
  private static final int ASIDE_EVERY = 4;

  private final Setup setup;
  private final HistoryWriter history;
  private final JdbcTransactor transactor;
  private final TransactionalOutbox<Connection> outbox;
  private final AtomicBoolean marks = new AtomicBoolean();
  private final AtomicReference<@Nullable String> poison = new AtomicReference<>();
  private final AtomicBoolean oversized = new AtomicBoolean();
  private final AtomicBoolean complains = new AtomicBoolean();
  private volatile String side = "";
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean finished;

  private ApplicationChild(
      Setup setup, HistoryWriter history, DataSource database, OutboxStore<Connection> store) {
    this.setup = setup;
    this.history = history;
    this.transactor = new JdbcTransactor(database);
    this.outbox = TransactionalOutbox.builder(store).transactor(transactor).build();
  }

  /** Appends until it is told to finish; the arguments are a {@link Setup}. */
  public static void main(String[] arguments) {
    Setup setup = Setup.parse(arguments);
    run(setup, pool(setup), JdbcOutboxStore.appendOnly().build());
  }

  static DataSource pool(Setup setup) {
    return setup.pool(setup.number(Setting.THREADS));
  }

  /** Runs an application, whose database and store may be wrong on purpose. */
  static void run(Setup setup, DataSource database, OutboxStore<Connection> store) {
    try (HistoryWriter history = setup.openHistory()) {
      var application = new ApplicationChild(setup, history, database, store);
      var writer = new IdleWriter(setup, history, application.outbox);
      var bulk = new BulkAppend(setup, history, application.outbox);
      var control =
          new ChildControl(
              Map.of(
                  "mark", rest -> application.marks.set(true),
                  "poison", application.poison::set,
                  "side", topic -> application.side = topic,
                  "oversized", rest -> application.oversized.set(true),
                  "complain", rest -> application.complains.set(true),
                  "open", rest -> writer.open(),
                  "commit", rest -> writer.commit(),
                  "bulk", bulk::append,
                  "finish", rest -> application.finish()));
      application.start();
      ChildControl.say("STARTED");
      control.obey();
      application.finish();
    }
  }

  private void start() {
    for (int i = 0; i < setup.number(Setting.THREADS); i++) {
      long seed = 31 * setup.seed() + 1000L * setup.number(Setting.PROCESS) + i;
      Thread thread = new Thread(() -> appendAtItsRate(new SplittableRandom(seed)), "append-" + i);
      thread.setDaemon(true);
      thread.setUncaughtExceptionHandler((who, why) -> die(why));
      thread.start();
      threads.add(thread);
    }
  }

  /** An application that goes on with fewer threads would look sound. */
  private static void die(Throwable why) {
    why.printStackTrace();
    Runtime.getRuntime().halt(1);
  }

  private void finish() {
    finished = true;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** Who falls behind, since the database stood still, does not catch up. */
  private void appendAtItsRate(SplittableRandom random) {
    long gap = TimeUnit.SECONDS.toNanos(setup.number(Setting.THREADS)) / setup.number(Setting.RATE);
    while (!finished) {
      long next = System.nanoTime() + random.nextLong(2 * gap);
      append(random);
      for (long left = next - System.nanoTime(); left > 0; left = next - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
    }
  }

  private void append(SplittableRandom random) {
    var id = new UUID(random.nextLong(), random.nextLong());
    String type = poison.getAndSet(null);
    boolean refuse = type == null && random.nextInt(setup.number(Setting.ROLLBACK_EVERY)) == 0;
    var append =
        new Append(
            id,
            setup.topic(0),
            random.nextInt(setup.number(Setting.KEYS)),
            random.nextInt(MOST_FILLING),
            type == null ? PLAIN : type,
            type == null ? 0 : Event.POISON,
            refuse);
    String topic = side;
    boolean aside = type == null && !topic.isEmpty() && random.nextInt(ASIDE_EVERY) == 0;
    if (aside) {
      append = aside(append, topic);
    }
    boolean retries = setup.text(Setting.RETRY_UNKNOWN).equals("yes") && random.nextBoolean();
    Kind outcome = attempt(append, retries, random);
    while (retries && outcome == Kind.UNKNOWN && !finished) {
      outcome = attempt(append, true, random);
    }
    if (outcome != Kind.OK) {
      if (type != null) {
        poison.set(type);
      } else if (append.fate == Event.OVERSIZED) {
        oversized.set(true);
      }
    } else if (type != null) {
      ChildControl.say("POISONED " + id);
    } else if (append.fate == Event.OVERSIZED) {
      ChildControl.say("OVERSIZED " + id);
    } else if (!aside && marks.compareAndSet(true, false)) {
      ChildControl.say("MARK " + id);
    }
  }

  /** The same under a key of the side, or a message that is too large for its topic. */
  private Append aside(Append append, String topic) {
    int keys = setup.number(Setting.KEYS);
    return !append.refuse && oversized.compareAndSet(true, false)
        ? new Append(append.id, topic, keys, OVERSIZED_FILLING, PLAIN, Event.OVERSIZED, false)
        : new Append(
            append.id,
            topic,
            keys + append.key % SideChain.KEYS,
            append.filling,
            PLAIN,
            append.fate,
            append.refuse);
  }

  /**
   * What is to be appended.
   *
   * @param fate 0, or what is to become of it: see {@link Event}
   * @param refuse whether the business changes its mind
   */
  private record Append(
      UUID id, String topic, int key, int filling, String type, int fate, boolean refuse) {}

  private Kind attempt(Append append, boolean ifAbsent, SplittableRandom random) {
    Kind outcome;
    try {
      if (ifAbsent) {
        appendIfAbsent(append);
      } else if (random.nextBoolean()) {
        appendInItsTransaction(append);
      } else {
        appendWithTheCommit(append);
      }
      outcome = Kind.OK;
    } catch (StoreException e) {
      outcome = e.outcome() == Outcome.UNKNOWN ? Kind.UNKNOWN : Kind.FAIL;
      complain(e);
    } catch (SQLException | RowpostException e) {
      outcome = Kind.FAIL;
      complain(e);
    } catch (Refusal e) {
      outcome = Kind.FAIL;
    }
    history.write(outcome, 0, append.key, 0, append.id, append.id.getLeastSignificantBits(), 0);
    return outcome;
  }

  private void complain(Exception e) {
    if (complains.compareAndSet(true, false)) {
      ChildControl.say(REFUSED + e.toString().replace('\n', ' '));
    }
  }

  private void appendInItsTransaction(Append append) throws SQLException {
    transactor.<Boolean, SQLException>inTransaction(
        tx -> {
          Payload payload = save(tx, append);
          outbox.append(tx, record(append.topic, payload, append.type));
          refuseIfAsked(append);
          return true;
        });
  }

  private void appendWithTheCommit(Append append) throws SQLException {
    outbox.<Payload, SQLException>executeWithOutbox(
        tx -> {
          Payload payload = save(tx, append);
          refuseIfAsked(append);
          return payload;
        },
        payload -> record(append.topic, payload, append.type));
  }

  /** Where the id is known, an earlier attempt has committed, with a number of its own. */
  private void appendIfAbsent(Append append) throws SQLException {
    transactor.<Boolean, SQLException>inTransaction(
        tx -> {
          Payload payload = begin(tx, append);
          if (!outbox.appendIfAbsent(tx, record(append.topic, payload, append.type))) {
            return false;
          }
          Ledger.save(tx, payload);
          refuseIfAsked(append);
          return true;
        });
  }

  private Payload save(Connection tx, Append append) throws SQLException {
    Payload payload = begin(tx, append);
    Ledger.save(tx, payload);
    return payload;
  }

  /** Written down before anything of it is in the database. */
  private Payload begin(Connection tx, Append append) throws SQLException {
    long number = Ledger.nextNumber(tx, append.key);
    Payload payload = Payload.of(append.id, append.key, number, append.filling);
    history.write(
        Kind.INVOKE,
        append.fate,
        append.key,
        number,
        append.id,
        append.id.getLeastSignificantBits(),
        payload.hash());
    return payload;
  }

  static OutboxRecord record(String topic, Payload payload, String type) {
    return OutboxRecord.to(topic)
        .id(payload.id())
        .key(payload.key())
        .type(type)
        .contentType(CONTENT_TYPE)
        .header(HASH, Long.toString(payload.hash()))
        .payload(payload.bytes())
        .build();
  }

  private static void refuseIfAsked(Append append) {
    if (append.refuse) {
      throw new Refusal();
    }
  }

  /** The business has changed its mind, and rolls back. */
  private static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refusal() {
      super("refused", null, false, false);
    }
  }
}
