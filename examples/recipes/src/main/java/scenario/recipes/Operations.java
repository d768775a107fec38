package scenario.recipes;

import io.rowpost.core.InboxAdmin;
import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxAdmin.Act;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxAdmin.Item;
import io.rowpost.core.OutboxStatus;
import io.rowpost.jdbc.JdbcInboxStore;
import io.rowpost.jdbc.JdbcOutboxStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.sql.DataSource;

/** What an operator does, and what a job does for him. */
final class Operations {
  // [operate]
  private final OutboxAdmin outbox;
  private final InboxAdmin inbox;

  Operations(DataSource database) {
    outbox = JdbcOutboxStore.builder(database).build().admin();
    inbox = JdbcInboxStore.builder(database).build().admin();
  }

  /** Tries again what has failed as it is shown here; returns how much. */
  long retryFailed(String topic, Act act) {
    List<Item> failed = outbox.find(Filter.of(OutboxStatus.FAILED).topic(topic), 0, 100);
    return failed.stream().filter(item -> outbox.retry(item, act)).count();
  }

  /** Publishes again, under the same ids, what was sent and is still kept; returns how much. */
  int replay(String topic, Instant since, Act act) {
    return outbox.replay(Filter.of(OutboxStatus.SENT).topic(topic).created(since, null), act);
  }

  /** For a job, once an hour perhaps, with the longest window of this database's consumers. */
  long purgeInbox(Duration window) {
    return inbox.purge(window);
  }
  // [operate]
}
