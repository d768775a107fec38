package io.rowpost.verification;

import io.rowpost.core.EngineTime;
import io.rowpost.core.MessagePublisher;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxRelay;
import io.rowpost.core.OutboxRelay.State;
import io.rowpost.core.RelayListener;
import io.rowpost.jdbc.JdbcOutboxStore;
import io.rowpost.verification.Event.Kind;
import java.time.Duration;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * A relay in a process of its own. Says {@code STATE s} whenever its state changes; closes in order
 * at {@code quit}.
 */
final class RelayChild {
  private RelayChild() {}

  /** Runs until standard input ends; the arguments are a {@link Setup}. */
  public static void main(String[] arguments) {
    run(Setup.parse(arguments), publisher -> publisher, EngineTime.system());
  }

  /** Runs a relay, whose publisher and time may be wrong on purpose. */
  static void run(Setup setup, UnaryOperator<MessagePublisher> wrapped, EngineTime time) {
    try (HistoryWriter history = setup.openHistory();
        var broker = setup.broker();
        var relay =
            OutboxRelay.builder(
                    JdbcOutboxStore.builder(setup.dataSource()).build(), wrapped.apply(broker))
                .lease(setup.time(Setting.LEASE))
                .pollInterval(setup.time(Setting.POLL))
                .maxInFlight(setup.number(Setting.MAX_IN_FLIGHT))
                .time(time)
                .listener(new Watch(history))
                .build()) {
      var control = new ChildControl(Map.of());
      relay.start();
      ChildControl.say("STARTED");
      control.obey();
    }
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
