package io.rowpost.verification;

import java.util.List;
import java.util.SplittableRandom;

/**
 * A class of faults that may strike a run.
 *
 * <p>A strike tells the scene when it begins and when its cause is gone, each with what may follow
 * ({@link Mark}), and returns when things go on.
 */
interface Fault {
  /** Its number in the list of faults. */
  int number();

  /** What is done, in a few words. */
  String title();

  /** How often it strikes to show all of its forms. */
  int strikes();

  /** Does it once. */
  void strike(FaultScene scene, SplittableRandom random) throws Exception;

  /** Whether it stops the database server, which must be the run's own then. */
  default boolean stopsServer() {
    return false;
  }

  /** Whether it fills the disk of the database server, which must have one of its own then. */
  default boolean fillsDisk() {
    return false;
  }

  /** Whether it ends or replaces processes, so that none of them gets old. */
  default boolean endsProcesses() {
    return false;
  }

  /** Whether it can be done there. */
  default boolean worksOn(Storage storage) {
    return true;
  }

  /** Whether it measures, and so has a run of its own, in which no other fault strikes. */
  default boolean measures() {
    return false;
  }

  /** What it needs of the processes. */
  default Setup adapt(Setup setup) {
    return setup;
  }

  /** One of each class. */
  static List<Fault> all() {
    return List.of(
        new RelayKill(),
        new ApplicationKill(),
        new ConsumerKill(),
        new RollingRestart(),
        new RelayPause(),
        new ConsumerPause(),
        new LostConnections(),
        new DatabaseCrash(),
        new SwallowedCommit(),
        new ReplicaRelay(),
        new BrokerCrash(),
        new SilentBroker(),
        new BrokerRefusals(),
        new Partition(),
        new ClockShift(),
        new DiskFull(),
        new Redelivery(),
        new RebalanceStorm(),
        new RelayStorm(),
        new BadHandlers(),
        new DatabaseOutage(),
        new OpenWriter(),
        new HeldSnapshot(),
        new LargeBacklog(),
        new LargePurge());
  }
}
