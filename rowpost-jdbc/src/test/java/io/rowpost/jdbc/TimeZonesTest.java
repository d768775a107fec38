package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxResult;
import io.rowpost.core.Lease;
import io.rowpost.core.Message;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStore.Turn;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TimeZone;
import java.util.UUID;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Processes of one outbox and inbox may live in different time zones. */
class TimeZonesTest {
  /** No such local time in Newfoundland and in New York, and twice the same half a year later. */
  private static final List<Instant> HARD_TIMES =
      List.of(
          Instant.parse("2027-03-14T05:45:00.123456Z"),
          Instant.parse("2027-03-14T07:30:00Z"),
          Instant.parse("2027-11-07T05:30:00Z"),
          Instant.parse("2027-11-07T06:30:00Z"));

  private static final List<String> ZONES = List.of("UTC", "America/St_Johns", "Asia/Kathmandu");

  @ParameterizedTest
  @EnumSource(names = {"H2", "POSTGRESQL", "MARIADB"})
  void timesAreTheSameWhateverTheZoneOfAProcess(Dialect dialect) {
    Databases database = Databases.kept(dialect);
    for (String writer : ZONES) {
      for (String reader : ZONES) {
        try (var fixture = new JdbcOutboxFixture(database, false)) {
          in(
              writer,
              database,
              () ->
                  fixture
                      .transactor()
                      .inTransaction(
                          tx -> {
                            fixture.store().append(tx, records());
                            return true;
                          }));
          List<Entry> read = in(reader, database, () -> fetch(fixture));
          assertThat(read)
              .extracting(entry -> entry.record().availableAt())
              .as("%s, read in %s", writer, reader)
              .containsExactlyElementsOf(HARD_TIMES);
          assertThat(read)
              .allSatisfy(
                  entry ->
                      assertThat(Objects.requireNonNull(entry.record().createdAt()))
                          .isCloseTo(Instant.now(), within(5, ChronoUnit.MINUTES)));
        }
      }
    }
  }

  private static List<OutboxRecord> records() {
    return HARD_TIMES.stream()
        .map(time -> OutboxRecord.to("t").type("T").availableAt(time).payload("p").build())
        .toList();
  }

  private static List<Entry> fetch(JdbcOutboxFixture fixture) {
    var request = new Lease.Request("zones", UUID.randomUUID(), Duration.ofSeconds(30), null, null);
    Lease lease = ((Lease.Attempt.Granted) fixture.store().lease(request)).lease();
    List<Entry> entries = fixture.store().settleAndFetch(lease, Turn.fetch(10)).entries();
    fixture.store().release(lease);
    return entries;
  }

  /** Half an hour inside the window in one zone must not be hours outside it in another. */
  @ParameterizedTest
  @EnumSource(names = {"H2", "POSTGRESQL", "MARIADB"})
  void theWindowOfAnInboxIsTheSameInEveryZone(Dialect dialect) {
    Databases database = Databases.kept(dialect);
    for (String zone : ZONES) {
      var fixture = new JdbcInboxFixture(database);
      Duration window = Duration.ofDays(1);
      Instant now = Instant.now();
      assertThat(in(zone, database, () -> process(fixture, window, now.minusSeconds(84_600))))
          .as("half an hour inside, in %s", zone)
          .isEqualTo(InboxResult.PROCESSED);
      assertThat(in(zone, database, () -> process(fixture, window, now.minusSeconds(88_200))))
          .as("half an hour outside, in %s", zone)
          .isEqualTo(InboxResult.TOO_OLD);
    }
  }

  private static InboxResult process(JdbcInboxFixture fixture, Duration window, Instant time) {
    var message =
        new Message(
            UUID.randomUUID().toString(),
            "t",
            "k",
            "T",
            null,
            "text/plain",
            Map.of(),
            null,
            time,
            new byte[0]);
    return InboxProcessor.builder(fixture.store(), fixture.transactor(), "zones")
        .window(window)
        .build()
        .process(message, (tx, m) -> {});
  }

  /** As a process of that zone: with connections that were opened in it. */
  private static <R> R in(String zone, Databases database, Supplier<R> work) {
    TimeZone before = TimeZone.getDefault();
    TimeZone.setDefault(TimeZone.getTimeZone(zone));
    try {
      database.forgetConnections();
      return work.get();
    } finally {
      TimeZone.setDefault(before);
      database.forgetConnections();
    }
  }
}
