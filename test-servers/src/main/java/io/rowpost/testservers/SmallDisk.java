package io.rowpost.testservers;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A disk of some megabytes that a test may fill: a file system in memory, which takes the right to
 * mount one.
 *
 * <p>It goes when it is closed, and at the latest with this JVM, however that ends: a guard, a
 * small shell, holds the other end of a pipe of this JVM and unmounts when the pipe closes.
 */
final class SmallDisk implements AutoCloseable {

  /** Lazily, since whoever works on it may be slower to go. */
  private static final String GUARD =
      """
      while read -r line; do :; done
      umount -l -- "$1"
      rmdir -- "$1"
      """;

  private static final byte[] BLOCK = new byte[64 * 1024];

  private final Path folder;
  private final Process guard;

  private SmallDisk(Path folder, Process guard) {
    this.folder = folder;
    this.guard = guard;
  }

  /**
   * Mounts one.
   *
   * @throws ServerAbsentException if this user may not
   */
  static SmallDisk mount(int megabytes) {
    Path folder = Folders.createTemporary("disk");
    // Before the mount, or a JVM that ended in between would leave it behind.
    Process guard = guard(folder);
    List<String> mount =
        List.of("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "tmpfs", "" + folder);
    int status = ServerProcess.statusOf(ServerProcess.NO_LOG, mount);
    if (status != 0) {
      guard.destroyForcibly();
      Folders.delete(folder);
      throw new ServerAbsentException(
          "A disk that may be filled: `%s` ended with %d; it takes root, or CAP_SYS_ADMIN"
              .formatted(String.join(" ", mount), status));
    }
    return new SmallDisk(folder, guard);
  }

  private static Process guard(Path folder) {
    try {
      return new ProcessBuilder("sh", "-c", GUARD, "guard", folder.toString())
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path folder() {
    return folder;
  }

  /** Takes all the space that is left. */
  void fill() {
    try (OutputStream ballast =
        Files.newOutputStream(ballast(), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      while (true) {
        ballast.write(BLOCK);
      }
    } catch (IOException full) {
      if (folder.toFile().getUsableSpace() > 0) {
        throw new UncheckedIOException(full);
      }
    }
  }

  /** Gives the space back that was taken. */
  void free() {
    try {
      Files.deleteIfExists(ballast());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path ballast() {
    return folder.resolve("ballast");
  }

  @Override
  public void close() {
    ServerProcess.run(ServerProcess.NO_LOG, List.of("umount", "-l", folder.toString()));
    guard.destroyForcibly();
    Folders.delete(folder);
  }

  @Override
  public String toString() {
    return "disk at " + folder;
  }
}
