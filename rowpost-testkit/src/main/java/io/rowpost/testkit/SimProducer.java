package io.rowpost.testkit;

import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.InMemoryTransactor;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.StoreException;
import io.rowpost.core.TransactionalOutbox;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An application that appends: in transactions that stay open, that are short, that it repeats when
 * their end is in doubt. One writer of a key at a time, as its row lock makes it.
 */
final class SimProducer extends SimActor {
  private final SimOutbox outbox;
  private final List<SimKey> keys;
  private final List<String> topics;
  private final SimRelay neighbour;
  private final InMemoryTransactor byHand = new InMemoryTransactor();

  private @Nullable TransactionalOutbox<InMemoryTransaction> appender;
  private @Nullable SimTransactor transactor;

  /** A transaction that stays open between steps. */
  private @Nullable InMemoryTransaction open;

  /** What is to be appended again, since nobody knows whether it was. */
  private @Nullable SimMessage inDoubt;

  SimProducer(
      SimWorld world,
      String name,
      SimOutbox outbox,
      List<SimKey> keys,
      List<String> topics,
      SimRelay neighbour) {
    super(world, name, SimFault.CRASHED_PRODUCER);
    this.outbox = outbox;
    this.keys = keys;
    this.topics = topics;
    this.neighbour = neighbour;
  }

  @Override
  void start(SimLife life) {
    transactor = new SimTransactor(life);
    appender =
        TransactionalOutbox.builder(new SimOutboxPort(outbox, life))
            .transactor(transactor)
            .wakeUp(this::wakeUp)
            .build();
  }

  private void wakeUp() {
    if (world.chance(!world.settings.sound, 300)) {
      world.fault(SimFault.WAKE_UP_LOST, -1);
    } else {
      neighbour.wakeUp();
    }
  }

  @Override
  void step() {
    if (open != null) {
      goOn(open);
    } else {
      try {
        inOneStep();
      } catch (StoreException e) {
        releaseKeys();
      }
    }
  }

  private void inOneStep() {
    if (inDoubt != null) {
      appendInDoubt(inDoubt);
      return;
    }
    switch (world.calm() ? 4 : world.random.nextInt(4)) {
      case 0 -> open = byHand.begin();
      case 1 -> appendSeveral();
      case 2 -> appendAsTheLastAct();
      case 3 -> {
        inDoubt = draw();
        if (inDoubt != null) {
          appendInDoubt(inDoubt);
        }
      }
      default -> {}
    }
  }

  /** Ends the open transaction, or appends one more. */
  private void goOn(InMemoryTransaction tx) {
    int act = world.calm() ? 0 : world.random.nextInt(10);
    if (act < 3) {
      open = null;
      byHand.commit(tx);
      releaseKeys();
    } else if (act == 3) {
      world.fault(SimFault.ROLLED_BACK, -1);
      abandon();
    } else {
      SimMessage message = draw();
      if (message != null) {
        try {
          append(tx, message);
        } catch (StoreException e) {
          abandon();
        }
      }
    }
  }

  private void appendSeveral() {
    transactor()
        .<Boolean, RuntimeException>inTransaction(
            tx -> {
              for (int i = world.random.nextInt(4); i >= 0; i--) {
                SimMessage message = draw();
                if (message != null) {
                  append(tx, message);
                }
              }
              return true;
            });
    releaseKeys();
  }

  private void appendAsTheLastAct() {
    SimMessage message = draw();
    if (message != null) {
      appender()
          .<Boolean, RuntimeException>executeWithOutbox(
              tx -> {
                world.ledger.appended(tx, message);
                return true;
              },
              nothing -> record(message));
      releaseKeys();
    }
  }

  /** Safe to repeat, whatever became of it before. */
  private void appendInDoubt(SimMessage message) {
    SimKey key = message.key;
    if (key != null && key.holder != null && key.holder != this) {
      return;
    }
    lock(key);
    transactor()
        .<Boolean, RuntimeException>inTransaction(
            tx -> {
              if (appender().appendIfAbsent(tx, record(message))) {
                world.ledger.appended(tx, message);
              } else {
                world.note(SimEvent.APPENDED_BEFORE, message.number);
              }
              return true;
            });
    inDoubt = null;
    releaseKeys();
    if (!message.committed) {
      throw world.violated("I-1", message + " is known to the outbox, and was never committed");
    }
  }

  private void append(InMemoryTransaction tx, SimMessage message) {
    world.ledger.appended(tx, message);
    appender().append(tx, record(message));
  }

  private OutboxRecord record(SimMessage message) {
    Instant due =
        message.delayed
            ? outbox.clock.instant().plusMillis(world.random.nextInt(5_000) - 1_000)
            : null;
    return message.record(due);
  }

  /** A new message of a key that nobody else writes to now, or of none; null if it has to wait. */
  private @Nullable SimMessage draw() {
    SimKey key = null;
    String topic = topics.get(world.random.nextInt(topics.size()));
    if (world.random.nextInt(8) > 0) {
      // Some keys are hot.
      int some = world.random.nextInt(keys.size());
      key = keys.get(Math.min(some, world.random.nextInt(keys.size())));
      if (key.holder != null && key.holder != this) {
        return null;
      }
      lock(key);
      topic = key.topic;
    }
    SimMessage message = world.ledger.draw(topic, key, null);
    message.drawPoison(world);
    message.tooLarge = world.chance(world.settings.brokerFails, 60);
    message.delayed = world.random.nextInt(12) == 0;
    return message;
  }

  private void lock(@Nullable SimKey key) {
    if (key != null) {
      key.holder = this;
    }
  }

  private void releaseKeys() {
    for (SimKey key : keys) {
      if (key.holder == this) {
        key.holder = null;
      }
    }
  }

  private void abandon() {
    InMemoryTransaction tx = open;
    open = null;
    if (tx != null) {
      byHand.rollback(tx);
    }
    releaseKeys();
  }

  /** A crash forgets what was in doubt too: only the outbox knows. */
  @Override
  void buried() {
    abandon();
    inDoubt = null;
  }

  boolean isIdle() {
    return open == null && inDoubt == null;
  }

  private TransactionalOutbox<InMemoryTransaction> appender() {
    if (appender == null) {
      throw new IllegalStateException(name + " has no outbox");
    }
    return appender;
  }

  private SimTransactor transactor() {
    if (transactor == null) {
      throw new IllegalStateException(name + " has no transactor");
    }
    return transactor;
  }
}
