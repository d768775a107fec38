package io.rowpost.testkit;

import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.InboxStore;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Plants bugs in a sound inbox and looks that the contract finds each. */
@Tag("once")
class PlantedInboxBugsTest {
  static Stream<PlantedBug> bugs() {
    return Stream.of(bugsOfClaims(), bugsOfActs(), bugsOfCounts()).flatMap(bugs -> bugs);
  }

  private static Stream<PlantedBug> bugsOfCounts() {
    return Stream.of(
        PlantedBug.of(
            BrokenInboxCounts.BeginCountsNothing.class,
            "Deaths.eachRunThatEndedItsProcessIsCountedAndThenItIsParkedWithoutRunning",
            "Deaths.theCountIsCommittedBeforeTheHandlerRuns",
            "Deaths.copiesThatBeginAtOnceAreAllCounted"),
        PlantedBug.of(
            BrokenInboxCounts.BeginNeverParks.class,
            "Deaths.eachRunThatEndedItsProcessIsCountedAndThenItIsParkedWithoutRunning"),
        PlantedBug.of(
            BrokenInboxCounts.OneRunTooMany.class,
            "Deaths.eachRunThatEndedItsProcessIsCountedAndThenItIsParkedWithoutRunning"),
        PlantedBug.of(
            BrokenInboxCounts.TooOldBegins.class, "Deaths.whatHasNothingToRunDoesNotBegin"),
        PlantedBug.of(
            BrokenInboxCounts.CompletedBegins.class, "Deaths.whatHasNothingToRunDoesNotBegin"),
        PlantedBug.of(
            BrokenInboxCounts.EndTakesNothingBack.class,
            "Deaths.aRunThatSucceedsTakesItsCountBack",
            "Deaths.aRunThatThrowsIsCountedOnceWithItsError",
            "Deaths.aFailureOfTheDatabaseTakesTheCountBack"));
  }

  private static Stream<PlantedBug> bugsOfClaims() {
    return Stream.of(
        PlantedBug.of(
            BrokenInboxStores.CheckThenAct.class,
            "Races.aClaimHoldsUpACopyUntilItsTransactionEnds"),
        PlantedBug.of(
            BrokenInboxStores.LookBeforeTheWait.class,
            "Races.aClaimHoldsUpACopyUntilItsTransactionEnds"),
        PlantedBug.of(
            BrokenInboxStores.CommittedBeforeTheHandler.class,
            "Effects.aClaimThatIsRolledBackIsForgotten",
            "Effects.aRolledBackHandlerLeavesNothingButAFailedRow",
            "Effects.aRollbackNeverMakesTheRedeliveryADuplicate"),
        PlantedBug.of(
            BrokenInboxStores.CachedBeforeTheCommit.class,
            "Effects.aClaimThatIsRolledBackIsForgotten"),
        PlantedBug.of(
            BrokenInboxStores.FailedIsADuplicate.class,
            "Effects.aRollbackNeverMakesTheRedeliveryADuplicate"),
        PlantedBug.of(
            BrokenInboxStores.TooOldRuns.class,
            "Retention.anUnknownMessageOlderThanTheWindowIsParkedAndNotRun",
            "Retention.purgeNeverMakesARedeliveryRunAgain"),
        PlantedBug.of(
            BrokenInboxStores.KnownIsTooOld.class,
            "Retention.aKnownMessageIsADuplicateHoweverOldItIs",
            "Admin.aRedeliveryRunsAReopenedMessageToo"),
        PlantedBug.of(
            BrokenInboxStores.FutureRuns.class, "Retention.aMessageFromTheFutureIsParkedAndNotRun"),
        PlantedBug.of(
            BrokenInboxStores.ParkedRunsAgain.class,
            "Effects.theLastAttemptParksTheMessageAndItsRedeliveryIsAcknowledged"),
        PlantedBug.of(
            BrokenInboxStores.ClaimsInOrderOfIds.class, "Batches.claimsAnswerInTheOrderOfDelivery"),
        PlantedBug.of(
            BrokenInboxStores.DatabaseErrorIsADuplicate.class,
            "Races.aDeadlockIsNeitherADuplicateNorAnAttempt"),
        PlantedBug.of(
            BrokenInboxStores.RetryNeverCompletes.class,
            "Effects.aRollbackNeverMakesTheRedeliveryADuplicate",
            "Admin.aRetriedMessageRunsAgainWithFreshAttempts"),
        PlantedBug.of(
            BrokenInboxStores.LostClaimCompletes.class, "Effects.completionNeedsAStandingClaim"),
        PlantedBug.of(
            BrokenInboxStores.IdWithoutItsConsumer.class,
            "Effects.twoConsumersOfOneMessageBothRun"),
        PlantedBug.of(
            BrokenInboxStores.ConsumersIgnoreCase.class, "Effects.twoConsumersOfOneMessageBothRun"),
        PlantedBug.of(BrokenInboxStores.IdsIgnoreCase.class, "Keeping.idsCompareByTheirBytes"),
        PlantedBug.of(
            BrokenInboxStores.IdsIgnoreTrailingSpace.class, "Keeping.idsCompareByTheirBytes"),
        PlantedBug.of(
            BrokenInboxStores.IdsAreNormalized.class,
            "Keeping.idsCompareByTheirBytes",
            "BadInput.whateverAMessageIsCalledItTakesEffectOnceOrIsRefused"),
        PlantedBug.of(BrokenInboxStores.IdsAreCut.class, "Keeping.idsCompareByTheirBytes"));
  }

