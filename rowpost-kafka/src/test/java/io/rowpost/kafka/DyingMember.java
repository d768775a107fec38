package io.rowpost.kafka;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** A member of a group in a JVM of its own, which ends in the middle of its first delivery. */
final class DyingMember {
  private static final int DIED_AS_MEANT = 9;

  private DyingMember() {}

  /** Returns when it is dead; its session has not ended then. */
  static void subscribeAndDie(String bootstrapServers, String topic, String group) {
    try {
      int code =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-XX:+UseSerialGC",
                  "-cp",
                  System.getProperty("java.class.path"),
                  DyingMember.class.getName(),
                  bootstrapServers,
                  topic,
                  group)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor();
      if (code != DIED_AS_MEANT) {
        throw new IllegalStateException("the member ended with code " + code);
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The member itself. */
  public static void main(String[] args) throws InterruptedException {
    try (KafkaBroker broker =
        KafkaBroker.builder(args[0])
            .consumerProperty("session.timeout.ms", 1_500)
            .consumerProperty("heartbeat.interval.ms", 300)
            .build()) {
      broker.subscribe(
          args[1],
          args[2],
          messages -> {
            Runtime.getRuntime().halt(DIED_AS_MEANT);
            return messages;
          });
      new CountDownLatch(1).await();
    }
  }
}
