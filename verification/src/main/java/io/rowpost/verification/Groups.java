package io.rowpost.verification;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;

/** The groups of a run, one of each hop, by Kafka's own account. */
final class Groups {
  private final FaultScene scene;
  private final Admin admin;
  private final int hops;

  Groups(FaultScene scene) {
    this.scene = scene;
    this.admin = scene.broker().admin();
    this.hops = scene.setup().number(Setting.HOPS);
  }

  /** Messages of all hops that no consumer has acknowledged. */
  long lag() {
    return ask(
        () -> {
          long lag = 0;
          for (int hop = 0; hop < hops; hop++) {
            lag += lag(hop);
          }
          return lag;
        });
  }

  private long lag(int hop) throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetAndMetadata> acknowledged =
        admin.listConsumerGroupOffsets(group(hop)).partitionsToOffsetAndMetadata().get();
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

  /** Whether all partitions of all hops belong to so many consumers. */
  boolean consistOf(int consumers) {
    List<String> names = IntStream.range(0, hops).mapToObj(this::group).toList();
    return ask(() -> admin.describeConsumerGroups(names).all().get()).values().stream()
        .allMatch(
            group ->
                group.groupState() == GroupState.STABLE && group.members().size() == consumers);
  }

  private String group(int hop) {
    return ConsumerChild.group(scene.setup(), hop);
  }

  private interface Question<T> {
    T ask() throws ExecutionException, InterruptedException;
  }

  private static <T> T ask(Question<T> question) {
    try {
      return question.ask();
    } catch (ExecutionException e) {
      throw new IllegalStateException("Kafka does not tell of its groups", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
