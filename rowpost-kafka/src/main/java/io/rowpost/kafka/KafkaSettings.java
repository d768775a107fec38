package io.rowpost.kafka;

import io.rowpost.core.RowpostException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.AppInfoParser;

/**
 * The settings of both clients: ours, the user's, and which of the user's are refused.
 *
 * <p>Refused is what would break a guarantee, and what another setting of {@link
 * KafkaBroker.Builder} already says. Everything else is the user's.
 */
final class KafkaSettings {
  private static final String ALWAYS = "Rowpost sets it, and its guarantees rest on it";

  private static final Map<String, String> REFUSED_FOR_PRODUCERS =
      Map.of(
          ProducerConfig.MAX_BLOCK_MS_CONFIG, "publish must never block a relay",
          ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, "sendTimeout says it",
          ProducerConfig.MAX_REQUEST_SIZE_CONFIG, "maxPayloadBytes says it",
          ProducerConfig.TRANSACTIONAL_ID_CONFIG, "Rowpost's relay does not use transactions",
          ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ALWAYS,
          ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ALWAYS);
  private static final Map<String, String> REFUSED_FOR_CONSUMERS =
      Map.of(
          ConsumerConfig.GROUP_ID_CONFIG,
          "subscribe says it",
          ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
          "maxPoll says it",
          ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG,
          ALWAYS,
          ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG,
          ALWAYS);
  private static final Map<String, Set<String>> ONLY_VALUES =
      Map.of(
          ProducerConfig.ACKS_CONFIG, Set.of("all", "-1"),
          ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, Set.of("true"),
          // Who gives up by count leaves a gap in the sequence, at which the partition stays stuck.
          ProducerConfig.RETRIES_CONFIG, Set.of(String.valueOf(Integer.MAX_VALUE)),
          ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, Set.of("1", "2", "3", "4", "5"),
          ProducerConfig.PARTITIONER_IGNORE_KEYS_CONFIG, Set.of("false"),
          ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, Set.of("false"),
          ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, Set.of("earliest"),
          ConsumerConfig.ISOLATION_LEVEL_CONFIG, Set.of("read_committed"));

  /** Room for the key and the headers beside the payload. */
  private static final int ENVELOPE_BYTES = 64 << 10;

  /** Came with version 4.1. A member leaves its group by it. */
  private static final String NEWEST_CLASS_USED =
      "org/apache/kafka/clients/consumer/CloseOptions.class";

  private final Map<String, Object> producer = new HashMap<>();
  private final Map<String, Object> consumer = new HashMap<>();
  private final KafkaBroker.Builder builder;

  KafkaSettings(KafkaBroker.Builder builder) {
    this.builder = builder;
    requireClient(ProducerConfig.class.getClassLoader());
    producerDefaults();
    consumerDefaults();
    override(producer, builder.producerProperties, REFUSED_FOR_PRODUCERS);
    override(consumer, builder.consumerProperties, REFUSED_FOR_CONSUMERS);
    refusePartitioner();
    requireValid();
  }

  /** Else it would fail when the first member leaves. */
  static void requireClient(ClassLoader kafka) {
    if (kafka.getResource(NEWEST_CLASS_USED) == null) {
      throw new RowpostException(
          "ROWPOST-601",
          "Nothing was started: kafka-clients is %s.".formatted(AppInfoParser.getVersion()),
          "use 4.1 or later; a bill of materials may have chosen this one.",
          null);
    }
  }

