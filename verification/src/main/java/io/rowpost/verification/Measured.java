package io.rowpost.verification;

import io.rowpost.verification.Event.Kind;
import java.util.Locale;

/**
 * What a fault has measured of a figure, beside its limit.
 *
 * @param fault its number in the list of faults
 * @param value in the figure's unit
 * @param limit in the figure's unit
 */
record Measured(int fault, Figure figure, double value, double limit) {

  static Measured of(Event event) {
    return new Measured(
        event.key(),
        Figure.of(event.hop()),
        Double.longBitsToDouble(event.number()),
        Double.longBitsToDouble(event.message()));
  }

  void write(HistoryWriter history) {
    history.write(
        Kind.MEASURED,
        figure.code(),
        fault,
        Double.doubleToRawLongBits(value),
        Event.NO_ID,
        Double.doubleToRawLongBits(limit),
        0);
  }

  boolean isBeyondItsLimit() {
    return !figure.keeps(value, limit);
  }

  /** The value with its unit. */
  String valueText() {
    return text(value);
  }

  /** The limit with its side and unit. */
  String limitText() {
    return figure.side() + " " + text(limit);
  }

  private String text(double number) {
    return String.format(Locale.ROOT, "%,.2f %s", number, figure.unit()).strip();
  }

  /** For a finding. */
  @Override
  public String toString() {
    return "%s %s: %s, %s after fault F%d"
        .formatted(figure.guarantee(), figure.meaning(), valueText(), limitText(), fault);
  }
}
