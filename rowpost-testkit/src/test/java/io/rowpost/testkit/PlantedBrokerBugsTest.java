package io.rowpost.testkit;

import io.rowpost.core.MessageBroker;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Plants bugs in a sound broker and looks that the contract finds each. */
@Tag("once")
class PlantedBrokerBugsTest {
  static Stream<PlantedBug> bugs() {
    return Stream.of(bugsOfPublishing(), bugsOfSubscriptions(), bugsOfDeaths())
        .flatMap(bugs -> bugs);
  }

  private static Stream<PlantedBug> bugsOfDeaths() {
    return Stream.of(
        PlantedBug.of(
            BrokenSubscriptions.DeathsAreNotTold.class,
            "Deaths.whatADeadProcessHadIsRedelivered",
            "Deaths.itStaysRedeliveredUntilItIsDone",
            "Deaths.whatAListenerThrewOverIsRedelivered"),
        PlantedBug.of(
            BrokenSubscriptions.EverythingIsRedelivered.class,
            "Deaths.whatTheListenerToldIsNoRedelivery",
            "Deaths.anOrderlyEndLeavesNoRedelivery"),
        PlantedBug.of(
            BrokenSubscriptions.AskedAgainIsRedelivered.class,
            "Deaths.whatTheListenerToldIsNoRedelivery"),
        PlantedBug.of(
            BrokenSubscriptions.ToldOnce.class,
            "Deaths.itStaysRedeliveredUntilItIsDone",
            "Deaths.itStaysRedeliveredWhenItsHeirLeavesInOrder"));
  }

  private static Stream<PlantedBug> bugsOfPublishing() {
    return Stream.of(
        PlantedBug.of(
            BrokenBrokers.AcknowledgesBeforeItHasTheMessage.class,
            "Outages.publishesDuringAnOutageFailInTimeAndBlameNeitherRecordNorTopic",
            "Outages.whatWasAcknowledgedAroundAnOutageIsDeliveredInOrder"),
        PlantedBug.of(
            BrokenBrokers.UnroutableIsSent.class,
            "Publishing.aMissingTopicFailsItsOwnMessagesAndNeverSucceeds",
            "BadInput.aTopicThatCannotBeFailsItsOwnMessagesOnly"),
        PlantedBug.of(
            BrokenBrokers.TooLargeIsSent.class, "Publishing.aPayloadOverTheLimitIsTheRecordsFault"),
        PlantedBug.of(
            BrokenBrokers.TooLargeIsCut.class, "Publishing.aPayloadOverTheLimitIsTheRecordsFault"),
        PlantedBug.of(
            BrokenBrokers.OutageBlamesTheRecord.class,
            "Outages.publishesDuringAnOutageFailInTimeAndBlameNeitherRecordNorTopic"),
        PlantedBug.of(
            BrokenBrokers.OutageBlamesTheTopic.class,
            "Outages.publishesDuringAnOutageFailInTimeAndBlameNeitherRecordNorTopic"),
        PlantedBug.of(
            BrokenBrokers.TooLargeBlamesTheBroker.class,
            "Publishing.aPayloadOverTheLimitIsTheRecordsFault"),
        PlantedBug.of(
            BrokenBrokers.MissingTopicBlamesTheRecord.class,
            "Publishing.aMissingTopicFailsItsOwnMessagesAndNeverSucceeds"),
        PlantedBug.of(
            BrokenBrokers.MissingTopicFailsItsNeighbours.class,
            "Publishing.aMissingTopicFailsItsOwnMessagesAndNeverSucceeds"),
        PlantedBug.of(BrokenBrokers.PublishBlocks.class, "Publishing.publishNeverBlocksItsCaller"),
        PlantedBug.of(
            BrokenBrokers.CloseAbandonsPublishes.class,
            "Outages.aCloseLeavesNoPublishWithoutAnOutcome"),
        PlantedBug.of(
            BrokenBrokers.CloseDropsTheBatch.class, "Publishing.closingWaitsForPublishesUnderWay"),
        PlantedBug.of(
            BrokenBrokers.HeadersAreDropped.class, "Publishing.everyFieldArrivesUnchanged"),
        PlantedBug.of(
            BrokenBrokers.HeaderNamesInLowerCase.class,
            "Publishing.everyFieldArrivesUnchanged",
            "BadInput.textsThatAnOutboxTakesArriveUnchanged"),
        PlantedBug.of(
            BrokenBrokers.KeyIsDropped.class,
            "Publishing.everyFieldArrivesUnchanged",
            "Publishing.textsAndBytesOfEveryKindArriveUnchanged"),
        PlantedBug.of(BrokenBrokers.NoKeyIsAnEmptyOne.class, "Publishing.whatIsAbsentStaysAbsent"),
        PlantedBug.of(BrokenBrokers.TimeIsCut.class, "Publishing.everyFieldArrivesUnchanged"),
        PlantedBug.of(
            BrokenBrokers.PayloadIsText.class,
            "Publishing.textsAndBytesOfEveryKindArriveUnchanged",
            "Publishing.payloadsUpToTheLimitArriveUnchanged",
            "BadInput.payloadsOfEveryKindArriveUnchanged",
            "BadInput.aRecordAtEveryLimitArrivesUnchanged"));
  }

