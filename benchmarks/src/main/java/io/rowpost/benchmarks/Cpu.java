package io.rowpost.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Processor time of processes, as Linux counts it: in hundredths of a second. */
final class Cpu {
  private static final int ATTEMPTS = 20;
  private static final double MICROS_PER_TICK = 1e6 / 100;

  /** In /proc/pid/stat, counted behind the name: utime and stime, then those of ended children. */
  private static final int UTIME = 11;

  private static final int STIME = 12;
  private static final int CHILDRENS_UTIME = 13;
  private static final int CHILDRENS_STIME = 14;

  private Cpu() {}

  /** Microseconds of a process and all its children, those that have ended included. */
  static double ofTree(long pid) {
    List<Long> children = children(pid);
    for (int attempt = 1; ; attempt++) {
      double micros = of(pid) + children.stream().mapToDouble(Cpu::of).sum();
      List<Long> now = children(pid);
      // Who ends meanwhile would be counted twice, by itself and by its parent, or not at all.
      if (now.equals(children) || attempt == ATTEMPTS) {
        return micros;
      }
      children = now;
    }
  }

  private static List<Long> children(long pid) {
    return ProcessHandle.of(pid).stream()
        .flatMap(ProcessHandle::descendants)
        .map(ProcessHandle::pid)
        .sorted()
        .toList();
  }

  private static double of(long pid) {
    String stat;
    try {
      stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    } catch (IOException justEnded) {
      return 0; // its parent has its time now
    }
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    double ticks = 0;
    for (int field : new int[] {UTIME, STIME, CHILDRENS_UTIME, CHILDRENS_STIME}) {
      ticks += Long.parseLong(fields[field]);
    }
    return ticks * MICROS_PER_TICK;
  }
}
