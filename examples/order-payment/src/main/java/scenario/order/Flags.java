package scenario.order;

import io.rowpost.core.RowpostException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Runs a command; what goes wrong is said in one way: what did not happen, and the fix. */
final class Flags {
  static final int BAD_FLAGS = 2;
  static final int BROKEN = 3;

  private static final String BAD_SETTING = "ROWPOST-601";

  private Flags() {}

  /** Runs a command and returns its exit status. */
  static int run(Callable<Integer> command, String... arguments) {
    return new CommandLine(command)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(
            (problem, args) -> {
              say(problem.getCommandLine().getErr(), refused(problem));
              return BAD_FLAGS;
            })
        .setExecutionExceptionHandler(
            (problem, line, result) -> {
              if (problem instanceof RowpostException known) {
                say(line.getErr(), known);
                return known.code().equals(BAD_SETTING) ? BAD_FLAGS : BROKEN;
              }
              problem.printStackTrace(line.getErr());
              return BROKEN;
            })
        .execute(arguments);
  }

  /** Refuses a flag whose value is out of bounds. */
  static void require(boolean holds, String flag, Object value, String bounds) {
    if (!holds) {
      throw refused("%s is %s".formatted(flag, value), "set %s to %s.".formatted(flag, bounds));
    }
  }

  private static RowpostException refused(ParameterException problem) {
    List<String> similar =
        problem instanceof UnmatchedArgumentException unknown
            ? unknown.getSuggestions()
            : List.of();
    String what = String.valueOf(problem.getMessage()).strip();
    return refused(
        what.endsWith(".") ? what.substring(0, what.length() - 1) : what,
        similar.isEmpty()
            ? "see all flags with --help."
            : "did you mean %s? All flags: --help".formatted(similar.get(0)));
  }

  /** A refusal of flags, with the fix. */
  static RowpostException refused(String what, String fix) {
    return new RowpostException(BAD_SETTING, "Nothing was started: %s.".formatted(what), fix, null);
  }

  private static void say(PrintWriter err, RowpostException problem) {
    err.println(problem.getMessage());
  }
}
