package io.rowpost.testkit;

import io.rowpost.core.Message;
import io.rowpost.core.MessageBroker;
import io.rowpost.core.MessageListener;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Mistakes in who gets which messages, and in what becomes of those that were not taken. */
final class BrokenSubscriptions {
  private BrokenSubscriptions() {}

  // ---- groups

  /** All subscribers share the messages. */
  static final class OneGroupForAll extends BrokenBrokers.Broken {
    @Override
    DelegatingBroker breaking(MessageBroker sound) {
      return new DelegatingBroker(sound) {
        @Override
        public Subscription subscribe(String topic, String group, MessageListener listener) {
          return super.subscribe(topic, "all", listener);
        }
      };
    }
  }

  /** Each subscription is a group of its own. */
  static final class AGroupForEach extends BrokenBrokers.Broken {
    @Override
    DelegatingBroker breaking(MessageBroker sound) {
      return new DelegatingBroker(sound) {
        @Override
        public Subscription subscribe(String topic, String group, MessageListener listener) {
          return super.subscribe(topic, group + UUID.randomUUID(), listener);
        }
      };
    }
  }

  /** Whoever joins a group that has a member gets all that the group got. */
  static final class WhoJoinsGetsEverything extends BrokenBrokers.Broken {
    @Override
    DelegatingBroker breaking(MessageBroker sound) {
      return new DelegatingBroker(sound) {
        private final Set<String> taken = ConcurrentHashMap.newKeySet();

        @Override
        public Subscription subscribe(String topic, String group, MessageListener listener) {
          if (!taken.add(group)) {
            return super.subscribe(topic, group + UUID.randomUUID(), listener);
          }
          Subscription first = super.subscribe(topic, group, listener);
          return () -> {
            first.close();
            taken.remove(group);
          };
        }
      };
    }
  }

  /** A new group gets what is published from now on. */
  static final class NewGroupBeginsAtTheEnd extends BrokenBrokers.Broken {
    @Override
    DelegatingBroker breaking(MessageBroker sound) {
      return new DelegatingBroker(sound) {
        private final Queue<Message> published = new ConcurrentLinkedQueue<>();
        private final Map<String, List<Message>> missedByGroup = new ConcurrentHashMap<>();

        @Override
        public CompletionStage<Void> publish(Message message) {
          published.add(message);
          return super.publish(message);
        }

        @Override
        public Subscription subscribe(String topic, String group, MessageListener listener) {
          List<Message> missed = missedByGroup.computeIfAbsent(group, g -> List.copyOf(published));
          return super.subscribe(topic, group, without(missed, listener));
        }
      };
    }
  }

  /** Messages are handed to threads as they come, and taken for done. */
  static final class ACallForEachMessage extends Listening {
    @Override
    MessageListener around(MessageListener listener) {
      return messages -> {
        for (Message message : messages) {
          var unused = ConcurrentTasks.start("a-call", () -> listener.onMessages(List.of(message)));
        }
        return List.of();
      };
    }
  }

  /** A listener is called at each poll. */
  static final class EmptyPolls extends Listening {
    @Override
    MessageListener around(MessageListener listener) {
      return messages -> {
        listener.onMessages(List.of());
        return listener.onMessages(messages);
      };
    }
  }

  // ---- redelivery

  /** What failed is logged. */
  static final class FailedIsSkipped extends Listening {
    @Override
    MessageListener around(MessageListener listener) {
      return messages -> {
        listener.onMessages(messages);
        return List.of();
      };
    }
  }

  /** What failed three times goes where nobody looks. */
  static final class ThirdFailureIsTheLast extends Listening {
    @Override
    MessageListener around(MessageListener listener) {
      var failures = new ConcurrentHashMap<String, Integer>();
      return messages ->
          listener.onMessages(messages).stream()
              .filter(message -> failures.merge(message.id(), 1, Integer::sum) < 3)
              .toList();
    }
  }

  /** What a listener was given is done, even if it threw. */
  static final class ThrownIsDone extends Listening {
    @Override
    MessageListener around(MessageListener listener) {
      return messages -> {
        try {
          return listener.onMessages(messages);
        } catch (Throwable e) {
          return List.of();
        }
      };
    }
  }

