package io.rowpost.testkit;

import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.InboxProcessor;
import io.rowpost.core.Message;
import io.rowpost.core.MessageBroker.Subscription;
import io.rowpost.core.MessageListener;
import io.rowpost.core.StoreException;
import io.rowpost.core.TransactionalOutbox;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A consuming process: one member of a group, subscribed to one topic. */
final class SimMember extends SimActor {
  private static final int MOST_REPEATS = 5;
  private static final int MOST_REWOUND = 12;

  private final SimGroup group;
  private final int topic;

  /** Where handlers append what follows from a message; null where nothing does. */
  private final @Nullable SimOutbox next;

  private @Nullable InboxProcessor<InMemoryTransaction> processor;
  private @Nullable MessageListener listener;
  private @Nullable TransactionalOutbox<InMemoryTransaction> appender;
  private @Nullable Subscription subscription;

  SimMember(SimWorld world, String name, SimGroup group, int topic, @Nullable SimOutbox next) {
    super(world, name, SimFault.CRASHED_CONSUMER);
    this.group = group;
    this.topic = topic;
    this.next = next;
  }

  @Override
  void start(SimLife life) {
    InboxProcessor<InMemoryTransaction> built =
        InboxProcessor.builder(
                new SimInboxPort(world, group, life),
                world.parts.transactor(new SimTransactor(life)),
                group.consumer)
            .maxAttempts(world.settings.inboxAttempts)
            .window(world.settings.window)
            .build();
    processor = built;
    listener = world.parts.listener(built.listener(this::handle));
    appender =
        next == null ? null : TransactionalOutbox.builder(new SimOutboxPort(next, life)).build();
    subscribe();
  }

  // ---- deliveries -----------------------------------------------------------------------------

  private void subscribe() {
    subscription = world.broker.subscribe(group.topics.get(topic), group.consumer, this::delivered);
  }

  /** Who is in the middle of a step takes nothing from the broker. */
  private void unsubscribe() {
    Subscription open = subscription;
    subscription = null;
    if (open != null) {
      open.close();
    }
  }

  private List<Message> delivered(List<Message> messages) {
    unsubscribe();
    world.scheduler.enter(this);
    world.delivery.entered(this);
    return hand(world.chance(world.settings.repeats, 250) ? repeated(messages) : messages);
  }

  /** The broker has been told, or this process has crashed before. */
  void toldTheBroker() {
    world.scheduler.leave(this, false);
    if (isUp()) {
      subscribe();
    }
  }

  private List<Message> hand(List<Message> messages) {
    for (Message message : messages) {
      world.note(SimEvent.DELIVERED, world.ledger.known(message).number);
    }
    if (listener == null) {
      throw new IllegalStateException(name + " has no listener");
    }
    try {
      List<Message> again = listener.onMessages(messages);
      life().requireAlive();
      return again;
    } catch (Exception e) {
      throw world.violated(new SimViolation("no surprise", "thrown by a listener", e));
    }
  }

  /** Some of them again, somewhere behind their first time. */
  private List<Message> repeated(List<Message> messages) {
    world.fault(SimFault.DELIVERED_REPEATEDLY, -1);
    List<Message> more = new ArrayList<>(messages);
    Message message = messages.get(world.random.nextInt(messages.size()));
    for (int i = world.random.nextInt(MOST_REPEATS - 1); i >= 0; i--) {
      more.add(world.random.nextInt(more.indexOf(message), more.size()) + 1, message);
    }
    return more;
  }

  // ---- its own steps --------------------------------------------------------------------------

  @Override
  void step() {
    if (world.calm() && !group.reopened) {
      return;
    }
    unsubscribe();
    try {
      if (world.chance(true, 60)) {
        world.fault(SimFault.CONSUMER_REPLACED, -1);
        end(0);
      } else if (world.chance(world.settings.repeats, 400)) {
        rewind();
      } else if (group.reopened) {
        retryParked();
      }
    } finally {
      if (isUp() && !life().isDead()) {
        subscribe();
      }
    }
  }

  /** An older part of the topic comes again, not later than what the group still has to do. */
  private void rewind() {
    List<Message> log = world.broker.log(group.topics.get(topic));
    int done = group.done(topic);
    int from = Math.max(0, done - world.random.nextInt(MOST_REWOUND));
    int to = Math.min(log.size(), from + 1 + world.random.nextInt(MOST_REWOUND));
    if (from < to) {
      world.fault(SimFault.REWOUND, to - from);
      hand(List.copyOf(log.subList(from, to)));
    }
  }

  private void retryParked() {
    if (processor == null) {
      throw new IllegalStateException(name + " has no processor");
    }
    try {
      processor.retryParked(this::handle);
    } catch (StoreException e) {
      // It is tried again some day.
    }
  }

  // ---- what it does with a message ------------------------------------------------------------

  private void handle(InMemoryTransaction tx, Message seen) throws HandlerFailure {
    SimLife life = life();
    life.requireAlive();
    SimMessage message = world.ledger.received(seen);
    if (message.deadly) {
      endProcess(life, message, seen.redelivered());
    }
    if (message.poison) {
      world.fault(SimFault.HANDLER_POISONED, message.number);
      message.failures[group.number]++;
      throw new HandlerFailure();
    }
    if (world.chance(world.settings.handlersFail, 30)) {
      world.fault(SimFault.HANDLER_SLOW, message.number);
      world.scheduler.slow(life);
    }
    tx.onCommit(() -> world.ledger.tookEffect(group, message));
    if (appender != null) {
      appendNext(appender, tx, message);
    }
    if (world.chance(world.settings.handlersFail, 80)) {
      world.fault(SimFault.HANDLER_THREW, message.number);
      message.failures[group.number]++;
      throw new HandlerFailure();
    }
    if (world.chance(world.settings.handlersFail, 20)) {
      world.fault(SimFault.HANDLER_THREW_AN_ERROR, message.number);
      message.failures[group.number]++;
      throw new HandlerError();
    }
  }

  /** What is not suspect yet may end any number; each of the others is counted before. */
  private void endProcess(SimLife life, SimMessage message, boolean suspect) {
    world.fault(SimFault.HANDLER_ENDED_ITS_PROCESS, message.number);
    long most = world.settings.inboxAttempts * (1 + world.tally.of(SimFault.RETRIED_IN_INBOX));
    message.deaths[group.number] += suspect ? 1 : 0;
    if (message.deaths[group.number] > most) {
      throw world.violated("I-12", message + " has ended more processes than attempts allow");
    }
    throw life.crash();
  }

  private void appendNext(
      TransactionalOutbox<InMemoryTransaction> outbox, InMemoryTransaction tx, SimMessage root) {
    SimKey key = root.key == null ? null : root.key.next;
    SimMessage leaf = world.ledger.draw(SimKey.NEXT_TOPIC, key, root);
    leaf.drawPoison(world);
    leaf.tooLarge = world.chance(world.settings.brokerFails, 60);
    world.ledger.appended(tx, leaf);
    outbox.append(tx, leaf.record(null));
  }

  private static final class HandlerFailure extends Exception {
    private static final long serialVersionUID = 1L;

    HandlerFailure() {
      super("the simulated handler failed", null, false, false);
    }
  }

  private static final class HandlerError extends Error {
    private static final long serialVersionUID = 1L;

    HandlerError() {
      super("the simulated handler failed badly", null, false, false);
    }
  }

  @Override
  void buried() {
    unsubscribe();
    processor = null;
    listener = null;
    appender = null;
  }
}
