package io.rowpost.verification;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;

import io.rowpost.core.OutboxAdmin;
import io.rowpost.jdbc.JdbcOutboxStore;
import io.rowpost.jdbc.Schema;
import io.rowpost.testservers.Await;
import io.rowpost.testservers.DatabaseServer;
import io.rowpost.testservers.KafkaServer;
import io.rowpost.testservers.OwnDatabaseServer;
import io.rowpost.testservers.TestDatabase;
import io.rowpost.testservers.WallClock;
import io.rowpost.verification.Event.Kind;
import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Everything a run consists of: a database, a broker, an application that appends all the time, two
 * relays, two consumers, and a reader of the topics.
 *
 * <p>Faults act on it; it lets processes come and go, and tells when things go on.
 */
final class FaultScene implements AutoCloseable {
  /** As long as it may take a process to start or to end here, with all others at work. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  /** For as many ends and starts of consumers as there are attempts, and one more. */
  private static final Duration DEADLY_PATIENCE = PATIENCE.multipliedBy(2);

  /** The first of a message, and one whose predecessor's last offset came late. */
  private static final int UNCOUNTED_DEATHS = 2;

  private static final Duration ANOTHER_AFTER = Duration.ofSeconds(5);
  private static final int RANDOM_BITS = 40;

  private static final int RELAYS = 2;

  /** Before there is a relay, so that what is told of waiting records can be compared. */
  private static final Duration WAITS_AT_LEAST = Duration.ofMillis(300);

  /** Without a new message or effect for so long, what is missing is taken for lost. */
  private static final Duration QUIET = Duration.ofSeconds(8);

  /** As long as the longest command may take, a million appends, and their way through all hops. */
  private static final Duration LONG_PATIENCE = Duration.ofMinutes(30);

  private final DatabaseServer server;
  private final KafkaServer broker;
  private final Storage storage;
  private final Setup setup;
  private final Cast cast;
  private final Path folder;
  private final TestDatabase tables;
  private final Remains remains;
  private final HistoryWriter history;
  private final List<TopicReader> readers = new ArrayList<>();
  private final Launcher launcher;
  private final List<Member> relays = new CopyOnWriteArrayList<>();
  private final List<Member> consumers = new CopyOnWriteArrayList<>();
  private volatile Member application;
  private final long applicationBegins;
  private final AtomicInteger strikes = new AtomicInteger();

  /** The main classes of the processes, which may be wrong on purpose. */
  record Cast(Class<?> application, Class<?> relay, Class<?> consumer) {
    static final Cast SOUND =
        new Cast(ApplicationChild.class, RelayChild.class, ConsumerChild.class);

    Cast relay(Class<?> wrong) {
      return new Cast(application, wrong, consumer);
    }

    Cast consumer(Class<?> wrong) {
      return new Cast(application, relay, wrong);
    }
  }

  /**
   * Launches all but the relays.
   *
   * @param broker behind a proxy
   * @param standard settings, but for those that this class knows better
   * @param folder new or empty
   */
  FaultScene(
      DatabaseServer server,
      KafkaServer broker,
      Storage storage,
      Setup standard,
      Cast cast,
      Path folder)
      throws SQLException, InterruptedException {
    this.server = server;
    this.broker = broker;
    this.storage = storage;
    this.cast = cast;
    this.folder = folder;
    this.tables = server.createDatabase();
    this.setup =
        standard
            .with(Setting.PASSWORD, Login.PASSWORD)
            .with(Setting.BOOTSTRAP_SERVERS, broker.bootstrapServers())
            .with(Setting.TOPIC, "faults-" + randomName())
            .with(Setting.FOLDER, folder.toAbsolutePath());
    int hops = setup.number(Setting.HOPS);
    List<String> topics = IntStream.range(0, hops).mapToObj(setup::topic).toList();
    topics.forEach(topic -> broker.createTopic(topic, 3));
    Schema.install(tables.dataSource(), null, "rowpost_", storage.layout());
    try (Connection connection = tables.connect()) {
      Ledger.install(connection, storage, IdleWriter.key(setup) + 1, hops);
    }
    Login.createAll(tables);
    this.remains = new Remains(tables, setup, storage.layout());
    this.history = new HistoryWriter(folder, 0);
    this.launcher = new Launcher(tables, folder);
    read(topics);
    for (int i = 0; i < setup.number(Setting.CONSUMERS); i++) {
      consumers.add(launchConsumer(setup));
    }
    this.applicationBegins = System.nanoTime();
    this.application = launchApplication();
  }

