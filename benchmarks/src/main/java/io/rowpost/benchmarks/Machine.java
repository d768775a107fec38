package io.rowpost.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.utils.AppInfoParser;
import org.postgresql.util.DriverInfo;

/** On what was measured. */
final class Machine {
  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private Machine() {}

  static String description() {
    return String.format(
        Locale.ROOT,
        "%d processors (%s), %.0f GiB, %s %s",
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.arch"),
        SYSTEM.getTotalMemorySize() / (double) (1L << 30),
        System.getProperty("os.name"),
        System.getProperty("os.version"));
  }

  static double loadAverage() {
    return SYSTEM.getSystemLoadAverage();
  }

  /** What was measured, by its commit; "-dirty" behind it if there is more. */
  private static String revision() {
    try {
      Process git = new ProcessBuilder("git", "describe", "--always", "--dirty").start();
      String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return said.isEmpty() ? "unknown" : said;
    } catch (IOException e) {
      return "unknown";
    }
  }

  static Map<String, String> versions(Stage stage) {
    var versions = new TreeMap<String, String>();
    versions.put("Rowpost", revision());
    versions.put("JDK", System.getProperty("java.vm.name") + " " + Runtime.version());
    versions.put("PostgreSQL", stage.server().description().replaceAll(" at .*", ""));
    versions.put("PostgreSQL settings", stage.settings());
    versions.put("pgjdbc", DriverInfo.DRIVER_VERSION);
    versions.put("Kafka", AppInfoParser.getVersion());
    return versions;
  }
}
