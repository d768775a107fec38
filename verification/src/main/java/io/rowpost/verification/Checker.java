package io.rowpost.verification;

import io.rowpost.verification.Event.Kind;
import io.rowpost.verification.Verdict.Check;
import io.rowpost.verification.Verdict.Figures;
import io.rowpost.verification.Verdict.Finding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Judges a history: three passes over its events and one over the ids, whatever their order.
 *
 * <p>Only two orders are looked at: that of PUBLISHED, which is the order of the topic since one
 * reader wrote them all down; and that of EFFECT, in which the database gave them places. What
 * counts as committed is what was SAVED, whatever the application was told.
 */
final class Checker {
  private static final int EXAMPLES = 5;

  // What is known of an id; those of a hop are shifted by it.
  private static final int OK = 1;
  private static final int FAILED = 1 << 1;
  private static final int UNKNOWN = 1 << 2;
  private static final int SAVED = 1 << 3;
  private static final int POISON = 1 << 4;
  private static final int OVERSIZED = 1 << 5;
  private static final int DISCARDED = 1 << 6;
  private static final int PUBLISHED = 1 << 8;
  private static final int EFFECT = 1 << 12;
  private static final int PARKED = 1 << 16;
  private static final int OPEN = 1 << 20;
  private static final int SENT = 1 << 24;

  /** As many as the bits above have room for. */
  static final int MAX_HOPS = 4;

  private final Iterable<Event> history;
  private final int hops;
  private final boolean handled;
  private final Ids ids = new Ids();
  private final Map<Check, Long> counts = new EnumMap<>(Check.class);
  private final Map<Check, List<String>> examples = new EnumMap<>(Check.class);
  private final Marks marks = new Marks();
  private final List<Measured> measured = new ArrayList<>();
  private final HighestNumbers published;
  private final HighestNumbers effective;
  private final long[] mustBeAbsorbed;
  private final long[] absorbed;
  private int[] known = {};
  private long[][] hashes = {};
  private long[][] messages = {};

  /** When a message was begun, for the first time if that was tried again. */
  private long[] begun = {};

  private long events;
  private long appends;
  private long read;
  private long repeats;
  private long effects;

  private Checker(Iterable<Event> history, int hops, boolean handled) {
    this.history = history;
    this.hops = hops;
    this.handled = handled;
    this.published = new HighestNumbers(hops);
    this.effective = new HighestNumbers(hops);
    this.mustBeAbsorbed = new long[hops];
    this.absorbed = new long[hops];
    for (Check check : Check.values()) {
      counts.put(check, 0L);
      examples.put(check, new ArrayList<>());
    }
  }

  /**
   * Judges.
   *
   * @param hops how many messages long a chain is, from 1
   */
  static Verdict check(Iterable<Event> history, int hops) {
    if (hops < 1 || hops > MAX_HOPS) {
      throw new IllegalArgumentException("hops: " + hops);
    }
    return new Checker(history, hops, true).check();
  }

  /** Judges a run in which nobody handles what is published: chains of one, without an effect. */
  static Verdict checkUnhandled(Iterable<Event> history) {
    return new Checker(history, 1, false).check();
  }

  private Verdict check() {
    for (Event event : history) {
      events++;
      if (event.kind() == Kind.INVOKE || event.kind() == Kind.SAVED) {
        ids.add(event.id());
      } else if (event.kind() == Kind.FAULT_BEGINS || event.kind() == Kind.FAULT_ENDS) {
        marks.add(event);
      } else if (event.kind() == Kind.MEASURED) {
        noteMeasured(Measured.of(event));
      }
    }
    marks.sort();
    known = new int[ids.count()];
    hashes = new long[hops][ids.count()];
    messages = new long[hops][ids.count()];
    begun = new long[ids.count()];
    for (Event event : history) {
      noteOutcome(event);
    }
    for (Event event : history) {
      noteWhatFollowed(event);
    }
    for (int id = 0; id < ids.count(); id++) {
      judge(id);
    }
    if (handled) {
      judgeAbsorbed();
    }
    marks.judge(this::found);
    return verdict();
  }

  private Verdict verdict() {
    var findings = new EnumMap<Check, Finding>(Check.class);
    counts.forEach(
        (check, count) ->
            findings.put(
                check, new Finding(count, List.copyOf(examples.getOrDefault(check, List.of())))));
    return new Verdict(
        findings,
        new Figures(
            events,
            appends,
            count(SAVED),
            Arrays.stream(known).filter(Checker::isRefused).count(),
            Arrays.stream(known).filter(Checker::isUnknown).count(),
            read,
            repeats,
            effects,
            countParked()),
        marks.struck(),
        List.copyOf(measured));
  }

  private void noteMeasured(Measured one) {
    measured.add(one);
    if (one.isBeyondItsLimit()) {
      found(Check.BEYOND_LIMIT, one.toString());
    }
  }

  private long count(int bit) {
    return Arrays.stream(known).filter(bits -> (bits & bit) != 0).count();
  }

