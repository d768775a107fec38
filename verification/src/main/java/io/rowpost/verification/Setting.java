package io.rowpost.verification;

/** What a child process is told at its start; durations in milliseconds. */
enum Setting {
  URL(""),
  USER(""),
  PASSWORD(""),
  BOOTSTRAP_SERVERS(""),
  /** The topics are this and the number of the hop. */
  TOPIC("faults"),
  HOPS("3"),
  /** Where histories are written. */
  FOLDER(""),
  /** The number of the process in its history. */
  PROCESS("0"),
  SEED("1"),

  /** "yes": each process has a wall clock of its own, which may be set. */
  OWN_CLOCKS("no"),

  /** A planted bug, by name; none in a sound process. */
  BUG("none"),

  // The application.
  THREADS("2"),
  KEYS("16"),
  /** Appends a second, of all threads together: so few that two slow cores have time left. */
  RATE("60"),
  /** Of so many appends, one is rolled back. */
  ROLLBACK_EVERY("20"),
  /** "yes": every other append is one by appendIfAbsent, and again after an unknown outcome. */
  RETRY_UNKNOWN("no"),

  // The relay.
  LEASE("2000"),
  POLL("100"),
  SEND_TIMEOUT("900"),
  MAX_IN_FLIGHT("50"),
  /** After so many a record is given up. */
  SEND_ATTEMPTS("10"),
  /** Before the second attempt; it doubles from then on. */
  RETRY_DELAY("1000"),
  /** How long sent records are kept. */
  RETENTION("86400000"),
  PURGE_INTERVAL("60000"),
  /** "yes": in the row layout too, sent records stay until a purge. */
  KEEP_SENT("no"),

  // The consumers.
  /** How many there are; if none, what is published is all that is judged. */
  CONSUMERS("2"),
  SESSION_TIMEOUT("1500"),
  MAX_ATTEMPTS("5"),
  /** For a handler and its commit; what hangs is cut off here. */
  HANDLER_TIMEOUT("1000"),
  /** Of so many messages, one fails the first time that a process sees it. */
  FAIL_EVERY("50");

  private final String standard;

  Setting(String standard) {
    this.standard = standard;
  }

  String standard() {
    return standard;
  }
}
