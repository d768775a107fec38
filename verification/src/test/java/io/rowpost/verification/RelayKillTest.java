package io.rowpost.verification;

import static io.rowpost.core.FaultPoint.RELAY_CONFIRMED;
import static io.rowpost.core.FaultPoint.RELAY_FETCH_DONE;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.FaultPoint;
import io.rowpost.verification.FaultScene.Cast;
import io.rowpost.verification.Verdict.Check;
import io.rowpost.verification.Verdict.Struck;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Relays killed on real databases and a real Kafka, with an application and consumers at work.
 *
 * <p>In every build on PostgreSQL where a kill must show, between the broker's confirmation and the
 * settlement, and with a page just fetched. With {@code -Pfaults} at each of a relay's steps, in
 * the row layout and on MariaDB too.
 */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class RelayKillTest {
  private static final boolean ALL = Boolean.getBoolean("rowpost.faults");

  /** Beside each step once, as often at the worst moment. */
  private static final int AT_THE_WORST = 10;

  /** With {@code CI=true} on one of the two databases, day by day. */
  private static List<FaultPoint> points(boolean evenDays) {
    if (!ALL) {
      return List.of(RELAY_CONFIRMED, RELAY_FETCH_DONE);
    }
    boolean even = LocalDate.now(ZoneOffset.UTC).toEpochDay() % 2 == 0;
    boolean more = !"true".equals(System.getenv("CI")) || even == evenDays;
    return Stream.concat(
            RelayKill.POINTS.stream(),
            Stream.generate(() -> RELAY_CONFIRMED).limit(more ? AT_THE_WORST : 0))
        .toList();
  }

  @Test
  void losesNothingOnPostgres() throws Exception {
    soundRun(Storage.POSTGRES_LOG, points(true));
  }

  @Test
  @EnabledIfSystemProperty(named = "rowpost.faults", matches = "true")
  void losesNothingOnMariaDb() throws Exception {
    soundRun(Storage.MARIADB, points(false));
  }

  @Test
  @EnabledIfSystemProperty(named = "rowpost.faults", matches = "true")
  void losesNothingInTheRowLayout() throws Exception {
    soundRun(Storage.POSTGRES_ROW, RelayKill.POINTS);
  }

  private static void soundRun(Storage storage, List<FaultPoint> points) throws Exception {
    FaultRun run =
        FaultRun.of(
            "relay-kill-" + storage, storage, List.of(new RelayKill(points)), System.nanoTime());
    Verdict verdict = run.run();
    System.out.printf("%s: %s, went on after %s%n", run.name(), verdict, verdict.recoveries());
    assertThat(verdict.isClean()).as("seed %d: %s", run.seed(), verdict).isTrue();
    assertThat(verdict.recoveries()).hasSize(points.size());
    List<Struck> kills =
        verdict.faults().stream().filter(struck -> struck.mark().fault() != Mark.START).toList();
    for (int kill = 0; kill < points.size(); kill++) {
      if (points.get(kill) == RELAY_CONFIRMED) {
        // Two marks a kill. What was confirmed and not settled came again, and every inbox knew it.
        assertThat(kills.get(2 * kill + 1).repeats())
            .as("repeats of kill %d, at %s", kill, RELAY_CONFIRMED)
            .isPositive();
      }
    }
  }

  @Test
  void aRelayThatSettlesFirstLoses() throws Exception {
    Verdict verdict =
        PlantedBugsTest.run(
            PlantedRelay.Bug.SETTLE_FIRST,
            Cast.SOUND.relay(PlantedRelay.class),
            new RelayKill(List.of(FaultPoint.RELAY_SETTLE_DONE)));
    assertThat(verdict.count(Check.LOST)).isPositive().isLessThan(verdict.figures().committed());
  }

  @Test
  @EnabledIfSystemProperty(named = "rowpost.faults", matches = "true")
  void aConsumerWithoutAnInboxChargesTwice() throws Exception {
    Verdict verdict =
        PlantedBugsTest.run(
            PlantedConsumer.Bug.NO_INBOX,
            Cast.SOUND.consumer(PlantedConsumer.class),
            new ConsumerKill(List.of(FaultPoint.ACK_BEGINS)));
    assertThat(verdict.count(Check.LOST)).isZero();
    assertThat(verdict.count(Check.DUPLICATE_EFFECT)).isPositive();
  }
}
