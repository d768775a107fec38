package io.rowpost.verification;

import io.rowpost.core.FaultPoint;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A child's side of its life: commands on standard input, a line each, until that ends.
 *
 * <p>{@code halt POINT n} ends the process at the n-th passage from now of a {@link FaultPoint}, as
 * abruptly as a SIGKILL but exactly there. {@code hold POINT n} stops the thread that passes, says
 * {@code AT POINT}, and waits for {@code go}. {@code clock} makes it say {@code CLOCK millis},
 * {@code heap} is answered by {@code HEAP bytes}. Other commands are the child's own.
 */
final class ChildControl {
  /** What a shell reports of a process that was killed. */
  private static final int KILLED = 128 + 9;

  private final Map<String, Consumer<String>> commands;
  private final Semaphore go = new Semaphore(0);
  private volatile @Nullable Order order;

  private record Order(FaultPoint point, AtomicInteger passages, boolean halt) {}

  /**
   * Watches all points from now on.
   *
   * @param commands what to do with the rest of the line, by its first word
   */
  ChildControl(Map<String, Consumer<String>> commands) {
    this.commands = commands;
    FaultPoint.watch(this::passed);
  }

  static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private void passed(FaultPoint point) {
    Order current = order;
    if (current == null || current.point != point || current.passages.decrementAndGet() != 0) {
      return;
    }
    if (current.halt) {
      Runtime.getRuntime().halt(KILLED);
    }
    say("AT " + point);
    go.acquireUninterruptibly();
  }

  /** Obeys until the parent is gone, or says {@code quit}. */
  void obey() {
    try (var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine();
          line != null && !line.equals("quit");
          line = lines.readLine()) {
        obey(line);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void obey(String line) {
    String[] words = line.split(" ", -1);
    switch (words[0]) {
      case "halt", "hold" ->
          order =
              new Order(
                  FaultPoint.valueOf(words[1]),
                  new AtomicInteger(Integer.parseInt(words[2])),
                  words[0].equals("halt"));
      case "go" -> go.release();
      case "clock" -> say("CLOCK " + System.currentTimeMillis());
      case "heap" -> {
        say("HEAP " + liveBytes());
        return;
      }
      default -> {
        Consumer<String> command = commands.get(words[0]);
        if (command == null) {
          throw new IllegalArgumentException(line);
        }
        command.accept(line.substring(words[0].length()).strip());
      }
    }
    say("DID " + line);
  }

  /** What is left after a collection: all else would be garbage of an unknown age. */
  private static long liveBytes() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
