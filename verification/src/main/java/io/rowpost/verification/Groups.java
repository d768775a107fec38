package io.rowpost.verification;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** How far the groups of a run are behind, by Kafka's own account. */
final class GroupLag {
  private GroupLag() {}

  /** Messages of all hops that no consumer has acknowledged. */
  static long of(FaultScene scene) {
    try {
      long lag = 0;
      for (int hop = 0; hop < scene.setup().number(Setting.HOPS); hop++) {
        lag += of(scene, hop);
      }
      return lag;
    } catch (ExecutionException e) {
      throw new IllegalStateException("Kafka does not tell what was acknowledged", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static long of(FaultScene scene, int hop)
      throws ExecutionException, InterruptedException {
    Admin admin = scene.broker().admin();
    String group = ConsumerChild.group(scene.setup(), hop);
    Map<TopicPartition, OffsetAndMetadata> acknowledged =
        admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
    List<TopicPartition> partitions = Redelivery.partitions(scene, hop);
    long lag = 0;
    for (var end :
        admin
            .listOffsets(
                partitions.stream().collect(Collectors.toMap(p -> p, p -> OffsetSpec.latest())))
            .all()
            .get()
            .entrySet()) {
      OffsetAndMetadata done = acknowledged.get(end.getKey());
      lag += end.getValue().offset() - (done == null ? 0 : done.offset());
    }
    return lag;
  }
}
