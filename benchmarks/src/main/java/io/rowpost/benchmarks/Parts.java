package io.rowpost.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** All scenarios, in the order in which they run. */
final class Parts {
  private Parts() {}

  static List<Part> all() {
    return List.of(
        new Drain.ToNowhere(
            List.of(
                Entrant.RAW_CURSOR,
                Entrant.RAW_DELETE,
                Entrant.RAW_UPDATE,
                Entrant.ROW,
                Entrant.ROW_KEEP,
                Entrant.NAMASTACK,
                Entrant.MODULITH,
                Entrant.DEBEZIUM)),
        new Drain.ToKafka(
            List.of(
                Entrant.RAW_CURSOR,
                Entrant.RAW_DELETE,
                Entrant.ROW,
                Entrant.NAMASTACK,
                Entrant.DEBEZIUM)));
  }

  /** Their names, for the command line. */
  static final class Names extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    Names() {
      super(all().stream().map(Part::name).toList());
    }
  }
}