  /** Who could not tell, and then was refused, still cannot tell of the first attempt. */
  private static boolean isRefused(int bits) {
    return (bits & (OK | FAILED | UNKNOWN)) == FAILED;
  }

  private static boolean isUnknown(int bits) {
    return (bits & OK) == 0 && !isRefused(bits);
  }

  private long countParked() {
    int any = ((1 << hops) - 1) * PARKED;
    return count(any | DISCARDED);
  }

  private void noteOutcome(Event event) {
    switch (event.kind()) {
      case INVOKE -> {
        appends++;
        note(event, fate(event.hop()));
        int id = ids.find(event.id());
        begun[id] = begun[id] == 0 ? event.nanos() : begun[id];
      }
      case OK -> note(event, OK);
      case FAIL -> noteIfBegun(event, FAILED);
      case UNKNOWN -> noteIfBegun(event, UNKNOWN);
      case SAVED -> {
        noteSavedOnce(event);
        hashes[0][ids.find(event.id())] = event.hash();
      }
      default -> {}
    }
  }

  private void noteSavedOnce(Event event) {
    int id = ids.find(event.id());
    if (id != Ids.UNKNOWN && (known[id] & SAVED) != 0) {
      found(Check.ATOMICITY, describe(event) + " is saved twice");
    }
    note(event, SAVED);
  }

  private static int fate(int hop) {
    return switch (hop) {
      case Event.POISON -> POISON;
      case Event.OVERSIZED -> OVERSIZED;
      default -> 0;
    };
  }

  /** Where no transaction could be opened, nothing was begun. */
  private void noteIfBegun(Event event, int bits) {
    if (ids.find(event.id()) != Ids.UNKNOWN) {
      note(event, bits);
    }
  }

  private void note(Event event, int bits) {
    int id = ids.find(event.id());
    if (id == Ids.UNKNOWN) {
      found(Check.ATOMICITY, describe(event) + " was never begun");
    } else {
      known[id] |= bits;
    }
  }

  private void noteWhatFollowed(Event event) {
    switch (event.kind()) {
      case PUBLISHED -> {
        read++;
        notePublished(event);
      }
      case EFFECT -> {
        effects++;
        noteEffect(event);
      }
      case PARKED -> noteAtRest(event, PARKED);
      case DISCARDED -> noteDiscarded(event);
      case OPEN -> noteAtRest(event, OPEN);
      case REGRESS -> found(Check.REGRESS, "row %d".formatted(event.number()));
      case ABSORBED -> absorbed[event.hop()] += event.number();
      case METRIC -> judge(Metric.of(event));
      case SENT -> {
        noteSent(event);
        noteProgress(event);
      }
      case EXIT -> noteProgress(event);
      default -> {}
    }
  }

  private void notePublished(Event event) {
    int id = committed(event);
    if (id == Ids.UNKNOWN) {
      return;
    }
    int hop = event.hop();
    compareBytes(event, id);
    if ((known[id] & PUBLISHED << hop) == 0) {
      known[id] |= PUBLISHED << hop;
      messages[hop][id] = event.message();
      if (!published.isNext(event)) {
        found(Check.PUBLISH_ORDER, describe(event));
      }
    } else if (messages[hop][id] == event.message()) {
      repeats++;
      mustBeAbsorbed[hop] += (known[id] & POISON) == 0 ? 1 : 0;
      if (!marks.repeated(event.nanos())) {
        found(Check.REPEATED, describe(event) + " again, before any fault");
      }
    } else {
      found(Check.CHAIN, describe(event) + " under a second id");
    }
  }

  private void noteEffect(Event event) {
    int id = committed(event);
    if (id == Ids.UNKNOWN) {
      return;
    }
    compareBytes(event, id);
    if ((known[id] & EFFECT << event.hop()) != 0) {
      found(Check.DUPLICATE_EFFECT, describe(event));
      return;
    }
    known[id] |= EFFECT << event.hop();
    if (!effective.isNext(event)) {
      found(Check.EFFECT_ORDER, describe(event));
    }
  }

  private void noteSent(Event event) {
    int id = ids.find(event.id());
    if (id != Ids.UNKNOWN) {
      known[id] |= SENT << event.hop();
    }
  }

  private void noteProgress(Event event) {
    int id = ids.find(event.id());
    marks.progress(event, id == Ids.UNKNOWN ? 0 : begun[id]);
  }

  /**
   * Of the copies of a message one takes effect, and each other one is told to be a duplicate
   * before it is acknowledged; more often if it is delivered again. Poison takes no effect, and is
   * left out.
   */
  private void judgeAbsorbed() {
    for (int hop = 0; hop < hops; hop++) {
      if (absorbed[hop] < mustBeAbsorbed[hop]) {
        found(
            Check.METRICS,
            "duplicates at hop %d: told %d, and there are %d"
                .formatted(hop, absorbed[hop], mustBeAbsorbed[hop]));
      }
    }
  }

