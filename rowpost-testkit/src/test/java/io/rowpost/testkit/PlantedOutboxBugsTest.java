package io.rowpost.testkit;

import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Plants bugs in a sound store and looks that the contract finds them: a contract that stays green
 * on a broken store proves nothing on a sound one.
 */
@Tag("once")
class PlantedOutboxBugsTest {
  static Stream<PlantedBug> bugs() {
    return Stream.of(
        PlantedBug.of(
            BrokenOutboxStores.NoToken.class,
            "Leases.whoLostTheLeaseReadsNothing",
            "Leases.whoLostTheLeaseSettlesNothing",
            "Leases.aLateMarkNeverReopensOrClosesARecord",
            "Relays.aPausedOwnerHandsNothingOverWhenItWakes"),
        PlantedBug.of(BrokenOutboxStores.UnfencedFetch.class, "Leases.whoLostTheLeaseReadsNothing"),
        PlantedBug.of(BrokenOutboxStores.LateMark.class, "Leases.whoLostTheLeaseSettlesNothing"),
        PlantedBug.of(
            BrokenOutboxStores.LeaseForEveryone.class,
            "Leases.theFirstToAskOwnsTheRelay",
            "Leases.ofConcurrentRequestsOneIsGranted"),
        PlantedBug.of(
            BrokenOutboxStores.StrandedInFlight.class,
            "Leases.aNewOwnerSendsWhatWasInFlightAgain",
            "Leases.aNewOwnerFindsTheHeadThatWasASuccessorInFlight"),
        PlantedBug.of(
            BrokenOutboxStores.ParkedPassesTheStream.class,
            "Leases.aNewOwnerReadsTheStreamBeforeWhatWasParkedBehindIt"),
        PlantedBug.of(
            BrokenOutboxStores.SuccessorPastParkedHead.class,
            "Parking.successorsWaitForTheirHeadThenComeWithItInOrder",
            "Relays.aRefusedRecordHoldsUpItsKeyOnlyAndIsGivenUpAfterItsLastAttempt",
            "Relays.behindAParkedKeyNothingIsReadAgainByEachPoll"),
        PlantedBug.of(
            BrokenOutboxStores.SkippedFailedHead.class,
            "Parking.aFailedRecordBlocksItsKeyAndIsNotTriedAgain",
            "Parking.aFailedRecordStopsTheQueueInItsPlace",
            "Relays.aRefusedRecordHoldsUpItsKeyOnlyAndIsGivenUpAfterItsLastAttempt"),
        PlantedBug.of(
            BrokenOutboxStores.WaitingBurnsAttempts.class,
            "Parking.aHeldHeadWaitsForItsDelayWithoutAnAttempt",
            "Parking.whatWaitsCountsNoAttempt",
            "Relays.anOutageCountsNoAttemptAndThenAllDrains"),
        PlantedBug.of(
            BrokenOutboxStores.FinishedRecordReopened.class,
            "Parking.repeatingTheOutcomeOfANewRecordChangesNothing"),
        PlantedBug.of(
            BrokenOutboxStores.OrderByUuid.class, "Append.idsAndTheirClocksNeverDecideTheOrder"),
        PlantedBug.of(
            BrokenOutboxStores.LateCommitSkipped.class,
            "Append.aLateCommitIsNeverSkipped",
            "Append.aKeySurvivesEveryInterleavingOfAppends"),
        PlantedBug.of(
            BrokenOutboxStores.BoundOverAGap.class, "Append.manyLateCommitsAreNeverSkipped"),
        PlantedBug.of(
            BrokenOutboxStores.BoundOutlivesItsLease.class,
            "Leases.aLateCommitIsNotSkippedByTheNextOwner",
            "Leases.aNewOwnerReadsEverythingUnsentAgain"),
        PlantedBug.of(
            BrokenOutboxStores.SettledBeforePublish.class,
            "Leases.whatWasSentButNotSettledRepeatsInOrder",
            "Leases.aNewOwnerReadsEverythingUnsentAgain",
            "Relays.whatWasNotSettledRepeatsUnderTheSameIdsAndInOrder"),
        PlantedBug.of(BrokenOutboxStores.LostWakeUp.class, "Turns.aProbeFindsWhatATurnWouldFetch"),
        PlantedBug.of(
            BrokenOutboxActs.AppendOutsideTheTransaction.class,
            "Append.nothingIsSeenBeforeTheCommitOrAfterARollback"),
        PlantedBug.of(
            BrokenOutboxActs.LastAppendLeftOpen.class,
            "Append.aLastAppendIsCommittedWithTheWork",
            "Append.aLastAppendThatCommitsHasCommittedWhenItReturns"),
        PlantedBug.of(
            BrokenOutboxActs.LastAppendLost.class, "Append.aLastAppendIsCommittedWithTheWork"),
        PlantedBug.of(
            BrokenOutboxActs.FailureCommitted.class,
            "Append.aLastAppendIsNotBegunWhenTheWorkFails",
            "Append.nothingIsSavedWhenALastAppendIsRejected",
            "Append.aLastActThatFailsRollsTheWorkBack"),
        PlantedBug.of(
            BrokenOutboxActs.IdTakenByARollback.class, "Append.anIdIsFreeAgainAfterARollback"),
        PlantedBug.of(
            BrokenOutboxActs.CheckThenAppend.class,
            "Append.anIdIsTakenOnceInOneTransaction",
            "Append.aConcurrentCopyWaitsForTheOutcomeOfTheFirst"),
        PlantedBug.of(BrokenOutboxActs.HeadersSorted.class, "Append.everyFieldComesBackUnchanged"),
        PlantedBug.of(
            BrokenOutboxActs.ActOnAnOldSight.class, "Admin.onlyAFailedRecordAsItIsShownIsRetried"),
        PlantedBug.of(
            BrokenOutboxActs.DiscardIgnoresInFlight.class,
            "Admin.aRecordDiscardedInFlightMayHaveBeenSent"),
        PlantedBug.of(
            BrokenOutboxActs.DiscardedIsNotTerminal.class, "Admin.aDiscardedRecordIsGoneForGood"),
        PlantedBug.of(
            BrokenOutboxActs.ReplayUnderNewIds.class,
            "Retention.aReplayPublishesTheSameRecordsAgainInOrder"),
        PlantedBug.of(
            BrokenOutboxActs.FilterByQuestionMark.class, "BadInput.filtersFindExactlyWhatTheySay"),
        PlantedBug.of(
            BrokenOutboxActs.PurgeRemovesUnsent.class,
            "Retention.aPurgeNeverTouchesWhatIsUnsentOrWaitsForAnOperator"),
        PlantedBug.of(
            BrokenOutboxActs.WaitingIsNotPending.class,
            "Turns.appendedIsSentAndPendingAndFailedAndDiscarded"));
  }

  @ParameterizedTest
  @MethodSource("bugs")
  void turnsTheContractRed(PlantedBug bug) {
    bug.assertFound(ContractRun.AT_ONCE);
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
    PlantedBug.assertGreen(NoBug.class, 100);
  }
}
