package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Whatever ends the work, its connection goes back to the pool as it came. */
class SideConnectionTest {
  @Test
  void theConnectionOfWorkThatIsClosedIsAsItWas() throws Exception {
    try (var database = Databases.h2()) {
      var pool = new OneConnection(database.dataSource());
      pool.connection().setAutoCommit(false);
      var began = new CountDownLatch(1);
      try (var side =
          new SideConnection(
              pool,
              "test",
              connection -> {
                began.countDown();
                new CountDownLatch(1).await();
              })) {
        side.start();
        began.await();
      }
      assertThat(pool.connection().getAutoCommit()).isFalse();
    }
  }

  @Test
  void theConnectionOfWorkThatThrowsIsAsItWas() throws Exception {
    try (var database = Databases.h2()) {
      var pool = new OneConnection(database.dataSource());
      pool.connection().setAutoCommit(false);
      var began = new CountDownLatch(1);
      try (var side =
          new SideConnection(
              pool,
              "test",
              connection -> {
                if (began.getCount() > 0) {
                  began.countDown();
                  throw new IllegalStateException("a driver's");
                }
              })) {
        side.start();
        began.await();
      }
      assertThat(pool.connection().getAutoCommit()).isFalse();
    }
  }
}
