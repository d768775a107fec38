package io.rowpost.kafka;

import io.rowpost.core.MessageBroker;
import io.rowpost.testkit.BrokerFixture;
import io.rowpost.testservers.KafkaServer;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.config.TopicConfig;

/** A client of a Kafka behind a proxy. */
final class KafkaFixture implements BrokerFixture {
  private final KafkaServer server;
  private final KafkaBroker broker;

  KafkaFixture(KafkaServer server) {
    this.server = server;
    this.broker =
        KafkaBroker.builder(server.bootstrapServers())
            .maxPayloadBytes(maxPayloadBytes())
            .sendTimeout(Duration.ofSeconds(2))
            .redeliveryDelay(Duration.ofMillis(20), Duration.ofMillis(200))
            .consumerProperty("heartbeat.interval.ms", 300)
            .build();
  }

  @Override
  public MessageBroker broker() {
    return broker;
  }

  @Override
  public String createTopic() {
    String topic = "contract-" + UUID.randomUUID();
    // The default is a little less than 1 MiB with all that surrounds the payload.
    String largest = Integer.toString(maxPayloadBytes() + (64 << 10));
    server.createTopic(topic, 3, Map.of(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, largest));
    return topic;
  }

  @Override
  public int maxPayloadBytes() {
    return 1 << 20;
  }

  @Override
  public void subscribeAndDie(String topic, String group) {
    DyingMember.subscribeAndDie(server.bootstrapServers(), topic, group);
  }

  @Override
  public void takeAway() {
    server.proxy().down();
  }

  @Override
  public void bringBack() {
    server.proxy().pass();
  }

  @Override
  public void close() {
    server.proxy().pass();
    broker.close();
  }
}
