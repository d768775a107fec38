package io.rowpost.kafka;

import io.rowpost.core.FailureClass;
import io.rowpost.core.Message;
import io.rowpost.core.PublishException;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.producer.BufferExhaustedException;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.LeaderNotAvailableException;
import org.apache.kafka.common.errors.NetworkException;
import org.apache.kafka.common.errors.NotEnoughReplicasAfterAppendException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;

/**
 * Whose fault a failed publish is.
 *
 * <p>Cases that could be argued about:
 *
 * <ul>
 *   <li>Too few in-sync replicas and a failed log folder are the partition's fault: topics on other
 *       replicas still flow, so DESTINATION.
 *   <li>A refused timestamp says that the clocks of producer and broker differ by more than the
 *       topic allows. No record is better than another then, so DESTINATION: held, no attempt
 *       counted.
 *   <li>A checksum that does not match counts as RECORD, since brokers also answer so when a
 *       compacted topic gets a record without a key.
 *   <li>A producer whose buffer is full cannot take anything for any topic. That is BROKER, whose
 *       pause lets the buffer empty.
 *   <li>A timeout that carries the broker's last answer about the topic as its cause is judged by
 *       the cause.
 *   <li>So is, for want of one, what was sent and not confirmed in time by what else was confirmed
 *       meanwhile: something, then its partition is stuck, so DESTINATION; nothing, then BROKER. It
 *       is never RECORD, unless the record is so large that sending it may take that long: then it
 *       stays unclassified, and the relay judges, as it does when no broker told the partitions and
 *       others were confirmed.
 * </ul>
 */
final class KafkaFailures {
  private static final List<Class<? extends KafkaException>> RECORD =
      List.of(
          RecordTooLargeException.class,
          RecordBatchTooLargeException.class,
          InvalidRecordException.class,
          CorruptRecordException.class,
          SerializationException.class);
  private static final List<Class<? extends KafkaException>> DESTINATION =
      List.of(
          UnknownTopicOrPartitionException.class,
          UnknownTopicIdException.class,
          TopicAuthorizationException.class,
          InvalidTopicException.class,
          LeaderNotAvailableException.class,
          NotEnoughReplicasException.class,
          NotEnoughReplicasAfterAppendException.class,
          KafkaStorageException.class,
          NotLeaderOrFollowerException.class,
          PolicyViolationException.class);

  /** After these a producer never sends again, or not before its credentials are read again. */
  private static final List<Class<? extends KafkaException>> FATAL =
      List.of(
          AuthenticationException.class,
          ClusterAuthorizationException.class,
          TransactionalIdAuthorizationException.class,
          ProducerFencedException.class,
          InvalidProducerEpochException.class,
          OutOfOrderSequenceException.class,
          UnsupportedVersionException.class);

  private static final List<Class<? extends KafkaException>> BROKER =
      List.of(DisconnectException.class, NetworkException.class, BufferExhaustedException.class);

  /** A larger payload may itself be why it was not confirmed in time. */
  private static final int LARGE_BYTES = 1 << 20;

  private KafkaFailures() {}

  static @Nullable FailureClass classify(Throwable e) {
    Throwable judged = e instanceof TimeoutException && e.getCause() != null ? e.getCause() : e;
    if (anyOf(DESTINATION, judged) || isOfTheTimestamp(judged)) {
      return FailureClass.DESTINATION;
    }
    if (anyOf(RECORD, judged)) {
      return FailureClass.RECORD;
    }
    return anyOf(BROKER, judged) || isFatal(judged) ? FailureClass.BROKER : null;
  }

  /**
   * Whether a timestamp was refused. If several records of a batch are, the client gives them a
   * type that says less, and by a comment in its {@code Sender} relies on the text to tell.
   */
  private static boolean isOfTheTimestamp(Throwable e) {
    return e instanceof InvalidTimestampException
        || (e instanceof InvalidRecordException
            && e.getMessage() != null
            && e.getMessage().startsWith("Timestamp "));
  }

  /**
   * Whether the producer that failed so is of no more use.
   *
   * <p>A producer in its error state fails everything with a plain KafkaException, and with an
   * IllegalStateException once it is closed.
   */
  static boolean isFatal(Throwable e) {
    return anyOf(FATAL, e)
        || e instanceof IllegalStateException
        || e.getClass() == KafkaException.class;
  }

  /**
   * Whether a record was refused only because another one of its batch was.
   *
   * <p>Kafka has no type of its own for that. A producer in its error state gives a cause; one that
   * is closed gives none either, so ask that first.
   */
  static boolean isForItsBatch(Throwable e) {
    return e.getClass() == KafkaException.class && e.getCause() == null;
  }

  /** Not taken, since another record of its batch was refused; alone it is not. */
  static PublishException besideARefusedOne(Message message, String topic, Exception e) {
    return new PublishException(
        FailureClass.DESTINATION,
        "Message %s was not published to Kafka topic %s: its batch held a record that is refused."
            .formatted(message.id(), topic),
        "see the failures of other records of this topic; this one is sent again with others, or"
            + " alone.",
        e);
  }