  /** What failed comes again behind the later ones of its key. */
  static final class FailedGoesToTheEnd extends Listening {
    @Override
    MessageListener around(MessageListener listener) {
      Set<Message> failed = ConcurrentHashMap.newKeySet();
      return messages -> {
        var ordered = new ArrayList<>(messages);
        if (messages.stream().anyMatch(failed::contains)) {
          Collections.reverse(ordered);
        }
        List<Message> again = listener.onMessages(ordered);
        failed.addAll(again);
        return again;
      };
    }
  }

  /** Until a failed message is done nothing else is delivered. */
  static final class FailedHoldsUpAll extends Listening {
    @Override
    MessageListener around(MessageListener listener) {
      Set<Message> failed = ConcurrentHashMap.newKeySet();
      return messages -> {
        List<Message> given =
            failed.isEmpty() ? messages : messages.stream().filter(failed::contains).toList();
        var again = new ArrayList<>(messages);
        if (!given.isEmpty()) {
          List<Message> asked = listener.onMessages(given);
          again.removeIf(message -> given.contains(message) && !asked.contains(message));
          failed.removeAll(given);
          failed.addAll(asked);
        }
        return again;
      };
    }
  }

  /** Only what it delivered can have failed; that the listener failed is not seen. */
  static final class StrangersAreIgnored extends Listening {
    @Override
    MessageListener around(MessageListener listener) {
      return messages -> {
        List<Message> again = listener.onMessages(messages);
        return again.stream().filter(messages::contains).toList();
      };
    }
  }

  /** Failed messages are kept by their subscriber, and die with it. */
  static final class FailedDiesWithItsSubscription extends BrokenBrokers.Broken {
    @Override
    DelegatingBroker breaking(MessageBroker sound) {
      return new DelegatingBroker(sound) {
        private volatile boolean ended;

        @Override
        public void close() {
          ended = true;
          super.close();
        }

        @Override
        public Subscription subscribe(String topic, String group, MessageListener listener) {
          var closed = new CountDownLatch(1);
          Subscription subscription =
              super.subscribe(
                  topic,
                  group,
                  messages -> {
                    List<Message> again = listener.onMessages(messages);
                    while (!again.isEmpty() && !ended && !closed.await(5, TimeUnit.MILLISECONDS)) {
                      again = listener.onMessages(again);
                    }
                    return List.of();
                  });
          return () -> {
            closed.countDown();
            subscription.close();
          };
        }
      };
    }
  }

  // ---- what may have ended a process

  /** A message does not know what became of it before. */
  static final class DeathsAreNotTold extends Listening {
    @Override
    MessageListener around(MessageListener listener) {
      return messages ->
          listener.onMessages(messages.stream().map(BrokenSubscriptions::unsuspected).toList());
    }
  }

  /** To be on the safe side. */
  static final class EverythingIsRedelivered extends Listening {
    @Override
    MessageListener around(MessageListener listener) {
      return messages ->
          listener.onMessages(messages.stream().map(Message::asRedelivered).toList());
    }
  }

  /** What was delivered before is redelivered, though its listener said what became of it. */
  static final class AskedAgainIsRedelivered extends Listening {
    @Override
    MessageListener around(MessageListener listener) {
      Set<Message> asked = ConcurrentHashMap.newKeySet();
      return messages -> {
        List<Message> again =
            listener.onMessages(
                messages.stream().map(m -> asked.contains(m) ? m.asRedelivered() : m).toList());
        asked.addAll(again);
        return again;
      };
    }
  }

  /** The first delivery after a death is told apart, and no later one. */
  static final class ToldOnce extends Listening {
    private final Set<Message> told = ConcurrentHashMap.newKeySet();

    @Override
    MessageListener around(MessageListener listener) {
      return messages ->
          listener.onMessages(
              messages.stream().map(m -> told.add(m) ? m : unsuspected(m)).toList());
    }
  }

  /** Each delivery of a message has a position of its own. */
  static final class PositionsOfDeliveries extends Listening {
    @Override
    MessageListener around(MessageListener listener) {
      return messages ->
          listener.onMessages(
              messages.stream().map(m -> m.at(UUID.randomUUID().toString())).toList());
    }
  }

