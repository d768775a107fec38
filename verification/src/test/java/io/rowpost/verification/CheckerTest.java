package io.rowpost.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.verification.Event.Kind;
import io.rowpost.verification.Mark.Shown;
import io.rowpost.verification.Verdict.Check;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Each anomaly, planted into a small history that is sound without it, is found, and alone. */
class CheckerTest {
  private static final int HOPS = 3;
  private static final int RELAY = 4;
  private static final int CONSUMER = 5;
  private static final int OTHER_CONSUMER = 6;
  private static final long SECOND = 1_000_000_000;

  private final List<Event> events = new ArrayList<>();
  private long now = SECOND;

  private void add(Kind kind, int hop, int process, int key, long number, UUID id, long hash) {
    now += 1000;
    long message = id.getLeastSignificantBits() + 1000L * hop;
    events.add(new Event(kind, hop, process, key, now, now, number, id, message, hash));
  }

  private static UUID id(int key, long number) {
    return new UUID(key, number);
  }

  private static long hash(int hop, int key, long number) {
    return 1 + hop + 10L * key + 1000 * number;
  }

  private void of(Kind kind, int hop, int key, long number) {
    add(kind, hop, 1, key, number, id(key, number), hash(hop, key, number));
  }

  /** Two messages under each of two keys, on their way through three hops. */
  private void soundRun() {
    for (long number = 1; number <= 2; number++) {
      for (int key = 0; key < 2; key++) {
        of(Kind.INVOKE, 0, key, number);
        of(Kind.OK, 0, key, number);
        for (int hop = 0; hop < HOPS; hop++) {
          of(Kind.SENT, hop, key, number);
          of(Kind.PUBLISHED, hop, key, number);
          of(Kind.ENTER, hop, key, number);
          of(Kind.EXIT, hop, key, number);
        }
      }
    }
    for (int hop = 0; hop < HOPS; hop++) {
      add(Kind.ABSORBED, hop, 1, 0, 3, Event.NO_ID, 0);
    }
    // Begun and rolled back; nothing of it may be anywhere.
    of(Kind.INVOKE, 0, 0, 77);
    of(Kind.FAIL, 0, 0, 77);
    // Of unknown outcome, and not there.
    of(Kind.INVOKE, 0, 0, 78);
    for (int key = 0; key < 2; key++) {
      for (long number = 1; number <= 2; number++) {
        of(Kind.SAVED, 0, key, number);
        for (int hop = 0; hop < HOPS; hop++) {
          of(Kind.EFFECT, hop, key, number);
        }
      }
    }
  }

  private int find(Kind kind, int hop, int key, long number) {
    return IntStream.range(0, events.size())
        .filter(
            i ->
                events.get(i).kind() == kind
                    && events.get(i).hop() == hop
                    && events.get(i).id().equals(id(key, number)))
        .findFirst()
        .orElseThrow();
  }

  private void remove(Kind kind, int hop, int key, long number) {
    events.remove(find(kind, hop, key, number));
  }

  private void unpublish(int hop, int key, long number) {
    remove(Kind.SENT, hop, key, number);
    remove(Kind.PUBLISHED, hop, key, number);
  }

  private void swap(Kind kind, int hop, int key) {
    int one = find(kind, hop, key, 1);
    int other = find(kind, hop, key, 2);
    Event first = events.get(one);
    events.set(one, events.get(other));
    events.set(other, first);
  }

  private Event mark(Kind kind, Mark mark, long nanos) {
    return new Event(
        kind,
        mark.shownBy().code(),
        0,
        mark.victim(),
        nanos,
        0,
        mark.fault(),
        Event.NO_ID,
        mark.recovery().toNanos(),
        mark.repeats());
  }

  private Verdict verdict() {
    return Checker.check(events, HOPS);
  }

  private void finds(Check... expected) {
    Verdict verdict = verdict();
    List<Check> found =
        Arrays.stream(Check.values()).filter(check -> verdict.count(check) > 0).toList();
    assertThat(found).as("%s", verdict).containsExactly(expected);
    assertThat(verdict.isClean()).isEqualTo(expected.length == 0);
    assertThat(found)
        .allSatisfy(check -> assertThat(verdict.findings().get(check).examples()).isNotEmpty());
  }

