package io.rowpost.verification;

import io.rowpost.verification.Event.Kind;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * A process's own file of what it does and sees. Safe for use by threads.
 *
 * <p>Each event is handed to the operating system before {@code write} returns, so a process that
 * is killed takes none of them along. The file is no channel: that would be closed when a thread is
 * interrupted that writes, as handlers are that take too long.
 */
final class HistoryWriter implements AutoCloseable {
  private final int process;
  private final OutputStream file;
  private final ByteBuffer buffer = ByteBuffer.allocate(Event.BYTES);

  HistoryWriter(Path folder, int process) {
    this.process = process;
    try {
      Path path = Files.createFile(History.file(folder, process));
      this.file = new FileOutputStream(path.toFile(), true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void write(Kind kind, int hop, int key, long number, UUID id, long message, long hash) {
    write(
        new Event(
            kind,
            hop,
            process,
            key,
            System.nanoTime(),
            System.currentTimeMillis(),
            number,
            id,
            message,
            hash));
  }

  /** What concerns a message. */
  void write(Kind kind, Payload payload, long message) {
    write(
        kind,
        payload.hop(),
        payload.key(),
        payload.number(),
        payload.id(),
        message,
        payload.hash());
  }

  private synchronized void write(Event event) {
    buffer.clear();
    event.write(buffer);
    try {
      file.write(buffer.array());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
