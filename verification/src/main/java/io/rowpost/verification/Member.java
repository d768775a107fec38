package io.rowpost.verification;

import io.rowpost.testservers.TcpProxy;
import java.time.Duration;
import java.util.List;

/**
 * A process of a run, with its own way to the database.
 *
 * @param process its number in the history
 */
record Member(int process, Child child, TcpProxy database) implements AutoCloseable {
  private static final Duration QUITS_WITHIN = Duration.ofSeconds(40);

  /** Ends it in order. */
  void quit() throws InterruptedException {
    quit(List.of(this));
  }

  /** Ends all of them in order, and at the same time. */
  static void quit(List<Member> members) throws InterruptedException {
    members.forEach(Member::askToQuit);
    for (Member member : members) {
      member.awaitEnd();
    }
  }

  /** Lets it begin to end in order. */
  void askToQuit() {
    child.say("quit");
  }

  /** Returns when one that was asked to is gone. */
  void awaitEnd() throws InterruptedException {
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
