package io.rowpost.benchmarks;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.SocketFactory;

/**
 * Counts on the wire how often a client of PostgreSQL waits for its server: each time that it reads
 * after it has written. The driver makes it by its name.
 */
public final class RoundTrips extends SocketFactory {
  private static final AtomicLong COUNT = new AtomicLong();

  /** Makes the factory of one connection. */
  public RoundTrips() {}

  /** The address of a database that is reached by counted connections. */
  static String counted(String url) {
    String separator = url.contains("?") ? "&" : "?";
    return url + separator + "socketFactory=" + RoundTrips.class.getName();
  }

  /** How many there were since the JVM started, on all counted connections. */
  static long count() {
    return COUNT.get();
  }

  @Override
  public Socket createSocket() {
    return new CountingSocket();
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    throw onlyUnconnected();
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress from, int fromPort)
      throws IOException {
    throw onlyUnconnected();
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    throw onlyUnconnected();
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort)
      throws IOException {
    throw onlyUnconnected();
  }

  private static IOException onlyUnconnected() {
    return new IOException("the driver connects its sockets itself");
  }

  private static final class CountingSocket extends Socket {
    private boolean wrote;

    @Override
    public InputStream getInputStream() throws IOException {
      return new FilterInputStream(super.getInputStream()) {
        @Override
        public int read() throws IOException {
          turn();
          return super.read();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
          turn();
          return super.read(bytes, offset, length);
        }
      };
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
      return new FilterOutputStream(super.getOutputStream()) {
        @Override
        public void write(int octet) throws IOException {
          wrote = true;
          out.write(octet);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
          wrote = true;
          out.write(bytes, offset, length);
        }
      };
    }

    private void turn() {
      if (wrote) {
        wrote = false;
        COUNT.incrementAndGet();
      }
    }
  }
}
