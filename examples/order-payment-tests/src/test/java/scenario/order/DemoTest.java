package scenario.order;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The README's first command, without Maven around it. */
class DemoTest {
  @Test
  void chargesEveryOrderOnce() throws Exception {
    DemoRun run = DemoRun.of();

    assertThat(run.lastLine())
        .as(run::toString)
        .isEqualTo("orders=100 payments=100 lost=0 duplicate effects=0");
    assertThat(run.status()).isZero();
    assertThat(run.errors()).isEmpty();
    assertThat(run.row("outbox and inbox")).containsExactly(0, 0, 0);
    assertNaiveWaysSuffer(run);
  }

  @Test
  void tellsTheStoryForReadersOfALog() throws Exception {
    DemoRun run = DemoRun.of("--seed=7");

    String story = String.join("\n", run.lines());
    assertThat(story)
        .containsSubsequence(
            "order 1 saved and its event appended: one COMMIT (",
            "relay A sent orders.events/1, ",
            "payment for order 1 taken, ",
            "relay A CRASHED (simulated) after sending orders.events/",
            "events PENDING",
            "relay B took over ",
            "relay B sent orders.events/",
            "again: it cannot know that the broker has it",
            "inbox: DUPLICATE of order ",
            "relay B was told to stop: drained, lease released, all within ",
            "relay C took over ")
        .contains("order service CRASHED (simulated) right after the COMMIT of order ")
        .contains("FAILED (simulated) in its COMMIT: no order, no event")
        .contains("payment service CRASHED (simulated) after charging order ");
    assertThat(run.lines()).allMatch(line -> line.length() <= 100, "at most 100 columns");
    assertThat(story).as("colours are for terminals").doesNotContain("\u001b");
  }

  @Test
  void chargesTwiceWithoutItsInbox() throws Exception {
    DemoRun run = DemoRun.of("--inbox=off", "--orders=50");

    int doubles = run.row("outbox, inbox switched off").get(2);
    assertThat(doubles)
        .as("those delivered twice and at least one that relay B repeated")
        .isGreaterThan(run.row("faults injected").get(2));
    assertThat(run.lastLine())
        .isEqualTo(
            "orders=50 payments=%d lost=0 duplicate effects=%d".formatted(50 + doubles, doubles));
    assertThat(run.status()).isEqualTo(1);
    assertNaiveWaysSuffer(run);
  }

  /** Each way shows its own gap, exactly as often as it was struck, and no other. */
  static void assertNaiveWaysSuffer(DemoRun run) {
    List<Integer> injected = run.row("faults injected");
    assertThat(injected).allMatch(faults -> faults >= 1);
    assertThat(run.row("publish after the COMMIT")).containsExactly(injected.get(0), 0, 0);
    assertThat(run.row("publish inside the transaction")).containsExactly(0, injected.get(1), 0);
    assertThat(run.row("outbox, but no inbox")).containsExactly(0, 0, injected.get(2));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          --inbxo=off            | Unknown option: '--inbxo=off'.   | did you mean --inbox? All flags: --help
          --orders=9             | --orders is 9.                   | set --orders to 10 to 100000.
          --orders=many          | 'many' is not an int.            | see all flags with --help.
          --postgres=nowhere     | --postgres is no URL             | write it as jdbc:postgresql://HOST:PORT/DATABASE?user=NAME.
          --inbox=maybe          | '--inbox': expected one of [ON, OFF] | see all flags with --help.
          --postgres-payments=x  | --postgres is missing            | set --postgres to the database of the orders.
          """)
  void refusesWhatItDoesNotKnow(String flag, String problem, String fix) throws Exception {
    DemoRun run = DemoRun.of(flag);

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.lines()).isEmpty();
    assertThat(run.errors())
        .startsWith("ROWPOST-601 Nothing was started: ")
        .contains(problem)
        .endsWith("\n  Fix: " + fix + "\n");
  }

  @Test
  void saysWhichServerIsAbsentAndNotThePassword() throws Exception {
    DemoRun run = DemoRun.of("--postgres=jdbc:postgresql://127.0.0.1:1/shop?password=s3cret");

    assertThat(run.status()).isEqualTo(3);
    assertThat(run.lines()).isEmpty();
    assertThat(run.errors())
        .startsWith("ROWPOST-211 The demo was not started: the database of --postgres lets nobody")
        .contains("\n  Fix: start the server or correct the flag; ")
        .doesNotContain("s3cret");
  }

  @Test
  void explainsItsFlags() throws Exception {
    DemoRun run = DemoRun.of("--help");

    assertThat(run.status()).isZero();
    assertThat(String.join("\n", run.lines()))
        .contains("--orders=N", "--seed=N", "--inbox=on|off", "--postgres=", "--kafka=")
        .contains("Exit status:");
    assertThat(run.lines()).allMatch(line -> line.length() <= 100, "at most 100 columns");
  }
}
