package io.rowpost.testservers;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Closes what is still open when the JVM exits, the youngest first.
 *
 * <p>One shutdown hook for all: the JVM runs hooks at the same time, and a database must be dropped
 * before its server stops.
 */
final class AtExit {

  private static final Deque<AutoCloseable> OPEN = new ArrayDeque<>();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(AtExit::closeAll, "rowpost-test-servers-exit"));
  }

  private AtExit() {}

  static void close(AutoCloseable resource) {
    synchronized (OPEN) {
      OPEN.push(resource);
    }
  }

  static void forget(AutoCloseable resource) {
    synchronized (OPEN) {
      OPEN.removeIf(open -> open == resource);
    }
  }

  private static void closeAll() {
    for (AutoCloseable next = youngest(); next != null; next = youngest()) {
      try {
        next.close();
      } catch (Exception e) {
        System.err.println("Not closed at exit: " + next + ": " + e);
      }
    }
  }

  private static AutoCloseable youngest() {
    synchronized (OPEN) {
      return OPEN.poll();
    }
  }
}
