package io.rowpost.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Plants bugs in a sound store and looks that the contract finds them: a contract that stays green
 * on a broken store proves nothing on a sound one.
 */
class PlantedOutboxBugsTest {
  /**
   * A bug, as the contract of a store that has it, and tests that must be red then; others may be.
   */
  private record Bug(Class<? extends OutboxStoreContract<?>> contract, List<String> red) {
    static Bug of(Class<? extends OutboxStoreContract<?>> contract, String... red) {
      return new Bug(contract, List.of(red));
    }

    @Override
    public String toString() {
      return contract.getSimpleName();
    }
  }

  static Stream<Bug> bugs() {
    return Stream.of(
        Bug.of(
            BrokenOutboxStores.NoToken.class,
            "Leases.whoLostTheLeaseReadsNothing",
            "Leases.whoLostTheLeaseSettlesNothing",
            "Leases.aLateMarkNeverReopensOrClosesARecord",
            "Relays.aPausedOwnerHandsNothingOverWhenItWakes"),
        Bug.of(BrokenOutboxStores.UnfencedFetch.class, "Leases.whoLostTheLeaseReadsNothing"),
        Bug.of(BrokenOutboxStores.LateMark.class, "Leases.whoLostTheLeaseSettlesNothing"),
        Bug.of(
            BrokenOutboxStores.LeaseForEveryone.class,
            "Leases.theFirstToAskOwnsTheRelay",
            "Leases.ofConcurrentRequestsOneIsGranted"),
        Bug.of(
            BrokenOutboxStores.StrandedInFlight.class,
            "Leases.aNewOwnerSendsWhatWasInFlightAgain",
            "Leases.aNewOwnerFindsTheHeadThatWasASuccessorInFlight"),
        Bug.of(
            BrokenOutboxStores.ParkedPassesTheStream.class,
            "Leases.aNewOwnerReadsTheStreamBeforeWhatWasParkedBehindIt"),
        Bug.of(
            BrokenOutboxStores.SuccessorPastParkedHead.class,
            "Parking.successorsWaitForTheirHeadThenComeWithItInOrder",
            "Relays.aRefusedRecordHoldsUpItsKeyOnlyAndIsGivenUpAfterItsLastAttempt",
            "Relays.behindAParkedKeyNothingIsReadAgainByEachPoll"),
        Bug.of(
            BrokenOutboxStores.SkippedFailedHead.class,
            "Parking.aFailedRecordBlocksItsKeyAndIsNotTriedAgain",
            "Parking.aFailedRecordStopsTheQueueInItsPlace",
            "Relays.aRefusedRecordHoldsUpItsKeyOnlyAndIsGivenUpAfterItsLastAttempt"),
        Bug.of(
            BrokenOutboxStores.WaitingBurnsAttempts.class,
            "Parking.aHeldHeadWaitsForItsDelayWithoutAnAttempt",
            "Parking.whatWaitsCountsNoAttempt",
            "Relays.anOutageCountsNoAttemptAndThenAllDrains"),
        Bug.of(
            BrokenOutboxStores.FinishedRecordReopened.class,
            "Parking.repeatingTheOutcomeOfANewRecordChangesNothing"),
        Bug.of(BrokenOutboxStores.OrderByUuid.class, "Append.idsAndTheirClocksNeverDecideTheOrder"),
        Bug.of(
            BrokenOutboxStores.LateCommitSkipped.class,
            "Append.aLateCommitIsNeverSkipped",
            "Append.aKeySurvivesEveryInterleavingOfAppends"),
        Bug.of(BrokenOutboxStores.BoundOverAGap.class, "Append.manyLateCommitsAreNeverSkipped"),
        Bug.of(
            BrokenOutboxStores.SettledBeforePublish.class,
            "Leases.whatWasSentButNotSettledRepeatsInOrder",
            "Leases.aNewOwnerReadsEverythingUnsentAgain",
            "Relays.whatWasNotSettledRepeatsUnderTheSameIdsAndInOrder"),
        Bug.of(
            BrokenOutboxStores.LostWakeUp.class,
            "Turns.aProbeFindsWhatATurnWouldFetch",
            "Relays.aCommitWakesTheRelayOfItsProcess"),
        Bug.of(
            BrokenOutboxActs.AppendOutsideTheTransaction.class,
            "Append.nothingIsSeenBeforeTheCommitOrAfterARollback"),
        Bug.of(BrokenOutboxActs.IdTakenByARollback.class, "Append.anIdIsFreeAgainAfterARollback"),
        Bug.of(
            BrokenOutboxActs.CheckThenAppend.class,
            "Append.anIdIsTakenOnceInOneTransaction",
            "Append.aConcurrentCopyWaitsForTheOutcomeOfTheFirst"),
        Bug.of(BrokenOutboxActs.HeadersSorted.class, "Append.everyFieldComesBackUnchanged"),
        Bug.of(
            BrokenOutboxActs.ActOnAnOldSight.class, "Admin.onlyAFailedRecordAsItIsShownIsRetried"),
        Bug.of(
            BrokenOutboxActs.DiscardIgnoresInFlight.class,
            "Admin.aRecordDiscardedInFlightMayHaveBeenSent"),
        Bug.of(
            BrokenOutboxActs.DiscardedIsNotTerminal.class, "Admin.aDiscardedRecordIsGoneForGood"),
        Bug.of(
            BrokenOutboxActs.ReplayUnderNewIds.class,
            "Retention.aReplayPublishesTheSameRecordsAgainInOrder"),
        Bug.of(
            BrokenOutboxActs.PurgeRemovesUnsent.class,
            "Retention.aPurgeNeverTouchesWhatIsUnsentOrWaitsForAnOperator"),
        Bug.of(
            BrokenOutboxActs.WaitingIsNotPending.class,
            "Turns.appendedIsSentAndPendingAndFailedAndDiscarded"));
  }

  @ParameterizedTest
  @MethodSource("bugs")
  void turnsTheContractRed(Bug bug) {
    ContractRun run = ContractRun.of(bug.contract(), bug.red());

    assertThat(run.red()).containsExactlyInAnyOrderElementsOf(bug.red());
  }

  static final class NoBug extends BrokenOutboxStores.Broken {
    @Override
    io.rowpost.core.OutboxStore<io.rowpost.core.InMemoryTransaction> breaking(
        io.rowpost.core.OutboxStore<io.rowpost.core.InMemoryTransaction> sound) {
      return new DelegatingOutboxStore(sound);
    }
  }

  @Test
  void withoutABugTheContractIsGreen() {
    ContractRun run = ContractRun.of(NoBug.class);

    assertThat(run.red()).as("%s", run.errors()).isEmpty();
    assertThat(run.tests()).isGreaterThan(100);
  }
}
