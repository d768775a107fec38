package io.rowpost.testkit;

import static io.rowpost.testkit.OutboxScene.HOUR;
import static io.rowpost.testkit.OutboxScene.RELAY;
import static io.rowpost.testkit.OutboxScene.failed;
import static io.rowpost.testkit.OutboxScene.labels;
import static io.rowpost.testkit.OutboxScene.request;
import static io.rowpost.testkit.OutboxScene.retry;
import static io.rowpost.testkit.OutboxScene.sent;
import static io.rowpost.testkit.OutboxScene.waiting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.Lease;
import io.rowpost.core.LeaseLostException;
import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Origin;
import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxStatus;
import io.rowpost.core.OutboxStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** One owner at a time; who lost its lease changes nothing and reads nothing. */
abstract class OutboxLeaseRules<T> {
  abstract OutboxScene<T> scene();

  private Lease acquire() {
    return scene().granted(request(HOUR));
  }

  private static Lease.Request takingOver(
      @Nullable Lease previous, Lease.Attempt.@Nullable Held stalled) {
    UUID owner = previous == null ? null : previous.owner();
    return new Lease.Request(RELAY, UUID.randomUUID(), HOUR, owner, stalled);
  }

  private OutboxBatch turn(Lease lease, Settled... settled) {
    return scene().store.settleAndFetch(lease, OutboxScene.turnOf(List.of(settled)));
  }

  private void renew(Lease lease, Duration duration, Settled... settled) {
    scene()
        .store
        .settleAndFetch(
            lease, new OutboxStore.Turn(List.of(settled), 0, 0, 1, Long.MAX_VALUE, duration));
  }

  // ---- acquiring

  @Test
  void theFirstToAskOwnsTheRelay() {
    Lease.Request request = request(HOUR);
    Lease lease = scene().granted(request);

    assertThat(lease.relay()).isEqualTo(RELAY);
    assertThat(lease.owner()).isEqualTo(request.owner());
    Lease.Attempt.Held held = scene().held(request(HOUR));
    assertThat(held.token()).isEqualTo(lease.token());
  }

  @Test
  void anExpiredLeaseIsTakenOverUnderAGreaterToken() {
    Lease first = acquire();
    scene().fixture.elapse(HOUR.minusSeconds(60));
    scene().held(request(HOUR));
    scene().fixture.elapse(Duration.ofSeconds(61));

    Lease second = acquire();

    assertThat(second.token()).isGreaterThan(first.token());
    assertLost(first);
  }

  @Test
  void aReleasedLeaseIsFreeAtOnce() {
    Lease first = acquire();
    scene().store.release(first);
    Lease second = acquire();

    assertThat(second.token()).isGreaterThan(first.token());
    assertLost(first);
  }

  @Test
  void aReleasedLeaseIsLostAtOnce() {
    Lease lease = acquire();
    scene().store.release(lease);

    assertLost(lease);
    scene().store.release(lease);
  }

  @Test
  void whoLostTheLeaseCannotReleaseIt() {
    Lease first = acquire();
    scene().fixture.elapse(HOUR);
    Lease second = acquire();
    scene().store.release(first);

    scene().held(request(HOUR));
    assertThat(turn(second).entries()).isEmpty();
  }

  @Test
  void aProcessTakesItsOwnLeaseOverAtOnce() {
    Lease first = acquire();
    Lease second = scene().granted(takingOver(first, null));

    assertThat(second.token()).isGreaterThan(first.token());
    assertLost(first);
    scene().held(takingOver(first, null));
    assertThat(turn(second).entries()).isEmpty();
  }

  /** As a process asks again that has not heard of the first grant. */
  @Test
  void whoAsksAgainUnderTheSameIdIsGrantedAnew() {
    Lease.Request request = request(HOUR);
    Lease first = scene().granted(request);
    Lease second = scene().granted(request);

    assertThat(second.token()).isGreaterThan(first.token());
    assertLost(first);
    assertThat(turn(second).entries()).isEmpty();
  }

