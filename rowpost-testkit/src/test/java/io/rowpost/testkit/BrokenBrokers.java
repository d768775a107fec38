package io.rowpost.testkit;

import io.rowpost.core.FailureClass;
import io.rowpost.core.Message;
import io.rowpost.core.MessageBroker;
import io.rowpost.core.PublishException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Mistakes in publishing, each built into a sound broker. */
final class BrokenBrokers {
  private BrokenBrokers() {}

  /** A contract whose broker a bug is planted in; no surefire pattern matches it. */
  abstract static class Broken extends MessageBrokerContract {
    abstract DelegatingBroker breaking(MessageBroker sound);

    @Override
    protected BrokerFixture open() {
      return new BrokenFixture(this::breaking);
    }

    /** What a bug prevents would not happen in a minute either. */
    @Override
    Duration patience() {
      return Duration.ofMillis(400);
    }
  }

  private static final class BrokenFixture extends InMemoryBrokerFixture {
    private final DelegatingBroker broken;

    BrokenFixture(Function<MessageBroker, DelegatingBroker> breaking) {
      broken = breaking.apply(super.broker());
    }

    @Override
    public MessageBroker broker() {
      return broken;
    }

    @Override
    public void takeAway() {
      super.takeAway();
      broken.connectionLost();
    }

    @Override
    public void close() {
      broken.close();
      super.close();
    }
  }

  // ---- what an acknowledgement means

  /** Takes a message over by remembering it, and forgets it when the server is away. */
  static final class AcknowledgesBeforeItHasTheMessage extends Broken {
    @Override
    DelegatingBroker breaking(MessageBroker sound) {
      return new DelegatingBroker(sound) {
        @Override
        public CompletionStage<Void> publish(Message message) {
          var unused = super.publish(message); // nobody hears the answer
          return CompletableFuture.completedFuture(null);
        }
      };
    }
  }

  private abstract static class Answering extends Broken {
    /** What is told in place of a failure; null for success. */
    abstract @Nullable PublishException told(FailureClass failureClass, PublishException failure);

    @Override
    DelegatingBroker breaking(MessageBroker sound) {
      return new DelegatingBroker(sound) {
        @Override
        public CompletionStage<Void> publish(Message message) {
          var answer = new CompletableFuture<Void>();
          super.publish(message)
              .whenComplete(
                  (done, e) -> {
                    if (e instanceof PublishException failure) {
                      e = told(failure.failureClass().orElseThrow(), failure);
                    }
                    if (e == null) {
                      answer.complete(null);
                    } else {
                      answer.completeExceptionally(e);
                    }
                  });
          return answer;
        }
      };
    }

    static PublishException blaming(FailureClass failureClass, PublishException failure) {
      return new PublishException(failureClass, String.valueOf(failure.getMessage()), "none", null);
    }
  }

  /** What no queue takes the server drops, and says nothing. */
  static final class UnroutableIsSent extends Answering {
    @Override
    @Nullable PublishException told(FailureClass failureClass, PublishException failure) {
      return failureClass == FailureClass.DESTINATION ? null : failure;
    }
  }

  /** A refusal of the record is logged. */
  static final class TooLargeIsSent extends Answering {
    @Override
    @Nullable PublishException told(FailureClass failureClass, PublishException failure) {
      return failureClass == FailureClass.RECORD ? null : failure;
    }
  }

  /** An outage counts attempts of the records that meet it. */
  static final class OutageBlamesTheRecord extends Answering {
    @Override
    PublishException told(FailureClass failureClass, PublishException failure) {
      return failureClass == FailureClass.BROKER ? blaming(FailureClass.RECORD, failure) : failure;
    }
  }

  /** An outage is told once for each topic. */
  static final class OutageBlamesTheTopic extends Answering {
    @Override
    PublishException told(FailureClass failureClass, PublishException failure) {
      return failureClass == FailureClass.BROKER
          ? blaming(FailureClass.DESTINATION, failure)
          : failure;
    }
  }

  /** A record that is too large stops the relay. */
  static final class TooLargeBlamesTheBroker extends Answering {
    @Override
    PublishException told(FailureClass failureClass, PublishException failure) {
      return failureClass == FailureClass.RECORD ? blaming(FailureClass.BROKER, failure) : failure;
    }
  }

  /** A missing topic counts attempts of its records. */
  static final class MissingTopicBlamesTheRecord extends Answering {
    @Override
    PublishException told(FailureClass failureClass, PublishException failure) {
      return failureClass == FailureClass.DESTINATION
          ? blaming(FailureClass.RECORD, failure)
          : failure;
    }
  }

  /** The channel that a failure closed fails the next message too. */
  static final class MissingTopicFailsItsNeighbours extends Broken {
    @Override
    DelegatingBroker breaking(MessageBroker sound) {
      return new DelegatingBroker(sound) {
        private final AtomicBoolean channelClosed = new AtomicBoolean();

        @Override
        public CompletionStage<Void> publish(Message message) {
          if (channelClosed.getAndSet(false)) {
            return CompletableFuture.failedFuture(PublishException.unclassified("closed", null));
          }
          return super.publish(message)
              .whenComplete((done, e) -> channelClosed.set(e instanceof PublishException));
        }
      };
    }
  }

