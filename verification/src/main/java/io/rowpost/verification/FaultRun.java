package io.rowpost.verification;

import io.rowpost.testservers.DatabaseServer;
import io.rowpost.testservers.KafkaServer;
import io.rowpost.testservers.OwnDatabaseServer;
import io.rowpost.verification.FaultScene.Cast;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * A run: faults strike a scene, everything comes to rest, the history is judged, a report written.
 *
 * @param name of the report
 * @param storage where the outbox lives
 * @param faults which may strike
 * @param setup of the processes
 * @param cast the processes' main classes
 * @param seed of the application and of the faults
 * @param time how long faults strike at random; zero: each as often as shows all of its forms
 */
record FaultRun(
    String name,
    Storage storage,
    List<Fault> faults,
    Setup setup,
    Cast cast,
    long seed,
    Duration time) {
  private static final Path TARGET = Path.of("target");

  /** Calm between two strikes, at most. */
  private static final int MOST_CALM_MILLIS = 500;

  /** Sound processes and faults as they come, each in all of its forms. */
  static FaultRun of(String name, Storage storage, List<Fault> faults, long seed) {
    return new FaultRun(name, storage, faults, Setup.standard(), Cast.SOUND, seed, Duration.ZERO);
  }

  FaultRun setup(Setup newSetup) {
    return new FaultRun(name, storage, faults, newSetup, cast, seed, time);
  }

  FaultRun cast(Cast newCast) {
    return new FaultRun(name, storage, faults, setup, newCast, seed, time);
  }

  FaultRun time(Duration newTime) {
    return new FaultRun(name, storage, faults, setup, cast, seed, newTime);
  }

  /** The broker of all runs of this JVM, behind a proxy; sessions may be short. */
  private static final class Broker {
    static final KafkaServer SHARED =
        KafkaServer.startBehindProxy(Map.of("group.min.session.timeout.ms", "500"));

    private Broker() {}
  }

  Verdict run() throws Exception {
    if (faults.stream().noneMatch(Fault::stopsServer)) {
      return run(storage.shared());
    }
    try (OwnDatabaseServer own = storage.startOwn()) {
      return run(own);
    }
  }

  private Verdict run(DatabaseServer server) throws Exception {
    Path folder = emptyFolder();
    Setup adapted = setup.with(Setting.SEED, seed);
    for (Fault fault : faults) {
      adapted = fault.adapt(adapted);
    }
    Verdict verdict;
    try (var scene = new FaultScene(server, Broker.SHARED, storage, adapted, cast, folder)) {
      strike(scene);
      verdict = scene.finish();
    }
    new Report(this, server.description(), adapted, verdict, Lag.of(History.read(folder)))
        .write(TARGET.resolve("reports/faults"));
    return verdict;
  }

  private void strike(FaultScene scene) throws Exception {
    var random = new SplittableRandom(seed);
    long end = System.nanoTime() + time.toNanos();
    if (time.isZero()) {
      for (Fault fault : faults) {
        for (int i = 0; i < fault.strikes(); i++) {
          strike(scene, fault, random);
        }
      }
    } else {
      while (System.nanoTime() - end < 0) {
        strike(scene, faults.get(random.nextInt(faults.size())), random);
      }
    }
  }

  private static void strike(FaultScene scene, Fault fault, SplittableRandom random)
      throws Exception {
    FaultScene.letPass(Duration.ofMillis(random.nextInt(MOST_CALM_MILLIS)));
    fault.strike(scene, random);
  }

  /** What an earlier run of the name left is deleted. */
  private Path emptyFolder() throws IOException {
    Path folder = TARGET.resolve("faults").resolve(name);
    Files.createDirectories(folder);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    return folder;
  }
}