  private void planted(Consumer<CheckerTest> anomaly, Check... expected) {
    events.clear();
    soundRun();
    anomaly.accept(this);
    finds(expected);
  }

  @Test
  void aSoundRunIsClean() {
    planted(run -> {});
    assertThat(verdict().figures()).isEqualTo(new Verdict.Figures(78, 6, 4, 1, 1, 12, 0, 12, 0));
  }

  @Test
  void findsWhatIsLost() {
    planted(
        run -> {
          for (int hop = 0; hop < HOPS; hop++) {
            run.unpublish(hop, 0, 2);
            run.remove(Kind.EFFECT, hop, 0, 2);
          }
        },
        Check.LOST);
  }

  @Test
  void findsAMissingEffect() {
    planted(
        run -> {
          for (int hop = 1; hop < HOPS; hop++) {
            run.unpublish(hop, 0, 2);
          }
          for (int hop = 0; hop < HOPS; hop++) {
            run.remove(Kind.EFFECT, hop, 0, 2);
          }
        },
        Check.NO_EFFECT);
  }

  @Test
  void findsPhantoms() {
    planted(run -> run.of(Kind.PUBLISHED, 0, 0, 77), Check.PHANTOM);
    planted(run -> run.of(Kind.PUBLISHED, 0, 0, 78), Check.PHANTOM);
    planted(run -> run.of(Kind.PUBLISHED, 0, 0, 999), Check.PHANTOM);
    planted(run -> run.of(Kind.EFFECT, 0, 0, 77), Check.PHANTOM);
  }

  @Test
  void findsAlteredBytes() {
    for (Kind kind : List.of(Kind.PUBLISHED, Kind.EFFECT)) {
      for (int hop = 0; hop < HOPS; hop++) {
        int ofHop = hop;
        for (long hash : new long[] {0, 5}) {
          planted(
              run -> {
                int place = run.find(kind, ofHop, 1, 1);
                run.remove(kind, ofHop, 1, 1);
                run.add(kind, ofHop, 1, 1, 1, id(1, 1), hash);
                run.events.add(place, run.events.remove(run.events.size() - 1));
              },
              Check.ALTERED);
        }
      }
    }
  }

  @Test
  void findsARepeatWithoutAFault() {
    planted(run -> run.of(Kind.PUBLISHED, 0, 0, 1), Check.REPEATED);
  }

  @Test
  void allowsRepeatsAfterAFaultUpToItsBound() {
    Mark mark = Mark.harmless(1).repeats(2);
    Consumer<CheckerTest> twoRepeats =
        run -> {
          run.events.add(run.mark(Kind.FAULT_ENDS, mark, run.now));
          run.of(Kind.PUBLISHED, 0, 0, 1);
          run.of(Kind.PUBLISHED, 2, 1, 1);
        };
    planted(twoRepeats);
    planted(twoRepeats.andThen(run -> run.of(Kind.PUBLISHED, 0, 0, 1)), Check.REPEATED);
    planted(
        run -> {
          run.events.add(run.mark(Kind.FAULT_ENDS, mark, run.now));
          run.events.add(run.mark(Kind.FAULT_BEGINS, mark.repeats(0), run.now + 1));
          run.of(Kind.PUBLISHED, 0, 0, 1);
        },
        Check.REPEATED);
  }

  @Test
  void findsFirstPublishesOutOfOrder() {
    planted(run -> run.swap(Kind.PUBLISHED, 0, 0), Check.PUBLISH_ORDER);
    planted(run -> run.swap(Kind.PUBLISHED, 2, 1), Check.PUBLISH_ORDER);
  }

  @Test
  void findsEffectsOutOfOrder() {
    planted(run -> run.swap(Kind.EFFECT, 0, 0), Check.EFFECT_ORDER);
  }

  @Test
  void findsASecondEffect() {
    planted(run -> run.of(Kind.EFFECT, 0, 0, 2), Check.DUPLICATE_EFFECT);
    planted(run -> run.of(Kind.EFFECT, 2, 0, 2), Check.DUPLICATE_EFFECT);
  }

