package io.rowpost.testservers;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.math.BigInteger;
import java.net.Socket;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AccessControlEntryFilter;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourcePatternFilter;
import org.apache.kafka.common.resource.ResourceType;
import org.jspecify.annotations.Nullable;

/**
 * A real Kafka broker (KRaft, one node) in a JVM of its own, which may be killed, paused and
 * started again.
 *
 * <p>It listens on the loopback address and keeps its port and its records over a restart. Topics
 * are not created by use, so that a test of a missing topic can be told from one that forgot to
 * create its own. It goes when it is closed, and at the latest with this JVM, however that ends.
 * Methods that change its state are safe for use by threads, one at a time.
 */
public final class KafkaServer implements AutoCloseable {

  private static final Duration ANSWER_WITHIN = Duration.ofMinutes(1);
  private static final Duration GROUPS_WITHIN = Duration.ofSeconds(10);
  private static final int STARTS_AT_MOST = 3;
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int RANDOM_BITS = 40;

  /** C1 alone halves the processor time of a start. */
  private static final List<String> BRIEF_LIFE =
      List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

  private static final List<String> LONG_LIFE = List.of("-Xmx1g");

  /** Settings of a broker that can {@link #forbid}; what no rule speaks of is allowed. */
  public static final Map<String, String> WITH_PERMISSIONS =
      Map.of(
          "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
          "principal.builder.class", ListenerPrincipal.class.getName(),
          "super.users", "User:ADMIN;User:CONTROLLER",
          "allow.everyone.if.no.acl.found", "true");

  private static final Once<KafkaServer> SHARED = new Once<>(KafkaServer::start);

  private final Path folder;
  private final int clientPort = Loopback.freePort();
  private final int adminPort = Loopback.freePort();
  private final int controllerPort = Loopback.freePort();
  private final List<String> jvmOptions;
  private final @Nullable TcpProxy proxy;
  private @Nullable ServerProcess process;
  private @Nullable Admin admin;
  private boolean closed;

  private KafkaServer(
      Path folder, List<String> jvmOptions, Map<String, String> settings, boolean behindProxy) {
    this.folder = folder;
    this.jvmOptions = jvmOptions;
    this.proxy = behindProxy ? TcpProxy.to(Loopback.at(clientPort)) : null;
    writeProperties(settings);
  }

  /** The broker for this JVM's tests, started at the first call; never kill or pause it. */
  public static KafkaServer shared() {
    return SHARED.get();
  }

  /** Starts a broker for a test that kills, pauses or configures it. */
  public static KafkaServer start() {
    return start(Map.of());
  }

  /**
   * Starts a broker with settings of {@code server.properties} that go before ours, such as {@code
   * auto.create.topics.enable=true}.
   */
  public static KafkaServer start(Map<String, String> settings) {
    return start(BRIEF_LIFE, settings, false);
  }

  /** Starts a broker that clients reach through {@link #proxy()} only; settings as above. */
  public static KafkaServer startBehindProxy(Map<String, String> settings) {
    return start(BRIEF_LIFE, settings, true);
  }

  /** Starts a broker that takes longer to start and more memory, but is fast then: to measure. */
  public static KafkaServer startForThroughput() {
    return start(LONG_LIFE, Map.of(), false);
  }

  private static KafkaServer start(
      List<String> jvmOptions, Map<String, String> settings, boolean behindProxy) {
    Path folder = Folders.createTemporary("kafka");
    KafkaServer server = new KafkaServer(folder, jvmOptions, settings, behindProxy);
    AtExit.close(server);
    server.launch();
    return server;
  }

  /** What clients set as {@code bootstrap.servers}: one address, the same after a restart. */
  public String bootstrapServers() {
    return "127.0.0.1:" + advertisedPort();
  }

  private int advertisedPort() {
    return proxy == null ? clientPort : proxy.port();
  }

  /**
   * The proxy between clients and the broker. {@link #createTopic} does not use it.
   *
   * @throws IllegalStateException if the broker was not started behind one
   */
  public TcpProxy proxy() {
    if (proxy == null) {
      throw new IllegalStateException("started without a proxy: use startBehindProxy");
    }
    return proxy;
  }

  /** Creates a topic named {@code <prefix>-<random>} and returns its name once it has leaders. */
  public String createRandomTopic(String prefix, int partitions) {
    String name = prefix + "-" + new BigInteger(RANDOM_BITS, RANDOM).toString(36);
    createTopic(name, partitions);
    return name;
  }

  /** Creates a topic and returns once all of its partitions have leaders. */
  public void createTopic(String name, int partitions) {
    createTopic(name, partitions, Map.of());
  }

