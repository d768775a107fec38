package scenario.order;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * The orders of a run and what is to go wrong with which of them; no order meets two faults.
 *
 * @param orders all that are placed, in order; those that roll back come on top of the wanted
 *     number
 * @param rolledBack their transaction fails in its COMMIT
 * @param crashed the order service dies right after their COMMIT, before it can do anything else
 * @param deliveredTwice the payment service dies after their effect, before it can acknowledge
 * @param relayCrash the relay dies after the broker took this one, before it can settle
 */
record Faults(
    List<Order> orders,
    Set<Long> rolledBack,
    Set<Long> crashed,
    Set<Long> deliveredTwice,
    long relayCrash) {
  static final int MIN_ORDERS = 10;

  /** Draws a plan; the same seed gives the same plan. */
  static Faults draw(int wanted, long seed) {
    Random random = new Random(seed);
    int rollbacks = several(wanted, random);
    int crashes = several(wanted, random);
    int repeats = several(wanted, random);
    int all = wanted + rollbacks;
    // The first order tells how it should be, one in the middle belongs to the relay's crash.
    long middle = all / 2;
    List<Long> ids =
        new ArrayList<>(LongStream.rangeClosed(2, all).filter(id -> id != middle).boxed().toList());
    Collections.shuffle(ids, random);
    return new Faults(
        LongStream.rangeClosed(1, all).mapToObj(id -> order(id, random)).toList(),
        take(ids, rollbacks),
        take(ids, crashes),
        take(ids, repeats),
        middle);
  }

  /** Between 4 % and 8 %, at least one: different numbers, so that a table cannot mix them up. */
  private static int several(int wanted, Random random) {
    int least = Math.max(1, wanted / 25);
    return least + random.nextInt(least + 1);
  }

  private static Order order(long id, Random random) {
    BigDecimal amount = BigDecimal.valueOf(500 + random.nextInt(20_000), 2);
    return new Order(id, "customer " + (1 + random.nextInt(50)), amount);
  }

  private static Set<Long> take(List<Long> ids, int count) {
    List<Long> first = ids.subList(0, count);
    Set<Long> taken = Set.copyOf(first);
    first.clear();
    return taken;
  }

  /** One order of each kind, for those who want to read a story and not a log. */
  Set<Long> examples() {
    Set<Long> examples = new HashSet<>(Set.of(1L, relayCrash));
    for (Set<Long> kind : List.of(rolledBack, crashed, deliveredTwice)) {
      examples.add(Collections.min(kind));
    }
    return examples;
  }
}
