package io.rowpost.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.kafka.OwnerMark.Doubt;
import java.util.List;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.junit.jupiter.api.Test;

class OwnerMarkTest {
  private static final int POLL = 500;

  @Test
  void whatIsLeftInDoubtIsReadAsItWasWritten() {
    for (Doubt doubt : List.of(new Doubt(7, 0), new Doubt(5, 3), new Doubt(9, 100_000))) {
      OffsetAndMetadata left = OwnerMark.left(5, doubt);
      assertThat(left.offset()).isEqualTo(5);
      assertThat(OwnerMark.doubt(left, POLL)).isEqualTo(doubt);
    }
    assertThat(OwnerMark.left(5, new Doubt(5, 0))).isEqualTo(OwnerMark.unmarked(5));
  }

  @Test
  void whoWasAtWorkMayHaveHadAPollMore() {
    assertThat(OwnerMark.doubt(OwnerMark.marked(5, 7), POLL)).isEqualTo(new Doubt(7, POLL));
  }

  @Test
  void nothingElseLeavesADoubt() {
    assertThat(OwnerMark.doubt(null, POLL)).isEqualTo(new Doubt(0, 0));
    for (String text : List.of("", "rowpost-owner-received-below:", "x", "below:9+1")) {
      assertThat(OwnerMark.doubt(new OffsetAndMetadata(5, text), POLL)).isEqualTo(new Doubt(0, 0));
    }
  }
}
