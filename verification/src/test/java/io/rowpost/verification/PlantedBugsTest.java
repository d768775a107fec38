package io.rowpost.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.FaultPoint;
import io.rowpost.verification.ConsumerChild.Poison;
import io.rowpost.verification.FaultScene.Cast;
import io.rowpost.verification.Verdict.Check;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A clean run counts only if processes with a known bug are found out by the same faults. */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
@EnabledIfSystemProperty(named = "rowpost.faults", matches = "true")
class PlantedBugsTest {
  private static final Cast WRONG_APPLICATION =
      new Cast(PlantedApplication.class, RelayChild.class, ConsumerChild.class);

  @Test
  void aRelayThatDoesNotNoticeItsPauseRepeatsOldMessages() throws Exception {
    Verdict verdict = run(PlantedRelay.Bug.STOPPED_CLOCK, new RelayPause());
    assertThat(verdict.count(Check.REPEATED)).as("%s", verdict).isPositive();
  }

  @Test
  void aRelayWithoutAFencePublishesAgainWhatIsDone() throws Exception {
    Verdict verdict = runOnRows(PlantedRelay.Bug.NO_FENCE, new RelayPause());
    assertThat(verdict.count(Check.REPEATED)).as("%s", verdict).isPositive();
  }

  @Test
  void aConsumerThatChecksThenActsChargesTwice() throws Exception {
    Verdict verdict =
        run(
            PlantedConsumer.Bug.CHECK_THEN_ACT,
            Cast.SOUND.consumer(PlantedConsumer.class),
            new ConsumerPause());
    assertThat(verdict.count(Check.DUPLICATE_EFFECT)).as("%s", verdict).isPositive();
  }

  @Test
  void aConsumerThatAcknowledgesFirstLosesEffects() throws Exception {
    Verdict verdict =
        run(
            PlantedConsumer.Bug.ACKNOWLEDGE_FIRST,
            Cast.SOUND.consumer(PlantedConsumer.class),
            new ConsumerKill(List.of(FaultPoint.ACK_DONE)));
    assertThat(verdict.count(Check.NO_EFFECT) + verdict.count(Check.CHAIN))
        .as("%s", verdict)
        .isPositive();
  }

  @Test
  void aConsumerThatIsDeafToDeathsDiesForEver() throws Exception {
    breaksOff(
        run(
            PlantedConsumer.Bug.DEAF_TO_DEATHS,
            Cast.SOUND.consumer(PlantedConsumer.class),
            new BadHandlers(List.of(Poison.EXITS))),
        "\\(EXITS\\) was given up: false; effects at deaths");
  }

  /** Nothing kills it, so it grows old, which takes two minutes; the others stay as they are. */
  @Test
  @EnabledIfSystemProperty(named = "rowpost.prove", matches = "true")
  void aConsumerThatLeaksIsFoundGrowing() throws Exception {
    Verdict verdict =
        planted(
                Setup.standard(),
                PlantedConsumer.Bug.LEAKS,
                Cast.SOUND.consumer(PlantedConsumer.class),
                new BadHandlers(List.of(Poison.THROWS)))
            .time(Duration.ofSeconds(100))
            .run();
    assertThat(verdict.findings().get(Check.GROWING).examples())
        .as("%s", verdict)
        .allMatch(growing -> growing.startsWith("consumer "))
        .anyMatch(growing -> growing.contains("MB of live heap: GROWING"))
        .anyMatch(growing -> growing.contains("threads: GROWING"))
        .anyMatch(growing -> growing.contains("open files and sockets: GROWING"));
    assertThat(verdict.count(Check.LOST) + verdict.count(Check.NO_EFFECT)).isZero();
  }

  @Test
  @EnabledIfSystemProperty(named = "rowpost.prove", matches = "true")
  void aRelayThatDoesNotAskWhetherItIsAtAReplicaBegins() throws Exception {
    breaksOff(
        run(PlantedRelay.Bug.BLIND_TO_REPLICAS, new ReplicaRelay()),
        "at a replica a relay says STARTED");
  }

