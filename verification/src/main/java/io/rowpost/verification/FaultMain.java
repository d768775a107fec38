package io.rowpost.verification;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs faults from the command line, as long as one likes.
 *
 * <p>Arguments, all optional: {@code F=6} or {@code F=6,7} which faults, all of them if missing;
 * {@code SEED=7}; {@code MINUTES=10} how long they strike in turn, each in all of its forms if
 * missing; {@code HOURS=0.5} the same as a soak: {@link FaultRun#soak}; {@code
 * STORAGE=postgres_row}, or {@code mariadb}. What measures has a run of its own, and no place in a
 * soak. Ends with status 1 if anything is wrong, and 2 if an argument makes no sense.
 */
final class FaultMain {
  private static final Set<String> NAMES = Set.of("F", "SEED", "MINUTES", "HOURS", "STORAGE");

  /** Longer than anybody waits; a time in nanoseconds stays far from its end. */
  private static final BigDecimal MOST_HOURS = new BigDecimal(1000);

  private FaultMain() {}

  /** Runs and reports. */
  public static void main(String[] arguments) throws Exception {
    FaultRun run;
    try {
      run = parse(arguments);
    } catch (IllegalArgumentException e) {
      System.err.println("No fault was tried: " + e.getMessage());
      System.exit(2);
      return;
    }
    boolean clean = true;
    for (FaultRun each : run.apart()) {
      Verdict verdict = each.run();
      System.out.printf("%s, seed %d: %s%n", each.name(), each.seed(), verdict);
      System.out.printf("Report: verification/target/reports/faults/%s.html%n", each.name());
      clean &= verdict.isClean();
    }
    System.exit(clean ? 0 : 1);
  }

  /**
   * What the arguments ask for.
   *
   * @throws IllegalArgumentException if they ask for nothing that can be done; says what can be
   */
  static FaultRun parse(String... arguments) {
    Map<String, String> given = new HashMap<>();
    for (String argument : arguments) {
      String[] parts = argument.split("=", 2);
      if (parts.length < 2 || !NAMES.contains(parts[0])) {
        throw new IllegalArgumentException(
            argument + " is none of F=6,7 SEED=7 MINUTES=10 HOURS=2 STORAGE=mariadb");
      }
      given.put(parts[0], parts[1]);
    }
    Storage storage = storage(given.getOrDefault("STORAGE", "postgres_log"));
    List<Fault> faults = faults(given.get("F"), storage);
    long seed = number("SEED", given.getOrDefault("SEED", "" + System.nanoTime()), Long.MIN_VALUE);
    long minutes = number("MINUTES", given.getOrDefault("MINUTES", "0"), 0);
    String hours = given.get("HOURS");
    if (hours != null) {
      if (given.containsKey("MINUTES")) {
        throw new IllegalArgumentException("MINUTES= and HOURS= are two kinds of run");
      }
      List<Fault> inTurn = faults.stream().filter(fault -> !fault.measures()).toList();
      if (given.containsKey("F") && inTurn.size() < faults.size()) {
        throw new IllegalArgumentException(
            "F=%s measures, which takes a run without HOURS=".formatted(given.get("F")));
      }
      return FaultRun.soak("soak-" + nameOf(storage), storage, inTurn, seed, hours(hours));
    }
    String name = "F" + given.getOrDefault("F", "all") + "-" + nameOf(storage);
    return FaultRun.of(name, storage, faults, seed).time(Duration.ofMinutes(minutes));
  }

  private static Storage storage(String name) {
    return Arrays.stream(Storage.values())
        .filter(storage -> nameOf(storage).equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "STORAGE=%s is none of %s"
                        .formatted(
                            name,
                            Arrays.stream(Storage.values()).map(FaultMain::nameOf).toList())));
  }

  private static String nameOf(Storage storage) {
    return storage.name().toLowerCase(Locale.ROOT);
  }

  private static List<Fault> faults(@Nullable String numbers, Storage storage) {
    List<Fault> possible = Fault.all().stream().filter(fault -> fault.worksOn(storage)).toList();
    if (numbers == null) {
      return possible;
    }
    List<String> wanted = List.of(numbers.split(",", -1));
    List<String> known = possible.stream().map(fault -> "" + fault.number()).toList();
    if (!known.containsAll(wanted)) {
      throw new IllegalArgumentException(
          "F=%s, but on %s there are %s".formatted(numbers, nameOf(storage), known));
    }
    return possible.stream().filter(fault -> wanted.contains("" + fault.number())).toList();
  }

  private static Duration hours(String text) {
    try {
      BigDecimal hours = new BigDecimal(text);
      if (hours.signum() > 0 && hours.compareTo(MOST_HOURS) <= 0) {
        return Duration.ofSeconds(hours.multiply(new BigDecimal(3600)).longValue());
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("HOURS=" + text + " is no number", e);
    }
    throw new IllegalArgumentException("HOURS=" + text + " is not above 0 and at most 1000");
  }

  private static long number(String name, String text, long least) {
    try {
      long number = Long.parseLong(text);
      if (number >= least) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + "=" + text + " is no whole number", e);
    }
    throw new IllegalArgumentException(name + "=" + text + " is less than " + least);
  }
}
