package io.rowpost.verification;

import io.rowpost.core.Message;
import io.rowpost.core.MessagePublisher;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxRelay;
import io.rowpost.core.OutboxRelay.State;
import io.rowpost.core.RelayListener;
import io.rowpost.jdbc.JdbcOutboxStore;
import io.rowpost.kafka.KafkaBroker;
import io.rowpost.testservers.DirectDataSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A relay in a process of its own, to be killed.
 *
 * <p>Arguments: JDBC URL, user, password, Kafka bootstrap servers, {@code sound} or {@code
 * settle-first}. Commands on standard input: {@code arm} holds back the broker's next answer, so
 * that the parent can kill this process after the acknowledgement and before the settlement; the
 * end of the input ends the process. Lines on standard output: {@code STATE <state>}, {@code SENT
 * <id>} and {@code HELD <id>}.
 */
public final class RelayChild {
  private static final Duration LATE = Duration.ofMillis(700);

  private RelayChild() {}

  /** Runs until standard input ends. */
  public static void main(String[] arguments) throws IOException {
    var armed = new AtomicBoolean();
    boolean settleFirst = "settle-first".equals(arguments[4]);
    try (var broker =
            KafkaBroker.builder(arguments[3]).sendTimeout(Duration.ofMillis(1_800)).build();
        var relay =
            OutboxRelay.builder(
                    JdbcOutboxStore.builder(
                            new DirectDataSource(arguments[0], arguments[1], arguments[2]))
                        .build(),
                    settleFirst ? new SettleFirst(broker, armed) : new HoldBack(broker, armed))
                .lease(KillRun.LEASE)
                .pollInterval(KillRun.POLL)
                .listener(
                    new RelayListener() {
                      @Override
                      public void onState(State state) {
                        say("STATE " + state);
                      }

                      @Override
                      public void onSent(OutboxRecord record, Duration took) {
                        say("SENT " + record.id());
                      }
                    })
                .build()) {
      relay.start();
      say("STARTED");
      var commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = commands.readLine(); line != null; line = commands.readLine()) {
        armed.set("arm".equals(line));
      }
    }
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  /** The real broker, but for how it answers. */
  private abstract static class Tampering implements MessagePublisher {
    final KafkaBroker broker;
    final AtomicBoolean armed;

    Tampering(KafkaBroker broker, AtomicBoolean armed) {
      this.broker = broker;
      this.armed = armed;
    }

    @Override
    public void warmUp() {
      broker.warmUp();
    }

    @Override
    public Duration sendTimeout() {
      return broker.sendTimeout();
    }
  }

  /** One answer never reaches the relay. */
  private static final class HoldBack extends Tampering {
    HoldBack(KafkaBroker broker, AtomicBoolean armed) {
      super(broker, armed);
    }

    @Override
    public CompletionStage<Void> publish(Message message) {
      CompletionStage<Void> answer = broker.publish(message);
      if (!armed.compareAndSet(true, false)) {
        return answer;
      }
      var heldBack = new CompletableFuture<Void>();
      answer.whenComplete(
          (done, error) -> {
            if (error == null) {
              say("HELD " + message.id());
            } else {
              armed.set(true);
              heldBack.completeExceptionally(error);
            }
          });
      return heldBack;
    }
  }

  /** The planted bug: says that the broker has a record before it was given to it. */
  private static final class SettleFirst extends Tampering {
    private final ScheduledExecutorService later =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "later");
              thread.setDaemon(true);
              return thread;
            });

    SettleFirst(KafkaBroker broker, AtomicBoolean armed) {
      super(broker, armed);
    }

    @Override
    public CompletionStage<Void> publish(Message message) {
      if (armed.compareAndSet(true, false)) {
        ScheduledFuture<?> unused =
            later.schedule(
                () -> say("HELD " + message.id()), LATE.toMillis() / 2, TimeUnit.MILLISECONDS);
      }
      ScheduledFuture<?> unused =
          later.schedule(() -> send(message), LATE.toMillis(), TimeUnit.MILLISECONDS);
      return CompletableFuture.completedFuture(null);
    }

    private void send(Message message) {
      broker
          .publish(message)
          .whenComplete(
              (done, error) -> {
                if (error != null) {
                  later.execute(() -> send(message));
                }
              });
    }
  }
}