  /** Looks for a topic that it does not know while its caller waits. */
  static final class PublishBlocks extends Broken {
    @Override
    DelegatingBroker breaking(MessageBroker sound) {
      return new DelegatingBroker(sound) {
        @Override
        public CompletionStage<Void> publish(Message message) {
          CompletableFuture<Void> answer = super.publish(message).toCompletableFuture();
          if (answer.isCompletedExceptionally()) {
            var never = new CompletableFuture<Void>();
            never.completeOnTimeout(null, 12, TimeUnit.MILLISECONDS).join();
          }
          return answer;
        }
      };
    }
  }

  /** Tries again what an outage refused, and at the end tells nobody. */
  static final class CloseAbandonsPublishes extends Broken {
    @Override
    DelegatingBroker breaking(MessageBroker sound) {
      return new DelegatingBroker(sound) {
        private volatile boolean closed;

        @Override
        public Duration sendTimeout() {
          return Duration.ofSeconds(1);
        }

        @Override
        public CompletionStage<Void> publish(Message message) {
          var answer = new CompletableFuture<Void>();
          super.publish(message)
              .whenComplete(
                  (done, e) -> {
                    if (e == null) {
                      answer.complete(null);
                    } else {
                      CompletableFuture.delayedExecutor(500, TimeUnit.MILLISECONDS)
                          .execute(() -> fail(answer, e));
                    }
                  });
          return answer;
        }

        private void fail(CompletableFuture<Void> answer, Throwable e) {
          if (!closed) {
            answer.completeExceptionally(e);
          }
        }

        @Override
        public void close() {
          closed = true;
          super.close();
        }
      };
    }
  }

  /** Collects messages without a key, and drops at the end what was not sent by then. */
  static final class CloseDropsTheBatch extends Broken {
    @Override
    DelegatingBroker breaking(MessageBroker sound) {
      return new DelegatingBroker(sound) {
        @Override
        public CompletionStage<Void> publish(Message message) {
          return message.key() == null
              ? CompletableFuture.supplyAsync(
                      () -> super.publish(message),
                      CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS))
                  .thenCompose(published -> published)
              : super.publish(message);
        }
      };
    }
  }

  // ---- what arrives

  private abstract static class Changing extends Broken {
    abstract Message changed(Message message);

    @Override
    DelegatingBroker breaking(MessageBroker sound) {
      return new DelegatingBroker(sound) {
        @Override
        public CompletionStage<Void> publish(Message message) {
          return super.publish(changed(message));
        }
      };
    }

    static Message with(Message m, @Nullable String key, Map<String, String> headers) {
      return with(m, key, headers, m.time(), m.payload());
    }

    static Message with(
        Message m,
        @Nullable String key,
        Map<String, String> headers,
        @Nullable Instant time,
        byte[] payload) {
      return new Message(
          m.id(),
          m.topic(),
          key,
          m.type(),
          m.source(),
          m.contentType(),
          headers,
          m.traceparent(),
          time,
          payload);
    }
  }

  /** The server has no headers. */
  static final class HeadersAreDropped extends Changing {
    @Override
    Message changed(Message message) {
      return with(message, message.key(), Map.of());
    }
  }

  /** Names of headers travel as HTTP would have them. */
  static final class HeaderNamesInLowerCase extends Changing {
    @Override
    Message changed(Message message) {
      var lower = new HashMap<String, String>();
      message.headers().forEach((name, value) -> lower.put(name.toLowerCase(Locale.ROOT), value));
      return with(message, message.key(), lower);
    }
  }

  /** The key only chooses the partition. */
  static final class KeyIsDropped extends Changing {
    @Override
    Message changed(Message message) {
      return with(message, null, message.headers());
    }
  }

  /** No key is an empty one. */
  static final class NoKeyIsAnEmptyOne extends Changing {
    @Override
    Message changed(Message message) {
      return with(message, Objects.requireNonNullElse(message.key(), ""), message.headers());
    }
  }

  /** Times travel in milliseconds. */
  static final class TimeIsCut extends Changing {
    @Override
    Message changed(Message message) {
      Instant time = message.time();
      return with(
          message,
          message.key(),
          message.headers(),
          time == null ? null : time.truncatedTo(ChronoUnit.MILLIS),
          message.payload());
    }
  }

  /** A payload is text. */
  static final class PayloadIsText extends Changing {
    @Override
    Message changed(Message message) {
      var text = new String(message.payload(), StandardCharsets.UTF_8);
      return with(
          message,
          message.key(),
          message.headers(),
          message.time(),
          text.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** A payload over the limit is cut to it. */
  static final class TooLargeIsCut extends Changing {
    @Override
    Message changed(Message message) {
      byte[] payload = message.payload();
      return with(
          message,
          message.key(),
          message.headers(),
          message.time(),
          Arrays.copyOf(payload, Math.min(payload.length, 1 << 20)));
    }
  }
}
