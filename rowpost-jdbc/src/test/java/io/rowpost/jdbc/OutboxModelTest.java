package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.InMemoryOutboxStore;
import io.rowpost.core.InMemoryTransactor;
import io.rowpost.core.Lease;
import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStore;
import io.rowpost.core.Settlement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The store in memory is the model: long random runs on a database must agree with it in every
 * answer. A seed that fails is printed and repeats exactly.
 */
@Tag("once")
class OutboxModelTest {
  private static final int STEPS = 300;
  private static final Duration HOUR = Duration.ofHours(1);

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void agreesWithTheStoreInMemoryOnEveryAnswer(Dialect dialect) throws SQLException {
    long first = 20_260_000L + dialect.folder().length();
    for (long seed = first; seed < first + Integer.getInteger("seeds", 40); seed += 10) {
      try (var database = Databases.create(dialect)) {
        Schema.install(database.dataSource());
        new Run(database, seed).run();
      }
    }
  }

  /** One random run on both. */
  private static final class Run {
    private final Databases database;
    private final long seed;
    private final Random random;
    private final boolean keepSent;
    private final MovingClock clock = new MovingClock();
    private final InMemoryTransactor memoryTransactor = new InMemoryTransactor();
    private final InMemoryOutboxStore model;
    private final JdbcOutboxStore store;
    private Lease modelLease;
    private Lease lease;
    private UUID owner;
    private final List<OutboxBatch.Entry> modelFlight = new ArrayList<>();
    private final List<OutboxBatch.Entry> flight = new ArrayList<>();
    private String step = "start";

    Run(Databases database, long seed) {
      this.database = database;
      this.seed = seed;
      this.random = new Random(seed);
      this.keepSent = random.nextBoolean();
      this.model =
          keepSent ? InMemoryOutboxStore.keepingSent(clock) : new InMemoryOutboxStore(clock);
      this.store = JdbcOutboxStore.builder(database.dataSource()).keepSent(keepSent).build();
      acquire();
    }

    void run() throws SQLException {
      for (int i = 0; i < STEPS; i++) {
        clock.now = clock.now.plusMillis(1);
        int choice = random.nextInt(100);
        if (choice < 35) {
          append();
        } else if (choice < 90) {
          turn();
        } else if (choice < 96) {
          hourPasses();
        } else {
          acquire();
        }
        assertThat(store.blockedKeys(lease, 1000))
            .as("blocked keys, seed %d, step %d: %s", seed, i, step)
            .isEqualTo(model.blockedKeys(modelLease, 1000));
        assertThat(store.probe(lease, 0))
            .as("probe, seed %d, step %d: %s", seed, i, step)
            .isEqualTo(model.probe(modelLease, 0));
      }
      store.release(lease);
    }

    private void append() throws SQLException {
      step = "append";
      var records = new ArrayList<OutboxRecord>();
      var modelRecords = new ArrayList<OutboxRecord>();
      for (int i = random.nextInt(6); i >= 0; i--) {
        var record = OutboxRecord.to("t" + random.nextInt(2)).type("T").payload("p" + i);
        int key = random.nextInt(5);
        record.id(new UUID(random.nextLong(), random.nextLong()));
        record.key(key == 0 ? null : "k" + key);
        // Each clock has its own hours; half an hour is far from every border.
        Duration wait = Duration.ofMinutes(60L * random.nextInt(3) - 30);
        boolean delayed = random.nextInt(5) == 0;
        modelRecords.add(record.availableAt(delayed ? clock.now.plus(wait) : null).build());
        records.add(record.availableAt(delayed ? Instant.now().plus(wait) : null).build());
      }
      boolean rollback = random.nextInt(10) == 0;
      var memory = memoryTransactor.begin();
      model.append(memory, modelRecords);
      try (var tx = database.dataSource().getConnection()) {
        tx.setAutoCommit(false);
        store.append(tx, records);
        if (rollback) {
          memoryTransactor.rollback(memory);
          tx.rollback();
        } else {
          memoryTransactor.commit(memory);
          tx.commit();
        }
        tx.setAutoCommit(true);
      }
    }