  @Test
  @EnabledIfSystemProperty(named = "rowpost.prove", matches = "true")
  void aRelayThatBlamesRecordsForTheirTopicGivesThemUp() throws Exception {
    breaksOff(
        run(PlantedRelay.Bug.BLAMES_RECORDS, new BrokerRefusals()),
        "(no attempt is counted|no record is given up)");
  }

  @Test
  @EnabledIfSystemProperty(named = "rowpost.prove", matches = "true")
  void aRelayThatGoesByTheWallClockLosesItsLease() throws Exception {
    breaksOff(
        run(PlantedRelay.Bug.WALL_CLOCK, new ClockShift()), "a clock has cost an owner its lease");
  }

  @Test
  @EnabledIfSystemProperty(named = "rowpost.prove", matches = "true")
  void relaysThatGiveUpWhenTheirDatabaseIsAwayStayAway() throws Exception {
    breaksOff(run(PlantedRelay.Bug.GIVES_UP, new DiskFull()), "none of these messages got through");
  }

  /** Nothing is refused, so that only who dies leaves one without the other. */
  @Test
  @EnabledIfSystemProperty(named = "rowpost.prove", matches = "true")
  void anApplicationThatWritesTwiceTellsWhatNeverHappened() throws Exception {
    Verdict verdict =
        planted(
                Setup.standard().with(Setting.ROLLBACK_EVERY, Integer.MAX_VALUE),
                PlantedApplication.Bug.DUAL_WRITE,
                WRONG_APPLICATION,
                new ApplicationKill())
            .run();
    assertThat(verdict.count(Check.PHANTOM)).as("%s", verdict).isPositive();
  }

  @Test
  @EnabledIfSystemProperty(named = "rowpost.prove", matches = "true")
  void anApplicationThatAssumesTheWorstIsWrong() throws Exception {
    Verdict verdict =
        run(PlantedApplication.Bug.ASSUMES_THE_WORST, WRONG_APPLICATION, new SwallowedCommit());
    assertThat(verdict.count(Check.ATOMICITY)).as("%s", verdict).isPositive();
  }

  @Test
  @EnabledIfSystemProperty(named = "rowpost.prove", matches = "true")
  void anApplicationThatAppendsAgainWhatIsThereIsWrong() throws Exception {
    Verdict verdict =
        run(
            PlantedApplication.Bug.FORGETS_WHAT_IT_APPENDED,
            WRONG_APPLICATION,
            new SwallowedCommit());
    assertThat(verdict.count(Check.ATOMICITY)).as("%s", verdict).isPositive();
  }

  @Test
  @EnabledIfSystemProperty(named = "rowpost.prove", matches = "true")
  void aRelayThatNeverLooksBackLosesLateCommits() throws Exception {
    Verdict verdict = run(PlantedRelay.Bug.FORGETS_OPEN_WRITERS, new OpenWriter());
    assertThat(verdict.count(Check.LOST)).as("%s", verdict).isPositive();
  }

  @Test
  @EnabledIfSystemProperty(named = "rowpost.prove", matches = "true")
  void aRelayThatKeepsItsLeaseHoldsUpTheNext() throws Exception {
    Verdict verdict = run(PlantedRelay.Bug.NEVER_RELEASES, new RollingRestart());
    assertThat(verdict.count(Check.SLOW)).as("%s", verdict).isPositive();
  }

