package scenario.order;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The demo as a user starts it: in a JVM of its own.
 *
 * @param status its exit status
 * @param lines what it said on standard output
 * @param errors what it said on standard error
 */
record DemoRun(int status, List<String> lines, String errors) {
  /** What the demo may take at most, on a slow machine too. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  static DemoRun of(String... flags) throws IOException, InterruptedException {
    return within(LIMIT, flags);
  }

  static DemoRun within(Duration limit, String... flags) throws IOException, InterruptedException {
    Path out = Files.createTempFile("demo", ".out");
    Path err = Files.createTempFile("demo", ".err");
    try {
      var command = new ArrayList<String>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
      command.addAll(List.of("-cp", System.getProperty("java.class.path")));
      command.add(Demo.class.getName());
      command.addAll(List.of(flags));
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
        throw new AssertionError("the demo took longer than %s; %s".formatted(limit, read(out)));
      }
      return new DemoRun(process.exitValue(), read(out).lines().toList(), read(err));
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.UTF_8);
  }

  String lastLine() {
    return lines.get(lines.size() - 1);
  }

  /** The three numbers of the table's row of this name. */
  List<Integer> row(String name) {
    Pattern row = Pattern.compile("  " + Pattern.quote(name) + " +(\\d+) +(\\d+) +(\\d+)");
    return lines.stream()
        .map(row::matcher)
        .filter(Matcher::matches)
        .map(m -> List.of(number(m, 1), number(m, 2), number(m, 3)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no row " + name + " in\n" + this));
  }

  /** The first group of the first line in which the expression is found. */
  String find(String expression) {
    return lines.stream()
        .map(Pattern.compile(expression)::matcher)
        .filter(Matcher::find)
        .map(m -> m.group(1))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + expression + " in\n" + this));
  }

  private static int number(Matcher matcher, int group) {
    return Integer.parseInt(matcher.group(group));
  }

  @Override
  public String toString() {
    return "exit %d%n%s%n%s".formatted(status, String.join("\n", lines), errors);
  }
}
