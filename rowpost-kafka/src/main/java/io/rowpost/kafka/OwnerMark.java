package io.rowpost.kafka;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.jspecify.annotations.Nullable;

/**
 * What the owner of a partition writes beside its offset in the group, as metadata: that it is at
 * work, and below which offset it has received messages. When it leaves in order it commits without
 * that, unless it took over from one that did not and has not got through all that this one may
 * have had: then it says what is left of that.
 *
 * <p>So who takes a partition over and finds a mark knows that an owner before ended, or lost the
 * partition, with messages in its hands.
 */
final class OwnerMark {
  private static final Pattern AT_WORK =
      Pattern.compile("rowpost-owner-received-below:([0-9]{1,18})");
  private static final Pattern LEFT_IN_DOUBT =
      Pattern.compile("rowpost-owner-left-in-doubt-below:([0-9]{1,18})\\+([0-9]{1,6})");
  private static final String NONE = "";

  private OwnerMark() {}

  /** Which messages a former owner may have had: below an offset, and so many from there on. */
  record Doubt(long below, int further) {}

  /** An offset of an owner at work. */
  static OffsetAndMetadata marked(long offset, long receivedBelow) {
    return new OffsetAndMetadata(offset, "rowpost-owner-received-below:" + receivedBelow);
  }

  /** An offset of an owner that leaves, and what it leaves in doubt. */
  static OffsetAndMetadata left(long offset, Doubt doubt) {
    return doubt.below <= offset && doubt.further == 0
        ? unmarked(offset)
        : new OffsetAndMetadata(
            offset,
            "rowpost-owner-left-in-doubt-below:%d+%d".formatted(doubt.below, doubt.further));
  }

  /** An offset of an owner that leaves nothing in doubt. */
  static OffsetAndMetadata unmarked(long offset) {
    return new OffsetAndMetadata(offset, NONE);
  }

  /**
   * What a new owner has to doubt.
   *
   * @param poll how many messages an owner that was at work may have had beyond its mark
   */
  static Doubt doubt(@Nullable OffsetAndMetadata committed, int poll) {
    String text = committed == null ? NONE : committed.metadata();
    Matcher atWork = AT_WORK.matcher(text);
    if (atWork.matches()) {
      return new Doubt(Long.parseLong(atWork.group(1)), poll);
    }
    Matcher left = LEFT_IN_DOUBT.matcher(text);
    return left.matches()
        ? new Doubt(Long.parseLong(left.group(1)), Integer.parseInt(left.group(2)))
        : new Doubt(0, 0);
  }
}
