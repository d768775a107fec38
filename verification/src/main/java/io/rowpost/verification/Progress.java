package io.rowpost.verification;

import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.StoreException;
import io.rowpost.jdbc.JdbcOutboxStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Tells on the terminal how a long run gets on. */
final class Progress implements AutoCloseable {
  private static final Duration PERIOD = Duration.ofSeconds(30);

  private final FaultScene scene;
  private final OutboxAdmin outbox;
  private final long start = System.nanoTime();
  private final CountDownLatch closed = new CountDownLatch(1);

  /** Begins. */
  Progress(FaultScene scene) {
    this.scene = scene;
    this.outbox = JdbcOutboxStore.builder(scene.tables().dataSource()).build().admin();
    Thread thread = new Thread(this::loop, "progress");
    thread.setDaemon(true);
    thread.start();
  }

  private void loop() {
    try {
      while (!closed.await(PERIOD.toNanos(), TimeUnit.NANOSECONDS)) {
        tell();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Tells at once. */
  void tell() {
    long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
    System.out.printf(
        Locale.ROOT,
        "%d:%02d:%02d  %d strikes  %,d events  %s%n",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        scene.strikes(),
        events(),
        outbox());
  }

  private long events() {
    try (Stream<Path> files = Files.list(scene.folder())) {
      long bytes = 0;
      for (Path file : files.filter(History::isOne).toList()) {
        bytes += Files.size(file);
      }
      return bytes / Event.BYTES;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String outbox() {
    try {
      OutboxAdmin.Counts counts = outbox.counts();
      Duration age = outbox.oldestPendingAge().orElse(Duration.ZERO);
      return String.format(
          Locale.ROOT,
          "%d pending, for %.1f s at most  %d failed",
          counts.pending(),
          age.toMillis() / 1e3,
          counts.failed());
    } catch (StoreException away) {
      return "the database is away";
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