  /** The failure as the relay takes it: what was not published, why, and what to do. */
  static PublishException of(Message message, String topic, Throwable e) {
    FailureClass failureClass = classify(e);
    String what =
        "Message %s was not published to Kafka topic %s: %s."
            .formatted(message.id(), topic, reason(message, e));
    return failureClass == null
        ? PublishException.unclassified(what, e)
        : new PublishException(failureClass, what, fix(failureClass, topic, e), e);
  }

  /**
   * The producer could not learn a topic's partitions; a cause is the broker's answer about it.
   *
   * @param othersConfirmed whether anything was confirmed meanwhile
   */
  static PublishException unknownTopic(
      Message message, String topic, Duration waited, TimeoutException e, boolean othersConfirmed) {
    if (e.getCause() != null) {
      return of(message, topic, e);
    }
    String what =
        "Message %s was not published to Kafka topic %s: no broker told its partitions within %s."
            .formatted(message.id(), topic, waited);
    return othersConfirmed
        ? PublishException.unclassified(what, e)
        : new PublishException(FailureClass.BROKER, what, fix(FailureClass.BROKER, topic, e), e);
  }

  /** Whether the client gave up what it had taken for sending, and has no answer to give. */
  static boolean isOverdue(Throwable e) {
    return e.getClass() == TimeoutException.class && e.getCause() == null;
  }

  /**
   * What was sent was not confirmed in time, and the producer knows of nothing wrong with the
   * partition.
   *
   * @param othersConfirmed whether anything was confirmed since this message was handed to the
   *     producer
   */
  static PublishException overdue(
      Message message, String topic, Exception e, boolean othersConfirmed) {
    String what =
        "Message %s was not published to Kafka topic %s: %s; meanwhile %s confirmed."
            .formatted(
                message.id(),
                topic,
                reason(message, e),
                othersConfirmed ? "others were" : "nothing was");
    if (message.payload().length > LARGE_BYTES) {
      return PublishException.unclassified(what, e);
    }
    FailureClass failureClass = othersConfirmed ? FailureClass.DESTINATION : FailureClass.BROKER;
    return new PublishException(failureClass, what, fix(failureClass, topic, e), e);
  }

  /** The payload is over our own limit; Kafka is not asked. */
  static PublishException tooLarge(Message message, String topic, int limit) {
    return new PublishException(
        FailureClass.RECORD,
        "Message %s was not published to Kafka topic %s: its payload is %,d bytes, maxPayloadBytes %,d."
            .formatted(message.id(), topic, message.payload().length, limit),
        raiseLimits(topic),
        null);
  }

  private static String raiseLimits(String topic) {
    return "raise max.message.bytes of topic %s and maxPayloadBytes of KafkaBroker together, or"
            .formatted(topic)
        + " store the document and send a reference.";
  }

  /** There is no producer to publish with. */
  static PublishException noProducer(Message message, String topic, @Nullable Exception cause) {
    return new PublishException(
        FailureClass.BROKER,
        "Message %s was not published to Kafka topic %s: no producer could be made."
            .formatted(message.id(), topic),
        "see the cause: bootstrapServers that no name server knows, or credentials.",
        cause);
  }

  private static String reason(Message message, Throwable e) {
    if (anyOf(RECORD, e) && !isOfTheTimestamp(e)) {
      return "%s, payload %,d bytes"
          .formatted(e.getClass().getSimpleName(), message.payload().length);
    }
    Throwable cause = e.getCause();
    return e instanceof TimeoutException && cause != null
        ? cause.getClass().getSimpleName() + " (" + cause.getMessage() + ")"
        : e.getClass().getSimpleName() + " (" + e.getMessage() + ")";
  }

  private static String fix(FailureClass failureClass, String topic, Throwable e) {
    return switch (failureClass) {
      case RECORD ->
          e instanceof RecordTooLargeException || e instanceof RecordBatchTooLargeException
              ? raiseLimits(topic)
              : "see the cause, and the broker's log; a compacted topic takes only records with keys.";
      case DESTINATION -> isOfTheTimestamp(e) ? setClocks(topic) : mendTopic(topic);
      case BROKER ->
          e instanceof BufferExhaustedException
              ? "none: the relay goes on by itself; to have it go faster, raise buffer.memory of the"
                  + " producer to maxInFlightBytes of the relay."
              : "check bootstrapServers, credentials and permissions of this client; the relay goes on by"
                  + " itself.";
    };
  }

  private static String setClocks(String topic) {
    return "set the clocks of this machine and of the brokers right, or message.timestamp.after.max.ms"
        + " of topic %s; its records are held and sent when they agree.".formatted(topic);
  }

  private static String mendTopic(String topic) {
    return "check that topic %s exists, has its replicas in sync, and may be written by this user;"
            .formatted(topic)
        + " its records are held and sent when it does.";
  }

  private static boolean anyOf(List<Class<? extends KafkaException>> types, Throwable e) {
    return types.stream().anyMatch(type -> type.isInstance(e));
  }
}
