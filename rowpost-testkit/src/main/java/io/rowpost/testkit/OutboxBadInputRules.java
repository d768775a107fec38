package io.rowpost.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.RejectedException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Whatever is given as a field comes back unchanged or is refused, naming the field, with the
 * caller's transaction still usable.
 */
abstract class OutboxBadInputRules<T> {
  abstract OutboxScene<T> scene();

  private static OutboxRecord.Builder good() {
    return OutboxRecord.to("topic").key("key").type("Type").payload("good");
  }

  @Test
  void badTopics() {
    matrix(
        "topic",
        249,
        (record, text) -> OutboxRecord.to(text).key("key").type("Type").payload("bad").build(),
        OutboxRecord::topic);
  }

  @Test
  void badKeys() {
    matrix("key", 255, (record, text) -> record.key(text).build(), OutboxRecord::key);
  }

  @Test
  void badTypes() {
    matrix("type", 255, (record, text) -> record.type(text).build(), OutboxRecord::type);
  }

  @Test
  void badSources() {
    matrix("source", 255, (record, text) -> record.source(text).build(), OutboxRecord::source);
  }

  @Test
  void badContentTypes() {
    matrix(
        "contentType",
        255,
        (record, text) -> record.contentType(text).build(),
        OutboxRecord::contentType);
  }

  @Test
  void badTraceparents() {
    matrix(
        "traceparent",
        55,
        (record, text) -> record.traceparent(text).build(),
        OutboxRecord::traceparent);
  }

  @Test
  void badHeaderNames() {
    matrix(
        "header name",
        128,
        (record, text) -> record.header(text, "value").build(),
        record -> only(record.headers().keySet()));
  }

  @Test
  void badHeaderValues() {
    matrix(
        "header",
        16_000,
        (record, text) -> record.header("name", text).build(),
        record -> only(record.headers().values()));
  }

  private static String only(Collection<String> values) {
    assertThat(values).hasSize(1);
    return values.iterator().next();
  }

  /** Gives each bad text to one field, in one transaction with a good record after each. */
  private void matrix(
      String field,
      int limit,
      BiFunction<OutboxRecord.Builder, String, OutboxRecord> set,
      Function<OutboxRecord, @Nullable String> read) {
    var appended = new ArrayList<OutboxRecord>();
    scene()
        .fixture
        .transactor()
        .inTransaction(
            tx -> {
              for (BadInputs.Text text : BadInputs.texts(limit)) {
                OutboxRecord bad = builtOrRefused(field, text, set);
                if (bad != null) {
                  assertThat(read.apply(bad)).as("%s: %s", field, text).isEqualTo(text.value());
                  scene().store.append(tx, List.of(bad));
                  appended.add(bad);
                }
                OutboxRecord good = good().build();
                scene().store.append(tx, List.of(good));
                appended.add(good);
              }
              return true;
            });
    List<Entry> fetched = scene().fetch().entries();
    assertThat(fetched).hasSameSizeAs(appended);
    for (int i = 0; i < appended.size(); i++) {
      OutboxAppendRules.assertSame(fetched.get(i).record(), appended.get(i));
    }
  }

  @SuppressWarnings("NullAway") // null where it is not allowed is part of the matrix
  private static @Nullable OutboxRecord builtOrRefused(
      String field,
      BadInputs.Text text,
      BiFunction<OutboxRecord.Builder, String, OutboxRecord> set) {
    try {
      return set.apply(good(), text.value());
    } catch (RejectedException refusal) {
      assertThat(refusal.field()).as("%s: %s", field, text).startsWith(field);
      assertThat(refusal)
          .as("%s: %s", field, text)
          .hasMessageMatching(
              "(?s)ROWPOST-11\\d The record was not appended: " + field + ".*Fix: .*")
          .hasMessageMatching("[\\x20-\\x7e\\n]{1,600}");
      return null;
    }
  }
}
