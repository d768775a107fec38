package io.rowpost.testkit;

import static io.rowpost.testkit.BrokerScene.SLACK;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.FailureClass;
import io.rowpost.core.Message;
import io.rowpost.core.PublishException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** What an outage does, and that its end is noticed without anybody's help. */
abstract class BrokerOutageRules {
  abstract BrokerScene scene();

  @Test
  void publishesDuringAnOutageFailInTimeAndBlameNeitherRecordNorTopic() {
    scene().publish("k", "before");
    scene().fixture.takeAway();
    for (int i = 0; i < 2; i++) {
      long started = System.nanoTime();
      CompletionStage<Void> publish = scene().broker.publish(scene().message("k", "during" + i));
      assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(SLACK);
      PublishException e = scene().failure(publish);
      assertThat(e.failureClass().orElse(FailureClass.BROKER)).isEqualTo(FailureClass.BROKER);
    }
    scene().fixture.bringBack();

    scene().publish("k", "after");
  }

  @Test
  void aCloseLeavesNoPublishWithoutAnOutcome() {
    scene().publish("k", "warm-up");
    scene().fixture.takeAway();
    List<CompletionStage<Void>> underWay = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      underWay.add(scene().broker.publish(scene().message("k" + i, "under way")));
    }
    scene().broker.close();

    assertThat(underWay)
        .allSatisfy(p -> assertThat(p.toCompletableFuture()).isCompletedExceptionally());
  }

  @Test
  void whatWasAcknowledgedAroundAnOutageIsDeliveredInOrder() {
    List<String> acknowledged = new ArrayList<>();
    RecordingListener listener = scene().listen("billing");
    for (int i = 0; i < 30; i++) {
      if (i == 10) {
        scene().fixture.takeAway();
      } else if (i == 12) {
        scene().fixture.bringBack();
      }
      Message message = scene().message("k", "m" + i);
      if (i >= 12) {
        scene().publish(message);
        acknowledged.add("m" + i);
      } else if (scene().outcome(scene().broker.publish(message)) == null) {
        acknowledged.add("m" + i);
      }
    }

    // Once more than acknowledged may come: a publish that timed out may have been taken.
    scene()
        .eventually(() -> assertThat(firsts(listener.done("k"))).containsSubsequence(acknowledged));
  }

  private static List<String> firsts(List<String> labels) {
    return labels.stream().distinct().toList();
  }

  @Test
  void whatNobodyHasReadYetSurvivesAnOutage() {
    scene().publish("k", "a", "b");
    scene().fixture.takeAway();
    scene().fixture.bringBack();
    RecordingListener listener = scene().listen("billing");

    scene().eventually(() -> assertThat(firsts(listener.done("k"))).containsExactly("a", "b"));
  }

  @Test
  void aSubscriberGoesOnAfterAnOutage() {
    RecordingListener listener = scene().listen("billing");
    scene().publish("k", "a");
    scene().eventually(() -> assertThat(listener.done("k")).containsExactly("a"));
    scene().fixture.takeAway();
    scene().fixture.bringBack();
    scene().publish("k", "b");

    scene().eventually(() -> assertThat(firsts(listener.done("k"))).containsExactly("a", "b"));
  }
}
