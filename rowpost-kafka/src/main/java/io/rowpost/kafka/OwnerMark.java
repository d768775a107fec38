package io.rowpost.kafka;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.jspecify.annotations.Nullable;

/**
 * What the owner of a partition writes beside its offset in the group, as metadata: that it is at
 * work, and below which offset it has received messages. When it leaves in order it commits without
 * that.
 *
 * <p>So who takes a partition over and finds a mark knows that the owner before ended, or lost the
 * partition, with messages in its hands.
 */
final class OwnerMark {
  private static final Pattern FORM = Pattern.compile("rowpost-owner-received-below:([0-9]{1,18})");
  private static final String NONE = "";

  private OwnerMark() {}

  /** An offset of an owner at work. */
  static OffsetAndMetadata marked(long offset, long receivedBelow) {
    return new OffsetAndMetadata(offset, "rowpost-owner-received-below:" + receivedBelow);
  }

  /** An offset of an owner that leaves. */
  static OffsetAndMetadata unmarked(long offset) {
    return new OffsetAndMetadata(offset, NONE);
  }

  /** Below which offset the owner had received messages; null without its mark. */
  static @Nullable Long receivedBelow(@Nullable OffsetAndMetadata committed) {
    Matcher mark = committed == null ? null : FORM.matcher(committed.metadata());
    return mark != null && mark.matches() ? Long.valueOf(mark.group(1)) : null;
  }
}