  @Test
  void aLeaseNeverHeldGivesNoRight() {
    Lease lease = acquire();

    scene().held(takingOver(new Lease(RELAY, UUID.randomUUID(), lease.token()), null));
    assertLost(new Lease(RELAY, UUID.randomUUID(), lease.token()));
    assertLost(new Lease(RELAY, lease.owner(), lease.token() + 1));
    assertThat(turn(lease).entries()).isEmpty();
  }

  @Test
  void anOwnerThatStoodStillIsReplaced() {
    Lease first = acquire();
    Lease.Attempt.Held seen = scene().held(request(HOUR));
    Lease second = scene().granted(takingOver(null, seen));

    assertThat(second.token()).isGreaterThan(first.token());
    assertLost(first);
    scene().held(takingOver(null, seen));
  }

  @Test
  void anOwnerThatRenewedIsNotReplaced() {
    Lease lease = acquire();
    Lease.Attempt.Held seen = scene().held(request(HOUR));
    renew(lease, HOUR);

    Lease.Attempt.Held moved = scene().held(takingOver(null, seen));

    assertThat(moved.token()).isEqualTo(seen.token());
    assertThat(moved.renewals()).isGreaterThan(seen.renewals());
    assertThat(turn(lease).entries()).isEmpty();
  }

  @Test
  void aRenewalExtendsTheLease() {
    Lease lease = acquire();
    scene().fixture.elapse(HOUR.minusSeconds(60));
    renew(lease, HOUR);
    scene().fixture.elapse(HOUR.minusSeconds(60));
    scene().held(request(HOUR));
    scene().fixture.elapse(Duration.ofSeconds(61));

    acquire();
    assertLost(lease);
  }

  @Test
  void aTurnThatDoesNotRenewLeavesTheLeaseAlone() {
    Lease lease = acquire();
    scene().fixture.elapse(HOUR.minusSeconds(60));
    turn(lease);
    scene().fixture.elapse(Duration.ofSeconds(61));

    acquire();
    assertLost(lease);
  }

  @Test
  void ofConcurrentRequestsOneIsGranted() {
    for (int round = 0; round < scene().fixture.size(50); round++) {
      List<Lease.Attempt> attempts =
          ConcurrentTasks.callAtOnce(4, i -> scene().store.lease(request(HOUR)));
      List<Lease> granted =
          attempts.stream()
              .filter(Lease.Attempt.Granted.class::isInstance)
              .map(attempt -> ((Lease.Attempt.Granted) attempt).lease())
              .toList();
      assertThat(granted).as("round %d", round).hasSize(1);
      assertThat(turn(granted.get(0)).entries()).isEmpty();
      scene().store.release(granted.get(0));
    }
  }

  // ---- the fence

  private void assertLost(Lease lease) {
    assertThatThrownBy(() -> scene().store.settleAndFetch(lease, OutboxStore.Turn.fetch(10)))
        .isInstanceOf(LeaseLostException.class)
        .hasMessageContaining("ROWPOST-302")
        .hasMessageContaining(lease.relay());
  }

  @Test
  void whoLostTheLeaseReadsNothing() {
    Lease first = acquire();
    scene().append("k", "a");
    scene().granted(takingOver(first, null));

    assertLost(first);
  }

  @Test
  void whoLostTheLeaseSettlesNothing() {
    Lease first = acquire();
    scene().append("k", "new", "failed");
    scene().append(null, "due");
    List<Entry> entries = turn(first).entries();
    Entry due = turn(first, retry(entries.get(2), Duration.ZERO)).entries().get(0);
    Lease second = scene().granted(takingOver(first, null));
    List<Settled> stale =
        List.of(
            sent(entries.get(0)),
            waiting(entries.get(0)),
            retry(entries.get(0), HOUR),
            failed(entries.get(1), true),
            failed(entries.get(1), false),
            sent(due),
            retry(due, HOUR),
            failed(due, true));

    assertRefused(first, stale);
    // The same records are with the new owner now.
    assertThat(labels(turn(second))).containsExactly("new", "failed");
    assertThat(labels(turn(second))).containsExactly("due");
    assertRefused(first, stale);
    Lease third = scene().granted(takingOver(second, null));
    assertThat(labels(turn(third))).containsExactly("new", "failed");
    assertThat(labels(turn(third))).containsExactly("due");
  }

