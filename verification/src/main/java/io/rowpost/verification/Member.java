package io.rowpost.verification;

import io.rowpost.testservers.TcpProxy;
import java.time.Duration;

/**
 * A process of a run, with its own way to the database.
 *
 * @param process its number in the history
 */
record Member(int process, Child child, TcpProxy database) implements AutoCloseable {
  private static final Duration QUITS_WITHIN = Duration.ofSeconds(40);

  /** Ends it in order. */
  void quit() throws InterruptedException {
    child.say("quit");
    child.awaitEnd(QUITS_WITHIN);
    close();
  }

  void kill() throws InterruptedException {
    child.kill();
    close();
  }

  @Override
  public void close() {
    child.close();
    database.close();
  }
}
