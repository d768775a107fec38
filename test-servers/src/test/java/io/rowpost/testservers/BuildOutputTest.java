package io.rowpost.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BuildOutputTest {

  @Test
  void theBrokersJarsStandOnTheBrokersClassPathAlone() {
    assertThat(BuildOutput.kafkaJars())
        .anyMatch(jar -> jar.getFileName().toString().startsWith("kafka_2.13-"))
        .allSatisfy(jar -> assertThat(jar).isRegularFile());
    assertThatThrownBy(() -> Class.forName("kafka.Kafka"))
        .isInstanceOf(ClassNotFoundException.class);
    assertThat(System.getProperty("java.class.path")).doesNotContain("scala-library");
  }
}
