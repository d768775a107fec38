package io.rowpost.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SmallDiskTest {

  private static SmallDisk mount() {
    return Requirement.ofEnvironment().of(() -> SmallDisk.mount(1));
  }

  private static boolean isMounted(Path folder) throws IOException {
    return Files.readString(Path.of("/proc/mounts")).contains(" " + folder + " ");
  }

  @Test
  void takesNothingWhenItIsFull() throws IOException {
    try (SmallDisk disk = mount()) {
      Path file = disk.folder().resolve("file");
      disk.fill();
      assertThatThrownBy(() -> Files.writeString(file, "text")).isInstanceOf(IOException.class);
      disk.free();
      Files.writeString(file, "text");
      disk.fill();
      disk.fill();
      assertThat(file).hasContent("text");
      disk.free();
      disk.free();
    }
  }

  @Test
  void isGoneWhenItIsClosed() throws IOException {
    SmallDisk disk = mount();
    assertThat(isMounted(disk.folder())).isTrue();
    disk.close();
    assertThat(isMounted(disk.folder())).isFalse();
    assertThat(disk.folder()).doesNotExist();
  }

  @Test
  void isGoneWhenItsJvmWasKilled() throws Exception {
    mount().close();
    Process child = ChildJvm.start(DiskMain.class, Map.of(), List.of());
    try (BufferedReader lines = child.inputReader(StandardCharsets.UTF_8)) {
      Path folder = Path.of(lines.readLine());
      assertThat(isMounted(folder)).isTrue();
      child.destroyForcibly();
      await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> !isMounted(folder) && !Files.exists(folder));
    }
  }

  /** Mounts one, and waits for its end. */
  static final class DiskMain {

    private DiskMain() {}

    public static void main(String[] arguments) throws IOException {
      System.out.println(SmallDisk.mount(1).folder());
      System.in.readAllBytes();
    }
  }
}