  private void producerDefaults() {
    long delivery = builder.sendTimeout.toMillis() * 6 / 10;
    producer.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, builder.bootstrapServers);
    producer.put(CommonClientConfigs.CLIENT_ID_CONFIG, builder.clientId);
    producer.put(ProducerConfig.ACKS_CONFIG, "all");
    producer.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    producer.put(ProducerConfig.RETRIES_CONFIG, Integer.MAX_VALUE);
    producer.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 0L);
    producer.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) delivery);
    // Half of it, so that a broker that went silent is asked twice before the record is given up.
    producer.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) (delivery / 2));
    producer.put(
        CommonClientConfigs.SOCKET_CONNECTION_SETUP_TIMEOUT_MS_CONFIG, Math.min(10_000, delivery));
    producer.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    producer.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, builder.maxPayloadBytes + ENVELOPE_BYTES);
    producer.put(
        ProducerConfig.BUFFER_MEMORY_CONFIG, Math.max(64L << 20, 4L * builder.maxPayloadBytes));
  }

  private void consumerDefaults() {
    consumer.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, builder.bootstrapServers);
    consumer.put(CommonClientConfigs.CLIENT_ID_CONFIG, builder.clientId);
    consumer.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    consumer.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    consumer.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    consumer.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, builder.maxPoll);
    consumer.put(
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
        CooperativeStickyAssignor.class.getName());
    consumer.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 16 << 20);
  }

  private static void override(
      Map<String, Object> settings, Map<String, Object> given, Map<String, String> refused) {
    given.forEach(
        (name, value) -> {
          String reason = refused.get(name);
          if (reason != null) {
            throw refusal(name, value, "leave it out: " + reason + ".");
          }
          Set<String> only = ONLY_VALUES.get(name);
          if (only != null && !only.contains(String.valueOf(value))) {
            throw refusal(name, value, "leave it out: " + ALWAYS + ".");
          }
          settings.put(name, value);
        });
    if ("consumer".equals(String.valueOf(given.get(ConsumerConfig.GROUP_PROTOCOL_CONFIG)))) {
      // There the broker assigns partitions, and the client refuses a strategy of its own.
      settings.remove(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG);
    }
  }

  private void refusePartitioner() {
    Object partitioner = producer.get(ProducerConfig.PARTITIONER_CLASS_CONFIG);
    String name =
        partitioner instanceof Class<?> type ? type.getName() : String.valueOf(partitioner);
    if (name.equals(RoundRobinPartitioner.class.getName())) {
      throw refusal(
          ProducerConfig.PARTITIONER_CLASS_CONFIG,
          name,
          "use a partitioner that sends one key to one partition; there is no order otherwise.");
    }
  }

  /** Lets Kafka check the values now and not at the first message. */
  private void requireValid() {
    try {
      requireTimeForAnAnswer(new ProducerConfig(withSerializers(producer)));
      new ConsumerConfig(withDeserializers(consumer)).unused();
    } catch (ConfigException e) {
      throw new RowpostException(
          "ROWPOST-601",
          "Nothing was started: Kafka refuses a property: " + e.getMessage() + ".",
          "correct the property given to KafkaBroker.builder.",
          e);
    }
  }

  /** Kafka checks this when it makes a producer, which is after the start and then for ever. */
  private static void requireTimeForAnAnswer(ProducerConfig config) {
    long needed =
        config.getLong(ProducerConfig.LINGER_MS_CONFIG)
            + config.getInt(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG);
    int delivery = config.getInt(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG);
    if (needed > delivery) {
      throw refusal(
          "linger.ms + request.timeout.ms",
          needed,
          "set them to at most " + delivery + " ms, which is 0.6 of sendTimeout, or raise that.");
    }
  }

  private static Map<String, Object> withSerializers(Map<String, Object> settings) {
    Map<String, Object> all = new HashMap<>(settings);
    all.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    all.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    return all;
  }

  private static Map<String, Object> withDeserializers(Map<String, Object> settings) {
    Map<String, Object> all = new HashMap<>(settings);
    all.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    all.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    return all;
  }

  /** For one line of a log: short, and without what could begin another one. */
  static String shown(Object value) {
    String line = value.toString().replaceAll("[\\p{C}\\p{Zl}\\p{Zp}]", "\uFFFD");
    return line.length() > 120 ? line.substring(0, 120) + "..." : line;
  }

  /** Values of properties may be passwords, so only those of the fixed lists are shown. */
  private static RowpostException refusal(String name, Object value, String fix) {
    return new RowpostException(
        "ROWPOST-601",
        "Nothing was started: Kafka property %s is %s.".formatted(shown(name), shown(value)),
        fix,
        null);
  }

  Map<String, Object> producer() {
    return Map.copyOf(producer);
  }

  /** Of one subscription; the numbers of those of a broker differ. */
  Map<String, Object> consumer(String group, int number) {
    Map<String, Object> own = new HashMap<>(consumer);
    own.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    own.put(CommonClientConfigs.CLIENT_ID_CONFIG, clientId(group, number));
    // Two members of a group under one name throw each other out.
    own.computeIfPresent(
        ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, (name, given) -> given + "-" + number);
    return own;
  }

  String clientId(String group, int number) {
    return builder.clientId + "-" + group + "-" + number;
  }

  String topicPrefix() {
    return builder.topicPrefix;
  }

  Duration sendTimeout() {
    return builder.sendTimeout;
  }

  /** How long a message waits for its topic's partitions; with the delivery 0.9 of sendTimeout. */
  Duration metadataTimeout() {
    return builder.sendTimeout.multipliedBy(3).dividedBy(10);
  }

  int maxPayloadBytes() {
    return builder.maxPayloadBytes;
  }

  int maxPoll() {
    return builder.maxPoll;
  }

  Duration redeliveryDelay() {
    return builder.redeliveryDelay;
  }

  Duration maxRedeliveryDelay() {
    return builder.maxRedeliveryDelay;
  }

  Duration closeTimeout() {
    return builder.closeTimeout;
  }
}
