package io.rowpost.core;

import static io.rowpost.core.FailureClass.RECORD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxRelay.State;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What others throw at a relay, and how it ends: it goes on, or says that it does not. */
class RelayTroubleTest {
  private static final Duration LEASE = Duration.ofSeconds(30);

  private final ManualTime time = new ManualTime();
  private final InMemoryOutboxStore store = new InMemoryOutboxStore(time);
  private final InMemoryTransactor transactor = new InMemoryTransactor();
  private final ScriptedPublisher publisher = new ScriptedPublisher();
  private final List<State> states = new CopyOnWriteArrayList<>();

  /** What the next calls of a method of {@link #troubled} meet; null for nothing. */
  private final Queue<Trouble> troubles = new ConcurrentLinkedQueue<>();

  /**
   * A call that fails.
   *
   * @param done whether it does its work all the same
   */
  private record Trouble(String method, boolean done, Throwable error) {}

  private static final RelayListener NOBODY = new RelayListener() {};

  private OutboxRelay.Builder relay(OutboxStore<?> over) {
    return OutboxRelay.builder(over, publisher)
        .time(time)
        .random(new Random(7))
        .lease(LEASE)
        .listener(
            new RelayListener() {
              @Override
              public void onState(State state) {
                states.add(state);
              }
            });
  }

