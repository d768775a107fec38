package io.rowpost.testservers;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * What the build of this module fetched from Maven Central, and where it lies.
 *
 * <p>The servers' jars must never stand on the class path of a test, so they are no dependencies:
 * the build resolves them apart and leaves notes beside the classes.
 */
final class BuildOutput {

  private BuildOutput() {}

  /** The folder with the PostgreSQL binaries for this platform. */
  static Path postgresBinaries() {
    return Path.of(note("postgres-binaries.folder").get(0));
  }

  /** The jars that make a Kafka broker. */
  static List<Path> kafkaJars() {
    return note("kafka-server.jars").stream().map(Path::of).toList();
  }

  private static List<String> note(String name) {
    try (InputStream note = BuildOutput.class.getResourceAsStream(name)) {
      if (note == null) {
        throw new IllegalStateException(
            name
                + " is missing from the classes of test-servers: build that module with Maven,"
                + " at least up to generate-resources");
      }
      return new String(note.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
