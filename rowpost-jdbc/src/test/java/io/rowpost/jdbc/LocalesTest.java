package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.FailureClass;
import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxResult;
import io.rowpost.core.Message;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxAdmin.Item;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxRelay;
import io.rowpost.core.OutboxStatus;
import io.rowpost.core.PublishException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Databases and processes may speak another language than ours. */
class LocalesTest {
  /** One letter to somebody: with and without its dot, large and small, with a space behind it. */
  private static final List<String> LETTERS = List.of("i", "I", "i ", "\u0131", "\u0130");

  private final Locale before = Locale.getDefault();

  @BeforeEach
  void speakTurkish() {
    Locale.setDefault(Locale.forLanguageTag("tr-TR"));
  }

  @AfterEach
  void speakAsBefore() {
    Locale.setDefault(before);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          POSTGRESQL | TEMPLATE template0 ENCODING UTF8 LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR' LOCALE 'C'
          MARIADB    | CHARACTER SET utf8mb4 COLLATE utf8mb4_turkish_ci
          MARIADB    | CHARACTER SET latin1 COLLATE latin1_german2_ci
          """)
  void lettersThatALanguageTakesForOneAreDifferent(Dialect dialect, String options) {
    try (var database = Databases.create(dialect, options)) {
      database.install();
      try (var fixture = new JdbcOutboxFixture(database, false)) {
        eachKeyWaitsForItself(fixture);
      }
      eachIdTakesEffect(database);
    }
  }

  private static void eachKeyWaitsForItself(JdbcOutboxFixture fixture) {
    var records = new ArrayList<OutboxRecord>();
    for (int round = 0; round < 2; round++) {
      for (String letter : LETTERS) {
        records.add(record(letter));
      }
    }
    fixture.append(records);
    var sent = new ArrayList<String>();
    try (OutboxRelay relay =
        OutboxRelay.builder(
                fixture.store(),
                message -> {
                  if ("I".equals(message.key())) {
                    return CompletableFuture.failedFuture(
                        new PublishException(FailureClass.RECORD, "no \u0131", "none", null));
                  }
                  sent.add(new String(message.payload(), StandardCharsets.UTF_8));
                  return CompletableFuture.completedFuture(null);
                })
            .build()) {
      for (int i = 0; i < 5; i++) {
        relay.pollAndPublish();
      }
    }
    var others = new ArrayList<>(LETTERS);
    others.remove("I");
    others.addAll(List.copyOf(others));
    assertThat(sent).containsExactlyElementsOf(others);
    List<Item> held = fixture.store().admin().find(Filter.of(OutboxStatus.PENDING), 0, 10);
    assertThat(held).hasSize(2).allSatisfy(item -> assertThat(item.key()).isEqualTo("I"));
    assertThat(held.get(0).lastError()).contains("no \u0131");
  }

  private static OutboxRecord record(String key) {
    return OutboxRecord.to("orders").key(key).type("T").payload(key).build();
  }

  private static void eachIdTakesEffect(Databases database) {
    var processor =
        InboxProcessor.builder(
                JdbcInboxStore.builder(database.dataSource()).build(),
                new JdbcTransactor(database.dataSource()),
                "locales")
            .build();
    for (InboxResult expected : List.of(InboxResult.PROCESSED, InboxResult.DUPLICATE)) {
      for (String letter : LETTERS) {
        InboxResult result = processor.process(message("one " + letter), (tx, m) -> {});
        assertThat(result).as(letter).isEqualTo(expected);
      }
    }
    for (String letter : LETTERS) {
      List<Message> poll = List.of(message("two " + letter), message("together " + letter));
      assertThat(processor.processAll(poll, (tx, m) -> {}).processed()).as(letter).isEqualTo(2);
      assertThat(processor.processAll(poll, (tx, m) -> {}).duplicates()).as(letter).isEqualTo(2);
    }
  }

  private static Message message(String id) {
    return new Message(
        id, "t", "k", "T", null, "text/plain", Map.of(), null, Instant.now(), new byte[0]);
  }

  /** What could not be written down would be sent again for ever. */
  @ParameterizedTest
  @ValueSource(strings = {"LATIN1", "SQL_ASCII"})
  void aDatabaseThatLacksLettersTakesNoRelay(String encoding) {
    String options = "TEMPLATE template0 ENCODING %s LOCALE 'C'".formatted(encoding);
    try (var database = Databases.create(Dialect.POSTGRESQL, options)) {
      database.install();
      assertThat(Schema.verify(database.dataSource()))
          .singleElement()
          .satisfies(
              finding -> {
                assertThat(finding.code()).isEqualTo("ROWPOST-220");
                assertThat(finding.text()).startsWith("server_encoding is " + encoding);
              });
      var store = JdbcOutboxStore.builder(database.dataSource()).build();
      assertThatThrownBy(() -> new RelayTurns(store)).hasMessageStartingWith("ROWPOST-220");
    }
  }
}
