package io.rowpost.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.RowpostException;
import java.net.URL;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.utils.AppInfoParser;
import org.junit.jupiter.api.Test;

/** Whatever properties are given, the guarantees stand or the broker is not built. */
class KafkaSettingsTest {
  @Provide
  Arbitrary<String> properties() {
    Arbitrary<String> guaranteed =
        Arbitraries.of(
            "acks",
            "enable.idempotence",
            "max.in.flight.requests.per.connection",
            "partitioner.ignore.keys",
            "partitioner.class",
            "enable.auto.commit",
            "auto.offset.reset",
            "isolation.level",
            "max.block.ms",
            "delivery.timeout.ms",
            "request.timeout.ms",
            "transactional.id",
            "group.id",
            "group.protocol",
            "group.instance.id",
            "max.poll.records");
    Arbitrary<String> any =
        Arbitraries.of(
            Stream.concat(
                    ProducerConfig.configNames().stream(), ConsumerConfig.configNames().stream())
                .sorted()
                .distinct()
                .toList());
    return Arbitraries.oneOf(guaranteed, any, Arbitraries.strings().ofMaxLength(10));
  }

  @Provide
  Arbitrary<Object> values() {
    return Arbitraries.oneOf(
        Arbitraries.of(
            "",
            " ",
            "true",
            "TRUE",
            "false",
            "all",
            "ALL",
            "-1",
            "0",
            "1",
            "5",
            "6",
            "latest",
            "earliest",
            "by_duration:PT1H",
            "read_uncommitted",
            "consumer",
            "classic",
            "none",
            "a,b",
            "no.such.Class",
            "java.lang.String",
            "\n\u001B[31m",
            "%s ${jndi:ldap://x}",
            "org.apache.kafka.clients.producer.RoundRobinPartitioner"),
        Arbitraries.of(
            true,
            false,
            0,
            1,
            5,
            6,
            -1,
            Integer.MAX_VALUE,
            Long.MIN_VALUE,
            1.5,
            List.of("a"),
            List.of(),
            String.class,
            Object.class,
            Map.of()),
        Arbitraries.strings().all().ofMaxLength(10));
  }

  @Property(seed = "1")
  void aPropertyIsTakenOrRefusedByName(
      @ForAll("properties") String name, @ForAll("values") Object value) {
    KafkaBroker.Builder builder = KafkaBroker.builder("127.0.0.1:9092").property(name, value);
    KafkaSettings settings;
    try {
      settings = new KafkaSettings(builder);
    } catch (RowpostException e) {
      assertThat(e.code()).isEqualTo("ROWPOST-601");
      assertThat(e).hasMessageStartingWith("ROWPOST-601 Nothing was started: Kafka ");
      assertThat(e).hasMessageContaining(KafkaSettings.shown(name));
      return;
    }
    Map<String, Object> producer = settings.producer();
    assertThat(producer.get("acks").toString()).isIn("all", "-1");
    assertThat(producer.get("enable.idempotence").toString()).isEqualTo("true");
    assertThat(producer.get("max.block.ms")).isEqualTo(0L);
    assertThat(producer.get("delivery.timeout.ms")).isEqualTo(6000);
    assertThat(producer).doesNotContainKey("transactional.id");
    assertThat(String.valueOf(producer.get("partitioner.class"))).doesNotContain("RoundRobin");
    Map<String, Object> consumer = settings.consumer("group", 1);
    assertThat(consumer.get("group.id")).isEqualTo("group");
    assertThat(consumer.get("enable.auto.commit").toString()).isEqualTo("false");
    assertThat(consumer.get("auto.offset.reset")).isEqualTo("earliest");
    assertThat(consumer.get("isolation.level")).isEqualTo("read_committed");
  }

  @Provide
  Arbitrary<String> prefixes() {
    return Arbitraries.oneOf(
        Arbitraries.strings().withChars("aZ0._- \n\0/:\u00E9'\"\u001B").ofMaxLength(6),
        Arbitraries.strings().withChars("aZ0._-").ofMaxLength(120));
  }

