package io.rowpost.testservers;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs a main class of the tests in a JVM of its own. */
final class ChildJvm {

  private ChildJvm() {}

  static Process start(Class<?> main, Map<String, String> environment, List<String> arguments)
      throws IOException {
    return start(main, environment, List.of(), arguments);
  }

  static Process start(
      Class<?> main, Map<String, String> environment, List<String> options, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().remove("CI");
    builder.environment().putAll(environment);
    builder.redirectError(new File("/dev/null"));
    return builder.start();
  }

  static List<String> output(Process child) throws IOException {
    try (BufferedReader lines = child.inputReader(StandardCharsets.UTF_8)) {
      return lines.lines().toList();
    }
  }
}
