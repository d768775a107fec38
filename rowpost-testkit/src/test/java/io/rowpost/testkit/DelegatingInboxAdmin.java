package io.rowpost.testkit;

import io.rowpost.core.InboxAdmin;
import io.rowpost.core.InboxRecord;
import io.rowpost.core.InboxStatus;
import io.rowpost.core.Message;
import io.rowpost.core.OutboxAdmin.Act;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A sound door for operators; what extends it breaks one thing. */
class DelegatingInboxAdmin implements InboxAdmin {
  final InboxAdmin sound;

  DelegatingInboxAdmin(InboxAdmin sound) {
    this.sound = sound;
  }

  @Override
  public Counts counts(@Nullable String consumer) {
    return sound.counts(consumer);
  }

  @Override
  public List<InboxRecord> find(
      @Nullable String consumer,
      @Nullable InboxStatus status,
      @Nullable InboxRecord after,
      int limit) {
    return sound.find(consumer, status, after, limit);
  }

  @Override
  public Optional<InboxRecord> get(String consumer, String messageId) {
    return sound.get(consumer, messageId);
  }

  @Override
  public Optional<Message> parked(String consumer, String messageId) {
    return sound.parked(consumer, messageId);
  }

  @Override
  public boolean retry(String consumer, String messageId, Act act) {
    return sound.retry(consumer, messageId, act);
  }

  @Override
  public List<String> reopened(String consumer, int limit) {
    return sound.reopened(consumer, limit);
  }

  @Override
  public boolean discard(String consumer, String messageId, Act act) {
    return sound.discard(consumer, messageId, act);
  }

  @Override
  public boolean forget(String consumer, String messageId, Act act) {
    return sound.forget(consumer, messageId, act);
  }

  @Override
  public long purge(Duration window) {
    return sound.purge(window);
  }
}
