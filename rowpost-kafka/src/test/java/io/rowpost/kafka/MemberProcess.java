package io.rowpost.kafka;

import io.rowpost.core.Message;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A member of a group in a JVM of its own, which may be stopped and killed. */
final class MemberProcess implements AutoCloseable {
  private final Path effects;
  private final Process process;

  private MemberProcess(Path effects, Process process) {
    this.effects = effects;
    this.process = process;
  }

  /** Starts a member that takes some milliseconds for each message. */
  static MemberProcess start(
      Path folder, String bootstrapServers, String topic, String group, int millisPerMessage)
      throws IOException {
    Path effects = Files.createTempFile(folder, "effects", ".txt");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                MemberProcess.class.getName(),
                bootstrapServers,
                topic,
                group,
                Integer.toString(millisPerMessage),
                effects.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("member.log").toFile())
            .start();
    return new MemberProcess(effects, process);
  }

  /** What it has done so far: wall-clock microseconds, key, label. */
  List<Effect> effects() {
    try {
      String text = Files.readString(effects);
      // The last line may be half written when the process is killed.
      return text.substring(0, text.lastIndexOf('\n') + 1).lines().map(Effect::parse).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void stop() throws IOException, InterruptedException {
    signal("-STOP");
  }

  void goOn() throws IOException, InterruptedException {
    signal("-CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    int code = new ProcessBuilder("kill", name, Long.toString(process.pid())).start().waitFor();
    if (code != 0) {
      throw new IllegalStateException("kill " + name + " ended with " + code);
    }
  }

  /** SIGKILL; returns when it is gone. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /** One message that was handled. */
  record Effect(long micros, String key, String label) {
    static Effect of(Message message) {
      var now = Instant.now();
      return new Effect(
          TimeUnit.SECONDS.toMicros(now.getEpochSecond()) + now.getNano() / 1000,
          String.valueOf(message.key()),
          new String(message.payload(), StandardCharsets.UTF_8));
    }

    static Effect parse(String line) {
      String[] parts = line.split(" ", 3);
      return new Effect(Long.parseLong(parts[0]), parts[1], parts[2]);
    }

    @Override
    public String toString() {
      return micros + " " + key + " " + label;
    }
  }

  /** The member itself. */
  public static void main(String[] args) throws Exception {
    Path effects = Path.of(args[4]);
    long millisPerMessage = Long.parseLong(args[3]);
    var never = new CountDownLatch(1);
    try (KafkaBroker broker =
        KafkaBroker.builder(args[0])
            .maxPoll(50)
            .consumerProperty("session.timeout.ms", 1_500)
            .consumerProperty("heartbeat.interval.ms", 300)
            .build()) {
      broker.subscribe(
          args[1],
          args[2],
          messages -> {
            for (Message message : messages) {
              Files.writeString(effects, Effect.of(message) + "\n", StandardOpenOption.APPEND);
              var unused = never.await(millisPerMessage, TimeUnit.MILLISECONDS);
            }
            return List.of();
          });
      never.await();
    }
  }
}
