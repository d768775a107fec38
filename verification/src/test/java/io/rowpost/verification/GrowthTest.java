package io.rowpost.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.verification.Samples.Measure;
import io.rowpost.verification.Samples.OfProcess;
import io.rowpost.verification.Samples.Role;
import java.util.List;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class GrowthTest {
  private static final long MB = 1_000_000;

  private static OfProcess sample(int time, int process, long heap, long threads) {
    return new OfProcess(time, Role.CONSUMER, process, heap, 0, threads, 0);
  }

  private static List<OfProcess> life(int samples, IntToLongFunction heap) {
    return IntStream.range(0, samples)
        .mapToObj(time -> sample(time, 1, heap.applyAsLong(time), 10))
        .toList();
  }

  private static List<Measure> growing(List<OfProcess> samples) {
    return new Samples(samples, List.of())
        .growth().stream().filter(Growth::isGrowing).map(Growth::measure).toList();
  }

  @Test
  void whatGrowsAllTheTimeIsGrowing() {
    assertThat(growing(life(100, time -> (20 + time) * MB))).containsExactly(Measure.HEAP);
  }

  @Test
  void whereNobodyCouldBeJudgedTheRunSaysSo() {
    var samples = new Samples(life(100, time -> 20 * MB), List.of());
    assertThat(samples.growing(false).count()).isZero();
    assertThat(samples.growing(true).examples())
        .containsExactly(
            "no application has lived long enough to be judged",
            "no relay has lived long enough to be judged");
  }

  @Test
  void warmingUpIsNoGrowth() {
    assertThat(growing(life(100, time -> Math.min(time, 25) * MB))).isEmpty();
  }

  @Test
  void aHighMomentIsNoGrowth() {
    assertThat(growing(life(100, time -> (time == 90 ? 90 : 20) * MB))).isEmpty();
  }

  @Test
  void whatGrowsByLessThanAFifthOrLessThanTheSlackIsFlat() {
    assertThat(growing(life(100, time -> (100 + (time < 75 ? 0 : 19)) * MB))).isEmpty();
    assertThat(growing(life(100, time -> (100 + (time < 75 ? 0 : 21)) * MB)))
        .containsExactly(Measure.HEAP);
    assertThat(growing(life(100, time -> (time < 75 ? 2 : 5) * MB))).isEmpty();
    assertThat(growing(life(100, time -> (time < 75 ? 2 : 7) * MB))).containsExactly(Measure.HEAP);
  }

  @Test
  void threadsAreJudgedToo() {
    assertThat(growing(IntStream.range(0, 100).mapToObj(t -> sample(t, 1, MB, t)).toList()))
        .containsExactly(Measure.THREADS);
  }

  @Test
  void theLongestLifeIsJudged() {
    Stream<OfProcess> shorter =
        IntStream.range(0, 99).mapToObj(time -> sample(time, 2, time * MB, 10));
    List<OfProcess> all = Stream.concat(shorter, life(100, time -> MB).stream()).toList();
    assertThat(growing(all)).isEmpty();
    assertThat(new Samples(all, List.of()).growth())
        .hasSize(Measure.values().length)
        .allMatch(growth -> growth.process() == 1);
  }

  @Test
  void aShortLifeTellsNothing() {
    assertThat(new Samples(life(15, time -> time * MB), List.of()).growth()).isEmpty();
    assertThat(new Samples(life(16, time -> time * MB), List.of()).growth()).isNotEmpty();
  }

  @Test
  void samplesWithoutAnAnswerAreLeftOut() {
    List<OfProcess> half = life(200, time -> time % 2 == 0 ? Samples.ABSENT : 20 * MB);
    assertThat(new Samples(half, List.of()).growth().get(0).early()).isEqualTo(20);
  }
}
