package io.rowpost.verification;

import io.rowpost.core.FaultPoint;
import java.util.Arrays;
import java.util.List;

/** Kills of one kind of process, each time at the next of its steps. */
abstract class StepKill implements Fault {
  private final int number;
  private final String victim;
  private final List<FaultPoint> points;
  private int strikes;

  StepKill(int number, String victim, List<FaultPoint> points) {
    this.number = number;
    this.victim = victim;
    this.points = points;
  }

  /** The steps whose names begin in one of these ways. */
  static List<FaultPoint> pointsOf(String... beginnings) {
    return Arrays.stream(FaultPoint.values())
        .filter(point -> Arrays.stream(beginnings).anyMatch(point.name()::startsWith))
        .toList();
  }

  @Override
  public int number() {
    return number;
  }

  @Override
  public String title() {
    return "kill -9 of " + victim;
  }

  @Override
  public int strikes() {
    return points.size();
  }

  @Override
  public boolean endsProcesses() {
    return true;
  }

  FaultPoint nextPoint() {
    return points.get(strikes++ % points.size());
  }

  /** Lets a process die at a passage of a point; returns when it is dead. */
  static void die(Member victim, FaultPoint point, int passage) throws InterruptedException {
    victim.child().say("halt %s %d".formatted(point, passage));
    victim.child().awaitEnd(FaultScene.PATIENCE);
  }
}