  @Test
  void findsAnOutcomeThatIsNotTrue() {
    planted(run -> run.of(Kind.OK, 0, 0, 78), Check.ATOMICITY);
    planted(run -> run.of(Kind.SAVED, 0, 0, 2), Check.ATOMICITY);
    planted(
        run -> {
          run.remove(Kind.OK, 0, 1, 1);
          run.of(Kind.FAIL, 0, 1, 1);
        },
        Check.ATOMICITY);
    planted(run -> run.of(Kind.OK, 0, 0, 999), Check.ATOMICITY);
  }

  @Test
  void takesAnUnknownOutcomeAsItTurnsOut() {
    planted(run -> run.remove(Kind.OK, 0, 1, 1));
    planted(
        run -> {
          run.remove(Kind.OK, 0, 1, 1);
          run.of(Kind.UNKNOWN, 0, 1, 1);
        });
    planted(run -> run.of(Kind.UNKNOWN, 0, 0, 78));
  }

  @Test
  void takesARefusalAfterAnUnknownOutcomeForNoAnswerToTheFirstAttempt() {
    planted(
        run -> {
          run.remove(Kind.OK, 0, 1, 1);
          run.of(Kind.UNKNOWN, 0, 1, 1);
          run.of(Kind.FAIL, 0, 1, 1);
        });
    assertThat(verdict().figures().unknown()).isEqualTo(2);
    assertThat(verdict().figures().refused()).isOne();
    planted(
        run -> {
          run.of(Kind.UNKNOWN, 0, 0, 78);
          run.of(Kind.FAIL, 0, 0, 78);
        });
  }

  @Test
  void takesAFailureThatBeganNothingAsOne() {
    planted(run -> run.of(Kind.FAIL, 0, 0, 999));
  }

  @Test
  void findsATornChain() {
    planted(run -> run.remove(Kind.EFFECT, 2, 0, 1), Check.CHAIN);
    planted(
        run -> {
          run.unpublish(2, 0, 1);
          run.remove(Kind.EFFECT, 2, 0, 1);
        },
        Check.CHAIN);
  }

  /**
   * A handler that failed after it had written all: what it appended may not stay, nor its effect.
   */
  @Test
  void findsWhatARollbackHasLeft() {
    planted(run -> run.remove(Kind.EFFECT, 0, 0, 1), Check.NO_EFFECT, Check.TORN);
    planted(run -> run.remove(Kind.EFFECT, 1, 0, 1), Check.CHAIN, Check.TORN);
    Consumer<CheckerTest> poisoned =
        run -> {
          for (int hop = 1; hop < HOPS; hop++) {
            run.unpublish(hop, 0, 2);
            run.remove(Kind.EFFECT, hop, 0, 2);
          }
          run.remove(Kind.INVOKE, 0, 0, 2);
          run.of(Kind.INVOKE, Event.POISON, 0, 2);
          run.of(Kind.PARKED, 0, 0, 2);
        };
    planted(poisoned, Check.CHAIN, Check.TORN);
    Consumer<CheckerTest> undone = poisoned.andThen(run -> run.remove(Kind.EFFECT, 0, 0, 2));
    planted(undone);
    planted(undone.andThen(run -> run.of(Kind.OPEN, 1, 0, 2)), Check.TORN, Check.STUCK);
    planted(undone.andThen(run -> run.of(Kind.PUBLISHED, 1, 0, 2)), Check.TORN);
    planted(undone.andThen(run -> run.of(Kind.EFFECT, 1, 0, 2)), Check.PHANTOM, Check.TORN);
  }

  @Test
  void findsAnEffectOfWhatIsInNoTopic() {
    planted(run -> run.unpublish(2, 0, 1), Check.PHANTOM);
    planted(run -> run.unpublish(0, 0, 1), Check.PHANTOM);
  }

  @Test
  void findsAForkedChain() {
    planted(
        run -> {
          Event once = run.events.get(run.find(Kind.PUBLISHED, 1, 0, 2));
          run.events.add(
              new Event(
                  once.kind(),
                  once.hop(),
                  once.process(),
                  once.key(),
                  run.now,
                  run.now,
                  once.number(),
                  once.id(),
                  once.message() + 1,
                  once.hash()));
        },
        Check.CHAIN);
  }

  @Test
  void findsARegress() {
    planted(run -> run.add(Kind.REGRESS, 0, 0, 0, 1, Event.NO_ID, 0), Check.REGRESS);
  }

