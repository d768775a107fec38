package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Whatever ends the work, its connection goes back to the pool as it came. */
class SideConnectionTest {
  private final CountDownLatch began = new CountDownLatch(1);

  @Test
  void theConnectionOfWorkThatIsClosedIsAsItWas() throws Exception {
    assertLeftAsItWas(
        connection -> {
          began.countDown();
          new CountDownLatch(1).await();
        });
  }

  @Test
  void theConnectionOfWorkThatThrowsIsAsItWas() throws Exception {
    assertLeftAsItWas(
        connection -> {
          if (began.getCount() > 0) {
            began.countDown();
            throw new IllegalStateException("a driver's");
          }
        });
  }

  private void assertLeftAsItWas(SideConnection.Work work) throws Exception {
    try (var database = Databases.h2()) {
      var pool = new OneConnection(database.dataSource());
      pool.connection().setAutoCommit(false);
      try (var side = new SideConnection(pool, "test", work)) {
        side.start();
        began.await();
      }
      assertThat(pool.connection().getAutoCommit()).isFalse();
    }
  }
}