  /** All messages of a topic have the same position. */
  static final class PositionsOfTopics extends Listening {
    @Override
    MessageListener around(MessageListener listener) {
      return messages -> listener.onMessages(messages.stream().map(m -> m.at(m.topic())).toList());
    }
  }

  private static Message unsuspected(Message m) {
    return new Message(
        m.id(),
        m.topic(),
        m.key(),
        m.type(),
        m.source(),
        m.contentType(),
        m.headers(),
        m.traceparent(),
        m.time(),
        m.payload());
  }

  // ---- the end of a subscription

  /** Closing gives up what the call under way has done. */
  static final class CloseForgetsTheCall extends BrokenBrokers.Broken {
    @Override
    DelegatingBroker breaking(MessageBroker sound) {
      return new DelegatingBroker(sound) {
        @Override
        public Subscription subscribe(String topic, String group, MessageListener listener) {
          var closed = new CountDownLatch(1);
          Subscription subscription =
              super.subscribe(
                  topic,
                  group,
                  messages -> {
                    List<Message> again = listener.onMessages(messages);
                    return closed.getCount() == 0 ? messages : again;
                  });
          return () -> {
            closed.countDown();
            subscription.close();
          };
        }
      };
    }
  }

  /** Closing lets the call under way go on alone. */
  static final class CloseDoesNotWait extends BrokenBrokers.Broken {
    @Override
    DelegatingBroker breaking(MessageBroker sound) {
      return new DelegatingBroker(sound) {
        @Override
        public Subscription subscribe(String topic, String group, MessageListener listener) {
          Subscription subscription = super.subscribe(topic, group, listener);
          return () -> {
            var unused = CompletableFuture.runAsync(subscription::close);
          };
        }
      };
    }
  }

  /** A closed broker goes on. */
  static final class CloseEndsNothing extends BrokenBrokers.Broken {
    @Override
    DelegatingBroker breaking(MessageBroker sound) {
      return new DelegatingBroker(sound) {
        @Override
        public void close() {}
      };
    }
  }

  // ---- outages

  /** A subscriber does not come back after an outage. */
  static final class SubscriberEndsWithItsConnection extends BrokenBrokers.Broken {
    @Override
    DelegatingBroker breaking(MessageBroker sound) {
      return new DelegatingBroker(sound) {
        private final Queue<Subscription> subscriptions = new ConcurrentLinkedQueue<>();

        @Override
        public Subscription subscribe(String topic, String group, MessageListener listener) {
          Subscription subscription = super.subscribe(topic, group, listener);
          subscriptions.add(subscription);
          return subscription;
        }

        @Override
        void connectionLost() {
          subscriptions.forEach(Subscription::close);
        }
      };
    }
  }

  /** What is only in memory is lost with the server. */
  static final class OutageLosesWhatIsUnread extends BrokenBrokers.Broken {
    @Override
    DelegatingBroker breaking(MessageBroker sound) {
      return new DelegatingBroker(sound) {
        private final Queue<Message> published = new ConcurrentLinkedQueue<>();
        private final Queue<Message> lost = new ConcurrentLinkedQueue<>();

        @Override
        public CompletionStage<Void> publish(Message message) {
          published.add(message);
          return super.publish(message);
        }

        @Override
        void connectionLost() {
          lost.addAll(published);
        }

        @Override
        public Subscription subscribe(String topic, String group, MessageListener listener) {
          return super.subscribe(topic, group, without(lost, listener));
        }
      };
    }
  }

  private abstract static class Listening extends BrokenBrokers.Broken {
    abstract MessageListener around(MessageListener listener);

    @Override
    DelegatingBroker breaking(MessageBroker sound) {
      return new DelegatingBroker(sound) {
        @Override
        public Subscription subscribe(String topic, String group, MessageListener listener) {
          return super.subscribe(topic, group, around(listener));
        }
      };
    }
  }

  /** Takes some messages for done that the listener never gets. */
  private static MessageListener without(Collection<Message> missed, MessageListener listener) {
    return messages -> {
      List<Message> given = messages.stream().filter(m -> !missed.contains(m)).toList();
      return given.isEmpty() ? List.of() : listener.onMessages(given);
    };
  }
}
