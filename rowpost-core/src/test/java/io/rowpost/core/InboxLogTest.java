package io.rowpost.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class InboxLogTest {
  private final InboxLog log = new InboxLog(LoggerFactory.getLogger(InboxLogTest.class), "billing");
  private final Message message =
      new Message("m", "t", "k", "T", null, "text/plain", Map.of(), null, null, new byte[0]);
  private final AtomicInteger told = new AtomicInteger();

  @Test
  void anOutageOfTheStoreIsToldOnceHoweverManyMessagesItConcerns() {
    for (int i = 0; i < 100; i++) {
      log.storeFailed(message, failure());
    }
    assertThat(told).hasValue(1);
  }

  @Test
  void aStoreThatComesAndGoesIsNotToldEachTime() {
    for (int i = 0; i < 100; i++) {
      log.storeFailed(message, failure());
      log.storeWorks();
    }
    assertThat(told).hasValue(1);
  }

  /** Whoever writes it down asks for its text. */
  private Throwable failure() {
    return new IllegalStateException() {
      private static final long serialVersionUID = 1L;

      @Override
      public String getMessage() {
        return "told " + told.incrementAndGet();
      }
    };
  }
}
