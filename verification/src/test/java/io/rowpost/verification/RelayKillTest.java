package io.rowpost.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.testservers.DatabaseServer;
import io.rowpost.testservers.KafkaServer;
import io.rowpost.testservers.MariaDbServer;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.verification.KillRun.Findings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Relays killed between acknowledgement and settlement, on real databases and a real Kafka.
 *
 * <p>A few kills in every build, twenty of each with {@code -Pfaults}.
 */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class RelayKillTest {
  private static final int KILLS = Boolean.getBoolean("rowpost.faults") ? 20 : 2;
  private static final Duration TAKE_OVER_BOUND =
      KillRun.LEASE.plus(KillRun.POLL.multipliedBy(2)).plusSeconds(1);

  @Test
  void losesNothingOnPostgres() throws Exception {
    soundRun(PostgresServer.require());
  }

  @Test
  void losesNothingOnMariaDb() throws Exception {
    soundRun(MariaDbServer.require());
  }

  private static void soundRun(DatabaseServer server) throws Exception {
    Findings findings = run(server, KILLS, true, false);
    assertThat(findings.lost()).as("lost").isZero();
    assertThat(findings.duplicateEffects()).as("duplicate effects").isZero();
    assertThat(findings.publishInversions()).as("inversions of first publishes").isZero();
    assertThat(findings.effectInversions()).as("inversions of effects").isZero();
    assertThat(findings.altered()).as("altered bytes").isZero();
    assertThat(findings.killsWithRepeat()).as("kills that showed a repeat").isEqualTo(KILLS);
    assertThat(findings.absorbed()).as("repeats absorbed").isEqualTo(findings.repeats());
    assertThat(findings.longestTakeOver()).isLessThanOrEqualTo(TAKE_OVER_BOUND);
  }

  @Test
  void aRelayThatSettlesFirstLoses() throws Exception {
    Findings findings = run(PostgresServer.require(), 1, true, true);
    assertThat(findings.lost()).isPositive().isLessThan(findings.appended());
  }

  @Test
  void aConsumerWithoutAnInboxChargesTwice() throws Exception {
    Findings findings = run(PostgresServer.require(), 1, false, false);
    assertThat(findings.lost()).isZero();
    assertThat(findings.duplicateEffects()).isPositive();
  }

  private static Findings run(
      DatabaseServer server, int kills, boolean inboxOn, boolean settleFirst) throws Exception {
    Path log = Path.of("target", "relay-children.log").toAbsolutePath();
    try (var run = new KillRun(server, KafkaServer.shared(), log, inboxOn, settleFirst)) {
      Findings findings = run.run(kills);
      System.out.printf("%s: %s%n", server.description(), findings);
      return findings;
    }
  }
}