  @Property(seed = "2")
  void aTopicPrefixIsALegalPartOfATopic(@ForAll("prefixes") String prefix) {
    KafkaBroker.Builder builder = KafkaBroker.builder("127.0.0.1:9092");
    try {
      builder.topicPrefix(prefix);
    } catch (RowpostException e) {
      assertThat(e)
          .hasMessageStartingWith("ROWPOST-601 Nothing was started: topicPrefix is ")
          .hasMessageEndingWith(
              "\n  Fix: set topicPrefix to at most 100 letters, digits and . _ -.");
      assertThat(e.getMessage()).doesNotContainPattern("[\\p{Cc}&&[^\n]]").hasLineCount(2);
      return;
    }
    assertThat(prefix).hasSizeLessThanOrEqualTo(100).matches("[-._A-Za-z0-9]*\\z");
  }

  @Test
  void whatWouldBreakAGuaranteeIsRefusedAndSaysWhy() {
    for (Map.Entry<String, Object> property :
        Map.<String, Object>of(
                "acks",
                "1",
                "enable.idempotence",
                false,
                "max.in.flight.requests.per.connection",
                6,
                "retries",
                5,
                "max.block.ms",
                1000,
                "transactional.id",
                "t",
                "enable.auto.commit",
                true,
                "isolation.level",
                "read_uncommitted",
                "group.id",
                "g")
            .entrySet()) {
      KafkaBroker.Builder builder =
          KafkaBroker.builder("127.0.0.1:9092").property(property.getKey(), property.getValue());
      assertThatThrownBy(() -> new KafkaSettings(builder))
          .hasMessageContaining(property.getKey() + " is " + property.getValue());
    }
  }

  @Test
  void aClientThatIsTooOldIsRefused() {
    var old =
        new ClassLoader(getClass().getClassLoader()) {
          @Override
          public URL getResource(String name) {
            return name.contains("/consumer/Close") ? null : super.getResource(name);
          }
        };
    assertThatThrownBy(() -> KafkaSettings.requireClient(old))
        .hasMessage(
            "ROWPOST-601 Nothing was started: kafka-clients is %s.\n"
                    .formatted(AppInfoParser.getVersion())
                + "  Fix: use 4.1 or later; a bill of materials may have chosen this one.");
  }

  @Test
  void eachSubscriptionIsAMemberOfItsOwn() {
    var dynamic = new KafkaSettings(KafkaBroker.builder("127.0.0.1:9092").clientId("app"));
    assertThat(dynamic.consumer("billing", 2))
        .containsEntry("client.id", "app-billing-2")
        .doesNotContainKey("group.instance.id");
    var fixed =
        new KafkaSettings(
            KafkaBroker.builder("127.0.0.1:9092").consumerProperty("group.instance.id", "pod-7"));
    for (int number : List.of(1, 2)) {
      assertThat(fixed.consumer("billing", number))
          .containsEntry("group.instance.id", "pod-7-" + number);
    }
  }

  /** With them Kafka makes no producer, which it would only say after the start. */
  @Test
  void timesThatLeaveNoneForAnAnswerAreRefused() {
    KafkaBroker.Builder builder =
        KafkaBroker.builder("127.0.0.1:9092")
            .sendTimeout(Duration.ofSeconds(1))
            .producerProperty("request.timeout.ms", 600);
    assertThat(new KafkaSettings(builder).producer()).containsEntry("request.timeout.ms", 600);
    assertThatThrownBy(() -> new KafkaSettings(builder.producerProperty("linger.ms", 1)))
        .hasMessage(
            "ROWPOST-601 Nothing was started: Kafka property linger.ms + request.timeout.ms is 601."
                + "\n  Fix: set them to at most 600 ms, which is 0.6 of sendTimeout,"
                + " or raise that.");
  }
}
