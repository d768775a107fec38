package io.rowpost.verification;

import io.rowpost.verification.Samples.Measure;
import io.rowpost.verification.Samples.OfProcess;
import io.rowpost.verification.Samples.Role;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What became of a figure in the life of a process.
 *
 * <p>The rule: it grows if the median of the last quarter of its life is more than a fifth above
 * that of the second quarter, and by more than the measure's slack. The first quarter is for
 * warming up.
 *
 * @param seconds the length of that life
 * @param early the median of the second quarter
 * @param late the median of the last quarter
 */
record Growth(Role role, int process, double seconds, Measure measure, double early, double late) {
  private static final double MOST = 1.2;

  /** Fewer samples tell nothing. */
  private static final int ENOUGH = 16;

  /** Of each measure, if the life was long enough. */
  static List<Growth> in(List<OfProcess> life) {
    return Arrays.stream(Measure.values()).flatMap(measure -> of(life, measure).stream()).toList();
  }

  private static Optional<Growth> of(List<OfProcess> life, Measure measure) {
    List<OfProcess> told = life.stream().filter(measure::isThere).toList();
    int count = told.size();
    if (count < ENOUGH) {
      return Optional.empty();
    }
    OfProcess first = told.get(0);
    return Optional.of(
        new Growth(
            first.role(),
            first.process(),
            (told.get(count - 1).nanos() - first.nanos()) / 1e9,
            measure,
            median(told.subList(count / 4, count / 2), measure),
            median(told.subList(count - count / 4, count), measure)));
  }

  private static double median(List<OfProcess> samples, Measure measure) {
    double[] sorted = samples.stream().mapToDouble(measure::of).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  boolean isGrowing() {
    return late > MOST * early && late > early + measure.slack();
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s %d in %.0f s: %.1f, then %.1f %s: %s",
        role,
        process,
        seconds,
        early,
        late,
        measure.unit(),
        isGrowing() ? "GROWING" : "flat");
  }
}
