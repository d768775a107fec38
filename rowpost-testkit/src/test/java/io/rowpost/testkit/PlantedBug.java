package io.rowpost.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A bug, as the contract of an implementation that has it, and tests that must be red then.
 *
 * <p>Others may be red too.
 */
record PlantedBug(Class<?> contract, List<String> red) {
  static PlantedBug of(Class<?> contract, String... red) {
    return new PlantedBug(contract, List.of(red));
  }

  /** Runs the groups of those tests. */
  void assertFound(Map<String, String> how) {
    Set<String> groups =
        red.stream().map(test -> test.substring(0, test.indexOf('.'))).collect(Collectors.toSet());
    ContractRun run = ContractRun.of(contract, groups, how);

    assertThat(run.red()).containsAll(red);
    assertThat(run.red().size())
        .as("the bug breaks tests, not the contract: %s", run.red())
        .isLessThan(run.tests());
  }

  /** Runs everything. */
  static void assertGreen(Class<?> contract, int moreTestsThan) {
    ContractRun run = ContractRun.of(contract);

    assertThat(run.red()).as("%s", run.errors()).isEmpty();
    assertThat(run.tests()).isGreaterThan(moreTestsThan);
  }

  @Override
  public String toString() {
    return contract.getSimpleName();
  }
}
