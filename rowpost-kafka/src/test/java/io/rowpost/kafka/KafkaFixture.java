package io.rowpost.kafka;

import io.rowpost.core.MessageBroker;
import io.rowpost.testkit.BrokerFixture;
import io.rowpost.testservers.KafkaServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
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
            .sendTimeout(Duration.ofSeconds(4))
            .redeliveryDelay(Duration.ofMillis(20), Duration.ofMillis(200))
            .build();
  }

  @Override
  public MessageBroker broker() {
    return broker;
  }

  @Override
  public String createTopic() {
    String topic = server.createRandomTopic("contract", 3);
    // The default is a little less than 1 MiB with all that surrounds the payload.
    var size =
        new ConfigEntry(
            TopicConfig.MAX_MESSAGE_BYTES_CONFIG, "" + (maxPayloadBytes() + (64 << 10)));
    try {
      server
          .admin()
          .incrementalAlterConfigs(
              Map.of(
                  new ConfigResource(ConfigResource.Type.TOPIC, topic),
                  List.of(new AlterConfigOp(size, AlterConfigOp.OpType.SET))))
          .all()
          .get();
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
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