  private void assertRefused(Lease lost, List<Settled> stale) {
    List<OutboxAdmin.Item> before = scene().items();
    for (Settled settled : stale) {
      assertThatThrownBy(
              () -> scene().store.settleAndFetch(lost, OutboxStore.Turn.settle(List.of(settled))))
          .isInstanceOf(LeaseLostException.class);
      assertThat(scene().items()).isEqualTo(before);
    }
  }

  @Test
  void whoLostTheLeaseCannotRenewIt() {
    Lease first = acquire();
    scene().granted(takingOver(first, null));

    assertThatThrownBy(() -> renew(first, HOUR.multipliedBy(100)))
        .isInstanceOf(LeaseLostException.class);
    scene().fixture.elapse(HOUR);
    acquire();
  }

  /** Nobody has taken over, so nothing can have been settled elsewhere. */
  @Test
  void anExpiredLeaseThatNobodyTookStillSettles() {
    Lease lease = acquire();
    scene().append("k", "a");
    Entry entry = turn(lease).entries().get(0);
    scene().fixture.elapse(HOUR.multipliedBy(2));

    turn(lease, sent(entry));

    assertThat(scene().items()).isEmpty();
  }

  @Test
  void aLateMarkNeverReopensOrClosesARecord() {
    Lease first = acquire();
    scene().append("k", "given up", "sent");
    List<Entry> stale = turn(first).entries();
    Lease second = scene().granted(takingOver(first, null));
    List<Entry> entries = turn(second).entries();
    turn(second, failed(entries.get(0), false), sent(entries.get(1)));

    for (Settled late :
        List.of(
            sent(stale.get(0)),
            retry(stale.get(0), Duration.ZERO),
            retry(stale.get(1), Duration.ZERO))) {
      assertThatThrownBy(() -> turn(first, late)).isInstanceOf(LeaseLostException.class);
    }
    scene().granted(takingOver(second, null));
    assertThat(scene().onlyItem().status()).isEqualTo(OutboxStatus.FAILED);
    assertThat(scene().onlyItem().id()).isEqualTo(entries.get(0).record().id());
  }

  /**
   * The record that the old owner parked blocks the key for the new one, and the other way round.
   */
  @Test
  void theNewOwnerKnowsWhatTheOldOneParked() {
    scene().park("k", "head");
    scene().append("k", "next");
    Lease second = scene().takeOver();

    assertThat(scene().store.blockedKeys(second, 10)).containsExactly(OutboxScene.orderKey("k"));
    assertThat(labels(scene().fetch())).containsExactly("next");
    scene().fixture.elapse(HOUR);
    Entry head = scene().fetchOne();
    assertThat(head.record().attempts()).isEqualTo(1);
  }

  // ---- taking over

  @Test
  void aNewOwnerReadsEverythingUnsentAgain() {
    scene().append("k", "a", "b", "c");
    List<Entry> entries = scene().fetch().entries();
    scene().settle(sent(entries.get(0)));
    scene().takeOver();
    scene().append("k", "d");

    OutboxBatch batch = scene().fetch();

    assertThat(labels(batch)).containsExactly("b", "c", "d");
    assertThat(batch.entries()).extracting(Entry::origin).containsOnly(Origin.NEW);
    assertThat(batch.entries().get(0).position()).isEqualTo(entries.get(1).position());
  }

  /** Whatever an owner leaves behind about how far it has come. */
  @Test
  void aLateCommitIsNotSkippedByTheNextOwner() {
    try (var late = scene().begin()) {
      scene().appendIn(late, "a", "late");
      scene().append("b", "later");
      Entry later = scene().fetchOne();
      renew(scene().lease(), HOUR, sent(later));
      renew(scene().lease(), HOUR);
      scene().takeOver();
      assertThat(scene().fetch().entries()).isEmpty();
      late.commit();
    }

    assertThat(scene().drain()).containsExactly("late");
  }

  @Test
  void aNewOwnerSendsWhatWasInFlightAgain() {
    scene().park("k", "head");
    scene().queue("k", "s1");
    scene().park(null, "alone");
    scene().fixture.elapse(HOUR);
    assertThat(labels(scene().fetch())).containsExactlyInAnyOrder("head", "s1", "alone");
    scene().takeOver();

    assertThat(scene().items()).noneMatch(OutboxAdmin.Item::inFlight);
    assertThat(labels(scene().fetchAll())).containsExactlyInAnyOrder("head", "s1", "alone");
  }

