package io.rowpost.verification;

import io.rowpost.testservers.Await;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A JVM of this class path as a child process: its lines, its input, its signals, its death. */
final class Child implements AutoCloseable {
  static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();

  private static final Duration OBEYS_WITHIN = Duration.ofSeconds(30);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final String STATE = "STATE ";
  private static final String HEAP = "HEAP ";

  private static final Duration DUMPS_WITHIN = Duration.ofSeconds(5);

  /** In the last line of a dump of all threads. */
  private static final String DUMP_ENDS = "JNI global refs";

  /** As our log writes them between thread and logger. */
  private static final List<String> TROUBLE = List.of(" WARN ", " ERROR ");

  private final Process process;
  private final Path log;
  private final Writer input;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private volatile String state = "";
  private final AtomicLong heap = new AtomicLong(Samples.ABSENT);
  private volatile CompletableFuture<Long> nextHeap = new CompletableFuture<>();

  /**
   * Dies with this JVM: the end of its standard input ends it. Without memory it ends too, as
   * services are told to, which could not be trusted any more.
   *
   * @param log of its warnings and errors
   * @param environment beside that of this JVM
   */
  Child(Class<?> main, Path log, List<String> arguments, Map<String, String> environment) {
    this.log = log;
    var command = new ArrayList<String>();
    command.add(JAVA);
    command.addAll(List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(
        List.of("-XX:+ExitOnOutOfMemoryError", "-Dorg.slf4j.simpleLogger.log.io.rowpost=warn"));
    // So that a dump of its threads goes to the log, and not among what it says.
    command.add("-XX:+DisplayVMOutputToStderr");
    command.addAll(ClassArchive.options());
    command.add(main.getName());
    command.addAll(arguments);
    var builder =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(new File(log.toString())));
    builder.environment().putAll(environment);
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    input = process.outputWriter(StandardCharsets.UTF_8);
    Thread reader = new Thread(this::read, "lines of " + process.pid());
    reader.setDaemon(true);
    reader.start();
  }

  private void read() {
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        if (line.startsWith(STATE)) {
          state = line.substring(STATE.length());
        } else if (line.startsWith(HEAP)) {
          long bytes = Long.parseLong(line.substring(HEAP.length()));
          heap.set(bytes);
          nextHeap.complete(bytes);
        } else {
          lines.add(line);
        }
      }
    } catch (IOException e) {
      lines.add("ENDED " + e);
    }
  }

  /** What it said last after the word STATE; empty before. */
  String state() {
    return state;
  }

  long pid() {
    return process.pid();
  }

  /** The answer to the last {@code heap}, told once; {@link Samples#ABSENT} if none has come. */
  long takeHeap() {
    return heap.getAndSet(Samples.ABSENT);
  }

  /** Gives a command and returns when it is obeyed. */
  void tell(String command) throws InterruptedException {
    say(command);
    await(("DID " + command)::equals, OBEYS_WITHIN);
  }

  /** Gives a command to one that may not live to obey it. */
  void say(String command) {
    try {
      input.write(command + "\n");
      input.flush();
    } catch (IOException e) {
      if (process.isAlive()) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** The next line of a kind; drops the others; fails after the limit, or when none can come. */
  String await(Predicate<String> wanted, Duration limit) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (System.nanoTime() - end < 0) {
      boolean alive = process.isAlive();
      @Nullable String line = lines.poll(LOOK_NANOS, TimeUnit.NANOSECONDS);
      if (line != null && wanted.test(line)) {
        return line;
      }
      if (line == null && !alive) {
        break;
      }
    }
    throw new IllegalStateException(
        "child %d (alive: %b, state: %s) said nothing of it; see its log %s"
            .formatted(process.pid(), process.isAlive(), state, log));
  }

  /** How many warnings and errors of Rowpost its log has by now. */
  long warnings() {
    return TROUBLE.stream().mapToLong(this::logged).sum();
  }

  private long logged(String text) {
    try (Stream<String> lines = Files.lines(log)) {
      return lines.filter(line -> line.contains(text)).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a collection leaves in its heap now, in MB, whoever else asks for it. */
  double heapMegabytes() {
    var next = new CompletableFuture<Long>();
    nextHeap = next;
    say("heap");
    return next.orTimeout(OBEYS_WITHIN.toSeconds(), TimeUnit.SECONDS).join() / 1e6;
  }

  /** Waits until it has ended by itself. */
  void awaitEnd(Duration limit) throws InterruptedException {
    if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new IllegalStateException("child " + process.pid() + " is still there");
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** SIGKILL; returns when the process is gone. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** SIGSTOP: the process stands still, whatever it was about to do. */
  void stop() throws InterruptedException {
    signal("STOP");
  }

  /** SIGCONT. */
  void resume() throws InterruptedException {
    signal("CONT");
  }

  /** Lets it write into its log what its threads do, if it is there and able to. */
  void dumpThreads() throws InterruptedException {
    resume();
    signal("QUIT");
    var unused = Await.until(DUMPS_WITHIN, () -> !process.isAlive() || logged(DUMP_ENDS) > 0);
  }

  /** Nothing to one that has ended. */
  private void signal(String name) throws InterruptedException {
    if (!process.isAlive()) {
      return;
    }
    try {
      var kill = new ProcessBuilder("kill", "-s", name, "" + process.pid()).inheritIO().start();
      if (kill.waitFor() != 0 && process.isAlive()) {
        throw new IllegalStateException("no signal " + name + " for child " + process.pid());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
