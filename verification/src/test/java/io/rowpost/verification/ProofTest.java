package io.rowpost.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.verification.Proof.Row;
import io.rowpost.verification.Proof.Suite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A proof that is green whatever happens would be none: each way to be green in vain is red. */
class ProofTest {
  private static final Path TABLE = Path.of("planted-bugs.txt");

  private static final Row ALONE = Row.parse("a | processes | OneTest#finds");
  private static final Row NAMED = Row.parse("b | contract | OtherTest#isRed | no token");
  private static final Row MUTANT = Row.parse("b | models | relay | MUTANT_NO_TOKEN");

  @TempDir private Path folder;

  private final Proof proof = new Proof(List.of(ALONE, NAMED, MUTANT));

  private void report(String... tests) throws Exception {
    Files.writeString(
        folder.resolve("TEST-" + tests.length + ".xml"),
        "<testsuite>" + String.join("", tests) + "</testsuite>");
    proof.readReports(folder);
  }

  private static String test(String type, String name, String inside) {
    return "<testcase classname=\"io.rowpost.%s\" name=\"%s\">%s</testcase>"
        .formatted(type, name, inside);
  }

  private void models(String expected, String found) {
    proof.readModels(
        List.of(
            "model | property or mutant | expected | found | states | seconds",
            "relay | MUTANT_NO_TOKEN | %s | %s | 10 | 0.1".formatted(expected, found)));
  }

  @Test
  void allIsRed() throws Exception {
    report(
        test("OneTest", "finds", ""),
        test("OtherTest", "isRed(Bug)[1] settle before publish", "<failure/>"),
        test("OtherTest", "isRed(Bug)[2] no token", ""));
    models("breaks I9", "breaks I9");
    assertThat(proof.missing()).isEmpty();
    assertThat(proof.table().lines().map(String::stripTrailing))
        .containsExactly(
            "planted bug                                      | contract  | simulator | race      |"
                + " processes | models",
            "a                                                |           |           |           |"
                + " red       |",
            "b                                                | red       |           |           |"
                + "           | red");
  }

  @Test
  void whatDidNotRunIsMissing() throws Exception {
    report(
        test("OneTest", "finds", "<skipped/>"),
        test("OneTest", "findsMore", ""),
        test("OtherTest", "isRed(Bug)[1] settle before publish", ""));
    assertThat(proof.missing()).containsExactly(ALONE, NAMED, MUTANT);
    assertThat(proof.table()).contains("NOT RUN").doesNotContain("red  ");
  }

  @Test
  void whatStayedGreenIsMissing() throws Exception {
    report(
        test("OneTest", "finds", "<error/>"),
        test("OtherTest", "isRed(Bug)[2] no token", "<failure/>"));
    models("breaks I9", "holds");
    assertThat(proof.missing()).containsExactly(ALONE, NAMED, MUTANT);
    assertThat(proof.table()).contains("GREEN").doesNotContain("NOT RUN");
  }

  @Test
  void ofSeveralRunsTheWorstCounts() throws Exception {
    report(test("OneTest", "finds", ""), test("OneTest", "finds", "<failure/>"));
    report(test("OneTest", "finds", ""));
    assertThat(proof.missing()).contains(ALONE);
  }

  @Test
  void aLineThatIsNoRowIsRefused() {
    assertThatThrownBy(() -> Row.parse("no token | contract"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Row.parse("no token | contracts | OneTest#finds"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Whoever takes one out has to say so here. */
  @Test
  void theTableHasTheBugsThatCount() throws Exception {
    assertThat(Proof.rows(TABLE).stream().map(Row::bug).distinct())
        .contains(
            "settle before publish",
            "no token",
            "check-then-act inbox",
            "offset before effect",
            "FAILED taken for a duplicate",
            "late FAILED over COMPLETED",
            "id cursor",
            "xid order",
            "seq bound",
            "cursor kept over a crash",
            "cursor kept over a session",
            "unfenced fetch",
            "locking fetch",
            "byte-cut page taken for complete",
            "low-water bound over a gap",
            "successor past a parked head",
            "skipped failed head",
            "retention too short",
            "NOTIFY only",
            "dedup cache that survives a rollback",
            "outage that burns attempts",
            "settle without fence after a pause");
  }

  @Test
  void theTableNamesNothingTwice() throws Exception {
    assertThat(Proof.rows(TABLE)).doesNotHaveDuplicates();
  }

  @Test
  void theTableNamesTestsThatExist() throws Exception {
    for (Row row : Proof.rows(TABLE)) {
      if (row.suite() != Suite.MODELS) {
        String[] test = row.place().split("#", -1);
        assertThat(source(test[0])).as("%s", row).contains("void " + test[1] + "(");
      }
    }
  }

  private static String source(String type) throws IOException {
    List<Path> tests =
        List.of(Path.of("src/test/java"), Path.of("../rowpost-testkit/src/test/java"));
    for (Path folder : tests) {
      try (Stream<Path> files = Files.walk(folder)) {
        Path file = files.filter(path -> path.endsWith(type + ".java")).findFirst().orElse(null);
        if (file != null) {
          return Files.readString(file);
        }
      }
    }
    throw new AssertionError("no " + type);
  }

  /** Both ways: none that is planted is left out, none that is named is missing. */
  @Test
  void theTableNamesTheBugsOfTheRaceAndOfTheModels() throws Exception {
    assertThat(planted("CursorRaceTest#wrongCursorsAreFoundOut"))
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(WrongReader.Bug.values())
                .filter(bug -> bug != WrongReader.Bug.NONE)
                .map(Enum::name)
                .toList());
    for (String model : List.of("relay", "inbox")) {
      TreeSet<String> mutants =
          Pattern.compile("MUTANT_\\w+")
              .matcher(Files.readString(Path.of("models", model + ".pml")))
              .results()
              .map(MatchResult::group)
              .collect(Collectors.toCollection(TreeSet::new));
      assertThat(planted(model)).containsExactlyInAnyOrderElementsOf(mutants);
    }
  }

  /** Of the simulator too; contracts plant some that are about one store's tables alone. */
  @Test
  void theTableNamesBugsOfTheSimulatorAndTheContracts() throws Exception {
    String simulated = source("BrokenSimulations");
    assertThat(planted("PlantedSimulationBugsTest#breaksAGuarantee"))
        .allMatch(bug -> simulated.contains('"' + bug + '"'));
    for (String test : List.of("PlantedOutboxBugsTest", "PlantedInboxBugsTest")) {
      String source = source(test);
      assertThat(planted(test + "#turnsTheContractRed"))
          .isNotEmpty()
          .allMatch(bug -> source.contains("." + bug + ".class"));
    }
  }

  private static List<String> planted(String place) throws IOException {
    return Proof.rows(TABLE).stream()
        .filter(row -> row.place().equals(place))
        .map(Row::planted)
        .toList();
  }
}
