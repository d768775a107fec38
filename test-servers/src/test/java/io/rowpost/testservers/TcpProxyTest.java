package io.rowpost.testservers;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TcpProxyTest {

  private static final int BRIEFLY = 200;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicLong heard = new AtomicLong();
  private ServerSocket echo;
  private Future<?> serving;
  private TcpProxy proxy;

  @BeforeEach
  void startEcho() throws IOException {
    echo = new ServerSocket();
    echo.bind(Loopback.at(Loopback.freePort()));
    serving = threads.submit(this::serveEcho);
    proxy = TcpProxy.to(Loopback.at(echo.getLocalPort()));
  }

  @AfterEach
  void stopEcho() throws IOException {
    proxy.close();
    echo.close();
    threads.shutdownNow();
  }

  @Test
  void passesBytesBothWays() throws IOException {
    try (Socket client = connect()) {
      client.getOutputStream().write("hello".getBytes(US_ASCII));
      assertThat(client.getInputStream().readNBytes(5)).asString().isEqualTo("hello");
    }
  }

  @Test
  void countsHowOftenAClientWaits() throws IOException {
    try (Socket client = connect()) {
      assertEchoes(client);
      assertEchoes(client);
      assertThat(proxy.roundTrips()).isEqualTo(2);
    }
  }

  @Test
  void passesTheEndOfAStreamButKeepsTheOtherDirection() throws IOException {
    try (Socket client = connect()) {
      byte[] large = "0123456789".repeat(100_000).getBytes(US_ASCII);
      threads.execute(
          () -> {
            try {
              client.getOutputStream().write(large);
              client.shutdownOutput();
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          });
      assertThat(client.getInputStream().readAllBytes()).isEqualTo(large);
    }
  }

  @Test
  void downResetsAndRefuses() throws IOException {
    try (Socket client = connect()) {
      assertEchoes(client);
      proxy.down();
      assertThatThrownBy(() -> client.getInputStream().read())
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
      assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
    }
  }

  @RepeatedTest(20)
  void passesAgainOnTheSamePort() throws IOException {
    int port = proxy.port();
    try (Socket before = connect()) {
      proxy.down();
      proxy.pass();
      assertThat(proxy.port()).isEqualTo(port);
      assertThatThrownBy(() -> assertEchoes(before)).isInstanceOf(SocketException.class);
      try (Socket client = connect()) {
        assertEchoes(client);
      }
    }
  }

  @Test
  void waitsForItsPort() throws Exception {
    proxy.down();
    ServerSocket another = TcpProxy.listenAtLast(proxy.port());
    Future<?> passing = threads.submit(proxy::pass);
    assertThatThrownBy(() -> passing.get(BRIEFLY, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    another.close();
    passing.get();
    try (Socket client = connect()) {
      assertEchoes(client);
    }
  }

  @Test
  void resetEndsConnectionsButAcceptsNewOnes() throws IOException {
    try (Socket before = connect()) {
      assertEchoes(before);
      proxy.reset();
      assertThatThrownBy(() -> before.getInputStream().read())
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
      try (Socket after = connect()) {
        assertEchoes(after);
      }
    }
  }

  @Test
  void blackHoleHoldsBackWhatPassesLater() throws IOException {
    try (Socket old = connect()) {
      assertEchoes(old);
      proxy.blackHole();
      try (Socket late = connect()) {
        assertSilent(old);
        assertSilent(late);
        proxy.pass();
        assertThat(old.getInputStream().read()).isEqualTo('?');
        assertThat(late.getInputStream().read()).isEqualTo('?');
      }
    }
  }

  @Test
  void aMutedServerHearsItsClients() throws Exception {
    try (Socket client = connect()) {
      assertEchoes(client);
      proxy.mute();
      assertSilent(client);
      assertThat(heard.get()).isEqualTo(2);
      proxy.pass();
      assertThat(client.getInputStream().read()).isEqualTo('?');
    }
  }

  @Test
  void aDeafServerHearsNothing() throws Exception {
    try (Socket client = connect()) {
      assertEchoes(client);
      proxy.deafen();
      assertSilent(client);
      assertThat(heard.get()).isEqualTo(1);
      proxy.pass();
      assertThat(client.getInputStream().read()).isEqualTo('?');
    }
  }

  @Test
  void whatIsSwallowedNeverComes() throws Exception {
    try (Socket client = connect()) {
      assertEchoes(client);
      proxy.swallowReplies();
      assertSilent(client);
      assertThat(heard.get()).isEqualTo(2);
      assertThat(proxy.swallowedBytes()).isEqualTo(1);
      proxy.pass();
      assertEchoes(client);
    }
  }

  @Test
  void delaysEachWay() throws Exception {
    try (Socket client = connect()) {
      assertEchoes(client);
      proxy.delay(Duration.ofMillis(BRIEFLY));
      long began = System.nanoTime();
      assertEchoes(client);
      assertThat(Duration.ofNanos(System.nanoTime() - began))
          .isGreaterThanOrEqualTo(Duration.ofMillis(2 * BRIEFLY));
      proxy.delay(Duration.ZERO);
      began = System.nanoTime();
      assertEchoes(client);
      assertThat(Duration.ofNanos(System.nanoTime() - began))
          .isLessThan(Duration.ofMillis(2 * BRIEFLY));
    }
  }

  @Test
  void blackHoleMayEndInAReset() throws IOException {
    try (Socket client = connect()) {
      assertEchoes(client);
      proxy.blackHole();
      assertSilent(client);
      proxy.down();
      assertThatThrownBy(() -> client.getInputStream().read())
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
    }
  }

  @RepeatedTest(20)
  void aServerThatIsDownShowsAsAReset() throws Exception {
    echo.close();
    serving.get(); // until then the thread that accepts may still take one connection
    try (Socket client = connect()) {
      assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
    }
  }

  @Test
  void afterCloseItStaysClosed() {
    proxy.close();
    proxy.close();
    assertThatThrownBy(proxy::pass).isInstanceOf(IllegalStateException.class);
    // Whatever else runs here may have taken the port at once; three times it has not.
    boolean refused = isRefused(proxy);
    for (int more = 0; more < 2 && !refused; more++) {
      TcpProxy another = TcpProxy.to(Loopback.at(echo.getLocalPort()));
      another.close();
      refused = isRefused(another);
    }
    assertThat(refused).isTrue();
  }

  private static boolean isRefused(TcpProxy closed) {
    try (Socket socket = new Socket()) {
      socket.connect(Loopback.at(closed.port()));
      return false;
    } catch (IOException e) {
      assertThat(e).isInstanceOf(ConnectException.class);
      return true;
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.connect(Loopback.at(proxy.port()));
    return socket;
  }

  private static void assertEchoes(Socket client) throws IOException {
    client.getOutputStream().write('!');
    assertThat(client.getInputStream().read()).isEqualTo('!');
  }

  private static void assertSilent(Socket client) throws IOException {
    client.getOutputStream().write('?');
    client.setSoTimeout(BRIEFLY);
    assertThatThrownBy(() -> client.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
    client.setSoTimeout(0);
  }

  private void serveEcho() {
    try {
      while (true) {
        Socket client = echo.accept();
        threads.execute(() -> echo(client));
      }
    } catch (IOException closed) {
      // The test is over, or wants the server to be down.
    }
  }

  private void echo(Socket client) {
    byte[] buffer = new byte[8192];
    try (client) {
      InputStream in = client.getInputStream();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        heard.addAndGet(n);
        client.getOutputStream().write(buffer, 0, n);
      }
    } catch (IOException reset) {
      // The proxy has cut the connection, as the test told it to.
    }
  }
}
