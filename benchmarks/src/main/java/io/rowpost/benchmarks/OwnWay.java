package io.rowpost.benchmarks;

import io.rowpost.jdbc.Layout;

/** The ways that need nothing but Rowpost and a driver; the main class of their JVMs. */
final class OwnWay {
  private OwnWay() {}

  /**
   * Runs one of them.
   *
   * @param arguments the JDBC URL, the user, and which
   */
  public static void main(String[] arguments) throws Exception {
    WayMain.run(arguments, place -> create(place, arguments[2]));
  }

  static Way create(Place place, String name) throws Exception {
    return switch (name) {
      case "no-outbox" -> new NoOutbox(place);
      case "raw-cursor" -> new RawCursor(place, RawCursor.Commit.ALONE);
      case "raw-execute" -> new RawCursor(place, RawCursor.Commit.WITH_THE_EVENT);
      case "raw-notify" -> new RawCursor(place, RawCursor.Commit.NOTIFYING);
      case "raw-delete" -> new RawSettling(place, RawSettling.DELETE);
      case "raw-update" -> new RawSettling(place, RawSettling.MARK);
      case "row" -> new RowpostWay(place, Layout.ROW, false, RowpostWay.Append.IN_YOURS);
      case "row-keep" -> new RowpostWay(place, Layout.ROW, true, RowpostWay.Append.IN_YOURS);
      case "row-execute" -> new RowpostWay(place, Layout.ROW, false, RowpostWay.Append.IN_OURS);
      case "log" -> new RowpostWay(place, Layout.LOG, false, RowpostWay.Append.IN_YOURS);
      case "log-execute" -> new RowpostWay(place, Layout.LOG, false, RowpostWay.Append.IN_OURS);
      case "log-wake" -> RowpostWay.wakingAnIdleRelay(place);
      case "inbox-raw" -> new InboxWay(place, InboxWay.Delivery.BY_HAND);
      case "inbox-one" -> new InboxWay(place, InboxWay.Delivery.ONE);
      case "inbox-duplicate" -> new InboxWay(place, InboxWay.Delivery.DUPLICATE);
      case "inbox-batch" -> new InboxWay(place, InboxWay.Delivery.BATCH);
      default -> throw new IllegalArgumentException("there is no way " + name);
    };
  }
}
