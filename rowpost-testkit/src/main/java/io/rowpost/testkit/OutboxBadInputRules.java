package io.rowpost.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.OutboxAdmin.Act;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.RejectedException;
import io.rowpost.core.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
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

  @Test
  void payloadsOfEveryKindComeBackUnchanged() {
    List<OutboxRecord> appended =
        BadInputs.payloads().values().stream().map(bytes -> good().payload(bytes).build()).toList();
    scene().append(appended);
    List<Entry> fetched = scene().fetch().entries();
    assertThat(fetched).hasSameSizeAs(appended);
    for (int i = 0; i < appended.size(); i++) {
      OutboxAppendRules.assertSame(fetched.get(i).record(), appended.get(i));
    }
  }

  @Test
  void whatIsTooLargeIsRefusedAndTheTransactionGoesOn() {
    scene()
        .fixture
        .transactor()
        .inTransaction(
            tx -> {
              OutboxRecord bad = good().payload(new byte[(1 << 20) + 1]).build();
              assertThatThrownBy(() -> scene().outbox().append(tx, good().build(), bad))
                  .isInstanceOfSatisfying(
                      RejectedException.class, e -> assertThat(e.field()).isEqualTo("payload"));
              assertThatThrownBy(() -> scene().outbox().appendIfAbsent(tx, bad))
                  .isInstanceOf(RejectedException.class);
              OutboxRecord.Builder tooMany = good();
              for (int i = 0; i < 10_000; i++) {
                tooMany.header("h" + i, "x".repeat(100));
              }
              assertThatThrownBy(tooMany::build)
                  .isInstanceOfSatisfying(
                      RejectedException.class, e -> assertThat(e.field()).isEqualTo("headers"));
              return scene().appendTo(tx, "k", "good");
            });
    assertThat(scene().drain()).containsExactly("good");
  }

  @Test
  void timesAreKeptOrRefused() {
    Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
    for (Instant time :
        List.of(
            Instant.MIN,
            Instant.EPOCH,
            Instant.EPOCH.plusSeconds(1),
            now.minus(Duration.ofDays(36_500 / 2)),
            now.plus(Duration.ofDays(36_500)),
            Instant.parse("9999-12-31T23:59:59Z"),
            Instant.parse("9999-12-31T23:59:59.000001Z"),
            Instant.MAX)) {
      OutboxRecord record;
      try {
        record = good().availableAt(time).build();
      } catch (RejectedException refusal) {
        assertThat(refusal.field()).isEqualTo("availableAt");
        assertThat(refusal).hasMessageStartingWith("ROWPOST-117 ").hasMessageContaining("" + time);
        continue;
      }
      scene().append(record);
      assertThat(scene().admin.get(record.id()).orElseThrow().availableAt()).isEqualTo(time);
    }
    assertThat(scene().items()).hasSize(4);
  }

  @Test
  void delaysBeyondEveryCalendarMeanNever() {
    for (Duration delay :
        List.of(Duration.ofDays(36_500), Duration.ofSeconds(Long.MAX_VALUE, 999_999_999))) {
      scene().append(null, "never");
      scene().settle(OutboxScene.retry(scene().fetchOne(), delay));
    }
    assertThat(scene().fetchAll()).isEmpty();
    assertThat(scene().items()).hasSize(2);
  }

  @Test
  void errorsOfStrangersAreKeptAsFarAsTheyCanBe() {
    for (BadInputs.Text text : BadInputs.texts(4096)) {
      String error = text.value();
      if (error == null) {
        continue;
      }
      scene().append(null, "failing");
      Entry entry = scene().fetchOne();
      scene().settle(new Settled(entry, new Settlement.Failed(error, false)));
      String kept = String.valueOf(scene().item(entry).lastError());
      assertThat(kept).as("%s", text).hasSize(Math.min(4096, error.length()));
      for (int i = 0; i < kept.length(); i++) {
        char c = error.charAt(i);
        boolean storable = !Character.isISOControl(c) && !Character.isSurrogate(c);
        assertThat(kept.charAt(i)).as("%s", text).isIn(c, storable ? c : '\uFFFD');
      }
    }
  }

  // ---- operators

  @Test
  void filtersFindExactlyWhatTheySay() {
    // What a careless driver would make of lone surrogates.
    var known = new ArrayList<>(List.of("a?", "?a"));
    for (String name : known) {
      scene().append(OutboxRecord.to(name).key(name).type(name).build());
    }
    for (BadInputs.Text text : BadInputs.texts(249)) {
      OutboxRecord record =
          builtOrRefused(
              "topic",
              text,
              (good, topic) ->
                  OutboxRecord.to(topic).key(topic).type(topic).payload("found").build());
      if (record != null) {
        scene().append(record);
        known.add(record.topic());
      }
    }
    for (BadInputs.Text text : BadInputs.texts(249)) {
      String value = text.value();
      if (value == null) {
        continue;
      }
      int expected = Collections.frequency(known, value);
      for (Filter filter :
          List.of(Filter.ALL.topic(value), Filter.ALL.key(value), Filter.ALL.type(value))) {
        assertThat(scene().items(filter)).as("%s: %s", text, filter).hasSize(expected);
        assertThat(scene().admin.count(filter)).as("%s", text).isEqualTo(expected);
      }
    }
    assertThat(scene().items(Filter.ALL.created(Instant.MIN, Instant.MAX))).hasSameSizeAs(known);
    assertThat(scene().items(Filter.ALL.created(Instant.MAX, null))).isEmpty();
    assertThat(scene().items(Filter.ALL.created(null, Instant.MIN))).isEmpty();
  }

  @Test
  void actsOnFiltersThatNothingMatchesAreAudited() {
    scene().append("k", "sent");
    scene().settle(OutboxScene.sent(scene().fetchOne()));
    scene().fail("k", "failed");
    int acts = 0;
    for (BadInputs.Text text : BadInputs.texts(249)) {
      String value = text.value();
      if (value == null) {
        continue;
      }
      for (Filter filter :
          List.of(Filter.ALL.topic(value), Filter.ALL.key(value), Filter.ALL.type(value))) {
        assertThat(scene().admin.retryAll(filter, OutboxScene.ACT)).as("%s", text).isZero();
        assertThat(scene().admin.replay(filter, OutboxScene.ACT)).as("%s", text).isZero();
        acts += 2;
      }
    }
    assertThat(scene().fixture.audit()).hasSize(acts);
  }

  @Test
  void actsAreAuditedAsTheyWereSigned() {
    scene().lease();
    for (BadInputs.Text text : BadInputs.texts(100)) {
      Act act;
      try {
        act = new Act(String.valueOf(text.value()), String.valueOf(text.value()));
      } catch (RejectedException refusal) {
        assertThat(refusal.field()).as("%s", text).isEqualTo("actor");
        continue;
      }
      assertThat(scene().admin.pause(OutboxScene.RELAY, act)).isTrue();
      assertThat(scene().admin.resume(OutboxScene.RELAY, act)).isTrue();
      assertThat(scene().fixture.audit())
          .as("%s", text)
          .filteredOn(line -> line.contains(act.actor()))
          .hasSizeGreaterThanOrEqualTo(2);
    }
  }

  @Test
  void relaysThatNobodyKnowsAreNotPaused() {
    scene().lease();
    for (BadInputs.Text text : BadInputs.texts(100)) {
      String value = text.value();
      if (value != null) {
        assertThat(scene().admin.pause(value, OutboxScene.ACT)).as("%s", text).isFalse();
        assertThat(scene().admin.resume(value, OutboxScene.ACT)).as("%s", text).isFalse();
      }
    }
  }

  @Test
  void aRetentionIsNotNegativeAndMayBeLongerThanAnyTime() {
    scene().append("k", "sent");
    scene().settle(OutboxScene.sent(scene().fetchOne()));
    assertThatThrownBy(() -> scene().admin.purge(Duration.ofNanos(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("PT-0.000000001S");
    for (Duration ever :
        List.of(
            Duration.ofDays(36_500),
            Duration.ofDays(365L * 300_000),
            Duration.ofSeconds(Long.MAX_VALUE, 999_999_999))) {
      assertThat(scene().admin.purge(ever)).as("older than %s", ever).isZero();
    }
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
