package io.rowpost.verification;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What the {@link Checker} found in a history. */
record Verdict(
    Map<Check, Finding> findings, Figures figures, List<Struck> faults, List<Measured> measured) {

  /** What may be wrong, each with the guarantee that forbids it. */
  enum Check {
    ATOMICITY("I-1", "the outcome of an append and what was saved differ"),
    LOST("I-2", "committed, and neither published nor in the outbox"),
    NO_EFFECT("I-2", "published, and without an effect"),
    PHANTOM("I-3", "published or handled and never committed, or handled and never published"),
    ALTERED("I-3", "other bytes than were appended"),
    REPEATED("I-4", "published again without a reason, or more often than it allows"),
    PUBLISH_ORDER("I-5", "first published after a later one of its key"),
    EFFECT_ORDER("I-5", "took effect after a later one of its key"),
    DUPLICATE_EFFECT("I-7", "took effect more than once"),
    CHAIN("I-8", "a chain of messages that ends early, or forks"),
    TORN("I-8", "an effect without what commits with it, or the other way round"),
    REGRESS("I-9", "a state that went backwards"),
    STUCK("I-10", "still to be sent when all had time to be"),
    SLOW("I-10", "went on later after a fault than promised"),
    BROKEN_OFF("I-10", "a strike that found things otherwise than they must be, and was the last"),
    BEYOND_LIMIT("I-10", "a figure beyond its limit; it names its own guarantee"),
    GIVEN_UP("I-11", "FAILED without a reason"),
    GROWING("I-19", "a process that takes more and more"),
    METRICS("I-20", "a figure that is not true");

    private final String guarantee;
    private final String meaning;

    Check(String guarantee, String meaning) {
      this.guarantee = guarantee;
      this.meaning = meaning;
    }

    String guarantee() {
      return guarantee;
    }

    String meaning() {
      return meaning;
    }
  }

  /** How often, and the first few cases. */
  record Finding(long count, List<String> examples) {}

  /** How much there was to be checked; {@code events} are the lines of the history. */
  record Figures(
      long events,
      long appends,
      long committed,
      long refused,
      long unknown,
      long published,
      long repeats,
      long effects,
      long parked) {}

  /**
   * A mark, and what followed it.
   *
   * @param ended whether the cause was gone
   * @param nanos when, by the monotonic clock
   * @param repeats messages published again before the next mark
   * @param recovered how long until things went on; negative if they never did
   */
  record Struck(Mark mark, boolean ended, long nanos, long repeats, Duration recovered) {
    boolean isSlow() {
      return !mark.recovery().isZero()
          && (recovered.isNegative() || recovered.compareTo(mark.recovery()) > 0);
    }
  }

  /** The same, with what was found outside the history. */
  Verdict with(Check check, Finding finding) {
    var more = new EnumMap<Check, Finding>(findings);
    more.put(check, finding);
    return new Verdict(more, figures, faults, measured);
  }

  boolean isClean() {
    return findings.values().stream().allMatch(finding -> finding.count() == 0);
  }

  long count(Check check) {
    return Objects.requireNonNull(findings.get(check)).count();
  }

  /** Times until things went on, of the marks that bound them. */
  List<Duration> recoveries() {
    return faults.stream()
        .filter(struck -> !struck.mark().recovery().isZero())
        .map(Struck::recovered)
        .toList();
  }

  /** For the message of an assertion: what is wrong, with examples. */
  @Override
  public String toString() {
    var text = new StringBuilder(figures.toString());
    findings.forEach(
        (check, finding) -> {
          if (finding.count() > 0) {
            text.append(
                "%n%s %s: %d, such as %s"
                    .formatted(check.guarantee, check, finding.count(), finding.examples()));
          }
        });
    return text.toString();
  }
}
