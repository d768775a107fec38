package io.rowpost.verification;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxProcessor.BatchResult;
import io.rowpost.core.Message;
import io.rowpost.core.MessageBroker.Subscription;
import io.rowpost.core.MessageHandler;
import io.rowpost.core.MessageListener;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.jdbc.JdbcInboxStore;
import io.rowpost.jdbc.JdbcOutboxStore;
import io.rowpost.jdbc.JdbcTransactor;
import io.rowpost.kafka.KafkaBroker;
import io.rowpost.verification.Event.Kind;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/**
 * The services of the chain in a process of their own: each takes a hop's messages in, writes an
 * effect, and appends the message of the next hop, all in one transaction.
 *
 * <p>A message whose type is not {@link ApplicationChild#PLAIN} is handled as badly as {@link
 * Poison} says.
 */
final class ConsumerChild implements MessageHandler<Connection, SQLException> {
  private final Setup setup;
  private final HistoryWriter history;
  private final TransactionalOutbox<Connection> outbox =
      TransactionalOutbox.builder(JdbcOutboxStore.appendOnly().build()).build();
  private final Set<Payload> failedOnce = ConcurrentHashMap.newKeySet();

  /** What a handler may do to its process. */
  enum Poison {
    THROWS {
      @Override
      void act() {
        throw new IllegalStateException("this message cannot be handled");
      }
    },
    HANGS {
      @Override
      void act() {
        try {
          new CountDownLatch(1).await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    },
    OVERFLOWS {
      @Override
      @SuppressWarnings("InfiniteRecursion") // until the stack is full
      void act() {
        act();
      }
    },
    EXHAUSTS_MEMORY(true) {
      @Override
      void act() {
        Object[] all = {};
        while (true) {
          all = new Object[] {all, new byte[1 << 20]};
        }
      }
    },
    EXITS(true) {
      @Override
      void act() {
        System.exit(1);
      }
    };

    /** Whether the process ends by it. */
    final boolean deadly;

    Poison() {
      this(false);
    }

    Poison(boolean deadly) {
      this.deadly = deadly;
    }

    abstract void act();
  }

  private ConsumerChild(Setup setup, HistoryWriter history) {
    this.setup = setup;
    this.history = history;
  }

  /** Runs until standard input ends; the arguments are a {@link Setup}. */
  public static void main(String[] arguments) {
    run(Setup.parse(arguments), ConsumerChild::withInbox);
  }

  /** How a service makes a listener of its handler. */
  interface Way {
    MessageListener listener(
        Setup setup, JdbcTransactor transactor, int hop, ConsumerChild service);
  }

  static MessageListener withInbox(
      Setup setup, JdbcTransactor transactor, int hop, ConsumerChild service) {
    InboxProcessor<Connection> inbox =
        InboxProcessor.builder(
                JdbcInboxStore.builder(setup.pool(2)).build(), transactor, consumer(hop))
            .maxAttempts(setup.number(Setting.MAX_ATTEMPTS))
            .build();
    return messages -> {
      BatchResult result = inbox.processAll(messages, service);
      // Before the acknowledgement: what is acknowledged has been counted.
      service.absorbed(hop, result.duplicates());
      return result.redeliver();
    };
  }

  private void absorbed(int hop, int duplicates) {
    if (duplicates > 0) {
      history.write(Kind.ABSORBED, hop, 0, duplicates, Event.NO_ID, 0, 0);
    }
  }

  static String consumer(int hop) {
    return "service-" + hop;
  }

  /** The name of a run's group at a hop, in Kafka. */
  static String group(Setup setup, int hop) {
    return setup.text(Setting.TOPIC) + "-" + consumer(hop);
  }

  /** Runs services, which may take messages in the wrong way on purpose. */
  static void run(Setup setup, Way way) {
    var transactor =
        new JdbcTransactor(setup.pool(2 * setup.number(Setting.HOPS)))
            .timeout(setup.time(Setting.HANDLER_TIMEOUT));
    try (HistoryWriter history = setup.openHistory();
        KafkaBroker broker = setup.broker()) {
      var handler = new ConsumerChild(setup, history);
      var control = new ChildControl(Map.of());
      var subscriptions = new ArrayList<Subscription>();
      for (int hop = 0; hop < setup.number(Setting.HOPS); hop++) {
        subscriptions.add(
            broker.subscribe(
                setup.topic(hop),
                group(setup, hop),
                way.listener(setup, transactor, hop, handler)));
      }
      ChildControl.say("STARTED");
      control.obey();
      subscriptions.parallelStream().forEach(Subscription::close);
    }
  }

  @Override
  public void handle(Connection tx, Message message) throws SQLException {
    Payload payload = Payload.read(message.payload());
    history.write(Kind.ENTER, payload, 0);
    Ledger.effect(tx, payload);
    if (payload.hop() + 1 < setup.number(Setting.HOPS)) {
      Payload next = payload.next();
      String topic = setup.topic(next.hop());
      outbox.append(tx, List.of(ApplicationChild.record(topic, next, ApplicationChild.PLAIN)));
    }
    // With all of it written, so that a rollback has something to undo.
    if (!message.type().equals(ApplicationChild.PLAIN)) {
      Poison.valueOf(message.type()).act();
    }
    // What comes from a dead process does not: each of a row of deaths would be a first time.
    if (!message.redelivered()
        && Math.floorMod(payload.hash(), setup.number(Setting.FAIL_EVERY)) == 0
        && failedOnce.add(payload)) {
      throw new IllegalStateException("the first time it fails");
    }
    history.write(Kind.EXIT, payload, 0);
  }
}
