package io.rowpost.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.verification.RaceAudit.Findings;
import org.junit.jupiter.api.Test;

class RaceAuditTest {
  private final RaceAudit audit = new RaceAudit();

  @Test
  void aRowThatWasInFlightMayComeOnceMore() {
    audit.read("own1", 1);
    audit.mayRepeat("own1", 1);
    audit.read("own1", 1);
    assertThat(audit.findings(1)).isEqualTo(new Findings(1, 0, 0, 0, 1));

    audit.read("own1", 1);
    assertThat(audit.findings(1)).isEqualTo(new Findings(1, 0, 1, 0, 1));
  }

  @Test
  void rowsWhoseKeyAndNumberReadAlikeAreTwo() {
    for (int number = 1; number <= 12; number++) {
      audit.read("own1", number);
    }
    audit.read("own11", 1);
    audit.read("own11", 2);
    audit.mayRepeat("own1", 12);
    audit.mayRepeat("own11", 2);
    audit.read("own1", 12);
    audit.read("own11", 2);
    assertThat(audit.findings(14)).isEqualTo(new Findings(14, 0, 0, 0, 2));
  }

  @Test
  void whatIsMissingAndWhatComesTooLateIsCounted() {
    audit.read("own1", 2);
    audit.read("own1", 1);
    assertThat(audit.findings(3)).isEqualTo(new Findings(3, 2, 1, 1, 0));
  }
}
