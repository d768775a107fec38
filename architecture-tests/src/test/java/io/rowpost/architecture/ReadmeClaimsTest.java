package io.rowpost.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.rowpost.architecture.Documents.Document;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.RowpostException;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.jdbc.Dialect;
import io.rowpost.jdbc.JdbcOutboxStore;
import io.rowpost.testservers.DatabaseServer;
import io.rowpost.testservers.MariaDbServer;
import io.rowpost.testservers.PostgresServer;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/** What the README claims, sentence by sentence, is either tried here or names its test. */
class ReadmeClaimsTest {
  static final List<Document> DOCUMENTS = Documents.all();
  private static final Set<String> KNOWN_TESTS = Project.tests();

  private static final Document README = Documents.document("README.md");
  private static final String TEXT = README.text().replaceAll("\\s+", " ");
  private static final OutboxRecord RECORD =
      OutboxRecord.to("orders.events").type("OrderCreated").payload(new byte[1]).build();
  private static final String PARENT = Project.read(Project.ROOT.resolve("rowpost-parent/pom.xml"));

  /** The table of claims: who changes one of these sentences looks at its test. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          orders and payments under faults, without and with Rowpost | DemoTest#chargesEveryOrderOnce
          The first command, `…` where lines are left out            | ReadmeOutputTest#isWhatTheDemoSays
          or the same files by Flyway, Liquibase or a script         | MigrationToolsTest#flywayReadsThem
          PostgreSQL 15 and 18                                       | Postgres18OutboxStoreTest
          Append in your own transaction                             | RecipesTest#rollbackLeavesNeither
          one of them owns it at a time                              | OutboxLeaseRules#ofConcurrentRequestsOneIsGranted
          Take effect once, however often a message arrives          | RecipesTest#paysOnceHoweverOftenTheEventArrives
          The same with jOOQ, JDBI and Hibernate                     | RecipesTest#commitLeavesTheOrderAndItsEvent
          with the same id and the same bytes                        | OutboxLeaseRules#whatWasSentButNotSettledRepeatsInOrder
          FAILED comes after the last one                            | OutboxRelayTest#givesUpAfterTheLastAttemptAndBlocksTheKeyUntilAnOperatorActs
          with a token that fences every write                       | OutboxLeaseRules#whoLostTheLeaseSettlesNothing
          elsewhere the row is deleted unless you keep it            | OutboxTurnRules#appendedIsSentAndPendingAndFailedAndDiscarded
          so a crash leaves none                                     | InboxEffectRules#aClaimThatIsRolledBackIsForgotten
          """)
  void aClaimHasItsTest(String claim, String test) {
    assertThat(TEXT).contains(claim);
    assertThat(KNOWN_TESTS).contains(test);
  }

  @Test
  void everyGuaranteeLeadsToItsProof() {
    List<List<String>> rows = Documents.table(README.section("What it guarantees"));
    assertThat(rows).isNotEmpty();
    for (List<String> row : rows) {
      List<String> numbers = found("(I-\\d+)", row.get(0));
      assertThat(numbers).as(row.get(0)).isNotEmpty();
      for (String number : numbers) {
        assertThat(proofs(number)).as("tests of %s", number).isNotEmpty();
      }
    }
  }

  private static List<String> proofs(String number) {
    Document guarantees = Documents.document("docs/guarantees.md");
    String heading =
        guarantees.headings(3, 3).stream()
            .filter(text -> text.startsWith(number + " "))
            .findFirst()
            .orElseThrow(() -> new AssertionError("no guarantee " + number));
    return new Document(guarantees.path(), guarantees.section(heading)).tests();
  }

  @Test
  void theBuildRefusesOlderToolsThanTheReadmeAsksFor() {
    assertThat(TEXT).contains("a JDK 17 or newer and Maven 3.8 or newer");
    assertThat(PARENT.replaceAll("\\s+", ""))
        .contains("<requireJavaVersion><version>17</version>")
        .contains("<requireMavenVersion><version>3.8</version>");
    assertThat(property("maven.compiler.release")).isEqualTo("17");
  }

  @Test
  void theCoreNeedsOnlyWhatTheReadmeSays() {
    assertThat(TEXT).contains("`rowpost-core`, whose only dependency at run time is slf4j-api");
    String pom = Project.read(Project.ROOT.resolve("rowpost-core/pom.xml"));
    List<String> needed =
        found("(?s)<dependency>(.*?)</dependency>", pom).stream()
            .filter(dependency -> !dependency.contains("<scope>test</scope>"))
            .flatMap(dependency -> found("<artifactId>(.*?)<", dependency).stream())
            .toList();
    // The parent declares jspecify as provided: its annotations are gone at run time.
    assertThat(needed).containsExactlyInAnyOrder("slf4j-api", "jspecify");
  }

  // ---- versions -------------------------------------------------------------------------------

  @Test
  void librariesAreOfTheVersionsThatTheReadmeCallsTested() {
    assertThat(property("h2.version")).startsWith(tested("H2") + ".");
    assertThat(property("kafka.version")).startsWith(tested("Kafka") + ".");
    assertThat(tested("Java")).isEqualTo(property("maven.compiler.release"));
  }

  /** Only where a green run has run everything; elsewhere other servers and JDKs are welcome. */
  @Test
  void serversAndJdkAreOfTheVersionsThatTheReadmeCallsTested() {
    assumeTrue("true".equals(System.getenv("CI")), "CI=true, where the versions are ours");

    assertThat(TEXT)
        .containsPattern("on Java .*\\b%d\\b.* Expected".formatted(Runtime.version().feature()));
    for (String product : List.of("PostgreSQL", "MariaDB")) {
      DatabaseServer server =
          product.equals("MariaDB") ? MariaDbServer.require() : PostgresServer.require();
      assertThat(server.description()).startsWith("%s %s.".formatted(product, tested(product)));
    }
  }

