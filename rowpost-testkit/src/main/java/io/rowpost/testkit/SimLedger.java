package io.rowpost.testkit;

import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.Message;
import io.rowpost.core.OutboxRelay.Ordering;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What is true in a simulated world, and whether the guarantees hold while it changes.
 *
 * <p>Order, per key: a message precedes another one if its commit was over when the other one's
 * append began, or if both are of one transaction. First publishes and effects must follow that,
 * but for messages that a relay or an operator gave up, or that are delayed.
 */
final class SimLedger {
  private final SimWorld world;
  private final List<SimMessage> messages = new ArrayList<>();

  /** Publishes of what was published before. */
  int repeats;

  /** Grows with everything that brings a message nearer to its effect. */
  int progress;

  SimLedger(SimWorld world) {
    this.world = world;
  }

  // ---- messages -------------------------------------------------------------------------------

  List<SimMessage> messages() {
    return messages;
  }

  SimMessage message(int number) {
    return messages.get(number);
  }

  /** The message of a stored record. */
  SimMessage message(UUID id) {
    int number = (int) id.getLeastSignificantBits();
    SimMessage message = number >= 0 && number < messages.size() ? messages.get(number) : null;
    if (message == null || !message.id.equals(id)) {
      throw world.violated("I-3", "id " + id + " was never appended");
    }
    return message;
  }

  SimMessage draw(String topic, @Nullable SimKey key, @Nullable SimMessage root) {
    int number = messages.size();
    // Ids of no order at all, and the number where it is found again.
    long high = (world.random.nextLong() & ~0xF000L) | 0x7000L;
    UUID id = new UUID(high, 0x8000_0000_0000_0000L | number);
    byte[] payload = ByteBuffer.allocate(16).putLong(high).putLong(~number).array();
    SimMessage message = new SimMessage(number, id, topic, key, payload, root);
    messages.add(message);
    return message;
  }

  /** The message that an id names, byte for byte; anything else was never appended. */
  SimMessage known(Message seen) {
    String id = seen.id();
    int number = id.length() == 36 ? Integer.parseUnsignedInt(id, 28, 36, 16) : -1;
    SimMessage message = number >= 0 && number < messages.size() ? messages.get(number) : null;
    if (message == null || !message.idText.equals(id)) {
      throw world.violated("I-3", "id " + id + " was never appended");
    }
    if (!Arrays.equals(message.payload, seen.payload())
        || !message.topic.equals(seen.topic())
        || (message.key == null ? seen.key() != null : !message.key.name.equals(seen.key()))) {
      throw world.violated("I-3", message + " was altered");
    }
    return message;
  }

  // ---- the producers' side --------------------------------------------------------------------

  /** A message enters a transaction. */
  void appended(InMemoryTransaction tx, SimMessage message) {
    world.note(SimEvent.APPENDED, message.number);
    message.tx = tx;
    SimKey key = message.key;
    if (key != null) {
      message.begin = key.committed.size();
      message.prior = key.last != null && key.last.tx == tx ? key.last : null;
      key.last = message;
    }
    tx.onCommit(() -> committed(message));
  }

  private void committed(SimMessage message) {
    if (message.committed) {
      throw world.violated("I-1", message + " was committed a second time");
    }
    message.committed = true;
    SimKey key = message.key;
    if (key != null) {
      key.committed.add(message);
    }
    SimMessage root = message.root;
    if (root != null && ++root.leaves > 1) {
      throw world.violated("I-8", root + " has two successors: the second is " + message);
    }
    world.note(SimEvent.COMMITTED, message.number);
    progress++;
  }

  // ---- the broker's side ----------------------------------------------------------------------

  /** A relay hands a message to its broker. */
  SimMessage handedOver(Message seen) {
    SimMessage message = known(seen);
    if (!message.committed) {
      throw world.violated(
          message.root == null ? "I-3" : "I-8", message + " was handed over, and never committed");
    }
    world.note(SimEvent.HANDED_OVER, message.number);
    return message;
  }

  /** The broker has written a message. */
  void written(SimMessage message) {
    world.note(SimEvent.WRITTEN, message.number);
    progress++;
    message.published++;
    if (message.published > 1) {
      repeats++;
      if (world.settings.sound) {
        throw world.violated("I-4", message + " was published twice though nothing failed");
      }
      return;
    }
    SimKey key = message.key;
    if (key != null && inOrder(message)) {
      requireBefore(message, key.published, m -> m.published > 0 || m.passable, "published");
      key.published = Math.max(key.published, message.begin);
    }
  }

  private boolean inOrder(SimMessage message) {
    return world.settings.ordering == Ordering.STRICT && !message.delayed;
  }

  /** Requires that what precedes a message is through; in front of a place everything is. */
  private void requireBefore(
      SimMessage message, int place, Predicate<SimMessage> through, String what) {
    List<SimMessage> committed = Objects.requireNonNull(message.key).committed;
    for (int i = place; i < message.begin; i++) {
      require(message, committed.get(i), through, what);
    }
    SimMessage prior = message.prior;
    if (prior != null && prior.committed) {
      require(message, prior, through, what);
    }
  }

  private void require(
      SimMessage message, SimMessage earlier, Predicate<SimMessage> through, String what) {
    if (!earlier.delayed && !through.test(earlier)) {
      throw world.violated("I-5", message + " was " + what + " before " + earlier);
    }
  }

  // ---- the consumers' side --------------------------------------------------------------------

  /** A handler sees a message. */
  SimMessage received(Message seen) {
    SimMessage message = known(seen);
    if (message.published == 0) {
      throw world.violated("I-3", message + " was delivered, and never published");
    }
    world.note(SimEvent.HANDLED, message.number);
    return message;
  }

  /** The effect of a message on a group is committed. */
  void tookEffect(SimGroup group, SimMessage message) {
    world.note(SimEvent.TOOK_EFFECT, message.number);
    progress++;
    if (++message.effects[group.number] > 1) {
      throw world.violated("I-6", message + " took effect twice in " + group.consumer);
    }
    if (message.key != null && inOrder(message)) {
      requireBefore(message, 0, m -> m.passable || m.doneBy(group.number), "done");
    }
  }

  /** A group has given a message up, for now. */
  void parked(SimGroup group, SimMessage message) {
    world.note(SimEvent.PARKED, message.number);
    message.parked[group.number] = true;
    group.hasParked = true;
    progress++;
  }
}