  @Test
  void findsWhatIsStuck() {
    planted(run -> run.of(Kind.OPEN, 0, 0, 2), Check.STUCK);
  }

  @Test
  void findsWhatWasGivenUpButForPoison() {
    planted(run -> run.of(Kind.PARKED, 0, 0, 2), Check.TORN, Check.GIVEN_UP);
    Consumer<CheckerTest> poisoned =
        run -> {
          for (int hop = 1; hop < HOPS; hop++) {
            run.unpublish(hop, 0, 2);
          }
          for (int hop = 0; hop < HOPS; hop++) {
            run.remove(Kind.EFFECT, hop, 0, 2);
          }
          run.of(Kind.PARKED, 0, 0, 2);
        };
    planted(poisoned, Check.GIVEN_UP);
    planted(
        poisoned.andThen(
            run -> {
              run.remove(Kind.INVOKE, 0, 0, 2);
              run.of(Kind.INVOKE, Event.POISON, 0, 2);
            }));
  }

  @Test
  void findsWhatWasDiscardedButForWhatItsTopicRefuses() {
    Consumer<CheckerTest> discarded =
        run -> {
          for (int hop = 0; hop < HOPS; hop++) {
            run.unpublish(hop, 0, 2);
            run.remove(Kind.EFFECT, hop, 0, 2);
          }
          run.of(Kind.DISCARDED, 0, 0, 2);
        };
    planted(discarded, Check.GIVEN_UP);
    planted(
        discarded.andThen(
            run -> {
              run.remove(Kind.INVOKE, 0, 0, 2);
              run.of(Kind.INVOKE, Event.OVERSIZED, 0, 2);
            }));
    assertThat(verdict().figures().parked()).isOne();
    planted(
        run -> {
          run.remove(Kind.INVOKE, 0, 0, 2);
          run.of(Kind.INVOKE, Event.OVERSIZED, 0, 2);
          for (int hop = 0; hop < HOPS; hop++) {
            run.unpublish(hop, 0, 2);
            run.remove(Kind.EFFECT, hop, 0, 2);
          }
        },
        Check.LOST);
  }

  @Test
  void findsAFigureThatIsNotTrue() {
    for (Metric.Name name : Metric.Name.values()) {
      planted(run -> run.tell(Metric.exactly(name, 3, 3)));
      planted(run -> run.tell(Metric.exactly(name, 3, 4)), Check.METRICS);
      planted(run -> run.tell(new Metric(name, 6, 3, 5)), Check.METRICS);
      planted(run -> run.tell(new Metric(name, Metric.ABSENT, 3, 5)), Check.METRICS);
    }
    assertThat(verdict().findings().get(Check.METRICS).examples())
        .containsExactly("published and not acknowledged: told -1, and it is 3 to 5");
  }

  @Test
  void findsRepeatsOfWhichNoInboxTold() {
    Consumer<CheckerTest> fourRepeats =
        run -> {
          run.events.add(run.mark(Kind.FAULT_ENDS, Mark.harmless(1).repeats(4), run.now));
          for (int i = 0; i < 4; i++) {
            run.of(Kind.PUBLISHED, 1, 0, 1);
          }
        };
    planted(fourRepeats, Check.METRICS);
    assertThat(verdict().findings().get(Check.METRICS).examples())
        .containsExactly("duplicates at hop 1: told 3, and there are 4");
    planted(fourRepeats.andThen(run -> run.add(Kind.ABSORBED, 1, 2, 0, 1, Event.NO_ID, 0)));
    planted(
        fourRepeats.andThen(run -> run.add(Kind.ABSORBED, 0, 2, 0, 1, Event.NO_ID, 0)),
        Check.METRICS);
  }

  @Test
  void findsWhatCountsAsSentAndIsInNoTopic() {
    planted(
        run -> {
          run.remove(Kind.PUBLISHED, 2, 0, 2);
          run.remove(Kind.EFFECT, 2, 0, 2);
        },
        Check.CHAIN,
        Check.METRICS);
  }

  private void tell(Metric metric) {
    events.add(
        new Event(
            Kind.METRIC,
            0,
            0,
            metric.name().code(),
            now,
            now,
            metric.said(),
            Event.NO_ID,
            metric.least(),
            metric.most()));
  }

