package io.rowpost.verification;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClassArchiveTest {
  /** Without it children would start all the same, and nobody would notice. */
  @Test
  void aJvmThatMustHaveTheArchiveStarts() throws Exception {
    assertThat(status("-Xshare:on")).isZero();
    assertThat(status("-Xshare:on", "-XX:SharedArchiveFile=target/none.jsa")).isNotZero();
  }

  private static int status(String... more) throws Exception {
    var command = new ArrayList<String>(List.of(Child.JAVA, "-XX:+UseSerialGC"));
    command.addAll(ClassArchive.options());
    command.addAll(List.of(more));
    command.add("-version");
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