  /**
   * Starts all; returns when things go on.
   *
   * <p>In a cold JVM, beside others that start, the answers to the first sends may come too late.
   * What a relay has handed over then is at the broker, and is sent once more: as much as it holds.
   */
  void start() throws InterruptedException {
    Mark start = Mark.harmless(Mark.START);
    start.repeats(RELAYS * setup.window()).write(history, Kind.FAULT_BEGINS);
    for (Member consumer : consumers) {
      awaitStarted(consumer);
    }
    awaitStarted(application);
    append();
    long committed = System.nanoTime();
    letPass(WAITS_AT_LEAST);
    remains.writeWaiting(history, applicationBegins, committed);
    for (int i = 0; i < RELAYS; i++) {
      relays.add(launchRelay(tables.address()));
    }
    for (Member relay : relays) {
      awaitStarted(relay);
    }
    awaitFlow();
    start.write(history, Kind.FAULT_ENDS);
  }

  private static String randomName() {
    return new BigInteger(RANDOM_BITS, new SecureRandom()).toString(36);
  }

  // ---- who is there ---------------------------------------------------------------------------

  Setup setup() {
    return setup;
  }

  Storage storage() {
    return storage;
  }

  KafkaServer broker() {
    return broker;
  }

  TestDatabase tables() {
    return tables;
  }

  Remains remains() {
    return remains;
  }

  /** The outbox as an operator has it. */
  OutboxAdmin operator() {
    return JdbcOutboxStore.builder(Login.OPERATOR.dataSource(tables)).build().admin();
  }

  /** Another database of the same server, which is the caller's to close. */
  TestDatabase anotherDatabase() {
    return server.createDatabase();
  }

  /** What everybody has written down by now. */
  History history() {
    return History.read(folder);
  }

  /** The database server, which this run may stop. */
  OwnDatabaseServer ownServer() {
    if (server instanceof OwnDatabaseServer own) {
      return own;
    }
    throw new IllegalStateException("this run's database server is not its own");
  }

  Path folder() {
    return folder;
  }

  /** How many faults have begun. */
  int strikes() {
    return strikes.get();
  }

  /** All who are there, by what they are. */
  Map<Samples.Role, List<Member>> members() {
    return Map.of(
        Samples.Role.APPLICATION,
        List.of(application),
        Samples.Role.RELAY,
        relays(),
        Samples.Role.CONSUMER,
        consumers());
  }

  Member application() {
    return application;
  }

  List<Member> relays() {
    return List.copyOf(relays);
  }

  List<Member> consumers() {
    return List.copyOf(consumers);
  }

  /** The relay that owns the lease, as far as its words tell. */
  Member owner() throws InterruptedException {
    if (!Await.until(PATIENCE, () -> relays.stream().anyMatch(FaultScene::owns))) {
      throw new IllegalStateException("no relay owns the lease");
    }
    return relays.stream().filter(FaultScene::owns).findFirst().orElseThrow();
  }

  /** A relay that waits for its turn. */
  Member standby() throws InterruptedException {
    Member owner = owner();
    return relays.stream().filter(relay -> !relay.equals(owner)).findFirst().orElseThrow();
  }

  private static boolean owns(Member relay) {
    return relay.child().isAlive()
        && List.of("RUNNING", "BROKER_AWAY").contains(relay.child().state());
  }

  // ---- coming and going -----------------------------------------------------------------------

  /** A relay that has tried to get the lease. */
  Member startRelay() throws InterruptedException {
    Member relay = launchRelay(tables.address());
    relays.add(relay);
    awaitStarted(relay);
    return relay;
  }

  /** A relay whose database is at an address, and which is none of this run's own. */
  Member launchRelay(InetSocketAddress database) {
    return launcher.launch(cast.relay, Login.RELAY, setup, database);
  }

  Member startConsumer() throws InterruptedException {
    Member consumer = startConsumer(setup);
    consumers.add(consumer);
    return consumer;
  }

  /** A consumer of the topics of a setup, which is none of this run's own. */
  Member startConsumer(Setup ofTopics) throws InterruptedException {
    Member consumer = launchConsumer(ofTopics);
    awaitStarted(consumer);
    return consumer;
  }

  private Member launchConsumer(Setup ofTopics) {
    return launcher.launch(cast.consumer, Login.CONSUMER, ofTopics, tables.address());
  }

