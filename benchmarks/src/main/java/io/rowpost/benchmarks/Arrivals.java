package io.rowpost.benchmarks;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.atomic.AtomicLongArray;

/** When each event got somewhere, by this machine's clock, to compare between processes. */
final class Arrivals {
  /** Remembers nothing. */
  static final Arrivals NOWHERE = new Arrivals(0);

  private final AtomicLongArray micros;

  Arrivals(int events) {
    micros = new AtomicLongArray(events);
  }

  void at(int number) {
    if (number < micros.length()) {
      micros.compareAndSet(number, 0, ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()));
    }
  }

  void write(Path file) throws IOException {
    try (var out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
      for (int i = 0; i < micros.length(); i++) {
        out.writeLong(micros.get(i));
      }
    }
  }

  static long[] read(Path file) throws IOException {
    try (var in = new DataInputStream(Files.newInputStream(file))) {
      ByteBuffer bytes = ByteBuffer.wrap(in.readAllBytes());
      long[] micros = new long[bytes.remaining() / Long.BYTES];
      bytes.asLongBuffer().get(micros);
      return micros;
    }
  }
}