  private void judge(Metric metric) {
    if (!metric.isTrue()) {
      found(Check.METRICS, metric.toString());
    }
  }

  private void noteAtRest(Event event, int bit) {
    int id = committed(event);
    if (id != Ids.UNKNOWN) {
      known[id] |= bit << event.hop();
    }
  }

  /** Nobody discards what follows from another message. */
  private void noteDiscarded(Event event) {
    int id = committed(event);
    if (id != Ids.UNKNOWN) {
      known[id] |= DISCARDED;
    }
  }

  private int committed(Event event) {
    int id = ids.find(event.id());
    if (id == Ids.UNKNOWN || (known[id] & SAVED) == 0) {
      found(Check.PHANTOM, describe(event));
      return Ids.UNKNOWN;
    }
    return id;
  }

  /** The first that tells the bytes of a hop is right; at hop 0 that is what was saved. */
  private void compareBytes(Event event, int id) {
    long[] ofHop = hashes[event.hop()];
    if (ofHop[id] == 0) {
      ofHop[id] = event.hash();
    }
    if (event.hash() == 0 || ofHop[id] != event.hash()) {
      found(Check.ALTERED, describe(event));
    }
  }

  private void judge(int id) {
    int bits = known[id];
    boolean saved = (bits & SAVED) != 0;
    if (saved ? isRefused(bits) : (bits & OK) != 0) {
      found(Check.ATOMICITY, ids.get(id) + (saved ? " was refused, and saved" : " was not saved"));
    }
    if (!saved) {
      return;
    }
    boolean discarded = (bits & DISCARDED) != 0;
    if (discarded && (bits & OVERSIZED) == 0) {
      found(Check.GIVEN_UP, describe(id, 0) + ", by an operator");
    }
    for (int hop = 0; hop < hops; hop++) {
      if ((bits & SENT << hop) != 0 && (bits & PUBLISHED << hop) == 0) {
        found(Check.METRICS, describe(id, hop) + " counts as sent, and is in no topic");
      }
    }
    for (int hop = 0; hop < hops; hop++) {
      if ((bits & PARKED << hop) != 0 && (bits & POISON) == 0) {
        found(Check.GIVEN_UP, describe(id, hop));
      }
      if ((bits & OPEN << hop) != 0) {
        found(Check.STUCK, describe(id, hop));
      }
      if (handled) {
        judgeEffect(id, hop);
      }
    }
    judgeEnd(id);
  }

  /** What commits together is there together, or not at all. */
  private void judgeEffect(int id, int hop) {
    int bits = known[id];
    boolean effect = (bits & EFFECT << hop) != 0;
    boolean followed =
        hop + 1 < hops && (bits & (PUBLISHED | OPEN | EFFECT | PARKED) << (hop + 1)) != 0;
    if (followed && !effect) {
      found(Check.TORN, describe(id, hop) + " has no effect, and is followed by another");
    }
    if (effect && (bits & PARKED << hop) != 0) {
      found(Check.TORN, describe(id, hop) + " has an effect, and stands as FAILED");
    }
    if (effect && (bits & PUBLISHED << hop) == 0) {
      found(Check.PHANTOM, describe(id, hop) + " has an effect, and is in no topic");
    }
  }

  /** Where the first hop without an effect is none that was given up, its chain ends early. */
  private void judgeEnd(int id) {
    int bits = known[id];
    int hop = 0;
    while (hop < hops && (bits & (handled ? EFFECT : PUBLISHED) << hop) != 0) {
      hop++;
    }
    if (hop < hops && (bits & (PARKED << hop | DISCARDED)) == 0) {
      found(missing(bits, hop), describe(id, hop));
    }
  }

  private static Check missing(int bits, int hop) {
    boolean wasSent = (bits & (PUBLISHED | OPEN) << hop) != 0;
    if (hop > 0) {
      return Check.CHAIN;
    }
    return wasSent ? Check.NO_EFFECT : Check.LOST;
  }

  private void found(Check check, String example) {
    counts.merge(check, 1L, Long::sum);
    List<String> some = examples.computeIfAbsent(check, c -> new ArrayList<>());
    if (some.size() < EXAMPLES) {
      some.add(example);
    }
  }

  private String describe(int id, int hop) {
    return ids.get(id) + " at hop " + hop;
  }

  private static String describe(Event event) {
    UUID id = event.id();
    return "%s %s at hop %d, number %d of key %d"
        .formatted(event.kind(), id, event.hop(), event.number(), event.key());
  }

  /** The highest number seen of each key and hop. */
  private static final class HighestNumbers {
    private final int hops;
    private long[] highest = new long[1 << 10];

    HighestNumbers(int hops) {
      this.hops = hops;
    }

    boolean isNext(Event event) {
      int place = event.key() * hops + event.hop();
      if (place >= highest.length) {
        highest = Arrays.copyOf(highest, Math.max(2 * highest.length, place + 1));
      }
      boolean next = event.number() > highest[place];
      highest[place] = Math.max(highest[place], event.number());
      return next;
    }
  }
}
