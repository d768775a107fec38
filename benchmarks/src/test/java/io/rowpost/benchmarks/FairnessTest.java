package io.rowpost.benchmarks;

import static java.nio.ByteBuffer.wrap;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.Message;
import io.rowpost.core.MessagePublisher;
import io.rowpost.jdbc.Schema;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TestDatabase;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every way does the same work, and all of it. */
class FairnessTest {
  private static final int RECORDS = 2_500; // two batches and a half

  private static TestDatabase database;

  @BeforeAll
  static void createDatabase() throws Exception {
    database = PostgresServer.require().createDatabase();
    Schema.install(database.dataSource());
  }

  @AfterAll
  static void dropDatabase() {
    database.close();
  }

  @Test
  void everyWayToDrainPublishesTheSameInOrderPerKey() throws Exception {
    List<Message> published = new ArrayList<>();
    MessagePublisher publisher =
        message -> {
          published.add(message);
          return CompletableFuture.completedFuture(null);
        };

    Samples samples = new Drain(database.dataSource(), RECORDS, publisher).run(0, 1);

    assertThat(samples.ways()).hasSize(3);
    assertThat(published).hasSize(3 * RECORDS);
    Map<String, List<ByteBuffer>> appended =
        IntStream.range(0, RECORDS)
            .boxed()
            .collect(groupingBy(Events::key, mapping(i -> wrap(Events.payload(i)), toList())));
    for (int way = 0; way < 3; way++) {
      assertThat(
              published.subList(way * RECORDS, (way + 1) * RECORDS).stream()
                  .collect(groupingBy(Message::key, mapping(m -> wrap(m.payload()), toList()))))
          .isEqualTo(appended);
    }
  }

  @Test
  void everyWayToAppendWritesOneRowForEachOrder() throws Exception {
    var append = new AppendCost(database.dataSource());
    try (Connection counted =
        RoundTrips.connect(database.jdbcUrl(), database.user(), database.password())) {
      assertThat(AppendCost.roundTrips(counted, AppendCost::alone)).isEqualTo(2);
      long alone = rows("orders");
      assertThat(rows("rowpost_outbox")).isZero();

      assertThat(AppendCost.roundTrips(counted, AppendCost::byHand)).isEqualTo(3);
      assertThat(rows("rowpost_outbox")).isEqualTo(alone);

      assertThat(AppendCost.roundTrips(counted, append::append)).isEqualTo(3);
      assertThat(rows("rowpost_outbox")).isEqualTo(2 * alone);

      assertThat(AppendCost.roundTrips(counted, append::appendMany)).isEqualTo(3);
      assertThat(rows("rowpost_outbox")).isEqualTo((2 + AppendCost.MANY) * alone);
      assertThat(rows("orders")).isEqualTo(4 * alone);
    }
  }

  private static long rows(String table) throws Exception {
    return Sql.number(database.dataSource(), "SELECT count(*) FROM " + table);
  }
}