  /** As {@link #createTopic(String, int)}, with settings such as {@code max.message.bytes}. */
  public void createTopic(String name, int partitions, Map<String, String> settings) {
    NewTopic topic = new NewTopic(name, partitions, (short) 1).configs(settings);
    answerOf(admin().createTopics(List.of(topic)).all());
    if (!Await.until(ANSWER_WITHIN, () -> hasLeaders(name, partitions))) {
      throw new IllegalStateException("no leader for each partition of " + name);
    }
  }

  private boolean hasLeaders(String topic, int partitions) {
    try {
      List<TopicPartitionInfo> found =
          answerOf(admin().describeTopics(List.of(topic)).allTopicNames()).values().stream()
              .flatMap(description -> description.partitions().stream())
              .toList();
      return found.size() == partitions
          && found.stream().map(TopicPartitionInfo::leader).allMatch(KafkaServer::isNode);
    } catch (IllegalStateException notYetKnown) {
      return false;
    }
  }

  private static boolean isNode(@Nullable Node node) {
    return node != null && !node.isEmpty();
  }

  /**
   * Forbids clients an operation on a topic, until {@link #permit}; of a broker that was started
   * with {@link #WITH_PERMISSIONS}.
   */
  public void forbid(AclOperation operation, String topic) {
    // Who is named in any rule of a topic may do only what a rule allows.
    List<AclBinding> rules =
        List.of(
            rule(topic, AclOperation.ALL, AclPermissionType.ALLOW),
            rule(topic, operation, AclPermissionType.DENY));
    answerOf(admin().createAcls(rules).all());
    awaitRules(topic, found -> found.containsAll(rules));
  }

  /** Takes back all that {@link #forbid} has said of a topic. */
  public void permit(String topic) {
    answerOf(admin().deleteAcls(List.of(rulesOf(topic))).all());
    awaitRules(topic, Collection::isEmpty);
  }

  /** What the controller has accepted the broker hears of later. */
  private void awaitRules(String topic, Predicate<Collection<AclBinding>> wanted) {
    if (!Await.until(
        ANSWER_WITHIN,
        () -> wanted.test(answerOf(admin().describeAcls(rulesOf(topic)).values())))) {
      throw new IllegalStateException(this + " has not heard of the rules of topic " + topic);
    }
  }

  private static AclBindingFilter rulesOf(String topic) {
    return new AclBindingFilter(
        new ResourcePatternFilter(ResourceType.TOPIC, topic, PatternType.LITERAL),
        AccessControlEntryFilter.ANY);
  }

  private static AclBinding rule(String topic, AclOperation operation, AclPermissionType verdict) {
    return new AclBinding(
        new ResourcePattern(ResourceType.TOPIC, topic, PatternType.LITERAL),
        new AccessControlEntry("User:CLIENT", "*", operation, verdict));
  }

  /** A client of the broker that does not use the proxy; closed when the broker is killed. */
  public synchronized Admin admin() {
    if (admin == null) {
      throw new IllegalStateException(this + " does not run");
    }
    return admin;
  }

  /** Whether the broker's process runs; it may be paused. */
  public synchronized boolean isRunning() {
    return process != null && process.isAlive();
  }

  /** Sends SIGKILL to the broker; returns when it is gone. */
  public synchronized void kill() {
    running().kill();
    closeAdmin();
  }

  private void closeAdmin() {
    if (admin != null) {
      admin.close(Duration.ZERO);
      admin = null;
    }
  }

  /**
   * Starts the broker again, on the same port and log; kills it first if it runs. Returns when it
   * knows its groups again.
   *
   * <p>By the code of its CoordinatorRuntime, Kafka 4.3.1 may fail to do so for good: it begins to
   * load them as the leader it was, learns that it is none, becomes it again and begins anew; and
   * what the first attempt fails with is taken for the answer of the second. Then it is started
   * again.
   */
  public synchronized void restart() {
    if (closed) {
      throw new IllegalStateException(this + " is closed");
    }
    for (int tries = 1; tries <= STARTS_AT_MOST; tries++) {
      if (isRunning()) {
        kill();
      }
      launch();
      if (Await.until(GROUPS_WITHIN, this::knowsItsGroups)) {
        return;
      }
    }
    throw new IllegalStateException(
        this + " does not know its groups after " + STARTS_AT_MOST + " starts");
  }

  /** Asks for a group that is none, once there is a place where groups are kept. */
  private boolean knowsItsGroups() {
    try {
      Set<String> topics =
          answerOf(admin().listTopics(new ListTopicsOptions().listInternal(true)).names());
      return !topics.contains(Topic.GROUP_METADATA_TOPIC_NAME)
          || answerOf(
                  admin()
                      .listConsumerGroupOffsets(
                          "none", new ListConsumerGroupOffsetsOptions().timeoutMs(1_000))
                      .partitionsToOffsetAndMetadata())
              .isEmpty();
    } catch (IllegalStateException notYet) {
      return false;
    }
  }

  /** Stops the broker in its tracks (SIGSTOP): connections stay, nothing answers. */
  public synchronized void pause() {
    running().signal("STOP");
  }

