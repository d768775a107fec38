package io.rowpost.verification;

import io.rowpost.testservers.DatabaseServer;
import io.rowpost.testservers.KafkaServer;
import io.rowpost.testservers.OwnDatabaseServer;
import io.rowpost.verification.FaultScene.Cast;
import io.rowpost.verification.Verdict.Check;
import io.rowpost.verification.Verdict.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
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
 * @param time how long faults strike in turn; zero: each as often as shows all of its forms
 * @param calm between two strikes, at most
 * @param aging the last part of the time, in which no fault ends a process, so that some get old
 */
record FaultRun(
    String name,
    Storage storage,
    List<Fault> faults,
    Setup setup,
    Cast cast,
    long seed,
    Duration time,
    Duration calm,
    Duration aging) {
  static final Path REPORTS = Path.of("target/reports/faults");

  private static final Path HISTORIES = Path.of("target/faults");
  private static final Duration SHORT_CALM = Duration.ofMillis(500);
  private static final Duration LONG_CALM = Duration.ofSeconds(20);
  private static final Duration ENOUGH_TO_AGE = Duration.ofMinutes(5);

  /** Sound processes and faults as they come, each in all of its forms. */
  static FaultRun of(String name, Storage storage, List<Fault> faults, long seed) {
    return new FaultRun(
        name,
        storage,
        faults,
        Setup.standard(),
        Cast.SOUND,
        seed,
        Duration.ZERO,
        SHORT_CALM,
        Duration.ZERO);
  }

  /** The long run: calm between the strikes, sent records go soon, and in the end processes age. */
  static FaultRun soak(String name, Storage storage, List<Fault> faults, long seed, Duration time) {
    Setup setup =
        Setup.standard().with(Setting.RETENTION, 120_000).with(Setting.PURGE_INTERVAL, 30_000);
    return new FaultRun(
        name, storage, faults, setup, Cast.SOUND, seed, time, LONG_CALM, time.dividedBy(3));
  }

  FaultRun setup(Setup newSetup) {
    return new FaultRun(name, storage, faults, newSetup, cast, seed, time, calm, aging);
  }

  FaultRun cast(Cast newCast) {
    return new FaultRun(name, storage, faults, setup, newCast, seed, time, calm, aging);
  }

  FaultRun time(Duration newTime) {
    return new FaultRun(name, storage, faults, setup, cast, seed, newTime, calm, aging);
  }

  /** One run of the faults that strike together, and one of each that measures. */
  List<FaultRun> apart() {
    var runs = new ArrayList<FaultRun>();
    List<Fault> together = faults.stream().filter(fault -> !fault.measures()).toList();
    if (!together.isEmpty()) {
      runs.add(new FaultRun(name, storage, together, setup, cast, seed, time, calm, aging));
    }
    for (Fault fault : faults) {
      if (fault.measures()) {
        String itsName = faults.size() == 1 ? name : name + "-F" + fault.number();
        runs.add(
            new FaultRun(itsName, storage, List.of(fault), setup, cast, seed, time, calm, aging));
      }
    }
    return runs;
  }

  /** The broker of all runs of this JVM, behind a proxy; sessions may be short. */
  private static final class Broker {
    static final KafkaServer SHARED = start();

    private Broker() {}

    private static KafkaServer start() {
      var settings = new HashMap<>(KafkaServer.WITH_PERMISSIONS);
      settings.put("group.min.session.timeout.ms", "500");
      return KafkaServer.startBehindProxy(settings);
    }
  }

  Verdict run() throws Exception {
    boolean onSmallDisk = faults.stream().anyMatch(Fault::fillsDisk);
    if (!onSmallDisk && faults.stream().noneMatch(Fault::stopsServer)) {
      return run(storage.shared());
    }
    try (OwnDatabaseServer own =
        onSmallDisk ? storage.startOnSmallDisk(time) : storage.startOwn()) {
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
    Samples samples;
    var failures = new ArrayList<String>();
    try (var scene = new FaultScene(server, Broker.SHARED, storage, adapted, cast, folder)) {
      try (var sampler = new Sampler(scene, storage)) {
        strikeAll(scene, failures);
        samples = sampler.samples();
      }
      boolean old = aging.compareTo(ENOUGH_TO_AGE) >= 0;
      verdict = finish(scene, failures).with(Check.GROWING, samples.growing(old));
    }
    verdict = verdict.with(Check.BROKEN_OFF, new Finding(failures.size(), failures));
    Lag lag = Lag.of(History.read(folder));
    new Report(this, server.description(), adapted, verdict, lag, samples, Instant.now())
        .write(REPORTS);
    return verdict;
  }

  /** A failure ends the strikes, and not the run: two hours of it are worth a report. */
  private void strikeAll(FaultScene scene, List<String> failures) throws Exception {
    try {
      scene.start();
      strike(scene);
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      failures.add(e.toString());
      scene.diagnose(e);
    }
  }

  /** Where it does not come to rest either, its history is there and was not judged. */
  private static Verdict finish(FaultScene scene, List<String> failures) throws Exception {
    try {
      if (!failures.isEmpty()) {
        scene.heal();
      }
      return scene.finish();
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      failures.add("not judged: " + e);
      scene.diagnose(e);
      return Checker.check(List.of(), 1);
    }
  }

  private void strike(FaultScene scene) throws Exception {
    var random = new SplittableRandom(seed);
    if (time.isZero()) {
      for (Fault fault : faults) {
        for (int i = 0; i < fault.strikes(); i++) {
          strike(scene, fault, random);
        }
      }
    } else {
      try (var progress = new Progress(scene)) {
        strikeInRounds(scene, random, time.minus(aging), faults);
        List<Fault> gentle = faults.stream().filter(fault -> !fault.endsProcesses()).toList();
        strikeInRounds(scene, random, aging, gentle.isEmpty() ? faults : gentle);
        progress.tell();
      }
    }
  }

  /** Each in turn, in another order each time. */
  private void strikeInRounds(
      FaultScene scene, SplittableRandom random, Duration lasting, List<Fault> all)
      throws Exception {
    long end = System.nanoTime() + lasting.toNanos();
    var round = new ArrayList<Fault>();
    while (System.nanoTime() - end < 0) {
      if (round.isEmpty()) {
        round.addAll(all);
        Collections.shuffle(round, new Random(random.nextLong()));
      }
      strike(scene, round.remove(round.size() - 1), random);
    }
  }

  private void strike(FaultScene scene, Fault fault, SplittableRandom random) throws Exception {
    FaultScene.letPass(Duration.ofMillis(random.nextLong(calm.toMillis())));
    fault.strike(scene, random);
  }

  /** What an earlier run of the name left is deleted. */
  private Path emptyFolder() throws IOException {
    Path folder = HISTORIES.resolve(name);
    Files.createDirectories(folder);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    return folder;
  }
}
