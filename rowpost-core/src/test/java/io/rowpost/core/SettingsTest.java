package io.rowpost.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A setting is taken or refused by name, value and bounds, whatever it is. */
class SettingsTest {
  private static final String HOSTILE = "aZ09._:/-\n\r\0\u001B\u202E\u2028 ;'\"\u00E9\uD800";

  @Provide
  Arbitrary<String> names() {
    return Arbitraries.oneOf(
            Arbitraries.strings().withChars(HOSTILE.toCharArray()).ofMaxLength(8),
            Arbitraries.strings().withChars("aZ09._:/-").ofMaxLength(130),
            Arbitraries.integers().between(99, 102).map("a"::repeat))
        .injectNull(0.02);
  }

  @Property(seed = "1")
  void namesAreKeysInTablesAndWordsInLogs(@ForAll("names") @Nullable String name) {
    try {
      Settings.requireName("consumer", name);
    } catch (RowpostException e) {
      assertThat(e)
          .hasMessageStartingWith("ROWPOST-601 Nothing was started: consumer is ")
          .hasMessageContaining("set consumer to 1 to 100 letters");
      assertThat(e.getMessage().split("\n", -1)).as("what, and the fix").hasSize(2);
      assertThat(e.getMessage()).doesNotContainPattern("[\\p{Cc}\\u2028\\u202E\\p{Cs}&&[^\n]]");
      return;
    }
    assertThat(name).isNotNull().matches("[A-Za-z0-9][-A-Za-z0-9._:/]{0,99}\\z");
  }

  @Provide
  Arbitrary<Duration> durations() {
    return Arbitraries.oneOf(
        Arbitraries.longs().map(Duration::ofSeconds),
        Arbitraries.longs().between(-5, 15).map(Duration::ofNanos),
        Arbitraries.of(ChronoUnit.FOREVER.getDuration(), Duration.ofSeconds(Long.MIN_VALUE)));
  }

  @Property(seed = "2")
  void timesAreBetweenTheirBounds(@ForAll("durations") Duration time) {
    Duration least = Duration.ofNanos(1);
    Duration most = Duration.ofNanos(10);
    boolean fits = !time.isNegative() && !time.isZero() && time.minusNanos(10).isNegative();
    if (fits || time.equals(most)) {
      Settings.requireBetween("lease", time, least, most);
    } else {
      assertThatThrownBy(() -> Settings.requireBetween("lease", time, least, most))
          .hasMessage(
              "ROWPOST-601 Nothing was started: lease is "
                  + time
                  + ".\n  Fix: set lease to PT0.000000001S to PT0.00000001S.");
    }
  }

  @Property(seed = "3")
  void delaysNeitherOverflowNorRunBackwards(
      @ForAll @IntRange(min = 1) int attempts,
      @ForAll @LongRange(min = 1, max = 86_400_000) long initialMillis,
      @ForAll @DoubleRange(min = 1, max = 100) double multiplier,
      @ForAll @DoubleRange(min = 0, max = 1) double jitter) {
    Duration delay =
        ExponentialBackoff.builder()
            .initialDelay(Duration.ofMillis(initialMillis))
            .multiplier(multiplier)
            .maxDelay(Duration.ofDays(7))
            .jitter(jitter)
            .build()
            .delay(attempts);
    assertThat(delay).isBetween(Duration.ZERO, Duration.ofDays(14));
  }

  /** The publisher is the user's, and its longest time has no half in a long. */
  @Test
  void aSendTimeoutThatNeverEndsIsRefused() {
    for (Duration never : new Duration[] {ChronoUnit.FOREVER.getDuration(), Duration.ofDays(1)}) {
      assertThatThrownBy(
              () -> OutboxRelay.builder(new InMemoryOutboxStore(), publisher(never)).build())
          .hasMessageStartingWith(
              "ROWPOST-601 Nothing was started: the send timeout of the publisher is " + never);
    }
  }

  private static MessagePublisher publisher(Duration sendTimeout) {
    return new MessagePublisher() {
      @Override
      public CompletionStage<Void> publish(Message message) {
        return CompletableFuture.completedFuture(null);
      }

      @Override
      public Duration sendTimeout() {
        return sendTimeout;
      }
    };
  }
}
