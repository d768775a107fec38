package io.rowpost.verification;

import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * What somebody did or saw: one line of a history, always {@value #BYTES} bytes.
 *
 * @param hop how far along the chain of messages, 0 for what the application appends
 * @param process who wrote it down; 0 is the process that leads the run
 * @param key the unit of order
 * @param nanos the monotonic clock, which all processes of a Linux machine share
 * @param wallMillis the process's own clock
 * @param number of the message under its key, given under the key's row lock
 * @param id of the message at hop 0, which all messages that follow from it carry along
 * @param message the low half of the message's own id
 * @param hash of the message's bytes
 */
record Event(
    Kind kind,
    int hop,
    int process,
    int key,
    long nanos,
    long wallMillis,
    long number,
    UUID id,
    long message,
    long hash) {
  static final int BYTES = 64;
  static final UUID NO_ID = new UUID(0, 0);

  /** What happened. */
  enum Kind {
    /**
     * The application is about to append. At hop {@link #POISON}: what no handler can handle. At
     * hop {@link #OVERSIZED}: what no topic takes.
     */
    INVOKE,
    /** Its transaction has committed. */
    OK,
    /** Its transaction has not committed. */
    FAIL,
    /** It cannot tell. An INVOKE that nothing follows means the same. */
    UNKNOWN,

    /** A relay was told that the broker has a message. */
    SENT,
    /** An independent reader found a message in its topic. */
    PUBLISHED,
    /** A handler begins. */
    ENTER,
    /** A handler returns; its transaction may still fail. */
    EXIT,
    /** An inbox has told how many of the messages it got were duplicates: the number. */
    ABSORBED,

    /** Read at the end: a row that the application saved together with an append. */
    SAVED,
    /** Read at the end: an effect, per hop and key in the order of their commits. */
    EFFECT,
    /** Read at the end: a message that stands as FAILED, in the outbox or in an inbox. */
    PARKED,
    /** Read at the end: a message that an operator has given up for good. */
    DISCARDED,
    /** Read at the end: a message that is still to be sent. */
    OPEN,
    /** Read at the end: a state that went backwards. The number is its row in that list. */
    REGRESS,
    /** A figure that Rowpost told of itself: see {@link Metric}. */
    METRIC,

    /** A fault begins: see {@link Mark}. */
    FAULT_BEGINS,
    /** The cause of it is gone: see {@link Mark}. */
    FAULT_ENDS,
    /** A figure beside its limit: see {@link Measured}. */
    MEASURED;

    private static final Kind[] VALUES = values();

    /** How it stands in a file, which no other version of this code ever reads. */
    @SuppressWarnings("EnumOrdinal")
    int code() {
      return ordinal();
    }

    static Kind of(int code) {
      return VALUES[code];
    }
  }

  /** At this hop an INVOKE is one of a message that will be given up. */
  static final int POISON = 1;

  /** At this hop an INVOKE is one of a message that its topic refuses and an operator discards. */
  static final int OVERSIZED = 2;

  void write(ByteBuffer to) {
    to.put((byte) kind.code())
        .put((byte) hop)
        .putShort((short) process)
        .putInt(key)
        .putLong(nanos)
        .putLong(wallMillis)
        .putLong(number)
        .putLong(id.getMostSignificantBits())
        .putLong(id.getLeastSignificantBits())
        .putLong(message)
        .putLong(hash);
  }

  static Event read(ByteBuffer from) {
    return new Event(
        Kind.of(from.get()),
        from.get(),
        from.getShort(),
        from.getInt(),
        from.getLong(),
        from.getLong(),
        from.getLong(),
        new UUID(from.getLong(), from.getLong()),
        from.getLong(),
        from.getLong());
  }
}
