package io.rowpost.verification;

import io.rowpost.core.FaultPoint;
import io.rowpost.core.Message;
import io.rowpost.core.MessageHandler;
import io.rowpost.core.MessageListener;
import io.rowpost.jdbc.JdbcTransactor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Consumers that are wrong on purpose. */
final class PlantedConsumer {
  private static final long LATE_MILLIS = 500;
  private static final int KEPT_BYTES = 1_000;
  private static final int MESSAGES_A_THREAD = 200;
  private static final AtomicLong TAKEN = new AtomicLong();
  private static final Queue<Object> KEPT = new ConcurrentLinkedQueue<>();

  private PlantedConsumer() {}

  enum Bug {
    /** Handles whatever comes. */
    NO_INBOX,
    /** Looks whether a message has taken effect, then handles it, in two transactions. */
    CHECK_THEN_ACT,
    /** Tells the broker that messages are done, then handles them. */
    ACKNOWLEDGE_FIRST,
    /** Does not hear which messages a dead process had in its hands. */
    DEAF_TO_DEATHS,
    /** Keeps a part of what it gets, and now and then a thread and an open file. */
    LEAKS
  }

  public static void main(String[] arguments) {
    Setup setup = Setup.parse(arguments);
    switch (Bug.valueOf(setup.text(Setting.BUG))) {
      case NO_INBOX ->
          ConsumerChild.run(
              setup,
              (same, transactor, hop, handler) ->
                  messages -> {
                    for (Message message : messages) {
                      act(transactor, handler, message);
                    }
                    return List.of();
                  });
      case CHECK_THEN_ACT -> ConsumerChild.run(setup, PlantedConsumer::checkThenAct);
      case ACKNOWLEDGE_FIRST -> ConsumerChild.run(setup, PlantedConsumer::acknowledgeFirst);
      case DEAF_TO_DEATHS -> ConsumerChild.run(setup, PlantedConsumer::deafToDeaths);
      case LEAKS -> ConsumerChild.run(setup, PlantedConsumer::leaking);
    }
  }

  private static void act(
      JdbcTransactor transactor, MessageHandler<Connection, SQLException> handler, Message message)
      throws SQLException {
    transactor.<Boolean, SQLException>inTransaction(
        tx -> {
          handler.handle(tx, message);
          return true;
        });
  }

  private static MessageListener checkThenAct(
      Setup setup,
      JdbcTransactor transactor,
      int hop,
      MessageHandler<Connection, SQLException> handler) {
    return messages -> {
      for (Message message : messages) {
        Payload payload = Payload.read(message.payload());
        long effects =
            transactor.<Long, SQLException>inTransaction(
                tx -> Ledger.effects(tx, payload.id(), hop));
        // Where an inbox holds its claim, this one holds nothing.
        FaultPoint.INBOX_HANDLER_DONE.pass();
        if (effects == 0) {
          act(transactor, handler, message);
        }
      }
      return List.of();
    };
  }

  private static MessageListener deafToDeaths(
      Setup setup, JdbcTransactor transactor, int hop, ConsumerChild service) {
    MessageListener sound = ConsumerChild.withInbox(setup, transactor, hop, service);
    return messages ->
        sound.onMessages(messages.stream().map(PlantedConsumer::unsuspected).toList());
  }

  private static Message unsuspected(Message m) {
    return new Message(
        m.id(),
        m.topic(),
        m.key(),
        m.type(),
        m.source(),
        m.contentType(),
        m.headers(),
        m.traceparent(),
        m.time(),
        m.payload());
  }

  private static MessageListener leaking(
      Setup setup, JdbcTransactor transactor, int hop, ConsumerChild service) {
    MessageListener sound = ConsumerChild.withInbox(setup, transactor, hop, service);
    return messages -> {
      for (int i = 0; i < messages.size(); i++) {
        KEPT.add(new byte[KEPT_BYTES]);
        if (TAKEN.incrementAndGet() % MESSAGES_A_THREAD == 0) {
          keepThreadAndFile();
        }
      }
      return sound.onMessages(messages);
    };
  }

  private static void keepThreadAndFile() {
    Thread thread = new Thread(LockSupport::park, "leak");
    thread.setDaemon(true);
    thread.start();
    try {
      KEPT.add(new FileInputStream("/proc/self/status"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static MessageListener acknowledgeFirst(
      Setup setup, JdbcTransactor transactor, int hop, ConsumerChild service) {
    MessageListener sound = ConsumerChild.withInbox(setup, transactor, hop, service);
    ScheduledExecutorService later = PlantedRelay.daemon();
    return messages -> {
      List<Message> kept = List.copyOf(messages);
      ScheduledFuture<?> unused =
          later.schedule(() -> sound.onMessages(kept), LATE_MILLIS, TimeUnit.MILLISECONDS);
      return List.of();
    };
  }
}