    private void turn() {
      var chosen = new ArrayList<Integer>();
      for (int i = 0; i < flight.size(); i++) {
        if (random.nextInt(3) > 0) {
          chosen.add(i);
        }
      }
      // As a relay does: what stands behind others of its key is settled after them.
      chosen.sort(Comparator.comparing(i -> isFromStream(flight.get(i))));
      var settled = new ArrayList<OutboxBatch.Settled>();
      var modelSettled = new ArrayList<OutboxBatch.Settled>();
      for (int i : chosen) {
        Settlement settlement = settlement(flight.get(i));
        settled.add(new OutboxBatch.Settled(flight.get(i), settlement));
        modelSettled.add(new OutboxBatch.Settled(modelFlight.get(i), settlement));
        if (random.nextInt(20) == 0) {
          settled.add(new OutboxBatch.Settled(flight.get(i), settlement));
          modelSettled.add(new OutboxBatch.Settled(modelFlight.get(i), settlement));
        }
      }
      chosen.sort(null);
      for (int i = chosen.size() - 1; i >= 0; i--) {
        flight.remove((int) chosen.get(i));
        modelFlight.remove((int) chosen.get(i));
      }
      int limit = random.nextInt(12);
      int newLimit = random.nextInt(limit + 1);
      int keyLimit = 1 + random.nextInt(5);
      long bytes = random.nextInt(4) == 0 ? 1 + random.nextInt(12) : 1 << 20;
      Duration renew = random.nextBoolean() ? HOUR : Duration.ZERO;
      OutboxBatch expected =
          model.settleAndFetch(
              modelLease,
              new OutboxStore.Turn(modelSettled, limit, newLimit, keyLimit, bytes, renew));
      OutboxBatch batch =
          store.settleAndFetch(
              lease, new OutboxStore.Turn(settled, limit, newLimit, keyLimit, bytes, renew));
      step = "turn " + limit + "/" + newLimit + "/" + keyLimit + " " + describe(modelSettled);

      assertThat(ids(batch)).as("entries, seed %d: %s", seed, step).isEqualTo(ids(expected));
      assertThat(batch.more()).as("more, seed %d: %s", seed, step).isEqualTo(expected.more());
      assertThat(batch.released())
          .as("released, seed %d: %s", seed, step)
          .isEqualTo(expected.released());
      flight.addAll(batch.entries());
      modelFlight.addAll(expected.entries());
    }

    private static boolean isFromStream(OutboxBatch.Entry entry) {
      return entry.origin() == OutboxBatch.Origin.NEW || entry.origin() == OutboxBatch.Origin.EARLY;
    }

    private Settlement settlement(OutboxBatch.Entry entry) {
      if (entry.origin() == OutboxBatch.Origin.EARLY) {
        return new Settlement.Waiting(Duration.ZERO, "early");
      }
      Duration delay = random.nextBoolean() ? Duration.ZERO : HOUR;
      return switch (random.nextInt(7)) {
        case 0 -> new Settlement.Waiting(delay, "waits");
        case 1, 2 -> new Settlement.Retry(delay, "error");
        case 3 -> new Settlement.Failed("failed", random.nextBoolean());
        default -> new Settlement.Sent();
      };
    }

    private void hourPasses() {
      if (flight.stream().anyMatch(entry -> entry.origin() == OutboxBatch.Origin.EARLY)) {
        // Its time is in flight with it, where no statement moves it.
        return;
      }
      step = "an hour passes";
      clock.now = clock.now.plus(HOUR).plusSeconds(1);
      String hour =
          switch (database.dialect()) {
            case H2 -> "DATEADD('SECOND', -3601, %s)";
            case POSTGRESQL -> "%s - interval '3601 seconds'";
            case MYSQL, MARIADB -> "%s - INTERVAL 3601 SECOND";
          };
      String earlier =
          "UPDATE {outbox_parked} SET next_attempt_at = " + hour.formatted("next_attempt_at");
      database.execute(earlier);
      database.execute("UPDATE {outbox} SET available_at = " + hour.formatted("available_at"));
    }

    private void acquire() {
      step = "acquire";
      UUID previous = owner;
      owner = new UUID(random.nextLong(), random.nextLong());
      var request = new Lease.Request("default", owner, HOUR, previous, null);
      Lease.Attempt expected = model.lease(request);
      Lease.Attempt attempt = store.lease(request);
      assertThat(attempt).as("lease, seed %d", seed).isEqualTo(expected);
      modelLease = ((Lease.Attempt.Granted) expected).lease();
      lease = ((Lease.Attempt.Granted) attempt).lease();
      flight.clear();
      modelFlight.clear();
    }

    private static List<String> ids(OutboxBatch batch) {
      return batch.entries().stream()
          .map(
              entry ->
                  entry.record().id()
                      + " "
                      + entry.origin()
                      + " attempts "
                      + entry.record().attempts()
                      + " "
                      + new String(
                          entry.record().payload(), java.nio.charset.StandardCharsets.UTF_8))
          .toList();
    }

    private static List<String> describe(List<OutboxBatch.Settled> settled) {
      return settled.stream()
          .map(s -> s.entry().position() + " " + s.entry().origin() + " " + s.settlement())
          .toList();
    }
  }

  private static final class MovingClock implements java.time.InstantSource {
    private Instant now = Instant.now();

    @Override
    public Instant instant() {
      return now;
    }
  }
}
