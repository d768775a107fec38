package io.rowpost.verification;

import io.rowpost.core.Lease;
import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxStore.Turn;
import io.rowpost.core.Settlement;
import io.rowpost.core.StoreException;
import io.rowpost.jdbc.JdbcOutboxStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Reads an outbox as a relay does, but with pages of every size, settling out of turn, and starting
 * again at any point: each time as a new owner, on a connection of its own. For one thread.
 */
final class RaceReader implements AutoCloseable {
  private static final Settlement SENT = new Settlement.Sent();
  private static final int MOST_IN_FLIGHT = 3000;

  private final DataSource dataSource;
  private final RaceAudit audit = new RaceAudit();
  private final List<Entry> inFlight = new ArrayList<>();
  private final Random random;
  private JdbcOutboxStore store;
  private @Nullable Lease lease;
  private boolean more;

  RaceReader(DataSource dataSource, long seed) {
    this.dataSource = dataSource;
    this.random = new Random(seed);
    this.store = JdbcOutboxStore.builder(dataSource).build();
  }

  /** Reads a page and settles some of what is in flight; returns how many rows came. */
  int turn() {
    Lease held = lease();
    Collections.shuffle(inFlight, random);
    int settling =
        inFlight.size() > MOST_IN_FLIGHT || random.nextInt(3) == 0
            ? inFlight.size()
            : random.nextInt(inFlight.size() + 1);
    List<Entry> now = inFlight.subList(0, settling);
    List<Settled> settled = now.stream().map(entry -> new Settled(entry, SENT)).toList();
    int limit = RaceWriters.pageSize();
    OutboxBatch batch =
        store.settleAndFetch(
            held, new Turn(settled, limit, limit, limit, byteLimit(), Duration.ZERO));
    List<Entry> entries = batch.entries();
    more = batch.more();
    now.clear();
    for (Entry entry : entries) {
      audit.read(String.valueOf(entry.record().key()), number(entry));
      inFlight.add(entry);
    }
    return entries.size();
  }

  /** Of some pages less than was asked for: such a page is no complete one. */
  private long byteLimit() {
    return random.nextInt(8) == 0 ? 1 + random.nextInt(1_000) : Long.MAX_VALUE;
  }

  /** Whether the last turn has more to read; one that looks for a beginning brings nothing yet. */
  boolean hasMore() {
    return more;
  }

  /** Looks as an idle relay does. */
  boolean probe() {
    return store.probe(lease(), 0);
  }

  private Lease lease() {
    Lease held = lease;
    while (held == null) {
      Lease.Attempt attempt =
          store.lease(
              new Lease.Request("race", UUID.randomUUID(), Duration.ofMillis(500), null, null));
      if (attempt instanceof Lease.Attempt.Granted granted) {
        held = granted.lease();
        lease = held;
      }
    }
    return held;
  }

  /**
   * Dies and starts again: nothing that it knew is left.
   *
   * @param inOrder gives its lease up first
   */
  void restart(boolean inOrder) {
    Lease held = lease;
    if (inOrder && held != null) {
      store.release(held);
    }
    store.close();
    for (Entry entry : inFlight) {
      audit.mayRepeat(String.valueOf(entry.record().key()), number(entry));
    }
    inFlight.clear();
    lease = null;
    store = JdbcOutboxStore.builder(dataSource).build();
  }

  /** Goes on over a server that went away. */
  int turnOrRestart() {
    try {
      return turn();
    } catch (StoreException e) {
      restart(false);
      return 0;
    }
  }

  private static long number(Entry entry) {
    return Long.parseLong(new String(entry.record().payload(), StandardCharsets.UTF_8));
  }

  RaceAudit audit() {
    return audit;
  }

  @Override
  public void close() {
    store.close();
  }
}