  /** The head in flight was sent; its successor, in flight too, must not be stranded. */
  @Test
  void aNewOwnerFindsTheHeadThatWasASuccessorInFlight() {
    scene().park("k", "head");
    scene().queue("k", "s1", "s2");
    scene().fixture.elapse(HOUR);
    List<Entry> entries = scene().fetch().entries();
    scene().settle(sent(entries.get(0)));
    scene().takeOver();

    assertThat(labels(scene().fetchAll())).containsExactly("s1", "s2");
  }

  /** The old owner had b at the broker and parked c behind it; its death must not let c pass. */
  @Test
  void aNewOwnerReadsTheStreamBeforeWhatWasParkedBehindIt() {
    scene().append("k", "a", "b", "c");
    List<Entry> entries = scene().fetch().entries();
    scene().settle(waiting(entries.get(2)));
    scene().takeOver();

    OutboxBatch first = scene().fetch(1);
    assertThat(labels(first)).containsExactly("a");
    OutboxBatch second = scene().fetch(1);
    assertThat(labels(second)).containsExactly("b");
    scene().settle(sent(first.entries().get(0)), sent(second.entries().get(0)));
    assertThat(labels(scene().fetchAll())).containsExactly("c");
  }

  @Test
  void aNewOwnerFetchesNoSuccessorBeforeTheStreamInFrontOfIt() {
    scene().append("k", "a", "b", "c", "d");
    List<Entry> entries = scene().fetch().entries();
    scene().settle(retry(entries.get(0), Duration.ZERO), waiting(entries.get(3)));
    scene().takeOver();

    var order = new ArrayList<String>(labels(scene().fetch(1)));
    order.addAll(labels(scene().fetch(2)));
    assertThat(order).containsOnlyOnce("b").containsOnlyOnce("c").doesNotContain("d");
  }

  @Test
  void aNewOwnerIsNotHeldUpByTheStreamForever() {
    scene().park("k", "head");
    scene().fixture.elapse(HOUR);
    scene().takeOver();
    scene().append("other", "n1", "n2", "n3");

    var order = new ArrayList<String>();
    for (int i = 0; i < 8; i++) {
      order.addAll(labels(scene().fetch(1)));
    }
    assertThat(order).containsExactlyInAnyOrder("head", "n1", "n2", "n3");
  }

  @Test
  void aNewOwnerKeepsTheDatesOfRetries() {
    scene().park("k", "head");
    scene().takeOver();

    assertThat(scene().fetchAll()).isEmpty();
    scene().fixture.elapse(HOUR);
    assertThat(scene().fetchOne().record().attempts()).isEqualTo(1);
  }

  /** Killed between the send and its settlement: the record repeats, in front of its successors. */
  @Test
  void whatWasSentButNotSettledRepeatsInOrder() {
    scene().append("k", "a", "b");
    Entry sentByTheDead = scene().fetch(1).entries().get(0);
    assertThat(OutboxScene.label(sentByTheDead.record())).isEqualTo("a");
    scene().takeOver();

    OutboxBatch batch = scene().fetch();
    assertThat(labels(batch)).containsExactly("a", "b");
    assertThat(batch.entries().get(0).record().id()).isEqualTo(sentByTheDead.record().id());
  }

  @Test
  void ownersThatComeAndGoPublishEverythingOnceInOrder() {
    int rounds = scene().fixture.size(200);
    var published = new ArrayList<String>();
    var expected = new ArrayList<String>();
    for (int i = 0; i < rounds; i++) {
      scene().append("k", "r" + i);
      expected.add("r" + i);
      OutboxBatch batch = scene().fetch(2);
      if (i % 3 == 0) {
        scene().takeOver();
      } else {
        published.addAll(labels(batch));
        scene().settle(batch.entries().stream().map(OutboxScene::sent).toArray(Settled[]::new));
      }
    }
    published.addAll(scene().drain());

    assertThat(published).containsExactlyElementsOf(expected);
  }
}
