package io.rowpost.verification;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * The proof that the proof can fail: whether each planted bug was found by each suite that has to.
 *
 * <p>It reads what the tests of {@code planted-bugs.txt} have reported, and what the models' check
 * has said, and runs none of them itself.
 */
final class Proof {
  /** Who has to find a bug. */
  enum Suite {
    CONTRACT,
    SIMULATOR,
    RACE,
    PROCESSES,
    MODELS;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What a suite made of a bug. */
  enum Outcome {
    RED("red"),
    GREEN("GREEN"),
    NOT_RUN("NOT RUN");

    private final String word;

    Outcome(String word) {
      this.word = word;
    }
  }

  /**
   * A line of the table.
   *
   * @param place the class of the test and its method, or the model
   * @param planted the name of the bug there: the display name of a parameterized test, a mutant;
   *     empty where the method is about one bug alone
   */
  record Row(String bug, Suite suite, String place, String planted) {
    static Row parse(String line) {
      String[] cells = line.split("\\|", -1);
      if (cells.length != 3 && cells.length != 4) {
        throw new IllegalArgumentException("not 'bug | suite | place | name': " + line);
      }
      return new Row(
          cells[0].strip(),
          Suite.valueOf(cells[1].strip().toUpperCase(Locale.ROOT)),
          cells[2].strip(),
          cells.length == 4 ? cells[3].strip() : "");
    }

    /** The name under which surefire reports it. */
    private boolean isReportedAs(String test, String method, String name) {
      return place.equals(test + "#" + method)
          && (planted.isEmpty() || name.endsWith("] " + planted));
    }
  }

  private final List<Row> rows;
  private final Map<Row, Outcome> outcomes = new LinkedHashMap<>();

  Proof(List<Row> rows) {
    this.rows = List.copyOf(rows);
    rows.forEach(row -> outcomes.put(row, Outcome.NOT_RUN));
  }

  /** Rows of a table; lines that are empty or begin with # are none. */
  static List<Row> rows(Path table) throws IOException {
    try (Stream<String> lines = Files.lines(table)) {
      return lines
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .map(Row::parse)
          .toList();
    }
  }

  /**
   * Judges: the table, what the models said, and folders of reports. Ends with status 1 if a bug
   * stayed green or was not tried.
   */
  public static void main(String[] arguments) throws Exception {
    var proof = new Proof(rows(Path.of(arguments[0])));
    proof.readModels(Files.readAllLines(Path.of(arguments[1])));
    for (String folder : List.of(arguments).subList(2, arguments.length)) {
      proof.readReports(Path.of(folder));
    }
    System.out.print(proof.table());
    List<Row> missing = proof.missing();
    System.out.printf("%d of %d red.%n", proof.rows.size() - missing.size(), proof.rows.size());
    missing.forEach(row -> System.out.printf("%s: %s%n", proof.outcomes.get(row), row));
    System.exit(missing.isEmpty() ? 0 : 1);
  }

  /** What surefire has left in a folder. A test of a planted bug is green if the bug was found. */
  void readReports(Path folder) throws IOException, ParserConfigurationException, SAXException {
    var builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".xml")).toList()) {
        NodeList tests = builder.parse(file.toFile()).getElementsByTagName("testcase");
        for (int i = 0; i < tests.getLength(); i++) {
          read((Element) tests.item(i));
        }
      }
    }
  }

  private void read(Element test) {
    String type = test.getAttribute("classname");
    String simple = type.substring(type.lastIndexOf('.') + 1);
    String name = test.getAttribute("name");
    String method = name.split("\\W", 2)[0];
    boolean skipped = test.getElementsByTagName("skipped").getLength() > 0;
    boolean failed =
        test.getElementsByTagName("failure").getLength() > 0
            || test.getElementsByTagName("error").getLength() > 0;
    for (Row row : rows) {
      if (!skipped && row.isReportedAs(simple, method, name)) {
        note(row, failed ? Outcome.GREEN : Outcome.RED);
      }
    }
  }

  /** What {@code models/check} has printed: model, mutant, what has to break, what was found. */
  void readModels(List<String> lines) {
    for (String line : lines) {
      List<String> cells = Stream.of(line.split("\\|", -1)).map(String::strip).toList();
      for (Row row : rows) {
        if (row.suite == Suite.MODELS
            && cells.size() > 3
            && row.place.equals(cells.get(0))
            && row.planted.equals(cells.get(1))) {
          note(row, cells.get(2).equals(cells.get(3)) ? Outcome.RED : Outcome.GREEN);
        }
      }
    }
  }

  /** Of several runs of a test the worst counts. */
  private void note(Row row, Outcome outcome) {
    outcomes.merge(
        row,
        outcome,
        (old, now) -> old == Outcome.GREEN || now == Outcome.GREEN ? Outcome.GREEN : now);
  }

  List<Row> missing() {
    return rows.stream().filter(row -> outcomes.get(row) != Outcome.RED).toList();
  }

  /** A line for each bug, a column for each suite. */
  String table() {
    var text =
        new StringBuilder(line("planted bug", Stream.of(Suite.values()).map(Suite::toString)));
    for (String bug : rows.stream().map(Row::bug).distinct().toList()) {
      text.append(line(bug, Stream.of(Suite.values()).map(suite -> worst(bug, suite))));
    }
    return text.toString();
  }

  private String worst(String bug, Suite suite) {
    return rows.stream()
        .filter(row -> row.bug.equals(bug) && row.suite == suite)
        .map(row -> outcomes.getOrDefault(row, Outcome.NOT_RUN))
        .max(Comparator.naturalOrder())
        .map(outcome -> outcome.word)
        .orElse("");
  }

  private static String line(String first, Stream<String> cells) {
    return "%-48s%s%n"
        .formatted(first, cells.map(" | %-9s"::formatted).collect(Collectors.joining()));
  }
}
