package io.rowpost.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.FailureClass;
import io.rowpost.core.Message;
import io.rowpost.core.PublishException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** Failures that a cluster of one broker does not have; {@link KafkaPublisherTest} has the rest. */
class KafkaFailuresTest {
  private static final Node NODE = new Node(1, "127.0.0.1", 9092);

  @Test
  void onlyAPartitionWithALeaderIsWell() {
    try (var producer =
        producer(
            new PartitionInfo("orders", 0, NODE, new Node[0], new Node[0]),
            new PartitionInfo("orders", 1, null, new Node[0], new Node[0]),
            new PartitionInfo("orders", 2, Node.noNode(), new Node[0], new Node[0]))) {
      assertThat(KafkaPublisher.trouble(producer, "orders", 0)).isNull();
      for (int partition : List.of(1, 2, 3)) {
        Throwable trouble = KafkaPublisher.trouble(producer, "orders", partition);
        assertThat(trouble).hasMessage("partition " + partition + " has no leader");
        assertThat(KafkaFailures.classify(new TimeoutException("expired", trouble)))
            .isEqualTo(FailureClass.DESTINATION);
      }
    }
  }

  private static MockProducer<byte[], byte[]> producer(PartitionInfo... partitions) {
    Cluster cluster =
        new Cluster("test", List.of(NODE), List.of(partitions), Set.<String>of(), Set.<String>of());
    var bytes = new ByteArraySerializer();
    return new MockProducer<>(cluster, true, null, bytes, bytes);
  }

  @Test
  void whatIsNotConfirmedInTimeIsThePartitionsFaultOrTheBrokersAndNotTheRecords() {
    var expired = new TimeoutException("Expiring 1 record(s) for orders-0:6000 ms has passed.");
    assertThat(KafkaFailures.isOverdue(expired)).isTrue();
    assertThat(KafkaFailures.isOverdue(new TimeoutException("t", expired))).isFalse();
    Message small = message(1 << 20);
    PublishException stuck = KafkaFailures.overdue(small, "orders", expired, true);
    assertThat(stuck.failureClass()).contains(FailureClass.DESTINATION);
    assertThat(stuck).hasMessageContaining("has passed.); meanwhile others were confirmed.");
    PublishException silent = KafkaFailures.overdue(small, "orders", expired, false);
    assertThat(silent.failureClass()).contains(FailureClass.BROKER);
    assertThat(silent).hasMessageContaining("meanwhile nothing was confirmed.");
    Message large = message((1 << 20) + 1);
    assertThat(KafkaFailures.overdue(large, "orders", expired, true).failureClass()).isEmpty();
    assertThat(KafkaFailures.overdue(large, "orders", expired, false).failureClass()).isEmpty();
  }

  @Test
  void onlyATextTellsARefusedTimestampFromARefusedRecord() {
    assertThat(
            KafkaFailures.classify(
                new InvalidRecordException(
                    "Timestamp 1 of message with offset 0 is out of range.")))
        .isEqualTo(FailureClass.DESTINATION);
    assertThat(KafkaFailures.classify(new InvalidTimestampException("t")))
        .isEqualTo(FailureClass.DESTINATION);
    for (String other : Arrays.asList("Compacted topic cannot accept message without key", null)) {
      assertThat(KafkaFailures.classify(new InvalidRecordException(other)))
          .isEqualTo(FailureClass.RECORD);
    }
  }

  @Test
  void onlyWhoseProducerGivesNoCauseIsRefusedForItsBatch() {
    var forItsBatch = new KafkaException("it was part of a batch with invalid records");
    assertThat(KafkaFailures.isForItsBatch(forItsBatch)).isTrue();
    var inErrorState = new KafkaException("error state", new UnsupportedVersionException("v"));
    assertThat(KafkaFailures.isForItsBatch(inErrorState)).isFalse();
    assertThat(KafkaFailures.isFatal(inErrorState)).isTrue();
    assertThat(KafkaFailures.isForItsBatch(new InvalidTopicException("t"))).isFalse();
    Message message = message(1);
    assertThat(KafkaFailures.besideARefusedOne(message, "orders", forItsBatch).failureClass())
        .contains(FailureClass.DESTINATION);
  }

  private static Message message(int bytes) {
    return new Message(
        "m1", "orders", "k", "T", "/test", "text/plain", Map.of(), null, null, new byte[bytes]);
  }
}
