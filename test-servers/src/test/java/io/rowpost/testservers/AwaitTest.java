package io.rowpost.testservers;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class AwaitTest {

  @Test
  void looksUntilTheConditionHolds() {
    AtomicInteger looks = new AtomicInteger();
    assertThat(Await.until(Duration.ofSeconds(20), () -> looks.incrementAndGet() == 3)).isTrue();
    assertThat(looks).hasValue(3);
  }

  @Test
  void givesUpAtTheDeadline() {
    long start = System.nanoTime();
    assertThat(Await.until(Duration.ofMillis(50), () -> false)).isFalse();
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(50_000_000);
  }

  @Test
  void givesUpWhenInterrupted() {
    Thread.currentThread().interrupt();
    assertThat(Await.until(Duration.ofHours(1), () -> false)).isFalse();
    assertThat(Thread.interrupted()).isTrue();
  }
}
