package io.rowpost.verification;

import io.rowpost.core.FaultPoint;
import io.rowpost.core.Message;
import io.rowpost.core.MessageHandler;
import io.rowpost.core.MessageListener;
import io.rowpost.jdbc.JdbcTransactor;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Consumers that are wrong on purpose. */
final class PlantedConsumer {
  private static final long LATE_MILLIS = 500;

  private PlantedConsumer() {}

  enum Bug {
    /** Handles whatever comes. */
    NO_INBOX,
    /** Looks whether a message has taken effect, then handles it, in two transactions. */
    CHECK_THEN_ACT,
    /** Tells the broker that messages are done, then handles them. */
    ACKNOWLEDGE_FIRST,
    /** Does not hear which messages a dead process had in its hands. */
    DEAF_TO_DEATHS
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
      Setup setup,
      JdbcTransactor transactor,
      int hop,
      MessageHandler<Connection, SQLException> handler) {
    MessageListener sound = ConsumerChild.withInbox(setup, transactor, hop, handler);
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

  private static MessageListener acknowledgeFirst(
      Setup setup,
      JdbcTransactor transactor,
      int hop,
      MessageHandler<Connection, SQLException> handler) {
    MessageListener sound = ConsumerChild.withInbox(setup, transactor, hop, handler);
    ScheduledExecutorService later = PlantedRelay.daemon();
    return messages -> {
      List<Message> kept = List.copyOf(messages);
      ScheduledFuture<?> unused =
          later.schedule(() -> sound.onMessages(kept), LATE_MILLIS, TimeUnit.MILLISECONDS);
      return List.of();
    };
  }
}