  private static void awaitStarted(Member member) throws InterruptedException {
    member.child().await("STARTED"::equals, PATIENCE);
  }

  /** Lets somebody write down what stands in these topics, which are there. */
  void read(List<String> topics) {
    readers.add(new TopicReader(broker.bootstrapServers(), topics, history));
  }

  /** The wall clock of a process, in a run where each has its own. */
  WallClock clock(Member member) {
    return launcher.clock(member);
  }

  /** Another application in the place of one that is gone. */
  void restartApplication() throws InterruptedException {
    application = launchApplication();
    awaitStarted(application);
  }

  /** Forgets a relay or consumer that is gone, or is to go. */
  void dismiss(Member member) {
    relays.remove(member);
    consumers.remove(member);
  }

  private Member launchApplication() {
    return launcher.launch(cast.application, Login.APPLICATION, setup, tables.address());
  }

  /** Lets time go by, for a fault that lasts. */
  static void letPass(Duration time) {
    var unused = Await.until(time, () -> false);
  }

  // ---- what a fault tells ---------------------------------------------------------------------

  void begins(Mark mark) {
    strikes.incrementAndGet();
    mark.write(history, Kind.FAULT_BEGINS);
  }

  void ended(Mark mark) {
    mark.write(history, Kind.FAULT_ENDS);
  }

  void measured(Measured measured) {
    measured.write(history);
  }

