package io.rowpost.testservers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The address on which all servers listen, and ports for those that must come back on the same one.
 *
 * <p>The ports lie below the range from which systems take the ports of outgoing connections. While
 * a server is down, nobody else can get its port by chance, and a client that keeps dialling it
 * cannot connect to itself (which happens when its own source port is the port it dials).
 */
final class Loopback {

  /** By number: the name localhost may mean another address to a server than to a client. */
  static final String HOST = "127.0.0.1";

  private static final byte[] ADDRESS = {127, 0, 0, 1};
  private static final int FIRST_PORT = 15_000;
  private static final int END_OF_PORTS = 32_000;
  private static final int TRIES = 1_000;
  private static final Set<Integer> HANDED_OUT = new HashSet<>();

  private Loopback() {}

  static InetSocketAddress at(int port) {
    try {
      return new InetSocketAddress(InetAddress.getByAddress(ADDRESS), port);
    } catch (UnknownHostException e) {
      throw new AssertionError("four bytes are an address", e);
    }
  }

  /** A port on which nobody listens, never handed out before in this JVM. */
  static synchronized int freePort() {
    for (int i = 0; i < TRIES; i++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST_PORT, END_OF_PORTS);
      if (!HANDED_OUT.contains(port) && isFree(port)) {
        HANDED_OUT.add(port);
        return port;
      }
    }
    throw new IllegalStateException("no free port in " + TRIES + " tries");
  }

  private static boolean isFree(int port) {
    try (ServerSocket probe = new ServerSocket()) {
      probe.bind(at(port));
      return true;
    } catch (IOException taken) {
      return false;
    }
  }
}
