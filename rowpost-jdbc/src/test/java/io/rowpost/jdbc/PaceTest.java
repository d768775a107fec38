package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {
  @Test
  void aRestIsThreeTimesTheStepBeforeIt() {
    assertThat(restAfter(Duration.ofMillis(5))).isGreaterThanOrEqualTo(Duration.ofMillis(15));
  }

  @Test
  void aRestIsNoLongerThanItMayBeHoweverLongTheStepWas() {
    assertThat(restAfter(Duration.ofMillis(300))).isLessThan(Duration.ofMillis(300));
  }

  private static Duration restAfter(Duration step) {
    var pace = new Pace();
    long begun = System.nanoTime();
    while (System.nanoTime() - begun < step.toNanos()) {
      Thread.onSpinWait();
    }
    long stepped = System.nanoTime();
    pace.rest();
    return Duration.ofNanos(System.nanoTime() - stepped);
  }
}
