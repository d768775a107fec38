package io.rowpost.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.InboxStatus;
import io.rowpost.core.OutboxStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The states of the page on them, of the enums and of the schema are the same. */
class LifecycleTest {
  private static final Pattern EDGE =
      Pattern.compile("^\\s*(\\[\\*]|[A-Z]+) --> (\\[\\*]|[A-Z]+)(?:: .+)?$");
  private static final Pattern ROW = Pattern.compile("^(\\[\\*]|[A-Z]+) → (\\[\\*]|[A-Z]+)$");

  static final List<Box> BOXES =
      List.of(
          new Box("Outbox", OutboxStatus.values(), "outbox_status", "outbox_parked_status"),
          new Box("Inbox", InboxStatus.values(), "inbox_status"));

  /** One of the two state machines, by its heading, and where the schema holds its states. */
  private record Box(String heading, List<String> states, List<String> constraints) {
    Box(String heading, Enum<?>[] states, String... constraints) {
      this(heading, Arrays.stream(states).map(Enum::name).sorted().toList(), List.of(constraints));
    }

    String section() {
      return Documents.document("docs/lifecycle.md").section(heading);
    }

    @Override
    public String toString() {
      return heading;
    }
  }

  @ParameterizedTest
  @FieldSource("BOXES")
  void thePictureShowsTheStatesOfTheEnum(Box box) {
    assertThat(states(picture(box).stream())).containsExactlyElementsOf(box.states());
  }

  @ParameterizedTest
  @FieldSource("BOXES")
  void thePictureAndTheTableShowTheSameEdgesEachWithItsTest(Box box) {
    List<List<String>> table = Documents.table(box.section());
    List<String> edges = table.stream().map(row -> arrow(ROW, row.get(0))).toList();
    assertThat(edges).doesNotHaveDuplicates().containsExactlyElementsOf(picture(box));
    assertThat(table)
        .allSatisfy(
            row ->
                assertThat(new Documents.Document("docs/lifecycle.md", row.get(2)).tests())
                    .as("tests of %s", row.get(0))
                    .isNotEmpty());
  }

  @ParameterizedTest
  @FieldSource("BOXES")
  void everySchemaAllowsTheSameStatesAndNoOther(Box box) throws IOException {
    Path folder = Project.ROOT.resolve("rowpost-jdbc/src/main/resources/rowpost/db");
    try (Stream<Path> dialects = Files.list(folder).filter(Files::isDirectory)) {
      List<Path> schemas = dialects.map(d -> d.resolve("V1__outbox_inbox.sql")).sorted().toList();
      assertThat(schemas).hasSize(4);
      assertThat(schemas)
          .allSatisfy(
              schema ->
                  assertThat(
                          states(
                              box.constraints().stream()
                                  .map(name -> check(withLayouts(schema), name))))
                      .containsExactlyElementsOf(box.states()));
    }
  }

  /** PostgreSQL's script creates the log layout; its other one comes from a script beside it. */
  private static String withLayouts(Path schema) {
    Path rows = schema.resolveSibling("layout_row.sql");
    return Project.read(schema) + (Files.exists(rows) ? Project.read(rows) : "");
  }

  private static String check(String schema, String constraint) {
    Pattern pattern =
        Pattern.compile("CONSTRAINT .rowpost_" + constraint + ".\\s+CHECK \\(status [^\\n]+");
    return pattern
        .matcher(schema)
        .results()
        .flatMap(found -> Pattern.compile("'[A-Z]+'").matcher(found.group()).results())
        .map(MatchResult::group)
        .collect(Collectors.joining());
  }

  private static List<String> picture(Box box) {
    return Documents.codeIn(box.section(), "mermaid")
        .get(0)
        .lines()
        .filter(line -> line.contains("-->"))
        .map(line -> arrow(EDGE, line))
        .toList();
  }

  private static String arrow(Pattern pattern, String text) {
    MatchResult found =
        pattern
            .matcher(text)
            .results()
            .findFirst()
            .orElseThrow(() -> new AssertionError("not an edge: " + text));
    return found.group(1) + " → " + found.group(2);
  }

  private static Set<String> states(Stream<String> texts) {
    return texts
        .flatMap(text -> Pattern.compile("[A-Z]+").matcher(text).results())
        .map(MatchResult::group)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
