package scenario.order;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the READMEs show as the demo's output is what the demo says, and marked where it is cut. */
class ReadmeOutputTest {
  private static final String CUT = "…";
  private static final String STORY = "2. With Rowpost";
  private static final String END = "3. What both databases say";
  private static final Pattern BLOCK = Pattern.compile("(?s)```text\\n(Rowpost demo:.*?)```");

  private static final Pattern ORDER = Pattern.compile("order \\d+\\b");

  private static List<String> run = List.of();

  @BeforeAll
  static void runDemo() throws IOException, InterruptedException {
    run = masked(DemoRun.of().lines());
  }

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "README.ko.md"})
  void isWhatTheDemoSays(String path) throws IOException {
    List<String> quote = masked(quoted(path));

    assertThat(until(STORY, quote)).isEqualTo(until(STORY, run));
    assertThat(from(END, quote)).isEqualTo(from(END, run));
    List<String> story = story(run);
    List<String> told = story(quote);
    assertThat(story).containsAll(told.stream().filter(line -> !line.equals(CUT)).toList());
    for (String subject : subjects(told)) {
      assertThat(about(subject, story)).containsSubsequence(about(subject, told));
    }
    assertNothingIsCutWithoutAMark(told, story);
  }

  /** Threads may change the order of two lines; what is between them has to be quoted as well. */
  private static void assertNothingIsCutWithoutAMark(List<String> told, List<String> story) {
    for (int i = 1; i < told.size(); i++) {
      if (!told.get(i - 1).equals(CUT) && !told.get(i).equals(CUT)) {
        int one = story.indexOf(told.get(i - 1));
        int other = story.indexOf(told.get(i));
        assertThat(told)
            .as("what the demo says between two lines of the quote without %s", CUT)
            .containsAll(story.subList(Math.min(one, other), Math.max(one, other)));
      }
    }
  }

  private static List<String> quoted(String path) throws IOException {
    String readme = Files.readString(Path.of("..", "..", path));
    return BLOCK
        .matcher(readme)
        .results()
        .findFirst()
        .map(found -> found.group(1).lines().toList())
        .orElseThrow(() -> new AssertionError(path + " does not show the demo"));
  }

  /** Without what differs from run to run: times, and how much they let happen. */
  private static List<String> masked(List<String> lines) {
    return lines.stream()
        .map(
            line ->
                line.replaceFirst("^\\d\\d:\\d\\d:\\d\\d\\.\\d{3}", "TIME")
                    .replaceAll("\\b\\d+(\\.\\d+)? m?s\\b", "SPAN")
                    .replaceAll("\\d+(?= events PENDING| times; the inbox)", "N")
                    .replaceAll("(?<=the inbox absorbed )\\d+", "N"))
        .toList();
  }

  private static List<String> until(String heading, List<String> lines) {
    return lines.subList(0, lines.indexOf(heading));
  }

  private static List<String> from(String heading, List<String> lines) {
    return lines.subList(lines.indexOf(heading), lines.size());
  }

  private static List<String> story(List<String> lines) {
    return from(STORY, until(END, lines)).stream().skip(1).filter(line -> !line.isBlank()).toList();
  }

  /** Whom or what lines are about; those on one subject come in one order in every run. */
  private static Set<String> subjects(List<String> lines) {
    Set<String> subjects = new TreeSet<>(List.of("relay"));
    for (String line : lines) {
      ORDER.matcher(line).results().map(MatchResult::group).forEach(subjects::add);
    }
    return subjects;
  }

  private static List<String> about(String subject, List<String> lines) {
    Pattern name = Pattern.compile("\\b" + subject + "\\b");
    return lines.stream()
        .filter(line -> name.matcher(line.replace("orders.events/", "order ")).find())
        .toList();
  }
}