  static Stream<Named<Fault>> lostConnections() {
    return named(new LostConnections(), new DatabaseCrash());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("lostConnections")
  @EnabledIfSystemProperty(named = "rowpost.prove", matches = "true")
  void aRelayThatComesBackLateIsSlow(Fault fault) throws Exception {
    Verdict verdict = run(PlantedRelay.Bug.COMES_BACK_LATE, fault);
    assertThat(verdict.count(Check.SLOW)).as("%s", verdict).isPositive();
  }

  static Stream<Named<Fault>> lostAnswers() {
    return named(new BrokerCrash(), new SilentBroker(), new Partition());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("lostAnswers")
  @EnabledIfSystemProperty(named = "rowpost.prove", matches = "true")
  void aRelayThatDoesNotWaitForAnswersLoses(Fault fault) throws Exception {
    Verdict verdict = run(PlantedRelay.Bug.FIRES_AND_FORGETS, fault);
    assertThat(verdict.count(Check.LOST)).as("%s", verdict).isPositive();
  }

  @Test
  @EnabledIfSystemProperty(named = "rowpost.prove", matches = "true")
  void aConsumerWithoutAnInboxTakesWhatComesAgain() throws Exception {
    // Of one hop: each repetition of a message would make others of all that follow from it.
    Verdict verdict =
        planted(
                Setup.standard().with(Setting.HOPS, 1),
                PlantedConsumer.Bug.NO_INBOX,
                Cast.SOUND.consumer(PlantedConsumer.class),
                new Redelivery())
            .run();
    assertThat(verdict.count(Check.DUPLICATE_EFFECT)).as("%s", verdict).isPositive();
  }

  @Test
  @EnabledIfSystemProperty(named = "rowpost.prove", matches = "true")
  void aConsumerThatAcknowledgesFirstLosesWhatItHasWhenItLeaves() throws Exception {
    Verdict verdict =
        run(
            PlantedConsumer.Bug.ACKNOWLEDGE_FIRST,
            Cast.SOUND.consumer(PlantedConsumer.class),
            new RebalanceStorm());
    assertThat(verdict.count(Check.NO_EFFECT) + verdict.count(Check.CHAIN))
        .as("%s", verdict)
        .isPositive();
  }

  @Test
  @EnabledIfSystemProperty(named = "rowpost.prove", matches = "true")
  void relaysThatAllOwnTheLeasePublishTwice() throws Exception {
    Verdict verdict = runOnRows(PlantedRelay.Bug.LEASE_FOR_EVERYONE, new RelayStorm());
    assertThat(verdict.count(Check.REPEATED)).as("%s", verdict).isPositive();
  }

  private static Stream<Named<Fault>> named(Fault... faults) {
    return Stream.of(faults).map(fault -> Named.of("F" + fault.number(), fault));
  }

  /** A strike that finds things otherwise than they should be ends the run. */
  private static void breaksOff(Verdict verdict, String why) {
    assertThat(verdict.findings().get(Check.BROKEN_OFF).examples())
        .as("%s", verdict)
        .first(InstanceOfAssertFactories.STRING)
        .containsPattern(why);
  }

  private static Verdict run(PlantedRelay.Bug bug, Fault fault) throws Exception {
    return run(bug, Cast.SOUND.relay(PlantedRelay.class), fault);
  }

  /** A run of a process that is wrong on purpose. */
  static Verdict run(Enum<?> bug, Cast cast, Fault fault) throws Exception {
    return planted(Setup.standard(), bug, cast, fault).run();
  }

  private static FaultRun planted(Setup setup, Enum<?> bug, Cast cast, Fault fault) {
    return planted(Storage.POSTGRES_LOG, setup, bug, cast, fault);
  }

  /**
   * On tables of the row layout, with few records in flight, so that a strike explains few repeats.
   */
  private static Verdict runOnRows(PlantedRelay.Bug bug, Fault fault) throws Exception {
    return planted(
            Storage.POSTGRES_ROW,
            Setup.standard().with(Setting.MAX_IN_FLIGHT, 10),
            bug,
            Cast.SOUND.relay(PlantedRelay.class),
            fault)
        .run();
  }

  private static FaultRun planted(
      Storage storage, Setup setup, Enum<?> bug, Cast cast, Fault fault) {
    return FaultRun.of("planted-" + bug, storage, List.of(fault), System.nanoTime())
        .setup(setup.with(Setting.BUG, bug))
        .cast(cast);
  }
}
