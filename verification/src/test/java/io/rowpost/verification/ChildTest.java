package io.rowpost.verification;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildTest {
  @TempDir private Path folder;

  /** Obeys nothing but its end. */
  static final class IdleMain {
    private IdleMain() {}

    public static void main(String[] arguments) {
      ChildControl.say("STARTED");
      new ChildControl(Map.of()).obey();
    }
  }

  @Test
  void leavesInItsLogWhatItsThreadsDoThoughItStoodStill() throws Exception {
    Path log = folder.resolve("log");
    try (var child = new Child(IdleMain.class, log, List.of(), Map.of())) {
      child.await("STARTED"::equals, Duration.ofMinutes(1));
      child.stop();
      child.dumpThreads();
      assertThat(Files.readString(log))
          .contains("Full thread dump", IdleMain.class.getName() + ".main");
      child.kill();
      child.dumpThreads();
    }
  }
}
