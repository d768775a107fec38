package scenario.order;

/** A relay of the demo: a thread of it, or a process of its own. */
interface StoryRelay extends AutoCloseable {
  /** Tells the relay that something was appended, if it can hear that. */
  void wakeUp();

  /**
   * Lets the relay finish what is in flight and release its lease, and returns when it has.
   *
   * <p>After one that died, or a second time, there is nothing to do.
   */
  @Override
  void close();
}