  /**
   * Returns when a message that is appended from now on has taken its way through all hops.
   *
   * <p>Where processes are wrong on purpose, that message may be lost of all; so there are others.
   */
  void awaitFlow() throws InterruptedException {
    var marked = new ArrayList<UUID>();
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() - end < 0) {
      marked.add(append());
      if (Await.until(ANOTHER_AFTER, () -> marked.stream().anyMatch(this::isThrough))) {
        return;
      }
    }
    throw new IllegalStateException("none of these messages got through: " + marked);
  }

  /** Returns when another append has committed. */
  private UUID append() throws InterruptedException {
    application.child().say("mark");
    String line = application.child().await(text -> text.startsWith("MARK "), PATIENCE);
    return UUID.fromString(line.substring("MARK ".length()));
  }

  private boolean isThrough(UUID id) {
    return isHandled()
        ? remains.isThrough(id)
        : readers.stream().anyMatch(reader -> reader.hasSeen(id));
  }

  private boolean isHandled() {
    return setup.number(Setting.CONSUMERS) > 0;
  }

  /**
   * Lets messages be appended as fast as it goes, under keys of their own.
   *
   * <p>Nobody handles these.
   *
   * @param keys of how many keys in turn
   */
  void appendInBulk(int messages, int keys) throws InterruptedException {
    String command = "bulk %d %d".formatted(messages, keys);
    application.child().say(command);
    application.child().await(("DID " + command)::equals, LONG_PATIENCE);
  }

  /** How many messages were read from the topics so far. */
  long published() {
    return readers.stream().mapToLong(TopicReader::count).sum();
  }

  /** Returns when everything was read that the topics hold now. */
  void catchUp() {
    readers.forEach(reader -> reader.catchUp(PATIENCE));
  }

  /** Waits until so many messages were read in all; ends early when no more come. */
  void awaitPublished(long messages) {
    boolean goesOn = true;
    while (goesOn && published() < messages) {
      long before = published();
      goesOn = Await.until(QUIET, () -> published() > before);
    }
  }

  /**
   * Lets a message be appended that no handler can handle; returns when it is given up.
   *
   * <p>Consumers that end by it are started again, and others' messages get through meanwhile.
   */
  void poison(ConsumerChild.Poison poison) throws InterruptedException {
    application.child().say("poison " + poison);
    String line = application.child().await(text -> text.startsWith("POISONED "), PATIENCE);
    UUID id = UUID.fromString(line.substring("POISONED ".length()));
    int most = poison.deadly ? setup.number(Setting.MAX_ATTEMPTS) + UNCOUNTED_DEATHS : 0;
    var effectsAtDeaths = new ArrayList<Long>();
    var unused =
        Await.until(
            poison.deadly ? DEADLY_PATIENCE : PATIENCE,
            () -> {
              if (replacesTheDead()) {
                effectsAtDeaths.add(remains.effects());
              }
              return remains.isGivenUp(id) || effectsAtDeaths.size() > most;
            });
    int deaths = effectsAtDeaths.size();
    boolean othersWentOn = deaths > 1 && effectsAtDeaths.get(deaths - 1) > effectsAtDeaths.get(0);
    if (!remains.isGivenUp(id) || deaths > most || poison.deadly != othersWentOn) {
      throw new IllegalStateException(
          "poison %s (%s) was given up: %b; effects at deaths, of which there may be %d: %s"
              .formatted(id, poison, remains.isGivenUp(id), most, effectsAtDeaths));
    }
  }

  /** As a supervisor does with consumers that have ended by themselves; whether there were any. */
  private boolean replacesTheDead() {
    List<Member> dead = consumers.stream().filter(member -> !member.child().isAlive()).toList();
    for (Member member : dead) {
      dismiss(member);
      member.close();
      consumers.add(launchConsumer(setup));
    }
    return !dead.isEmpty();
  }

  // ---- when it is not as it should be ----------------------------------------------------------

  /** Fails, which ends the run, unless it is so. */
  static void require(String what, boolean isSo, Object found) {
    if (!isSo) {
      throw new IllegalStateException("it is not so that " + what + ": " + found);
    }
  }

  /** The same, of what may become so for a while. */
  static void require(String what, Duration limit, BooleanSupplier condition) {
    require(what, Await.until(limit, condition), "not within " + limit);
  }

  /**
   * Leaves in the folder why the run is at an end, the broker's log, and in the log of each process
   * what its threads do now.
   */
  void diagnose(Exception why) throws IOException, InterruptedException {
    Path failure = folder.resolve("failure.txt");
    try (var file = new PrintWriter(Files.newBufferedWriter(failure, CREATE, APPEND))) {
      why.printStackTrace(file);
    }
    Files.copy(broker.log(), folder.resolve("broker.log"), StandardCopyOption.REPLACE_EXISTING);
    for (Member member : all()) {
      member.child().dumpThreads();
    }
  }

  /**
   * Takes back what a strike that did not come to its end may have done to servers and processes.
   */
  void heal() throws InterruptedException {
    if (server instanceof OwnDatabaseServer own) {
      own.freeDisk();
      if (own.isRunning()) {
        own.resume();
      } else {
        own.restart();
      }
    }
    if (broker.isRunning()) {
      broker.resume();
    } else {
      broker.restart();
    }
    broker.proxy().delay(Duration.ZERO);
    broker.proxy().pass();
    for (Member member : all()) {
      member.database().pass();
      member.child().resume();
      member.child().say("go");
    }
    launcher.setClocksRight();
  }

  private List<Member> all() {
    return members().values().stream().flatMap(List::stream).toList();
  }

  // ---- the end --------------------------------------------------------------------------------

  /** Lets everything come to rest, writes down what is left, and judges. */
  Verdict finish() throws SQLException, InterruptedException {
    application.child().tell("finish");
    drain();
    if (isHandled()) {
      Metric.exactly(Metric.Name.UNACKNOWLEDGED, drainCopies(), 0).write(history);
    }
    List<Integer> dead =
        all().stream().filter(member -> !member.child().isAlive()).map(Member::process).toList();
    require("no process has ended by itself", dead.isEmpty(), dead);
    Member.quit(all());
    readers.forEach(TopicReader::finish);
    remains.write(history);
    history.close();
    return isHandled()
        ? Checker.check(history(), setup.number(Setting.HOPS))
        : Checker.checkUnhandled(history());
  }

  /** What is sent or handled again and again is progress too, so it has an end. */
  private void drain() {
    long end = System.nanoTime() + LONG_PATIENCE.toNanos();
    boolean goesOn = true;
    while (goesOn && !isAtRest() && System.nanoTime() - end < 0) {
      long before = progress();
      goesOn = Await.until(QUIET, () -> progress() > before || isAtRest());
    }
  }

  private boolean isAtRest() {
    return isHandled() ? remains.isComplete() : remains.isSent();
  }

  private long progress() {
    return published() + remains.effects();
  }

  /** Waits for consumers to take what has taken effect already; returns how much is left. */
  private long drainCopies() {
    Groups groups = new Groups(this);
    var unused = Await.until(PATIENCE, () -> groups.lag() == 0);
    return groups.lag();
  }

  @Override
  public void close() {
    readers.forEach(TopicReader::close);
    application.close();
    relays.forEach(Member::close);
    consumers.forEach(Member::close);
    remains.close();
    history.close();
    tables.close();
  }
}
