package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rowpost.core.EngineTime;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxRelay;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TcpProxy;
import io.rowpost.testservers.TestDatabase;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** Each object stands for a process of its own: they share nothing but the database. */
@SuppressWarnings("try") // some resources are only opened and closed
class PostgresWakeUpTest {
  private static final long PATIENCE_SECONDS = 20;

  private TestDatabase database;
  private DataSource dataSource;

  @BeforeEach
  void install() {
    database = PostgresServer.require().createDatabase();
    dataSource = database.dataSource();
    Schema.install(dataSource);
  }

  @AfterEach
  void drop() {
    database.close();
  }

  /** Only a signal wakes this relay, so no poll can find a record in place of the notification. */
  @Test
  void aCommitWakesTheRelayOfAnotherProcess() throws Exception {
    var sent = new LinkedBlockingQueue<String>();
    try (var appender = wakeUp();
        var store = JdbcOutboxStore.builder(dataSource).build();
        var relay =
            OutboxRelay.builder(
                    store,
                    message -> {
                      sent.add(message.type());
                      return CompletableFuture.completedFuture(null);
                    })
                .time(new SignalledTime())
                .build();
        var listening = wakeUp()) {
      relay.start();
      listening.listen(relay::wakeUp);
      var outbox =
          TransactionalOutbox.builder(JdbcOutboxStore.appendOnly().build())
              .transactor(new JdbcTransactor(dataSource))
              .wakeUp(appender)
              .build();
      for (int i = 1; i <= 5; i++) {
        String type = "m" + i;
        outbox.executeWithOutbox(OutboxRecord.to("t").type(type).build(), tx -> true);
        assertThat(sent.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(type);
      }
    }
  }

  @Test
  void manyWakeUpsAreOneNotification() throws Exception {
    var mayConnect = new CountDownLatch(1);
    try (Connection witness = listener("public.rowpost_outbox");
        var wakeUp = PostgresWakeUp.builder(delayed(mayConnect)).build()) {
      for (int i = 0; i < 10_000; i++) {
        wakeUp.run();
      }
      mayConnect.countDown();

      assertThat(heard(witness, (int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS))).hasSize(1);
      assertThat(heard(witness, 500)).isEmpty();
    }
  }

  @Test
  void outboxesOfOneDatabaseDoNotWakeEachOther() throws Exception {
    execute("CREATE SCHEMA other");
    execute("CREATE TABLE other.rowpost_outbox ()");
    execute("CREATE TABLE app_outbox ()");
    var mine = new Semaphore(0);
    var otherSchema = new Semaphore(0);
    var otherPrefix = new Semaphore(0);
    try (var one = wakeUp().listen(mine::release);
        var two =
            PostgresWakeUp.builder(dataSource)
                .schema("other")
                .build()
                .listen(otherSchema::release);
        var three =
            PostgresWakeUp.builder(dataSource)
                .tablePrefix("app_")
                .build()
                .listen(otherPrefix::release)) {
      for (Semaphore woken : new Semaphore[] {mine, otherSchema, otherPrefix}) {
        assertWoken(woken);
      }
      two.run();
      assertWoken(otherSchema);
      three.run();
      assertWoken(otherPrefix);
      one.run();
      assertWoken(mine);
      await()
          .during(Duration.ofMillis(500))
          .until(
              () ->
                  mine.availablePermits()
                          + otherSchema.availablePermits()
                          + otherPrefix.availablePermits()
                      == 0);
    }
  }

  /** As a table does that the search path finds, with or without naming its schema. */
  @Test
  void oneOutboxIsMeantHoweverItsSchemaIsFound() throws Exception {
    var woken = new Semaphore(0);
    try (var listening = wakeUp().listen(woken::release);
        var appender = PostgresWakeUp.builder(dataSource).schema("public").build()) {
      assertWoken(woken);
      appender.run();
      assertWoken(woken);
    }
  }

  @Test
  void aLongSchemaNameIsNoObstacle() throws Exception {
    String schema = "s".repeat(30);
    String prefix = "p".repeat(30);
    execute("CREATE SCHEMA " + schema);
    execute("CREATE TABLE %s.%soutbox ()".formatted(schema, prefix));
    var woken = new Semaphore(0);
    try (var wakeUp =
        PostgresWakeUp.builder(dataSource)
            .schema(schema)
            .tablePrefix(prefix)
            .build()
            .listen(woken::release)) {
      assertWoken(woken);
      wakeUp.run();
      assertWoken(woken);
    }
  }

  @Test
  void bothConnectionsComeBack() throws Exception {
    var woken = new Semaphore(0);
    try (TcpProxy proxy = TcpProxy.to(database.address());
        var wakeUp =
            PostgresWakeUp.builder(database.dataSource(proxy)).build().listen(woken::release)) {
      assertWoken(woken);
      wakeUp.run();
      assertWoken(woken);

      proxy.down();
      wakeUp.run();
      proxy.pass();
      // The listener wakes the relay when it is back, and the notifier repeats what failed.
      assertWoken(woken);
      woken.drainPermits();
      await()
          .atMost(Duration.ofSeconds(PATIENCE_SECONDS))
          .until(
              () -> {
                wakeUp.run();
                return woken.tryAcquire(200, TimeUnit.MILLISECONDS);
              });
    }
  }

  @Test
  void appendsDoNotWaitForADatabaseThatDoesNotAnswer() {
    try (TcpProxy proxy = TcpProxy.to(database.address());
        var wakeUp = PostgresWakeUp.builder(database.dataSource(proxy)).build()) {
      proxy.blackHole();
      long began = System.nanoTime();
      for (int i = 0; i < 1000; i++) {
        wakeUp.run();
      }
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(2));
    }
  }

