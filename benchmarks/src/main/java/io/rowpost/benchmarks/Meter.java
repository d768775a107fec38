package io.rowpost.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import javax.sql.DataSource;

/** Takes time, processor time and bytes of the server's log while something runs. */
final class Meter {
  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  /** Of the whole server: whoever else writes there is counted too. */
  private static final String WRITTEN =
      "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint";

  private final DataSource dataSource;

  Meter(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /** What is measured; it returns how many it did. */
  interface Work {
    long run() throws Exception;
  }

  Figure measure(Work work) throws Exception {
    long written = Sql.number(dataSource, WRITTEN);
    long cpu = SYSTEM.getProcessCpuTime();
    long began = System.nanoTime();
    double count = work.run();
    double nanos = System.nanoTime() - began;
    double cpuNanos = SYSTEM.getProcessCpuTime() - cpu;
    long bytes = Sql.number(dataSource, WRITTEN) - written;
    return new Figure(count / nanos * 1e9, cpuNanos / count / 1e3, bytes / count);
  }

  static double loadAverage() {
    return SYSTEM.getSystemLoadAverage();
  }

  static long memoryBytes() {
    return SYSTEM.getTotalMemorySize();
  }
}
