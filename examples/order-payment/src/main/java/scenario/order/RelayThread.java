package scenario.order;

import io.rowpost.core.MessageBroker;
import io.rowpost.core.OutboxRelay;
import io.rowpost.jdbc.JdbcOutboxStore;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * A relay inside this process.
 *
 * <p>It dies as far as a thread can: it is driven by hand, and from then on nobody drives it any
 * more. So it settles nothing, renews nothing and releases nothing, and its lease runs out.
 */
final class RelayThread implements StoryRelay, FaultyPublisher.Observer {
  private static final Duration POLL_INTERVAL = Duration.ofMillis(50);

  private final String name;
  private final Journal journal;
  private final OutboxRelay relay;
  private final Thread driver = new Thread(this::drive);
  private volatile boolean dead;

  RelayThread(String name, Servers.Premises premises, long crashAt, Journal journal) {
    this.name = name;
    this.journal = journal;
    MessageBroker broker = premises.broker();
    // A store of its own: each serves one relay.
    var store = JdbcOutboxStore.builder(premises.orderDatabase()).build();
    this.relay =
        OutboxRelay.builder(store, new FaultyPublisher(broker, crashAt, this))
            .lease(lease(broker))
            .pollInterval(POLL_INTERVAL)
            .build();
    if (crashAt == 0) {
      relay.start();
    } else {
      driver.setDaemon(true);
      driver.start();
    }
  }

  /** As short as the broker's send timeout allows, with a margin: stories are read by people. */
  private static Duration lease(MessageBroker broker) {
    return broker.sendTimeout().multipliedBy(5).dividedBy(2);
  }

  private void drive() {
    while (!dead) {
      if (relay.pollAndPublish().settled() == 0 && !dead) {
        LockSupport.parkNanos(this, POLL_INTERVAL.toNanos());
      }
    }
  }

  @Override
  public void sent(long order) {
    journal.sent(name, order);
  }

  @Override
  public void cut(long order) {
    dead = true;
    // It may be waiting for the acknowledgement that never comes.
    driver.interrupt();
    journal.relayCrashed("relay " + name + " CRASHED (simulated)", order);
  }

  @Override
  public void wakeUp() {
    relay.wakeUp();
    LockSupport.unpark(driver);
  }

  @Override
  public void close() {
    if (!dead) {
      dead = true;
      journal.relayStops();
      relay.close();
      journal.relayStopped("relay " + name + " was told to stop");
    }
  }
}
