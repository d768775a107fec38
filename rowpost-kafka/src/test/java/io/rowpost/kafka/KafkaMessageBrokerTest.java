package io.rowpost.kafka;

import io.rowpost.testkit.BrokerFixture;
import io.rowpost.testkit.MessageBrokerContract;
import io.rowpost.testservers.KafkaServer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract of all brokers, on a real Kafka behind a proxy that outages are made with. */
class KafkaMessageBrokerTest extends MessageBrokerContract {
  private static KafkaServer server;

  @BeforeAll
  static void startServer() {
    server = KafkaServer.startBehindProxy(Map.of("group.min.session.timeout.ms", "500"));
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Override
  protected BrokerFixture open() {
    return new KafkaFixture(server);
  }
}