  @Test
  void eachPartHoldsOneConnectionFromItsFirstUseToItsClose() throws Exception {
    int before = backends();
    var woken = new Semaphore(0);
    var wakeUp = wakeUp();
    assertThat(backends()).isEqualTo(before);

    wakeUp.listen(woken::release).listen(() -> {});
    assertWoken(woken);
    assertThat(backends()).isEqualTo(before + 1);

    for (int i = 0; i < 3; i++) {
      wakeUp.run();
      assertWoken(woken);
    }
    assertThat(backends()).isEqualTo(before + 2);

    wakeUp.close();
    await().atMost(Duration.ofSeconds(PATIENCE_SECONDS)).until(() -> backends() == before);
    wakeUp.run();
    assertThat(woken.tryAcquire(200, TimeUnit.MILLISECONDS)).isFalse();
    assertThat(backends()).isEqualTo(before);
  }

  /** Poolers tell each client a made-up process id, which is all that can be seen of them. */
  @Test
  void behindAPoolerItListensNoMoreAndLeavesPollingAlone() throws Exception {
    var connections = new AtomicInteger();
    var woken = new Semaphore(0);
    try (var direct = wakeUp();
        var wakeUp = PostgresWakeUp.builder(pooler(connections)).build().listen(woken::release)) {
      await().atMost(Duration.ofSeconds(PATIENCE_SECONDS)).until(() -> connections.get() == 1);
      direct.run();
      assertThat(woken.tryAcquire(500, TimeUnit.MILLISECONDS)).isFalse();
      assertThat(connections).as("tried once").hasValue(1);

      try (Connection witness = listener("public.rowpost_outbox")) {
        wakeUp.run();
        assertThat(heard(witness, (int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS)))
            .as("notifying works through a pooler")
            .hasSize(1);
      }
    }
  }

  @Test
  void anotherDatabaseIsLeftAlone() throws Exception {
    var connections = new AtomicInteger();
    try (Databases h2 = Databases.h2();
        var wakeUp =
            PostgresWakeUp.builder(counting(h2.dataSource(), connections, connection -> connection))
                .build()
                .listen(() -> {})) {
      wakeUp.run();
      await().atMost(Duration.ofSeconds(PATIENCE_SECONDS)).until(() -> connections.get() == 2);
      wakeUp.run();
      assertThat(connections).hasValue(2);
    }
  }

  // ---- scene ----------------------------------------------------------------------------------

  private PostgresWakeUp wakeUp() {
    return PostgresWakeUp.builder(dataSource).build();
  }

  private static void assertWoken(Semaphore woken) throws InterruptedException {
    assertThat(woken.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = database.connect();
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private Connection listener(String channel) throws SQLException {
    Connection connection = database.connect();
    try (var statement = connection.createStatement()) {
      statement.execute("LISTEN \"" + channel + "\"");
    }
    return connection;
  }

  private static PGNotification[] heard(Connection connection, int millis) throws SQLException {
    return connection.unwrap(PGConnection.class).getNotifications(millis);
  }

  private int backends() throws SQLException {
    try (Connection connection = database.connect();
        var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    + " AND backend_type = 'client backend' AND pid <> pg_backend_pid()")) {
      row.next();
      return row.getInt(1);
    }
  }

  private interface Wrapping {
    Connection wrap(Connection connection) throws SQLException, InterruptedException;
  }

  private DataSource delayed(CountDownLatch mayConnect) {
    return counting(
        dataSource,
        new AtomicInteger(),
        connection -> {
          mayConnect.await();
          return connection;
        });
  }

  private DataSource pooler(AtomicInteger connections) {
    return counting(
        dataSource,
        connections,
        connection ->
            proxy(
                Connection.class,
                connection,
                "unwrap",
                proxy(
                    PGConnection.class,
                    connection.unwrap(PGConnection.class),
                    "getBackendPID",
                    -1)));
  }

  private static DataSource counting(
      DataSource dataSource, AtomicInteger connections, Wrapping wrapping) {
    return proxy(
        DataSource.class,
        (method, arguments) -> {
          Object answer = method.invoke(dataSource, arguments);
          if (!(answer instanceof Connection connection)) {
            return answer;
          }
          connections.incrementAndGet();
          return wrapping.wrap(connection);
        });
  }

  private interface Call {
    Object answer(Method method, Object[] arguments) throws Exception;
  }

  /** The target, but for one method's answer. */
  private static <T> T proxy(Class<T> type, T target, String methodName, Object answer) {
    return proxy(
        type,
        (method, arguments) ->
            method.getName().equals(methodName) ? answer : method.invoke(target, arguments));
  }

  private static <T> T proxy(Class<T> type, Call call) {
    return type.cast(
        Proxy.newProxyInstance(
            PostgresWakeUpTest.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              try {
                return call.answer(method, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  /** Real time, but who waits is woken by a signal only. */
  private static final class SignalledTime implements EngineTime {
    private final Semaphore signals = new Semaphore(0);

    @Override
    public long nanoTime() {
      return System.nanoTime();
    }

    @Override
    public void await(BooleanSupplier ready, long atMost) throws InterruptedException {
      while (!ready.getAsBoolean()) {
        signals.acquire();
      }
    }

    @Override
    public void signal() {
      signals.release();
    }
  }
}