  private static String tested(String product) {
    return found("Tested: .*?\\b%s ([\\d.]*\\d).* Expected".formatted(product), TEXT).get(0);
  }

  private static String property(String name) {
    return found("<%1$s>([^<]+)</%1$s>".formatted(name), PARENT).get(0);
  }

  /** The first group, wherever the pattern is found. */
  private static List<String> found(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results().map(found -> found.group(1)).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "PostgreSQL, 13, 0, 0",
    "PostgreSQL, 18, 0, 0",
    "MariaDB, 10, 6, 0",
    "MySQL, 8, 0, 17"
  })
  void whatIsExpectedToWorkIsTaken(String product, int major, int minor, int patch)
      throws SQLException {
    assertThat(TEXT)
        .contains("PostgreSQL 13 to 18, MariaDB 10.6 and newer, MySQL 8.0.17 and newer");
    assertThat(Dialect.of(connectionTo(product, major, minor, patch)).name())
        .isEqualToIgnoringCase(product);
  }

  @ParameterizedTest
  @CsvSource({
    "Oracle, 23, 0, 0",
    "PostgreSQL, 12, 9, 0",
    "MariaDB, 10, 5, 9",
    "MySQL, 5, 7, 44",
    "MySQL, 8, 0, 16",
    "H2, 2, 2, 224"
  })
  void whatIsOlderOrAnotherProductIsRefused(String product, int major, int minor, int patch) {
    assertThat(TEXT).contains("is refused at the first connection");
    assertThatThrownBy(() -> Dialect.of(connectionTo(product, major, minor, patch)))
        .isInstanceOfSatisfying(
            RowpostException.class, e -> assertThat(e.code()).isEqualTo("ROWPOST-203"));
  }

  /** A connection that knows no more than where it leads to. */
  private static Connection connectionTo(String product, int major, int minor, int patch) {
    DatabaseMetaData data =
        answering(
            DatabaseMetaData.class,
            method ->
                switch (method) {
                  case "getDatabaseProductName" -> product;
                  case "getDatabaseProductVersion" -> major + "." + minor + "." + patch;
                  case "getDatabaseMajorVersion" -> major;
                  case "getDatabaseMinorVersion" -> minor;
                  default -> throw new UnsupportedOperationException(method);
                });
    return answering(Connection.class, method -> data);
  }

  private interface Answers {
    Object to(String method);
  }

  private static <T> T answering(Class<T> type, Answers answers) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> answers.to(method.getName())));
  }

  @Test
  void anAppendOutsideATransactionIsRefused() throws SQLException {
    assertThat(TEXT).contains("An append outside a transaction is refused.");
    var outbox = TransactionalOutbox.builder(JdbcOutboxStore.appendOnly().build()).build();
    try (Connection autoCommitting = DriverManager.getConnection("jdbc:h2:mem:")) {
      assertThatThrownBy(() -> outbox.append(autoCommitting, RECORD))
          .isInstanceOfSatisfying(
              RowpostException.class, e -> assertThat(e.code()).isEqualTo("ROWPOST-102"));
    }
  }

  @Test
  void theTablesComeFromTheFileByAPlainScriptToo() throws SQLException {
    String script =
        Project.read(
            Project.ROOT.resolve(
                "rowpost-jdbc/src/main/resources/rowpost/db/h2/V1__outbox_inbox.sql"));
    var outbox = TransactionalOutbox.builder(JdbcOutboxStore.appendOnly().build()).build();
    try (Connection connection = DriverManager.getConnection("jdbc:h2:mem:");
        Statement statement = connection.createStatement()) {
      statement.execute(script);
      connection.setAutoCommit(false);
      outbox.append(connection, RECORD);
      connection.commit();
      try (ResultSet row = statement.executeQuery("SELECT count(*) FROM \"rowpost_outbox\"")) {
        row.next();
        assertThat(row.getInt(1)).isEqualTo(1);
      }
    }
  }

  // ---- what all documents name ----------------------------------------------------------------

  @ParameterizedTest
  @FieldSource("DOCUMENTS")
  void commandsThatAreNamedExist(Document document) {
    assertThat(profiles()).containsAll(found("mvn [^\\n`]*?-P(\\w+)", document.text()));
    assertThat(targets()).containsAll(found("(?m)(?:^|`)make ([a-z-]+)", document.text()));
  }

  private static List<String> targets() {
    return found("(?m)^([a-z-]+):", Project.read(Project.ROOT.resolve("Makefile")));
  }

  private static Set<String> profiles() {
    return Stream.of("", "rowpost-parent", "benchmarks", "examples/order-payment")
        .map(folder -> Project.read(Project.ROOT.resolve(folder).resolve("pom.xml")))
        .flatMap(pom -> found("<profile>\\s*(?:<!--(?:.|\\n)*?-->\\s*)?<id>(\\w+)<", pom).stream())
        .collect(Collectors.toSet());
  }
}
