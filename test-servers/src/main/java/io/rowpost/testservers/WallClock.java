package io.rowpost.testservers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The wall clock of one process, which may be set while it runs: by libfaketime, which stands
 * between the process and the system. Its monotonic clock stays that of the machine.
 *
 * <p>The process looks once a second how its clock is set.
 */
public final class WallClock {

  private static final Path LIBRARIES = Path.of("/usr/lib");
  private static final String LIBRARY = "faketime/libfaketimeMT.so.1";

  private final Path library;
  private final Path setting;

  private WallClock(Path library, Path setting) {
    this.library = library;
    this.setting = setting;
  }

  /**
   * A clock that shows the time of the machine; skips the test if libfaketime is not installed, or
   * fails it under {@code CI=true}.
   *
   * @param setting a file that tells how the clock is set, in a folder that is there
   */
  public static WallClock require(Path setting) {
    return Requirement.ofEnvironment().of(() -> in(LIBRARIES, setting));
  }

  static WallClock in(Path libraries, Path setting) {
    Path library =
        find(libraries)
            .orElseThrow(
                () ->
                    new ServerAbsentException(
                        "A clock of its own for a process: there is no %s/*/%s; install the"
                                .formatted(libraries, LIBRARY)
                            + " package faketime"));
    WallClock clock = new WallClock(library, setting.toAbsolutePath());
    clock.set(Duration.ZERO);
    return clock;
  }

  private static Optional<Path> find(Path libraries) {
    try (DirectoryStream<Path> platforms = Files.newDirectoryStream(libraries)) {
      for (Path platform : platforms) {
        if (Files.isRegularFile(platform.resolve(LIBRARY))) {
          return Optional.of(platform.resolve(LIBRARY));
        }
      }
      return Optional.empty();
    } catch (IOException noSuchFolder) {
      return Optional.empty();
    }
  }

  /** What the process needs in its environment to go by this clock. */
  public Map<String, String> environment() {
    return Map.of(
        "LD_PRELOAD", library.toString(),
        "DONT_FAKE_MONOTONIC", "1",
        // Or every wait by the monotonic clock, such as a JVM's, would end at once.
        "FAKETIME_FORCE_MONOTONIC_FIX", "0",
        "FAKETIME_TIMESTAMP_FILE", setting.toString(),
        "FAKETIME_CACHE_DURATION", "1");
  }

  /**
   * Sets it. One that drifts is set again and again: at another rate the library would also stretch
   * waits that a JVM makes by the monotonic clock, and some of those end never.
   *
   * @param ahead of the machine's; negative: behind it
   */
  public void set(Duration ahead) {
    Path next = setting.resolveSibling(setting.getFileName() + ".next");
    try {
      Files.writeString(next, String.format(Locale.ROOT, "%+.3f%n", ahead.toMillis() / 1000.0));
      // At once: half of a line would be another time.
      Files.move(next, setting, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