  private static Stream<PlantedBug> bugsOfActs() {
    return Stream.of(
        PlantedBug.of(
            BrokenInboxActs.FailedRunIsCommitted.class,
            "Effects.aRolledBackHandlerLeavesNothingButAFailedRow",
            "Batches.poisonDelaysItsOwnKeyOnly"),
        PlantedBug.of(
            BrokenInboxActs.LateFailureOverCompletion.class,
            "Effects.aLateFailureNeverOverwritesCompletion",
            "Effects.aCopyThatSucceedsBeforeTheFailureIsRecordedMakesItADuplicate"),
        PlantedBug.of(
            BrokenInboxActs.AttemptNotCounted.class,
            "Effects.aRolledBackHandlerLeavesNothingButAFailedRow",
            "Effects.theLastAttemptParksTheMessageAndItsRedeliveryIsAcknowledged"),
        PlantedBug.of(
            BrokenInboxActs.AttemptsNeverEnd.class,
            "Effects.theLastAttemptParksTheMessageAndItsRedeliveryIsAcknowledged",
            "Batches.poisonDelaysItsOwnKeyOnly"),
        PlantedBug.of(
            BrokenInboxActs.OneAttemptTooMany.class,
            "Effects.theLastAttemptParksTheMessageAndItsRedeliveryIsAcknowledged"),
        PlantedBug.of(
            BrokenInboxActs.RetryKeepsItsAttempts.class,
            "Admin.aRetriedMessageRunsAgainWithFreshAttempts"),
        PlantedBug.of(
            BrokenInboxActs.DatabaseErrorCountsAsAttempt.class,
            "Races.aDeadlockIsNeitherADuplicateNorAnAttempt"),
        PlantedBug.of(
            BrokenInboxActs.EveryErrorIsTheDatabases.class,
            "Effects.aRolledBackHandlerLeavesNothingButAFailedRow"),
        PlantedBug.of(
            BrokenInboxActs.ParkedWithoutPayload.class,
            "Keeping.bytesOfAParkedMessageAreKeptAsTheyCame"),
        PlantedBug.of(
            BrokenInboxActs.ParkedKeyIsEncoded.class,
            "Keeping.textsOfAParkedMessageAreKeptAsTheyCame"),
        PlantedBug.of(BrokenInboxActs.ErrorIsCut.class, "Keeping.theLongestErrorIsKeptInFull"),
        PlantedBug.of(
            BrokenInboxActs.ParkedOverCompletion.class,
            "Effects.aMessageRefusedAgainStaysWhatItHasBecome"),
        PlantedBug.of(
            BrokenInboxActs.ReopenedWithoutItsMessage.class,
            "Admin.aRetriedMessageRunsAgainWithFreshAttempts"),
        PlantedBug.of(
            BrokenInboxActs.ReopenedNewestFirst.class,
            "Admin.reopenedMessagesComeInTheOrderOfTheirParking"),
        PlantedBug.of(
            BrokenInboxActs.RetryAlwaysSaysYes.class,
            "Admin.aRetriedMessageRunsAgainWithFreshAttempts"),
        PlantedBug.of(
            BrokenInboxActs.DiscardedIsNotTerminal.class,
            "Admin.aDiscardedMessageIsAcknowledgedForGood"),
        PlantedBug.of(
            BrokenInboxActs.DiscardedIsStillWork.class,
            "Admin.aDiscardedMessageIsAcknowledgedForGood"),
        PlantedBug.of(
            BrokenInboxActs.ForgetForgetsNothing.class, "Admin.aForgottenMessageRunsAgain"),
        PlantedBug.of(BrokenInboxActs.ForgetIsNotAudited.class, "Admin.aForgottenMessageRunsAgain"),
        PlantedBug.of(
            BrokenInboxActs.PurgeWithoutMargin.class,
            "Retention.purgeNeverMakesARedeliveryRunAgain"),
        PlantedBug.of(
            BrokenInboxActs.PurgeOverflows.class,
            "BadInput.aWindowIsNotNegativeAndMayBeLongerThanAnyTime"),
        PlantedBug.of(
            BrokenInboxActs.LookUpByQuestionMark.class,
            "BadInput.operatorsFindTheNameTheyAskForAndNoOther"),
        PlantedBug.of(
            BrokenInboxActs.PurgeOfTheTimeless.class,
            "Retention.aMessageWithoutATimeIsNeverTooOldAndNeverPurged"),
        PlantedBug.of(BrokenInboxActs.PurgeOfParked.class, "Retention.purgeKeepsWhatIsNotDone"),
        PlantedBug.of(BrokenInboxActs.PagesOverlap.class, "Admin.rowsAreListedPageByPage"),
        PlantedBug.of(BrokenInboxActs.PagesHaveNoLimit.class, "Admin.pagesHaveALimit"));
  }

  @ParameterizedTest
  @MethodSource("bugs")
  void turnsTheContractRed(PlantedBug bug) {
    bug.assertFound(ContractRun.IN_TURN);
  }

  static final class NoBug extends BrokenInboxStores.Broken {
    @Override
    InboxStore<InMemoryTransaction> breaking(InboxStore<InMemoryTransaction> sound) {
      return new DelegatingInboxStore(sound);
    }
  }

  @Test
  void withoutABugTheContractIsGreen() {
    PlantedBug.assertGreen(NoBug.class, 60);
  }
}