  @Test
  void measuresHowLongItTakesToGoOn() {
    Mark mark = new Mark(1, RELAY, 0, Duration.ofSeconds(2), Shown.SENT);
    Consumer<CheckerTest> late =
        run -> {
          run.events.add(run.mark(Kind.FAULT_ENDS, mark, run.now));
          long killed = run.now;
          // Neither the victim's last words nor another kind of progress count.
          run.add(Kind.SENT, 0, RELAY, 0, 1, id(0, 1), 0);
          run.of(Kind.EXIT, 0, 0, 1);
          run.now = killed + 2 * SECOND;
          run.of(Kind.SENT, 0, 0, 1);
        };
    planted(late, Check.SLOW);
    assertThat(verdict().recoveries()).containsExactly(Duration.ofNanos(2 * SECOND + 1000));
    planted(
        late.andThen(
            run -> {
              run.now -= 2 * SECOND - 4000;
              run.of(Kind.SENT, 0, 0, 1);
            }));
    planted(run -> run.events.add(run.mark(Kind.FAULT_ENDS, mark, run.now)), Check.SLOW);
    planted(
        run -> {
          run.events.add(run.mark(Kind.FAULT_ENDS, mark, run.now));
          run.events.add(run.mark(Kind.FAULT_BEGINS, Mark.harmless(2), run.now + 1));
          run.now += SECOND;
          run.of(Kind.SENT, 0, 0, 1);
        });
    assertThat(verdict().recoveries()).containsExactly(Duration.ofNanos(SECOND + 1000));
  }

  /** What was handed over before it, or is somebody else's work, shows nothing. */
  @Test
  void aRecoveryIsShownByWhomAndByWhatItConcerns() {
    Mark mark = new Mark(1, CONSUMER, 0, Duration.ofSeconds(2), Shown.SENT);
    goesOn(mark.recovery(mark.recovery(), Shown.NEW_SENT), Kind.SENT, RELAY, true);
    doesNot(mark.recovery(mark.recovery(), Shown.NEW_SENT), Kind.SENT, RELAY, false);
    doesNot(mark.recovery(mark.recovery(), Shown.NEW_SENT), Kind.SENT, CONSUMER, true);
    doesNot(mark.recovery(mark.recovery(), Shown.NEW_SENT), Kind.EXIT, RELAY, true);
    goesOn(mark.recovery(mark.recovery(), Shown.HANDLED), Kind.EXIT, CONSUMER, false);
    doesNot(mark.recovery(mark.recovery(), Shown.HANDLED), Kind.EXIT, OTHER_CONSUMER, true);
    doesNot(mark.recovery(mark.recovery(), Shown.HANDLED), Kind.SENT, CONSUMER, true);
    goesOn(mark.recovery(mark.recovery(), Shown.NEW_HANDLED), Kind.EXIT, CONSUMER, true);
    doesNot(mark.recovery(mark.recovery(), Shown.NEW_HANDLED), Kind.EXIT, CONSUMER, false);
    doesNot(mark.recovery(mark.recovery(), Shown.NEW_HANDLED), Kind.EXIT, OTHER_CONSUMER, true);
  }

  private void goesOn(Mark mark, Kind kind, int process, boolean isNew) {
    planted(run -> run.progress(mark, kind, process, isNew));
    assertThat(verdict().recoveries()).containsExactly(Duration.ofNanos(SECOND));
  }

  private void doesNot(Mark mark, Kind kind, int process, boolean isNew) {
    planted(run -> run.progress(mark, kind, process, isNew), Check.SLOW);
    assertThat(verdict().recoveries()).allMatch(Duration::isNegative);
  }

  /** A second after a mark somebody gets on with a message that was begun before it, or after. */
  private void progress(Mark mark, Kind kind, int process, boolean isNew) {
    events.add(mark(Kind.FAULT_ENDS, mark, now));
    long marked = now;
    long number = isNew ? 79 : 78;
    if (isNew) {
      of(Kind.INVOKE, 0, 0, number);
    }
    now = marked + SECOND - 1000;
    add(kind, 1, process, 0, number, id(0, number), 0);
    // Much later all of them have got on, which shows no more than that the run has lasted.
    now = marked + 10 * 60 * SECOND;
    of(Kind.INVOKE, 0, 0, 80);
    for (int each : new int[] {RELAY, CONSUMER}) {
      add(Kind.SENT, 0, each, 0, 80, id(0, 80), 0);
      add(Kind.EXIT, 0, each, 0, 80, id(0, 80), 0);
    }
  }

