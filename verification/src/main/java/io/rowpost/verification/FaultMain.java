package io.rowpost.verification;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Runs faults from the command line, as long as one likes.
 *
 * <p>Arguments, all optional: {@code F=6} or {@code F=6,7} which faults, all of them if missing;
 * {@code SEED=7}; {@code MINUTES=10} how long they strike at random, each in all of its forms if
 * missing; {@code STORAGE=postgres_row}, or {@code mariadb}. Ends with status 1 if anything is
 * wrong.
 */
final class FaultMain {
  private FaultMain() {}

  /** Runs and reports. */
  public static void main(String[] arguments) throws Exception {
    Map<String, String> given = new HashMap<>();
    for (String argument : arguments) {
      int sign = argument.indexOf('=');
      given.put(argument.substring(0, sign), argument.substring(sign + 1));
    }
    Storage storage =
        Storage.valueOf(given.getOrDefault("STORAGE", "postgres_log").toUpperCase(Locale.ROOT));
    List<String> wanted = List.of(given.getOrDefault("F", "").split(",", -1));
    List<Fault> faults =
        Fault.all().stream()
            .filter(fault -> fault.worksOn(storage))
            .filter(fault -> !given.containsKey("F") || wanted.contains("" + fault.number()))
            .toList();
    long seed = Long.parseLong(given.getOrDefault("SEED", "" + System.nanoTime()));
    var time = Duration.ofMinutes(Long.parseLong(given.getOrDefault("MINUTES", "0")));
    String name =
        "F" + given.getOrDefault("F", "all") + "-" + storage.name().toLowerCase(Locale.ROOT);
    Verdict verdict = FaultRun.of(name, storage, faults, seed).time(time).run();
    System.out.printf("%s, seed %d: %s%n", name, seed, verdict);
    System.out.printf("Report: target/reports/faults/%s.html%n", name);
    System.exit(verdict.isClean() ? 0 : 1);
  }
}
