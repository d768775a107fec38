package io.rowpost.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.kafka.KafkaMessageFactory;
import io.rowpost.core.Message;
import java.net.URI;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The CloudEvents SDK reads what we write, and we read what it writes. */
class CloudEventsTest {
  private static final Instant TIME = Instant.parse("2026-11-24T10:11:12.123456Z");
  private static final String TRACEPARENT =
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  @Test
  void theSdkReadsWhatWeWrite() {
    Message message =
        new Message(
            "0194fdc2-0000-7000-8000-000000000001",
            "orders",
            "Schl\u00FCssel \uD83D\uDE80",
            "Bestellung \uD55C",
            "/shop?x=1",
            "application/json",
            Map.of("tenant", "acme"),
            TRACEPARENT,
            TIME,
            new byte[] {0, -1, 1});
    ProducerRecord<byte[], byte[]> written = KafkaMessages.toRecord(message, "orders");

    CloudEvent event = KafkaMessageFactory.createReader(received(written)).toEvent();

    assertThat(event.getSpecVersion().toString()).isEqualTo("1.0");
    assertThat(event.getId()).isEqualTo(message.id());
    assertThat(event.getType()).isEqualTo(message.type());
    assertThat(event.getSource()).isEqualTo(URI.create("/shop?x=1"));
    assertThat(event.getDataContentType()).isEqualTo("application/json");
    assertThat(event.getTime()).isEqualTo(TIME.atOffset(ZoneOffset.UTC));
    assertThat(event.getExtension("partitionkey")).isEqualTo(message.key());
    assertThat(event.getData()).isNotNull();
    assertThat(event.getData().toBytes()).isEqualTo(message.payload());
  }

  @Test
  void weReadWhatTheSdkWrites() {
    CloudEvent event =
        CloudEventBuilder.v1()
            .withId("id-1")
            .withType("Bestellung \uD55C")
            .withSource(URI.create("https://shop.example/orders"))
            .withSubject("order/1")
            .withTime(OffsetDateTime.parse("2026-11-24T12:11:12.123456+02:00"))
            .withExtension("partitionkey", "order-1")
            .withExtension("traceparent", TRACEPARENT)
            .withData("text/plain", new byte[] {0, -1, 1})
            .build();
    ProducerRecord<String, byte[]> written =
        KafkaMessageFactory.<String>createWriter("orders", "order-1").writeBinary(event);

    Message message = KafkaMessages.of(received(written));

    assertThat(message.id()).isEqualTo("id-1");
    assertThat(message.topic()).isEqualTo("orders");
    assertThat(message.key()).isEqualTo("order-1");
    assertThat(message.type()).isEqualTo(event.getType());
    assertThat(message.source()).isEqualTo("https://shop.example/orders");
    assertThat(message.contentType()).isEqualTo("text/plain");
    assertThat(message.time()).isEqualTo(TIME);
    assertThat(message.traceparent()).isEqualTo(TRACEPARENT);
    assertThat(message.payload()).isEqualTo(new byte[] {0, -1, 1});
    assertThat(message.headers()).containsEntry("ce_subject", "order/1");
  }

  private static <K> ConsumerRecord<K, byte[]> received(ProducerRecord<K, byte[]> written) {
    @Nullable K key = written.key();
    return new ConsumerRecord<>(
        written.topic(),
        0,
        0,
        0,
        TimestampType.CREATE_TIME,
        -1,
        -1,
        key,
        written.value(),
        written.headers(),
        Optional.empty());
  }
}
