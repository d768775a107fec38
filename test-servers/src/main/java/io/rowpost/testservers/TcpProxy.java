package io.rowpost.testservers;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Stands between a client and a server on the loopback address, and fails as networks do.
 *
 * <p>It starts in the state that lets all pass, and keeps its port in all states. Safe for use by
 * threads.
 */
public final class TcpProxy implements AutoCloseable {

  private enum State {
    PASS,
    BLACK_HOLE,
    DEAF,
    MUTE,
    SWALLOW,
    DOWN,
    CLOSED;

    /** Whether bytes of a direction wait for another state. */
    boolean holds(boolean fromClient) {
      return this == BLACK_HOLE || this == (fromClient ? DEAF : MUTE);
    }
  }

  private static final int BUFFER_BYTES = 64 * 1024;
  private static final Duration PORT_IS_BACK = Duration.ofSeconds(5);
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final InetSocketAddress target;
  private final int port = Loopback.freePort();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Set<Link> links = ConcurrentHashMap.newKeySet();
  private final AtomicLong roundTrips = new AtomicLong();
  private final AtomicLong swallowed = new AtomicLong();
  private volatile long delayNanos;
  private State state = State.DOWN;
  private @Nullable ServerSocket listener;
  private @Nullable Thread acceptor;

  private TcpProxy(InetSocketAddress target) {
    this.target = target;
  }

  /** Opens a proxy to a server, which need not run yet. */
  public static TcpProxy to(InetSocketAddress target) {
    TcpProxy proxy = new TcpProxy(target);
    proxy.pass();
    return proxy;
  }

  /** The port on 127.0.0.1 to connect to. */
  public int port() {
    return port;
  }

  /**
   * How often clients have waited for the server so far: counted when its bytes follow a client's.
   *
   * <p>Exact for small messages of clients that wait for each answer.
   */
  public long roundTrips() {
    return roundTrips.get();
  }

  /** Lets all pass, what a black hole held back too. */
  public void pass() {
    change(State.PASS);
  }

  /** Connections stay, and new ones are accepted, but no byte passes in either direction. */
  public void blackHole() {
    change(State.BLACK_HOLE);
  }

  /** As a black hole, of what clients say: the server's bytes pass. */
  public void deafen() {
    change(State.DEAF);
  }

  /** As a black hole, of what the server says: it hears its clients, and they wait in vain. */
  public void mute() {
    change(State.MUTE);
  }

  /**
   * Loses what the server says from now on, for good: of a COMMIT, say, nobody learns the outcome.
   *
   * <p>A connection that lost bytes is of no use; {@link #reset()} it before bytes pass again.
   */
  public void swallowReplies() {
    change(State.SWALLOW);
  }

  /** How many bytes of servers were lost so far: more than before as soon as one has answered. */
  public long swallowedBytes() {
    return swallowed.get();
  }

  /** Keeps all bytes back for so long from now on, each way; zero to end it. */
  public void delay(Duration delay) {
    delayNanos = delay.toNanos();
  }

  /** Resets all connections and refuses new ones. */
  public void down() {
    change(State.DOWN);
  }

  /** Resets all connections; new ones pass, or not, as before. */
  public void reset() {
    links.forEach(Link::reset);
  }

  /** Resets all connections and gives up the port. */
  @Override
  public void close() {
    change(State.CLOSED);
  }

  private void change(State next) {
    lock.lock();
    try {
      if (state == State.CLOSED) {
        if (next == State.CLOSED) {
          return;
        }
        throw new IllegalStateException("closed: " + this);
      }
      state = next;
      if (next == State.DOWN || next == State.CLOSED) {
        stopListening();
      } else if (listener == null) {
        startListening();
      }
      changed.signalAll();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot change to " + next + ": " + this, e);
    } finally {
      lock.unlock();
    }
  }

  private void startListening() throws IOException {
    ServerSocket opened = listenAtLast(port);
    listener = opened;
    acceptor = daemon("accept", () -> acceptFrom(opened));
  }

  /**
   * Takes a port as soon as it is free. A process that was being started while this one gave it up
   * holds a copy of the closed socket until it runs its own program.
   */
  static ServerSocket listenAtLast(int port) throws IOException {
    long deadline = System.nanoTime() + PORT_IS_BACK.toNanos();
    while (true) {
      ServerSocket opened = new ServerSocket();
      try {
        opened.setReuseAddress(true);
        opened.bind(Loopback.at(port));
        return opened;
      } catch (BindException taken) {
        opened.close();
        if (System.nanoTime() - deadline >= 0) {
          throw taken;
        }
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  private void stopListening() throws IOException {
    if (listener != null) {
      listener.close();
      listener = null;
    }
    if (acceptor != null) {
      // Until the thread that accepts has noticed it, the port is not free and links may come.
      joinUninterruptibly(acceptor);
      acceptor = null;
    }
    reset();
  }

  private static void joinUninterruptibly(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void acceptFrom(ServerSocket opened) {
    while (!opened.isClosed()) {
      try {
        Link link = new Link(opened.accept());
        links.add(link);
        daemon("up", link::connectAndPump);
      } catch (IOException e) {
        if (!opened.isClosed()) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  private Thread daemon(String name, Runnable work) {
    Thread thread = new Thread(work, "tcp-proxy-" + port + "-" + name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** False if the bytes are lost instead. */
  private boolean awaitPassage(boolean fromClient) throws InterruptedException {
    lock.lock();
    try {
      // Until then nothing more is read, so the delay of a chunk is that of what stands behind it.
      for (long left = delayNanos; left > 0; left = changed.awaitNanos(left)) {}
      while (state.holds(fromClient)) {
        changed.await();
      }
      return fromClient || state != State.SWALLOW;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public String toString() {
    return "proxy from port " + port + " to " + target;
  }

  /** A client's connection and, once something may pass, the one to the server. */
  private final class Link {

    private final Socket client;
    private final Socket server = new Socket();
    private final AtomicBoolean asked = new AtomicBoolean();

    Link(Socket client) {
      this.client = client;
    }

    void connectAndPump() {
      try {
        awaitPassage(true);
        server.connect(target);
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        daemon("down", () -> pump(server, client));
        pump(client, server);
      } catch (IOException | InterruptedException refused) {
        reset();
      }
    }

    private void pump(Socket from, Socket to) {
      byte[] buffer = new byte[BUFFER_BYTES];
      try {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          boolean passes = awaitPassage(from == client);
          if (from == client) {
            asked.set(true);
          } else if (asked.getAndSet(false)) {
            roundTrips.incrementAndGet();
          }
          if (passes) {
            out.write(buffer, 0, n);
          } else {
            swallowed.addAndGet(n);
          }
        }
        awaitPassage(from == client);
        to.shutdownOutput();
        if (from.isOutputShutdown()) {
          close();
        }
      } catch (IOException | InterruptedException broken) {
        reset();
      }
    }

    /** Ends both connections with RST, as a crashed host or a firewall does. */
    void reset() {
      for (Socket socket : new Socket[] {client, server}) {
        try {
          socket.setSoLinger(true, 0);
        } catch (SocketException alreadyClosed) {
          // No end of it is open that could be reset.
        }
      }
      close();
    }

    private void close() {
      links.remove(this);
      for (Socket socket : new Socket[] {client, server}) {
        try {
          socket.close();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }
}