  private Event measured(Figure figure, double value, double limit) {
    return new Event(
        Kind.MEASURED,
        figure.code(),
        0,
        11,
        now,
        now,
        Double.doubleToRawLongBits(value),
        Event.NO_ID,
        Double.doubleToRawLongBits(limit),
        0);
  }

  @Test
  void findsFiguresBeyondTheirLimits() {
    planted(run -> run.events.add(run.measured(Figure.WARNINGS, 11, 11)));
    assertThat(verdict().measured()).containsExactly(new Measured(11, Figure.WARNINGS, 11, 11));
    planted(run -> run.events.add(run.measured(Figure.WARNINGS, 12, 11)), Check.BEYOND_LIMIT);
    assertThat(verdict().findings().get(Check.BEYOND_LIMIT).examples())
        .containsExactly(
            "I-10 warnings and errors in a relay's log: 12.00, at most 11.00 after fault F11");
    planted(run -> run.events.add(run.measured(Figure.PURGED, 0.8, 0.8)));
    planted(run -> run.events.add(run.measured(Figure.PURGED, 0.79, 0.8)), Check.BEYOND_LIMIT);
    for (Figure figure : Figure.values()) {
      planted(run -> run.events.add(run.measured(figure, Double.NaN, 1)), Check.BEYOND_LIMIT);
    }
  }

  @Test
  void whereNobodyHandlesEverythingIsPublishedAllTheSame() {
    for (long number = 1; number <= 2; number++) {
      of(Kind.INVOKE, 0, 0, number);
      of(Kind.OK, 0, 0, number);
      of(Kind.PUBLISHED, 0, 0, number);
      of(Kind.SAVED, 0, 0, number);
    }
    events.add(mark(Kind.FAULT_ENDS, Mark.harmless(1).repeats(1), now));
    of(Kind.PUBLISHED, 0, 0, 1);
    assertThat(Checker.checkUnhandled(events).isClean()).isTrue();
    assertThat(Checker.check(events, 1).count(Check.NO_EFFECT)).isEqualTo(2);
    remove(Kind.PUBLISHED, 0, 0, 2);
    Verdict verdict = Checker.checkUnhandled(events);
    assertThat(verdict.count(Check.LOST)).as("%s", verdict).isOne();
    of(Kind.OPEN, 0, 0, 2);
    assertThat(Checker.checkUnhandled(events).count(Check.STUCK)).isOne();
  }

  /** A history of so many messages, made as it is read. */
  private record LongHistory(int messages, int lost) implements Iterable<Event> {
    private static final Kind[] EACH = {
      Kind.INVOKE, Kind.OK, Kind.SENT, Kind.PUBLISHED, Kind.EXIT, Kind.SAVED, Kind.EFFECT
    };

    @Override
    public Iterator<Event> iterator() {
      return IntStream.range(0, messages * EACH.length)
          .filter(i -> i / EACH.length != lost || i % EACH.length < 2 || i % EACH.length == 5)
          .mapToObj(i -> event(EACH[i % EACH.length], i / EACH.length, i))
          .iterator();
    }

    private static Event event(Kind kind, int message, int nanos) {
      long mixed = message * 0x9E3779B97F4A7C15L;
      var id = new UUID(mixed, message);
      return new Event(
          kind, 0, 1, message % 1000, nanos, nanos, 1 + message / 1000, id, message, 1 + message);
    }
  }

  @Test
  void judgesMillionsOfEventsInSeconds() {
    var history = new LongHistory(700_000, 600_000);
    long began = System.nanoTime();
    Verdict verdict = Checker.check(history, 1);
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    System.out.printf("%,d events judged in %d ms%n", 4_900_000, took.toMillis());
    assertThat(verdict.figures().committed()).isEqualTo(700_000);
    assertThat(verdict.count(Check.LOST)).isOne();
    assertThat(took).isLessThan(Duration.ofSeconds(30));
  }
}