  private static Stream<PlantedBug> bugsOfSubscriptions() {
    return Stream.of(
        PlantedBug.of(BrokenSubscriptions.OneGroupForAll.class, "Groups.eachGroupGetsEveryMessage"),
        PlantedBug.of(
            BrokenSubscriptions.AGroupForEach.class,
            "Groups.aGroupGoesOnWhereItWas",
            "Groups.aMemberThatJoinsGetsNothingThatTheGroupHasDone"),
        PlantedBug.of(
            BrokenSubscriptions.WhoJoinsGetsEverything.class,
            "Groups.aMemberThatJoinsGetsNothingThatTheGroupHasDone"),
        PlantedBug.of(
            BrokenSubscriptions.NewGroupBeginsAtTheEnd.class,
            "Groups.aNewGroupBeginsAtTheOldestMessage"),
        PlantedBug.of(
            BrokenSubscriptions.ACallForEachMessage.class, "Groups.aKeyWaitsForTheCallThatHasIt"),
        PlantedBug.of(BrokenSubscriptions.EmptyPolls.class, "Groups.aListenerNeverGetsNothing"),
        PlantedBug.of(
            BrokenSubscriptions.FailedIsSkipped.class,
            "Redelivery.aFailedMessageComesAgainBeforeLaterOnesOfItsKey",
            "Redelivery.aFailedMessageIsNeverSkippedAndHoldsUpItsKeyAlone",
            "Redelivery.aMessageWithoutAKeyComesAgainToo"),
        PlantedBug.of(
            BrokenSubscriptions.ThirdFailureIsTheLast.class,
            "Redelivery.aFailedMessageComesAgainBeforeLaterOnesOfItsKey"),
        PlantedBug.of(
            BrokenSubscriptions.ThrownIsDone.class,
            "Redelivery.whenTheListenerThrowsEverythingComesAgainInOrder"),
        PlantedBug.of(
            BrokenSubscriptions.FailedGoesToTheEnd.class,
            "Redelivery.aFailedMessageIsNeverSkippedAndHoldsUpItsKeyAlone"),
        PlantedBug.of(
            BrokenSubscriptions.FailedHoldsUpAll.class,
            "Redelivery.aFailedMessageIsNeverSkippedAndHoldsUpItsKeyAlone"),
        PlantedBug.of(
            BrokenSubscriptions.PositionsOfDeliveries.class,
            "Redelivery.aMessageKeepsItsPositionAndSharesItWithNoOther"),
        PlantedBug.of(
            BrokenSubscriptions.PositionsOfTopics.class,
            "Redelivery.aMessageKeepsItsPositionAndSharesItWithNoOther"),
        PlantedBug.of(
            BrokenSubscriptions.StrangersAreIgnored.class,
            "Redelivery.whatTheListenerWasNotGivenCannotBeAskedForAndLosesNothing"),
        PlantedBug.of(
            BrokenSubscriptions.FailedDiesWithItsSubscription.class,
            "Redelivery.aFailedMessageSurvivesTheEndOfItsSubscription"),
        PlantedBug.of(
            BrokenSubscriptions.CloseForgetsTheCall.class,
            "Groups.closingASubscriptionLetsTheCallEndAndAcknowledgesIt"),
        PlantedBug.of(
            BrokenSubscriptions.CloseDoesNotWait.class,
            "Groups.closingASubscriptionLetsTheCallEndAndAcknowledgesIt"),
        PlantedBug.of(
            BrokenSubscriptions.CloseEndsNothing.class,
            "Publishing.aClosedBrokerFailsWhatIsPublishedToIt"),
        PlantedBug.of(
            BrokenSubscriptions.SubscriberEndsWithItsConnection.class,
            "Outages.aSubscriberGoesOnAfterAnOutage"),
        PlantedBug.of(
            BrokenSubscriptions.OutageLosesWhatIsUnread.class,
            "Outages.whatNobodyHasReadYetSurvivesAnOutage"));
  }

  @ParameterizedTest
  @MethodSource("bugs")
  void turnsTheContractRed(PlantedBug bug) {
    bug.assertFound(ContractRun.AT_ONCE);
  }

  static final class NoBug extends BrokenBrokers.Broken {
    @Override
    DelegatingBroker breaking(MessageBroker sound) {
      return new DelegatingBroker(sound);
    }

    @Override
    Duration patience() {
      return Duration.ofMinutes(1);
    }
  }

  @Test
  void withoutABugTheContractIsGreen() {
    PlantedBug.assertGreen(NoBug.class, 30);
  }
}
