package io.rowpost.testkit;

import io.rowpost.core.PublishException;
import io.rowpost.core.StoreException;
import io.rowpost.core.StoreException.Outcome;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What databases and the broker of one world throw: made once, since stack traces are dear. */
final class SimFailures {
  static final List<SimFailure> KINDS = List.of(SimFailure.values());

  final StoreException rolledBack = store("ROWPOST-211", Outcome.ROLLED_BACK);
  final StoreException unknown = store("ROWPOST-213", Outcome.UNKNOWN);
  private final Map<SimFailure, PublishException> publish = new EnumMap<>(SimFailure.class);

  private static StoreException store(String code, Outcome outcome) {
    return new StoreException(code, "The simulated database failed.", "none.", outcome, null);
  }

  PublishException of(SimFailure failure) {
    return Objects.requireNonNull(publish.computeIfAbsent(failure, SimFailure::exception));
  }
}