  /** The store, whose calls fail as {@link #troubles} says. */
  private OutboxStore<?> troubled() {
    return (OutboxStore<?>)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {OutboxStore.class},
            (proxy, method, arguments) -> {
              Trouble next = troubles.peek();
              if (next == null || !next.method.equals(method.getName())) {
                return invoke(() -> method.invoke(store, arguments));
              }
              troubles.remove();
              if (next.done) {
                invoke(() -> method.invoke(store, arguments));
              }
              throw next.error;
            });
  }

  private interface Reflection {
    Object call() throws ReflectiveOperationException;
  }

  private static Object invoke(Reflection call) throws Throwable {
    try {
      return call.call();
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static StoreException away() {
    return new StoreException("ROWPOST-211", "away", "wait", StoreException.Outcome.UNKNOWN, null);
  }

  private void append(String... records) {
    transactor.inTransaction(
        tx -> {
          for (String text : records) {
            String[] parts = text.split("/", 3);
            OutboxRecord.Builder record = OutboxRecord.to(parts[0]).type("Test").payload(parts[2]);
            store.append(tx, List.of(record.key(parts[1]).build()));
          }
          return null;
        });
  }

  /** Polls each 10 ms of virtual time. */
  private void pollFor(OutboxRelay polled, Duration duration) {
    for (long i = 0; i < duration.toMillis() / 10; i++) {
      polled.pollAndPublish();
      time.pass(Duration.ofMillis(10));
    }
  }

  // ---- the policy -----------------------------------------------------------------------------

  @SuppressWarnings("NullAway") // one of the mistakes
  static List<RetryPolicy> brokenPolicies() {
    return List.of(
        (attempts, error) -> {
          throw new IllegalStateException("a policy's own trouble");
        },
        (attempts, error) -> {
          throw new NoClassDefFoundError("a/Policy");
        },
        (attempts, error) -> null,
        (attempts, error) -> Optional.of(Duration.ofNanos(-1)));
  }

  @ParameterizedTest
  @MethodSource("brokenPolicies")
  void aRetryPolicyThatFailsCostsItsRecordAMinuteAndNobodyElseAnything(RetryPolicy broken) {
    OutboxRelay relay = relay(store).retry(broken).build();
    publisher.answer(p -> p.equals("bad") ? ScriptedPublisher.failure(RECORD) : null);
    append("t/a/bad", "t/b/good");

    assertThat(relay.pollAndPublish()).isEqualTo(new PollResult(1, 1, 0, 0));
    pollFor(relay, Duration.ofSeconds(59));
    assertThat(publisher.handed).containsExactlyInAnyOrder("bad", "good");

    publisher.takeAll();
    pollFor(relay, Duration.ofSeconds(2));
    assertThat(publisher.taken).containsExactly("good", "bad");
    assertThat(states).containsExactly(State.RUNNING);
  }

  /** An error whose own text cannot be had. */
  private static final class Unspeakable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new IllegalStateException("no message");
    }
  }

  @Test
  void anErrorWithoutATextIsWrittenDownByItsName() {
    OutboxRelay relay = relay(store).build();
    publisher.answer(
        p ->
            p.equals("bad")
                ? new PublishException(RECORD, "Refused.", "none.", new Unspeakable())
                : null);
    append("t/a/bad", "t/b/good");
    assertThat(relay.pollAndPublish()).isEqualTo(new PollResult(1, 1, 0, 0));
    OutboxAdmin.Item item = store.admin().find(Filter.of(OutboxStatus.PENDING), 0, 10).get(0);
    assertThat(item.lastError()).contains("Refused.").contains(Unspeakable.class.getName());
  }

  @Test
  void anErrorWithoutATextIsJudgedAsAnyOther() {
    OutboxRelay relay = relay(store).build();
    publisher.failAll(new Unspeakable());
    append("t/a/a1");
    relay.pollAndPublish();
    assertThat(relay.state()).isEqualTo(State.BROKER_AWAY);
  }

  // ---- errors ---------------------------------------------------------------------------------

  @Test
  void anErrorEndsTheLeaseAndNotTheThread() {
    troubles.add(new Trouble("settleAndFetch", true, new NoClassDefFoundError("a/Driver")));
    append("t/a/a1");
    try (OutboxRelay relay = relay(troubled()).time(EngineTime.system()).build().start()) {
      Awaitility.await().until(() -> store.admin().counts().pending() == 0);
      assertThat(states).containsExactly(State.RUNNING, State.STORE_AWAY, State.RUNNING);
      assertThat(relay.state()).isEqualTo(State.RUNNING);
    }
    assertThat(publisher.taken).containsExactly("a1");
  }

  @Test
  void whatAnErrorHasLeftHalfDoneIsForgotten() {
    // It comes when a page is read, and none of it is taken in.
    troubles.add(new Trouble("blockedKeys", false, new StackOverflowError()));
    append("t/a/a1", "t/a/a2");
    OutboxRelay relay = relay(troubled()).build();
    assertThatThrownBy(relay::pollAndPublish).isInstanceOf(StackOverflowError.class);
    append("t/a/a3");
    pollFor(relay, Duration.ofSeconds(1));
    assertThat(publisher.taken).containsExactly("a1", "a2", "a3");
  }

  @Test
  void aRelayWhoseThreadIsInterruptedIsClosed() {
    OutboxRelay relay = relay(store).name("told-to-end").time(EngineTime.system()).build();
    try (relay) {
      relay.start();
      thread("rowpost-relay-told-to-end").interrupt();
      Awaitility.await().until(() -> relay.state() == State.CLOSED);
      Awaitility.await().until(() -> threads("rowpost-purge-told-to-end").isEmpty());
      OutboxRelay next = relay(store).name("told-to-end").listener(NOBODY).build();
      next.pollAndPublish();
      assertThat(next.state()).isEqualTo(State.RUNNING);
    }
    assertThat(states).containsExactly(State.RUNNING, State.CLOSED);
  }

  private static Thread thread(String name) {
    return threads(name).get(0);
  }

  private static List<Thread> threads(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(name))
        .toList();
  }

  @Test
  void aListenerThatThrowsIsHeardOfOnce() {
    var told = new AtomicInteger();
    var error =
        new AssertionError() {
          private static final long serialVersionUID = 1L;

          @Override
          public String getMessage() {
            return "told " + told.incrementAndGet();
          }
        };
    OutboxRelay relay =
        relay(store)
            .listener(
                new RelayListener() {
                  @Override
                  public void onSent(OutboxRecord record, Duration took) {
                    throw error;
                  }
                })
            .build();
    for (int i = 0; i < 100; i++) {
      append("t/k" + i + "/" + i);
    }
    assertThat(relay.pollAndPublish().sent()).isEqualTo(100);
    assertThat(told).hasValue(1);
  }

  @Test
  void aPurgeThatEndsInAnErrorIsTriedAgain() {
    var purges = new AtomicInteger();
    OutboxStore<?> unpurgeable =
        Watched.before(
            "admin",
            store,
            () -> {
              purges.incrementAndGet();
              throw new NoClassDefFoundError("a/Driver");
            });
    try (OutboxRelay relay =
        relay(unpurgeable).purgeInterval(Duration.ofSeconds(1)).build().start()) {
      Awaitility.await().until(() -> purges.get() >= 2);
      assertThat(relay.state()).isEqualTo(State.RUNNING);
    }
  }

  // ---- the store away -------------------------------------------------------------------------

  @Test
  void anOutageOfTheStoreIsOneState() {
    OutboxRelay relay = relay(troubled()).build();
    relay.pollAndPublish();
    troubles.add(new Trouble("probe", false, away()));
    for (int i = 0; i < 15; i++) {
      troubles.add(new Trouble("lease", false, away()));
    }
    pollFor(relay, Duration.ofSeconds(20));
    assertThat(troubles).isEmpty();
    assertThat(states).containsExactly(State.RUNNING, State.STORE_AWAY, State.RUNNING);
  }

  /** As by a missing grant: the lease is had each time, and what is to be settled is read again. */
  @Test
  void aStoreThatTakesNoSettlementIsNotFloodedWithRepeats() {
    var refuses = new AtomicBoolean(true);
    OutboxStore<?> refusing =
        Watched.before(
            "settleAndFetch",
            store,
            arguments -> {
              if (refuses.get() && !((OutboxStore.Turn) arguments[1]).settled().isEmpty()) {
                throw away();
              }
            });
    OutboxRelay relay = relay(refusing).build();
    append("t/a/a1");
    pollFor(relay, Duration.ofMinutes(1));
    assertThat(publisher.taken).hasSizeBetween(3, 10);

    refuses.set(false);
    pollFor(relay, Duration.ofSeconds(40));
    assertThat(store.admin().counts().pending()).isZero();

    refuses.set(true);
    append("t/a/a2");
    relay.pollAndPublish();
    refuses.set(false);
    pollFor(relay, Duration.ofMillis(200));
    assertThat(store.admin().counts().pending()).as("one failure is none of a row").isZero();
  }

  /** The first grant, and one of an owner: the row shows an id whose grant nobody has heard of. */
  @Test
  void aGrantWhoseAnswerWasLostIsNotWaitedFor() {
    OutboxRelay relay = relay(troubled()).build();
    Trouble unheard = new Trouble("lease", true, away());
    Trouble refused = new Trouble("lease", false, away());
    for (List<Trouble> some :
        List.of(List.of(unheard, unheard), List.of(refused, unheard, refused), List.of(refused))) {
      troubles.addAll(some);
      append("t/a/a1");
      pollFor(relay, Duration.ofSeconds(5));
      assertThat(relay.state()).isEqualTo(State.RUNNING);
      assertThat(store.admin().counts().pending()).isZero();
      troubles.add(new Trouble("probe", false, away()));
    }
  }

  /** Also where it looks seldom: its pauses are those of an outage, not those of an idle relay. */
  @Test
  void aRelayWhoseStoreFailedAsksAgainSoon() throws Exception {
    var nanos = new AtomicLong();
    List<Long> requests = new CopyOnWriteArrayList<>();
    var asked = new CountDownLatch(10);
    EngineTime passing =
        new EngineTime() {
          @Override
          public long nanoTime() {
            return nanos.get();
          }

          @Override
          public void await(BooleanSupplier ready, long maxNanos) {
            nanos.addAndGet(maxNanos);
          }

          @Override
          public void signal() {}
        };
    OutboxStore<?> away =
        Watched.before(
            "lease",
            store,
            () -> {
              requests.add(nanos.get());
              asked.countDown();
              throw away();
            });
    try (OutboxRelay relay =
        relay(away).time(passing).pollInterval(LEASE.minusSeconds(1)).build().start()) {
      assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(relay.state()).isEqualTo(State.STORE_AWAY);
    }
    for (int i = 1; i < 10; i++) {
      assertThat(Duration.ofNanos(requests.get(i) - requests.get(i - 1)))
          .isBetween(Duration.ofMillis(40), Duration.ofMillis(600));
    }
  }

  // ---- the end --------------------------------------------------------------------------------

  @Test
  void whoIsInterruptedClosesAllTheSame() {
    OutboxRelay relay = relay(store).build();
    relay.pollAndPublish();
    Thread.currentThread().interrupt();
    relay.close();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(relay.state()).isEqualTo(State.CLOSED);
    assertThatThrownBy(relay::pollAndPublish).isInstanceOf(IllegalStateException.class);

    OutboxRelay next = relay(store).build();
    next.pollAndPublish();
    assertThat(next.state()).isEqualTo(State.RUNNING);
  }

  @Test
  void aCycleThatWasNotWaitedForClosesTheRelay() throws Exception {
    var publishing = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    OutboxRelay relay =
        OutboxRelay.builder(
                store,
                message -> {
                  publishing.countDown();
                  awaitUninterruptibly(goOn);
                  return CompletableFuture.completedFuture(null);
                })
            .build()
            .start();
    append("t/a/a1");
    relay.wakeUp();
    assertThat(publishing.await(10, TimeUnit.SECONDS)).isTrue();

    Thread.currentThread().interrupt();
    relay.close();
    assertThat(Thread.interrupted()).isTrue();
    goOn.countDown();
    Awaitility.await().until(() -> relay.state() == State.CLOSED);
    assertThat(store.admin().counts().pending()).isZero();
    OutboxRelay next = relay(store).build();
    next.pollAndPublish();
    assertThat(next.state()).isEqualTo(State.RUNNING);
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whoStopsWaitingLeavesTheOtherItsSignals(boolean firstStops) throws Exception {
    EngineTime system = EngineTime.system();
    var first = new AtomicBoolean();
    var second = new AtomicBoolean();
    Thread loop = waiting(system, first);
    Thread closer = waiting(system, second);

    Thread stopping = firstStops ? loop : closer;
    (firstStops ? first : second).set(true);
    LockSupport.unpark(stopping);
    stopping.join(TimeUnit.SECONDS.toMillis(20));
    assertThat(stopping.isAlive()).isFalse();
    Thread other = firstStops ? closer : loop;
    (firstStops ? second : first).set(true);
    system.signal();
    other.join(TimeUnit.SECONDS.toMillis(20));
    assertThat(other.isAlive()).as("sleeps over its signal").isFalse();
  }

  private static Thread waiting(EngineTime system, AtomicBoolean condition) {
    Thread thread =
        new Thread(
            () -> {
              try {
                system.await(condition::get, TimeUnit.HOURS.toNanos(1));
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    thread.setDaemon(true);
    thread.start();
    Awaitility.await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
    return thread;
  }

  // ---- appends --------------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aWakeUpThatFailsUndoesNothing(boolean withError) {
    TransactionalOutbox<InMemoryTransaction> outbox =
        TransactionalOutbox.builder(store)
            .transactor(transactor)
            .wakeUp(
                () -> {
                  if (withError) {
                    throw new NoClassDefFoundError("a/Relay");
                  }
                  throw new IllegalStateException("a wake-up's own trouble");
                })
            .build();
    OutboxRecord record = OutboxRecord.to("t").key("a").type("Test").payload("a1").build();
    assertThat(outbox.<String, RuntimeException>executeWithOutbox(record, tx -> "saved"))
        .isEqualTo("saved");
    transactor.inTransaction(
        tx -> {
          outbox.append(tx, record);
          return outbox.appendIfAbsent(tx, record);
        });
    assertThat(store.admin().counts().pending()).isEqualTo(3);
  }

  // ---- pauses ---------------------------------------------------------------------------------

  /** A relay that looks less often than its lease lasts; nobody else is there to take it. */
  @Test
  void anIdleOwnerWakesToRenew() throws Exception {
    var waits = new CountDownLatch(100);
    var nanos = new AtomicLong();
    EngineTime passing =
        new EngineTime() {
          @Override
          public long nanoTime() {
            return nanos.get();
          }

          @Override
          public void await(BooleanSupplier ready, long maxNanos) {
            nanos.addAndGet(maxNanos);
            waits.countDown();
          }

          @Override
          public void signal() {}
        };
    List<Long> renewals = new CopyOnWriteArrayList<>();
    OutboxStore<?> watched =
        (OutboxStore<?>)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {OutboxStore.class},
                (proxy, method, arguments) -> {
                  if (arguments != null
                      && arguments.length == 2
                      && arguments[1] instanceof OutboxStore.Turn turn
                      && !turn.renewFor().isZero()) {
                    renewals.add(nanos.get());
                  }
                  return method.invoke(store, arguments);
                });
    try (OutboxRelay relay =
        relay(watched).time(passing).pollInterval(LEASE.minusMillis(100)).build().start()) {
      assertThat(waits.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(relay.state()).isEqualTo(State.RUNNING);
    }
    var gaps = new ArrayDeque<Long>();
    for (int i = 1; i < renewals.size(); i++) {
      gaps.add(renewals.get(i) - renewals.get(i - 1));
    }
    assertThat(gaps).isNotEmpty().allMatch(gap -> gap <= LEASE.toNanos() / 2);
  }

  /** Each wake-up has to be followed by a look, whatever a cycle is doing at that moment. */
  @Test
  void noWakeUpIsLost() throws Exception {
    var looks = new AtomicInteger();
    OutboxStore<?> counting = Watched.before("settleAndFetch", store, looks::incrementAndGet);
    OutboxRelay relay = relay(counting).build();
    relay.pollAndPublish();
    var ended = new AtomicBoolean();
    Thread waker =
        new Thread(
            () -> {
              for (int i = 0; i < 20_000 && !ended.get(); i++) {
                int before = looks.get();
                relay.wakeUp();
                while (looks.get() == before && !ended.get()) {
                  Thread.onSpinWait();
                }
              }
            });
    waker.start();
    long began = System.nanoTime();
    while (waker.isAlive() && System.nanoTime() - began < TimeUnit.SECONDS.toNanos(60)) {
      relay.pollAndPublish();
    }
    boolean heard = !waker.isAlive();
    ended.set(true);
    waker.join();
    assertThat(heard).as("all wake-ups, of which the last is number %d", looks.get()).isTrue();
  }
}
