package io.rowpost.verification;

import io.rowpost.core.EngineTime;
import io.rowpost.core.ExponentialBackoff;
import io.rowpost.core.MessagePublisher;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxRelay;
import io.rowpost.core.OutboxRelay.State;
import io.rowpost.core.RelayListener;
import io.rowpost.core.RowpostException;
import io.rowpost.jdbc.JdbcOutboxStore;
import io.rowpost.verification.Event.Kind;
import java.time.Duration;
import java.util.Map;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;

/**
 * A relay in a process of its own. Says {@code STATE s} whenever its state changes, and {@code
 * REFUSED why} if it will not begin; closes in order at {@code quit}.
 */
final class RelayChild {
  static final String REFUSED = "REFUSED ";

  private RelayChild() {}

  /** Runs until standard input ends; the arguments are a {@link Setup}. */
  public static void main(String[] arguments) {
    Setup setup = Setup.parse(arguments);
    run(setup, setup.dataSource(), publisher -> publisher, EngineTime.system());
  }

  /** Runs a relay, whose database, publisher and time may be wrong on purpose. */
  static void run(
      Setup setup, DataSource database, UnaryOperator<MessagePublisher> wrapped, EngineTime time) {
    try (HistoryWriter history = setup.openHistory();
        var broker = setup.broker();
        var relay =
            OutboxRelay.builder(
                    JdbcOutboxStore.builder(database)
                        .keepSent(setup.text(Setting.KEEP_SENT).equals("yes"))
                        .build(),
                    wrapped.apply(broker))
                .lease(setup.time(Setting.LEASE))
                .pollInterval(setup.time(Setting.POLL))
                .maxInFlight(setup.number(Setting.MAX_IN_FLIGHT))
                .retry(
                    ExponentialBackoff.builder()
                        .maxAttempts(setup.number(Setting.SEND_ATTEMPTS))
                        .initialDelay(setup.time(Setting.RETRY_DELAY))
                        .build())
                .retention(setup.time(Setting.RETENTION))
                .purgeInterval(setup.time(Setting.PURGE_INTERVAL))
                .time(time)
                .listener(new Watch(history))
                .build()) {
      var control = new ChildControl(Map.of());
      start(relay);
      control.obey();
    }
  }

  private static void start(OutboxRelay relay) {
    try {
      relay.start();
    } catch (RowpostException e) {
      ChildControl.say(REFUSED + e.code() + " " + e.toString().replace('\n', ' '));
      throw e;
    }
    ChildControl.say("STARTED");
  }

  private record Watch(HistoryWriter history) implements RelayListener {
    @Override
    public void onState(State state) {
      ChildControl.say("STATE " + state);
    }

    @Override
    public void onSent(OutboxRecord record, Duration took) {
      history.write(
          Kind.SENT, Payload.read(record.payload()), record.id().getLeastSignificantBits());
    }
  }
}
