package io.rowpost.testkit;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectNestedClass;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * One run of a contract against one implementation, inside a test.
 *
 * @param tests how many tests ran
 * @param red {@code Group.method} of those that failed, in alphabetical order
 * @param errors what they failed with
 */
record ContractRun(int tests, List<String> red, List<Throwable> errors) {
  /** Runs tests in turn. */
  static final Map<String, String> IN_TURN = Map.of();

  /** Runs tests at once, where most of their time is spent waiting. */
  static final Map<String, String> AT_ONCE =
      Map.of(
          "junit.jupiter.execution.parallel.enabled", "true",
          "junit.jupiter.execution.parallel.mode.default", "concurrent",
          "junit.jupiter.execution.parallel.config.strategy", "fixed",
          "junit.jupiter.execution.parallel.config.fixed.parallelism", "16");

  static ContractRun of(Class<?> contract) {
    return of(List.of(selectClass(contract)), IN_TURN);
  }

  /** Runs some of the contract's groups only. */
  static ContractRun of(Class<?> contract, Set<String> groups, Map<String, String> how) {
    List<DiscoverySelector> selected = new ArrayList<>();
    for (Class<?> type = contract; type != null; type = type.getSuperclass()) {
      for (Class<?> group : type.getDeclaredClasses()) {
        if (groups.contains(group.getSimpleName())) {
          selected.add(selectNestedClass(List.of(contract), group));
        }
      }
    }
    return of(selected, how);
  }

  private static ContractRun of(List<DiscoverySelector> selected, Map<String, String> how) {
    var tests = new AtomicInteger();
    Set<String> red = new ConcurrentSkipListSet<>();
    Queue<Throwable> errors = new ConcurrentLinkedQueue<>();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(selected)
                .configurationParameters(how)
                .build(),
            new TestExecutionListener() {
              @Override
              public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (test.isTest()) {
                  tests.incrementAndGet();
                }
                if (result.getStatus() == TestExecutionResult.Status.FAILED) {
                  red.add(nameOf(test));
                  result.getThrowable().ifPresent(errors::add);
                }
              }
            });
    return new ContractRun(tests.get(), List.copyOf(red), List.copyOf(errors));
  }

  private static String nameOf(TestIdentifier test) {
    return test.getSource()
        .filter(MethodSource.class::isInstance)
        .map(MethodSource.class::cast)
        .map(method -> method.getJavaClass().getSimpleName() + "." + method.getMethodName())
        .orElse(test.getDisplayName());
  }
}