  /** Lets the broker go on (SIGCONT). */
  public synchronized void resume() {
    running().signal("CONT");
  }

  synchronized long pid() {
    return running().pid();
  }

  /** What it has logged; goes when it is closed. */
  public Path log() {
    return ServerProcess.log(folder);
  }

  Path folder() {
    return folder;
  }

  private ServerProcess running() {
    if (process == null) {
      throw new IllegalStateException(this + " was not started");
    }
    return process;
  }

  /** Kills the broker and deletes its folder; nothing if it was closed before. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    AtExit.forget(this);
    closeAdmin();
    if (isRunning()) {
      kill();
    }
    if (proxy != null) {
      proxy.close();
    }
    Folders.delete(folder);
  }

  private synchronized void launch() {
    ServerProcess launched = ServerProcess.start(folder, "KILL", command());
    process = launched;
    try {
      launched.awaitUp("Kafka", this::listens);
      launched.awaitUp("Kafka", () -> hasJoined(openAdmin()));
    } catch (IllegalStateException e) {
      close();
      throw e;
    }
  }

  /** Asked before a client is made, which would log each try in vain. */
  private boolean listens() {
    try (Socket probe = new Socket()) {
      probe.connect(Loopback.at(adminPort));
      return true;
    } catch (IOException notYet) {
      return false;
    }
  }

  private synchronized Admin openAdmin() {
    if (admin == null) {
      admin = createAdmin(adminPort);
    }
    return admin;
  }

  /** A broker that is not yet, or no more, part of its cluster is not among its nodes. */
  private static boolean hasJoined(Admin admin) {
    try {
      return !answerOf(admin.describeCluster().nodes()).isEmpty();
    } catch (IllegalStateException notYet) {
      return false;
    }
  }

  private List<String> command() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmOptions);
    command.addAll(List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", classPath()));
    command.addAll(List.of(KafkaChild.class.getName(), propertiesFile().toString()));
    return command;
  }

  private static String classPath() {
    try {
      Path own =
          Path.of(KafkaServer.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return Stream.concat(BuildOutput.kafkaJars().stream(), Stream.of(own))
          .map(Path::toString)
          .collect(Collectors.joining(File.pathSeparator));
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private Path propertiesFile() {
    return folder.resolve("server.properties");
  }

  private void writeProperties(Map<String, String> settings) {
    Properties properties = new Properties();
    properties.putAll(
        Map.of(
            "process.roles", "broker,controller",
            "node.id", "1",
            "controller.quorum.voters", "1@127.0.0.1:" + controllerPort,
            "listeners", listeners(clientPort),
            "advertised.listeners", listeners(advertisedPort()),
            "listener.security.protocol.map",
                "CLIENT:PLAINTEXT,ADMIN:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name", "ADMIN",
            "controller.listener.names", "CONTROLLER",
            "log.dirs", folder.resolve("log").toString(),
            "auto.create.topics.enable", "false"));
    // One node, which must form its groups and come back after a kill without the usual waits.
    properties.putAll(
        Map.of(
            "offsets.topic.replication.factor", "1",
            "offsets.topic.num.partitions", "1",
            "transaction.state.log.replication.factor", "1",
            "transaction.state.log.min.isr", "1",
            "transaction.state.log.num.partitions", "1",
            "share.coordinator.state.topic.replication.factor", "1",
            "share.coordinator.state.topic.min.isr", "1",
            "group.initial.rebalance.delay.ms", "0",
            "broker.session.timeout.ms", "1500",
            "broker.heartbeat.interval.ms", "300"));
    properties.putAll(
        Map.of(
            "group.min.session.timeout.ms", "500", // tests of members that are gone wait for it
            "offsets.topic.segment.bytes", "1048576", // compacted soon, hence loaded soon
            "log.cleaner.dedupe.buffer.size", "4194304")); // the usual one is half of the heap
    properties.putAll(settings);
    try (Writer file = Files.newBufferedWriter(propertiesFile())) {
      properties.store(file, null);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String listeners(int port) {
    return "CLIENT://127.0.0.1:"
        + port
        + ",ADMIN://127.0.0.1:"
        + adminPort
        + ",CONTROLLER://127.0.0.1:"
        + controllerPort;
  }

  private static Admin createAdmin(int port) {
    return Admin.create(
        Map.of(
            "bootstrap.servers", "127.0.0.1:" + port,
            "default.api.timeout.ms", (int) ANSWER_WITHIN.toMillis(),
            "request.timeout.ms", 2_000,
            "reconnect.backoff.ms", 20,
            "reconnect.backoff.max.ms", 100));
  }

  private static <T> T answerOf(KafkaFuture<T> answer) {
    try {
      return answer.get(ANSWER_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("Kafka did not do it: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for Kafka", e);
    }
  }

  @Override
  public String toString() {
    return "Kafka at " + bootstrapServers();
  }
}
