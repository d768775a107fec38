package io.rowpost.testkit;

import java.util.PriorityQueue;

/** The one time of a simulated world: it passes only when told to, and what is due then happens. */
final class SimTime {
  private final PriorityQueue<Timer> timers = new PriorityQueue<>();
  private long now;
  private long set;

  /** Nanoseconds since the world began. */
  long now() {
    return now;
  }

  /** Lets something happen when so many nanoseconds have passed. */
  void after(long nanos, Runnable action) {
    timers.add(new Timer(now + nanos, set++, action));
  }

  void pass(long nanos) {
    long until = now + nanos;
    for (Timer next = timers.peek(); next != null && next.at <= until; next = timers.peek()) {
      timers.remove();
      now = Math.max(now, next.at);
      next.action.run();
    }
    now = Math.max(now, until);
  }

  /** Nanoseconds until something happens by itself; very many if nothing will. */
  long untilNext() {
    Timer next = timers.peek();
    return next == null ? Long.MAX_VALUE : next.at - now;
  }

  private record Timer(long at, long number, Runnable action) implements Comparable<Timer> {
    @Override
    public int compareTo(Timer other) {
      int byTime = Long.compare(at, other.at);
      return byTime != 0 ? byTime : Long.compare(number, other.number);
    }
  }
}
